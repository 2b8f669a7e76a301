import * as E from "fp-ts/lib/Either.js";
import { diagnose, permutation, plainSplit, stratifiedSplit } from "@sequent/ir";
import type { Diagnostics, Span, Split, Tensor } from "@sequent/ir";
import { badTestPart, batchNoPower, batchTooLarge } from "./diagnostics.js";
import { Fault, attempt } from "./fault.js";
import type { BoundData, BoundInput } from "./bind.js";

/**
 * What a target gets for one step: the inputs by name, and the number of each row's sample in the data set, which keys
 * its draws.
 */
export interface Batch {
  readonly rows: number;
  readonly samples: Int32Array;
  /** A state over time has its time axis first in `shape`. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The first step of each input over time. */
  readonly from: ReadonlyMap<string, number>;
  /** The last step of each row's sequence; null without time. */
  readonly last: Int32Array | null;
  /** Which window of the sequences is learnt from; null: all of them. */
  readonly window: number | null;
}

/** The batch of a program without data: no inputs, samples 0..rows-1. */
export const bareBatch = (rows: number): Batch => ({
  rows,
  samples: Int32Array.from({ length: rows }, (_, i) => i),
  tensors: new Map(),
  from: new Map(),
  last: null,
  window: null,
});

const gatherRows = (input: BoundInput, samples: Int32Array): Tensor => {
  let size = 1;
  for (const dim of input.shape) size *= dim;
  const length = samples.length * size;
  const { data: source, shape } = input;
  const data =
    source instanceof Int32Array
      ? new Int32Array(length)
      : source instanceof Float32Array
        ? new Float32Array(length)
        : new Float64Array(length);
  for (let row = 0; row < samples.length; row++) {
    const from = (samples[row] ?? 0) * size;
    // Below some eight elements a call costs more than the copy.
    if (size > 8) data.set(source.subarray(from, from + size), row * size);
    else for (let i = 0; i < size; i++) data[row * size + i] = source[from + i] ?? 0;
  }
  return { shape, rows: samples.length, batched: true, data };
};

/** Copies the rows of `samples` into a batch. */
export const gather = (bound: BoundData, samples: Int32Array): Batch => {
  const tensors = new Map<string, Tensor>();
  for (const input of bound.inputs) tensors.set(input.name, gatherRows(input, samples));
  const from = new Map(bound.inputs.flatMap((input): [string, number][] => (input.timed ? [[input.name, input.from]] : [])));
  const { last } = bound;
  return { rows: samples.length, samples, tensors, from, last: last === null ? null : samples.map((sample) => last[sample] ?? 0), window: null };
};

/** All samples as one batch, in their order. */
export const wholeBatch = (bound: BoundData): Batch =>
  gather(
    bound,
    Int32Array.from({ length: bound.samples }, (_, i) => i),
  );

/**
 * Splits by sample, shuffled by `seed`. If exactly one input is `class[n]` (one class a sample), every class has the
 * same share in both parts; with none or several the split is plain, for no order of several would be everyone's. Left
 * SQ0530 at `at`.
 */
export const splitSamples = (bound: BoundData, test: number, seed: number, at: Span): E.Either<Diagnostics, Split> =>
  attempt(at, () => {
    if (!(test >= 0 && test < 1)) throw new Fault(badTestPart, `test=${String(test)} is no share from 0 to below 1`);
    const labels = bound.inputs.filter((input) => input.classes !== null);
    const [label] = labels;
    const single = labels.length === 1 && label?.shape.length === 0;
    const parts = single ? stratifiedSplit(seed, test, label.data) : plainSplit(seed, test, bound.samples);
    const empty = parts.train.length === 0 ? "train" : test > 0 && parts.test.length === 0 ? "test" : null;
    if (empty !== null) {
      throw new Fault(
        badTestPart,
        `test=${String(test)} of ${String(bound.samples)} samples leaves none to ${empty} on`,
      );
    }
    return parts;
  });

const powerBelow = (n: number): number => 2 ** Math.floor(Math.log2(n));
const DEFAULT_BATCH = 64;

/**
 * The samples of a training batch: what `@batch` says (`at` is the place of its number), else 64 or the largest power
 * of two that fits.
 */
export const chooseBatch = (
  requested: { readonly rows: number; readonly at: Span } | null,
  samples: number,
): E.Either<Diagnostics, number> => {
  const fitting = powerBelow(Math.max(1, samples));
  if (requested === null) return E.right(Math.min(DEFAULT_BATCH, fitting));
  const { rows, at } = requested;
  const record = !(Number.isSafeInteger(rows) && rows >= 1 && powerBelow(rows) === rows)
    ? batchNoPower
    : rows > samples
      ? batchTooLarge
      : null;
  if (record === null) return E.right(rows);
  const below = powerBelow(Math.max(1, rows));
  const near = rows >= 1 && rows < 2 ** 40 ? (rows - below <= 2 * below - rows ? below : 2 * below) : DEFAULT_BATCH;
  const better = String(Math.min(near, fitting));
  const why = record === batchNoPower ? "is no power of two" : `is more than the ${String(samples)} training samples`;
  return E.left([
    diagnose(record, `a batch of ${String(rows)} ${why}; ${better} would be`, [{ at, text: record.title }], {
      help: record.explain,
      fixes: [{ title: `use a batch of ${better}`, edits: [{ at, text: better }], unsafe: false }],
    }),
  ]);
};

/**
 * The training samples in the order of an epoch, shuffled by Philox; the same for the same seed and epoch on every
 * target.
 */
export const epochOrder = (seed: number, epoch: number, train: Int32Array): Int32Array =>
  permutation(seed, epoch, train.length).map((i) => train[i] ?? 0);
