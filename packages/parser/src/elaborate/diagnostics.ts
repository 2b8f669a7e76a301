/** Every code that elaboration can report. */
import type { DiagnosticRecord } from "@sequent/ir";
import { functionsDiagnostics } from "./diagnostics-functions.js";
import { namesDiagnostics } from "./diagnostics-names.js";

export const elaborateDiagnostics: readonly DiagnosticRecord[] = [...namesDiagnostics, ...functionsDiagnostics];
export * from "./diagnostics-functions.js";
export * from "./diagnostics-names.js";
