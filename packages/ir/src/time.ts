import type { Span } from "./span.js";

/** A point in time: the reader's own step, or the episode's first (`0`) or last (`T`), plus a constant. */
export interface Moment {
  readonly from: "t" | "0" | "T";
  readonly plus: number;
}

/** Both ends included; an end of a domain starts from `0` or `T`, an end of a context also from `t`. */
export interface Interval {
  readonly lower: Moment;
  readonly upper: Moment;
}

/**
 * How an operand reads a value. The forms are closed under transposition, which is all that autodiff over time needs:
 * `at t-k` ↔ `at t+k`, `range` ↔ `fan`, and reading a value that lacks an axis ↔ `over` that axis.
 */
export type Context =
  /** `x_t`, `x_{t-1}`, `x_0`, `x_T`; the only form for values without time. */
  | { readonly tag: "at"; readonly time: Moment }
  /** `x_{t-3..t}`: stacks a new leading axis. */
  | { readonly tag: "range"; readonly on: Interval }
  /** The transpose of the reads `of_range`: the sum over all readers `s` whose range holds this step of the rows of `x_s` that stand for it. */
  | { readonly tag: "fan"; readonly of: NodeId; readonly range: Interval }
  /** All instances, for a collective op: over the batch, over time, or over both. */
  | { readonly tag: "over"; readonly axes: "time" | "batch" | "both" };

/** A read of `node`. `old` reads the value recorded while acting; no gradient passes it. `span`: where the text says so. */
export interface Operand {
  readonly node: NodeId;
  readonly at: Context;
  readonly old: boolean;
  readonly span?: Span;
}

/** A row of a table; the phantom kind stops a NodeId from being passed where a ParamId is meant, and costs nothing. */
export type Id<K extends string> = number & { readonly kind?: K };
export type NodeId = Id<"node">;

export const moment = (from: Moment["from"], plus = 0): Moment => ({ from, plus });
export const NOW: Context = { tag: "at", time: { from: "t", plus: 0 } };
export const ALL: Context = { tag: "over", axes: "both" };

/** Reads a node at the reader's own step (or at all, where there is no time). */
export const read = (node: NodeId, at: Context = NOW): Operand => ({ node, at, old: false });
/** Reads all instances of a node, for a collective op. */
export const readAll = (node: NodeId): Operand => ({ node, at: ALL, old: false });

/** The steps from which a range sees the step t: those on the other side of it. */
export const transposed = (range: Interval): Interval => ({
  lower: range.upper.from === "t" ? moment("t", -range.upper.plus) : moment("0"),
  upper: range.lower.from === "t" ? moment("t", -range.lower.plus) : moment("T"),
});

/** The steps that a range or a transpose reads. */
export const stepsRead = (at: Extract<Context, { readonly tag: "range" | "fan" }>): Interval => (at.tag === "range" ? at.on : transposed(at.range));

export const isNow = (at: Context): boolean => at.tag === "at" && at.time.from === "t" && at.time.plus === 0;
/** Whether a context reads the same steps wherever its reader stands. */
export const isFixed = (at: Context): boolean =>
  at.tag === "at" ? at.time.from !== "t" : at.tag === "range" && at.on.lower.from !== "t" && at.on.upper.from !== "t";
