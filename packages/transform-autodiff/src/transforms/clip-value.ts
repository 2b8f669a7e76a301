import { attributes, positive } from "@sequent/ir";
import { defineTransform } from "../define-codec.js";
import { clip } from "../vocabulary.js";

export const clipValue = defineTransform({
  name: "clip_value",
  doc: "Bounds each element of the gradients of the function's parameters to −c…c.",
  attributes: attributes({ c: positive("the bound", 1) }),
  treat: {
    order: "gradient",
    build: (b, group, { c }) => ({ ...group, gradients: group.gradients.map((g) => clip(b, g, -c, c)) }),
  },
});
