/** Draws for a whole batch: each row draws by its own sample number, so that a batch may be split or reordered. */
import type { Precision } from "../tensor.js";
import { allocate } from "../tensor.js";
import type { Draw, Key } from "./philox.js";
import { fillBernoulli } from "./philox.js";

/** `fillUniform`, `fillNormal` or `bernoulli(p)`. */
export type Fill = (key: Key, draw: Draw, out: Float32Array | Float64Array, start?: number, count?: number) => void;

export const bernoulli = (p: number): Fill => (key, draw, out, start, count) => {
  fillBernoulli(key, draw, p, out, start, count);
};

/** `size` numbers for each of `samples`, one row after the other. */
export const drawRows = (
  fill: Fill, key: Key, samples: ArrayLike<number>, update: number, t: number, size: number, precision: Precision,
): Float32Array | Float64Array => {
  const out = allocate(precision, samples.length * size);
  for (let r = 0; r < samples.length; r++) fill(key, { sample: samples[r] ?? 0, update, t }, out, r * size, size);
  return out;
};
