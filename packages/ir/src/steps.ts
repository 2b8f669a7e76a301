/** Intervals of steps: the domains of values over time. T counts as later than every fixed step, so that ends can be compared. */
import { printMoment } from "./extent.js";
import { operandsOf } from "./program.js";
import type { Domain, Node, Piece } from "./program.js";
import { moment, stepsRead } from "./time.js";
import type { Context, Interval, Moment, NodeId, Operand } from "./time.js";

/** Whether a moment is before another, T being later than every fixed step. Neither starts from `t`. */
export const isBefore = (a: Moment, b: Moment): boolean => (a.from === b.from ? a.plus < b.plus : a.from === "0");
const later = (a: Moment, b: Moment): Moment => (isBefore(a, b) ? b : a);
const earlier = (a: Moment, b: Moment): Moment => (isBefore(b, a) ? b : a);

export const shiftMoment = (m: Moment, by: number): Moment => (by === 0 ? m : moment(m.from, m.plus + by));
export const shiftSteps = (on: Interval, by: number): Interval =>
  by === 0 ? on : { lower: shiftMoment(on.lower, by), upper: shiftMoment(on.upper, by) };

/** The number of a step, read at `step` of a sequence whose last is `end`. */
export const momentAt = (m: Moment, step: number, end: number): number => (m.from === "0" ? 0 : m.from === "T" ? end : step) + m.plus;

/** The steps of an episode; equations that read other steps hold on these at most. */
export const EPISODE: Interval = { lower: moment("0"), upper: moment("T") };
/** With the two steps around an episode, which boundary equations alone may give. */
export const AROUND: Interval = { lower: moment("0", -1), upper: moment("T", 1) };
/** No step. */
export const NEVER: Interval = { lower: moment("T", 1), upper: moment("0", -1) };

export const isEmptySteps = (on: Interval): boolean => isBefore(on.upper, on.lower);
export const intersectSteps = (a: Interval, b: Interval): Interval => {
  const both = { lower: later(a.lower, b.lower), upper: earlier(a.upper, b.upper) };
  return isEmptySteps(both) ? NEVER : both;
};
/** The least interval that holds both. */
export const hullSteps = (a: Interval, b: Interval): Interval =>
  isEmptySteps(a) ? b : isEmptySteps(b) ? a : { lower: earlier(a.lower, b.lower), upper: later(a.upper, b.upper) };
export const sameSteps = (a: Interval, b: Interval): boolean =>
  a.lower.from === b.lower.from && a.lower.plus === b.lower.plus && a.upper.from === b.upper.from && a.upper.plus === b.upper.plus;
export const holdsStep = (on: Interval, m: Moment): boolean => !isBefore(m, on.lower) && !isBefore(on.upper, m);
export const printSteps = (on: Interval): string =>
  isEmptySteps(on) ? "never" : sameSteps(on, { lower: on.lower, upper: on.lower }) ? printMoment(on.lower) : `${printMoment(on.lower)}..${printMoment(on.upper)}`;

/**
 * The steps of a reader at which a context finds what it reads, of a value that exists on `steps`; null: at all, or at none, whatever the
 * step. A range needs one element at least: those beyond the ends repeat the first or the last; without a fixed length it looks at the `keep`
 * steps nearest its reader.
 */
export const readableOn = (at: Context, steps: Interval, keep = Infinity): Interval | null => {
  switch (at.tag) {
    case "at":
      return at.time.from === "t" ? shiftSteps(steps, -at.time.plus) : null;
    case "range":
    case "fan": {
      const { lower, upper } = stepsRead(at);
      // No element lies beyond a fixed end.
      const has = intersectSteps(steps, { lower: lower.from === "t" ? AROUND.lower : lower, upper: upper.from === "t" ? AROUND.upper : upper });
      const isKept = at.tag === "range" && keep !== Infinity;
      return {
        lower: upper.from === "t" ? shiftMoment(has.lower, -upper.plus) : isKept && lower.from === "t" ? shiftMoment(has.lower, 1 - keep - lower.plus) : AROUND.lower,
        upper: lower.from === "t" ? shiftMoment(has.upper, -lower.plus) : isKept && upper.from === "t" ? shiftMoment(has.upper, keep - 1 - upper.plus) : AROUND.upper,
      };
    }
    case "over":
      return null;
  }
};

/** The ends of an open range, from `lower` to `upper`, of which the `keep` steps nearest its reader are looked at. */
export const nearestSteps = ({ lower: { from } }: Interval, lower: number, upper: number, keep: number): readonly [number, number] =>
  from === "t" ? [lower, Math.min(upper, lower + keep - 1)] : [Math.max(lower, upper - keep + 1), upper];

/** On which steps a piece gives a value; null for one that gives it at every step. */
export const pieceSteps = (piece: Piece, at: (id: NodeId) => Domain, keep = Infinity): Interval | null => {
  const { time } = at(piece.value.node);
  const found = time === null ? null : readableOn(piece.value.at, time, keep);
  if (piece.on === null) return found;
  return found === null ? piece.on : intersectSteps(piece.on, found);
};

const readers = (ins: readonly Operand[], at: (id: NodeId) => Domain, keep: number): Interval => {
  let steps = EPISODE;
  for (const x of ins) {
    const { time } = at(x.node);
    const found = time === null ? null : readableOn(x.at, time, keep);
    if (found !== null) steps = intersectSteps(steps, found);
  }
  return steps;
};

/** Where a value exists, from where all that it reads does. `start` is the first step of an input; `keep`: how many steps an open range looks at. */
export const stepsOf = (node: Node, at: (id: NodeId) => Domain, start: number, keep = Infinity): Interval => {
  switch (node.tag) {
    case "input":
      return { lower: moment("0", start), upper: moment("T") };
    case "param":
      return EPISODE;
    case "op":
    case "pick":
      return readers(operandsOf(node), at, keep);
    case "cases":
      // Beyond an episode a boundary equation alone gives a value.
      return node.pieces.reduce<Interval>((all, piece) => {
        const found = pieceSteps(piece, at, keep) ?? EPISODE;
        return hullSteps(all, piece.on === null ? intersectSteps(found, EPISODE) : found);
      }, NEVER);
    case "sum":
      return node.pieces.reduce<Interval>((all, piece) => hullSteps(all, pieceSteps(piece, at, keep) ?? EPISODE), NEVER);
  }
};
