export * as syntax from "./syntax/tree.js";
export { parse, parseExpression, parseShowList } from "./syntax/parse.js";
export type { Parsed } from "./syntax/parse.js";
export { syntaxDiagnostics } from "./syntax/diagnostics/index.js";
export { format, printTree } from "./syntax/format.js";
export { printExpr, printName, printTarget, printTime } from "./syntax/print.js";
export { elaborate, elaborateDiagnostics } from "./elaborate/index.js";
export { applyFixes } from "./fix.js";
export type { Fixed } from "./fix.js";
