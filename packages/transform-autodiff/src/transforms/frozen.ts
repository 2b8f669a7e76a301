import { NO_ATTRIBUTES } from "@sequent/ir";
import { defineTransform } from "../define-codec.js";

export const frozen = defineTransform({
  name: "frozen",
  doc: "The function with an Update that gives zeros; its Autodiff stays.",
  attributes: NO_ATTRIBUTES,
  update: () => () => [],
});
