import type { Tensor, Values } from "@sequent/ir";
import { duplicateName, malformedInputs, raggedArray } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { dataArray, quote } from "./array.js";
import type { DataArray, DataSet } from "./array.js";
import { decodeText } from "./csv.js";
import { describeJson, parseObject } from "./json-text.js";

const MAX_AXES = 32;
const SPECIAL: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

const shapeOf = (value: unknown, name: string): readonly number[] => {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    shape.push(inner.length);
    if (shape.length > MAX_AXES)
      throw new Fault(malformedInputs, `${quote(name)} is nested more than ${String(MAX_AXES)} deep`);
  }
  return shape;
};

const isInt32 = (value: number): boolean => (value | 0) === value && !Object.is(value, -0);

/**
 * A nested array of numbers; integers if all are whole and fit 32 bits (JSON does not tell 1 from 1.0). With `gaps`, null may stand in
 * place of a number or of an array of them. Faults SQ0512, SQ0513.
 */
export const decodeNested = (value: unknown, name: string, gaps = false): DataArray => {
  const shape = shapeOf(value, name);
  const values: number[] = [];
  const missing: number[] = [];
  // The shape bounds the depth of this recursion.
  const walk = (inner: unknown, axis: number, path: string): void => {
    if (gaps && inner === null && axis > 0) {
      const size = shape.slice(axis).reduce((a, b) => a * b, 1);
      for (let i = 0; i < size; i++) missing.push(values.push(0) - 1);
      return;
    }
    if (axis < shape.length) {
      if (!Array.isArray(inner))
        throw new Fault(raggedArray, `${path} is ${describeJson(inner)} where others are arrays`);
      if (inner.length !== shape[axis]) {
        throw new Fault(
          raggedArray,
          `${path} has ${String(inner.length)} elements where the first has ${String(shape[axis])}`,
        );
      }
      for (let i = 0; i < inner.length; i++) walk(inner[i], axis + 1, `${path}[${String(i)}]`);
      return;
    }
    const number = typeof inner === "number" ? inner : SPECIAL.get(inner);
    if (number !== undefined) values.push(number);
    else if (Array.isArray(inner)) throw new Fault(raggedArray, `${path} is an array where others are numbers`);
    else throw new Fault(malformedInputs, `${path} is ${describeJson(inner)}, not a number`);
  };
  walk(value, 0, name.length > 80 ? quote(name) : name);
  const array = dataArray(name, shape, values.every(isInt32) ? Int32Array.from(values) : Float64Array.from(values));
  if (missing.length === 0) return array;
  const nulls = new Uint8Array(values.length);
  for (const i of missing) nulls[i] = 1;
  return { ...array, nulls };
};

/** `[time][batch][…]` as `[batch][time][…]`, and back. */
const swapLeading = (array: DataArray): DataArray => {
  const [outer = 0, inner = 0, ...rest] = array.shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const swapped = <A extends Values | Uint8Array>(from: A, to: A): A => {
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) {
        const at = (i * inner + j) * size;
        to.set(from.subarray(at, at + size), (j * outer + i) * size);
      }
    }
    return to;
  };
  const { data, nulls } = array;
  const gaps = nulls === undefined ? {} : { nulls: swapped(nulls, nulls.slice()) };
  return { ...array, ...gaps, shape: [inner, outer, ...rest], data: swapped(data, data.slice()) };
};

/** An object stands for a state over time, and has nothing but its first step and its values. */
const timedOf = (value: unknown, name: string, fail: (why: string) => never): { readonly from: unknown; readonly data: unknown } | null => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const extra = Object.keys(value).find((key) => key !== "from" && key !== "data");
  if (extra !== undefined) return fail(`${quote(name)} has "from" and "data", and no ${quote(extra)}${extra.includes("length") ? `; lengths are an array of their own, "${name}_length"` : ""}`);
  if (!("from" in value) || !("data" in value)) return fail(`${quote(name)} has no ${"data" in value ? '"from", its first step' : '"data", its values [time][batch]'}`);
  return value;
};

/**
 * Reads `{"x": [[…], …], "h": {"from": 0, "data": […]}}`. A state over time has its array as `[batch][time][…shape]`, like any data, and its
 * first step as `from`. Faults SQ0512…SQ0514.
 */
export const decodeInputs = (bytes: Uint8Array, where: string): DataSet => {
  const fail = (why: string): never => {
    throw new Fault(malformedInputs, `${where}: ${why}`);
  };
  const object = parseObject(decodeText(bytes, where) ?? fail("it is no UTF-8 text"), fail, (name) => {
    throw new Fault(duplicateName, `${where}: ${quote(name)} occurs twice`);
  });
  const arrays = new Map<string, DataArray>();
  for (const name of object.names) {
    const value = object.get(name);
    const timed = timedOf(value, name, fail);
    if (timed === null) {
      arrays.set(name, decodeNested(value, name));
      continue;
    }
    if (typeof timed.from !== "number" || !Number.isSafeInteger(timed.from)) {
      return fail(`"from" of ${quote(name)} is ${describeJson(timed.from)}, not a step`);
    }
    const array = decodeNested(timed.data, name, true);
    if (array.shape.length < 2) return fail(`"data" of ${quote(name)} is no array [time][batch]`);
    arrays.set(name, { ...swapLeading(array), from: timed.from });
  }
  return arrays;
};

export type Nested = null | number | string | readonly Nested[];

const scalar = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

const nest = (data: ArrayLike<number>, shape: readonly number[]): Nested => {
  let at = 0;
  const build = (axis: number): Nested =>
    axis === shape.length ? scalar(data[at++] ?? 0) : Array.from({ length: shape[axis] ?? 0 }, () => build(axis + 1));
  return build(0);
};

/** A tensor as JSON: `[batch][…shape]`, or `[…shape]` if all rows share it; NaN and infinities as strings. */
export const encodeTensor = (tensor: Tensor): Nested =>
  nest(tensor.data, tensor.batched ? [tensor.rows, ...tensor.shape] : tensor.shape);

/** Single rows as JSON: `[batch][…shape]`, null for a row that does not exist. */
export const encodeRows = (rows: readonly (Tensor | null)[]): Nested => rows.map((row) => (row === null ? null : nest(row.data, row.shape)));
