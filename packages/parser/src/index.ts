export * as syntax from "./syntax/tree.js";
export { parse, parseExpression, parseShowList } from "./syntax/parse.js";
export type { Parsed } from "./syntax/parse.js";
export { syntaxDiagnostics } from "./syntax/diagnostics/index.js";
