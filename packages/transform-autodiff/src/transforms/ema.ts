import { attributes, probability } from "@sequent/ir";
import { defineTransform } from "../define-codec.js";
import { add, scale, sub } from "../vocabulary.js";

export const ema = defineTransform({
  name: "ema",
  doc: "The function with a lagged copy of its parameters, which moves by tau toward them after each Update; frozen.",
  attributes: attributes({ tau: probability("the part of the way that the copy goes", 0.005) }),
  update: () => () => [],
  renew: (b, live, copy, { tau }) => add(b, copy, scale(b, tau, sub(b, live, copy))),
});
