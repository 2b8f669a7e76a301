/** States with boundary equations and sums of adjoints, for all steps at once: pieces side by side, or on top of each other. */
import { FIRST_STEP, intersectSteps, isBefore, isEmptySteps, sameSteps } from "@sequent/ir";
import type { Interval, Moment, NodeId, Piece } from "@sequent/ir";
import { add, at, atom, call, isLiteral, LEVEL, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Emission } from "../model/emission.js";
import type { Join } from "../model/body.js";
import { filling } from "./step.js";
import { rankAt, isBatched, stepsOfPiece } from "./reading.js";
import { behind, masked, paddingOf, rowPlace, subscript } from "./read.js";
import type { Horizon } from "./read.js";
import { lacking, leastCount, stepsIn } from "./slices.js";

export interface Joining {
  readonly emission: Emission;
  readonly id: NodeId;
  readonly node: Join;
  /** The steps that are wanted. */
  readonly on: Interval;
  readonly rows: string;
  readonly horizon: Horizon;
  /** What a piece gives on some of its steps; without time the same for all. */
  readonly value: (piece: Piece, on: Interval) => Code;
}

/** A value without time, or without rows, as one of [time, batch, …]. */
const spread = (j: Joining, piece: Piece, on: Interval): Code => {
  const { emission, id } = j;
  const value = j.value(piece, on);
  const source = piece.value;
  const shape = ((emission.program.types ?? [])[id]?.[0]?.shape ?? []).map(String);
  const rank = rankAt(emission, id), own = rankAt(emission, source.node);
  const rows = isBatched(emission, id) ? j.rows : "1";
  if (isLiteral(value)) {
    const size = [j.horizon.count(on), rows, ...shape].join(", ");
    return value.text === "0" ? call("torch.zeros", size + j.horizon.device) : call("torch.full", `(${size})`, filling(emission, id, value) + j.horizon.device);
  }
  const fixed = source.at.tag === "at" && source.at.time.from !== "t";
  const timed = emission.time.isTimed(source.node) && !fixed;
  const batched = isBatched(emission, source.node);
  const wide = rank > own ? atom(`${at(value, LEVEL.atom)}[${["...", ...Array<string>(rank - own).fill("None")].join(", ")}]`) : value;
  if (source.at.tag === "fan" || (timed && !emission.time.isSwept(source.node) && batched === isBatched(emission, id))) return wide;
  const features = Array<string>(rank).fill("-1");
  return method(wide, "expand", timed ? "-1" : j.horizon.count(on), batched ? "-1" : rows, ...features);
};

/** The pieces of a state, each on its own steps. */
const sideBySide = (j: Joining): Code => {
  const parts = j.node.pieces
    .map((piece) => ({ piece, on: stepsOfPiece(j.emission, j.id, piece) }))
    .filter(({ on }) => !isEmptySteps(on))
    .sort((a, b) => (isBefore(a.on.lower, b.on.lower) ? -1 : 1));
  for (const { on } of parts) j.horizon.asks(on);
  const codes = parts.map(({ piece, on }) => spread(j, piece, on));
  const [only] = codes;
  const whole = codes.length === 1 && only !== undefined ? only : call("torch.cat", `[${codes.map((x) => x.text).join(", ")}]`);
  // At the end of its own row each takes what holds there.
  return parts.reduce((x, { piece, on }, k) => {
    const end = codes.length === 1 ? null : endOf(j, on, j.horizon.short ? givenBefore(j.node, piece) : null);
    return end === null ? x : call("torch.where", end, codes[k] ?? x, x);
  }, whole);
};

/** The last of the fixed steps at which a short row takes another piece of a state, one that comes before this; null: there is none. */
const givenBefore = ({ pieces }: Join, piece: Piece): Moment | null =>
  pieces.slice(0, pieces.indexOf(piece)).reduce<Moment | null>((last, { on }) => (on?.upper.from !== "0" || (last !== null && isBefore(on.upper, last)) ? last : on.upper), null);

/** Where the one step of an interval at the end stands in each row; null where all rows have one length. */
const endOf = (j: Joining, on: Interval, behindStep: Moment | null = null): Code | null => {
  const { last, count, device } = j.horizon;
  if (last === null || on.lower.from !== "T" || j.on.lower.from !== "0" || !isBatched(j.emission, j.id)) return null;
  const steps = `torch.arange(${count(j.on)}${device})[:, None]`;
  const here = `(${steps} == ${rowPlace(last, on.lower.plus - j.on.lower.plus)})`;
  const isGiven = behindStep !== null && behindStep.plus >= j.on.lower.plus;
  return behind(atom(isGiven ? `(${here} & (${last} > ${String(behindStep.plus - on.lower.plus)}))` : here), rankAt(j.emission, j.id));
};

/** A term with zeros at the steps at which it does not exist. */
export const padded = (j: Joining, piece: Piece): Code | null => {
  const whole = stepsOfPiece(j.emission, j.id, piece);
  // At the end of each row, which for some is before the last of these steps.
  const ends = stepsIn(whole).flatMap((m) => {
    const one = { lower: m, upper: m }, end = endOf(j, one);
    return end === null ? [] : [call("torch.where", end, spread(j, piece, one), "0.0")];
  });
  const [first, ...rest] = ends;
  if (first !== undefined) return rest.reduce(add, first);
  const on = intersectSteps(whole, j.on);
  if (isEmptySteps(on)) return null;
  const shared = spread(j, piece, on);
  const value = piece.value.at.tag === "fan" ? shared : masked({ code: shared, steps: on, rank: rankAt(j.emission, j.id), batched: isBatched(j.emission, j.id) }, j.horizon, whole);
  if (sameSteps(on, j.on)) return value;
  j.emission.needs.add("F");
  const inner = Array<string>(2 * (1 + rankAt(j.emission, j.id))).fill("0");
  // A window may have fewer steps than a term lacks.
  const { window } = j.emission.options;
  const counts = window === null ? null : lacking(on, j.on);
  const wide = call("F.pad", value, `(${[...inner, ...paddingOf(on, j.on, counts === null ? j.horizon : { ...j.horizon, asks: () => undefined })].join(", ")})`);
  if (window === null || counts === null || leastCount(on, FIRST_STEP) + window.first - 1 >= 0) return wide;
  // Then all of it is zeros.
  return subscript(wide, `: ${j.horizon.count(j.on)}`);
};

const onTop = (j: Joining): Code => {
  const terms = j.node.pieces.flatMap((piece) => padded(j, piece) ?? []);
  const [first, ...rest] = terms;
  if (first !== undefined) return rest.reduce(add, first);
  const shape = (j.emission.program.types?.[j.id]?.[0]?.shape ?? []).map(String);
  return call("torch.zeros", `${[j.horizon.count(j.on), isBatched(j.emission, j.id) ? j.rows : "1", ...shape].join(", ")}${j.horizon.device}`);
};

export const joined = (j: Joining): Code => (j.node.tag === "cases" ? sideBySide(j) : onTop(j));
