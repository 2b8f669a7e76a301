import type { Tensor } from "@sequent/ir";
import type { Batch } from "@sequent/data";

/** One number per training statement, in the target's order. */
export interface StepResult {
  readonly losses: ArrayLike<number>;
}

/** Means over the rows of a batch: one number per training statement and per metric. */
export interface Evaluation {
  readonly losses: ArrayLike<number>;
  readonly metrics: ArrayLike<number>;
}

/** By qualified name: parameters, optimizer slots, lagged copies and running statistics; each with one row. */
export type TargetState = ReadonlyMap<string, Tensor>;

/**
 * What the trainer drives: a program made executable. All that a step depends on is in `state()`, the batch and the
 * update's number.
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
}
