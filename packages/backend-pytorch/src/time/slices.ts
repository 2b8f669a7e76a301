/** Where the steps of a value stand on the first axis of its tensor, as Python writes it. */
import { FIRST_STEP, sameSteps } from "@sequent/ir";
import type { Interval, Moment, Program } from "@sequent/ir";

/** The place of a step counted from the first one that is stored; null if that depends on T. */
export const fromFront = (has: Interval, at: Moment): number | null => (at.from === has.lower.from ? at.plus - has.lower.plus : null);
/** The same from the last one, which is 0. */
export const fromEnd = (has: Interval, at: Moment): number | null => (at.from === has.upper.from ? has.upper.plus - at.plus : null);

/** `0`, `-1`: the index of one step; null where only the length of the sequence tells. */
export const placeOf = (has: Interval, at: Moment): string | null => {
  const front = fromFront(has, at), end = fromEnd(has, at);
  if (front !== null && front >= 0) return String(front);
  return end !== null && end >= 0 ? String(-1 - end) : null;
};

/** `1:`, `:-1`, `1:-2`; "" for all that is stored; null where only the length tells. */
export const cutOf = (has: Interval, wants: Interval): string | null => {
  if (sameSteps(has, wants)) return "";
  const [front, end] = [fromFront(has, wants.lower), fromEnd(has, wants.upper)];
  const start = front ?? fromEnd(has, wants.lower), stop = end ?? fromFront(has, wants.upper);
  if (start === null || stop === null || start < 0 || stop < 0) return null;
  const first = front === 0 ? "" : String(front ?? -1 - start);
  const last = end === 0 ? "" : end === null ? String(stop + 1) : String(-end);
  return `${first}:${last}`;
};

/** How many steps an interval has less than another, at its beginning and at its end; null where that depends on T. */
export const lacking = (of: Interval, whole: Interval): readonly [number, number] | null => {
  const front = fromFront(whole, of.lower), end = fromEnd(whole, of.upper);
  return front === null || end === null ? null : [front, end];
};

/** Whether the number of its steps depends on T. */
export const isLong = (on: Interval): boolean => on.lower.from !== on.upper.from;
/** How many steps it has in the shortest sequence, whose last step is `end`: below 0 it still has none in one that is a step longer. */
export const leastCount = (on: Interval, end: number): number => on.upper.plus - on.lower.plus + (on.lower.from === "0" && on.upper.from === "T" ? end : 0) + 1;
/** The last step of the shortest sequence in which it lacks none, where it may have none at all. */
export const leastOf = (on: Interval): number => Math.max(FIRST_STEP, FIRST_STEP - leastCount(on, FIRST_STEP));
export const mayBeEmpty = (on: Interval, end: number): boolean => leastCount(on, end) <= 0;
/** The last step of the shortest sequence that data may have: one step, and what begins with step 0 may end there. */
export const leastEnd = ({ nodes, domains = [] }: Program): number => {
  const firsts = nodes.flatMap((node, id) => { const on = node.tag === "input" ? domains[id]?.time : null; return on?.upper.from === "T" ? [on.lower.plus] : []; });
  return firsts.length === 0 ? FIRST_STEP : Math.min(FIRST_STEP, Math.max(...firsts));
};
/** The steps of an interval that is not long, first to last. */
export const stepsIn = (on: Interval): readonly Moment[] =>
  isLong(on) ? [] : Array.from({ length: Math.max(0, on.upper.plus - on.lower.plus + 1) }, (_, k) => ({ from: on.lower.from, plus: on.lower.plus + k }));
