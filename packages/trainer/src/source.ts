import { FIRST_STEP, windowsOf } from "@sequent/ir";
import type { Horizon, Split } from "@sequent/ir";
import { bareBatch, epochOrder, gather } from "@sequent/data";
import type { Batch, BoundData } from "@sequent/data";

/** Where batches come from: data with its two parts, or nothing but the numbers of the rows. */
export type Source =
  | {
      readonly tag: "data";
      readonly data: BoundData;
      readonly split: Split;
      readonly batch: number;
      /** The windows that sequences are learnt from by; null: as a whole. */
      readonly horizon: Horizon | null;
    }
  | { readonly tag: "bare"; readonly batch: number };

/** What each Update learns from, a function of seed and update alone. */
export interface Agenda {
  readonly batch: (update: number) => Batch;
  /** Updates that so many epochs take; null without data. */
  readonly updatesIn: (epochs: number) => number | null;
  /** Epochs that are complete after so many Updates; null without data. */
  readonly epochsAfter: (updates: number) => number | null;
}

type Data = Extract<Source, { readonly tag: "data" }>;

/** Windows of each batch of an epoch, in order: as many as its longest sequence has. */
type Windows = (order: Int32Array) => readonly number[];

const windowsIn = (source: Data): { readonly windows: Windows; readonly even: boolean } => {
  const { data, horizon, batch, split } = source;
  const starts = data.inputs.flatMap((input) => (input.timed ? [input.from] : [])), start = starts.length === 0 ? FIRST_STEP : Math.min(...starts);
  const count = (sample: number): number => (data.last === null ? 1 : windowsOf(horizon, (data.last[sample] ?? 0) - start + 1));
  const counts = new Set(split.train.map(count));
  const windows: Windows = (order) =>
    Array.from({ length: Math.floor(order.length / batch) }, (_, k) =>
      order.subarray(k * batch, (k + 1) * batch).reduce((most, sample) => Math.max(most, count(sample)), 0));
  return { windows, even: counts.size < 2 };
};

/** Where the batches of one epoch begin, counted in Updates from the epoch's first; the last entry is its end. */
const startsOf = (windows: readonly number[]): readonly number[] =>
  windows.reduce<number[]>((starts, count) => [...starts, (starts.at(-1) ?? 0) + count], [0]);

/** Batches of the training part, shuffled every epoch, the last short one dropped; all windows of a batch before the next. */
const agendaOf = (source: Data, seed: number): Agenda => {
  const { windows, even } = windowsIn(source);
  const orderOf = (epoch: number): Int32Array => new Int32Array(epochOrder(seed, epoch, source.split.train));
  interface Opened {
    readonly epoch: number;
    readonly order: Int32Array;
    readonly starts: readonly number[];
  }
  let current: Opened = { epoch: -1, order: new Int32Array(0), starts: startsOf([]) };
  const open = (epoch: number): Opened => {
    if (current.epoch !== epoch) {
      const order = orderOf(epoch);
      current = { epoch, order, starts: startsOf(windows(order)) };
    }
    return current;
  };
  // Where all sequences have equally many windows, so have all epochs; else the first Update of each is found once.
  const each = even ? (startsOf(windows(source.split.train)).at(-1) ?? 0) : 0;
  const firsts = [0];
  const firstOf = (epoch: number): number => {
    if (even) return epoch * each;
    for (let k = firsts.length; k <= epoch; k++) firsts.push((firsts[k - 1] ?? 0) + (startsOf(windows(orderOf(k - 1))).at(-1) ?? 0));
    return firsts[epoch] ?? 0;
  };
  const epochOf = (update: number): number => {
    if (even) return Math.floor(update / each);
    let epoch = Math.max(0, firsts.findLastIndex((first) => first <= update));
    while (firstOf(epoch + 1) <= update) epoch++;
    return epoch;
  };
  let gathered: { readonly from: number; readonly epoch: number; readonly batch: Batch } | null = null;
  return {
    updatesIn: firstOf,
    epochsAfter: epochOf,
    batch: (update) => {
      const epoch = epochOf(update);
      const { order, starts } = open(epoch);
      const place = update - firstOf(epoch);
      const k = starts.findLastIndex((start) => start <= place);
      const from = k * source.batch;
      if (gathered?.from !== from || gathered.epoch !== epoch) {
        gathered = { from, epoch, batch: gather(source.data, order.slice(from, from + source.batch)) };
      }
      const { batch } = gathered;
      return source.horizon === null || batch.last === null ? batch : { ...batch, window: place - (starts[k] ?? 0) };
    },
  };
};

export const agenda = (source: Source, seed: number): Agenda => {
  if (source.tag === "data") return agendaOf(source, seed);
  const batch = bareBatch(source.batch);
  return { batch: () => batch, updatesIn: () => null, epochsAfter: () => null };
};
