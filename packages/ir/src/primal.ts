/** Which nodes are the user's own values, and which are gradients or made of them. */
import { demandOrder } from "./demand.js";
import type { Program } from "./program.js";
import { read } from "./time.js";
import type { NodeId } from "./time.js";

/** What the user's own values need; all, of a program that has not been differentiated. */
export const primalNodes = (program: Program): ((id: NodeId) => boolean) => {
  if (program.updates === undefined) return () => true;
  const roots = [
    ...program.names.flatMap((one) => (one.adjointOf === null ? [one.node] : [])),
    ...[...program.objectives, ...program.metrics].flatMap((one) => one.mean ?? []),
  ];
  const found = new Set(demandOrder(program.nodes, roots.map((node) => read(node))));
  return (id) => found.has(id);
};
