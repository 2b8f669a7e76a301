import { operandsOf } from "@sequent/ir";
import type { NodeId, Program } from "@sequent/ir";

/** The nodes of a set, each after what it reads of the set: depth first from `starts`, so that equal structures come in equal order. */
export const topological = (program: Program, among: ReadonlySet<NodeId>, starts: Iterable<NodeId>): readonly NodeId[] => {
  const done = new Set<NodeId>();
  const opened = new Set<NodeId>();
  const order: NodeId[] = [];
  for (const start of starts) {
    if (!among.has(start)) continue;
    const stack = [start];
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const node = program.nodes[id];
      if (done.has(id) || node === undefined) stack.pop();
      else if (opened.has(id)) {
        stack.pop();
        done.add(id);
        order.push(id);
      } else {
        opened.add(id);
        for (const operand of operandsOf(node)) if (among.has(operand.node) && !opened.has(operand.node)) stack.push(operand.node);
      }
    }
  }
  return order;
};
