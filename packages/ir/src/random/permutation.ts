/** Orders and splits of samples: stable argsorts of Philox words, so that any target reproduces them exactly. */
import { FIRST_DRAW, streamKey, philoxWords } from "./philox.js";

/** The indices that sort 32-bit words ascending, equal words in their order (radix sort, a byte at a time). */
export const stableArgsort = (keys: Uint32Array): Int32Array => {
  const n = keys.length;
  let order = Int32Array.from({ length: n }, (_, i) => i);
  let next = new Int32Array(n);
  for (let shift = 0; shift < 32; shift += 8) {
    const start = new Int32Array(257);
    for (const key of keys) start[((key >>> shift) & 255) + 1] = (start[((key >>> shift) & 255) + 1] ?? 0) + 1;
    for (let digit = 0; digit < 256; digit++) start[digit + 1] = (start[digit + 1] ?? 0) + (start[digit] ?? 0);
    for (const i of order) {
      const digit = ((keys[i] ?? 0) >>> shift) & 255;
      const at = start[digit] ?? 0;
      next[at] = i;
      start[digit] = at + 1;
    }
    [order, next] = [next, order];
  }
  return order;
};

/** The order of samples 0..n-1 in an epoch: stable argsort of stream "shuffle", counter (block, 0, epoch, 0). */
export const permutation = (seed: number, epoch: number, n: number): Int32Array =>
  stableArgsort(philoxWords(streamKey(seed, "shuffle"), { sample: 0, update: epoch, t: 0 }, n));

/** The two parts of a data set: sample numbers, ascending. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Splits samples so that each class has the same share `test` in the test part. Sample i has word i of stream "split" (counter
 * (block, 0, 0, 0)); of each class the first ⌊test · count + ½⌋ samples in stable order of the words are the test part.
 */
export const stratifiedSplit = (seed: number, test: number, classes: ArrayLike<number>): Split => {
  const n = classes.length;
  const left = new Map<number, number>();
  for (let i = 0; i < n; i++) left.set(classes[i] ?? 0, (left.get(classes[i] ?? 0) ?? 0) + 1);
  for (const [c, count] of left) left.set(c, Math.floor(test * count + 0.5));
  const inTest = new Uint8Array(n);
  for (const i of stableArgsort(philoxWords(streamKey(seed, "split"), FIRST_DRAW, n))) {
    const c = classes[i] ?? 0;
    const wanted = left.get(c) ?? 0;
    if (wanted === 0) continue;
    inTest[i] = 1;
    left.set(c, wanted - 1);
  }
  const all = Int32Array.from({ length: n }, (_, i) => i);
  return { train: all.filter((i) => inTest[i] === 0), test: all.filter((i) => inTest[i] === 1) };
};

/** Splits n samples without regard to classes: the first ⌊test · n + ½⌋ in stable order of the words of "split" are the test part. */
export const plainSplit = (seed: number, test: number, n: number): Split => stratifiedSplit(seed, test, new Uint8Array(n));
