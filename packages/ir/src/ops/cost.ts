/** Costs of matrix products, for the ops that are one. */
import type { OpDef } from "../op.js";
import type { TensorType } from "../type.js";

export const elements = (types: readonly TensorType[]): number => {
  let all = 0;
  for (const type of types) {
    let size = 1;
    for (const dim of type.shape) size *= typeof dim === "number" ? dim : 1;
    all += size;
  }
  return all;
};

/** Multiply-adds of one instance of an outer product: two operations per element of the result. */
export const productCost: OpDef["cost"] = (ins, outs) => ({
  flops: 2 * elements(outs), bytes: 4 * (elements(ins) + elements(outs)),
});

/** Of a contraction with weights [out, rest…]: two operations per element of the result and weight of one output. */
export const contractionCost: OpDef["cost"] = (ins, outs) => {
  const weight = ins[1];
  const depth = weight === undefined ? 1 : elements([weight]) / (typeof weight.shape[0] === "number" ? Math.max(weight.shape[0], 1) : 1);
  return { flops: 2 * depth * elements(outs), bytes: 4 * (elements(ins) + elements(outs)) };
};
