/** An optimizer: one record, whose slots are parameters that it makes by name. */
import { attributes, defineOptimizer, positive, probability } from "@sequent/compiler";
import type { Builder, Operand } from "@sequent/compiler";

/** keep·a + (1 − keep)·b. */
const mix = (b: Builder, keep: number, old: Operand, fresh: Operand): Operand =>
  b.op("core.add", [b.op("core.mul", [b.constant(keep), old]), b.op("core.mul", [b.constant(1 - keep), fresh])]);

export const lion = defineOptimizer({
  name: "lion",
  doc: "Steps of constant size along the sign of a mean of gradients (Chen et al. 2023).",
  attributes: attributes({
    lr: positive("size of a step", 1e-3),
    beta1: probability("how much of the mean enters the direction", 0.9),
    beta2: probability("how much of the mean stays", 0.99),
  }),
}, (b, { param, value, gradient }, { lr, beta1, beta2 }) => {
    const mean = b.slot(param, "mean");
    b.assign(mean, mix(b, beta2, mean, gradient));
    const direction = b.op("core.sign", [mix(b, beta1, mean, gradient)]);
    return b.op("core.sub", [value, b.op("core.mul", [b.constant(lr), direction])]);
  });
