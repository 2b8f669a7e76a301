/**
 * A program that learns window by window, as a program of one window: what is read from before it comes in as inputs without time, and the
 * same program serves all windows, for what stands before the first one is given in that way too (`start`).
 */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, demandOrder, FIRST_STEP, isBefore, moment, NOWHERE, operandsOf, read, statedGradients, statedResults, withStepsOfResults } from "@sequent/ir";
import type { CallId, Context, Diagnostics, Env, Horizon, Interval, Moment, Node, NodeId, Operand, Piece, Program, Span, TableBuilder } from "@sequent/ir";
import { inferDomains } from "./infer-domains.js";
import { createInstances } from "./instances.js";
import { isBoundary, readsBefore } from "./reads-before.js";
import { shifted, shiftedContext, shiftedSteps } from "./renumber.js";
import { isOfBatch, lackingFrom, leastLast, missedByWindows } from "./short-rows.js";
import { countInWindow } from "./window-means.js";
import type { Before } from "./reads-before.js";

/** A value that one window leaves for the next. */
export interface Carried {
  /** As the program names it, and a name for it where it has none. */
  readonly name: string;
  readonly input: NodeId;
  /** How many steps before the window it stands, from 1 up; or the one step of the sequence that is read wherever the window is. */
  readonly place: { readonly tag: "before"; readonly steps: number } | { readonly tag: "at"; readonly step: number };
  /** The value that is read after a window: `from`, at the step at which it stood before this one. */
  readonly from: NodeId;
  readonly step: Moment;
  /** What stands there before the first window; null: nothing, and what reads it does not count then. */
  readonly start: Operand | null;
  /** The value that it is of, and the first step that has it. */
  readonly of: NodeId;
  readonly begins: number;
  /** The last step of the shortest sequence that has it. */
  readonly least: number;
}

/** An input that is 1 where objectives count. */
export interface Mask {
  /** Of steps, the first that counts (the one before the sequence counts in the first window alone); null: of sequences' ends. */
  readonly from: number | null;
  readonly input: NodeId;
}

export interface Windowed {
  /** Inputs over time start at `first`; the fact `timed` holds. */
  readonly program: Program;
  readonly first: number;
  readonly carried: readonly Carried[];
  readonly masks: readonly Mask[];
  /** How many instances the mean of each objective is of; null: at least one, whatever the window. */
  readonly counts: readonly (NodeId | null)[];
  /** The steps of the shortest window that can be computed, where windows may be short; null: that is not known. */
  readonly least: number | null;
  /** The steps of the shortest sequence that can: its window has the step before it, too, and it has the fixed steps that are read of later windows. */
  readonly leastBegun: number;
  /** Whether what is carried depends on no later step. */
  readonly causal: boolean;
}

/** What windows of a program would need that is not there yet. */
export interface WindowProblem {
  readonly at: Span;
  readonly message: string;
}

export const WINDOW_INPUT = "@";

/** An input that says which rows have so many steps. */
export const LONG_INPUT = `${WINDOW_INPUT}long `;
/** The least last step that such an input asks for; null: it is another one. */
export const leastOfLong = (name: string): number | null => (name.startsWith(LONG_INPUT) ? Number(name.slice(LONG_INPUT.length)) : null);

export const isWindowInput = (name: string): boolean => name.startsWith(WINDOW_INPUT);

/** Each step that is read of a value before the window is an input of its own: nobody reads a text with more of them, and it takes long to make. */
const MOST = 32;

/** `later`: how much later than the user's the numbers of steps are. `short`: windows may have fewer steps than that, which are computed as longer ones are where they can be. */
export const windowed = (program: Program, env: Env, horizon: Horizon, short: number | null = null, later = 0): E.Either<WindowProblem | Diagnostics, Windowed> => {
  const goals = [...program.objectives, ...program.metrics].flatMap((one) => one.mean ?? []);
  const reached = valuesReached(program, goals), means = new Set(goals);
  const before = readsBefore(program, reached);
  if ("message" in before) return E.left(before);
  const many = [...before.shifted].find(([, { steps }]) => steps > MOST);
  if (many !== undefined) return E.left({ at: program.spans[many[0]] ?? NOWHERE, message: "more steps before the window than are told apart one by one" });
  const first = Math.max(FIRST_STEP, before.lag);
  const b = createBuilder(program, env);
  const least = leastLast(program);
  const carried = carryAll(program, env, b, before, first, least);
  if ("message" in carried) return E.left(carried);
  const moved = b.finish();
  const starts = new Map(moved.nodes.flatMap((node): [string, number][] => (node.tag === "input" && node.time === true ? [[node.name, first]] : [])));
  const domains = inferDomains({ starts, isOfWindows: true, opening: later > 0 ? first - FIRST_STEP + later : 0 }).run(moved)(env);
  if (E.isLeft(domains)) return domains;
  const problem = lateProblem(program, domains.right, reached, first - FIRST_STEP);
  if (problem !== null) return E.left(problem);
  const early = reached.find((id) => { const node = program.nodes[id]; return node?.tag === "op" && !means.has(id) && node.ins.some((x) => isOfBatch(env, node.op, x) && beginsBefore(domains.right, x.node, first)); });
  if (early !== undefined) return E.left({ at: program.spans[early] ?? NOWHERE, message: "a function of the whole batch of what stands before a window, too" });
  const about = { from: 1, to: short ?? 1, moved: first - FIRST_STEP };
  const rows = short === null ? null : lackingFrom(domains.right, env, about);
  // The same text serves the first window and those behind it, to which some is given.
  const behind = rows === null ? null : lackingFrom(domains.right, env, { ...about, isBehind: true });
  const given = rows === null ? undefined : [...rows.lacking].find(([value, end]) => behind?.lacking.get(value) !== end);
  if (given !== undefined) return E.left({ at: program.spans[given[0]] ?? NOWHERE, message: "a value that short sequences have none of, and their windows behind the first do" });
  // A window knows its own steps alone: what it has all of may be what the whole sequence is too short for.
  const missed = rows === null ? null : missedByWindows(program, least, rows, { ends: FIRST_STEP, by: about.moved });
  if (missed !== null) return E.left({ at: missed.span, message: "a value that short sequences have none of, although their windows have all that it is made of" });
  const counting = countInWindow(domains.right, program, env, { horizon, first, hasBeginning: true, ...(rows === null ? {} : { lacking: rows.lacking }) });
  if ("message" in counting) return E.left(counting);
  return E.right({
    ...counting, program: withStepsOfResults(counting.program, program, (on) => shiftedSteps(on, first - FIRST_STEP)), first, carried, least: rows?.from ?? null,
    leastBegun: Math.max(rows?.from ?? 1, ...[...before.fixed.values()].flatMap((steps) => [...steps])), causal: isCausal(program, [...before.shifted.keys(), ...before.fixed.keys()]),
  });
};

const beginsBefore = (program: Program, id: NodeId, first: number): boolean => {
  const time = (program.domains ?? [])[id]?.time ?? null;
  return time?.lower.from === "0" && time.lower.plus < first;
};

/** What goals are made of, and gradients that its calls state. */
export const valuesReached = (program: Program, goals: readonly NodeId[]): readonly NodeId[] => {
  const reached = demandOrder(program.nodes, goals.map((node) => read(node)));
  return [...new Set([...reached, ...statedGradients(program, reached).values])];
};

export const nameOf = (program: Program, id: NodeId): string => {
  const node = program.nodes[id];
  return program.names.find((one) => one.node === id && one.adjointOf === null)?.name ?? (node?.tag === "input" ? node.name : `#${String(id)}`);
};

/** Replaces what is read from before the window by inputs, and moves all fixed steps by as much as the window's first is later than 1. */
const carryAll = (program: Program, env: Env, b: TableBuilder, before: Before, first: number, least: (id: NodeId) => number): readonly Carried[] | WindowProblem => {
  const by = first - FIRST_STEP;
  const instances = createInstances(program, env, b, by);
  const carried: Carried[] = [];
  const made = new Map<NodeId, readonly Piece[]>();
  const inputFor = (id: NodeId, label: string): NodeId => {
    b.within(null, program.spans[id] ?? NOWHERE);
    const row = b.reserve((program.types ?? [])[id]?.[0], { space: { tag: "data" }, time: false }, { space: { tag: "data" }, time: null });
    b.define(row, { tag: "input", name: `${WINDOW_INPUT}${label}` });
    return row;
  };
  for (const [id, { steps, padded }] of before.shifted) {
    const pieces: Piece[] = [];
    for (let k = 1; k <= steps; k += 1) {
      const input = inputFor(id, `${nameOf(program, id)} ${String(k)}`);
      const found = instances.at(id, FIRST_STEP - k) ?? (padded ? instances.nearest(id) : null);
      if (found !== null && "message" in found) return found;
      const at = moment("0", first - k);
      pieces.push({ on: { lower: at, upper: at }, value: read(input) });
      carried.push({ name: nameOf(program, id), input, place: { tag: "before", steps: k }, from: id, step: at, start: found, of: id, begins: (program.domains ?? [])[id]?.time?.lower.plus ?? FIRST_STEP, least: least(id) });
    }
    made.set(id, pieces);
  }
  const fixed = new Map<string, NodeId>();
  for (const [id, steps] of before.fixed) {
    for (const step of steps) {
      const start = instances.at(id, step);
      if (start === null) return { at: program.spans[id] ?? NOWHERE, message: "a value at a fixed step that is not there" };
      if ("message" in start) return start;
      const input = inputFor(id, `${nameOf(program, id)} at ${String(step)}`);
      fixed.set(`${String(id)} ${String(step)}`, input);
      carried.push({ name: nameOf(program, id), input, place: { tag: "at", step }, from: input, step: moment("t"), start, of: id, begins: step, least: least(id) });
    }
  }
  // A value that is no state is one with what was carried in front of it.
  const stateOf = new Map<NodeId, NodeId>();
  const inWindow = (on: Interval | null): Interval => {
    const { lower, upper } = on === null ? { lower: moment("0", FIRST_STEP), upper: moment("T") } : on;
    return { lower: isBefore(lower, moment("0", FIRST_STEP)) ? moment("0", first) : shifted(lower, by), upper: shifted(upper, by) };
  };
  // What reaches a result from outside of the call that states its gradient reaches it in the window alone.
  const outerOf = new Map<NodeId, NodeId>(), results = statedResults(program);
  for (const [id, pieces] of made) {
    const upper = (program.domains ?? [])[id]?.time?.upper ?? moment("T");
    const lower = moment("0", first), result = results.get(id);
    const withCarried = (call: CallId | null): NodeId => {
      b.within(call, program.spans[id] ?? NOWHERE);
      return b.node({ tag: "cases", pieces: [...pieces, { on: { lower, upper: shifted(upper, by) }, value: read(id) }] });
    };
    if (result !== undefined) outerOf.set(id, withCarried(result.parent));
    if (program.nodes[id]?.tag !== "cases") stateOf.set(id, withCarried(program.callOf[id] ?? null));
  }
  const moveRead = (x: Operand, reader: NodeId, isBefore = false): Operand => {
    const node = fixed.get(x.at.tag === "at" && x.at.time.from === "0" ? `${String(x.node)} ${String(x.at.time.plus)}` : "");
    if (node !== undefined) return read(node);
    const outer = outerOf.get(x.node), state = outer !== undefined && results.get(x.node)?.isWithin(reader) === false ? outer : stateOf.get(x.node);
    return { ...x, node: state !== undefined && (isBefore || looksBack(x.at)) ? state : x.node, at: shiftedContext(x.at, by) };
  };
  // What a stated gradient has before its first step it makes of what was carried.
  const { gradients } = statedGradients(program, program.nodes.map((_, id) => id));
  program.nodes.forEach((node, id) => {
    const own = made.get(id);
    const moved = ((): Node => {
      switch (node.tag) {
        case "op":
          return { ...node, ins: node.ins.map((x) => moveRead(x, id)) };
        case "sum":
          return { ...node, pieces: node.pieces.map((piece) => ({ on: piece.on === null ? null : shiftedSteps(piece.on, by), value: moveRead(piece.value, id) })) };
        case "cases": {
          if (own === undefined) return { ...node, pieces: node.pieces.map((piece) => ({ on: piece.on === null ? null : shiftedSteps(piece.on, by), value: moveRead(piece.value, id, gradients.has(id) && isBoundary(piece)) })) };
          const within = node.pieces.filter((piece) => piece.on === null || !isBefore(piece.on.upper, moment("0", FIRST_STEP)));
          return { ...node, pieces: [...own, ...within.map((piece) => ({ on: inWindow(piece.on), value: moveRead(piece.value, id) }))] };
        }
        default:
          return node;
      }
    })();
    if (JSON.stringify(moved) !== JSON.stringify(node)) b.define(id, moved);
  });
  return carried.map((one) => ({ ...one, from: stateOf.get(one.from) ?? one.from }));
};

const looksBack = (at: Context): boolean =>
  at.tag === "at" ? at.time.from !== "0" && at.time.plus < 0 : at.tag === "range" && at.on.lower.from !== "0" && at.on.lower.plus < 0;

/** Values that the first window has later than the others: they must matter to means alone, which leave them out. */
const lateProblem = (before: Program, now: Program, reached: readonly NodeId[], by: number): WindowProblem | null => {
  const late = new Map<NodeId, number>();
  const lowerOf = (program: Program, id: NodeId, shift: number): number => Math.max(FIRST_STEP, ((program.domains ?? [])[id]?.time?.lower.plus ?? FIRST_STEP) - shift);
  for (const id of reached) {
    const time = (now.domains ?? [])[id]?.time;
    if (time?.lower.from !== "0") continue;
    const own = lowerOf(before, id, 0);
    if (own <= lowerOf(now, id, by)) continue;
    if (now.nodes[id]?.tag !== "op") return { at: before.spans[id] ?? NOWHERE, message: "a state that begins later than its sequence" };
    late.set(id, own);
  }
  const means = new Set([...before.objectives, ...before.metrics].flatMap((one) => one.mean ?? []));
  for (const id of reached) {
    const node = now.nodes[id];
    const reads = node === undefined ? [] : operandsOf(node).filter((x) => late.has(x.node));
    if (reads.length === 0 || means.has(id)) continue;
    if (node?.tag === "op" && late.has(id) && reads.every((x) => x.at.tag === "at" && x.at.time.from === "t")) continue;
    return { at: before.spans[id] ?? NOWHERE, message: "a value that begins later than its sequence is read by more than the steps that have it" };
  }
  return null;
};

/** Whether a value at a step depends on no later one. */
export const isCausal = (program: Program, carried: readonly NodeId[]): boolean => {
  const roots = carried.map((id) => read(id));
  return demandOrder(program.nodes, roots).every((id) => {
    const node = program.nodes[id];
    return (node === undefined ? [] : operandsOf(node)).every(({ node: of, at }) => {
      if ((program.varies ?? [])[of]?.time !== true) return true;
      // A fixed step may be read at an earlier one.
      if (at.tag === "at") return at.time.from === "0" ? at.time.plus <= FIRST_STEP : at.time.from === "t" && at.time.plus <= 0;
      return at.tag === "range" && at.on.upper.from === "t" && at.on.upper.plus <= 0;
    });
  });
};
