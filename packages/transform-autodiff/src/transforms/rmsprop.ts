import { attributes, flag, probability } from "@sequent/ir";
import type { Builder, Operand } from "@sequent/ir";
import { decay } from "../decay.js";
import { decayed, defineOptimizer, movingAverage, movingSquare } from "../optimizer.js";
import type { Treated } from "../optimizer.js";
import { rate, rateNow } from "../rate.js";
import { add, div, mul, scale, sqrt, sub } from "../vocabulary.js";

interface Spread {
  readonly alpha: number;
  readonly eps: number;
  readonly centered: boolean;
}

const rootMeanSquare = (b: Builder, one: Treated, g: Operand, { alpha, eps, centered }: Spread): Operand => {
  const square = movingSquare(b, b.slot(one.param, "square"), g, alpha);
  if (!centered) return add(b, sqrt(b, square), b.constant(eps));
  const mean = movingAverage(b, b.slot(one.param, "mean"), g, alpha);
  return add(b, sqrt(b, sub(b, square, mul(b, mean, mean))), b.constant(eps));
};

export const rmsprop = defineOptimizer({
  name: "rmsprop",
  doc: "RMSprop, as torch.optim.RMSprop.",
  attributes: attributes({
    lr: rate("the learning rate", 0.01),
    alpha: probability("how much of the mean of squares stays", 0.99),
    eps: decay("keeps the denominator from zero", 1e-8),
    weight_decay: decay("adds this much of the parameter to its gradient", 0),
    momentum: probability("how much of the last direction stays", 0),
    centered: flag("divides by the deviation instead of the root of the mean square", false),
  }),
}, (b, one, attrs) => {
    const g = decayed(b, one, attrs.weight_decay);
    const direction = div(b, g, rootMeanSquare(b, one, g, attrs));
    if (attrs.momentum === 0) return sub(b, one.value, mul(b, rateNow(b, attrs.lr), direction));
    const slot = b.slot(one.param, "momentum");
    const next = add(b, scale(b, attrs.momentum, slot), direction);
    b.assign(slot, next);
    return sub(b, one.value, mul(b, rateNow(b, attrs.lr), next));
  });
