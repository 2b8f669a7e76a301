import type { Code, DiagnosticRecord, Severity } from "@sequent/ir";

const OFFERED = { tag: "offered" } as const;

/** A record of a mistake with a fix. */
export const mended = (
  code: Code, title: string, explain: string, examples: readonly string[], severity: Severity = "error",
): DiagnosticRecord => ({ code, severity, title, explain, examples, fix: OFFERED });

/** A record of an error that no single edit mends. */
export const unmended = (
  code: Code, title: string, explain: string, why: string, examples: readonly string[],
): DiagnosticRecord => ({ code, severity: "error", title, explain, examples, fix: { tag: "none", why } });
