import type { Split } from "@sequent/ir";
import { bareBatch, epochOrder, gather } from "@sequent/data";
import type { Batch, BoundData } from "@sequent/data";

/** Where batches come from: data with its two parts, or nothing but the numbers of the rows. */
export type Source =
  | { readonly tag: "data"; readonly data: BoundData; readonly split: Split; readonly batch: number }
  | { readonly tag: "bare"; readonly batch: number };

/** Updates per epoch, the last short batch dropped; null without data. */
export const stepsPerEpoch = (source: Source): number | null =>
  source.tag === "data" ? Math.floor(source.split.train.length / source.batch) : null;

/** The batch of each update, a function of seed and update alone; remembers the order of one epoch. */
export const batchesOf = (source: Source, seed: number): ((update: number) => Batch) => {
  if (source.tag === "bare") {
    const batch = bareBatch(source.batch);
    return () => batch;
  }
  const perEpoch = Math.floor(source.split.train.length / source.batch);
  let epoch = -1;
  let order = new Int32Array(0);
  return (update) => {
    const wanted = Math.floor(update / perEpoch);
    if (wanted !== epoch) {
      epoch = wanted;
      order = new Int32Array(epochOrder(seed, epoch, source.split.train));
    }
    const from = (update - epoch * perEpoch) * source.batch;
    return gather(source.data, order.slice(from, from + source.batch));
  };
};
