/** What the emitted PyTorch does not do as the interpreter does: declared, counted and printed, and each shown by a program in `limits.test.ts`. */
import type { GeneratedOverTime } from "@sequent/conformance";
import type { Form } from "./pytorch.js";

interface Limit {
  readonly what: string;
  readonly meets: (generated: GeneratedOverTime, form: Form) => boolean;
}

const LONG = ["range of the past", "range of the future", "range of all steps"];
const has = (generated: GeneratedOverTime, ...tags: readonly string[]): boolean => tags.some((tag) => generated.tags.has(tag));

export const LIMITS: readonly Limit[] = [
  { what: "boundary steps that lie beyond the other end of a short sequence", meets: (one) => has(one, "T before a boundary") },
  { what: "a value or a statement without any step in a short batch", meets: (one) => has(one, "no step at all") },
  { what: "gradients by our equations of ranges with a fixed end", meets: (one, form) => form === "explicit" && has(one, ...LONG) },
  { what: "gradients by our equations of ranges of a recurrence's own states", meets: (one, form) => form === "explicit" && has(one, "range of its own state") },
  { what: "gradients by our equations of a layer that reads numbers alone, where rows of their own lengths end", meets: (one, form) => form === "explicit" && one.ragged && has(one, "learnt boundary") },
  { what: "gradients by our equations of what a backward scan begins with, where rows end early", meets: (one, form) => form === "explicit" && one.ragged && has(one, "backward scan") && has(one, "boundary from an input", "boundary from a fixed step") },
  { what: "gradients by our equations of lags of two or more", meets: (one, form) => form === "explicit" && has(one, "lag >= 2") },
  { what: "the mean over all of its own later steps where rows end early", meets: (one) => one.ragged && has(one, "range of its own state") && has(one, "backward scan") },
  { what: "`x_{t-1} $ J` by autograd, where `J` reads other steps of `x`", meets: (one, form) => form === "autograd" && has(one, "ascend from the step before") },
  { what: "several boundary steps at the ends of rows of their own lengths", meets: (one) => one.ragged && has(one, "lag >= 2") && has(one, "backward scan") },
  { what: "attention over a range with a fixed end", meets: (one) => has(one, "attention over a range") && has(one, ...LONG) },
];

/** What the emitter refuses as its own mistake. */
export const REFUSALS: readonly string[] = ["windows that begin at an unknown place", "a recurrence without steps"];

export const limitOf = (generated: GeneratedOverTime, form: Form): string | null => LIMITS.find((one) => one.meets(generated, form))?.what ?? null;
