import { attributes } from "@sequent/ir";
import { adamStep, MOMENTS } from "../adam-step.js";
import { decay } from "../decay.js";
import { decayed, defineOptimizer } from "../optimizer.js";

export const adam = defineOptimizer({
  name: "adam",
  aliases: ["adam_opt"],
  doc: "Adam, as torch.optim.Adam.",
  attributes: attributes({ ...MOMENTS, weight_decay: decay("adds this much of the parameter to its gradient", 0) }),
}, (b, one, attrs) => adamStep(b, one, one.value, decayed(b, one, attrs.weight_decay), attrs));
