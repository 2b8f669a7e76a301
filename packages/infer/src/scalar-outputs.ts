/**
 * "A target that has a known scalar operand (a reward) and no known non-scalar one makes its output a scalar." So does an ascended objective,
 * which is one number.
 */
import { NOW, operandsOf, read } from "@sequent/ir";
import type { DimVar, Env, Node, NodeId, Objective, Operand, Piece, Program } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import type { Unknowns } from "./unknowns.js";

type Match = Objective & { readonly tag: "match" };

/** What a target is computed from, element by element. */
const leavesOf = (program: Program, env: Env, target: Operand): readonly Operand[] => {
  const leaves: Operand[] = [];
  const seen = new Set<NodeId>();
  const stack = [target];
  for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
    const node = program.nodes[x.node];
    if (node === undefined || seen.has(x.node)) continue;
    seen.add(x.node);
    const inner = node.tag === "cases" || node.tag === "sum" || (node.tag === "op" && env.ops.get(node.op)?.elementwise === true);
    if (inner && (node.tag !== "op" || node.ins.length > 0)) stack.push(...operandsOf(node));
    else leaves.push(x);
  }
  return leaves;
};

/** Whether the rule applies: a known scalar, nothing known that is none, and no input of which nothing is known. */
const wantsScalar = (u: Unknowns, program: Program, env: Env, objective: Match): boolean => {
  if (u.store.shapeOf(u.read(objective.from))?.every((d) => d !== null) === true) return false;
  let scalar = false;
  for (const leaf of leavesOf(program, env, objective.target)) {
    const shape = u.store.shapeOf(u.read(leaf));
    if (shape === null || shape.includes(null)) {
      if (program.nodes[leaf.node]?.tag === "input") return false;
    } else if (shape.length === 0) scalar = true;
    else return false;
  }
  return scalar;
};

const hasParams = (node: Node, env: Env): boolean => {
  if (node.tag !== "op") return false;
  const op = env.ops.get(node.op);
  const attrs = op?.attributes.decode(node.attrs);
  return op !== undefined && attrs !== undefined && E.isRight(attrs) && op.params(attrs.right).length > 0;
};

/**
 * A function with a matrix acts on the last axis, so what it is given and gives is a vector where nothing says more: `h_{t-1} --[F]-> h_t`
 * with `0 -> h_0` is as wide as F, not the scalar that it starts from.
 */
const vectors = (u: Unknowns, program: Program, env: Env, ids: Iterable<NodeId> = program.nodes.keys()): void => {
  for (const id of ids) {
    const node = program.nodes[id];
    if (node?.tag !== "op" || !hasParams(node, env) || u.store.dims(u.nodeVar(id)) !== null) continue;
    const isMatrix = node.ins.some((x) => program.nodes[x.node]?.tag === "param" && u.store.dims(u.read(x))?.length === 2);
    if (!isMatrix || node.ins.some((x) => program.nodes[x.node]?.tag !== "param" && u.store.dims(u.read(x)) !== null)) continue;
    u.store.by(id);
    u.store.setDims(u.nodeVar(id), [u.store.freshDim()]);
    u.settle();
  }
};

/** Functions with parameters whose output, of open width, must become a scalar; outputs of open rank are made scalars on the spot. */
export const scalarOutputs = (u: Unknowns, program: Program, env: Env): readonly NodeId[] => {
  const roots = new Set<DimVar>();
  for (const objective of program.objectives) {
    if (objective.tag === "match" && !wantsScalar(u, program, env, objective)) continue;
    const output = objective.tag === "match" ? objective.from : objective.objective, from = u.read(output);
    // What a matrix gives is a vector first, of which the one element is taken: a scalar has no axis to act on.
    if (u.store.dims(from) === null) vectors(u, program, env, leavesOf(program, env, output).map((x) => x.node));
    const dims = u.store.dims(from);
    const [only] = dims ?? [];
    if (dims === null) {
      u.store.by(u.addSource({ span: objective.span, what: objective.text }));
      u.store.setDims(from, []);
    } else if (dims.length === 1 && only !== undefined && u.store.valueOf(only) === null) roots.add(u.store.rootOf(only));
  }
  u.settle();
  if (roots.size === 0) return [];
  return program.nodes.flatMap((node, id) => {
    const dims = u.store.dims(u.nodeVar(id));
    const [only] = dims ?? [];
    return dims?.length === 1 && only !== undefined && roots.has(u.store.rootOf(only)) && hasParams(node, env) ? [id] : [];
  });
};

/**
 * States that are computed, element by element, from scalars alone are scalars, whatever reads them: `z_{t-1} + sum(x_t) -> z_t`. Numbers say
 * nothing: `0.5*h_{t-1} -> h_t` with `1 -> h_0` is of any shape.
 */
export const statesOfScalars = (u: Unknowns, program: Program, env: Env): void => {
  program.nodes.forEach((node, id) => {
    if (node.tag !== "cases" || u.store.dims(u.nodeVar(id)) !== null) return;
    const leaves = leavesOf(program, env, read(id));
    const says = ({ node }: Operand): boolean => { const leaf = program.nodes[node]; return leaf?.tag !== "op" || leaf.ins.length > 0; };
    if (!leaves.some(says) || leaves.some((x) => u.store.dims(u.read(x))?.length !== 0)) return;
    u.store.by(id);
    u.store.setDims(u.nodeVar(id), []);
    u.settle();
  });
};

/**
 * A state that starts with a scalar, and of whose shape nothing else speaks, is one: `0 -> G_{T+1}` with `r_t + G_{t+1} -> G_t`.
 * Where an input's shape is missing, that is what to say: a guess here would only move the error to where the input is used.
 */
export const scalarStates = (u: Unknowns, program: Program, env: Env): void => {
  if (program.nodes.some((node, id) => node.tag === "input" && u.store.dims(u.nodeVar(id)) === null)) return;
  vectors(u, program, env);
  program.nodes.forEach((node, id) => {
    if (node.tag !== "cases" || u.store.dims(u.nodeVar(id)) !== null) return;
    if (!node.pieces.some((piece) => u.store.dims(u.read(piece.value))?.length === 0)) return;
    u.store.by(id);
    u.store.setDims(u.nodeVar(id), []);
    u.settle();
  });
};

/** The program with the scalar in each of these vectors of one element in its place. */
export const squeeze = (program: Program, vectors: readonly NodeId[]): Program => {
  const scalarOf = new Map<NodeId, NodeId>();
  vectors.forEach((id, k) => scalarOf.set(id, program.nodes.length + k));
  const to = (id: NodeId): NodeId => scalarOf.get(id) ?? id;
  const of = (x: Operand): Operand => (scalarOf.has(x.node) ? { ...x, node: to(x.node) } : x);
  const all = (xs: readonly Operand[]): readonly Operand[] => xs.map(of);
  const orNull = (x: Operand | null): Operand | null => (x === null ? null : of(x));
  const pieces = (list: readonly Piece[]): readonly Piece[] => list.map((piece) => ({ ...piece, value: of(piece.value) }));
  const redirect = (node: Node): Node => {
    switch (node.tag) {
      case "op":
        return node.ins.some((x) => scalarOf.has(x.node)) ? { ...node, ins: all(node.ins) } : node;
      case "pick":
        return node;
      case "cases":
      case "sum":
        return node.pieces.some((p) => scalarOf.has(p.value.node)) ? { ...node, pieces: pieces(node.pieces) } : node;
      default:
        return node;
    }
  };
  const made = vectors.map((id): Node => ({ tag: "op", op: "core.reshape", attrs: { shape: [] }, ins: [read(id, NOW)] }));
  const columnOf = <A>(column: readonly A[]): A[] => [...column, ...vectors.flatMap((id) => column.slice(id, id + 1))];
  return {
    ...program,
    nodes: [...program.nodes.map(redirect), ...made],
    callOf: columnOf(program.callOf),
    spans: columnOf(program.spans),
    names: program.names.map((name) => ({
      ...name,
      node: to(name.node),
      adjointOf: name.adjointOf === null ? null : { ...name.adjointOf, node: to(name.adjointOf.node) },
    })),
    calls: program.calls.map((call) => ({
      ...call,
      ins: all(call.ins),
      outs: all(call.outs),
      override: call.override?.tag !== "custom" ? call.override : {
        ...call.override,
        ins: call.override.ins.map(orNull),
        params: call.override.params.map((p) => ({ ...p, gradient: of(p.gradient) })),
      },
    })),
    declared: program.declared.map((declared) => ({ ...declared, node: to(declared.node) })),
    objectives: program.objectives.map((objective) =>
      objective.tag === "match"
        ? { ...objective, from: of(objective.from), target: of(objective.target), weight: orNull(objective.weight) }
        : { ...objective, from: all(objective.from), objective: of(objective.objective) }),
    metrics: program.metrics.map((metric) => ({ ...metric, value: of(metric.value) })),
    sinks: program.sinks.map(to),
  };
};
