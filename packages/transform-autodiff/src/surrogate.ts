/**
 * Gradients that a backend's own differentiation can't take, by our equations. What they flow through is *behind*: of a statement `x $ J` the ways
 * from x to J; of a call whose stated gradient the backend has no words for, its body and all that depends on it. With g the gradients that arrive
 * at what is read from behind but not made there (x; arguments and weights), and S = Σ f g over all of these f, the g constants, a statement's
 * mean J becomes J − (S − S), J and the last S constants: its value is J's, and what autograd takes of it are the g.
 */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, demandOrder, detach, NOW, NOWHERE, read } from "@sequent/ir";
import type { CallId, Diagnostics, Env, Name, Node, NodeId, Objective, Operand, Program, TableBuilder } from "@sequent/ir";
import { seedsOf } from "./ascend.js";
import type { Seed } from "./ascend.js";
import { expandForRules } from "./expand.js";
import { everyWay } from "./places.js";
import { createPrimal, isFloat, reachedFrom, reaching, weightsOf } from "./primal.js";
import type { Primal } from "./primal.js";
import { sweep } from "./reverse.js";
import { totalOf } from "./vocabulary.js";

export interface SurrogateRequest {
  readonly isChosen: (objective: Objective) => boolean;
  /** Calls whose stated gradients are taken by our equations. */
  readonly calls: ReadonlySet<CallId>;
  /** Values whose gradients the caller takes, beside those of the weights. */
  readonly wanted: readonly NodeId[];
}

/** What stands in the place of others. */
export interface Replaced {
  /** For wanted values that lie behind: what has their gradient in their place. */
  readonly beside: ReadonlyMap<NodeId, NodeId>;
  /** The means of statements, by what has their values and gives their gradients. */
  readonly means: ReadonlyMap<NodeId, NodeId>;
  /** The functions that state the gradients which are computed over the whole batch at once. */
  readonly functions: readonly string[];
}

export interface Surrogates {
  readonly program: Program;
  /** Null: nothing is replaced. */
  readonly replaced: Replaced | null;
}

/** The statements that are chosen, and those that come from the calls, as bare ones that autograd takes. Left: what their gradients are refused for. */
export const withSurrogates = (written: Program, env: Env, request: SurrogateRequest): E.Either<Diagnostics, Surrogates> => {
  if (request.calls.size === 0 && !written.objectives.some(request.isChosen)) return E.right({ program: written, replaced: null });
  const program = expandForRules(written, env);
  const primal = createPrimal(program, env);
  const b = createBuilder(program, env, { states: "shared" });
  const isBehind = behindCalls(primal, request.calls);
  const isTaken = (one: Objective): boolean => one.mean !== null && (request.isChosen(one) || isBehind[one.value ?? -1] === 1);
  const seeds: Seed[] = [], terms = new Map<Objective, readonly Operand[]>();
  for (const objective of program.objectives.filter(isTaken)) {
    b.within(null, objective.span);
    const found = seedsOf(b, primal, objective);
    if (E.isLeft(found)) return E.left([found.left]);
    const behind = found.right.seeds.filter(([node]) => isBehind[node] === 1);
    seeds.push(...behind);
    terms.set(objective, found.right.seeds.flatMap((seed) => (behind.includes(seed) ? [] : [timesConstant(b, read(seed[0]), seed[1].value)])));
  }
  const found = gradientsIn(b, primal, isBehind, seeds, request.wanted), beside = new Map<NodeId, NodeId>();
  const wanted = new Set(request.wanted);
  const behind = [...found].flatMap(([node, gradient]): readonly Operand[] => {
    b.within(null, program.spans[node] ?? NOWHERE);
    if (isBehind[node] !== 1) return [timesConstant(b, read(node), gradient)];
    if (!wanted.has(node)) return [];
    const own = b.op("core.here", [detach(b, read(node))]);
    beside.set(node, own.node);
    return [timesConstant(b, own, gradient)];
  });
  // What they all give together stands in the first statement.
  const [first] = terms.keys();
  if (first !== undefined) terms.set(first, [...(terms.get(first) ?? []), ...behind]);
  const objectives = program.objectives.map((one) => surrogateOf(b, one, terms.get(one) ?? null));
  // The values themselves stay what is written, but where a gradient is made of what was drawn for them.
  const isDrawn = (node: Node, id: NodeId): boolean => isBehind[id] === 1 && node.tag === "op" && env.ops.get(node.op)?.effect === "draw";
  written.nodes.forEach((node, id) => { if (program.nodes[id] !== node && !isDrawn(node, id)) b.define(id, node); });
  // Nothing is left that autograd would have to go through: such a call is its values, and what its gradients are made of stands outside.
  const values = new Set<NodeId>(), taken = new Set<CallId>();
  program.calls.forEach((call, id) => {
    if (call.override?.tag !== "custom" || call.outs.every((x) => isBehind[x.node] !== 1)) return;
    taken.add(id);
    for (const node of demandOrder(program.nodes, call.outs)) values.add(node);
    b.setCall(id, { ...call, override: null });
  });
  const names = program.names.flatMap((one): Name[] => { const gradient = one.adjointOf === null ? found.get(one.node) : undefined; return gradient === undefined ? [] : [{ ...one, name: `^${one.name}`, node: gradient.node, adjointOf: { node: one.node, along: null } }]; });
  const made = b.finish({ objectives, names: [...program.names, ...names] });
  const callOf = made.callOf.map((call, id) => (call !== null && !values.has(id) && callsAround(program, id).some((one) => taken.has(one)) ? null : call));
  const means = new Map(objectives.flatMap(({ mean }, k): [NodeId, NodeId][] => { const own = program.objectives[k]?.mean ?? null; return mean === null || own === null || mean === own ? [] : [[mean, own]]; }));
  const functions = [...new Set([...request.calls].flatMap((id) => program.calls[id]?.of ?? []))];
  return E.right({ program: { ...made, callOf }, replaced: { beside, means, functions } });
};

/** The calls that a value lies in, inmost first. */
const callsAround = (program: Program, id: NodeId): readonly CallId[] => {
  const found: CallId[] = [];
  for (let call = program.callOf[id] ?? null; call !== null; call = program.calls[call]?.parent ?? null) found.push(call);
  return found;
};

/** What lies in calls and all that depends on it; of a call with rules of its own all of its body. */
const behindCalls = (primal: Primal, calls: ReadonlySet<CallId>): Uint8Array => {
  const { nodes } = primal.program;
  const unitOf = nodes.map((_, id) => { const vertex = primal.regions.vertexIn(null, id); return vertex?.tag === "unit" ? vertex.call : null; });
  const bodies = new Map<CallId, NodeId[]>();
  unitOf.forEach((unit, id) => { if (unit !== null) bodies.set(unit, [...(bodies.get(unit) ?? []), id]); });
  for (let from = nodes.flatMap((_, id) => (callsAround(primal.program, id).some((call) => calls.has(call)) ? [id] : [])); ;) {
    const found = reachedFrom(primal, from);
    const touched = new Set(unitOf.filter((unit, id) => unit !== null && found[id] === 1));
    const whole = [...bodies].flatMap(([unit, body]) => (touched.has(unit) ? body : []));
    if (whole.every((id) => found[id] === 1)) return found;
    from = [...from, ...whole];
  }
};

/** The gradients of what lies behind, and of what is read from there. */
const gradientsIn = (b: TableBuilder, primal: Primal, isBehind: Uint8Array, seeds: readonly Seed[], wanted: readonly NodeId[]): ReadonlyMap<NodeId, Operand> => {
  const from = reachedFrom(primal, [...weightsOf(primal.program), ...wanted]), to = reaching(primal, seeds.map(([node]) => node));
  const read = new Set(primal.program.nodes.flatMap((_, id) => (isBehind[id] === 1 ? primal.sourcesOf(id).map((x) => x.node) : [])));
  const useful = (node: NodeId): boolean => from[node] === 1 && to[node] === 1 && (isBehind[node] === 1 || read.has(node));
  const found = new Map<NodeId, Operand>();
  sweep({ b, primal, ...everyWay(primal, useful), leaf: (node) => isBehind[node] !== 1, found }, null, 0, seeds);
  return new Map([...found].filter(([node]) => useful(node) && isFloat(primal.typeAt(node))));
};

/** Σ x g, whose gradient is g. */
const timesConstant = (b: TableBuilder, x: Operand, gradient: Operand): Operand => {
  const product = b.op("core.sum_to_scalar", [b.op("core.mul", [x, detach(b, gradient)])]);
  return b.isStatic(product) ? product : totalOf(b, product);
};

const surrogateOf = (b: TableBuilder, objective: Objective, terms: readonly Operand[] | null): Objective => {
  if (objective.mean === null || terms === null) return objective;
  b.within(null, objective.span);
  const value = detach(b, { node: objective.mean, at: NOW, old: false });
  const surrogate = (sum: Operand): Operand => b.op(objective.tag === "match" ? "core.add" : "core.sub", [value, b.op("core.sub", [sum, detach(b, sum)])]);
  // What is ascended is minimised with its sign turned.
  const mean = terms.length === 0 ? value : surrogate(b.sum(terms));
  return objective.tag === "match" ? { ...objective, mean: mean.node } : { ...objective, from: [], mean: mean.node };
};
