/** The ways along which `x $ J` goes: from this instance of x to J, the other members of the tuple held constant. */
import { placeOf } from "./places.js";
import type { PlaceKey } from "./places.js";
import { shiftRead } from "./program.js";
import type { Node } from "./program.js";
import { readersOf } from "./readers.js";
import type { NodeId, Operand } from "./time.js";
import { extentsOf } from "./way-lengths.js";
import type { Edge, Extent } from "./way-lengths.js";

/** A program as gradients see it. */
export interface Flow {
  readonly size: number;
  readonly nodeAt: (node: NodeId) => Node;
  readonly isTimed: (node: NodeId) => boolean;
  /** The operands that a gradient may pass to. */
  readonly sourcesOf: (node: NodeId) => readonly Operand[];
}

export interface Paths {
  /** Whether a node is on the ways, members and objective included. */
  readonly on: (node: NodeId) => boolean;
  /** Whether a place is a member's instance: ways start there. */
  readonly isStart: (node: NodeId, step: number) => boolean;
  /** The steps of what a reader (null: a call, as its argument) at `step` reads as `x`, as far as that use lies on a way. */
  readonly land: (reader: NodeId | null, step: number, x: Operand) => readonly number[];
  /** All places on the ways, those of values without time at step 0; null: the nodes that are on them, each at step 0, which stands for every step. */
  readonly places: ReadonlyMap<PlaceKey, Start> | null;
  /** Where the members are, in their order. */
  readonly starts: readonly Start[];
  readonly missing: readonly Operand[];
  readonly refused: Refusal | null;
}

/** A node at a step: of a member's, the gradient that arrives there is what the statement gives to it. */
export interface Start {
  readonly node: NodeId;
  readonly step: number;
}

/**
 * Why the ways cannot be followed. `member`: the left side is at a fixed step; `itself`: an objective of all steps, where one step of a member
 * leads to another; `all`: all instances of a value are read together, those of other samples, too; `endless`: as many steps as the sequence has.
 */
export interface Refusal {
  readonly node: NodeId;
  readonly why: "member" | "itself" | "all" | "endless";
}

const HERE: readonly number[] = [0], NOWHERE_READ: readonly number[] = [];

export const pathsOf = (flow: Flow, members: readonly Operand[], value: NodeId): Paths => {
  const { isTimed } = flow;
  const ahead = reachedFrom(flow, members.map((x) => x.node));
  const fixed = members.find((x) => isTimed(x.node) && shiftRead(null, x) === null);
  if (fixed === undefined && isTimed(value) && members.some((x) => isTimed(x.node))) return atInstants(flow, members, value, behind(flow, value, ahead, () => false));
  // Members without time are the same at every step, and an objective without time is one for all steps: each use counts at its own step.
  const leaves = new Set(members.map((x) => x.node));
  const between = behind(flow, value, ahead, (node) => leaves.has(node));
  const itself = members.find((x) => isTimed(x.node) && flow.sourcesOf(x.node).some((source) => ahead[source.node] === 1));
  const missing = members.filter((x) => !between.has(x.node));
  return {
    on: (node) => between.has(node),
    isStart: (node) => leaves.has(node),
    land: (_, __, x) => (between.has(x.node) ? HERE : NOWHERE_READ),
    places: null,
    starts: members.map((x) => ({ node: x.node, step: 0 })),
    missing,
    refused: missing.length > 0 ? null : fixed !== undefined ? { node: fixed.node, why: "member" } : itself !== undefined ? { node: itself.node, why: "itself" } : null,
  };
};

/** Nodes that depend on some others along ways that a gradient takes. */
const reachedFrom = (flow: Flow, from: Iterable<NodeId>): Uint8Array => {
  const readers = readersOf(flow.size, flow.sourcesOf);
  const found = new Uint8Array(flow.size);
  const queue: NodeId[] = [];
  const add = (id: NodeId): void => {
    if (found[id] === 1) return;
    found[id] = 1;
    queue.push(id);
  };
  for (const id of from) add(id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) readers(id, add);
  return found;
};

/** What the objective depends on and a member leads to. */
const behind = (flow: Flow, value: NodeId, ahead: Uint8Array, isLeaf: (node: NodeId) => boolean): ReadonlySet<NodeId> => {
  const found = new Set<NodeId>();
  const queue: NodeId[] = [value];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (ahead[id] !== 1 || found.has(id)) continue;
    found.add(id);
    if (!isLeaf(id)) for (const x of flow.sourcesOf(id)) queue.push(x.node);
  }
  return found;
};

/** Nodes at their steps, counted from the objective's: a value that is needed at several is a place at each. */
const atInstants = (flow: Flow, members: readonly Operand[], value: NodeId, between: ReadonlySet<NodeId>): Paths => {
  const { isTimed } = flow;
  const starts = members.map((x): Start => ({ node: x.node, step: isTimed(x.node) ? (shiftRead(null, x) ?? 0) : 0 }));
  const leaves = new Set(starts.map((x) => placeOf(x.node, x.step)));
  const edges = edgesOf(flow, between);
  const ends = starts.map(({ node, step }): readonly [NodeId, Extent] => [node, isTimed(node) ? { low: step, high: step } : { low: -Infinity, high: Infinity }]);
  const extents = extentsOf(value, ends.filter(([node]) => between.has(node)), edges);
  const endless = [...extents].find(([node, { low, high }]) => isTimed(node) && (low === -Infinity || high === Infinity) && low <= high)?.[0];
  /** Null where instances are read together. */
  const stepsOf = (reader: NodeId | null, step: number, x: Operand): readonly number[] | null => {
    if (x.at.tag === "over" || x.at.tag === "fan") return null;
    if (!isTimed(x.node)) return HERE;
    const extent = extents.get(x.node);
    if (extent === undefined) return NOWHERE_READ;
    const { least, most } = reader === null ? reachAt(null, x) : reachOf(flow, reader, x);
    const low = Math.max(extent.low, step + least), high = Math.min(extent.high, step + most);
    return Array.from({ length: Math.max(0, high - low + 1) }, (_, k) => low + k);
  };
  const found = endless === undefined ? findPlaces(flow, value, leaves, extents, stepsOf) : { seen: new Map<PlaceKey, Start>(), readers: new Map<PlaceKey, PlaceKey[]>(), blurred: null };
  const alive = aliveFrom(starts, found);
  const on = new Set([...alive.values()].map((x) => x.node));
  const land = (reader: NodeId | null, step: number, x: Operand): readonly number[] => (stepsOf(reader, step, x) ?? NOWHERE_READ).filter((to) => alive.has(placeOf(x.node, to)));
  const missing = endless === undefined && found.blurred === null ? members.filter((_, k) => !alive.has(placeOf(starts[k]?.node ?? 0, starts[k]?.step ?? 0))) : [];
  return {
    on: (node) => on.has(node),
    isStart: (node, step) => leaves.has(placeOf(node, step)),
    land,
    places: alive,
    starts,
    missing,
    refused: endless !== undefined ? { node: endless, why: "endless" } : found.blurred,
  };
};

const edgesOf = (flow: Flow, between: ReadonlySet<NodeId>): readonly Edge[] => {
  const edges: Edge[] = [];
  for (const reader of between) {
    for (const x of flow.sourcesOf(reader)) if (between.has(x.node)) edges.push({ reader, source: x.node, ...reachOf(flow, reader, x) });
  }
  return edges;
};

const ANYWHERE = { least: -Infinity, most: Infinity };

/** Between how many steps later a reader reads `x`: of a range, those within; at a fixed step, any, for the reader's own is not known. */
const reachOf = (flow: Flow, reader: NodeId, x: Operand): Pick<Edge, "least" | "most"> =>
  flow.isTimed(reader) && flow.isTimed(x.node) ? reachAt(flow.nodeAt(reader), x) : ANYWHERE;

const reachAt = (reader: Node | null, x: Operand): Pick<Edge, "least" | "most"> => {
  const shift = shiftRead(reader, x);
  if (shift !== null) return { least: shift, most: shift };
  if (x.at.tag !== "range") return ANYWHERE;
  const { lower, upper } = x.at.on;
  return { least: lower.from === "t" ? lower.plus : -Infinity, most: upper.from === "t" ? upper.plus : Infinity };
};

interface Found {
  readonly seen: ReadonlyMap<PlaceKey, Start>;
  readonly readers: ReadonlyMap<PlaceKey, readonly PlaceKey[]>;
  readonly blurred: Refusal | null;
}

/** From the objective backward, as far as a member's instance can be reached; what a member's own instance reads is not on its way. */
const findPlaces = (
  flow: Flow,
  value: NodeId,
  leaves: ReadonlySet<PlaceKey>,
  extents: ReadonlyMap<NodeId, Extent>,
  stepsOf: (reader: NodeId, step: number, x: Operand) => readonly number[] | null,
): Found => {
  const readers = new Map<PlaceKey, PlaceKey[]>();
  const seen = new Map<PlaceKey, Start>();
  const queue: Start[] = [];
  let blurred: Refusal | null = null;
  const see = (node: NodeId, step: number, reader: PlaceKey | null): void => {
    const extent = extents.get(node);
    if (extent === undefined || step < extent.low || step > extent.high) return;
    const place = placeOf(node, step);
    if (reader !== null) readers.set(place, [...(readers.get(place) ?? []), reader]);
    if (seen.has(place)) return;
    seen.set(place, { node, step });
    queue.push({ node, step });
  };
  see(value, 0, null);
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const place = placeOf(at.node, at.step);
    if (leaves.has(place)) continue;
    for (const x of flow.sourcesOf(at.node)) {
      const steps = stepsOf(at.node, at.step, x);
      for (const step of steps ?? []) see(x.node, step, place);
      if (steps === null && extents.has(x.node)) blurred ??= { node: x.node, why: "all" };
    }
  }
  return { seen, readers, blurred };
};

const aliveFrom = (starts: readonly Start[], { seen, readers }: Found): ReadonlyMap<PlaceKey, Start> => {
  const alive = new Map<PlaceKey, Start>();
  const queue = starts.map((x) => placeOf(x.node, x.step));
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    const at = seen.get(place);
    if (alive.has(place) || at === undefined) continue;
    alive.set(place, at);
    queue.push(...(readers.get(place) ?? []));
  }
  return alive;
};
