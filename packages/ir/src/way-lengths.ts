/** How far from the objective's own step the ways of `x $ J` can lead, node by node: longest and shortest paths over the steps that reads go. */
import type { NodeId } from "./time.js";

/** A reader, what it reads, and between how many steps later (negative: earlier) that is read; infinite where the reader's step does not say. */
export interface Edge {
  readonly reader: NodeId;
  readonly source: NodeId;
  readonly least: number;
  readonly most: number;
}

/** Steps relative to the objective's; a place of the node outside of them lies on no way. An end may be infinite. */
export interface Extent {
  readonly low: number;
  readonly high: number;
}

type Arc = readonly [from: NodeId, to: NodeId, length: number];

/** From the objective at step 0 to the starts at their own; only nodes on the way from one to the other have an extent. */
export const extentsOf = (objective: NodeId, starts: readonly (readonly [NodeId, Extent])[], edges: readonly Edge[]): ReadonlyMap<NodeId, Extent> => {
  const origin = [[objective, 0]] as const;
  const latest = longest(origin, edges.map((e) => [e.reader, e.source, e.most]));
  const earliest = longest(origin, edges.map((e) => [e.reader, e.source, -e.least]));
  const last = longest(starts.map(([node, { high }]) => [node, high]), edges.map((e) => [e.source, e.reader, -e.least]));
  const first = longest(starts.map(([node, { low }]) => [node, -low]), edges.map((e) => [e.source, e.reader, e.most]));
  const found = new Map<NodeId, Extent>();
  for (const [node, high] of latest) {
    const early = earliest.get(node), upper = last.get(node), lower = first.get(node);
    if (early !== undefined && upper !== undefined && lower !== undefined) found.set(node, { low: Math.max(-early, -lower), high: Math.min(high, upper) });
  }
  return found;
};

/** Longest paths by Bellman and Ford's rounds: what still grows after as many rounds as there are nodes grows without end, round a cycle. */
export const longest = (starts: readonly (readonly [NodeId, number])[], arcs: readonly Arc[]): ReadonlyMap<NodeId, number> => {
  const next = new Map<NodeId, Arc[]>();
  const nodes = new Set<NodeId>();
  for (const arc of arcs) {
    const list = next.get(arc[0]);
    if (list === undefined) next.set(arc[0], [arc]);
    else list.push(arc);
    nodes.add(arc[0]).add(arc[1]);
  }
  const found = new Map<NodeId, number>();
  let changed = new Set<NodeId>();
  const grow = (node: NodeId, length: number): void => {
    if (length <= (found.get(node) ?? -Infinity)) return;
    found.set(node, length);
    changed.add(node);
  };
  for (const [node, length] of starts) grow(node, length);
  for (let round = 0; changed.size > 0; round += 1) {
    const from = changed;
    changed = new Set();
    for (const node of from) {
      if (round > nodes.size) found.set(node, Infinity);
      for (const [, to, length] of next.get(node) ?? []) grow(to, (found.get(node) ?? 0) + length);
    }
  }
  return found;
};
