/**
 * `x $ J` as ordinary equations: J is computed once more from x, with everything that does not come from x held constant, so that
 * autograd's one backward pass gives exactly the gradient that the statement means: parameters on the paths from x to J get nothing, and
 * from x backward the flow is ordinary. The members of a tuple are each a source; paths from one end where they reach another.
 */
import { createBuilder, detach, invariant, operandsOf, pathsOf, read, shiftRead } from "@sequent/ir";
import type { CallId, Env, Node, NodeId, Objective, Operand, Paths, PlaceKey, Program, Start, TableBuilder } from "@sequent/ir";
import { chainOf } from "../time/plan.js";
import { topological } from "./topological.js";

type Ascend = Extract<Objective, { readonly tag: "ascend" }>;

export interface Isolated {
  readonly program: Program;
  /** For each statement, the copies of what lies on its paths: their gradients are part of the originals'. */
  readonly copies: readonly ReadonlyMap<NodeId, NodeId>[];
}

/** A program without `$` on states: each such statement is now a bare one on an isolated copy of its objective. */
export const isolateAscents = (program: Program, env: Env): Isolated => {
  if (program.objectives.every((objective) => objective.tag !== "ascend" || objective.from.length === 0)) return { program, copies: [] };
  const b = createBuilder(program, env);
  const copies: ReadonlyMap<NodeId, NodeId>[] = [];
  const objectives = program.objectives.map((objective) => {
    if (objective.tag !== "ascend" || objective.from.length === 0) return objective;
    const isolated = isolate(program, env, b, objective);
    copies.push(isolated.copies);
    return isolated.objective;
  });
  return { program: b.finish({ objectives }), copies };
};

/**
 * The nodes between the sources and the goal, sources excluded, each after what it reads, and with them the rest of the functions that they
 * are in: a function is copied whole, for it is printed as one unit.
 */
const pathNodes = (program: Program, sources: ReadonlySet<NodeId>, goal: NodeId): { readonly path: readonly NodeId[]; readonly copied: readonly NodeId[] } => {
  const needed = new Set<NodeId>();
  const stack = [goal];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    const node = program.nodes[id];
    if (node !== undefined && !sources.has(id)) for (const operand of operandsOf(node)) stack.push(operand.node);
  }
  const reached = new Set<NodeId>(sources);
  const path: NodeId[] = [];
  for (const id of topological(program, needed, needed)) {
    const node = program.nodes[id];
    if (node === undefined || sources.has(id)) continue;
    if (!operandsOf(node).some((operand) => reached.has(operand.node))) continue;
    reached.add(id);
    path.push(id);
  }
  const touched = new Set(path.flatMap((id) => chainOf(program, program.callOf[id] ?? null)));
  if (touched.size === 0) return { path, copied: path };
  const members = new Set(path);
  program.nodes.forEach((_, id) => {
    if (chainOf(program, program.callOf[id] ?? null).some((call) => touched.has(call))) members.add(id);
  });
  return { path, copied: topological(program, members, members) };
};

const isolate = (program: Program, env: Env, b: TableBuilder, objective: Ascend): { readonly objective: Objective; readonly copies: ReadonlyMap<NodeId, NodeId> } => {
  const sources = new Set(objective.from.map((operand) => operand.node));
  const goal = objective.mean ?? objective.value ?? objective.objective.node;
  const copies = new Map<NodeId, NodeId>();
  const calls = copyCalls(program, b);
  const paths = pathsAlong(program, env, objective);
  const stepOf = new Map([...(paths.places ?? new Map<PlaceKey, Start>()).values()].map((at) => [at.node, at.step]));
  /** What one of the path's nodes reads at another instant than the path's is held constant, too. */
  const moved = (reader: NodeId, operand: Operand): Operand => {
    const step = stepOf.get(reader);
    if (step !== undefined && paths.land(reader, step, operand).length === 0 && isTimed(program, operand.node)) return constantOf(program, b, operand);
    const copy = copies.get(operand.node);
    if (copy !== undefined) return { ...operand, node: copy };
    if (sources.has(operand.node)) return operand;
    return operand.at.tag === "at" ? constantOf(program, b, operand) : operand;
  };
  const { path, copied } = pathNodes(program, sources, goal);
  for (const id of copied) {
    const node = program.nodes[id];
    if (node === undefined) continue;
    b.within(calls.copyOf(program.callOf[id] ?? null), program.spans[id] ?? objective.span);
    copies.set(id, b.node(withOperands(node, (operand) => moved(id, operand))));
  }
  calls.close((operand) => {
    const copy = copies.get(operand.node);
    return copy === undefined ? operand : { ...operand, node: copy };
  });
  const value = copies.get(objective.objective.node) ?? objective.objective.node;
  const isolated: Objective = {
    ...objective,
    from: [],
    objective: { ...objective.objective, node: value },
    value: objective.value === null ? null : (copies.get(objective.value) ?? objective.value),
    mean: objective.mean === null ? null : (copies.get(objective.mean) ?? objective.mean),
  };
  return { objective: isolated, copies: new Map(path.map((id) => [id, copies.get(id) ?? id])) };
};

const pathsAlong = (program: Program, env: Env, objective: Ascend): Paths =>
  pathsOf(flowOf(program, env), objective.from, objective.value ?? objective.objective.node);

/** Whether one copy of each value does: where a value lies on the paths at several steps, autograd would need one for each. */
export const hasOneCopy = (program: Program, env: Env, objective: Ascend): boolean => {
  const { places, isStart, land } = pathsAlong(program, env, objective);
  const stops = [...(places ?? new Map<PlaceKey, Start>()).values()].filter((at) => !isStart(at.node, at.step)), inner = stops.map((at) => at.node);
  // What is read of a range or at a fixed step flows back to all of it.
  const isShifted = stops.every(({ node, step }) => { const made = program.nodes[node]; return made === undefined || operandsOf(made).every((x) => !isTimed(program, x.node) || shiftRead(made, x) !== null || land(node, step, x).length === 0); });
  return isShifted && new Set(inner).size === inner.length && inner.every((node) => objective.from.every((x) => x.node !== node));
};

const isTimed = (program: Program, id: NodeId): boolean => (program.varies ?? [])[id]?.time === true;

/** The program as gradients see it; a rule written by hand may cross what has none of its own. */
const flowOf = (program: Program, env: Env): Parameters<typeof pathsOf>[0] => ({
  size: program.nodes.length,
  nodeAt: (id) => {
    const node = program.nodes[id];
    invariant(node !== undefined, `there is no node ${String(id)}`);
    return node;
  },
  isTimed: (id) => isTimed(program, id),
  sourcesOf: (id) => {
    const node = program.nodes[id];
    if (node === undefined || node.tag === "param" || node.tag === "input") return [];
    const stops = node.tag === "op" && env.ops.get(node.op)?.autodiff.tag === "none" && !chainOf(program, program.callOf[id] ?? null).some((call) => program.calls[call]?.override?.tag === "custom");
    return stops ? [] : operandsOf(node).filter((x) => !x.old);
  },
});

/** Parameters stay as they are, for their call is frozen; and so do constants. */
const constantOf = (program: Program, b: TableBuilder, operand: Operand): Operand => {
  const node = program.nodes[operand.node];
  const constant = node === undefined || node.tag === "param" || operandsOf(node).length === 0;
  return constant ? operand : detach(b, operand);
};

const withOperands = (node: Node, moved: (operand: Operand) => Operand): Node => {
  if (node.tag === "op") return { ...node, ins: node.ins.map(moved) };
  if (node.tag === "pick") return { ...node, of: moved(read(node.of)).node };
  if (node.tag === "cases" || node.tag === "sum") return { ...node, pieces: node.pieces.map((p) => ({ ...p, value: moved(p.value) })) };
  return node;
};

/** Copies of the calls on the way, under one frozen call each, so that their parameters are constants. */
const copyCalls = (program: Program, b: TableBuilder) => {
  const copies = new Map<CallId | null, CallId>();
  const frozen = (parent: CallId | null, span: Program["spans"][number]): CallId =>
    b.call({
      instance: "", of: "frozen", parent, formals: [], ins: [], outs: [],
      override: { tag: "transform", transform: "frozen", attrs: {} }, span,
    });
  const copyOf = (id: CallId | null): CallId => {
    const known = copies.get(id);
    if (known !== undefined) return known;
    const call = id === null ? undefined : program.calls[id];
    const span = call?.span ?? program.objectives[0]?.span ?? { file: "", from: 0, to: 0 };
    const made = call === undefined || id === null ? frozen(null, span) : b.call({ ...call, parent: copyOf(call.parent) });
    copies.set(id, made);
    return made;
  };
  return {
    copyOf,
    close: (moved: (operand: Operand) => Operand): void => {
      for (const [id, copy] of copies) {
        const call = id === null ? undefined : program.calls[id];
        if (call === undefined) continue;
        b.setCall(copy, { ...call, parent: copies.get(call.parent) ?? null, ins: call.ins.map(moved), outs: call.outs.map(moved) });
      }
    },
  };
};
