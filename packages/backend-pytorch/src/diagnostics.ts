/** What the PyTorch backend cannot print. */
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

export const laterStarts: DiagnosticRecord = {
  code: "SQ0703",
  severity: "error",
  title: "inputs that begin with different steps",
  explain: 'The emitted `train.py` takes data whose inputs over time all begin with one step, be it 0, 1 or another; and the windows of `@horizon` values that begin no more than a step before that, and its boundary. Arrays that all begin with the earliest step, padded where an input has none yet, say the same; the interpreter takes any `"from"` in the data.',
  examples: [],
  fix: { tag: "none", why: "with which step data begin is the author's choice" },
};

export const emitDiagnostics: readonly DiagnosticRecord[] = [noLowering, noTransformLowering, laterStarts];
