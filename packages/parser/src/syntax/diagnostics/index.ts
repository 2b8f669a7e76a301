import type { DiagnosticRecord } from "@sequent/ir";
import * as expression from "./expression.js";
import * as lexical from "./lexical.js";
import * as statement from "./statement.js";

export * from "./expression.js";
export * from "./lexical.js";
export * from "./statement.js";

/** Every diagnostic of the lexer and the parser: SQ0101 to SQ0199. */
export const syntaxDiagnostics: readonly DiagnosticRecord[] = [
  ...Object.values(lexical), ...Object.values(expression), ...Object.values(statement),
];
