import type { Tensor } from "@sequent/ir";
import type { Batch } from "@sequent/data";

/** One number per training statement, in the target's order. */
export interface StepResult {
  readonly losses: ArrayLike<number>;
  /** How many instances each is the mean of; left out where each is one of the rows. A statement without any has the loss 0. */
  readonly counts?: ArrayLike<number>;
}

/** Means over a batch: one number per training statement and per metric, and how many instances each is the mean of. */
export interface Evaluation extends StepResult {
  readonly metrics: ArrayLike<number>;
  readonly metricCounts?: ArrayLike<number>;
}

/** By qualified name: parameters, optimizer slots, lagged copies and running statistics; each with one row. */
export type TargetState = ReadonlyMap<string, Tensor>;

/**
 * What the trainer drives: a program made executable. All that a step depends on is in `state()` and `carried()`, the
 * batch and the update's number.
 */
export interface Target {
  /** One label per training statement, as the user wrote it: `p => one_hot(y)`. */
  readonly statements: readonly string[];
  readonly metrics: readonly string[];
  /**
   * One Update in train mode; `update` is the number of Updates done before, and keys the draws. Losses are from
   * before the Update.
   */
  readonly step: (batch: Batch, update: number) => StepResult;
  /** Losses and metrics in inference mode; a batch of any size; changes nothing. */
  readonly evaluate: (batch: Batch) => Evaluation;
  /** The state now. The trainer reads it before the next step and keeps no reference. */
  readonly state: () => TargetState;
  /** Takes a state with exactly the names, shapes and storage of `state()`. */
  readonly load: (state: TargetState) => void;
  /** What the last window of a batch of sequences has left for the next one, by names of its own; nothing without windows. */
  readonly carried?: () => TargetState;
  /** Takes what `carried` gave. False: it is not of this program. */
  readonly loadCarried?: (carried: TargetState) => boolean;
}
