import type { Interval, Moment } from "./time.js";
import type { Dim } from "./type.js";

/** `t-3`, `0`, `T+1`: a moment as the notation writes it. */
export const printMoment = (m: Moment): string => {
  if (m.from === "0") return String(m.plus);
  if (m.plus === 0) return m.from;
  return m.plus > 0 ? `${m.from}+${String(m.plus)}` : `${m.from}${String(m.plus)}`;
};

/** How many steps a range stacks: a number if both ends move together, else the range as it is written. */
export const extentOf = (on: Interval): Dim =>
  on.lower.from === on.upper.from ? on.upper.plus - on.lower.plus + 1 : `${printMoment(on.lower)}..${printMoment(on.upper)}`;
