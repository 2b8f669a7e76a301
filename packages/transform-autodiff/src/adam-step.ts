/** The step of adam and adamw, in the order of torch.optim's single-tensor reference. */
import { probability } from "@sequent/ir";
import type { Builder, Operand } from "@sequent/ir";
import { decay } from "./decay.js";
import { biasCorrection, movingAverage, movingSquare } from "./optimizer.js";
import type { Treated } from "./optimizer.js";
import { rate, rateNow } from "./rate.js";
import type { Rate } from "./rate.js";
import { add, div, mul, sqrt, sub } from "./vocabulary.js";

export interface Moments {
  readonly lr: Rate;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}
export const MOMENTS = {
  lr: rate("the learning rate", 1e-3),
  beta1: probability("how much of the mean of gradients stays", 0.9),
  beta2: probability("how much of the mean of their squares stays", 0.999),
  eps: decay("keeps the denominator from zero", 1e-8),
};

/** `from` − lr / (1 − β₁ⁿ) · m / (√v / √(1 − β₂ⁿ) + eps). */
export const adamStep = (b: Builder, one: Treated, from: Operand, gradient: Operand, attrs: Moments): Operand => {
  const m = movingAverage(b, b.slot(one.param, "m"), gradient, attrs.beta1);
  const v = movingSquare(b, b.slot(one.param, "v"), gradient, attrs.beta2);
  const step = div(b, rateNow(b, attrs.lr), biasCorrection(b, attrs.beta1));
  const root = div(b, sqrt(b, v), sqrt(b, biasCorrection(b, attrs.beta2)));
  return sub(b, from, mul(b, step, div(b, m, add(b, root, b.constant(attrs.eps)))));
};
