/** Reverse mode, equations to equations: from gradients at some nodes of a region to gradients at all that they depend on. */
import { NOW, NOWHERE, placeOf, read } from "@sequent/ir";
import type { AnyOp, Build, Interval, Node, NodeId, Operand, Piece, PlaceKey, Site, TableBuilder, Varies } from "@sequent/ir";
import type { Ways } from "./places.js";
import { decoded, isFloat } from "./primal.js";
import type { Primal } from "./primal.js";
import { sameRead } from "./regions.js";
import type { Region, Vertex } from "./regions.js";
import { atHere } from "./transpose.js";
import { spreadOver } from "./vocabulary.js";
import { differentiateUnit } from "./unit.js";

export interface Sweep extends Ways {
  readonly b: TableBuilder;
  readonly primal: Primal;
  /** The gradients found, by place. */
  readonly found: Map<PlaceKey, Operand>;
}

/** What leaves a region: terms for what its body reads from outside, as read there, and sums for parameters. */
export interface Outflow {
  readonly ins: ReadonlyMap<string, Operand>;
  readonly params: ReadonlyMap<NodeId, Operand>;
}

interface State {
  readonly region: Region;
  readonly pieces: Map<PlaceKey, Piece[]>;
  /** Gradients of single results of ops that have several. */
  readonly results: Map<PlaceKey, Map<number, Operand>>;
  /** Nodes in the bodies of units, each at a step, that someone outside them reads. */
  readonly seedsOf: Map<PlaceKey, Set<NodeId>>;
  readonly ins: Map<string, Operand[]>;
  readonly params: Map<NodeId, Piece[]>;
}

/** Walks a region against the flow of values, each stop once; `step` is the region's own, at which its seeds are. */
export const sweep = (s: Sweep, region: Region, step: number, seeds: readonly (readonly [NodeId, Piece])[]): Outflow => {
  const state: State = { region, pieces: new Map(), results: new Map(), seedsOf: new Map(), ins: new Map(), params: new Map() };
  const { stops, late } = s.primal.regions.orderOf(region, step, s);
  const reserved = new Map<PlaceKey, NodeId>();
  for (const [node, piece] of seeds) put(s, state, read(node), step, piece);
  const settle = (node: NodeId, at: number): Operand | null => {
    const place = placeOf(node, at);
    if (!late.has(place) || !s.useful(node)) return combine(s, node, state.pieces.get(place) ?? []);
    const row = reserve(s, node);
    reserved.set(place, row);
    return read(row);
  };
  for (let k = stops.length - 1; k >= 0; k -= 1) {
    const stop = stops[k];
    if (stop === undefined) continue;
    if (stop.vertex.tag === "node") visitNode(s, state, stop.vertex.node, stop.step, settle);
    else visitUnit(s, state, stop.vertex.call, stop.step, settle);
  }
  for (const [place, row] of reserved) s.b.define(row, { tag: "sum", pieces: state.pieces.get(place) ?? [] });
  return {
    ins: new Map([...state.ins].map(([key, terms]) => [key, s.b.sum(terms)])),
    params: new Map([...state.params].map(([node, terms]) => [node, s.b.sum(terms.map((piece) => piece.value))])),
  };
};

const push = <K, A>(map: Map<K, A[]>, key: K, value: A): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

const reserve = (s: Sweep, node: NodeId): NodeId => {
  const { varies, domain } = s.rowOf(node);
  return s.b.reserve(s.primal.typeAt(node), varies, domain);
};

/** One operand, per instance of the node, that is the sum of its terms. */
const combine = (s: Sweep, node: NodeId, pieces: readonly Piece[]): Operand | null => {
  const [first, ...rest] = pieces;
  if (first === undefined) return null;
  const plain = pieces.every((piece) => piece.on === null && piece.value.at.tag === "at");
  const sum = (): Operand => {
    if (plain) return rest.length === 0 ? atHere(s.b, first.value) : s.b.join(pieces);
    const row = reserve(s, node);
    s.b.define(row, { tag: "sum", pieces });
    return read(row);
  };
  const total = sum();
  const shared = s.b.isStatic(total) && s.primal.variesAt(node).space.tag !== "static";
  return shared ? spreadOver(s.b, total, read(node)) : total;
};

type Settle = (node: NodeId, step: number) => Operand | null;

const visitNode = (s: Sweep, state: State, id: NodeId, step: number, settle: Settle): void => {
  const node = s.primal.nodeAt(id), place = placeOf(id, step);
  const gradient = s.useful(id) ? settle(id, step) : null;
  const results = state.results.get(place);
  if (gradient !== null) s.found.set(place, gradient);
  if (s.leaf(id, step) || (gradient === null && results === undefined)) return;
  s.b.within(null, s.primal.program.spans[id] ?? NOWHERE);
  switch (node.tag) {
    case "op":
      visitOp(s, state, id, step, node, [gradient, ...[...(results ?? [])].reduce(byResult, [])]);
      return;
    case "pick": {
      const of = placeOf(node.of, step);
      if (gradient !== null) state.results.set(of, (state.results.get(of) ?? new Map<number, Operand>()).set(node.result, gradient));
      return;
    }
    case "cases":
    case "sum":
      if (gradient !== null) for (const piece of node.pieces) contribute(s, state, id, step, piece.value, gradient, piece.on);
      return;
    default:
      return;
  }
};

const byResult = (list: (Operand | null)[], [result, gradient]: readonly [number, Operand]): (Operand | null)[] => {
  while (list.length < result) list.push(null);
  list[result - 1] = gradient;
  return list;
};

const visitOp = (
  s: Sweep, state: State, id: NodeId, step: number, node: Extract<Node, { tag: "op" }>, gradient: readonly (Operand | null)[],
): void => {
  const op = s.primal.opNamed(node.op);
  if (op.autodiff.tag !== "rule") return;
  const attrs = decoded(op, node.attrs);
  const lands = node.ins.map((x) => landings(s, id, step, x));
  const wants = lands.map((at) => at.length > 0);
  if (!wants.includes(true)) return;
  const outs = Array.from({ length: op.results }, (_, k) => (k === 0 ? read(id) : s.b.pick(read(id), k)));
  const filled = outs.map((_, k) => gradient[k] ?? null);
  const site: Site<unknown> = { attrs, ins: node.ins, outs, gradient: filled };
  const totals = totalsOf(s, op, id, site, wants);
  const left = wants.map((wanted, k) => wanted && (totals[k] ?? null) === null);
  const instances = left.includes(true) ? op.autodiff.instance(s.b, site) : [];
  node.ins.forEach((x, k) => {
    const total = totals[k] ?? null;
    const instance = instances[k] ?? null;
    if (wants[k] === true && total !== null) for (const at of lands[k] ?? []) put(s, state, x, at, { on: null, value: total });
    else if (left[k] === true && instance !== null) contribute(s, state, id, step, x, instance, null);
  });
};

const isShared = (varies: Varies): boolean => varies.space.tag === "static";

/** Sums over all instances at once, where the record knows how and some input is shared by all instances of the node. */
const totalsOf = (s: Sweep, op: AnyOp, id: NodeId, site: Site<unknown>, wants: readonly boolean[]): readonly (Operand | null)[] => {
  const rule: Build | undefined = op.autodiff.tag === "rule" ? op.autodiff.total : undefined;
  if (rule === undefined || isShared(s.primal.variesAt(id))) return [];
  const shared = site.ins.map((x, k) => wants[k] === true && isShared(s.primal.variesAt(x.node)));
  if (!shared.includes(true)) return [];
  const given = rule(s.b, { ...site, ins: site.ins.map((x) => atHere(s.b, x)) });
  return given.map((x, k) => (shared[k] === true ? x : null));
};

/** The steps of what a reader at `step` reads, if a gradient flows along that use. */
const landings = (s: Sweep, reader: NodeId | null, step: number, x: Operand): readonly number[] =>
  x.old || !s.useful(x.node) || !isFloat(s.primal.typeAt(x.node)) ? [] : s.land(reader, step, x);

/** Adds what a reader's use of `x` gives to the gradient of what it reads. */
const contribute = (s: Sweep, state: State, reader: NodeId, step: number, x: Operand, gradient: Operand, on: Interval | null): void => {
  const lands = landings(s, reader, step, x);
  if (lands.length === 0) return;
  if (s.primal.regions.vertexIn(state.region, x.node) === null && s.primal.nodeAt(x.node).tag !== "param") {
    push(state.ins, sameRead(x), asRead(s, reader, x, gradient, on));
    return;
  }
  const use = { x, source: s.primal.variesAt(x.node), gradient: atHere(s.b, gradient), reader: s.primal.variesAt(reader), on };
  for (const at of lands) put(s, state, x, at, s.give(s.b, { ...use, from: step, to: at }));
};

/** The term for an argument of a unit, in the steps of the unit: its context is transposed outside. */
const asRead = (s: Sweep, reader: NodeId, x: Operand, gradient: Operand, on: Interval | null): Operand => {
  const source = s.primal.variesAt(x.node);
  if (source.time || s.perStep) return on === null ? gradient : s.b.join([{ on, value: gradient }]);
  return s.give(s.b, { x, source, gradient: atHere(s.b, gradient), reader: s.primal.variesAt(reader), on, from: 0, to: 0 }).value;
};

const put = (s: Sweep, state: State, x: Operand, step: number, piece: Piece): void => {
  const vertex: Vertex | null = s.primal.regions.vertexIn(state.region, x.node);
  if (vertex === null) {
    push(state.params, x.node, piece);
    return;
  }
  push(state.pieces, placeOf(x.node, step), piece);
  if (vertex.tag !== "unit") return;
  const call: number = vertex.call;
  const unit = placeOf(call, step);
  state.seedsOf.set(unit, (state.seedsOf.get(unit) ?? new Set<NodeId>()).add(x.node));
};

const visitUnit = (s: Sweep, state: State, call: number, step: number, settle: Settle): void => {
  const outs = s.primal.program.calls[call]?.outs ?? [];
  const extra = [...(state.seedsOf.get(placeOf(call, step)) ?? [])].filter((node) => outs.every((x) => x.node !== node)).map((node) => read(node, NOW));
  const all = [...outs, ...extra];
  const gradient = all.map((x) => (s.primal.regions.vertexIn(call, x.node) === null ? null : settle(x.node, step)));
  if (gradient.every((g) => g === null)) return;
  all.forEach((x, k) => {
    const g = gradient[k] ?? null;
    if (g !== null) s.found.set(placeOf(x.node, step), g);
  });
  if (all.every((x) => s.leaf(x.node, step))) return;
  const { ins, params } = differentiateUnit(s, call, all, gradient, (seeds) => sweep(s, call, step, seeds));
  const boundary = s.primal.regions.boundaryOf(call);
  boundary.ins.forEach((x, k) => {
    const g = ins[k] ?? null;
    if (g !== null) contributeFromUnit(s, state, step, x, g);
  });
  boundary.params.forEach((node, k) => {
    const g = params[k] ?? null;
    if (g !== null) for (const at of s.land(null, step, read(node))) put(s, state, read(node), at, { on: null, value: g });
  });
};

/** What a unit's rule gives for an argument, per instance of the unit (or already summed, where the argument is shared). */
const contributeFromUnit = (s: Sweep, state: State, step: number, x: Operand, gradient: Operand): void => {
  const lands = landings(s, null, step, x);
  if (lands.length === 0) return;
  const source = s.primal.variesAt(x.node);
  const reader: Varies = s.b.isStatic(gradient) ? { space: { tag: "static" }, time: false } : { space: { tag: "data" }, time: source.time };
  if (s.primal.regions.vertexIn(state.region, x.node) === null && s.primal.nodeAt(x.node).tag !== "param") {
    push(state.ins, sameRead(x), gradient);
    return;
  }
  for (const at of lands) put(s, state, x, at, s.give(s.b, { x, source, gradient: atHere(s.b, gradient), reader, on: null, from: step, to: at }));
};
