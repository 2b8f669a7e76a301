/** Which rows of a batch of sequences have an iteration, where each row has a length of its own. */
import { moment, shiftMoment, shiftSteps } from "@sequent/ir";
import type { Interval, Moment, NodeId } from "@sequent/ir";
import { atom, call } from "../model/code.js";
import type { Code } from "../model/code.js";
import { isFromEnds, sourceOf } from "./loop-printing.js";
import type { Printing } from "./loop-printing.js";
import { behind, rowPlace } from "./read.js";
import { isBatched, rankAt } from "./reading.js";

/** Which rows have this step of an interval; null: all. */
export const validRow = (p: Printing, on: Interval, skew: number): Code | null => {
  const { horizon } = p.scribe.reading;
  if (horizon.last === null || on.upper.from !== "T" || isFromEnds(p)) return null;
  const whole = shiftSteps(p.main, skew);
  const offset = on.upper.plus - whole.lower.plus + 1;
  return sourceOf(p, `valid ${String(offset)}`, "valid_t", () => atom(horizon.variable("valid", `valid_steps(${horizon.count(whole)}, ${rowPlace(horizon.last ?? "", offset)})`)));
};
/** The same, in the shape of a node's value. */
export const validHere = (p: Printing, id: NodeId, on: Interval): Code | null => {
  const { emission } = p.scribe, row = isBatched(emission, id) ? validRow(p, on, p.skewOf(id)) : null;
  return row === null ? null : behind(row, rankAt(emission, id));
};
/** Which rows have this step of an interval, whatever its ends. */
export const existsHere = (p: Printing, id: NodeId, on: Interval): Code | null => {
  const until = validHere(p, id, on);
  if (until === null || on.lower.from !== "T") return until;
  const earlier = validHere(p, id, { lower: on.upper, upper: shiftMoment(on.lower, -1) });
  return earlier === null ? until : atom(`(${until.text} & ~${earlier.text})`);
};

/** Of which rows a step of the longest row is no earlier (`<=`), or no later, than a step counted from their end; null where none is shorter. */
const rowsAt = ({ scribe: { reading } }: Printing, here: Moment, relation: "<=" | ">=", end: Moment): Code | null => {
  const { last, count, short } = reading.horizon;
  // A row that is short may end before a step that is counted from its beginning.
  if (short && here.from === "0" && end.from === "T") return atom(`(${last ?? ""} ${relation} ${String(here.plus - end.plus)})`);
  if (last === null || here.from !== "T" || end.from !== "T") return null;
  return atom(`(${last} ${relation} ${count({ lower: moment("0", 1), upper: moment("T", here.plus - end.plus) })})`);
};
const rowsBeside = (p: Printing, id: NodeId, here: Moment, relation: "<=" | ">=", end: Moment): Code | null => {
  const { emission } = p.scribe, rows = isBatched(emission, id) ? rowsAt(p, here, relation, end) : null;
  return rows === null ? null : behind(rows, rankAt(emission, id));
};
/** Which rows have an instance in the iteration that is being printed, on such steps; null: all. */
export const rowsHere = (p: Printing, on: Interval, skew: number): Code | null => (p.fixedAt === null ? validRow(p, on, skew) : rowsAt(p, shiftMoment(p.fixedAt, skew), ">=", on.upper));
export const rowsUntil = (p: Printing, id: NodeId, here: Moment, end: Moment): Code | null => rowsBeside(p, id, here, "<=", end);
export const rowsFrom = (p: Printing, id: NodeId, here: Moment, end: Moment): Code | null => rowsBeside(p, id, here, ">=", end);
/** A term in an iteration in front of the loop or behind it: rows that end early may not have it. */
export const ofRows = (p: Printing, id: NodeId, here: Moment, on: Interval, value: Code): Code => {
  const masks = [rowsBeside(p, id, here, ">=", on.upper), on.lower.from === "T" ? rowsUntil(p, id, here, on.lower) : null].flatMap((one) => one ?? []);
  return masks.reduce((all, mask) => call("torch.where", mask, all, "0.0"), value);
};
