/** Records with their usual fields filled in. */
import type { Loss } from "./loss.js";
import type { AnyOp, OpDef } from "./op.js";
import type { TensorType } from "./type.js";
import { NO_ATTRIBUTES } from "./attributes-codec.js";

const bytesOf = (types: readonly TensorType[]): number => {
  let bytes = 0;
  for (const type of types) {
    let size = 4;
    for (const dim of type.shape) size *= typeof dim === "number" ? dim : 1;
    bytes += size;
  }
  return bytes;
};

/** One operation per element of the result; inputs and results are moved once. */
export const elementwiseCost: OpDef["cost"] = (ins, outs) => ({ flops: bytesOf(outs) / 4, bytes: bytesOf(ins) + bytesOf(outs) });

type Required0 = "name" | "doc" | "notation" | "inputs" | "type" | "forward" | "autodiff" | "samples";
type Given<A> = Pick<OpDef<A>, Required0> & Partial<Omit<OpDef<A>, Required0 | "attributes">>;

/**
 * An op's record; what is left out is the usual: no attributes, no parameters, one result, pure, not elementwise, one operation per element.
 * The attribute type is forgotten here, soundly, because every caller decodes attributes with this record's own codec first.
 */
export const defineOp = <A = Readonly<Record<string, never>>>(given: Given<A> & { readonly attributes?: OpDef<A>["attributes"] }): AnyOp => {
  const full = {
    variadic: false,
    attributes: NO_ATTRIBUTES,
    params: () => [],
    results: 1,
    collective: false,
    effect: "pure",
    elementwise: false,
    loss: null,
    cost: elementwiseCost,
    ...given,
  };
  return forgetAttributes(full);
};

const forgetAttributes = (op: object): AnyOp => op as AnyOp;

/** A loss's record; its attribute type is forgotten as an op's is. */
export const defineLoss = <A>(loss: Loss<A>): Loss => forgetLossAttributes(loss);

const forgetLossAttributes = (loss: object): Loss => loss as Loss;
