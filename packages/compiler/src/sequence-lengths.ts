/** How long the sequences of the data are. */
import type { DataSet } from "@sequent/data";
import { lengthsOf } from "@sequent/infer";
import { FIRST_STEP } from "@sequent/ir";

/** The last step of each sequence of some inputs over time, in all parts of the data. */
export const endsOfSequences = (inputs: readonly string[], parts: readonly DataSet[]): readonly number[] => parts.flatMap((arrays) => inputs.flatMap((name): readonly number[] => {
  const array = arrays.get(name), lengths = arrays.get(lengthsOf(name));
  if (array === undefined || array.shape.length < 2) return [];
  const before = (array.from ?? FIRST_STEP) - 1;
  return lengths === undefined ? [before + (array.shape[1] ?? 0)] : Array.from(lengths.data, (steps) => before + steps);
}));

/** Infinity of none: there are too many for `Math.min(...)`. */
export const leastOf = (numbers: readonly number[]): number => numbers.reduce((all, one) => Math.min(all, one), Infinity);
