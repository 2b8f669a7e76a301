/** What an iteration reads: values of its own and of earlier iterations, ranges of them, and what others have made. */
import { invariant, isNow, moment, NOW, shiftMoment, shiftSteps, stepsRead } from "@sequent/ir";
import type { Context, Interval, Moment, NodeId, Operand } from "@sequent/ir";
import { at, atom, call, LEVEL } from "../model/code.js";
import type { Code } from "../model/code.js";
import { temporary } from "../model/body.js";
import type { Scribe } from "../model/body.js";
import { nameIn } from "../model/emission.js";
import type { Item } from "../model/scope.js";
import { hasExtent, stackedAxisOf } from "./axes.js";
import { existsAt } from "./iterations.js";
import { isFromEnds, sourceOf } from "./loop-printing.js";
import type { Printing } from "./loop-printing.js";
import { rowsHere } from "./loop-rows.js";
import { readKept, rowPlace, subscript, validOf } from "./read.js";
import type { Horizon, Kept } from "./read.js";
import { isBatched, keptOf } from "./reading.js";
import { fromEnd, fromFront, isLong } from "./slices.js";
import { placeholder } from "./write-loop.js";
import type { State } from "./write-loop.js";

export const valueIn = (p: Printing, x: Operand, item: Item): Code | null => {
  if (p.own.has(x.node)) return ownValue(p, x, item);
  const stack = item.tag === "node" ? p.scribe.emission.time.ownBeside(item.id, x) : null, found = othersValue(p, x, item);
  return stack === null ? found : beside(p, x, found ?? p.scribe.reading.value(x), stack, item);
};

const ownValue = (p: Printing, x: Operand, item: Item): Code => {
  if (x.at.tag === "range") return stacked(p, x, item);
  const by = p.ago(x, item);
  if (by > 0) return earlier(p, x.node, by);
  const now = p.scribe.values.get(x.node);
  invariant(now !== undefined, "an iteration computes a value before what reads it");
  return now;
};

const readOf = ({ reads }: Printing, code: Code, { variable }: State, what: string): Code => {
  reads.set(code.text, `${variable.replace(/_t$/, "")}_${what}`);
  return code;
};
/** A value of an earlier iteration. */
const earlier = (p: Printing, id: NodeId, iterations: number): Code => {
  const state = p.states.get(id);
  invariant(state !== undefined, "a value of an earlier iteration is kept");
  const by = iterations - state.missed;
  if (by === 1 && state.before !== null) return atom(placeholder(state.before));
  return readOf(p, atom(`${state.list ?? ""}[-${String(by)}]`), state, `${String(by)}_ago`);
};

/** How many of a value's instances lie outside of the fixed end of a range. */
const outsideOf = ({ scribe, isForward }: Printing, id: NodeId, end: Moment): number => {
  const has = scribe.emission.time.stepsOf(id);
  const count = has === null ? null : isForward ? fromFront(has, end) : fromEnd(has, end);
  invariant(count !== null, "a range of a loop's own values ends where the loop begins");
  // Beyond the end there is nothing to leave out.
  return Math.max(0, count);
};
/** The range of the loop's own values that the stacked axis of an operand comes from, and what reads it. */
const rangeBehind = (p: Printing, x: Operand, item: Item): readonly [Operand, Item] | null => {
  const { program } = p.scribe.emission;
  if (!p.own.has(x.node)) return null;
  if (x.at.tag === "range") return [x, item];
  const node = program.nodes[x.node];
  if (node?.tag !== "op" || !isNow(x.at) || !hasExtent(program, x.node)) return null;
  return node.ins.reduce<readonly [Operand, Item] | null>((found, one) => found ?? rangeBehind(p, one, { tag: "node", id: x.node }), null);
};
/** What a row sees of a range of later steps: one that ends early has none of them; what reads none is not its own. */
export const seenIn = (p: Printing, operand: Operand, reader: Item): Code | null => {
  const [x, item] = rangeBehind(p, operand, reader) ?? [operand, reader];
  const { reading: { horizon }, emission: { time } } = p.scribe;
  const made = p.states.get(x.node)?.list ?? null, has = time.stepsOf(x.node), on = item.tag === "node" ? time.stepsOf(item.id) : null;
  if (x.at.tag !== "range" || made === null || has === null || on === null || !p.own.has(x.node)) return null;
  if (p.isForward) return x.at.on.lower.from === "0" && !isFromEnds(p) && reachesBeyond(p, x.at.on, has, item) ? seenOfRows(p, x, has, item) : null;
  if (x.at.on.upper.from !== "T") return null;
  const valid = validOf({ lower: has.lower, upper: x.at.on.upper }, horizon);
  if (valid === null) return null;
  const { last, outer, kept } = listOf(p, x, item), more = 1 - last - outer;
  const mask = `${valid}[-${more === 0 ? `len(${made})` : `(len(${made}) ${more > 0 ? "+" : "-"} ${String(Math.abs(more))})`} :]${kept === null ? "" : `[:${String(kept)}]`}.t()`;
  if (p.scribe.reading.horizon.short) return call("some_of", mask);
  const here = rowsHere(p, on, p.skewAt(item));
  return atom(here === null ? mask : `(${mask} | ~${here.text}[:, None])`);
};
/** The same of a range of earlier steps, in rows that have ended: they see what they had. */
const seenOfRows = (p: Printing, x: Operand, has: Interval, item: Item): Code | null => {
  const { horizon } = p.scribe.reading, valid = validOf(has, horizon), { outer, count, kept } = listOf(p, x, item);
  if (valid === null) return null;
  const mask = `${valid}[${outer === 0 ? "" : String(outer)}:${outer === 0 ? count : `${count} + ${String(outer)}`}]${lastOnes(kept)}.t()`;
  return horizon.short ? call("some_of", mask) : atom(mask);
};
/** The loop's own values in a range, as a list in the order in which they were made, and how many there are. */
const listOf = (p: Printing, x: Operand, item: Item) => {
  const { isForward, scribe: { emission: { options: { keep } }, values } } = p;
  const state = p.states.get(x.node), made = state?.list ?? null;
  invariant(x.at.tag === "range" && state !== undefined && made !== null, "a range is read of a list");
  const { lower, upper } = x.at.on;
  const ends = (m: Moment): number => (isForward ? 1 : -1) * (p.skewOf(x.node) - p.skewAt(item) - m.plus);
  const nearest = ends(isForward ? upper : lower), far = ends(isForward ? lower : upper);
  // Iterations behind those that make it have none of their own, and of those before them as many less.
  const lacks = isMadeHere(p, x.node) ? 0 : state.missed + 1, last = lacks > 0 ? Math.max(1, nearest - state.missed) : nearest;
  // The value of this iteration is in no list yet.
  const all = last === 0 ? `[*${made}, ${values.get(x.node)?.text ?? ""}]` : made;
  const outer = (isForward ? lower : upper).from === "t" ? 0 : outsideOf(p, x.node, isForward ? lower : upper);
  const seen = outer === 0 && last <= 1 ? all : `${all}[${outer === 0 ? "" : String(outer)}:${last <= 1 ? "" : `-${String(last - 1)}`}]`;
  const kept = keep === null ? null : Math.max(0, keep - Math.max(0, lacks - nearest));
  return { state, nearest, last, far, lacks, all, outer, part: `${seen}${lastOnes(kept)}`, kept, count: `len(${seen})` };
};
const lastOnes = (count: number | null): string => (count === null ? "" : count === 0 ? "[:0]" : `[-${String(count)}:]`);
/** Whether the iteration that is being printed has a value of its own. */
const isMadeHere = (p: Printing, id: NodeId): boolean => {
  const giver = p.fixedAt === null ? null : p.own.giver(id);
  return p.fixedAt === null || giver === null || existsAt(p.scribe, giver, shiftMoment(p.fixedAt, p.skewAt(giver)));
};
/** What others have made, along an axis of which the loop stacks its own values: the step sees as much of both. */
const beside = (p: Printing, x: Operand, code: Code, stack: Operand, item: Item): Code => {
  const { program, options: { keep } } = p.scribe.emission, { count } = listOf(p, ...(rangeBehind(p, stack, item) ?? [stack, item]));
  const along = (steps: string): string => [":", ...Array<string>(stackedAxisOf(program, x)).fill(":"), steps].join(", ");
  const seen = subscript(code, along(p.isForward ? `: ${count}` : `-${count} :`));
  const part = keep === null ? seen : subscript(seen, along(p.isForward ? `-${String(keep)}:` : `:${String(keep)}`));
  p.reads.set(part.text, `${nameOf(p.scribe, { ...x, at: NOW }).replace(/_t$/, "")}_range`);
  return part;
};
/** A range over the loop's own values. */
const stacked = (p: Printing, x: Operand, item: Item): Code => {
  const { state, nearest, last, far, lacks, all, part } = listOf(p, x, item), { isForward } = p;
  invariant(x.at.tag === "range", "what is stacked is a range");
  // With the value of this iteration, it can't be given to the step that makes it.
  const range = (steps: string): Code => (last === 0 ? call("torch.stack", steps, "1") : readOf(p, call("torch.stack", steps, "1"), state, "range"));
  if ((isForward ? x.at.on.lower : x.at.on.upper).from !== "t") return range(isForward ? part : `${part}[::-1]`);
  // Where the loop has not made so many yet, the first repeats.
  const near = Math.max(1, last), most = far + (last === 0 ? 1 : 0);
  const back = isForward ? `range(${String(most)}, ${String(near - 1)}, -1)` : `range(${String(near)}, ${String(most + 1)})`;
  const steps = last === 0 ? p.scribe.names.take("seen") : all;
  const whole = last === 0 ? `(${steps} := ${all})` : all;
  // Of what was made last the nearest repeat, too.
  const found = lacks > 0 ? range(`[${all}[${repeatingEnds(all, state.missed)}] for k in ${isForward ? `range(${String(far)}, ${String(nearest - 1)}, -1)` : `range(${String(nearest)}, ${String(far + 1)})`}]`)
    : range(`[${whole}[max(-k, -len(${steps}))] for k in ${back}]`), more = moreOfRow(p, x, item);
  return more === null ? found : call("repeat_beyond", found, more.text);
};
/** The place in a list of what was made k iterations ago, of those that make it: the first and the last repeat. */
const repeatingEnds = (list: string, missed: number): string => `-min(max(${missed === 0 ? "k" : `k - ${String(missed)}`}, 1), len(${list}))`;
const inBrackets = (text: string): string => (/ [+-] /.test(text) ? `(${text})` : text);
/** Whether a reader of a loop that runs forward goes on where what it reads has ended. */
const reachesBeyond = (p: Printing, { upper }: Interval, has: Interval, item: Item): boolean => {
  const on = item.tag === "node" ? p.scribe.emission.time.stepsOf(item.id) : null;
  return upper.from === "t" && has.upper.from === "T" && on?.upper.from === "T" && on.upper.plus + upper.plus > has.upper.plus;
};
/** How many steps behind the first one of a range of later steps each row has; null: as many as any other. */
const moreOfRow = (p: Printing, { node, at: read }: Operand, item: Item): Code | null => {
  const { isForward, fixedAt, scribe: { emission, reading: { horizon } } } = p, { last, count } = horizon, has = emission.time.stepsOf(node);
  if (isFromEnds(p) || read.tag !== "range" || last === null || has?.upper.from !== "T" || !isBatched(emission, node)) return null;
  if (isForward && !reachesBeyond(p, read.on, has, item)) return null;
  const beyond = has.upper.plus - read.on.lower.plus, skew = p.skewAt(item);
  if (fixedAt === null) {
    const here = shiftSteps(p.main, skew);
    return sourceOf(p, `more ${String(beyond)} ${String(skew)}`, "more_t", () => atom(horizon.variable("more", `${rowPlace(last, beyond - here.lower.plus)} - torch.arange(${count(here)}${horizon.device})[:, None]`)));
  }
  const here = shiftMoment(fixedAt, skew);
  return atom(here.from === "0" ? rowPlace(last, beyond - here.plus) : `${rowPlace(last, beyond)} - ${inBrackets(count({ lower: moment("0", 1), upper: here }))}`);
};

export const keptIn = ({ emission, reading }: Scribe, id: NodeId): Kept => {
  const steps = emission.time.stepsOf(id);
  invariant(steps !== null, "a value over time has steps");
  return keptOf(emission, id, reading.value({ node: id, at: { tag: "over", axes: "both" }, old: false }), steps);
};
/** What a reader at one step reads. */
const valueAt = (kept: Kept, context: Context, here: Moment, horizon: Horizon): Code => context.tag === "at"
  ? readKept(kept, { tag: "at", time: shiftMoment(here, context.time.plus) }, null, horizon)
  : atom(`${at(readKept(kept, context, { lower: here, upper: here }, horizon), LEVEL.atom)}[0]`);
/** What others have made: as it is, or what the iteration sees of it. */
const othersValue = (p: Printing, x: Operand, item: Item): Code | null => {
  const { scribe, fixedAt, endAt } = p, { time } = scribe.emission, { horizon } = scribe.reading;
  if (!time.isTimed(x.node) || time.isSwept(x.node)) return null;
  const kept = keptIn(scribe, x.node);
  if (!isMoving(x.at) || (x.at.tag === "range" && !(x.at.on.lower.from === "t" && x.at.on.upper.from === "t"))) return readKept(kept, x.at, null, horizon);
  const skew = p.skewAt(item);
  if (endAt !== null) return valueAt(kept, x.at, endAt, horizon);
  // A short sequence may have no such step of it.
  if (fixedAt !== null && isLong(kept.steps)) horizon.asks({ lower: shiftMoment(kept.steps.lower, 1), upper: kept.steps.upper });
  if (fixedAt !== null) {
    const here = shiftMoment(fixedAt, skew), at = x.at.tag === "at" ? shiftMoment(here, x.at.time.plus) : here;
    // Nor may it end before a step that is counted from its beginning.
    if (at.from === "0" && kept.steps.upper.from === "T") p.placed.asks({ lower: shiftMoment(at, 1), upper: kept.steps.upper });
    // Nor begin behind one that is counted from its end.
    if (x.at.tag === "at" && at.from === "T" && kept.steps.lower.from === "0") p.placed.asks({ lower: shiftMoment(kept.steps.lower, 1), upper: at });
    return valueAt(kept, x.at, here, p.placed);
  }
  return sourceOf(p, `${String(x.node)} ${JSON.stringify(x.at)} ${String(skew)}`, nameOf(scribe, x), () => readKept(kept, x.at, shiftSteps(p.main, skew), horizon));
};

/** What the variable of one step is called. */
export const nameOf = (scribe: Scribe, x: Operand): string =>
  `${nameIn(scribe.emission, scribe.around.scope, x.node) ?? inputName(scribe, x.node) ?? temporary(scribe.emission, x.node)}${suffixOf(x.at)}`;
const suffixOf = (context: Context): string => {
  if (context.tag !== "at" || context.time.from !== "t" || context.time.plus === 0) return "_t";
  return context.time.plus === -1 ? "_before" : context.time.plus === 1 ? "_after" : "_t";
};
const isMoving = (context: Context): boolean => {
  if (context.tag === "at") return context.time.from === "t";
  if (context.tag === "over") return false;
  const { lower, upper } = stepsRead(context);
  return lower.from === "t" || upper.from === "t";
};
const inputName = ({ values }: Scribe, id: NodeId): string | null => {
  const text = values.get(id)?.text ?? null;
  return text !== null && /^[\w.]+$/.test(text) ? (text.split(".").at(-1) ?? null) : null;
};
