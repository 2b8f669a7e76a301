import fc from "fast-check";
import { expect } from "vitest";
import { fillNormal, FIRST_DRAW, streamKey } from "../../src/random/index.js";
import type { Precision, Tensor } from "../../src/tensor.js";
import { allocate, sizeOf } from "../../src/tensor.js";

let draws = 0;
/** Normal values, different at each call. */
export const normal = (shape: readonly number[], rows: number | null, precision: Precision = "f64"): Tensor => {
  const data = allocate(precision, (rows ?? 1) * sizeOf(shape));
  fillNormal(streamKey(draws++, "test"), FIRST_DRAW, data);
  return { shape, rows: rows ?? 1, batched: rows !== null, data };
};

export const tensor = (shape: readonly number[], values: readonly number[], rows: number | null = null): Tensor =>
  ({ shape, rows: rows ?? 1, batched: rows !== null, data: Float64Array.from(values) });

export const integers = (shape: readonly number[], values: readonly number[], rows: number | null = null): Tensor =>
  ({ shape, rows: rows ?? 1, batched: rows !== null, data: Int32Array.from(values) });

/** |a − b| ≤ tol·max(1, |b|), NaN where NaN is, equal infinities. */
export const expectClose = (a: ArrayLike<number>, b: ArrayLike<number>, tol = 1e-12): void => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < b.length; i++) {
    const x = a[i] ?? 0, y = b[i] ?? 0;
    if (Object.is(x, y) || x === y || Math.abs(x - y) <= tol * Math.max(1, Math.abs(y))) continue;
    expect(`[${String(i)}] = ${String(x)}`).toBe(`[${String(i)}] = ${String(y)}`);
  }
};

export const dot = (a: Tensor, b: Tensor): number => {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i] ?? 0) * (b.data[i] ?? 0);
  return sum;
};

export const sizes = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
