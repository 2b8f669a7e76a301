/** Convolution (cross-correlation, as PyTorch's) over one or two spatial axes, and the ops of its gradient. */
import { attributes, flag, natural, optional } from "../attributes-codec.js";
import type { Builder } from "../builder.js";
import { convolve, convolveGradientInput, convolveGradientWeight } from "../kernels/convolution.js";
import { repeatRows } from "../kernels/reduce.js";
import type { AnyOp, ParamSpec } from "../op.js";
import type { Solver, TypeVar } from "../solver.js";
import type { Precision, Tensor } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import type { Operand } from "../time.js";
import { contractionCost } from "./cost.js";
import { init, UNIFORM_FAN_IN } from "./init.js";
import { fixed, sample, vary } from "./samples.js";
import { dimsOfRank, nth, ONCE, primitive, rankOf, rule, withAttributes } from "./support.js";
import { fitsRank, pad, sizes, slide, windowAttrs, windowOf } from "./window.js";
import type { WindowAttrs } from "./window.js";

const internal = { tag: "internal" } as const;
const window = {
  kernel: sizes("size of the window", 3),
  stride: sizes("its step", 1),
  pad: pad("zeros around the image", "valid"),
};
const biasParam: ParamSpec = { name: "bias", role: "weight", init: { name: UNIFORM_FAN_IN, attrs: {} }, fanOf: "weight" };

/** The rank that one of image, result and weight tells; null while none does. */
const spatialOf = (s: Solver, x: TypeVar, weight: TypeVar, out: TypeVar): number | null => {
  const image = s.dims(x) ?? s.dims(out);
  if (image !== null) return image.length - 1;
  const kernel = s.dims(weight);
  return kernel === null ? null : kernel.length - 2;
};
const over = (attrs: WindowAttrs, x: Tensor) => windowOf(attrs, x.shape.length - 1);

/** ^weight of each row. */
const eachWeight = (g: Tensor, x: Tensor, attrs: WindowAttrs, run: { readonly precision: Precision }): Tensor => {
  const shape = weightShape(g, x, attrs), size = sizeOf(shape);
  const rows = Math.max(g.rows, x.rows), batched = g.batched || x.batched;
  const data = allocate(run.precision, rows * size);
  const row = (of: Tensor, r: number): Tensor => {
    const one = sizeOf(of.shape), from = of.batched ? r * one : 0;
    return { ...of, rows: 1, batched: false, data: of.data.subarray(from, from + one) };
  };
  for (let r = 0; r < rows; r++) data.set(convolveGradientWeight(row(g, r), row(x, r), shape, over(attrs, x), run.precision).data, r * size);
  return { shape, rows, batched, data };
};
const weightShape = (g: Tensor, x: Tensor, attrs: WindowAttrs): readonly number[] =>
  [nth(g.shape, 0), nth(x.shape, 0), ...over(attrs, x).kernel];

const sumSpatial = (b: Builder, x: Operand): Operand => {
  let sum = x;
  for (let rank = rankOf(b, x); rank > 1; rank--) sum = b.op("core.sum", [sum]);
  return sum;
};

/** The type of ^weight: [channels of g, channels of x, kernel…]. */
const weightType = (s: Solver, ins: readonly TypeVar[], outs: readonly TypeVar[], attrs: WindowAttrs): boolean => {
  s.setDtype(nth(outs, 0), "float");
  const g = s.dims(nth(ins, 0)), x = s.dims(nth(ins, 1));
  if (g === null || x === null) return false;
  const { kernel } = windowOf(attrs, x.length - 1);
  s.setDims(nth(outs, 0), [nth(g, 0), nth(x, 0), ...kernel.map((n) => s.dim(n))]);
  return true;
};
const GRADIENTS = [
  sample([vary(2, 3, 3), vary(1, 5, 5)]), sample([vary(2, 3), vary(3, 5)]), sample([vary(1, 1), vary(1, 3)], {}, 1),
];

export const CONVOLUTIONS: readonly AnyOp[] = [
  withAttributes(attributes({
    features: optional(natural)("channels of the result"),
    ...window,
    bias: flag("whether a bias is added", true),
    init: init(UNIFORM_FAN_IN),
  }))({
    name: "core.conv",
    doc: "Convolution of an image [channels, height, width] or a sequence [channels, length] with weights [out, in, kernel…].",
    notation: { tag: "call", name: "conv" },
    inputs: ["x"],
    params: (attrs) => [
      { name: "weight", role: "weight", init: attrs.init, fanOf: null },
      ...(attrs.bias ? [biasParam] : []),
    ],
    type: (s, ins, outs, attrs) => {
      const x = nth(ins, 0), weight = nth(ins, 1), out = nth(outs, 0);
      s.setDtype(out, "float");
      const spatial = spatialOf(s, x, weight, out);
      if (spatial === null) return false;
      if (!fitsRank(s, "conv", attrs, spatial)) return true;
      const w = windowOf(attrs, spatial);
      const [inputs, ...from] = dimsOfRank(s, x, spatial + 1), [channels, ...to] = dimsOfRank(s, out, spatial + 1);
      const [rows, columns, ...kernel] = dimsOfRank(s, weight, spatial + 2);
      if (inputs === undefined || channels === undefined || rows === undefined || columns === undefined) return true;
      s.equalDims(rows, channels);
      s.equalDims(columns, inputs);
      kernel.forEach((d, i) => { s.equalDims(d, s.dim(nth(w.kernel, i))); });
      if (attrs.features !== null) s.equalDims(rows, s.dim(attrs.features));
      if (attrs.bias) s.equalDims(nth(dimsOfRank(s, nth(ins, 2), 1), 0), rows);
      return slide(s, "conv", w, from, to);
    },
    forward: primitive((ins, attrs, run) => {
      const x = nth(ins, 0);
      return convolve(x, nth(ins, 1), ins[2] ?? null, over(attrs, x), run.precision);
    }),
    // y = W ∗ x + b: ^x is the transpose of x ↦ W ∗ x, ^W of W ↦ W ∗ x, and ^b the sum of ^y over positions
    autodiff: rule(
      (b, { ins, x, g, attrs }) => {
        const same = windowAttrs(attrs);
        const toX = b.op("core.conv_back", [g, nth(ins, 1), x], same);
        return [toX, b.op("core.conv_weight", [g, x], same), ...ins.slice(2).map(() => sumSpatial(b, g))];
      },
      (b, { ins, x, g, attrs }) => {
        const toWeight = b.op("core.conv_weight_total", [b.all(g), b.all(x)], windowAttrs(attrs));
        return [null, toWeight, ...ins.slice(2).map(() => b.op("core.total", [b.all(sumSpatial(b, g))]))];
      },
    ),
    cost: contractionCost,
    samples: [
      sample([vary(2, 5, 4), fixed(3, 2, 3, 3), fixed(3)]),
      sample([vary(1, 4, 4), fixed(2, 1, 3, 3), fixed(2)], { pad: "same" }),
      sample([vary(2, 5), fixed(3, 2, 2), fixed(3)], { kernel: 2, pad: "same" }),
      sample([vary(2, 7), fixed(1, 2, 3)], { stride: 2, pad: 1, bias: false }),
      sample([vary(1, 1, 1), fixed(1, 1, 1, 1), fixed(1)], { kernel: 1 }, 1),
      sample([vary(1, 4, 5), fixed(1, 1, 2, 3), fixed(1)], { kernel: [2, 3], stride: [1, 2] }),
    ],
  }),
  withAttributes(attributes(window))({
    name: "core.conv_back",
    doc: "The transpose of the convolution of `x` with these weights, of g: the gradient of the image.",
    notation: internal,
    inputs: ["g", "weight", "x"],
    type: (s, ins, outs) => {
      s.setDtype(nth(outs, 0), "float");
      s.equalShapes(nth(ins, 2), nth(outs, 0));
      return true;
    },
    forward: primitive((ins, attrs, run) => {
      const x = nth(ins, 2);
      return convolveGradientInput(nth(ins, 0), nth(ins, 1), x.shape, over(attrs, x), run.precision);
    }),
    autodiff: ONCE,
    cost: contractionCost,
    samples: [
      sample([vary(2, 3, 3), fixed(2, 1, 3, 3), vary(1, 5, 5)]), sample([vary(2, 3), fixed(2, 1, 3), vary(1, 3)], { pad: "same" }),
      sample([vary(1, 1), fixed(1, 1, 3), vary(1, 3)], {}, 1),
    ],
  }),
  withAttributes(attributes(window))({
    name: "core.conv_weight",
    doc: "Σ over positions of g times the patch of x: the gradient of a convolution's weights, per instance.",
    notation: internal,
    inputs: ["g", "x"],
    type: weightType,
    forward: primitive((ins, attrs, run) => eachWeight(nth(ins, 0), nth(ins, 1), attrs, run)),
    autodiff: ONCE,
    samples: GRADIENTS,
  }),
  withAttributes(attributes(window))({
    name: "core.conv_weight_total",
    doc: "Σ over positions and all instances of g times the patch of x: the gradient of a convolution's weights.",
    notation: internal,
    inputs: ["g", "x"],
    collective: true,
    type: weightType,
    forward: primitive((ins, attrs, run) => {
      const g = nth(ins, 0), x = nth(ins, 1);
      const gradient = g.batched ? g : repeatRows(g, x.rows);
      return convolveGradientWeight(gradient, x, weightShape(g, x, attrs), over(attrs, x), run.precision);
    }),
    autodiff: ONCE,
    samples: GRADIENTS,
  }),
];
