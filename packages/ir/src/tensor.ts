/** Storage of a run-time value: floats in the precision of the run, integers as int32. */
export type Values = Float32Array | Float64Array | Int32Array;
/** The precision that a run computes in. */
export type Precision = "f32" | "f64";

/**
 * A run-time value for a whole batch: `rows` instances of `shape`, contiguous, row by row.
 * A value that all instances share (a parameter, a constant) has `batched: false` and one row.
 */
export interface Tensor {
  readonly shape: readonly number[];
  readonly rows: number;
  readonly batched: boolean;
  readonly data: Values;
}

/** Number of elements of one instance. */
export const sizeOf = (shape: readonly number[]): number => {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
};

export const allocate = (precision: Precision, length: number): Float32Array | Float64Array =>
  precision === "f64" ? new Float64Array(length) : new Float32Array(length);
