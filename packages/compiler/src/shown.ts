/** Values to show: tensors, or what a value is row by row, or step by step. */
import { encodeRows, encodeTensor } from "@sequent/data";
import type { Nested } from "@sequent/data";
import type { Rows, Series } from "@sequent/interpreter";
import { allocate, invariant } from "@sequent/ir";
import type { Precision, Tensor } from "@sequent/ir";

export type Value = Tensor | Rows | Series;

export const isTensor = (value: Value): value is Tensor => "data" in value;
/** The value of a state without time; what has time is none of a test's or tool's that asks for it. */
export const tensorOf = (value: Value | undefined): Tensor => {
  invariant(value !== undefined && isTensor(value), "a value without time was asked for");
  return value;
};
export const isSeries = (value: Value): value is Series => "steps" in value;

/** As JSON: `[batch][…shape]`, and over time `{"from": t0, "data": [time][batch][…shape]}`; null for a row that does not exist. */
export const encodeValue = (value: Value): Nested | { readonly from: number; readonly data: Nested } => {
  if (isTensor(value)) return encodeTensor(value);
  return isSeries(value) ? { from: value.from, data: value.steps.map(encodeRows) } : encodeRows(value);
};

const rowAt = (value: Value, step: number, row: number): Tensor | null => {
  if (isTensor(value)) return value;
  return (isSeries(value) ? value.steps[step - value.from]?.[row] : value[row]) ?? null;
};

/** The sum of gradients of one row; where there is a value and no gradient, zero. */
const addRows = (like: Tensor, terms: readonly (Tensor | null)[], precision: Precision): Tensor => {
  const data = allocate(precision, like.data.length);
  for (const term of terms) for (let i = 0; i < (term?.data.length ?? 0); i += 1) data[i] = (data[i] ?? 0) + (term?.data[i] ?? 0);
  return { ...like, data };
};

/** Gradients of a value, summed at each instance that the value has. */
export const sumLike = (like: Rows | Series, terms: readonly Value[], precision: Precision): Rows | Series => {
  const sum = (rows: Rows, step: number): Rows =>
    rows.map((row, k) => (row === null ? null : addRows(row, terms.map((term) => rowAt(term, step, k)), precision)));
  return "steps" in like ? { from: like.from, steps: like.steps.map((rows, k) => sum(rows, like.from + k)) } : sum(like, 0);
};
