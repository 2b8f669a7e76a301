/** Pooling over one or two spatial axes, and the ops of its gradient. */
import { attributes } from "../attributes-codec.js";
import { avgPool, avgPoolGradient, maxPool, maxPoolGradient } from "../kernels/pooling.js";
import { repeatRows } from "../kernels/reduce.js";
import type { AnyOp } from "../op.js";
import type { TypeRule } from "../solver.js";
import type { Tensor } from "../tensor.js";
import { fixed, sample, vary } from "./samples.js";
import { dimsOfRank, nth, ONCE, primitive, slope, withAttributes } from "./support.js";
import { fitsRank, optionalSizes, sizes, slide, windowOf } from "./window.js";
import type { Sizes } from "./window.js";

const call = (name: string) => ({ tag: "call", name }) as const;
const internal = { tag: "internal" } as const;
const window = attributes({ kernel: sizes("size of the window", 2), stride: optionalSizes("its step; by default the window's size") });
interface PoolAttrs {
  readonly kernel: Sizes;
  readonly stride: Sizes | null;
}
const unpadded = (attrs: PoolAttrs) => ({ ...attrs, pad: "valid" }) as const;
const over = (attrs: PoolAttrs, x: Tensor) => windowOf(unpadded(attrs), x.shape.length - 1);
const again = ({ kernel, stride }: PoolAttrs) => ({ kernel, stride });

const pools = (name: string): TypeRule<PoolAttrs> => (s, ins, outs, attrs) => {
  const x = nth(ins, 0), out = nth(outs, 0);
  s.setDtype(out, "float");
  const rank = (s.dims(x) ?? s.dims(out))?.length;
  if (rank === undefined) return false;
  if (!fitsRank(s, name, unpadded(attrs), rank - 1)) return true;
  const [inputs, ...from] = dimsOfRank(s, x, rank), [channels, ...to] = dimsOfRank(s, out, rank);
  if (inputs === undefined || channels === undefined) return true;
  s.equalDims(inputs, channels);
  return slide(s, name, windowOf(unpadded(attrs), rank - 1), from, to);
};
/** The gradient has the shape of x. */
const likeImage: TypeRule<unknown> = (s, ins, outs) => {
  s.setDtype(nth(outs, 0), "float");
  s.equalShapes(nth(ins, 0), nth(outs, 0));
  return true;
};

const IMAGES = [
  sample([vary(2, 4, 4)]), sample([vary(2, 6)]), sample([vary(1, 5, 5)], { kernel: 3, stride: 1 }), sample([vary(1, 2, 2)], {}, 1),
  sample([vary(2, 4, 6)], { kernel: [2, 3] }), sample([vary(1, 1, 1)], { kernel: 1 }), sample([fixed(1, 4)]),
];
const BACK = [sample([vary(2, 4, 4), vary(2, 2, 2)]), sample([vary(1, 5), vary(1, 2)]), sample([vary(1, 2), vary(1, 1)], {}, 1)];

export const POOLING: readonly AnyOp[] = [
  withAttributes(window)({
    name: "core.max_pool",
    doc: "The maximum of each window of each channel; the first of equal ones gets the gradient.",
    notation: call("max_pool"),
    inputs: ["x"],
    type: pools("max_pool"),
    forward: primitive((ins, attrs, run) => maxPool(nth(ins, 0), over(attrs, nth(ins, 0)), run.precision)),
    autodiff: slope((b, { x, g, attrs }) => b.op("core.max_pool_back", [x, g], again(attrs))),
    samples: IMAGES,
  }),
  withAttributes(window)({
    name: "core.max_pool_back",
    doc: "g at the place of each window's maximum in x, zeros elsewhere: the gradient of max_pool.",
    notation: internal,
    inputs: ["x", "g"],
    type: likeImage,
    forward: primitive((ins, attrs, run) => {
      const x = nth(ins, 0), g = nth(ins, 1);
      return maxPoolGradient(x, x.batched ? repeatRows(g, x.rows) : g, over(attrs, x), run.precision);
    }),
    autodiff: ONCE,
    samples: BACK,
  }),
  withAttributes(window)({
    name: "core.avg_pool",
    doc: "The mean of each window of each channel.",
    notation: call("avg_pool"),
    inputs: ["x"],
    type: pools("avg_pool"),
    forward: primitive((ins, attrs, run) => avgPool(nth(ins, 0), over(attrs, nth(ins, 0)), run.precision)),
    autodiff: slope((b, { x, g, attrs }) => b.op("core.avg_pool_back", [x, g], again(attrs))),
    samples: IMAGES,
  }),
  withAttributes(window)({
    name: "core.avg_pool_back",
    doc: "g shared evenly by each window of x: the gradient of avg_pool.",
    notation: internal,
    inputs: ["x", "g"],
    type: likeImage,
    forward: primitive((ins, attrs, run) => avgPoolGradient(nth(ins, 1), nth(ins, 0).shape, over(attrs, nth(ins, 0)), run.precision)),
    autodiff: ONCE,
    samples: BACK,
  }),
];
