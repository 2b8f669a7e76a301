/** The default pipelines, each a list of passes. */
import { infer } from "@sequent/infer";
import type { DataTypes } from "@sequent/infer";
import { compose, invariant } from "@sequent/ir";
import type { NodeId, Pass, Pipeline } from "@sequent/ir";
import { inferDomains, schedulePass } from "@sequent/transform-time";
import type { DomainOptions } from "@sequent/transform-time";
import { chooseLosses, differentiateFor, expandPass } from "@sequent/transform-autodiff";
import * as E from "fp-ts/lib/Either.js";

/** What the passes are told from outside. */
export interface PipelineOptions extends Pick<DomainOptions, "starts" | "longest" | "shortest"> {
  /** The arrays that inputs are bound to. */
  readonly data?: DataTypes;
  /** Nodes whose gradient is wanted for itself. */
  readonly wanted?: readonly NodeId[];
}

/** Leaves what the interpreter has a reference implementation of. */
export const expandAll: Pass = { ...expandPass("expand", (op) => op.forward.tag === "primitive"), doc: "Replaces ops without a reference implementation by the ops they stand for." };

const pipeline = (name: string, passes: readonly Pass[], given: readonly string[] = []): Pipeline => {
  const composed = compose(name, passes, given);
  invariant(E.isRight(composed), `the pipeline ${name} misses a fact`);
  return composed.right;
};

/** Shapes, steps, and the loss of each statement: what `check` does, and what the backends read. */
export const checking = (options: PipelineOptions = {}): Pipeline =>
  pipeline("check", [
    infer(options.data === undefined ? {} : { data: options.data }),
    inferDomains(options),
    chooseLosses,
  ]);

/** From a checked program to one that the interpreter trains. */
export const training = (options: PipelineOptions = {}): Pipeline =>
  pipeline("train", [differentiateFor(options.wanted === undefined ? {} : { wanted: options.wanted }), expandAll], checking().gives);

/** Every pass by name, for `run-passes`. */
export const passes = (options: PipelineOptions = {}): ReadonlyMap<string, Pass> =>
  new Map([...checking(options).passes, ...training(options).passes, schedulePass].map((pass) => [pass.name, pass]));
