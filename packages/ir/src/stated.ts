/** The gradients that macros state for themselves (`^y -> ^x`): equations of which no value is made. */
import { demandOrder } from "./demand.js";
import { operandsOf } from "./program.js";
import type { CallId, Column, Node, Program } from "./program.js";
import { readersOf } from "./readers.js";
import { read } from "./time.js";
import type { Interval, NodeId, Operand } from "./time.js";

/** These nodes and all that is made of them. */
export const dependentOn = (nodes: Column<Node>, seeds: Iterable<NodeId>): ReadonlySet<NodeId> => {
  const readers = readersOf(nodes.length, (id) => { const node = nodes[id]; return node === undefined ? [] : operandsOf(node); });
  const found = new Set<NodeId>(seeds), queue = [...found];
  const add = (id: NodeId): void => { if (!found.has(id)) { found.add(id); queue.push(id); } };
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) readers(id, add);
  return found;
};

/** A program of a window in which what reaches a result has the steps that it has in the sequence, moved to the window. */
export const withStepsOfResults = (window: Program, program: Program, moved: (steps: Interval) => Interval): Program => {
  const domains = [...(window.domains ?? [])];
  for (const { override, outs } of program.calls) {
    if (override?.tag !== "custom") continue;
    override.seeds.forEach((seed, k) => {
      const time = (program.domains ?? [])[outs[k]?.node ?? -1]?.time ?? null, own = domains[seed];
      if (time !== null && own !== undefined) domains[seed] = { ...own, time: moved(time) };
    });
  }
  return { ...window, domains };
};

export interface StatedResult {
  /** What the outermost of the calls that give it stands in. */
  readonly parent: CallId | null;
  /** Whether a value is made within that call. */
  readonly isWithin: (id: NodeId) => boolean;
}

/** The results of calls that state gradients. */
export const statedResults = ({ calls, callOf }: Program): ReadonlyMap<NodeId, StatedResult> => {
  const found = new Map<NodeId, StatedResult>();
  const isIn = (call: CallId, from: CallId | null): boolean => {
    for (let at = from; at !== null; at = calls[at]?.parent ?? null) if (at === call) return true;
    return false;
  };
  calls.forEach(({ override, outs, parent }, call) => {
    if (override?.tag !== "custom") return;
    for (const { node } of outs) if (isIn(call, callOf[node] ?? null) && found.get(node)?.isWithin(node) !== false) found.set(node, { parent, isWithin: (id) => isIn(call, callOf[id] ?? null) });
  });
  return found;
};

export interface StatedGradients {
  /** What is made of what reaches the results of calls. */
  readonly gradients: ReadonlySet<NodeId>;
  /** Values that they are made of beside that. */
  readonly values: readonly NodeId[];
}

/** Of the calls that give some of these values. */
export const statedGradients = ({ nodes, calls }: Program, reached: readonly NodeId[]): StatedGradients => {
  const known = new Set(reached), seeds: NodeId[] = [], stated: Operand[] = [];
  for (const { override, outs } of calls) {
    if (override?.tag !== "custom" || !outs.some((x) => known.has(x.node))) continue;
    seeds.push(...override.seeds);
    stated.push(...override.ins.flatMap((x) => x ?? []), ...override.params.map((one) => one.gradient));
  }
  const made = dependentOn(nodes, seeds), order = demandOrder(nodes, stated.map((x) => read(x.node)));
  return { gradients: new Set(order.filter((id) => made.has(id))), values: order.filter((id) => !made.has(id)) };
};
