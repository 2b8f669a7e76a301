/** What optimizers share: each parameter's next value from its value and gradient. */
import { invariant } from "@sequent/ir";
import type { Builder, Operand, ParamId, ParameterGroup, Transform } from "@sequent/ir";
import { defineTransform } from "./define-codec.js";
import { add, scale, div, mul, sub, tanh, updateCount } from "./vocabulary.js";

/** One parameter, as an optimizer sees it. */
export interface Treated {
  readonly param: ParamId;
  readonly value: Operand;
  readonly gradient: Operand;
}

type Head<A> = Pick<Transform<A>, "name" | "doc" | "attributes"> & Partial<Pick<Transform<A>, "aliases">>;

/** The record of an optimizer that treats each parameter by itself. */
export const defineOptimizer = <A>(head: Head<A>, next: (b: Builder, one: Treated, attrs: A) => Operand): Transform =>
  defineTransform<A>({
    ...head,
    treat: { order: "optimizer", build: (b, group, attrs) => ({ ...group, next: treated(group).map((one) => next(b, one, attrs)) }) },
  });

/** The members of a group. */
const treated = (group: ParameterGroup): readonly Treated[] =>
  group.params.map((param, k) => {
    const value = group.values[k], gradient = group.gradients[k];
    invariant(value !== undefined && gradient !== undefined, "a parameter without its gradient");
    return { param, value, gradient };
  });

/** g + decay·x, as PyTorch's `weight_decay` of all but adamw. */
export const decayed = (b: Builder, one: Treated, decay: number): Operand =>
  decay === 0 ? one.gradient : add(b, one.gradient, scale(b, decay, one.value));

/** A slot that moves to `part` of the way from itself to `x`. */
export const movingAverage = (b: Builder, slot: Operand, x: Operand, keep: number): Operand => {
  const next = add(b, slot, scale(b, 1 - keep, sub(b, x, slot)));
  b.assign(slot, next);
  return next;
};

/** A slot that keeps `keep` of itself and takes the rest from x²; rounded as PyTorch's `mul_().addcmul_()`. */
export const movingSquare = (b: Builder, slot: Operand, x: Operand, keep: number): Operand => {
  const next = add(b, scale(b, keep, slot), mul(b, scale(b, 1 - keep, x), x));
  b.assign(slot, next);
  return next;
};

/** 1 − βⁿ at the n-th Update, exact also in single precision: for u = tanh(½ n log β) it is −2u / (1 − u). */
export const biasCorrection = (b: Builder, beta: number): Operand => {
  if (beta === 0) return b.constant(1);
  const n = add(b, updateCount(b), b.constant(1));
  const u = tanh(b, scale(b, Math.log(beta) / 2, n));
  return div(b, scale(b, -2, u), sub(b, b.constant(1), u));
};
