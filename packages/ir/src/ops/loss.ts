/** Losses that are computed from what their activation function was applied to: a scalar per instance, the gradient is prediction − target. */
import { attributes, integer } from "../attributes-codec.js";
import type { Builder } from "../builder.js";
import { defineOp } from "../define-codec.js";
import * as kernels from "../kernels/elementwise.js";
import { expandAxis } from "../kernels/indexing.js";
import { logSumExp } from "../kernels/reduce.js";
import { softplus } from "../kernels/special.js";
import type { AnyOp, OpDef } from "../op.js";
import type { Precision, Tensor } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import type { Operand } from "../time.js";
import { lastAxis, toLast } from "./axes.js";
import { fixed, onTwo, sample, vary, within } from "./samples.js";
import { along, div, expandAs, fit, mul, neg, nth, primitive, rankOf, rule, scalarOfPair, sub, withAttributes } from "./support.js";

const internal = { tag: "internal" } as const;

/** The sum of all elements of each row. */
const sumRows = (x: Tensor, precision: Precision): Tensor => {
  const size = sizeOf(x.shape);
  const data = allocate(precision, x.rows);
  for (let r = 0, at = 0; r < x.rows; r++) {
    let sum = 0;
    for (let i = 0; i < size; i++, at++) sum += x.data[at] ?? 0;
    data[r] = sum;
  }
  return { shape: [], rows: x.rows, batched: x.batched, data };
};

const CLASSES = [
  sample([vary(4), within([0, 1], 4)]), sample([vary(1), within([0, 1], 1)]), sample([vary(3), within([0, 1], 3)], {}, 1),
  sample([vary(3), { ...fixed(3), range: [0, 1] }]), sample([vary(2, 3), within([0, 1], 2, 3)]),
];
const base = { notation: internal, type: scalarOfPair } as const satisfies Partial<OpDef>;
const square = kernels.map2((p, y) => 0.5 * (p - y) * (p - y));
/** log(1 + eˣ) − y x, which is −y log s(x) − (1−y) log(1 − s(x)). */
const logistic = kernels.map2((x, y) => softplus(x) - y * x);
const counting = kernels.map2((x, y) => Math.exp(x) - y * x);
/** As PyTorch bounds it: log p and log(1 − p) are at least −100. */
const binaryOf = kernels.map2((p, y) => -y * Math.max(Math.log(p), -100) - (1 - y) * Math.max(Math.log1p(-p), -100));
/** y log Σ eˣ − y x for one element, given the log-sum-exp in the third place. */
const surprise = kernels.map3((x, y, lse) => (y === 0 ? 0 : y * (lse - x)));

/** Elements of x and y, summed; y may be a scalar. */
const summed = (f: kernels.Map2) => primitive((ins, _, run) => sumRows(f(nth(ins, 0), nth(ins, 1), run.precision), run.precision));

/** The rule: ^x = ^loss (prediction(x) − y), and ^y = ^loss · slope(x, y), written out where y has more elements than x. */
const matching = (prediction: (b: Builder, x: Operand) => Operand, slopeOfTarget: (b: Builder, x: Operand, y: Operand) => Operand) =>
  rule((b, { ins, g }) => {
    const x = nth(ins, 0), y = nth(ins, 1);
    const toY = mul(b, g, slopeOfTarget(b, x, y));
    const written = rankOf(b, toY) < rankOf(b, y) ? expandAs(b, toY, y) : toY;
    return [fit(b, mul(b, g, sub(b, prediction(b, x), y)), x), fit(b, written, y)];
  });
const minusX = (b: Builder, x: Operand): Operand => neg(b, x);

export const LOSS_OPS: readonly AnyOp[] = [
  defineOp({
    ...base,
    name: "core.half_square",
    doc: "½‖x − y‖²: the matching loss of the identity.",
    inputs: ["x", "y"],
    forward: summed(square),
    autodiff: matching((_, x) => x, (b, x, y) => sub(b, y, x)),
    samples: onTwo(),
  }),
  defineOp({
    ...base,
    name: "core.sigmoid_cross_entropy",
    doc: "Σ −y log p − (1−y) log(1−p) for p = sigmoid(x), computed from x as log(1 + eˣ) − y x.",
    inputs: ["x", "y"],
    forward: summed(logistic),
    autodiff: matching((b, x) => b.op("core.sigmoid", [x]), minusX),
    samples: onTwo([-3, 3], [0, 1]),
  }),
  defineOp({
    ...base,
    name: "core.poisson_cross_entropy",
    doc: "Σ p − y log p for the rate p = eˣ, computed from x: the Poisson log-likelihood without its constant.",
    inputs: ["x", "y"],
    forward: summed(counting),
    autodiff: matching((b, x) => b.op("core.exp", [x]), minusX),
    samples: onTwo([-2, 2], [0, 3]),
  }),
  withAttributes(attributes({ axis: integer("the axis of the softmax; −1: the last", -1) }))({
    ...base,
    name: "core.softmax_cross_entropy",
    doc: "−Σ y log p for p = softmax(x), computed from x; y is a distribution.",
    inputs: ["x", "y"],
    forward: primitive((ins, { axis }, run) => {
      const y = nth(ins, 1), x = toLast(nth(ins, 0), axis), n = x.shape.at(-1);
      const sums = logSumExp(x, run.precision);
      const wide = n === undefined ? sums : expandAxis(sums, -1, n);
      return sumRows(surprise(x, y.shape.length === 0 ? y : toLast(y, axis), wide, run.precision), run.precision);
    }),
    // ^x = softmax(x) Σy − y, ^y = −log_softmax(x)
    autodiff: rule((b, { ins, g, attrs }) => {
      const x = nth(ins, 0), y = nth(ins, 1), rank = rankOf(b, x), at = lastAxis(attrs.axis, rank);
      const target = rankOf(b, y) < rank ? expandAs(b, y, x) : y;
      const mass = along(b, b.op("core.sum", [target], { axis: at }), x, at);
      const toX = mul(b, g, sub(b, mul(b, b.op("core.softmax", [x], { axis: at }), mass), target));
      return [toX, fit(b, neg(b, mul(b, g, b.op("core.log_softmax", [x], { axis: at }))), y)];
    }),
    samples: [...CLASSES, sample([vary(3, 2), within([0, 1], 3, 2)], { axis: 0 })],
  }),
  defineOp({
    ...base,
    name: "core.binary_cross_entropy",
    doc: "Σ −y log p − (1−y) log(1−p) for a probability p; logarithms are at least −100, as in PyTorch.",
    inputs: ["p", "y"],
    forward: summed(binaryOf),
    // ^p = ^loss (p − y) / max(p (1 − p), 10⁻¹²); ^y = ^loss (log(1−p) − log p)
    autodiff: rule((b, { ins, g }) => {
      const p = nth(ins, 0), y = nth(ins, 1), rest = sub(b, b.constant(1), p);
      const spread = b.op("core.maximum", [mul(b, p, rest), b.constant(1e-12)]);
      const log = (x: Operand): Operand => b.op("core.maximum", [b.op("core.log", [x]), b.constant(-100)]);
      const toY = mul(b, g, sub(b, log(rest), log(p)));
      const written = rankOf(b, toY) < rankOf(b, y) ? expandAs(b, toY, y) : toY;
      return [fit(b, mul(b, g, div(b, sub(b, p, y), spread)), p), fit(b, written, y)];
    }),
    samples: onTwo([0.1, 0.9], [0, 1]),
  }),
];
