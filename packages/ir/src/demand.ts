/** The order in which values are wanted: a node after all that it reads, found from the wanted ones backwards. */
import { operandsOf } from "./program.js";
import type { Column, Node } from "./program.js";
import type { NodeId, Operand } from "./time.js";

/** The nodes that `wanted` need, each after its operands, each once. Iterative: programs are deep. */
export const demandOrder = (nodes: Column<Node>, wanted: readonly Operand[]): readonly NodeId[] => {
  const order: NodeId[] = [];
  const opened = new Uint8Array(nodes.length);
  const done = new Uint8Array(nodes.length);
  const stack: NodeId[] = [];
  for (let k = wanted.length - 1; k >= 0; k -= 1) stack.push(wanted[k]?.node ?? 0);
  for (;;) {
    const id = stack.at(-1);
    if (id === undefined) return order;
    const node = nodes[id];
    if (node === undefined || done[id] === 1) {
      stack.pop();
      continue;
    }
    if (opened[id] === 1) {
      stack.pop();
      done[id] = 1;
      order.push(id);
      continue;
    }
    opened[id] = 1;
    for (const operand of operandsOf(node)) if (opened[operand.node] === 0) stack.push(operand.node);
  }
};
