/**
 * Which instances sequences have that are so short that steps counted from their two ends cross. Longer ones have all steps of each value's
 * interval. A short one has the steps of that interval, too, but all of them or none: where one can't be computed as longer sequences compute it,
 * the sequence has none of that value.
 */
import { extentOf } from "./extent.js";
import { operandsOf } from "./program.js";
import type { Program } from "./program.js";
import { AROUND, momentAt, nearestSteps } from "./steps.js";
import type { Interval, Moment, NodeId, Operand } from "./time.js";
import { horizonOf } from "./window.js";

export interface Existence {
  /** Whether a sequence with such a last step has an instance; of what has no time at any step. */
  readonly has: (id: NodeId, step: number, end: number) => boolean;
  /** The last step of the shortest sequence that has a value. */
  readonly least: (id: NodeId) => number;
}

const stepsBetween = (from: number, to: number): readonly number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => from + k);

/** The steps of values in a sequence whose last step is `end`, by their intervals; what has no time has step 0. */
interface Steps {
  readonly isTimed: (id: NodeId) => boolean;
  readonly of: (id: NodeId, end: number) => readonly number[];
  readonly has: (id: NodeId, step: number, end: number) => boolean;
  /** Those that a range sees: beyond the ends one of a fixed length repeats the first or the last. */
  readonly seenBy: (id: NodeId, on: Interval, step: number, end: number) => readonly number[];
}

const stepsIn = (program: Program, nodes: readonly NodeId[]): Steps => {
  const keep = horizonOf(program)?.back ?? Infinity;
  const intervals = new Map(nodes.flatMap((id): [NodeId, Interval][] => ((program.varies ?? [])[id]?.time === true ? [[id, (program.domains ?? [])[id]?.time ?? AROUND]] : [])));
  const boundsOf = (id: NodeId, end: number): readonly [number, number] => { const on = intervals.get(id); return on === undefined ? [0, 0] : [momentAt(on.lower, 0, end), momentAt(on.upper, 0, end)]; };
  return {
    isTimed: (id) => intervals.has(id),
    of: (id, end) => stepsBetween(...boundsOf(id, end)),
    has: (id, step, end) => { const [from, to] = boundsOf(id, end); return !intervals.has(id) || (step >= from && step <= to); },
    seenBy: (id, on, step, end) => {
      const lower = momentAt(on.lower, step, end), upper = momentAt(on.upper, step, end), [from, to] = boundsOf(id, end);
      if (to < from || upper < from || lower > to) return [];
      if (typeof extentOf(on) === "number") return stepsBetween(lower, upper).map((s) => Math.min(Math.max(s, from), to));
      const [first, last] = keep === Infinity ? [lower, upper] : nearestSteps(on, lower, upper, keep);
      return stepsBetween(Math.max(first, from), Math.min(last, to));
    },
  };
};

/**
 * The instances of a sequence that can be computed: the least set that holds those whose reads it holds. `isLacking`: of these values it has none.
 * `isBehind`: values from before a window stand in front of the equations that gave them.
 */
const computedIn = (program: Program, nodes: readonly NodeId[], steps: Steps, end: number, isLacking: (id: NodeId) => boolean, isBehind: boolean): ReadonlyMap<NodeId, ReadonlySet<number>> => {
  const found = new Map<NodeId, Set<number>>(nodes.map((id) => [id, new Set()]));
  const isFound = (id: NodeId, step: number): boolean => !found.has(id) || found.get(id)?.has(steps.isTimed(id) ? step : 0) === true;
  const isRead = ({ node, at }: Operand, step: number): boolean => {
    if (at.tag === "over" || at.tag === "fan") return true;
    if (at.tag === "at" || !steps.isTimed(node)) return isFound(node, at.tag === "at" ? momentAt(at.time, step, end) : 0);
    const seen = steps.seenBy(node, at.on, step, end);
    return seen.length > 0 && seen.every((s) => isFound(node, s));
  };
  const holds = (on: Interval | null, step: number): boolean => on === null || (step >= momentAt(on.lower, step, end) && step <= momentAt(on.upper, step, end));
  const isComputed = (id: NodeId, step: number): boolean => {
    const node = program.nodes[id];
    if (node?.tag === "op") return node.ins.every((x) => isRead(x, step));
    if (node?.tag !== "cases") return true;
    // Boundary equations from both ends may meet at a step: then there are two for one value.
    const [piece, ...others] = node.pieces.filter(({ on }) => !steps.isTimed(id) || holds(on, step));
    return piece !== undefined && (isBehind || others.length === 0) && isRead(piece.value, step);
  };
  for (let grows = true; grows;) {
    grows = false;
    for (const [id, own] of found) {
      if (isLacking(id)) continue;
      for (const step of steps.of(id, end)) {
        if (own.has(step) || !isComputed(id, step)) continue;
        own.add(step);
        grows = true;
      }
    }
  }
  return found;
};

/**
 * Of `nodes`, which are all that they read, in sequences whose last step is `from` or later; the fact `timed` holds. `isBehind`: of windows behind
 * the first.
 */
export const existenceOf = (program: Program, nodes: readonly NodeId[], { from = 0, isBehind = false } = {}): Existence => {
  const steps = stepsIn(program, nodes);
  /** The last step of the longest sequence that has none of a value. */
  const lacking = new Map<NodeId, number>();
  for (let end = crossing(program).least - 1; end >= from; end -= 1) {
    const isLacking = (id: NodeId): boolean => (lacking.get(id) ?? -1) >= end;
    for (let shrinks = true; shrinks;) {
      const found = computedIn(program, nodes, steps, end, isLacking, isBehind);
      const without = nodes.filter((id) => !isLacking(id) && steps.of(id, end).some((step) => found.get(id)?.has(step) !== true));
      for (const id of without) lacking.set(id, end);
      shrinks = without.length > 0;
    }
  }
  const least = (id: NodeId): number => (lacking.get(id) ?? -1) + 1;
  return { has: (id, step, end) => end >= least(id) && steps.has(id, step, end), least };
};

/** The last step of the shortest sequence in which steps counted from its two ends stand as they are written, and the node that asks for most, if one asks for more than 1. */
export const crossing = (program: Program): { readonly at: NodeId | null; readonly least: number } => {
  const most: { at: NodeId | null; least: number } = { at: null, least: 1 };
  const domain = (id: NodeId): Interval | null => (program.domains ?? [])[id]?.time ?? null;
  program.nodes.forEach((node, at) => {
    const ask = (least: number): void => { if (least > most.least) Object.assign(most, { at, least }); };
    const inside = (m: Moment, has: Interval): void => {
      if (m.from === "0" && has.upper.from === "T") ask(m.plus - has.upper.plus);
      if (m.from === "T" && has.lower.from === "0") ask(has.lower.plus - m.plus);
    };
    for (const x of operandsOf(node)) {
      const has = domain(x.node);
      if (has === null || x.at.tag === "over" || x.at.tag === "fan") continue;
      const [lower, upper] = x.at.tag === "at" ? [x.at.time, x.at.time] : [x.at.on.lower, x.at.on.upper];
      inside(lower, has);
      inside(upper, has);
      // A range needs one element at least.
      if (x.at.tag === "range" && has.lower.from === "0" && has.upper.from === "T") ask(has.lower.plus - has.upper.plus);
      if (lower.from === "0" && upper.from === "T") ask(lower.plus - upper.plus);
    }
    const own = domain(at);
    if (node.tag !== "cases" || own === null) return;
    // No two of its equations may meet at a step.
    const front = Math.max(...node.pieces.map(({ on }) => (on?.upper.from === "0" ? on.upper.plus : -Infinity))), back = Math.min(...node.pieces.map(({ on }) => (on?.lower.from === "T" ? on.lower.plus : Infinity)));
    if (Number.isFinite(front - back)) ask(front - back + 1);
    for (const { on, value } of node.pieces) {
      if (on === null || on.lower.from !== on.upper.from) continue;
      inside(on.lower, own);
      inside(on.upper, own);
      // What gives it is read there.
      const has = domain(value.node), reads = has === null || value.at.tag === "over" || value.at.tag === "fan" ? [] : value.at.tag === "at" ? [value.at.time] : [value.at.on.lower, value.at.on.upper];
      if (has !== null) for (const m of reads) if (m.from === "t") for (const end of [on.lower, on.upper]) inside({ from: end.from, plus: end.plus + m.plus }, has);
    }
  });
  return most;
};
