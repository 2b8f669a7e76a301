export { readProgram } from "./read.js";
export { readbackDiagnostics } from "./diagnostics.js";
