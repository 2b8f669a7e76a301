/** The number of each step of a value, in its shape and at its instances: a range of it has the steps of a range of the value. */
import { isNow, read } from "./time.js";
import type { Builder } from "./builder.js";
import type { Node, Program } from "./program.js";
import type { NodeId, Operand } from "./time.js";

const TIME = "core.time", SPREAD = "core.expand_as";

/** Whether a node is the number of its reader's step. */
export const isStepNumber = (node: Node): node is Extract<Node, { readonly tag: "op" }> => node.tag === "op" && node.op === TIME;

export const stepNumbers = (b: Builder, of: NodeId): Operand => b.op(SPREAD, [b.op(TIME, []), read(of)], { axes: [] });

/** The value whose steps a node numbers; null: it is something else. What it is follows from the value, before a window as well. */
export const numberedBy = ({ nodes }: Pick<Program, "nodes">, id: NodeId): NodeId | null => {
  const node = nodes[id];
  if (node?.tag === "cases") return node.pieces.reduce<NodeId | null>((found, piece) => found ?? (piece.on === null ? numberedBy({ nodes }, piece.value.node) : null), null);
  const [time, like] = node?.tag === "op" && node.op === SPREAD ? node.ins : [], source = time === undefined ? undefined : nodes[time.node];
  return source?.tag === "op" && source.op === TIME && like !== undefined && isNow(like.at) ? like.node : null;
};
