import { attributes, natural } from "@sequent/ir";
import { defineTransform } from "../define-codec.js";
import { everyUpdate, where } from "../vocabulary.js";

export const target = defineTransform({
  name: "target",
  doc: "The function with a copy of its parameters that is renewed at every n-th Update; frozen.",
  attributes: attributes({ every: natural("Updates from one renewal to the next", 500) }),
  update: () => () => [],
  renew: (b, live, copy, { every }) => where(b, everyUpdate(b, every), live, copy),
});
