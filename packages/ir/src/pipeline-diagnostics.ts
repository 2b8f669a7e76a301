/** What composing, running and verifying may say, one record each. */
import type { DiagnosticRecord } from "./diagnostic.js";

export const missingFact: DiagnosticRecord = {
  code: "SQ0351",
  severity: "error",
  title: "pass without what it requires",
  explain:
    "Passes build on one another: `differentiate` needs a typed program, say. A list of passes (`run-passes --passes a,b`, or a pipeline " +
    "of your own) has a pass where a fact that it requires does not hold. `sequent passes` lists what each requires and provides. " +
    "No program's text raises it.",
  examples: [],
  fix: { tag: "none", why: "it concerns a list of passes, not a program" },
};

export const brokenFact: DiagnosticRecord = {
  code: "SQ0352",
  severity: "error",
  title: "program that is not well formed",
  explain:
    "A verifier found that a program breaks a rule that all programs of its stage keep. After a pass of ours that is a bug in Sequent, " +
    "after one of yours a bug in that pass; in a printed stage that was edited by hand, the edit is at fault. No program in the notation raises it.",
  examples: [],
  fix: { tag: "none", why: "the program was not written by its user" },
};

export const notAProgram: DiagnosticRecord = {
  code: "SQ0353",
  severity: "error",
  title: "file that is no serialised program",
  explain:
    "A file that should hold a program as JSON is something else, is damaged, or was written by another version. The message names the " +
    "first part that is not as it should be. No program in the notation raises it.",
  examples: [],
  fix: { tag: "none", why: "such a file is written by Sequent, not by hand" },
};

export const pipelineDiagnostics: readonly DiagnosticRecord[] = [missingFact, brokenFact, notAProgram];
