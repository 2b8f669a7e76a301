/** Replaces ops by the ops they stand for. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, invariant, isNow, NOWHERE } from "@sequent/ir";
import type { AnyOp, Env, Node, NodeId, Operand, OpName, Pass, Program, TableBuilder } from "@sequent/ir";
import { decoded } from "./primal.js";

/**
 * Replaces each op that `keep` refuses and whose record has an expansion, transitively. The last equation of an expansion takes the row of
 * the op, so that names, calls, objectives and recurrences that read it hold on. Requires types.
 */
export const expand = (program: Program, env: Env, keep: (op: AnyOp) => boolean): Program => {
  const opNamed = (name: OpName): AnyOp => {
    const op = env.ops.get(name);
    invariant(op !== undefined, `no op is registered as ${name}`);
    return op;
  };
  const expands = (node: Node): boolean => {
    if (node.tag !== "op") return false;
    const op = opNamed(node.op);
    return op.forward.tag === "expand" && !keep(op);
  };
  if (!program.nodes.some(expands)) return program;
  // What an op stands for is no state's row as long as gradients are still to be taken.
  const b = createBuilder(program, env, { states: program.loss === undefined ? "apart" : "shared" });
  // The row whose text and call a row has: its own, or that of the op it was made for.
  const origin: NodeId[] = program.nodes.map((_, id) => id);
  for (let id = 0; id < b.size(); id += 1) {
    const from = origin[id] ?? id;
    b.within(program.callOf[from] ?? null, program.spans[from] ?? NOWHERE);
    for (let node = b.nodeAt(id); node.tag === "op" && expands(node); node = b.nodeAt(id)) expandRow(b, id, node, opNamed(node.op));
    while (origin.length < b.size()) origin.push(from);
  }
  return b.finish();
};

const expandRow = (b: TableBuilder, id: NodeId, node: Extract<Node, { tag: "op" }>, op: AnyOp): void => {
  if (op.forward.tag !== "expand") return;
  invariant(op.results === 1, "an op with several results has no expansion");
  const site = { attrs: decoded(op, node.attrs), ins: node.ins, outs: [], gradient: [] };
  const out: Operand | null = op.forward.build(b, site)[0] ?? null;
  invariant(out !== null, `${op.name} expands to nothing`);
  const last = b.nodeAt(out.node);
  const simple = last.tag === "op" && out.node !== id && isNow(out.at);
  b.define(id, simple ? last : { tag: "sum", pieces: [{ on: null, value: out }] });
};

/** Leaves only ops that have a rule of their own, or none. */
export const expandForRules = (program: Program, env: Env): Program => expand(program, env, (op) => op.autodiff.tag !== "expand");

/** The pass that leaves only ops that `keep` accepts, or that have no expansion. */
export const expandPass = (name: string, keep: (op: AnyOp) => boolean): Pass => ({
  name,
  doc: "Replaces ops by the ops they stand for.",
  requires: ["typed"],
  provides: [],
  breaks: [],
  run: (program) => (env) => E.right(expand(program, env, keep)),
});
