/** A schedule, followed instance by instance on a sequence of a given length: nothing may be read before it is computed. */
import { operandsOf, transposed } from "@sequent/ir";
import type { Context, Interval, Moment, NodeId, Program, ScheduleStep } from "@sequent/ir";

const stepOf = (m: Moment, T: number, t: number): number => (m.from === "0" ? 0 : m.from === "T" ? T : t) + m.plus;

/** What is read too early, or further back than the schedule says; null if nothing is. */
export const readTooEarly = (program: Program, T: number): string | null => {
  const { schedule } = program;
  if (schedule === undefined) return "there is no schedule";
  const done = new Map<string, number>();
  const keyOf = (id: NodeId, t: number | null): string => `${String(id)}@${String(t)}`;
  const domainOf = (id: NodeId): Interval | null => (program.domains ?? [])[id]?.time ?? null;
  const inside = (on: Interval, t: number): boolean => stepOf(on.lower, T, t) <= t && t <= stepOf(on.upper, T, t);
  const stepsBetween = (on: Interval): readonly number[] => {
    const from = stepOf(on.lower, T, 0), to = stepOf(on.upper, T, 0);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => from + k);
  };
  /** The instances of a node that a context may ask for. */
  const asked = (id: NodeId, at: Context, t: number | null): readonly (number | null)[] => {
    const domain = domainOf(id);
    if (domain === null) return [null];
    const all = stepsBetween(domain);
    // Beyond the steps around an episode nothing of what is gathered exists.
    if (at.tag === "over") return all.filter((step) => step >= -1 && step <= T + 1);
    const on = at.tag === "at" ? { lower: at.time, upper: at.time } : at.tag === "fan" ? transposed(at.range) : at.on;
    if (t === null && [on.lower, on.upper].some((m) => m.from === "t")) return all;
    const lower = stepOf(on.lower, T, t ?? 0), upper = stepOf(on.upper, T, t ?? 0);
    return all.filter((step) => lower <= step && step <= upper);
  };
  const nameOf = (id: NodeId): string => program.names.find((one) => one.node === id)?.name ?? `node ${String(id)}`;
  const problem = (id: NodeId, t: number | null, iteration: number, lag: number | null, loop: ReadonlySet<NodeId>): string | null => {
    const node = program.nodes[id];
    if (node === undefined) return null;
    const pieces = node.tag === "cases" || node.tag === "sum" ? node.pieces : operandsOf(node).map((value) => ({ on: null, value }));
    for (const { on, value } of pieces) {
      if (on !== null && t !== null && !inside(on, t)) continue;
      for (const step of asked(value.node, value.at, t)) {
        const there = done.get(keyOf(value.node, step));
        const where = `${nameOf(id)} at ${String(t)} reads ${nameOf(value.node)} (node ${String(value.node)}) at ${String(step)}`;
        if (there === undefined) return `${where}, which is not computed yet`;
        if (lag !== null && loop.has(value.node) && Math.abs(iteration - there) > lag) return `${where}, more than ${String(lag)} iterations ago`;
      }
    }
    return null;
  };
  const wantedAt = (id: NodeId, t: number): boolean => {
    const domain = domainOf(id), needed = schedule.needed[id] ?? null;
    return domain !== null && inside(domain, t) && (needed === null || inside(needed, t));
  };
  const NONE: ReadonlySet<NodeId> = new Set();
  const compute = (id: NodeId, t: number | null, iteration = 0, lag: number | null = null, loop = NONE): string | null => {
    const found = problem(id, t, iteration, lag, loop);
    done.set(keyOf(id, t), iteration);
    return found;
  };
  const all = Array.from({ length: T + 11 }, (_, k) => k - 5);
  const follow = (step: ScheduleStep): string | null => {
    if (step.tag !== "scan") {
      for (const id of step.nodes) {
        for (const t of domainOf(id) === null ? [null] : all.filter((one) => wantedAt(id, one))) {
          const found = compute(id, t);
          if (found !== null) return found;
        }
      }
      return null;
    }
    const loop = new Set(step.nodes.map((one) => one.node));
    const spread = 8 + step.nodes.reduce((most, { skew }) => Math.max(most, Math.abs(skew)), 0);
    const iterations = Array.from({ length: T + 2 * spread }, (_, k) => k - spread);
    if (step.direction === "backward") iterations.reverse();
    for (const s of iterations) {
      for (const { node, skew } of step.nodes) {
        if (!wantedAt(node, s + skew)) continue;
        const found = compute(node, s + skew, s, step.lag, loop);
        if (found !== null) return found;
      }
    }
    return null;
  };
  for (const step of schedule.steps) {
    const found = follow(step);
    if (found !== null) return found;
  }
  return null;
};
