/** Whether what is computed of gradients is 0 where they are. Autograd asks a step for its gradients only where some reach it. */
import * as E from "fp-ts/lib/Either.js";
import { demandOrder } from "@sequent/ir";
import type { Column, Env, Node, NodeId, Operand } from "@sequent/ir";

/** `zeros`: the gradients, and masks that hold where some reach alone. */
export const isZeroOf = (nodes: Column<Node>, env: Env, zeros: ReadonlySet<NodeId>): ((all: readonly Operand[]) => boolean) => (all) => {
  const known = new Set(zeros);
  for (const id of demandOrder(nodes, all)) {
    const node = nodes[id], op = node?.tag === "op" ? env.ops.get(node.op) : undefined;
    if (node?.tag !== "op" || op?.vanishes === undefined || known.has(id)) continue;
    const attrs = op.attributes.decode(node.attrs);
    if (E.isRight(attrs) && op.vanishes(node.ins.map((x) => known.has(x.node)), attrs.right)) known.add(id);
  }
  return all.every((x) => known.has(x.node));
};
