import { attributes } from "@sequent/ir";
import { adamStep, MOMENTS } from "../adam-step.js";
import { decay } from "../decay.js";
import { defineOptimizer } from "../optimizer.js";
import { rateNow } from "../rate.js";
import { mul, scale, sub } from "../vocabulary.js";

export const adamw = defineOptimizer({
  name: "adamw",
  doc: "Adam with decoupled weight decay, as torch.optim.AdamW.",
  attributes: attributes({ ...MOMENTS, weight_decay: decay("times the learning rate, is how much of the parameter goes", 0.01) }),
}, (b, one, attrs) => {
    const kept = sub(b, b.constant(1), scale(b, attrs.weight_decay, rateNow(b, attrs.lr)));
    const from = attrs.weight_decay === 0 ? one.value : mul(b, one.value, kept);
    return adamStep(b, one, from, one.gradient, attrs);
  });
