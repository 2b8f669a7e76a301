/** Every code that elaboration can report. */
import type { DiagnosticRecord } from "@sequent/ir";
import { functionsDiagnostics } from "./diagnostics-functions.js";
import { goalsDiagnostics } from "./diagnostics-goals.js";
import { namesDiagnostics } from "./diagnostics-names.js";

export const elaborateDiagnostics: readonly DiagnosticRecord[] = [...namesDiagnostics, ...functionsDiagnostics, ...goalsDiagnostics];
export * from "./diagnostics-functions.js";
export * from "./diagnostics-goals.js";
export * from "./diagnostics-names.js";
