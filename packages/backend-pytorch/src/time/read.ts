/** Reads of a value over time for all steps of a reader at once. A tensor over time is [time, batch, …]. */
import { CompilerBug, intersectSteps, invariant, isBefore, isEmptySteps, moment, sameSteps, shiftSteps } from "@sequent/ir";
import type { Context, Interval, Moment } from "@sequent/ir";
import { at, atom, call, LEVEL, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import { cutOf, lacking, placeOf } from "./slices.js";

/** A value as it stands in a variable. */
export interface Kept {
  readonly code: Code;
  readonly steps: Interval;
  /** Axes of its features, and whether its rows differ. */
  readonly rank: number;
  readonly batched: boolean;
}

/** What reads need to know of the horizon. */
export interface Horizon {
  /** The number of steps of an interval. */
  readonly count: (on: Interval) => string;
  /** `, device=x.device`. */
  readonly device: string;
  /** The last step of each row; null: all rows have one length. */
  readonly last: string | null;
  /** By how much steps are later in the program of a window than in it, whose steps before it are `offset`; null: no windows. */
  readonly moved: number | null;
  /** Gives an expression a variable in front of what is printed. */
  readonly variable: (base: string, text: string) => string;
}

export const subscript = (x: Code, index: string): Code => {
  if (index === "") return x;
  const part = atom(`${at(x, LEVEL.atom)}[${index}]`);
  return x.boolean === true ? { ...part, boolean: true } : part;
};

/** `last + 1`: where step T + plus of each row stands in a value that starts at `first`. */
export const rowPlace = (last: string, plus: number): string => (plus === 0 ? last : `${last} ${plus > 0 ? "+" : "-"} ${String(Math.abs(plus))}`);

/** The value at one step for all, which then has no time. */
const atStep = (x: Kept, m: Moment, horizon: Horizon): Code => {
  if (horizon.last !== null && x.batched && m.from === "T" && x.steps.lower.from === "0") {
    return subscript(x.code, `${rowPlace(horizon.last, m.plus - x.steps.lower.plus)}, ${rowsOf(`${at(x.code, LEVEL.atom)}.shape[1]`, horizon)}`);
  }
  const place = placeOf(x.steps, m);
  invariant(place !== null, "a fixed step that only the length tells");
  return subscript(x.code, x.batched ? place : `${place}, 0`);
};

/** The steps from `wants.lower` to `wants.upper`. */
export const cut = (x: Kept, wants: Interval, horizon: Horizon): Code => {
  if (horizon.last !== null && x.batched && wants.lower.from === "T" && x.steps.lower.from === "0") {
    const places = Array.from({ length: wants.upper.plus - wants.lower.plus + 1 }, (_, k) => moment("T", wants.lower.plus + k));
    return call("torch.stack", `[${places.map((m) => atStep(x, m, horizon).text).join(", ")}]`);
  }
  const found = cutOf(x.steps, wants);
  if (found === null) throw new CompilerBug(`no slice of ${JSON.stringify(x.steps)} gives ${JSON.stringify(wants)}`);
  return subscript(x.code, found);
};

/** How an end of a range moves with its reader: not at all, or with an offset. */
const isMoving = (m: Moment): boolean => m.from === "t";

/** `len(x) + 1`, and `len(x)` for `len(x) - 1` and 1. */
export const plusText = (text: string, n: number): string => {
  if (/^\d+$/.test(text)) return String(Number(text) + n);
  const [, body = text, sign = "+", known = "0"] = /^(.*) ([+-]) (\d+)$/.exec(text) ?? [];
  const total = (sign === "-" ? -1 : 1) * Number(known) + n;
  return total === 0 ? body : `${body} ${total > 0 ? "+" : "-"} ${String(Math.abs(total))}`;
};

/** Windows of one width: the places of their elements, clamped to what there is, as a tensor [reader's steps, width]. */
const windowPlaces = (has: Interval, lower: number, upper: number, on: Interval, horizon: Horizon): Code => {
  // Step `on.lower` of the reader stands at place `shift` of x.
  invariant(on.lower.from === has.lower.from, "windows that begin at an unknown place");
  const shift = on.lower.plus - has.lower.plus;
  const range = (from: string, to: string): Code => call("torch.arange", ...(from === "0" ? [] : [from]), `${to}${horizon.device}`);
  const steps = range("0", horizon.count(on));
  const window = horizon.variable("window", range(String(lower + shift), String(upper + shift + 1)).text);
  const places = method(atom(`(${steps.text}[:, None] + ${window})`), "clamp", "0", plusText(horizon.count(has), -1));
  return atom(horizon.variable("places", places.text));
};

const rowsOf = (count: string, { variable, device }: Horizon): string => variable("rows", `torch.arange(${count}${device})`);

/** Beyond the end of its row each element is the last there is. */
const withinRows = (places: Code, has: Interval, horizon: Horizon): Code => {
  if (horizon.last === null || has.upper.from !== "T" || has.lower.from !== "0") return places;
  return atom(horizon.variable("places", call("torch.minimum", `${at(places, LEVEL.atom)}[..., None]`, rowPlace(horizon.last, has.upper.plus - has.lower.plus)).text));
};

/** [time, width, batch, …] as [time, batch, width, …]. */
const windows = (x: Kept, lower: number, upper: number, on: Interval, horizon: Horizon): Code =>
  horizon.last !== null && x.batched && upper > 0
    ? method(subscript(x.code, `${withinRows(windowPlaces(x.steps, lower, upper, on, horizon), x.steps, horizon).text}, ${rowsOf(`${at(x.code, LEVEL.atom)}.shape[1]`, horizon)}`), "movedim", "1", "2")
    : method(subscript(x.code, windowPlaces(x.steps, lower, upper, on, horizon).text), "movedim", "1", "2");

/** Which steps of an interval each row has, as booleans [time, batch]; null: all. */
export const validOf = (on: Interval, { last, count, variable }: Horizon): string | null =>
  last === null || on.upper.from !== "T" || on.lower.from !== "0" ? null : variable("valid", `valid_steps(${count(on)}, ${rowPlace(last, on.upper.plus - on.lower.plus + 1)})`);

/** What a reader on the steps `on` (null: without time) reads of x. */
export const readKept = (x: Kept, context: Context, on: Interval | null, horizon: Horizon): Code => {
  switch (context.tag) {
    case "at":
      if (context.time.from !== "t") return atStep(x, context.time, horizon);
      invariant(on !== null, "a value over time is read where there is no time");
      return cut(x, shiftSteps(on, context.time.plus), horizon);
    case "over":
      return on === null ? x.code : cut(x, on, horizon);
    case "range": {
      const { lower, upper } = context.on;
      if (isMoving(lower) && isMoving(upper)) {
        invariant(on !== null, "a moving range is read where there is no time");
        return windows(x, lower.plus, upper.plus, on, horizon);
      }
      // The axis that is stacked holds all steps that some reader may look at; a mask says which.
      const wants = sweep(context.on, x.steps);
      return method(cut(x, wants, horizon), "movedim", "0", "1");
    }
    case "fan":
      throw new CompilerBug("a fan is printed as a sum");
  }
};

/** The steps that stand on the stacked axis of a range with a fixed end: all from or to the fixed one. */
export const sweep = ({ lower, upper }: Interval, has: Interval): Interval => {
  const whole = intersectSteps({ lower: isMoving(lower) ? has.lower : lower, upper: isMoving(upper) ? has.upper : upper }, has);
  if (!isEmptySteps(whole)) return whole;
  const nearest = isBefore(has.upper, lower) ? has.upper : has.lower;
  return { lower: nearest, upper: nearest };
};

/**
 * Which steps of a stacked axis the readers at `on` see, as booleans [reader's steps, axis]; null: all of them. With a mask in the same
 * place for each reader this is a triangle.
 */
export const seenOf = (axis: Interval, range: Interval, on: Interval, horizon: Horizon): string | null => {
  const { count, device } = horizon;
  const { lower, upper } = range;
  const moving = lower.from === "t" ? lower : upper.from === "t" ? upper : null;
  // Where rows end early, ranges up to the end stop there: [reader's steps, batch, axis], or [batch, axis].
  const valid = upper.from === "T" ? validOf(axis, horizon) : null;
  const ends = valid === null ? null : `${valid}.t()`;
  if (moving === null) return ends;
  invariant(axis.lower.from === on.lower.from, "a range whose axis begins at an unknown place");
  // Place s of the axis is step axis.lower + s, row k of the reader step on.lower + k.
  const diagonal = on.lower.plus + moving.plus - axis.lower.plus;
  const ones = `torch.ones(${count(on)}, ${count(axis)}, dtype=torch.bool${device})`;
  const triangle = `${ones}.${moving === upper ? "tril" : "triu"}(${diagonal === 0 ? "" : String(diagonal)})`;
  if (ends === null) return triangle;
  // Behind the end of its row a reader sees everything, for of nothing there is no mean.
  const readers = validOf(on, horizon);
  return `${triangle}[:, None] & ${ends}${readers === null ? "" : ` | ~${readers}[..., None]`}`;
};

/** Zeros where a row has no such step. */
export const masked = (x: Kept, horizon: Horizon, on: Interval = x.steps): Code => {
  const valid = x.batched ? validOf(on, horizon) : null;
  return valid === null ? x.code : call("torch.where", behind(atom(valid), x.rank), x.code, "0.0");
};
/** Booleans of [time, batch] or [batch] for values with so many axes of features. */
export const behind = (mask: Code, rank: number): Code => (rank === 0 ? mask : subscript(mask, ["...", ...Array<string>(rank).fill("None")].join(", ")));

/**
 * The transpose of a `range` that reads a value on the steps `own`: of gradients g [reader's steps, batch, axis, …] each is added at the step
 * that it belongs to; of the sums those at `on` are wanted.
 */
export const fanned = (g: Kept, range: Interval, own: Interval, on: Interval, horizon: Horizon): Code => {
  const features = Array<string>(g.rank - 1).fill(":");
  if (isMoving(range.lower) && isMoving(range.upper)) {
    const places = windowPlaces(own, range.lower.plus, range.upper.plus, g.steps, horizon);
    const shape = `${at(g.code, LEVEL.atom)}.shape`;
    const zeros = method(g.code, "new_zeros", horizon.count(own), `${shape}[1]`, ...(features.length > 0 ? [`*${shape}[3:]`] : []));
    const sums = horizon.last === null
      ? method(zeros, "index_add", "0", method(places, "flatten"), method(method(g.code, "movedim", "2", "1"), "flatten", "0", "1"))
      : method(zeros, "index_put", `(${withinRows(places, own, horizon).text}, ${rowsOf(`${shape}[1]`, horizon)})`, method(masked(g, horizon), "movedim", "2", "1"), "accumulate=True");
    return cut({ ...g, code: sums, steps: own }, on, horizon);
  }
  const axis = sweep(range, own);
  const text = seenOf(axis, range, g.steps, { ...horizon, last: null });
  const each = masked(g, horizon);
  const seen = text === null ? null : subscript(atom(horizon.variable("seen", text)), [":", "None", ...(features.length > 0 ? [":", ...features.map(() => "None")] : [])].join(", "));
  const given = each === g.code ? each : atom(horizon.variable("rows", each.text));
  const rows = seen === null ? given : atom(horizon.variable("rows", call("torch.where", seen, given, "0.0").text));
  const sums = { ...g, code: method(method(rows, "sum", "0"), "movedim", "1", "0"), steps: axis };
  const both = intersectSteps(axis, on);
  if (sameSteps(both, on)) return cut(sums, on, horizon);
  const counts = lacking(both, on);
  invariant(counts !== null, "a range that begins at an unknown place");
  return call("F.pad", cut(sums, both, horizon), `(${[...Array<string>(2 * g.rank).fill("0"), ...counts.map(String)].join(", ")})`);
};
