export * from "./diagnostics.js";
export { drawsOfInitial, printableInitialisers, printInitial } from "./initial.js";
export { drawsIn, printPhilox } from "./philox.js";
export { drawsOfScript, printScript } from "./script.js";
export { argumentsOf } from "./script-support.js";
export type { Script, ScriptInput, ScriptSettings } from "./script-support.js";
