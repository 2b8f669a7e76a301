/** Activation functions: of each number alone, and softmax with its kin along one axis. */
import * as t from "io-ts/lib/index.js";
import { attributes, custom, integer, number } from "../attributes-codec.js";
import { defineOp } from "../define-codec.js";
import * as kernels from "../kernels/elementwise.js";
import * as reduce from "../kernels/reduce.js";
import { elu, gelu, silu, softplus } from "../kernels/special.js";
import type { AnyOp } from "../op.js";
import type { Tensor } from "../tensor.js";
import { onOne, sample, vary, within } from "./samples.js";
import { lastAxis, toLast } from "./axes.js";
import { add, along, likeFirst, mul, nth, primitive, rankOf, scale, slope, sub, unary, where, withAttributes, vanishTogether } from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;
const single = { inputs: ["x"], elementwise: true, type: likeFirst } as const;
/** Both sides of a kink at 0. */
const SIDES = [...onOne([0.3, 2]), sample([within([-2, -0.3], 4)]), sample([within([-2, -0.3], 1)], {}, 1)];
const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(ROOT * (x + CUBIC * x * x * x)));

export const ACTIVATIONS: readonly AnyOp[] = [
  defineOp({
    ...single,
    name: "core.relu",
    doc: "max(x, 0); its slope at 0 is 0.",
    notation: call("relu"),
    vanishes: vanishTogether,
    forward: unary(kernels.relu),
    autodiff: slope((b, { x, g }) => where(b, b.op("core.le", [x, b.constant(0)]), b.constant(0), g)),
    samples: SIDES,
  }),
  withAttributes(attributes({ slope: number("factor below 0", 0.01) }))({
    ...single,
    name: "core.leaky_relu",
    doc: "x above 0, slope·x below.",
    notation: call("leaky_relu"),
    forward: primitive((ins, attrs, run) => kernels.map1((x) => (x > 0 ? x : x * attrs.slope))(nth(ins, 0), run.precision)),
    autodiff: slope((b, { x, g, attrs }) => where(b, b.op("core.gt", [x, b.constant(0)]), g, scale(b, g, attrs.slope))),
    samples: [...SIDES, sample([within([-2, -0.3], 3)], { slope: 0.2 })],
  }),
  withAttributes(attributes({ alpha: number("what −∞ gives, negated", 1) }))({
    ...single,
    name: "core.elu",
    doc: "x above 0, alpha·(eˣ − 1) below.",
    notation: call("elu"),
    forward: primitive((ins, attrs, run) => kernels.map1((x) => elu(x, attrs.alpha))(nth(ins, 0), run.precision)),
    // α eˣ at and below 0
    autodiff: slope((b, { x, g, attrs }) => {
      const below = scale(b, mul(b, g, b.op("core.exp", [x])), attrs.alpha);
      return where(b, b.op("core.le", [x, b.constant(0)]), below, g);
    }),
    samples: [...SIDES, sample([within([-2, -0.3], 3)], { alpha: 0.5 })],
  }),
  withAttributes(attributes({
    approximate: custom(t.keyof({ none: null, tanh: null }), "none or tanh")("how Φ is computed", "none"),
  }))({
    ...single,
    name: "core.gelu",
    doc: "x·Φ(x) with Φ the normal distribution function, exactly or by its tanh approximation.",
    notation: call("gelu"),
    forward: primitive((ins, attrs, run) =>
      kernels.map1(attrs.approximate === "tanh" ? geluTanh : gelu)(nth(ins, 0), run.precision)),
    autodiff: slope((b, { x, g, attrs }) => {
      const square = mul(b, x, x);
      if (attrs.approximate === "none") {
        // Φ(x) + x φ(x)
        const cdf = scale(b, add(b, b.op("core.erf", [scale(b, x, Math.SQRT1_2)]), b.constant(1)), 0.5);
        const density = scale(b, b.op("core.exp", [scale(b, square, -0.5)]), 1 / Math.sqrt(2 * Math.PI));
        return mul(b, g, add(b, cdf, mul(b, x, density)));
      }
      // u = √(2/π) (x + c x³): ½ (1 + tanh u) + ½ x (1 − tanh² u) u′
      const u = scale(b, mul(b, x, add(b, scale(b, square, CUBIC), b.constant(1))), ROOT);
      const slopeOfU = scale(b, add(b, scale(b, square, 3 * CUBIC), b.constant(1)), ROOT);
      const tanh = b.op("core.tanh", [u]);
      const rest = mul(b, mul(b, x, sub(b, b.constant(1), mul(b, tanh, tanh))), slopeOfU);
      return mul(b, g, scale(b, add(b, add(b, tanh, b.constant(1)), rest), 0.5));
    }),
    samples: [...onOne(), ...onOne(undefined, { approximate: "tanh" })],
  }),
  defineOp({
    ...single,
    name: "core.silu",
    doc: "x·sigmoid(x), also called swish.",
    notation: call("silu"),
    forward: unary(kernels.map1(silu)),
    // s + x s (1 − s) = s (1 + x (1 − s))
    autodiff: slope((b, { x, g }) => {
      const s = b.op("core.sigmoid", [x]);
      return mul(b, g, mul(b, s, add(b, mul(b, x, sub(b, b.constant(1), s)), b.constant(1))));
    }),
    samples: onOne(),
  }),
  defineOp({
    ...single,
    name: "core.tanh",
    doc: "The hyperbolic tangent.",
    notation: call("tanh"),
    vanishes: vanishTogether,
    forward: unary(kernels.tanh),
    // 1 − y²
    autodiff: slope((b, { y, g }) => mul(b, g, sub(b, b.constant(1), mul(b, y, y)))),
    samples: onOne(),
  }),
  defineOp({
    ...single,
    name: "core.sigmoid",
    doc: "The logistic function 1 / (1 + e^−x).",
    notation: call("sigmoid"),
    forward: unary(kernels.sigmoid),
    // y (1 − y)
    autodiff: slope((b, { y, g }) => mul(b, g, mul(b, y, sub(b, b.constant(1), y)))),
    loss: "sigmoid_cross_entropy",
    samples: onOne(),
  }),
  defineOp({
    ...single,
    name: "core.softplus",
    doc: "log(1 + eˣ), a smooth relu.",
    notation: call("softplus"),
    forward: unary(kernels.map1(softplus)),
    autodiff: slope((b, { x, g }) => mul(b, g, b.op("core.sigmoid", [x]))),
    samples: onOne(),
  }),
];

const axis = attributes({ axis: integer("the axis along which it normalises; −1: the last", -1) });
const onAxis = { inputs: ["x"], type: likeFirst } as const;
const alongAxis = (x: Tensor, at: number, f: (last: Tensor) => Tensor): Tensor => toLast(f(toLast(x, at)), at);
const SHAPES = [
  sample([vary(4)]), sample([vary(1)]), sample([vary(3)], {}, 1), sample([vary(2, 3)]),
  sample([vary(3, 2)], { axis: 0 }), sample([within([30, 40], 3)]), sample([{ ...vary(3), batched: false }]),
];

export const SOFTMAXES: readonly AnyOp[] = [
  withAttributes(axis)({
    ...onAxis,
    name: "core.softmax",
    doc: "eˣ / Σ eˣ along the last axis: positive numbers that sum to 1.",
    notation: call("softmax"),
    forward: primitive((ins, attrs, run) => alongAxis(nth(ins, 0), attrs.axis, (x) => reduce.softmax(x, run.precision))),
    // y (^y − Σ y ^y)
    autodiff: slope((b, { y, g, attrs }) => {
      const at = lastAxis(attrs.axis, rankOf(b, y));
      return mul(b, y, sub(b, g, along(b, b.op("core.sum", [mul(b, g, y)], { axis: at }), y, at)));
    }),
    loss: "softmax_cross_entropy",
    samples: SHAPES,
  }),
  withAttributes(axis)({
    ...onAxis,
    name: "core.log_softmax",
    doc: "log(softmax(x)) along the last axis, without overflow.",
    notation: call("log_softmax"),
    forward: primitive((ins, attrs, run) => alongAxis(nth(ins, 0), attrs.axis, (x) => reduce.logSoftmax(x, run.precision))),
    // ^y − e^y Σ ^y
    autodiff: slope((b, { y, g, attrs }) => {
      const at = lastAxis(attrs.axis, rankOf(b, y));
      return sub(b, g, mul(b, b.op("core.exp", [y]), along(b, b.op("core.sum", [g], { axis: at }), y, at)));
    }),
    samples: SHAPES,
  }),
];
