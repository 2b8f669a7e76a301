/** The usual slip in a policy gradient: `log(pi)` where `log(pi[a])` is meant. */
import { operandsOf } from "@sequent/ir";
import type { Fix, NodeId, Operand } from "@sequent/ir";
import type { Primal } from "./primal.js";

const nameOf = (primal: Primal, node: NodeId): string | null => {
  const name = primal.program.names.find((one) => one.node === node && one.adjointOf === null)?.name ?? null;
  return name === null ? null : `${name}${primal.variesAt(node).time ? "_t" : ""}`;
};

/** The named draw that was made from a value. */
const drawFrom = (primal: Primal, node: NodeId): string | null => {
  const draw = primal.program.nodes.findIndex(
    (one) => one.tag === "op" && primal.opNamed(one.op).effect === "draw" && one.ins.some((x) => x.node === node),
  );
  return draw < 0 ? null : nameOf(primal, draw);
};

/** Follows the operands that make the objective a vector, to a call on what an action was drawn from. */
export const takeTheDrawn = (primal: Primal, objective: Operand): Fix | null => {
  const seen = new Set<NodeId>();
  const queue: NodeId[] = [objective.node];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const node = primal.nodeAt(id);
    const wide = operandsOf(node).filter((x) => primal.typeAt(x.node).shape.length > 0);
    const first = wide[0];
    if (node.tag === "op" && first !== undefined && primal.opNamed(node.op).notation.tag === "call") {
      const action = drawFrom(primal, first.node);
      const span = primal.program.spans[id];
      if (action !== null && span !== undefined && span.to > span.from) {
        const at = { file: span.file, from: span.to - 1, to: span.to - 1 };
        return { title: `take the one that was drawn: [${action}]`, edits: [{ at, text: `[${action}]` }], unsafe: false };
      }
    }
    for (const x of wide) queue.push(x.node);
  }
  return null;
};
