/** Reads of a value over time for all steps of a reader at once. A tensor over time is [time, batch, …]. */
import { CompilerBug, extentOf, FIRST_STEP, intersectSteps, invariant, isBefore, isEmptySteps, moment, sameSteps, shiftMoment, shiftSteps } from "@sequent/ir";
import type { Context, Interval, Moment } from "@sequent/ir";
import { at, atom, call, LEVEL, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import { cutOf, isLong, placeOf, stepsIn } from "./slices.js";

/** A value as it stands in a variable. */
export interface Kept {
  readonly code: Code;
  readonly steps: Interval;
  /** Axes of its features, and whether its rows differ. */
  readonly rank: number;
  readonly batched: boolean;
  /** Whether it is a gradient, which is 0 at steps that it is not stored at. */
  readonly isGradient?: boolean;
}

/** What reads need to know of the horizon. */
export interface Horizon {
  /** The number of steps of an interval. */
  readonly count: (on: Interval) => string;
  /** `, device=x.device`. */
  readonly device: string;
  /** The last step of each row; null: all rows have one length. */
  readonly last: string | null;
  /** Whether rows may be too short for steps that are counted from their two ends: places in them may lie before the first. */
  readonly short: boolean;
  /** Whether step T is each row's own, where rows end early; else that of the longest row. */
  readonly byRow: boolean;
  /** Says that sequences must be so long that an interval has no fewer than no steps: else its parts overlap. */
  readonly asks: (on: Interval) => void;
  /** By how much steps are later in the program of a window than in it, whose steps before it are `offset`; null: no windows. */
  readonly moved: number | null;
  /** How many elements of a range without a fixed length are kept, those nearest its reader; null: all. */
  readonly keep: number | null;
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

/** The same, of a row that may be so short that it has no such step: then the first. */
const placeInRow = (last: string, plus: number, { short, moved }: Pick<Horizon, "short" | "moved">): string => {
  const place = rowPlace(last, plus);
  // Of a sequence that ends before a window nothing is read; where its last step would stand, there may be no place.
  const isBehind = moved !== null && moved + plus < -1;
  return (short && plus < 0) || isBehind ? `(${place}).clamp(min=0)` : place;
};

/** The value at one step for all, which then has no time. */
const atStep = (x: Kept, m: Moment, horizon: Horizon): Code => {
  if (horizon.last !== null && horizon.byRow && x.batched && m.from === "T" && x.steps.lower.from === "0") {
    const plus = m.plus - x.steps.lower.plus, value = subscript(x.code, `${placeInRow(horizon.last, plus, horizon)}, ${rowsOfBatch(`${at(x.code, LEVEL.atom)}.shape[1]`, horizon)}`);
    // Gradients stop at a window's first step, although values before it are stored, too.
    const moved = horizon.moved ?? 0, first = moved > 0 ? Math.max(x.steps.lower.plus, moved + FIRST_STEP) : x.steps.lower.plus;
    const isLacking = moved > 0 ? moved + FIRST_STEP + m.plus < first : plus < 0;
    return horizon.short && isLacking && x.isGradient === true ? call("torch.where", behind(atom(`(${horizon.last} >= ${String(first - m.plus)})`), x.rank), value, "0.0") : value;
  }
  const place = placeOf(x.steps, m);
  invariant(place !== null, "a fixed step that is read is stored");
  return subscript(x.code, x.batched ? place : `${place}, 0`);
};

/** The steps from `wants.lower` to `wants.upper`. */
export const cut = (x: Kept, wants: Interval, horizon: Horizon): Code => {
  if (horizon.last !== null && horizon.byRow && x.batched && wants.lower.from === "T" && x.steps.lower.from === "0") {
    const places = Array.from({ length: wants.upper.plus - wants.lower.plus + 1 }, (_, k) => moment("T", wants.lower.plus + k));
    return call("torch.stack", `[${places.map((m) => atStep(x, m, horizon).text).join(", ")}]`);
  }
  const found = cutOf(x.steps, wants);
  invariant(found !== null, "steps are cut where they are stored");
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

/** Whether each row has a place of its own for the steps of a reader. */
const isByRow = (has: Interval, on: Interval, horizon: Horizon): boolean => horizon.last !== null && horizon.byRow && on.lower.from === "T" && has.lower.from === "0";

/** Windows of one width: the places of their elements, clamped to what there is, as a tensor [reader's steps, width]. */
export const windowPlaces = (has: Interval, lower: number, upper: number, on: Interval, horizon: Horizon): Code => {
  const range = (from: string, to: string): Code => call("torch.arange", ...(from === "0" ? [] : [from]), `${to}${horizon.device}`);
  const steps = range("0", horizon.count(on));
  // Step `on.lower` of the reader stands at place `shift` of x; counted from the end, at one that the length tells.
  const isFront = on.lower.from === has.lower.from, shift = isFront ? on.lower.plus - has.lower.plus : 0;
  const window = horizon.variable("window", range(String(lower + shift), String(upper + shift + 1)).text);
  if (!isFront) {
    const end = isByRow(has, on, horizon) ? rowPlace(horizon.last ?? "", on.lower.plus - has.lower.plus) : plusText(horizon.count(has), on.lower.plus - has.upper.plus - 1);
    const each = isByRow(has, on, horizon) ? `${steps.text}[:, None, None] + ${window}[:, None] + ${end}` : `${steps.text}[:, None] + ${window} + ${end}`;
    return atom(horizon.variable("places", method(atom(`(${each})`), "clamp", "0", plusText(horizon.count(has), -1)).text));
  }
  const places = method(atom(`(${steps.text}[:, None] + ${window})`), "clamp", "0", plusText(horizon.count(has), -1));
  return atom(horizon.variable("places", places.text));
};

export const rowsOfBatch = (count: string, { variable, device }: Horizon): string => variable("rows", `torch.arange(${count}${device})`);

/** Whether rows end at places of their own. */
export const endsByRow = (has: Interval, { last }: Horizon): boolean => last !== null && has.upper.from === "T" && has.lower.from === "0";

/** The places in each row: beyond the end of its row each element is the last there is. */
export const withinRows = (places: Code, has: Interval, on: Interval, horizon: Horizon): Code => {
  const each = isByRow(has, on, horizon) ? places : subscript(places, "..., None");
  if (!endsByRow(has, horizon)) return each;
  return atom(horizon.variable("places", call("torch.minimum", each, placeInRow(horizon.last ?? "", has.upper.plus - has.lower.plus, horizon)).text));
};

/** [time, width, batch, …] as [time, batch, width, …]. */
const windows = (x: Kept, lower: number, upper: number, on: Interval, horizon: Horizon): Code =>
  x.batched && (isByRow(x.steps, on, horizon) || (comesToEnds({ lower: moment("t", lower), upper: moment("t", upper) }, x.steps, on) && endsByRow(x.steps, horizon)))
    ? method(subscript(x.code, `${withinRows(windowPlaces(x.steps, lower, upper, on, horizon), x.steps, on, horizon).text}, ${rowsOfBatch(`${at(x.code, LEVEL.atom)}.shape[1]`, horizon)}`), "movedim", "1", "2")
    : method(subscript(x.code, windowPlaces(x.steps, lower, upper, on, horizon).text), "movedim", "1", "2");

/** Which steps of an interval each row has, if it has those up to `until`, as booleans [time, batch]; null: all. */
export const validOf = (on: Interval, { last, count, variable }: Horizon, until: Moment = on.upper): string | null =>
  last === null || until.from !== "T" || on.lower.from !== "0" ? null : variable("valid", `valid_steps(${count(on)}, ${rowPlace(last, until.plus - on.lower.plus + 1)})`);

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
      const ends = fixedInRows(x, context.on, horizon);
      if (ends !== null) return ends;
      // The axis that is stacked holds all steps that some reader may look at; a mask says which.
      const wants = sweep(context.on, x.steps);
      return method(cut(x, wants, horizon), "movedim", "0", "1");
    }
    case "fan":
      throw new CompilerBug("a fan is printed as a sum");
  }
};

/** The steps from the beginning that a range has in rows which may end among them. */
const fixedInRows = (x: Kept, { lower, upper }: Interval, horizon: Horizon): Code | null => {
  if (!horizon.short || !horizon.byRow || !x.batched || lower.from !== "0" || upper.from !== "0" || !endsByRow(x.steps, horizon)) return null;
  const from = lower.plus - x.steps.lower.plus, places = subscript(call("torch.arange", ...(from === 0 ? [] : [String(from)]), `${String(from + upper.plus - lower.plus + 1)}${horizon.device}`), ":, None");
  const last = placeInRow(horizon.last ?? "", x.steps.upper.plus - x.steps.lower.plus, horizon);
  const within = horizon.variable("places", call("torch.minimum", places, last).text);
  return method(subscript(x.code, `${within}, ${rowsOfBatch(`${at(x.code, LEVEL.atom)}.shape[1]`, horizon)}`), "movedim", "0", "1");
};

/** The steps that stand on the stacked axis of a range with a fixed end: all from or to the fixed one. */
export const sweep = ({ lower, upper }: Interval, has: Interval): Interval => {
  const whole = intersectSteps({ lower: isMoving(lower) ? has.lower : lower, upper: isMoving(upper) ? has.upper : upper }, has);
  if (!isEmptySteps(whole)) return whole;
  const nearest = isBefore(has.upper, lower) ? has.upper : has.lower;
  return { lower: nearest, upper: nearest };
};

/** A mask of a stacked axis: [reader's steps, axis], or [reader's steps, batch, axis]; of a range with two fixed ends [batch, axis]. */
export interface Seen {
  readonly text: string;
  readonly byRow: boolean;
}

/** Whether some of the readers at `on` look as far as the end of what they read, where each row has its own. */
export const comesToEnds = ({ upper }: Interval, axis: Interval, on: Interval): boolean =>
  upper.from === "T" || (upper.from === "t" && axis.upper.from === "T" && on.upper.from === "T" && on.upper.plus + upper.plus > axis.upper.plus);

/** Which steps of a stacked axis the readers at `on` see; null: all of them. With a mask in the same place for each reader this is a triangle. */
export const seenOf = (axis: Interval, range: Interval, on: Interval, horizon: Horizon): Seen | null => {
  const seen = seenIn(axis, range, on, horizon);
  // In a row that is too short for it a reader sees everything, for of nothing there is no mean.
  return seen === null || !horizon.short ? seen : { ...seen, text: `some_of(${seen.text})` };
};
const seenIn = (axis: Interval, range: Interval, on: Interval, horizon: Horizon): Seen | null => {
  const { count, device } = horizon;
  const { lower, upper } = range;
  const moving = lower.from === "t" ? lower : upper.from === "t" ? upper : null;
  // Where rows end early, ranges up to the end stop there: [reader's steps, batch, axis], or [batch, axis].
  const valid = comesToEnds(range, axis, on) ? validOf(axis, horizon) : null;
  const ends = valid === null ? null : `${valid}.t()`;
  if (moving === null && horizon.keep !== null) return { text: horizon.variable("seen", `${lastOf(axis, range, horizon.keep, horizon)}.t()`), byRow: true };
  if (moving === null) return ends === null ? null : { text: ends, byRow: true };
  if (isByRow(axis, on, horizon)) return { text: seenAtEnds(axis, range, on, horizon), byRow: true };
  // Place s of the axis is step axis.lower + s, row k of the reader step on.lower + k; a reader at the end alone counts from there.
  const isFront = axis.lower.from === on.lower.from;
  invariant(isFront || (axis.upper.from === "T" && on.lower.from === "T"), "the readers of a range count their steps from where it begins, or from the end");
  const diagonal = isFront ? String(on.lower.plus + moving.plus - axis.lower.plus) : plusText(count(axis), on.lower.plus + moving.plus - axis.upper.plus - 1);
  const ones = `torch.ones(${count(on)}, ${count(axis)}, dtype=torch.bool${device})`;
  const cutAt = (side: "tril" | "triu", by: number): string => { const place = plusText(diagonal, by); return `.${side}(${place === "0" ? "" : place})`; };
  const far = horizon.keep === null ? "" : moving === upper ? cutAt("triu", 1 - horizon.keep) : cutAt("tril", horizon.keep - 1);
  const triangle = `${ones}${cutAt(moving === upper ? "tril" : "triu", 0)}${far}`;
  if (ends === null) return { text: triangle, byRow: false };
  // Behind the end of its row a reader sees everything, for of nothing there is no mean.
  const readers = validOf(on, horizon);
  const near = far === "" ? triangle : horizon.variable("near", triangle);
  return { text: `${near}[:, None] & ${ends}${readers === null ? "" : ` | ~${readers}[..., None]`}`, byRow: true };
};

/** The same of readers at the end of each row. */
const seenAtEnds = (axis: Interval, { lower, upper }: Interval, on: Interval, { last, count, keep }: Horizon): string => {
  const upTo = (plus: number): string => `valid_steps(${count(axis)}, ${rowPlace(last ?? "", plus - axis.lower.plus + 1)})`;
  const each = stepsIn(on).map(({ plus }) => [
    ...(upper.from === "0" ? [] : [upTo(upper.from === "t" ? plus + upper.plus : keep === null ? upper.plus : Math.min(upper.plus, plus + lower.plus + keep - 1))]),
    ...(isMoving(lower) ? [`~${upTo(plus + lower.plus - 1)}`] : keep === null || !isMoving(upper) ? [] : [`~${upTo(plus + upper.plus - keep)}`]),
  ].join(" & ")).map((mask) => `${mask.includes(" & ") ? `(${mask})` : mask}.t()`);
  const [only = ""] = each;
  return each.length === 1 ? `${only}[None]` : `torch.stack([${each.join(", ")}])`;
};

/**
 * The last steps of an axis up to the end, or up to that of each row, as booleans [axis, batch]: those that are left of as many up to the end of
 * the range, which may be behind it. A row that has ended before sees all, for of nothing there is no mean.
 */
const lastOf = (axis: Interval, { upper }: Interval, most: number, horizon: Horizon): string => {
  const { count, device } = horizon, keep = Math.max(0, most - (upper.from === axis.upper.from ? Math.max(0, upper.plus - axis.upper.plus) : 0));
  const valid = validOf(axis, horizon), before = validOf(axis, horizon, shiftMoment(axis.upper, -keep));
  return valid === null || before === null ? `(torch.arange(${count(axis)}${device})[:, None] >= ${plusText(count(axis), -keep)})` : `(${valid} & ~${before} | ~${valid}[:1])`;
};

/** Each row's last value of those at `on` in place of what stands behind its end, so that values there stay ordinary. */
export const repeatLast = (x: Code, on: Interval, last: string): Code => call("repeat_last", x, rowPlace(last, on.upper.plus - on.lower.plus + 1));

/** Zeros where a row has no such step. */
export const masked = (x: Kept, horizon: Horizon, of: Interval = x.steps): Code => {
  const valid = x.batched ? validOf(x.steps, horizon, of.upper) : null;
  return valid === null ? x.code : call("torch.where", behind(atom(valid), x.rank), x.code, "0.0");
};
/** Booleans of [time, batch] or [batch] for values with so many axes of features. */
export const behind = (mask: Code, rank: number): Code => (rank === 0 ? mask : subscript(mask, ["...", ...Array<string>(rank).fill("None")].join(", ")));

/**
 * The transpose of a `range` that reads a value on the steps `own`: of gradients g [reader's steps, batch, axis, …] each is added at the step
 * that it belongs to; of the sums those at `on` are wanted. With a fixed end the stacked axis is `axis`.
 */
export const fanned = (g: Kept, range: Interval, axis: Interval, own: Interval, on: Interval, horizon: Horizon): Code => {
  const features = Array<string>(g.rank - 1).fill(":");
  if (isMoving(range.lower) && isMoving(range.upper)) {
    const places = windowPlaces(own, range.lower.plus, range.upper.plus, g.steps, horizon);
    const shape = `${at(g.code, LEVEL.atom)}.shape`;
    const zeros = method(g.code, "new_zeros", horizon.count(own), `${shape}[1]`, ...(features.length > 0 ? [`*${shape}[3:]`] : []));
    const sums = horizon.last === null
      ? method(zeros, "index_add", "0", method(places, "flatten"), method(method(g.code, "movedim", "2", "1"), "flatten", "0", "1"))
      : method(zeros, "index_put", `(${withinRows(places, own, g.steps, horizon).text}, ${rowsOfBatch(`${shape}[1]`, horizon)})`, method(masked(g, horizon), "movedim", "2", "1"), "accumulate=True");
    return cut({ ...g, code: sums, steps: own }, on, horizon);
  }
  // Where all readers see the same, what they do not see has gradients of 0.
  const mask = isMoving(range.lower) || isMoving(range.upper) ? seenOf(axis, range, g.steps, isByRow(axis, g.steps, horizon) ? horizon : { ...horizon, last: null }) : null;
  const each = masked(g, horizon);
  const seen = mask === null ? null : subscript(atom(horizon.variable("seen", mask.text)), [":", mask.byRow ? ":" : "None", ...(features.length > 0 ? [":", ...features.map(() => "None")] : [])].join(", "));
  const given = each === g.code ? each : atom(horizon.variable("rows", each.text));
  const rows = seen === null ? given : atom(horizon.variable("rows", call("torch.where", seen, given, "0.0").text));
  const sums: Kept = { ...g, rank: g.rank - 1, code: method(method(rows, "sum", "0"), "movedim", "1", "0"), steps: axis };
  // A row that ends early has no element behind the end of the range.
  return spreadOut(isMoving(range.lower) || isMoving(range.upper) ? (comesToEnds(range, axis, g.steps) ? { ...sums, code: masked(sums, horizon) } : sums) : whollySeen(sums, range, horizon), own, on, horizon);
};

/** The same of a reader without time, whose range has fixed ends: gradients g [batch, axis, …]. */
export const fannedOnce = (g: Omit<Kept, "steps">, range: Interval, axis: Interval, own: Interval, on: Interval, horizon: Horizon): Code => {
  const sums: Kept = { batched: g.batched, rank: g.rank - 1, steps: axis, code: g.batched ? method(g.code, "movedim", "1", "0") : method(g.code, "unsqueeze", "1") };
  return spreadOut(whollySeen(sums, range, horizon), own, on, horizon);
};

/** Of a range that is the same for all its readers, zeros where they do not see it. */
const whollySeen = (x: Kept, range: Interval, horizon: Horizon): Kept =>
  ({ ...x, code: horizon.keep === null || x.steps.upper.from !== "T" || typeof extentOf(range) === "number" ? masked(x, horizon) : call("torch.where", behind(atom(lastOf(x.steps, range, horizon.keep, horizon)), x.rank), x.code, "0.0") });

/** Sums on the steps of an axis, at those that are wanted: nothing at others. At the end of its own row each has its last steps. */
const spreadOut = (sums: Kept, own: Interval, on: Interval, horizon: Horizon): Code => {
  const { steps, rank } = sums;
  if (horizon.last !== null && sums.batched && steps.lower.from === steps.upper.from && isLong(own) && own.lower.from === "0") {
    const shape = `${at(sums.code, LEVEL.atom)}.shape`;
    const end = rowPlace(horizon.last, own.upper.plus - own.lower.plus);
    const places = stepsIn(steps).map((m) => (m.from === "T" ? placeInRow(horizon.last ?? "", m.plus - own.lower.plus, horizon) : `(${end}).clamp(${horizon.short ? "min=0, " : ""}max=${String(m.plus - own.lower.plus)})`));
    const zeros = method(sums.code, "new_zeros", horizon.count(own), `*${shape}[1:]`);
    const put = method(zeros, "index_put", `(torch.stack([${places.join(", ")}]), ${rowsOfBatch(`${shape}[1]`, horizon)})`, sums.code, "accumulate=True");
    return spreadOut({ ...sums, code: put, steps: own }, { lower: own.upper, upper: own.upper }, on, horizon);
  }
  const both = intersectSteps(steps, on);
  if (isEmptySteps(both)) return method(sums.code, "new_zeros", horizon.count(on), `*${at(sums.code, LEVEL.atom)}.shape[1:]`);
  const part = cut(sums, both, { ...horizon, last: null });
  return sameSteps(both, on) ? part : call("F.pad", part, `(${[...Array<string>(2 * (rank + 1)).fill("0"), ...paddingOf(both, on, horizon)].join(", ")})`);
};

/** How many steps of an interval lie before and behind a part of it. */
export const paddingOf = (part: Interval, whole: Interval, { count, asks }: Horizon): readonly [string, string] => {
  asks(part);
  // Nor may it begin before the whole, or end behind it.
  if (part.lower.from === "T" && whole.lower.from === "0") asks({ lower: shiftMoment(whole.lower, 1), upper: part.lower });
  if (part.upper.from === "0" && whole.upper.from === "T") asks({ lower: shiftMoment(part.upper, 1), upper: whole.upper });
  return [
    part.lower.from === whole.lower.from ? String(part.lower.plus - whole.lower.plus) : count({ lower: whole.lower, upper: shiftMoment(part.lower, -1) }),
    part.upper.from === whole.upper.from ? String(whole.upper.plus - part.upper.plus) : count({ lower: shiftMoment(part.upper, 1), upper: whole.upper }),
  ];
};
