/**
 * Which instances sequences have that are so short that steps counted from their two ends cross. Longer ones have all steps of each value's
 * interval. A short one has the steps of that interval, too, but all of them or none: where one can't be computed as longer sequences compute it,
 * the sequence has none of that value.
 */
import { extentOf } from "./extent.js";
import { operandsOf } from "./program.js";
import type { Program } from "./program.js";
import { AROUND, nearestSteps } from "./steps.js";
import type { Interval, Moment, NodeId, Operand } from "./time.js";
import { horizonOf } from "./window.js";

export interface Existence {
  /** Whether a sequence with such a last step has an instance; of what has no time at any step. */
  readonly has: (id: NodeId, step: number, end: number) => boolean;
  /** The last step of the shortest sequence that has a value. */
  readonly least: (id: NodeId) => number;
}

const momentAt = (m: Moment, step: number, end: number): number => (m.from === "0" ? 0 : m.from === "T" ? end : step) + m.plus;
const stepsBetween = (from: number, to: number): readonly number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => from + k);

/**
 * Of `nodes`, which are all that they read, in sequences whose last step is `from` or later; the fact `timed` holds. `isBehind`: of windows behind
 * the first, whose values from before them stand in front of the equations that gave them.
 */
export const existenceOf = (program: Program, nodes: readonly NodeId[], { from = 0, isBehind = false } = {}): Existence => {
  const keep = horizonOf(program)?.back ?? Infinity;
  const intervals = nodes.reduce<(Interval | null)[]>((all, id) => { all[id] = (program.varies ?? [])[id]?.time === true ? ((program.domains ?? [])[id]?.time ?? AROUND) : null; return all; }, []);
  const isTimed = (id: NodeId): boolean => (intervals[id] ?? null) !== null;
  /** The last step of the longest sequence that has none of a value. */
  const lacking = new Map<NodeId, number>();
  const stepsOf = (id: NodeId, end: number): readonly number[] => { const on = intervals[id] ?? null; return on === null ? [0] : stepsBetween(momentAt(on.lower, 0, end), momentAt(on.upper, 0, end)); };
  const isIn = (id: NodeId, step: number, end: number): boolean => { const on = intervals[id] ?? null; return on === null || (step >= momentAt(on.lower, 0, end) && step <= momentAt(on.upper, 0, end)); };
  /** The steps that a range sees: those beyond the ends of one of a fixed length repeat the first or the last. */
  const seenBy = (of: NodeId, on: Interval, step: number, end: number): readonly number[] => {
    const lower = momentAt(on.lower, step, end), upper = momentAt(on.upper, step, end), has = stepsOf(of, end), from = has[0], to = has.at(-1);
    if (from === undefined || to === undefined || upper < from || lower > to) return [];
    if (typeof extentOf(on) === "number") return stepsBetween(lower, upper).map((s) => Math.min(Math.max(s, from), to));
    const [first, last] = keep === Infinity ? [lower, upper] : nearestSteps(on, lower, upper, keep);
    return stepsBetween(Math.max(first, from), Math.min(last, to));
  };

  /** The instances of a sequence with such a last step that can be computed: the least set that holds those whose reads it holds. */
  const computed = (end: number): ReadonlyMap<NodeId, ReadonlySet<number>> => {
    const found = new Map<NodeId, Set<number>>(nodes.map((id) => [id, new Set()]));
    const isFound = (id: NodeId, step: number): boolean => !found.has(id) || found.get(id)?.has(isTimed(id) ? step : 0) === true;
    const isRead = ({ node, at }: Operand, step: number): boolean => {
      if (at.tag === "over" || at.tag === "fan") return true;
      if (at.tag === "at" || !isTimed(node)) return isFound(node, at.tag === "at" ? momentAt(at.time, step, end) : 0);
      const seen = seenBy(node, at.on, step, end);
      return seen.length > 0 && seen.every((s) => isFound(node, s));
    };
    const holds = (on: Interval | null, step: number): boolean => on === null || (step >= momentAt(on.lower, step, end) && step <= momentAt(on.upper, step, end));
    const isComputed = (id: NodeId, step: number): boolean => {
      const node = program.nodes[id];
      if (node?.tag === "op") return node.ins.every((x) => isRead(x, step));
      if (node?.tag !== "cases") return true;
      // Boundary equations from both ends may meet at a step: then there are two for one value.
      const [piece, ...others] = node.pieces.filter(({ on }) => !isTimed(id) || holds(on, step));
      return piece !== undefined && (isBehind || others.length === 0) && isRead(piece.value, step);
    };
    for (let grows = true; grows;) {
      grows = false;
      for (const [id, steps] of found) {
        if ((lacking.get(id) ?? -1) >= end) continue;
        for (const step of stepsOf(id, end)) {
          if (steps.has(step) || !isComputed(id, step)) continue;
          steps.add(step);
          grows = true;
        }
      }
    }
    return found;
  };

  for (let end = crossing(program).least - 1; end >= from; end -= 1) {
    for (let shrinks = true; shrinks;) {
      const found = computed(end);
      const without = nodes.filter((id) => (lacking.get(id) ?? -1) < end && stepsOf(id, end).some((step) => found.get(id)?.has(step) !== true));
      for (const id of without) lacking.set(id, end);
      shrinks = without.length > 0;
    }
  }
  const least = (id: NodeId): number => (lacking.get(id) ?? -1) + 1;
  return { has: (id, step, end) => end >= least(id) && isIn(id, step, end), least };
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
