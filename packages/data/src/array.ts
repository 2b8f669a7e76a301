import type { Values } from "@sequent/ir";
import type { Element } from "./elements.js";

/**
 * A named array of numbers as read from a file, row-major; the leading axis is samples. `int` arrays are Int32Array,
 * `float` ones Float32Array or Float64Array. `vocabulary` is what the classes of a text stand for.
 */
export interface DataArray {
  readonly name: string;
  readonly dtype: "float" | "int";
  readonly shape: readonly number[];
  readonly data: Values;
  readonly vocabulary?: readonly string[];
  /** The step that the time axis begins with, where it is not 1. */
  readonly from?: number;
  /** The file holds booleans, which are kept as 0 and 1. */
  readonly isBoolean?: true;
  /** 1 where a JSON text has null in place of a number: steps that a sequence does not have. */
  readonly nulls?: Uint8Array;
}

export type DataSet = ReadonlyMap<string, DataArray>;

/** A data array whose dtype follows from its storage. */
export const dataArray = (name: string, shape: readonly number[], data: Values): DataArray => ({
  name,
  dtype: data instanceof Int32Array ? "int" : "float",
  shape,
  data,
});

/** The same of elements of a file. */
export const arrayOf = (element: Element, name: string, shape: readonly number[], data: Values): DataArray => ({ ...dataArray(name, shape, data), ...(element === "b1" ? { isBoolean: true } : {}) });

/** `[3, 4]`. */
export const printShape = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** The element with row-major number `flat`, as it is indexed: `[2][0]`. */
export const printIndex = (shape: readonly number[], flat: number): string => {
  const index: number[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index.map((i) => `[${String(i)}]`).join("");
};

/** Names that come from a file, safe to print: quoted, control characters escaped, cut at 80 characters. */
export const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
