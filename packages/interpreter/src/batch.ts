import type { Precision, Tensor } from "@sequent/ir";

/** Samples that are computed together: inputs by name, and which sample each row is (what draws are keyed by). */
export interface Batch {
  /** Of an input over time the first axis of `shape` is time. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly rows: number;
  readonly samples: Int32Array;
  /** The first step of an input over time; 1 for those left out. */
  readonly from?: ReadonlyMap<string, number>;
  /** The last step T of each row; without it the last step of the inputs. */
  readonly last?: Int32Array;
  /** Which window of the program's `@horizon`; without it the whole sequences. Windows of a batch are computed in their order. */
  readonly window?: number;
}

export interface Options {
  readonly seed: number;
  readonly precision: Precision;
}

export type Mode = "train" | "eval";

/** One value row by row, each a tensor of one row; null where it does not exist. */
export type Rows = readonly (Tensor | null)[];

/** A value over time: its rows at the steps `from`, `from + 1`, …; from the first to the last at which some row has it. */
export interface Series {
  readonly from: number;
  readonly steps: readonly Rows[];
}
