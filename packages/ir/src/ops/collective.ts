/** Sums over all instances: of the batch, and of time where there is time. Of a value that all instances share there is one instance. */
import { attributes, natural, size } from "../attributes-codec.js";
import { defineOp } from "../define-codec.js";
import { divide } from "../kernels/elementwise.js";
import { scatter } from "../kernels/indexing.js";
import * as reduce from "../kernels/reduce.js";
import type { AnyOp } from "../op.js";
import type { Tensor } from "../tensor.js";
import { sizeOf } from "../tensor.js";
import { one } from "./internal.js";
import { productCost } from "./cost.js";
import { fixed, labels, sample, vary } from "./samples.js";
import { div, each, expandAs, likeFirst, none, nth, ONCE, primitive, scalar, slope, withAttributes, vanishTogether } from "./support.js";

const internal = { tag: "internal" } as const;
const OF_ALL = [sample([vary()]), sample([vary(3)]), sample([vary(2, 3)]), sample([vary(2)], {}, 1), sample([vary(1)])];

/** Leading axes as further rows. */
const asRows = (x: Tensor, leading: number): Tensor => ({
  ...x, rows: x.rows * sizeOf(x.shape.slice(0, leading)), shape: x.shape.slice(leading),
});

export const COLLECTIVES: readonly AnyOp[] = [
  defineOp({
    name: "core.count",
    doc: "The number of instances of x.",
    notation: internal,
    inputs: ["x"],
    collective: true,
    type: scalar,
    forward: primitive((ins, _, run) => one(nth(ins, 0).rows, run.precision)),
    autodiff: none("it does not depend on the value of x"),
    samples: OF_ALL,
  }),
  defineOp({
    name: "core.total",
    doc: "The sum of x over all its instances.",
    notation: internal,
    inputs: ["x"],
    collective: true,
    type: likeFirst,
    vanishes: vanishTogether,
    forward: primitive((ins, _, run) => reduce.total(nth(ins, 0), run.precision)),
    // every instance gets ^y
    autodiff: slope((b, { x, g }) => expandAs(b, g, each(x))),
    samples: OF_ALL,
  }),
  defineOp({
    name: "core.average",
    doc: "The mean of x over all its instances; of none it is 0.",
    notation: internal,
    inputs: ["x"],
    collective: true,
    type: likeFirst,
    forward: primitive((ins, _, run) => {
      const x = nth(ins, 0);
      return divide(reduce.total(x, run.precision), one(Math.max(x.rows, 1), run.precision), run.precision);
    }),
    // every instance gets ^y / count
    autodiff: slope((b, { x, g }) => expandAs(b, div(b, g, b.op("core.count", [x])), each(x))),
    samples: OF_ALL,
  }),
  withAttributes(attributes({ leading: size("how many leading axes are summed over", 0) }))({
    name: "core.outer_total",
    doc: "Σ g⊗x over all instances and over the `leading` first axes of both: the gradient of a dense layer's weights.",
    notation: internal,
    inputs: ["g", "x"],
    collective: true,
    type: (s, ins, outs, attrs) => {
      s.setDtype(nth(outs, 0), "float");
      const g = s.dims(nth(ins, 0)), x = s.dims(nth(ins, 1));
      if (g === null || x === null) return false;
      for (let i = 0; i < attrs.leading; i++) s.equalDims(nth(g, i), nth(x, i));
      s.setDims(nth(outs, 0), [...g.slice(attrs.leading), ...x.slice(attrs.leading)]);
      return true;
    },
    forward: primitive((ins, attrs, run) => {
      const g = nth(ins, 0), x = nth(ins, 1), rows = Math.max(g.rows, x.rows);
      const wide = (of: Tensor): Tensor => (attrs.leading > 0 && rows > 1 ? reduce.repeatRows(of, rows) : of);
      return reduce.outerTotal(asRows(wide(g), attrs.leading), asRows(wide(x), attrs.leading), run.precision);
    }),
    autodiff: ONCE,
    cost: productCost,
    samples: [
      sample([vary(2), vary(3)]), sample([vary(1), vary(1)], {}, 1), sample([vary(4, 2), vary(4, 3)], { leading: 1 }),
      sample([vary(2), fixed(3)]),
    ],
  }),
  withAttributes(attributes({ n: natural("rows of the table") }))({
    name: "core.embed_total",
    doc: "Adds g at the rows that i names of a table of n rows, over all instances: the gradient of an embedding.",
    notation: internal,
    inputs: ["g", "i"],
    collective: true,
    type: (s, ins, outs, attrs) => {
      s.setDtype(nth(outs, 0), "float");
      const g = s.dims(nth(ins, 0)), i = s.dims(nth(ins, 1));
      if (g === null || i === null) return false;
      s.setDims(nth(outs, 0), [s.dim(attrs.n), ...g.slice(i.length)]);
      return true;
    },
    forward: primitive((ins, attrs, run) => scatter(nth(ins, 0), nth(ins, 1), attrs.n, run.precision, true)),
    autodiff: ONCE,
    samples: [sample([vary(3), labels(4)], { n: 4 }), sample([vary(2, 3), labels(4, 2)], { n: 4 }), sample([vary(1), labels(1)], { n: 1 }, 1)],
  }),
];
