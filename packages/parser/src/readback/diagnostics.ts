/** What reading a printed stage may say. */
import type { DiagnosticRecord } from "@sequent/ir";

export const unreadable: DiagnosticRecord = {
  code: "SQ0361",
  severity: "error",
  title: "no printed stage",
  explain:
    "`run-passes` reads what `--dump` wrote: one equation a line, and directives for the tables beside them. This text is notation, but " +
    "not of that form; perhaps it is a program as its author wrote it, which the other commands take. No program raises it there.",
  examples: [],
  fix: { tag: "none", why: "a printed stage is written by Sequent, not by hand" },
};

export const readbackDiagnostics: readonly DiagnosticRecord[] = [unreadable];
