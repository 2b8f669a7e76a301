/**
 * What flows back to a state that a loop's own equations read ranges of: a tensor with a place for each step of the state, to which each reader of
 * a range adds. All that comes to a step has been added when the loop gets there, for readers of later steps come first.
 */
import { intersectSteps, invariant, isEmptySteps } from "@sequent/ir";
import type { Interval, Moment, NodeId, Operand } from "@sequent/ir";
import { atom, call, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Scribe } from "../model/body.js";
import { isFixedRange } from "./axes.js";
import { comesToEnds, cut, endsByRow, readKept, rowsOfBatch, seenOf, subscript, sweep, windowPlaces, withinRows } from "./read.js";
import type { Horizon } from "./read.js";
import { domainIn, isBatched, rankAt } from "./reading.js";
import { cutOf } from "./slices.js";

/** The sums of what one node gives back to the range that it was read by. */
export interface Gather {
  readonly variable: string;
  readonly from: NodeId;
  readonly range: Interval;
  /** The steps of the state. */
  readonly own: Interval;
}

export const gatherKey = (x: Operand): string => `${String(x.node)} ${JSON.stringify(x.at)}`;

/** Zeros, one for each step of the state. */
export const startOfGather = ({ emission, reading }: Scribe, { variable, from, own }: Gather): string => {
  const [, ...features] = ((emission.program.types ?? [])[from]?.[0]?.shape ?? []).map(String);
  const sizes = [reading.horizon.count(own), isBatched(emission, from) ? reading.rows : "1", ...features].join(", ");
  return `${variable} = torch.zeros(${sizes}${reading.horizon.device})`;
};

export const gatherOf = (scribe: Scribe, variable: string, from: NodeId, range: Interval, of: NodeId): Gather => {
  const own = domainIn(scribe.emission)(of).time;
  invariant(own !== null, "a range is read of a value over time");
  return { variable, from, range, own };
};

/** What has come to some steps of the state. */
export const gathered = ({ emission, reading }: Scribe, { variable, from, own }: Gather, at: Moment | Interval): Code => {
  const sums = { code: atom(variable), steps: own, rank: rankAt(emission, from) - 1, batched: isBatched(emission, from) };
  const placed = { ...reading.horizon, byRow: false };
  return "lower" in at ? cut(sums, at, placed) : readKept(sums, { tag: "at", time: at }, null, placed);
};

/**
 * The line that adds what one reader gives. `places` makes of a value for readers at some steps that of this reader; `valid` says which rows have
 * it.
 */
export const addTo = (scribe: Scribe, { variable, from, range, own }: Gather, value: Code, valid: Code | null, places: (name: string, whole: (on: Interval, horizon: Horizon) => string) => Code): string => {
  const { emission } = scribe, rank = rankAt(emission, from), features = Array<string>(rank - 1).fill("None");
  const given = valid === null ? value : call("torch.where", subscript(valid, ["...", ...Array<string>(rank).fill("None")].join(", ")), value, "0.0");
  if (!isFixedRange({ tag: "range", on: range })) {
    const readers = emission.time.stepsOf(from), isEachRow = readers !== null && comesToEnds(range, own, readers) && endsByRow(own, scribe.reading.horizon);
    const at = places("places_t", (on, horizon) => {
      const found = windowPlaces(own, range.lower.plus, range.upper.plus, on, horizon);
      return isEachRow ? withinRows(found, own, on, horizon).text : found.text;
    });
    const moved = method(given, "movedim", "1", "0");
    if (!isEachRow) return method(atom(variable), "index_add_", "0", at, moved).text;
    return method(atom(variable), "index_put_", `(${at.text}, ${rowsOfBatch(scribe.reading.rows, scribe.reading.horizon)})`, moved, "accumulate=True").text;
  }
  const axis = emission.time.axisOf({ node: from, at: { tag: "at", time: { from: "t", plus: 0 } }, old: false })?.steps ?? sweep(range, own);
  const steps = emission.time.stepsOf(from), mask = steps === null ? null : seenOf(axis, range, steps, scribe.reading.horizon);
  const row = (): Code => places("seen_t", (on, horizon) => {
    const mine = seenOf(axis, range, on, horizon), found = mine === null ? "" : mine.text;
    const named = horizon.keep === null || found === "" ? found : horizon.variable("near", found);
    // At one step all rows may see the same, which at others they do not.
    return mask?.byRow === true && mine?.byRow === false ? `${/ [&|] /.test(named) ? `(${named})` : named}[:, None]` : named;
  });
  const seen = mask === null ? given : call("torch.where", subscript(row(), [...(mask.byRow ? [":"] : []), ":", ...features].join(", ")), given, "0.0");
  const part = cutOf(own, intersectSteps(axis, own));
  invariant(part !== null && !isEmptySteps(axis), "a range is part of what it is read of");
  return `${part === "" ? variable : `${variable}[${part}]`} += ${method(seen, "movedim", "1", "0").text}`;
};
