/** What the PyTorch backend cannot print; none of it can happen to a program of core ops and transforms alone. */
import type { DiagnosticRecord } from "@sequent/ir";

const OUTSIDE = "Only ops and transforms of someone outside can lack a lowering, so no program of the notation alone raises this.";

export const noLowering: DiagnosticRecord = {
  code: "SQ0701",
  severity: "error",
  title: "an op without a PyTorch lowering",
  explain: `The backend has no record that says how PyTorch writes this op, and the op's own record has no expansion into others. ${OUTSIDE}`,
  examples: [],
  fix: { tag: "none", why: "the missing record is code, not notation" },
};

export const noTransformLowering: DiagnosticRecord = {
  code: "SQ0702",
  severity: "error",
  title: "a transform without a PyTorch lowering",
  explain: `The backend has no record that says how PyTorch writes this transform. ${OUTSIDE}`,
  examples: [],
  fix: { tag: "none", why: "the missing record is code, not notation" },
};

export const laterRecurrence: DiagnosticRecord = {
  code: "SQ0905",
  severity: "error",
  title: "not yet: this recurrence in PyTorch",
  explain:
    "A few things about recurrences are not printed as PyTorch yet: a gradient that a macro with its own recurrent state gives by hand, and `x_{t-1} $ J` " +
    "where values on the way to `J` are read at several steps (autograd's form); a state that reads a range of its own past " +
    "(the form with our own equations); over sequences of different lengths, backward recurrences with several last values, functions of the whole batch, and ranges that are read at each row's end alone; " +
    "and sequences, or windows, so short that steps counted from their two ends overlap or do not exist. The interpreter computes all of them.",
  examples: [],
  fix: { tag: "none", why: "it comes later" },
};

export const emitDiagnostics: readonly DiagnosticRecord[] = [noLowering, noTransformLowering, laterRecurrence];
