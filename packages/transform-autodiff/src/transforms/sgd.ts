import { attributes, flag, probability } from "@sequent/ir";
import type { Builder, Operand } from "@sequent/ir";
import { decay } from "../decay.js";
import { decayed, defineOptimizer } from "../optimizer.js";
import type { Treated } from "../optimizer.js";
import { rate, rateNow } from "../rate.js";
import { add, mul, scale, sub, updateCount, where } from "../vocabulary.js";

interface Momentum {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

/** PyTorch's: the buffer starts as the first gradient, undamped. */
const buffered = (b: Builder, one: Treated, g: Operand, { momentum, dampening, nesterov }: Momentum): Operand => {
  if (momentum === 0) return g;
  const slot = b.slot(one.param, "momentum");
  const later = add(b, scale(b, momentum, slot), scale(b, 1 - dampening, g));
  const next = dampening === 0 ? later : where(b, updateCount(b), later, g);
  b.assign(slot, next);
  return nesterov ? add(b, g, scale(b, momentum, next)) : next;
};

export const sgd = defineOptimizer({
  name: "sgd",
  doc: "Stochastic gradient descent, as torch.optim.SGD: x − lr·g, with momentum and weight decay.",
  attributes: attributes({
    lr: rate("the learning rate", 1e-3),
    momentum: probability("how much of the last direction stays", 0),
    dampening: probability("how much of the gradient is left out of the direction", 0),
    nesterov: flag("looks ahead along the momentum", false),
    weight_decay: decay("adds this much of the parameter to its gradient", 0),
  }),
}, (b, one, attrs) => {
    const direction = buffered(b, one, decayed(b, one, attrs.weight_decay), attrs);
    return sub(b, one.value, mul(b, rateNow(b, attrs.lr), direction));
  });
