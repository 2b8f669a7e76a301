/** Calls whose rules are overridden are units to differentiation; the rest of the calls are transparent. A region is the body of a unit. */
import { invariant } from "@sequent/ir";
import { operandsOf, placeOf, read } from "@sequent/ir";
import type { CallId, NodeId, Operand, PlaceKey, Program } from "@sequent/ir";
import type { Ways } from "./places.js";

/** The body of a call with an override, or the top level. */
export type Region = CallId | null;

/** A node of a region, or a whole unit in it. */
export type Vertex = { readonly tag: "node"; readonly node: NodeId } | { readonly tag: "unit"; readonly call: CallId };

/** A vertex at a step, as its places are. */
export interface Stop {
  readonly vertex: Vertex;
  readonly step: number;
}

/** What a unit reads from outside: first its arguments, then whatever else its body reads; parameters apart. */
export interface Boundary {
  readonly ins: readonly Operand[];
  readonly params: readonly NodeId[];
}

export interface Regions {
  readonly regionOf: (node: NodeId) => Region;
  /** The part of `region` that holds a node: itself, or the unit it is in; null if the node lies outside. */
  readonly vertexIn: (region: Region, node: NodeId) => Vertex | null;
  readonly boundaryOf: (unit: CallId) => Boundary;
  /** Operands before readers, as far as recurrence allows, of the stops in a region (all that the ways have there, or the whole region). */
  readonly orderOf: (region: Region, step: number, ways: Ways) => Order;
  /** Whether a node lies in the body of a call whose gradient is given by hand. */
  readonly isCustom: (node: NodeId) => boolean;
}
export interface Order {
  readonly stops: readonly Stop[];
  /** The places that someone before them reads. */
  readonly late: ReadonlySet<PlaceKey>;
}

export const sameRead = (x: Operand): string => `${String(x.node)} ${JSON.stringify(x.at)} ${String(x.old)}`;

/** For each call, itself or the nearest caller that has an override. */
const nearestUnits = (program: Program): readonly Region[] => {
  const found: (Region | undefined)[] = new Array<Region | undefined>(program.calls.length);
  for (let id = 0; id < program.calls.length; id += 1) {
    const chain: CallId[] = [];
    let at: CallId | null = id;
    while (at !== null && found[at] === undefined && (program.calls[at]?.override ?? null) === null) {
      chain.push(at);
      at = program.calls[at]?.parent ?? null;
    }
    const unit: Region = at === null ? null : (found[at] ?? (found[at] === null ? null : at));
    if (at !== null) found[at] = unit;
    for (const call of chain) found[call] = unit;
  }
  return found.map((unit) => unit ?? null);
};

interface Draft {
  readonly ins: Operand[];
  readonly seen: Set<string>;
  readonly params: Set<NodeId>;
}

export const findRegions = (program: Program): Regions => {
  const nearest = nearestUnits(program);
  const parentOf = (unit: CallId): Region => {
    const parent = program.calls[unit]?.parent ?? null;
    return parent === null ? null : (nearest[parent] ?? null);
  };
  const regionOf = (node: NodeId): Region => {
    const call = program.callOf[node] ?? null;
    return call === null ? null : (nearest[call] ?? null);
  };
  const vertexIn = (region: Region, node: NodeId): Vertex | null => {
    let inside = regionOf(node);
    if (inside === region) return { tag: "node", node };
    while (inside !== null) {
      const parent = parentOf(inside);
      if (parent === region) return { tag: "unit", call: inside };
      inside = parent;
    }
    return null;
  };
  const drafts = draftBoundaries(program, regionOf, parentOf, vertexIn);
  const boundaryOf = (unit: CallId): Boundary => {
    const draft = drafts.get(unit);
    return draft === undefined ? { ins: [], params: [] } : { ins: draft.ins, params: [...draft.params] };
  };
  const isCustom = (node: NodeId): boolean => {
    for (let region = regionOf(node); region !== null; region = parentOf(region)) {
      if (program.calls[region]?.override?.tag === "custom") return true;
    }
    return false;
  };
  const members = new Map<Region, Vertex[]>();
  const put = (region: Region, vertex: Vertex): void => {
    const list = members.get(region);
    if (list === undefined) members.set(region, [vertex]);
    else list.push(vertex);
  };
  for (let node = 0; node < program.nodes.length; node += 1) put(regionOf(node), { tag: "node", node });
  program.calls.forEach((call, id) => {
    if (call.override !== null) put(parentOf(id), { tag: "unit", call: id });
  });
  const readsOf = (vertex: Vertex): readonly Operand[] => {
    if (vertex.tag === "unit") return boundaryReads(boundaryOf(vertex.call));
    const node = program.nodes[vertex.node];
    return node === undefined ? [] : operandsOf(node);
  };
  return {
    regionOf,
    vertexIn,
    boundaryOf,
    isCustom,
    orderOf: (region, step, ways) => {
      const stops = ways.stopsIn(region, step) ?? (members.get(region) ?? []).map((vertex) => ({ vertex, step: 0 }));
      return sortStops(stops, readsOf, (from, x) => {
        const vertex = vertexIn(region, x.node);
        return vertex === null ? [] : ways.land(from.vertex.tag === "node" ? from.vertex.node : null, from.step, x).map((step) => ({ vertex, step }));
      });
    },
  };
};

/** Its parameters, too, come before a unit that gives them gradients. */
const boundaryReads = ({ ins, params }: Boundary): readonly Operand[] => [...ins, ...params.map((node) => read(node))];

const draftBoundaries = (
  program: Program,
  regionOf: (node: NodeId) => Region,
  parentOf: (unit: CallId) => Region,
  vertexIn: (region: Region, node: NodeId) => Vertex | null,
): ReadonlyMap<CallId, Draft> => {
  const drafts = new Map<CallId, Draft>();
  program.calls.forEach((call, id) => {
    if (call.override !== null) drafts.set(id, { ins: [...call.ins], seen: new Set(call.ins.map(sameRead)), params: new Set() });
  });
  if (drafts.size === 0) return drafts;
  program.nodes.forEach((node, id) => {
    for (let region = regionOf(id); region !== null; region = parentOf(region)) {
      const draft = drafts.get(region);
      invariant(draft !== undefined, "a region without its call");
      for (const x of operandsOf(node)) {
        if (vertexIn(region, x.node) !== null) continue;
        if (program.nodes[x.node]?.tag === "param") draft.params.add(x.node);
        else if (!draft.seen.has(sameRead(x))) {
          draft.seen.add(sameRead(x));
          draft.ins.push(x);
        }
      }
    }
  });
  return drafts;
};

const keyOf = ({ vertex, step }: Stop): number => placeOf(vertex.tag === "node" ? vertex.node : -1 - vertex.call, step);

/** Depth first without recursion; a read of a stop that is still open closes a cycle, and makes what it reads late. */
const sortStops = (
  roots: readonly Stop[],
  readsOf: (vertex: Vertex) => readonly Operand[],
  stopsOf: (from: Stop, x: Operand) => readonly Stop[],
): Order => {
  const state = new Map<number, "open" | "done">();
  const stops: Stop[] = [];
  const late = new Set<PlaceKey>();
  const stack: { readonly stop: Stop; readonly reads: readonly Operand[]; next: number; read: readonly Stop[]; at: number }[] = [];
  const open = (stop: Stop): void => {
    state.set(keyOf(stop), "open");
    stack.push({ stop, reads: readsOf(stop.vertex), next: 0, read: [], at: 0 });
  };
  for (const root of roots) {
    if (state.has(keyOf(root))) continue;
    open(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const stop = top.read[top.at], of = top.reads[top.next - 1];
      if (stop !== undefined && of !== undefined) {
        top.at += 1;
        const known = state.get(keyOf(stop));
        if (known === "open") late.add(placeOf(of.node, stop.step));
        else if (known === undefined) open(stop);
        continue;
      }
      const x = top.reads[top.next];
      top.next += 1;
      if (x === undefined) {
        state.set(keyOf(top.stop), "done");
        stops.push(top.stop);
        stack.pop();
        continue;
      }
      Object.assign(top, { read: stopsOf(top.stop, x), at: 0 });
    }
  }
  return { stops, late };
};
