export * from "./diagnostics.js";
export { drawsOfInitial, printableInitialisers, printInitial } from "./initial.js";
export { drawsIn, printPhilox } from "./philox.js";
export { argumentsOf, drawsOfScript, printScript } from "./script.js";
export type { Script, ScriptInput, ScriptSettings } from "./script.js";
