/** How long the sequences of the data are. */
import { quote, strayLengths } from "@sequent/data";
import type { DataSet } from "@sequent/data";
import { lengthsOf } from "@sequent/infer";
import type { Input } from "@sequent/infer";
import { diagnose, FIRST_STEP, nearest } from "@sequent/ir";
import type { Diagnostic, Span } from "@sequent/ir";

/** The last step of each sequence of some inputs over time, in all parts of the data. */
export const endsOfSequences = (inputs: readonly string[], parts: readonly DataSet[]): readonly number[] => parts.flatMap((arrays) => inputs.flatMap((name): readonly number[] => {
  const array = arrays.get(name), lengths = arrays.get(lengthsOf(name));
  if (array === undefined || array.shape.length < 2) return [];
  const before = (array.from ?? FIRST_STEP) - 1;
  // What is no length is told where arrays are bound.
  return lengths === undefined || lengths.isBoolean === true ? [before + (array.shape[1] ?? 0)] : Array.from(lengths.data, (steps) => before + steps);
}));

/** Infinity of none: there are too many for `Math.min(...)`. */
export const leastOf = (numbers: readonly number[]): number => numbers.reduce((all, one) => Math.min(all, one), Infinity);

/** Arrays of lengths that are called after nothing in the program or the data. */
export const strayLengthsIn = (inputs: readonly Input[], parts: readonly DataSet[], at: Span): readonly Diagnostic[] => {
  const names = new Set(parts.flatMap((arrays) => [...arrays.keys()])), known = inputs.flatMap((input) => (input.timed ? [lengthsOf(input.name)] : []));
  const isMeant = (name: string): boolean => inputs.some((input) => input.name === name || lengthsOf(input.name) === name) || [...names].some((other) => lengthsOf(other) === name);
  return [...names].filter((name) => name.endsWith(lengthsOf("")) && name !== lengthsOf("") && !isMeant(name)).map((name) => {
    const of = name.slice(0, -lengthsOf("").length), near = nearest(name, known.filter((one) => !names.has(one)));
    return diagnose(strayLengths, `the array ${quote(name)} says how long the sequences of ${quote(of)} are, and there is no ${quote(of)}`, [{ at, text: "these data" }],
      { help: near === null ? strayLengths.explain : `Did you mean ${quote(near)}?` });
  });
};
