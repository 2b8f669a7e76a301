import { NO_ATTRIBUTES } from "@sequent/ir";
import { defineTransform } from "../define-codec.js";

export const nograd = defineTransform({
  name: "nograd",
  doc: "The function with an Autodiff that gives zeros; its Update stays.",
  attributes: NO_ATTRIBUTES,
  autodiff: () => (_, site) => site.ins.map(() => null),
});
