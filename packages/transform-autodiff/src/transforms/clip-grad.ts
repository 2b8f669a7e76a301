import { attributes, positive } from "@sequent/ir";
import { defineTransform } from "../define-codec.js";
import { add, div, mul, normOf, smaller } from "../vocabulary.js";

/** As PyTorch's `clip_grad_norm_`: the coefficient is min(c / (norm + 1e-6), 1). */
export const clipGrad = defineTransform({
  name: "clip_grad",
  doc: "Scales the gradients of the function's parameters together, so that their norm is at most c.",
  attributes: attributes({ c: positive("the greatest norm", 1) }),
  treat: {
    order: "gradient",
    build: (b, group, { c }) => {
      const norm = normOf(b, group.gradients);
      const coefficient = smaller(b, div(b, b.constant(c), add(b, norm, b.constant(1e-6))), b.constant(1));
      return { ...group, gradients: group.gradients.map((g) => mul(b, g, coefficient)) };
    },
  },
});
