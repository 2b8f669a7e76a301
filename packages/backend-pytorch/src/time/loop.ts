/** A recurrence as one Python loop over its steps: what it reads of the outside comes step by step, what it makes is stacked at its end. */
import { holdsStep, intersectSteps, invariant, isBefore, isEmptySteps, isNow, moment, NOW, read, sameSteps, shiftMoment, shiftSteps, stepsRead } from "@sequent/ir";
import type { Context, Interval, Moment, NodeId, Operand, Piece } from "@sequent/ir";
import { add, at, atom, call, LEVEL } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Inside, Join, Scribe } from "../model/body.js";
import { outsOf, temporary } from "../model/body.js";
import { callAt, nameIn } from "../model/emission.js";
import { keyOf, readsOf } from "../model/scope.js";
import type { Item } from "../model/scope.js";
import { existsAt, fixedSteps, iterationOrder, itemsByNode, mainSteps, missingOf } from "./iterations.js";
import type { Own } from "./iterations.js";
import { addTo, gathered, gatherOf, startOfGather } from "./gather.js";
import type { Gather } from "./gather.js";
import { printKernel } from "./kernel.js";
import { padded } from "./join.js";
import type { Joining } from "./join.js";
import { hasExtent, stackedAxisOf } from "./axes.js";
import { printable } from "./not-yet.js";
import { padValue, spreadStep, zerosOf } from "./step.js";
import { behind, readKept, rowPlace, subscript, validOf } from "./read.js";
import type { Horizon, Kept } from "./read.js";
import { clockOf, isBatched, keptOf, rankAt, stepsOfPiece } from "./reading.js";
import { fromEnd, fromFront, isLong, stepsIn } from "./slices.js";
import { placeholder, writeLoop } from "./write-loop.js";
import type { Source, State } from "./write-loop.js";

/** A last value of a state, at a step counted from the end. */
interface End {
  readonly piece: Piece;
  readonly at: Moment;
}

export const printLoop = (scribe: Scribe, index: number, items: readonly Item[]): void => {
  const { emission, values } = scribe;
  const match = scribe.emission.cellOf(index);
  const whole = scribe.emission.time.loops[index];
  if (match !== null && whole !== undefined) {
    printKernel(scribe, whole, match);
    return;
  }
  const outer = scribe.names, names = outer.part();
  scribe.names = names;
  const { program, time } = emission;
  const loop = time.loops[index];
  invariant(loop !== undefined, "a loop without a schedule");
  const isForward = loop.direction === "forward";
  const own = itemsByNode(scribe, loop, items);
  const skewOf = (id: NodeId): number => loop.skews.get(id) ?? own.skewOfCall(id);
  const skewAt = (item: Item): number => (item.tag === "node" ? skewOf(item.id) : own.skewOfCallItem(item.id));
  /** How many iterations ago what an item reads was computed. */
  const ago = (x: Operand, item: Item): number => {
    const nearest = x.at.tag === "at" ? x.at.time : x.at.tag === "over" ? null : isForward ? stepsRead(x.at).upper : stepsRead(x.at).lower;
    return nearest?.from === "t" ? (isForward ? 1 : -1) * (skewOf(x.node) - skewAt(item) - nearest.plus) : 0;
  };
  const order = iterationOrder(scribe, items, own.giver, ago);

  const main = mainSteps(scribe, items, skewAt, own.has, ago, isForward);
  const states = statesOf(scribe, items, own, ago);
  const sources = new Map<string, Source>();
  const gathers = gathersOf(scribe, items, own);
  for (const { from, variable } of gathers.values()) if (!states.has(from)) states.set(from, { id: from, variable: names.take(`${variable}_t`), before: null, list: null, kept: false, zeros: 0, missed: 0 });
  let fixedAt: Moment | null = null;
  /** The end of each row whose value is read. */
  let endAt: Moment | null = null;
  /** Iterations in front of the loop or behind it are those of the longest row. */
  const placed: Horizon = { ...scribe.reading.horizon, byRow: false };

  const sourceOf = (key: string, wanted: string, code: () => Code, views = false): Code => {
    const known = sources.get(key);
    if (known !== undefined) return atom(known.variable);
    const variable = names.take(wanted);
    sources.set(key, { code: at(code(), LEVEL.atom), variable, views });
    return atom(variable);
  };
  const keptAs = (id: NodeId): Kept => {
    const steps = time.stepsOf(id);
    invariant(steps !== null, "a value over time has steps");
    return keptOf(emission, id, scribe.reading.value({ node: id, at: { tag: "over", axes: "both" }, old: false }), steps);
  };
  const nameOf = (x: Operand): string => `${nameIn(emission, scribe.around.scope, x.node) ?? inputName(scribe, x.node) ?? temporary(emission, x.node)}${suffixOf(x.at)}`;

  /** What an iteration reads of a state's list, by its text, and what it is called where it is given to the step. */
  const reads = new Map<string, string>();
  const readOf = (code: Code, { variable }: State, what: string): Code => {
    reads.set(code.text, `${variable.replace(/_t$/, "")}_${what}`);
    return code;
  };
  /** A value of an earlier iteration. */
  const earlier = (id: NodeId, iterations: number): Code => {
    const state = states.get(id);
    invariant(state !== undefined, "a value of an earlier iteration is kept");
    const by = iterations - state.missed;
    if (by === 1 && state.before !== null) return atom(placeholder(state.before));
    return readOf(atom(`${state.list ?? ""}[-${String(by)}]`), state, `${String(by)}_ago`);
  };
  const withinLoop = (x: Operand, item: Item): Code => {
    if (x.at.tag === "range") return stacked(x, item);
    const by = ago(x, item);
    if (by > 0) return earlier(x.node, by);
    const now = values.get(x.node);
    printable(now !== undefined, "values of a recurrence that read each other within one iteration");
    return now;
  };
  /** How many of a value's instances lie outside of the fixed end of a range. */
  const outsideOf = (id: NodeId, end: Moment): number => {
    const has = time.stepsOf(id);
    const count = has === null ? null : isForward ? fromFront(has, end) : fromEnd(has, end);
    printable(count !== null, "a range of a recurrence's own values whose fixed end is counted from the other end");
    // Beyond the end there is nothing to leave out.
    return Math.max(0, count);
  };
  /** The range of the loop's own values that the stacked axis of an operand comes from, and what reads it. */
  const rangeBehind = (x: Operand, item: Item): readonly [Operand, Item] | null => {
    if (!own.has(x.node)) return null;
    if (x.at.tag === "range") return [x, item];
    const node = program.nodes[x.node];
    if (node?.tag !== "op" || !isNow(x.at) || !hasExtent(program, x.node)) return null;
    return node.ins.reduce<readonly [Operand, Item] | null>((found, one) => found ?? rangeBehind(one, { tag: "node", id: x.node }), null);
  };
  /** A row that ends early has no later steps; what reads none is not its own. */
  const seenWithin = (operand: Operand, reader: Item): Code | null => {
    const [x, item] = rangeBehind(operand, reader) ?? [operand, reader];
    const { horizon } = scribe.reading;
    const made = states.get(x.node)?.list ?? null, has = time.stepsOf(x.node), on = item.tag === "node" ? time.stepsOf(item.id) : null;
    if (isForward || x.at.tag !== "range" || x.at.on.upper.from !== "T" || made === null || has === null || on === null || !own.has(x.node)) return null;
    const { lower, upper } = x.at.on;
    const valid = validOf({ lower: has.lower, upper }, horizon);
    if (valid === null) return null;
    const more = 1 - (skewAt(item) + lower.plus - skewOf(x.node)) - outsideOf(x.node, upper);
    const { keep } = emission.options;
    const mask = `${valid}[-${more === 0 ? `len(${made})` : `(len(${made}) ${more > 0 ? "+" : "-"} ${String(Math.abs(more))})`} :]${keep === null ? "" : `[:${String(keep)}]`}.t()`;
    const here = fixedAt === null ? validRow(on, skewAt(item)) : null;
    return atom(here === null ? mask : `(${mask} | ~${here.text}[:, None])`);
  };
  /** The loop's own values in a range, as a list in the order in which they were made, and how many there are. */
  const listOf = (x: Operand, item: Item) => {
    const state = states.get(x.node), made = state?.list ?? null;
    invariant(x.at.tag === "range" && state !== undefined && made !== null, "a range is read of a list");
    const { lower, upper } = x.at.on, { keep } = emission.options;
    const ends = (m: Moment): number => (isForward ? 1 : -1) * (skewOf(x.node) - skewAt(item) - m.plus);
    const last = ends(isForward ? upper : lower), far = ends(isForward ? lower : upper);
    // The value of this iteration is in no list yet.
    const all = last === 0 ? `[*${made}, ${values.get(x.node)?.text ?? ""}]` : made;
    const outer = (isForward ? lower : upper).from === "t" ? 0 : outsideOf(x.node, isForward ? lower : upper);
    const seen = outer === 0 && last <= 1 ? all : `${all}[${outer === 0 ? "" : String(outer)}:${last <= 1 ? "" : `-${String(last - 1)}`}]`;
    return { state, last, far, all, part: keep === null ? seen : `${seen}[-${String(keep)}:]`, count: `len(${seen})` };
  };
  /** What others have made, along an axis of which the loop stacks its own values: the step sees as much of both. */
  const beside = (x: Operand, code: Code, stack: Operand, item: Item): Code => {
    const { count } = listOf(...(rangeBehind(stack, item) ?? [stack, item])), { keep } = emission.options;
    const along = (steps: string): string => [":", ...Array<string>(stackedAxisOf(program, x)).fill(":"), steps].join(", ");
    const seen = subscript(code, along(isForward ? `: ${count}` : `-${count} :`));
    const part = keep === null ? seen : subscript(seen, along(isForward ? `-${String(keep)}:` : `:${String(keep)}`));
    reads.set(part.text, `${nameOf({ ...x, at: NOW }).replace(/_t$/, "")}_range`);
    return part;
  };
  /** A range over the loop's own values. */
  const stacked = (x: Operand, item: Item): Code => {
    const { state, last, far, all, part } = listOf(x, item);
    invariant(x.at.tag === "range", "what is stacked is a range");
    // With the value of this iteration, it can't be given to the step that makes it.
    const range = (steps: string): Code => (last === 0 ? call("torch.stack", steps, "1") : readOf(call("torch.stack", steps, "1"), state, "range"));
    if ((isForward ? x.at.on.lower : x.at.on.upper).from !== "t") return range(isForward ? part : `${part}[::-1]`);
    // Where the loop has not made so many yet, the first repeats.
    const near = Math.max(1, last), most = far + (last === 0 ? 1 : 0);
    const back = isForward ? `range(${String(most)}, ${String(near - 1)}, -1)` : `range(${String(near)}, ${String(most + 1)})`;
    const steps = last === 0 ? scribe.names.take("seen") : all;
    const whole = last === 0 ? `(${steps} := ${all})` : all;
    return range(`[${whole}[max(-k, -len(${steps}))] for k in ${back}]`);
  };
  /** What a reader at one step reads. */
  const valueAt = (kept: Kept, context: Context, here: Moment, horizon: Horizon): Code => context.tag === "at"
    ? readKept(kept, { tag: "at", time: shiftMoment(here, context.time.plus) }, null, horizon)
    : atom(`${at(readKept(kept, context, { lower: here, upper: here }, horizon), LEVEL.atom)}[0]`);
  const outside = (x: Operand, item: Item): Code | null => {
    if (!time.isTimed(x.node) || emission.time.isSwept(x.node)) return null;
    const moves = isMoving(x.at);
    const kept = keptAs(x.node);
    if (!moves || (x.at.tag === "range" && !(x.at.on.lower.from === "t" && x.at.on.upper.from === "t"))) return readKept(kept, x.at, null, scribe.reading.horizon);
    const skew = skewAt(item);
    if (endAt !== null) return valueAt(kept, x.at, endAt, scribe.reading.horizon);
    // A short sequence may have no such step of it.
    if (fixedAt !== null && isLong(kept.steps)) scribe.reading.horizon.asks({ lower: shiftMoment(kept.steps.lower, 1), upper: kept.steps.upper });
    if (fixedAt !== null) return valueAt(kept, x.at, shiftMoment(fixedAt, skew), placed);
    return sourceOf(`${String(x.node)} ${JSON.stringify(x.at)} ${String(skew)}`, nameOf(x), () => readKept(kept, x.at, shiftSteps(main, skew), scribe.reading.horizon));
  };

  /** Which rows have this step of an interval; null: all. */
  const validRow = (on: Interval, skew: number): Code | null => {
    const { horizon } = scribe.reading;
    if (horizon.last === null || on.upper.from !== "T") return null;
    const whole = shiftSteps(main, skew);
    const offset = on.upper.plus - whole.lower.plus + 1;
    return sourceOf(`valid ${String(offset)}`, "valid_t", () => atom(horizon.variable("valid", `valid_steps(${horizon.count(whole)}, ${rowPlace(horizon.last ?? "", offset)})`)));
  };
  const validHere = (id: NodeId, on: Interval): Code | null => {
    const row = isBatched(emission, id) ? validRow(on, skewOf(id)) : null;
    return row === null ? null : behind(row, rankAt(emission, id));
  };
  /** Which rows have this step of an interval, whatever its ends. */
  const existsHere = (id: NodeId, on: Interval): Code | null => {
    const until = validHere(id, on);
    if (until === null || on.lower.from !== "T") return until;
    const earlier = validHere(id, { lower: on.upper, upper: shiftMoment(on.lower, -1) });
    return earlier === null ? until : atom(`(${until.text} & ~${earlier.text})`);
  };
  /** Whether a term exists in the loop's own iterations: there may be nothing yet of what is read of earlier ones, and each row may have an end of its own. */
  const isWithin = (on: Interval, whole: Interval, by: number): boolean => {
    if (isEmptySteps(on)) return false;
    const rows = scribe.reading.horizon.last !== null;
    if (rows && on.lower.from === "T") return true;
    const lower = by > 0 && isForward && on.lower.from === whole.lower.from ? whole.lower : on.lower;
    const upper = (by > 0 && !isForward && on.upper.from === whole.upper.from) || (rows && on.upper.from === "T") ? whole.upper : on.upper;
    return covers({ lower, upper }, whole);
  };
  /** Whether no reader's range looks at a step. */
  const isBeyond = (x: Operand, here: Moment): boolean => {
    const axis = x.at.tag === "fan" ? time.axisOf(read(x.node))?.steps : undefined;
    return axis !== undefined && !holdsStep(axis, here);
  };
  /** The last values of a state that runs backward, first to last, where each row has them at steps of its own. */
  const endsOf = (id: NodeId, node: Join): readonly End[] => scribe.reading.horizon.last === null || !isBatched(emission, id) ? []
    : node.pieces.flatMap((piece) => stepsIn(stepsOfPiece(emission, id, piece)).flatMap((m) => (m.from === "T" ? [{ piece, at: m }] : []))).sort((a, b) => a.at.plus - b.at.plus);
  /** Of which rows a step of the longest row is no earlier (`<=`), or no later, than a step counted from their end; null where none is shorter. */
  const rowsBeside = (id: NodeId, here: Moment, relation: "<=" | ">=", end: Moment): Code | null => {
    const { last, count } = scribe.reading.horizon;
    if (last === null || here.from !== "T" || end.from !== "T" || !isBatched(emission, id)) return null;
    const longest = count({ lower: moment("0", 1), upper: moment("T", here.plus - end.plus) });
    return behind(atom(`(${last} ${relation} ${longest})`), rankAt(emission, id));
  };
  const rowsUntil = (id: NodeId, here: Moment, end: Moment): Code | null => rowsBeside(id, here, "<=", end);
  /** A term in an iteration in front of the loop or behind it: rows that end early may not have it. */
  const ofRows = (id: NodeId, here: Moment, on: Interval, value: Code): Code => {
    const masks = [rowsBeside(id, here, ">=", on.upper), on.lower.from === "T" ? rowsUntil(id, here, on.lower) : null].flatMap((one) => one ?? []);
    return masks.reduce((all, mask) => call("torch.where", mask, all, "0.0"), value);
  };
  const joinWithin = (id: NodeId, node: Join, terms: (operand: Operand, item: Item) => Code): Code => {
    const item: Item = { tag: "node", id };
    const skew = skewOf(id);
    const here = fixedAt === null ? null : shiftMoment(fixedAt, skew);
    const isHere = (piece: Piece): boolean => {
      const on = stepsOfPiece(emission, id, piece);
      if (isEmptySteps(on)) return false;
      return here === null ? covers(on, shiftSteps(main, skew)) : !isBefore(here, on.lower) && !isBefore(on.upper, here);
    };
    if (node.tag === "cases") {
      const piece = node.pieces.find(isHere);
      printable(piece !== undefined, "a state of which some equation holds in a part of the loop alone");
      const ends = isForward ? [] : endsOf(id, node);
      const given = ({ piece: of, at: end }: End): Code => {
        endAt = end;
        const value = spreadStep(scribe, id, of, terms(of.value, item));
        endAt = null;
        return scribe.emission.time.isTimed(of.value.node) && !own.has(of.value.node) ? atom(scribe.reading.horizon.variable("end", value.text)) : value;
      };
      const isEnd = here !== null && ends.some((end) => sameMoment(end.at, here));
      const value = isEnd ? given({ piece, at: here }) : spreadStep(scribe, id, piece, terms(piece.value, item));
      if (here !== null) {
        // Of shorter rows this is behind some end.
        return ends.reduce((all, end) => { const mask = isBefore(here, end.at) ? rowsUntil(id, here, end.at) : null; return mask === null ? all : call("torch.where", mask, given(end), all); }, value);
      }
      const state = states.get(id), valid = validHere(id, stepsOfPiece(emission, id, piece));
      if (valid === null || state === undefined) return value;
      // Behind the end of its row a state stays as it is; before its beginning, if it runs backward and has one last value.
      if (ends.length < 2) return state.before === null ? value : call("torch.where", valid, value, placeholder(state.before));
      const [outermost, ...others] = ends.toReversed();
      const last = others.reduce((after, end) => { const until = validHere(id, { lower: end.at, upper: end.at }); return until === null ? after : call("torch.where", until, given(end), after); }, outermost === undefined ? value : given(outermost));
      return call("torch.where", valid, value, last);
    }
    /** Terms that exist on the same steps have one mask. */
    const byMask = new Map<string, { readonly mask: Code; readonly terms: Code[] }>();
    const found = node.pieces.flatMap((piece): readonly Code[] => {
      const gather = gathers.get(gatherKey(piece.value));
      if (gather !== undefined) {
        const on = intersectSteps(gather.own, time.stepsOf(id) ?? gather.own);
        if (here !== null) return holdsStep(on, here) ? [ofRows(id, here, on, gathered(scribe, gather, here))] : [];
        const value = sourceOf(`${gather.variable} ${String(skew)}`, `${gather.variable}_t`, () => gathered(scribe, gather, shiftSteps(main, skew)), true);
        const valid = existsHere(id, on);
        return [valid === null ? value : call("torch.where", valid, value, "0.0")];
      }
      if (own.has(piece.value.node)) {
        const on = stepsOfPiece(emission, id, piece);
        const by = ago(piece.value, item);
        if (here !== null ? !isHere(piece) : !isWithin(on, shiftSteps(main, skew), by)) return [];
        const state = states.get(piece.value.node);
        // At the loop's first steps there is nothing yet, which adds nothing.
        if (here === null && state !== undefined && by > 0) state.zeros = Math.max(state.zeros, missingOf(on, shiftSteps(main, skew), isForward));
        const value = spreadStep(scribe, id, piece, terms(piece.value, item));
        if (here !== null) return [ofRows(id, here, on, value)];
        const valid = existsHere(id, on);
        if (valid === null) return [value];
        const known = byMask.get(valid.text);
        if (known !== undefined) known.terms.push(value);
        else byMask.set(valid.text, { mask: valid, terms: [value] });
        return [];
      }
      if (here !== null && piece.value.at.tag === "fan") return isHere(piece) && !isBeyond(piece.value, here) ? [ofRows(id, here, stepsOfPiece(emission, id, piece), atom(`${at(padValue(scribe, keptAs, piece, { lower: here, upper: here }, placed), LEVEL.atom)}[0]`))] : [];
      if (here !== null) return isHere(piece) ? [ofRows(id, here, stepsOfPiece(emission, id, piece), spreadStep(scribe, id, piece, terms(piece.value, item)))] : [];
      const whole = shiftSteps(main, skew);
      if (piece.value.at.tag !== "fan" && scribe.reading.horizon.last === null && covers(stepsOfPiece(emission, id, piece), whole)) return [spreadStep(scribe, id, piece, terms(piece.value, item))];
      const on = stepsOfPiece(emission, id, piece), byRow = scribe.reading.horizon.last !== null && on.lower.from === "T" && !isEmptySteps(on);
      if (!byRow && isEmptySteps(intersectSteps(on, whole))) return [];
      const j: Joining = { emission, id, node, on: whole, rows: scribe.reading.rows, horizon: scribe.reading.horizon, value: (one, on) => padValue(scribe, keptAs, one, on) };
      return [sourceOf(`pad ${String(id)} ${String(node.pieces.indexOf(piece))}`, nameOf(piece.value), () => padded(j, piece) ?? atom("0"))];
    });
    const [first, ...rest] = [...found, ...[...byMask.values()].map((one) => call("torch.where", one.mask, one.terms.reduce(add), "0.0"))];
    if (first !== undefined) return rest.reduce(add, first);
    return zerosOf(scribe, id);
  };

  const keys = new Set(items.map(keyOf));
  const inside: Inside = {
    holds: (item) => keys.has(keyOf(item)),
    value: (x, item) => {
      if (own.has(x.node)) return withinLoop(x, item);
      const stack = item.tag === "node" ? time.ownBeside(item.id, x) : null, found = outside(x, item);
      return stack === null ? found : beside(x, found ?? scribe.reading.value(x), stack, item);
    },
    target: (id) => states.get(id)?.variable ?? null,
    wanted: (name) => `${name}_t`,
    isAlias: (id) => own.isAlias(id),
    told: (id) => {
      const node = program.nodes[id];
      if (node?.tag !== "cases") return { tag: "node", id };
      const here = fixedAt === null ? null : shiftMoment(fixedAt, skewOf(id));
      const piece = node.pieces.find((one) => { const on = stepsOfPiece(emission, id, one); return here === null ? !isEmptySteps(on) && covers(on, shiftSteps(main, skewOf(id))) : !isBefore(here, on.lower) && !isBefore(on.upper, here); });
      const from = piece === undefined || !own.has(piece.value.node) ? null : own.giver(piece.value.node);
      return from ?? { tag: "node", id };
    },
    seen: seenWithin,
    row: (key, name, id, whole) => {
      const skew = skewOf(id);
      if (fixedAt !== null) return atom(`${whole({ lower: shiftMoment(fixedAt, skew), upper: shiftMoment(fixedAt, skew) }, placed)}[0]`);
      return sourceOf(`${key} ${String(skew)}`, name, () => atom(whole(shiftSteps(main, skew), scribe.reading.horizon)));
    },
    clock: () => (fixedAt === null ? sourceOf("clock", "t", () => atom(clockText(main, scribe))).text : momentText(fixedAt, scribe)),
    join: joinWithin,
  };
  const iteration = (fixed: Moment | null): readonly string[] => {
    fixedAt = fixed;
    const done: NodeId[] = [];
    const lines = scribe.aside(() => {
      for (const item of order) {
        if (fixed !== null && !existsAt(scribe, item, shiftMoment(fixed, skewAt(item)))) continue;
        scribe.print([item]);
        for (const gather of gathers.values()) if (item.tag === "node" && gather.from === item.id) scribe.tell(null, addingTo(gather));
        for (const id of item.tag === "node" ? [item.id] : outsOf(callAt(program, item.id))) done.push(id);
      }
    });
    const appended = done.flatMap((id) => { const state = states.get(id); return state === undefined || state.list === null ? [] : [`${state.list}.append(${state.variable})`]; });
    return [...lines, ...appended];
  };

  /** What a reader of a range gives back to it. */
  const addingTo = (gather: Gather): string => {
    const skew = skewOf(gather.from), steps = time.stepsOf(gather.from);
    const valid = fixedAt === null && steps !== null && isBatched(emission, gather.from) ? validRow(steps, skew) : null;
    return addTo(scribe, gather, values.get(gather.from) ?? atom(""), valid, (name, whole) => inside.row(`${name} ${gather.variable}`, name, gather.from, whole));
  };
  const around = scribe.inside;
  scribe.inside = inside;
  const { early, late } = fixedSteps(scribe, items, skewAt, main, isForward);
  const before = early.map(iteration);
  const body = iteration(null);
  const after = late.map((m) => {
    const lines = iteration(m);
    for (const item of order) {
      if (existsAt(scribe, item, shiftMoment(m, skewAt(item)))) continue;
      for (const id of item.tag === "node" ? [item.id] : outsOf(callAt(program, item.id))) { const state = states.get(id); if (state !== undefined) state.missed += 1; }
    }
    return lines;
  });
  scribe.inside = around;
  fixedAt = null;
  scribe.names = outer;

  for (const gather of gathers.values()) scribe.tell(null, startOfGather(scribe, gather));
  writeLoop(scribe, { loop, states: [...states.values()], sources: [...sources.values()], before, body, after, main, reads, about: subjectOf(scribe, [...states.values()], order) });
};

/** What a loop is about, by the user's names: the states that it carries on; else the first value that has a name. */
const subjectOf = ({ emission, around }: Scribe, states: readonly State[], items: readonly Item[]): readonly string[] => {
  const named = (ids: readonly NodeId[]): readonly string[] => [...new Set(ids.flatMap((id) => nameIn(emission, around.scope, id) ?? []))];
  const carried = named(states.filter((state) => state.before !== null).map((state) => state.id));
  return carried.length > 0 ? carried : named(items.flatMap((item) => (item.tag === "node" ? [item.id] : outsOf(callAt(emission.program, item.id))))).slice(0, 1);
};

const gatherKey = (x: Operand): string => `${String(x.node)} ${JSON.stringify(x.at)}`;
/** What the loop's own equations give back to ranges of its own states. */
const gathersOf = (scribe: Scribe, items: readonly Item[], own: Own): ReadonlyMap<string, Gather> => {
  const gathers = new Map<string, Gather>();
  for (const item of items) {
    for (const x of readsOf(scribe.emission.program, item)) {
      if (x.at.tag !== "fan" || !own.has(x.node) || gathers.has(gatherKey(x))) continue;
      const base = nameIn(scribe.emission, scribe.around.scope, x.node) ?? temporary(scribe.emission, x.node);
      gathers.set(gatherKey(x), gatherOf(scribe, scribe.names.take(`${base}_sums`), x.node, x.at.range, x.at.of));
    }
  }
  return gathers;
};

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
const sameMoment = (a: Moment, b: Moment): boolean => a.from === b.from && a.plus === b.plus;
const covers = (on: Interval, whole: Interval): boolean => sameSteps(intersectSteps(on, whole), whole);
const clockText = (main: Interval, scribe: Scribe): string => clockOf(main, scribe.reading.horizon).text;
const momentText = (m: Moment, { reading }: Scribe): string =>
{
  const { moved, count } = reading.horizon;
  if (moved === null) return m.from === "0" ? String(m.plus) : count({ lower: moment("0", 1), upper: m });
  return m.from === "0" ? `${String(m.plus - moved)} + offset` : `${count({ lower: moment("0", 1 + moved), upper: m })} + offset`;
};

const statesOf = (scribe: Scribe, items: readonly Item[], own: Own, ago: (x: Operand, item: Item) => number): Map<NodeId, State> => {
  const { emission, names, around } = scribe;
  const furthest = new Map<NodeId, number>();
  const ranged = new Set<NodeId>();
  for (const item of items) {
    for (const x of readsOf(emission.program, item)) {
      if (!own.has(x.node)) continue;
      if (x.at.tag === "fan") continue;
      if (x.at.tag === "range") ranged.add(x.node);
      furthest.set(x.node, Math.max(furthest.get(x.node) ?? 0, ago(x, item)));
    }
  }
  const states = new Map<NodeId, State>();
  const computed = items.flatMap((item) => (item.tag === "node" ? [item.id] : outsOf(callAt(emission.program, item.id))));
  for (const id of computed) {
    const kept = scribe.readOutside(id, items), lag = furthest.get(id) ?? 0;
    if (!kept && lag === 0 && !ranged.has(id)) continue;
    const base = nameIn(emission, around.scope, id) ?? temporary(emission, id);
    const variable = names.take(`${base}_t`);
    states.set(id, {
      id, variable, kept, zeros: 0, missed: 0,
      before: lag > 0 ? names.take(`${base}_before`) : null,
      list: kept || lag > 1 || ranged.has(id) ? names.take(`${base}_steps`) : null,
    });
  }
  // What is nothing but the value of a state has the state's variable.
  for (const item of items) {
    const node = item.tag === "node" ? emission.program.nodes[item.id] : undefined;
    const state = item.tag === "node" ? states.get(item.id) : undefined;
    if (node?.tag !== "cases" || state === undefined) continue;
    for (const piece of node.pieces) {
      const giver = own.giver(piece.value.node);
      if (giver?.tag === "call" && own.isAlias(piece.value.node) && !states.has(piece.value.node)) {
        states.set(piece.value.node, { id: piece.value.node, variable: state.variable, before: null, list: null, kept: false, zeros: 0, missed: 0 });
      }
    }
  }
  return states;
};
