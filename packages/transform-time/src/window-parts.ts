/**
 * A program that learns window by window, as one program for its first window and others for those behind it: what no common text has, such as
 * a state that begins at a step of its own, or a range of all that was. A part that begins behind `row` steps is the program itself, whose
 * inputs start there, and which is given what it reads from before. All parts from some row on are alike.
 */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, diagnose, FIRST_STEP, horizonDirective, invariant, isBefore, moment, NOWHERE, operandsOf, read, shiftMoment, statedGradients, statedResults, withStepsOfResults } from "@sequent/ir";
import type { CallId, Diagnostic, Diagnostics, Env, Horizon, Interval, Moment, Node, NodeId, Operand, Piece, Program, TableBuilder } from "@sequent/ir";
import { manyWindows } from "./diagnostics.js";
import { inferDomains } from "./infer-domains.js";
import { isBeforeEnd, isBoundary, readsOfGradients, stepsBeforeEnd } from "./reads-before.js";
import { otherWindows } from "./short-windows.js";
import { isOfBatch, lackingFrom, leastLast, missedByWindows } from "./short-rows.js";
import { countingByMask, countInWindow } from "./window-means.js";
import { isCausal, nameOf, valuesReached, WINDOW_INPUT } from "./windows.js";
import type { Windowed } from "./windows.js";

/** Values that windows leave for later ones: the last before a window, or those of some steps of the sequence. */
export interface Left {
  /** The value, as the program has it, its name there, and the first step that has it. */
  readonly of: NodeId;
  readonly name: string;
  readonly begins: number;
  /** The last step of the shortest sequence that has it. */
  readonly least: number;
  readonly steps: { readonly tag: "before"; readonly count: number } | { readonly tag: "at"; readonly lower: number; readonly upper: number };
}

/** The program of the windows whose first row stands behind `row` steps of the sequence. */
export interface WindowPart extends Pick<Windowed, "program" | "masks" | "counts" | "least"> {
  readonly row: number;
  /** The inputs that are given what was left: of each value its steps up to `row`. One step alone has no time. */
  readonly given: readonly { readonly left: Left; readonly input: NodeId; readonly on: Interval }[];
  /** What has the steps that are left after a window: the value, with what was given in front of it where something was. */
  readonly leaving: ReadonlyMap<Left, NodeId>;
}

export interface WindowParts {
  /** By their rows; the last one serves all rows from its own on. */
  readonly parts: readonly WindowPart[];
  readonly left: readonly Left[];
  readonly causal: boolean;
}

/** The steps that a reader may look at of each value, where a window does not have them. */
interface Looked {
  /** How many steps before a reader's own. */
  readonly before: ReadonlyMap<NodeId, number>;
  /** Steps of the sequence. */
  readonly fixed: ReadonlyMap<NodeId, ReadonlySet<number>>;
  /** The first row behind which nothing depends on how far it is from the beginning. */
  readonly steady: number;
}

const lookBefore = (program: Program, reached: readonly NodeId[], { back }: Horizon): Looked => {
  const before = new Map<NodeId, number>(), fixed = new Map<NodeId, Set<number>>();
  /** The latest step from which on open ranges look at a value. */
  const opened = new Map<NodeId, number>();
  let steady = 1;
  const lowerOf = (id: NodeId): number => {
    const lower = (program.domains ?? [])[id]?.time?.lower;
    return lower?.from === "0" ? lower.plus : FIRST_STEP;
  };
  const note = (id: NodeId, steps: number): void => { before.set(id, Math.max(steps, before.get(id) ?? 0)); };
  const noteFixed = (id: NodeId, step: number): void => {
    fixed.set(id, (fixed.get(id) ?? new Set()).add(step));
    steady = Math.max(steady, step);
  };
  const look = ({ node, at }: Operand): void => {
    if ((program.varies ?? [])[node]?.time !== true) return;
    if (at.tag === "at" && at.time.from === "t" && at.time.plus < 0) note(node, -at.time.plus);
    if (at.tag === "at" && at.time.from === "0") noteFixed(node, at.time.plus);
    // A window at the end of a sequence may begin behind what is read of steps before the last.
    if (isBeforeEnd(at)) note(node, stepsBeforeEnd(at));
    if (at.tag !== "range") return;
    const { lower, upper } = at.on;
    if (lower.from === "0" && upper.from === "0") for (let step = lower.plus; step <= upper.plus; step += 1) noteFixed(node, step);
    else if (lower.from === "t" && lower.plus < 0) note(node, -lower.plus);
    // Of a range without a fixed length a reader sees the last `back` elements.
    else if (lower.from === "0") {
      note(node, back - 1 - Math.min(0, upper.plus));
      opened.set(node, Math.max(lower.plus, opened.get(node) ?? lower.plus));
    }
  };
  for (const id of reached) {
    const node = program.nodes[id];
    if (node === undefined) continue;
    const time = (program.domains ?? [])[id]?.time ?? null;
    if (time?.lower.from === "0") steady = Math.max(steady, time.lower.plus);
    if (node.tag === "cases" || node.tag === "sum") for (const { on } of node.pieces) for (const end of on === null ? [] : [on.lower, on.upper]) if (end.from === "0") steady = Math.max(steady, end.plus);
    for (const x of operandsOf(node)) look(x);
  }
  for (const { value } of readsOfGradients(program, statedGradients(program, reached).gradients)) look(value);
  for (const [id, steps] of before) {
    if (steps <= 0) before.delete(id);
    else steady = Math.max(steady, Math.max(lowerOf(id), opened.get(id) ?? 0) + steps - 1);
  }
  return { before, fixed, steady };
};

const leftOf = (program: Program, { before, fixed }: Looked, least: (id: NodeId) => number): readonly Left[] => {
  const begins = (id: NodeId): number => {
    const lower = (program.domains ?? [])[id]?.time?.lower;
    return lower?.from === "0" ? lower.plus : FIRST_STEP;
  };
  const about = (of: NodeId) => ({ of, name: nameOf(program, of), begins: begins(of), least: least(of) });
  return [
    ...[...before].map(([of, count]): Left => ({ ...about(of), steps: { tag: "before", count } })),
    ...[...fixed].map(([of, steps]): Left => ({ ...about(of), steps: { tag: "at", lower: Math.min(...steps), upper: Math.max(...steps) } })),
  ];
};

/** The first rows of windows, and of what is computed again before them, up to the one behind which all are alike. */
const rowsOf = ({ back, burnIn }: Horizon, steady: number): readonly number[] => {
  const rows = new Set([0]);
  for (let first = back; first - Math.min(burnIn, first) < steady; first += back) for (const row of [first, first - burnIn]) if (row > 0 && row < steady) rows.add(row);
  return [...rows, steady].sort((a, b) => a - b);
};

/** More parts than these take long to make, and nobody reads them. */
const MOST = 64;

const tooMany = (program: Program, horizon: Horizon, steady: number): Diagnostic | null => {
  const parts = rowsOf(horizon, steady).length - 1, directive = horizonDirective(program);
  const back = Math.ceil(steady / (MOST / 4));
  return parts < MOST ? null : diagnose(manyWindows, `the first ${String(parts)} windows would each be a program of its own: what depends on the beginning is read up to step ${String(steady)}`,
    directive === null ? [] : [{ at: directive.span, text: `windows of ${String(horizon.back)} steps` }], { help: `With \`back=${String(back)}\` they are few enough; the interpreter takes any.`, fixes: directive === null ? [] : otherWindows(directive, "back", back) });
};

/** The program in parts. Left: SQ0704, and what the typing of one of them finds. */
export const windowedInParts = (program: Program, env: Env, horizon: Horizon, short: number | null = null): E.Either<Diagnostics, WindowParts> => {
  const goals = [...program.objectives, ...program.metrics].flatMap((one) => one.mean ?? []);
  const reached = valuesReached(program, goals);
  const looked = lookBefore(program, reached, horizon);
  const least = leastLast(program), left = leftOf(program, looked, least);
  const many = tooMany(program, horizon, looked.steady);
  if (many !== null) return E.left([many]);
  const start = (row: number): ReturnType<typeof startAt> => startAt(program, env, left, row, [...looked.before.keys()]);
  const steady = short === null ? E.right(looked.steady) : E.map(steadyFor(program, env, least, short))(start(looked.steady));
  if (E.isLeft(steady)) return steady;
  const started: Started[] = [];
  for (const row of rowsOf(horizon, steady.right)) {
    const one = start(row);
    if (E.isLeft(one)) return one;
    started.push(one.right);
  }
  const masked = new Set(started.flatMap((one) => [...countingByMask(one.program, program, { horizon, first: one.row + FIRST_STEP })]));
  const parts: WindowPart[] = [];
  for (const { program: own, ...one } of started) {
    const rows = short === null ? null : lackingFrom(own, env, { from: 1, to: short, moved: one.row }, least);
    const counted = countInWindow(own, program, env, { horizon, first: one.row + FIRST_STEP, masked, hasBeginning: false, ...(rows === null ? {} : { lacking: rows.lacking }) });
    invariant(!("message" in counted), "a part counts what its own steps have");
    parts.push({ ...one, ...counted, least: rows?.from ?? null });
  }
  return E.right({ parts, left, causal: isCausal(program, left.map(({ of }) => of)) });
};

/** The row behind which windows need not know how long their sequences are: all are long enough for what others lack. */
const steadyFor = (program: Program, env: Env, least: (id: NodeId) => number, short: number) => ({ program: own, row }: Started): number => {
  const rows = lackingFrom(own, env, { from: 1, to: short, moved: row }), missed = rows === null ? null : missedByWindows(own, least, rows, { ends: row + FIRST_STEP, by: 0 });
  return missed === null ? row : Math.max(row, ...program.objectives.flatMap(({ value }) => (value === null ? [] : [least(value) - FIRST_STEP])));
};

type Started = Omit<WindowPart, "masks" | "counts" | "least">;

/** The program behind so many steps, with its domains. */
const startAt = (program: Program, env: Env, left: readonly Left[], row: number, before: readonly NodeId[]): E.Either<Diagnostics, Started> => {
  if (row === 0) return E.right({ program, row, given: [], leaving: new Map(left.map((one) => [one, one.of])) });
  const b = createBuilder({ ...program, metrics: [] }, env);
  const given = left.flatMap((one) => giveInput(program, b, one, row) ?? []);
  const { leaving, begun } = standIn(program, env, b, left, given, row, before);
  const moved = b.finish();
  const starts = new Map(moved.nodes.flatMap((node): [string, number][] => (node.tag === "input" && node.time === true ? [[node.name, row + FIRST_STEP]] : [])));
  const ends = new Map<string, number>();
  for (const { input, on } of given) {
    const node = moved.nodes[input];
    if (node?.tag !== "input" || node.time !== true) continue;
    starts.set(node.name, on.lower.plus);
    ends.set(node.name, on.upper.plus);
  }
  const behind = (at: Moment): Moment => (at.from === "0" ? shiftMoment(at, row) : at);
  return E.map((found: Program): Started => ({ program: withStepsOfResults(found, program, ({ lower, upper }) => ({ lower: behind(lower), upper: behind(upper) })), row, given, leaving }))(inferDomains({ starts, ends, part: { first: row + FIRST_STEP, given: begun } }).run(moved)(env));
};

/** The input that is given what was left of a value; null: nothing was by then. */
const giveInput = (program: Program, b: TableBuilder, left: Left, row: number): WindowPart["given"][number] | null => {
  const { steps, of, begins, name } = left;
  const lower = steps.tag === "at" ? steps.lower : Math.max(begins, row + 1 - steps.count), upper = steps.tag === "at" ? Math.min(row, steps.upper) : row;
  if (upper < lower) return null;
  const on: Interval = { lower: moment("0", lower), upper: moment("0", upper) };
  const isOne = isSingle(left), time = isOne ? null : on;
  b.within(null, program.spans[of] ?? NOWHERE);
  const input = b.reserve((program.types ?? [])[of]?.[0], { space: { tag: "data" }, time: !isOne }, { space: { tag: "data" }, time });
  b.define(input, { tag: "input", name: `${WINDOW_INPUT}${name} ${steps.tag} ${String(of)}`, ...(isOne ? {} : { time: true }) });
  return { left, input, on };
};

/** Whether one step is left, which then has no time. */
export const isSingle = ({ steps }: Left): boolean => (steps.tag === "at" ? steps.lower === steps.upper : steps.count === 1);

interface Standing {
  readonly leaving: WindowPart["leaving"];
  /** What exists before the window's first step. */
  readonly begun: ReadonlySet<NodeId>;
}

/** Lets what reads from before the row read what was given; gives the values that have both. */
const standIn = (program: Program, env: Env, b: TableBuilder, left: readonly Left[], given: WindowPart["given"], row: number, before: readonly NodeId[]): Standing => {
  const stands = new Map<NodeId, NodeId>(), outerOf = new Map<NodeId, NodeId>(), results = statedResults(program);
  const fixed = new Map<NodeId, NodeId>();
  const from = moment("0", row + FIRST_STEP);
  const pieceOf = ({ input, on }: WindowPart["given"][number]): Piece => ({ on, value: read(input) });
  const upperOf = (id: NodeId): Interval["upper"] => (program.domains ?? [])[id]?.time?.upper ?? moment("T");
  // What was not left is not there, although the window may have what it would be made of.
  for (const of of before) {
    const one = given.find(({ left }) => left.of === of && left.steps.tag === "before");
    const withGiven = (call: CallId | null): NodeId => {
      b.within(call, program.spans[of] ?? NOWHERE);
      return b.node({ tag: "cases", pieces: [...(one === undefined ? [] : [pieceOf(one)]), { on: { lower: from, upper: upperOf(of) }, value: read(of) }] });
    };
    const result = results.get(of);
    // What reaches a result from outside of the call that states its gradient reaches it in the window alone.
    if (result !== undefined) outerOf.set(of, withGiven(result.parent));
    stands.set(of, program.nodes[of]?.tag === "cases" ? of : withGiven(program.callOf[of] ?? null));
  }
  for (const one of given) {
    const { of, steps } = one.left;
    if (steps.tag === "before") continue;
    b.within(program.callOf[of] ?? null, program.spans[of] ?? NOWHERE);
    if (steps.upper <= row) fixed.set(of, one.input);
    else fixed.set(of, b.node({ tag: "cases", pieces: [pieceOf(one), { on: { lower: from, upper: upperOf(of) }, value: read(of) }] }));
  }
  const redirect = (x: Operand, reader: NodeId): Operand => {
    const ends = x.at.tag === "at" ? [x.at.time] : x.at.tag === "range" ? [x.at.on.lower, x.at.on.upper] : [];
    if (ends.length > 0 && ends.every((end) => end.from === "0")) {
      const node = fixed.get(x.node), single = given.some(({ left, input }) => input === node && isSingle(left));
      if (node === undefined || (x.at.tag === "at" && x.at.time.plus > row && single)) return x;
      return { ...x, node, at: single && x.at.tag === "at" ? read(node).at : x.at };
    }
    const [first] = ends;
    const looksBack = first !== undefined && (first.from === "0" || first.plus < 0);
    const outer = results.get(x.node)?.isWithin(reader) === false ? outerOf.get(x.node) : undefined;
    return looksBack ? { ...x, node: outer ?? stands.get(x.node) ?? x.node } : x;
  };
  /** What is computed of the whole batch takes no steps of earlier windows. */
  const cut = (x: Operand): Operand => {
    if (!given.some(({ left }) => left.of === x.node && left.steps.tag === "before")) return x;
    b.within(program.callOf[x.node] ?? null, program.spans[x.node] ?? NOWHERE);
    return { ...x, node: b.node({ tag: "cases", pieces: [{ on: { lower: from, upper: upperOf(x.node) }, value: read(x.node) }] }) };
  };
  const within = (on: Interval | null): Interval | null => (on?.lower.from === "0" && isBefore(on.lower, from) ? { ...on, lower: from } : on);
  /** A gradient that a macro states has the window's own first steps. */
  const { gradients } = statedGradients(program, program.nodes.map((_, id) => id));
  const behind = (at: Moment): Moment => (at.from === "0" ? shiftMoment(at, row) : at);
  const movedGradient = (x: Operand, id: NodeId): Operand => (x.at.tag === "at" && gradients.has(x.node) ? { ...x, at: { ...x.at, time: behind(x.at.time) } } : redirect(x, id));
  const movedPiece = (piece: Piece, id: NodeId): Piece => {
    const value = movedGradient(piece.value, id), { on } = piece;
    return { on: on === null ? null : { lower: behind(on.lower), upper: behind(on.upper) }, value: isBoundary(piece) ? { ...value, node: stands.get(value.node) ?? value.node } : value };
  };
  const moved = (node: Node, id: NodeId): Node => {
    if (gradients.has(id) && node.tag === "cases") return { ...node, pieces: node.pieces.map((piece) => movedPiece(piece, id)) };
    if (gradients.has(id) && node.tag === "op") return { ...node, ins: node.ins.map((x) => movedGradient(x, id)) };
    if (node.tag === "op") return { ...node, ins: node.ins.map((x) => (isOfBatch(env, node.op, x) ? cut(redirect(x, id)) : redirect(x, id))) };
    if (node.tag !== "cases" && node.tag !== "sum") return node;
    const kept = node.pieces.filter((piece) => piece.on === null || !isBefore(piece.on.upper, from));
    const own = given.find(({ left }) => left.of === id && left.steps.tag === "before");
    const begun = own !== undefined && node.tag === "cases" ? [pieceOf(own)] : [], isRead = node.tag === "cases" && stands.has(id);
    return { ...node, pieces: [...begun, ...kept.map((piece) => ({ on: isRead && piece.on === null ? { lower: from, upper: moment("T") } : within(piece.on), value: redirect(piece.value, id) }))] };
  };
  program.nodes.forEach((node, id) => {
    const now = moved(node, id);
    if (JSON.stringify(now) !== JSON.stringify(node)) b.define(id, now);
  });
  const leaving = new Map(left.map((one) => [one, (one.steps.tag === "before" ? stands : fixed).get(one.of) ?? one.of]));
  return { leaving, begun: new Set([...leaving.values(), ...outerOf.values(), ...gradients]) };
};
