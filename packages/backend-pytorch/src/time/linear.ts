/** Whether what is computed of gradients is 0 where they are. Autograd asks a step for its gradients only where some reach it. */
import type { NodeId, Operand, OpName, TableBuilder } from "@sequent/ir";

/** 0 of zeros, and 0 where one factor is. What is in neither is taken for something else. */
const OF_ZEROS: ReadonlySet<OpName> = new Set<OpName>([
  "core.add", "core.sub", "core.neg", "core.sum", "core.mean", "core.permute", "core.reshape", "core.flatten", "core.slice", "core.concat", "core.here", "core.detach", "core.tanh", "core.abs", "core.sign", "core.relu", "core.sum_to_scalar", "core.place",
]);
const PRODUCTS: ReadonlySet<OpName> = new Set<OpName>(["core.mul", "core.dot", "core.outer", "core.matmul"]);

/** `isRare`: masks that hold where gradients reach, of which what else there is counts. */
export const isZeroOf = (b: Pick<TableBuilder, "nodeAt">, gradients: ReadonlySet<NodeId>, isRare: (mask: Operand) => boolean = () => false): ((all: readonly Operand[]) => boolean) => {
  const known = new Map<NodeId, boolean>([...gradients].map((node) => [node, true]));
  const isZero = ({ node }: Operand): boolean => {
    const found = known.get(node);
    if (found !== undefined) return found;
    const made = b.nodeAt(node);
    const zero = made.tag === "op" && (
      made.op === "core.constant" ? made.attrs["value"] === 0
      : OF_ZEROS.has(made.op) ? made.ins.length > 0 && made.ins.every(isZero)
      : PRODUCTS.has(made.op) ? made.ins.some(isZero)
      : made.op === "core.div" || made.op === "core.expand_as" ? made.ins.slice(0, 1).every(isZero)
      : made.op === "core.where" && made.ins.slice(made.ins.slice(0, 1).some(isRare) ? 2 : 1).every(isZero));
    known.set(node, zero);
    return zero;
  };
  return (all) => all.every(isZero);
};
