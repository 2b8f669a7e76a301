export { elaborate } from "./elaborate.js";
export { elaborateDiagnostics } from "./diagnostics.js";
