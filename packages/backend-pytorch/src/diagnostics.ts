/** What the PyTorch backend cannot print; none of it can happen to a program of core ops and transforms alone. */
import type { DiagnosticRecord } from "@sequent/ir";
import { REFUSALS } from "./time/refusals.js";
import type { Refusal } from "./time/refusals.js";

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

/** What is refused, a sentence each. */
const refusals = (): string => REFUSALS.filter((one: Refusal) => one.unseen !== true).map(({ what, why, instead }) =>
  `${what.charAt(0).toUpperCase()}${what.slice(1)}${what.endsWith("than") ? " they need" : ""}: ${why}. ${instead}`).join(" ");

export const laterRecurrence: DiagnosticRecord = {
  code: "SQ0905",
  severity: "error",
  title: "not yet: this recurrence in PyTorch",
  explain: `A few things about recurrences are not printed as PyTorch yet. ${refusals()}`,
  examples: [],
  fix: { tag: "none", why: "it comes later" },
};

export const emitDiagnostics: readonly DiagnosticRecord[] = [noLowering, noTransformLowering, laterRecurrence];
