/**
 * Which instances a row of so many steps has, by the equations alone: those that read nothing that does not exist. The intervals of
 * `infer-domains` say it of long rows; where a row is so short that steps counted from its two ends cross, it has others, or none.
 */
import { AROUND, BEFORE, demandOrder, extentOf, FIRST_STEP, horizonOf, nearestSteps, read } from "@sequent/ir";
import type { Env, Interval, Moment, NodeId, Operand, OpName, Piece, Program } from "@sequent/ir";
import { countInWindow } from "./window-means.js";

export interface ShortRow {
  /** Whether a value exists at a step; without time at any. */
  readonly exists: (id: NodeId, step: number) => boolean;
  /** The steps that a value has; one without time has step 0. */
  readonly stepsOf: (id: NodeId) => readonly number[];
  /**
   * Whether what longer rows are computed by gives an instance that exists its value: all that it reads stands where the intervals say,
   * and of several pieces that hold there the first gives it.
   */
  readonly isRegular: (id: NodeId, step: number) => boolean;
  /** The steps of an interval, first to last. */
  readonly within: (on: Interval) => readonly number[];
}

const isTimed = (program: Program, id: NodeId): boolean => (program.varies ?? [])[id]?.time === true;
const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((x, k) => x === b[k]);

/** Of the row whose last step is `end`; the fact `timed` holds. */
export const shortRow = (program: Program, nodes: readonly NodeId[], end: number): ShortRow => {
  const first = BEFORE, count = end + 1 - first + 1;
  const keep = horizonOf(program)?.back ?? Infinity;
  const found = new Map<NodeId, Uint8Array>(nodes.map((id) => [id, new Uint8Array(isTimed(program, id) ? count : 1)]));
  const placeOf = (id: NodeId, step: number): number => (isTimed(program, id) ? step - first : 0);
  const at = (id: NodeId, step: number): boolean => (found.get(id)?.[placeOf(id, step)] ?? 0) === 1;
  const stepAt = (m: Moment, step: number): number => (m.from === "0" ? 0 : m.from === "T" ? end : step) + m.plus;
  const list = (from: number, to: number): readonly number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => from + k);
  const within = (on: Interval): readonly number[] => list(stepAt(on.lower, 0), stepAt(on.upper, 0));
  const domain = (id: NodeId): Interval => (program.domains ?? [])[id]?.time ?? AROUND;
  const stands = (id: NodeId, step: number): boolean => !isTimed(program, id) || (step >= stepAt(domain(id).lower, 0) && step <= stepAt(domain(id).upper, 0));
  const isFixed = (on: Interval): boolean => typeof extentOf(on) === "number";
  /** The ends of a range: without a fixed length it keeps the elements nearest its reader. */
  const boundsOf = (on: Interval, step: number): readonly [number, number] => {
    const lower = stepAt(on.lower, step), upper = stepAt(on.upper, step);
    return isFixed(on) || keep === Infinity ? [lower, upper] : nearestSteps(on, lower, upper, keep);
  };
  const elements = (of: NodeId, on: Interval, step: number): readonly number[] => list(...boundsOf(on, step)).filter((s) => at(of, s));
  const isThere = (x: Operand, step: number): boolean => {
    if (!isTimed(program, x.node)) return at(x.node, 0);
    switch (x.at.tag) {
      case "at":
        return at(x.node, stepAt(x.at.time, step));
      case "range":
        return elements(x.node, x.at.on, step).length > 0;
      case "over":
      case "fan":
        return true;
    }
  };
  const inEpisode = (id: NodeId, step: number): boolean => !isTimed(program, id) || (step >= 0 && step <= end);
  const holds = ({ on }: Piece, id: NodeId, step: number): boolean => (on === null ? inEpisode(id, step) : step >= stepAt(on.lower, step) && step <= stepAt(on.upper, step));
  const isFound = (id: NodeId, step: number): boolean => {
    const node = program.nodes[id];
    if (!stands(id, step)) return false;
    switch (node?.tag) {
      case "input":
        return stands(id, step);
      case "op":
        return inEpisode(id, step) && node.ins.every((x) => isThere(x, step));
      case "cases":
        return node.pieces.some((piece) => holds(piece, id, step) && isThere(piece.value, step));
      case "sum":
        return inEpisode(id, step);
      default:
        return true;
    }
  };
  const stepsIn = (id: NodeId): readonly number[] => (isTimed(program, id) ? list(first, end + 1) : [0]);
  const sweep = (into: ReadonlyMap<NodeId, Uint8Array>, test: (id: NodeId, step: number) => boolean): void => {
    for (let changed = true; changed;) {
      changed = false;
      for (const id of nodes) {
        const marks = into.get(id);
        for (const step of stepsIn(id)) {
          if (marks === undefined || marks[placeOf(id, step)] === 1 || !test(id, step)) continue;
          marks[placeOf(id, step)] = 1;
          changed = true;
        }
      }
    }
  };
  sweep(found, isFound);
  const stepsOf = (id: NodeId): readonly number[] => stepsIn(id).filter((step) => at(id, step));

  const wrong = new Map<NodeId, Uint8Array>(nodes.map((id) => [id, new Uint8Array(isTimed(program, id) ? count : 1)]));
  const isWrong = (id: NodeId, step: number): boolean => wrong.get(id)?.[placeOf(id, step)] === 1;
  const isAside = (id: NodeId, step: number): boolean => !stands(id, step) || isWrong(id, step);
  /** The steps whose values a range has, those beyond the ends being the first or the last there is, or what is given around a sequence. */
  const stacked = (of: NodeId, on: Interval, step: number): readonly number[] => {
    const there = elements(of, on, step);
    if (!isFixed(on)) return there;
    const [lower, upper] = boundsOf(on, step), from = there[0] ?? lower, to = there.at(-1) ?? upper;
    return list(lower, upper).map((s) => (s < from ? (at(of, BEFORE) ? BEFORE : from) : s > to ? (at(of, end + 1) ? end + 1 : to) : (there.findLast((one) => one <= s) ?? from)));
  };
  /** The same by the interval of what it reads. */
  const clamped = (of: NodeId, on: Interval, step: number): readonly number[] => {
    const [lower, upper] = boundsOf(on, step), has = domain(of), from = stepAt(has.lower, 0), to = stepAt(has.upper, 0);
    return isFixed(on) ? list(lower, upper).map((s) => Math.min(Math.max(s, from), to)) : list(Math.max(lower, from), Math.min(upper, to));
  };
  const readsAside = (x: Operand, step: number): boolean => {
    if (!isTimed(program, x.node)) return isWrong(x.node, 0);
    if (x.at.tag === "at") return isAside(x.node, stepAt(x.at.time, step));
    if (x.at.tag !== "range") return false;
    const taken = stacked(x.node, x.at.on, step);
    return !same(taken, clamped(x.node, x.at.on, step)) || taken.some((s) => isAside(x.node, s));
  };
  sweep(wrong, (id, step) => {
    const node = program.nodes[id];
    if (node === undefined || !at(id, step)) return false;
    if (node.tag === "op") return node.ins.some((x) => readsAside(x, step));
    if (node.tag !== "cases") return false;
    const piece = node.pieces.find((one) => holds(one, id, step));
    return piece === undefined || !isThere(piece.value, step) || readsAside(piece.value, step);
  });
  return { exists: at, stepsOf, within, isRegular: (id, step) => stands(id, step) && !isWrong(id, step) };
};

/** Rows of so many steps can't be computed as longer ones are: what a collective reads has other instances in them than the intervals say. */
export interface Irregular {
  readonly at: NodeId;
  readonly end: number;
}

/**
 * The values of statements and metrics that short rows have no instance of, each with the least last step of a row that has some. `ends`: the
 * last steps of the short rows there may be. All that is computed over several instances must find those that the intervals say, or none.
 */
export const lackingIn = (program: Program, env: Env, ends: readonly number[], { shown = [], counts = BEFORE }: Pick<ShortRows, "shown" | "counts"> = {}): ReadonlyMap<NodeId, number> | Irregular => {
  const goals = [...program.objectives, ...program.metrics].flatMap((one) => one.mean ?? []);
  const nodes = demandOrder(program.nodes, [...goals, ...shown].map((node) => read(node)));
  const valueOf = new Map<NodeId, NodeId>();
  for (const { mean, value } of program.objectives) if (mean !== null && value !== null) valueOf.set(mean, value);
  for (const { mean, value } of program.metrics) if (mean !== null) valueOf.set(mean, value.node);
  const isOfData = (id: NodeId): boolean => (program.varies ?? [])[id]?.space.tag === "data";
  const isOverBatch = (op: OpName): boolean => env.ops.get(op)?.overBatch === true;
  const readers = nodes.flatMap((id): { readonly id: NodeId; readonly from: readonly NodeId[]; readonly value: NodeId | null }[] => {
    const node = program.nodes[id];
    if (node?.tag !== "op") return [];
    // What is of the whole batch reads all instances of what it reads at its own.
    const from = isOverBatch(node.op) ? [id] : node.ins.flatMap((x) => (x.at.tag === "over" && isOfData(x.node) ? [x.node] : []));
    return from.length === 0 ? [] : [{ id, from, value: isOverBatch(node.op) ? null : (valueOf.get(id) ?? null) }];
  });
  const least = new Map<NodeId, number>();
  for (const end of [...ends].sort((a, b) => b - a)) {
    const row = shortRow(program, nodes, end);
    for (const id of shown) if (row.stepsOf(id).some((step) => !row.isRegular(id, step))) return { at: id, end };
    for (const { id, from, value } of readers) {
      // A window counts its own steps.
      const timed = from.filter((of) => isTimed(program, of)), steps = timed.length === 0 ? [0] : row.within(AROUND).filter((step) => value === null || step >= counts);
      const there = steps.filter((step) => from.every((of) => row.exists(of, step)));
      const all = steps.filter((step) => timed.every((of) => row.within((program.domains ?? [])[of]?.time ?? AROUND).includes(step)));
      if (there.some((step) => from.some((of) => !row.isRegular(of, step)))) return { at: id, end };
      const known = value === null ? undefined : least.get(value);
      if (same(there, all) && (known === undefined || there.length === 0)) continue;
      if (there.length > 0 || value === null) return { at: id, end };
      least.set(value, known ?? end + 1);
    }
  }
  return least;
};

/**
 * What is lacking in rows that may be as short as `from` steps, and shorter than `to`, from the least number of steps on for which the rows can be
 * computed as longer ones are; null: from none. `moved`: the last step of a row of no steps.
 */
export const lackingFrom = (program: Program, env: Env, { from, to, moved = 0, ...more }: ShortRows): { readonly from: number; readonly lacking: ReadonlyMap<NodeId, number> } | null => {
  for (let least = from; least < to;) {
    const found = lackingIn(program, env, Array.from({ length: to - least }, (_, k) => moved + least + k), more);
    if (!("end" in found)) return { from: least, lacking: found };
    least = found.end - moved + 1;
  }
  return null;
};
export interface ShortRows {
  readonly from: number;
  readonly to: number;
  readonly moved?: number;
  /** The first step at which statements and metrics count. */
  readonly counts?: number;
  /** What is seen from outside, beside statements and metrics. */
  readonly shown?: readonly NodeId[];
}

/** The same program, whose means leave out what short rows lack; null: none of them can be computed as longer ones are. */
export const withShortRows = (program: Program, env: Env, rows: ShortRows): { readonly program: Program; readonly from: number } | null => {
  const found = lackingFrom(program, env, rows);
  if (found === null) return null;
  const counted = countInWindow(program, program, env, { horizon: null, first: FIRST_STEP, hasBeginning: true, lacking: found.lacking });
  return "message" in counted ? null : { program: counted.program, from: found.from };
};
