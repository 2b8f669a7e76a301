/** One-hot vectors, elements and parts by position, concatenation and shapes. */
import { attributes, natural, optional } from "../attributes-codec.js";
import { oneHot } from "../kernels/indexing.js";
import type { AnyOp } from "../op.js";
import { label, labels, sample } from "./samples.js";
import { none, nth, primitive, withAttributes } from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;

export const INDEXING: readonly AnyOp[] = [
  withAttributes(attributes({ classes: optional(natural)("how many, where the type of y does not say") }))({
    name: "core.one_hot",
    doc: "A class as a vector with a 1 at its place; as many elements as the type has classes.",
    notation: call("one_hot"),
    inputs: ["y"],
    type: (s, ins, outs, attrs) => {
      const y = nth(ins, 0), out = nth(outs, 0), classes = s.classes(y);
      s.setDtype(y, "int");
      s.setDtype(out, "float");
      if (attrs.classes !== null) s.equalDims(classes, s.dim(attrs.classes));
      const from = s.dims(y), to = s.dims(out);
      if (from !== null) s.setDims(out, [...from, classes]);
      else if (to !== null && to.length > 0) {
        s.setDims(y, to.slice(0, -1));
        s.equalDims(classes, nth(to, to.length - 1));
      } else return false;
      return true;
    },
    forward: primitive((ins, attrs, run) => {
      const last = nth(run.types, 0).shape.at(-1);
      return oneHot(nth(ins, 0), attrs.classes ?? (typeof last === "number" ? last : 1), run.precision);
    }),
    autodiff: none("a class is an integer: its gradient is 0"),
    samples: [sample([label(4)]), sample([label(1)], {}, 1), sample([labels(3, 2)])],
  }),
];
