/** Normalisation, dropout and entropy: one node each in a program, defined by their expansion into other ops. */
import { attributes, positive, probability, text } from "../attributes-codec.js";
import type { Builder } from "../builder.js";
import { defineOp } from "../define-codec.js";
import type { AnyOp, Site } from "../op.js";
import type { Operand } from "../time.js";
import { fixed, sample, vary, within } from "./samples.js";
import {
  add, dimsOfRank, div, expandAs, lastDim, likeFirst, mul, neg, nth, rankOf, scale, sizesOf, sub, where, withAttributes, withoutLast,
} from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;
const start = (name: "weight" | "bias" | "running_mean" | "running_var", role: "weight" | "statistic", init: "zeros" | "ones") =>
  ({ name, role, init: { name: init, attrs: {} }, fanOf: null }) as const;
const scaleAndShift = [start("weight", "weight", "ones"), start("bias", "weight", "zeros")];

/** x in the shape of `like`, whose axes `axes` it lacks; if there are none, as it is. */
const wide = (b: Builder, x: Operand, like: Operand, axes: readonly number[]): Operand =>
  axes.length === 0 ? x : expandAs(b, x, like, axes);

/** Of a value that is read at other steps than its own, or not at all of them, the instances that are read are those that count. */
const here = (b: Builder, x: Operand): Operand => b.op("core.here", [x]);

/** Mean and variance of each channel over the batch and the spatial axes. */
const channelMoments = (b: Builder, x: Operand): { readonly mean: Operand; readonly variance: Operand; readonly spatial: readonly number[] } => {
  const spatial = Array.from({ length: rankOf(b, x) - 1 }, (_, i) => i + 1);
  const overAll = (y: Operand): Operand => b.op("core.average", [b.all(spatial.reduce((m) => b.op("core.mean", [m]), y))]);
  const mean = overAll(here(b, x));
  const d = sub(b, x, wide(b, mean, x, spatial));
  return { mean, variance: overAll(mul(b, d, d)), spatial };
};
const root = (b: Builder, variance: Operand, eps: number): Operand => b.op("core.sqrt", [add(b, variance, b.constant(eps))]);

interface BatchNorm {
  readonly eps: number;
  readonly momentum: number;
}
/** running ← (1 − momentum) running + momentum · value of the batch, whose variance is the unbiased one. */
const runningMoments = (b: Builder, { ins, attrs }: Site<BatchNorm>): Readonly<Record<string, Operand>> => {
  const x = nth(ins, 0);
  const { mean, variance } = channelMoments(b, x);
  const positions = sizesOf(b, x).slice(1).reduce((n, size) => n * size, 1);
  const n = scale(b, b.op("core.count", [b.all(here(b, x))]), positions);
  const rest = b.op("core.maximum", [sub(b, n, b.constant(1)), b.constant(1)]);
  const blend = (old: Operand, value: Operand): Operand => add(b, scale(b, old, 1 - attrs.momentum), scale(b, value, attrs.momentum));
  return {
    running_mean: blend(nth(ins, 3), mean),
    running_var: blend(nth(ins, 4), mul(b, variance, div(b, n, rest))),
  };
};

export const NORMALIZATION: readonly AnyOp[] = [
  withAttributes(attributes({
    eps: positive("added to the variance", 1e-5),
    momentum: probability("weight of a new batch in the running statistics", 0.1),
  }))({
    name: "core.batch_norm",
    doc: "Each channel normalised over the batch and its positions, then scaled and shifted; in eval mode by running statistics.",
    notation: call("batch_norm"),
    inputs: ["x"],
    params: () => [...scaleAndShift, start("running_mean", "statistic", "zeros"), start("running_var", "statistic", "ones")],
    type: (s, ins, outs) => {
      const x = nth(ins, 0), out = nth(outs, 0);
      s.setDtype(out, "float");
      s.equalShapes(x, out);
      const dims = s.dims(x);
      if (dims === null) return false;
      const [channels] = dims;
      if (channels === undefined) s.fail("batch_norm wants [channels] or [channels, …], found a scalar");
      else for (const param of ins.slice(1)) s.equalDims(nth(dimsOfRank(s, param, 1), 0), channels);
      return true;
    },
    // (x − μ) / √(σ² + eps) · weight + bias, with the batch's moments or the running ones
    forward: {
      tag: "expand",
      build: (b, { ins, attrs }) => {
        const x = nth(ins, 0);
        const { mean, variance, spatial } = channelMoments(b, x);
        const byMode = (now: Operand, running: Operand): Operand => b.op("core.by_mode", [now, running]);
        const mu = byMode(mean, nth(ins, 3)), sigma = root(b, byMode(variance, nth(ins, 4)), attrs.eps);
        const normal = div(b, sub(b, x, wide(b, mu, x, spatial)), wide(b, sigma, x, spatial));
        return [add(b, mul(b, normal, wide(b, nth(ins, 1), x, spatial)), wide(b, nth(ins, 2), x, spatial))];
      },
    },
    autodiff: { tag: "expand" },
    statistics: runningMoments,
    overBatch: true,
    // One value for each channel has no deviation: everything would become the shift.
    leastRows: ([x]) => (x !== undefined && x.shape.slice(1).every((size) => size === 1) ? 2 : 1),
    samples: [
      sample([vary(3), fixed(3), fixed(3), fixed(3), { ...fixed(3), range: [0.5, 2] }], {}, 4),
      sample([vary(2, 3), fixed(2), fixed(2), fixed(2), { ...fixed(2), range: [0.5, 2] }]),
      sample([vary(2, 2, 3), fixed(2), fixed(2), fixed(2), { ...fixed(2), range: [0.5, 2] }]),
      sample([vary(1, 3), fixed(1), fixed(1), fixed(1), { ...fixed(1), range: [0.5, 2] }], {}, 1),
    ],
  }),
  withAttributes(attributes({ eps: positive("added to the variance", 1e-5) }))({
    name: "core.layer_norm",
    doc: "The last axis of each instance normalised, then scaled and shifted.",
    notation: call("layer_norm"),
    inputs: ["x"],
    params: () => scaleAndShift,
    type: (s, ins, outs) => {
      const x = nth(ins, 0), out = nth(outs, 0);
      s.setDtype(out, "float");
      s.equalShapes(x, out);
      const dims = s.dims(x);
      if (dims === null) return false;
      if (dims.length === 0) s.fail("layer_norm normalises the last axis, and a scalar has none");
      else for (const param of ins.slice(1)) s.equalDims(nth(dimsOfRank(s, param, 1), 0), lastDim(dims));
      return true;
    },
    // (x − μ) / √(σ² + eps) · weight + bias
    forward: {
      tag: "expand",
      build: (b, { ins, attrs }) => {
        const x = nth(ins, 0), last = rankOf(b, x) - 1;
        const leading = Array.from({ length: last }, (_, i) => i);
        const back = (y: Operand): Operand => (last === 0 ? y : expandAs(b, y, x, [last]));
        const d = sub(b, x, back(b.op("core.mean", [x])));
        const sigma = root(b, b.op("core.mean", [mul(b, d, d)]), attrs.eps);
        const normal = div(b, d, back(sigma));
        return [add(b, mul(b, normal, wide(b, nth(ins, 1), x, leading)), wide(b, nth(ins, 2), x, leading))];
      },
    },
    autodiff: { tag: "expand" },
    samples: [
      sample([vary(4), fixed(4), fixed(4)]), sample([vary(2, 3), fixed(3), fixed(3)]), sample([vary(3), fixed(3), fixed(3)], {}, 1),
      sample([vary(1), fixed(1), fixed(1)]),
    ],
  }),
  withAttributes(attributes({ eps: positive("added to the deviation", 1e-8) }))({
    name: "core.normalize",
    doc: "(e − μ) / (σ + eps) with mean and population deviation of each element over all instances in the update.",
    notation: call("normalize"),
    inputs: ["e"],
    type: likeFirst,
    forward: {
      tag: "expand",
      build: (b, { ins, attrs }) => {
        const e = nth(ins, 0), d = sub(b, e, b.op("core.average", [b.all(here(b, e))]));
        const sigma = b.op("core.sqrt", [b.op("core.average", [b.all(mul(b, d, d))])]);
        return [div(b, d, add(b, sigma, b.constant(attrs.eps)))];
      },
    },
    autodiff: { tag: "expand" },
    overBatch: true,
    samples: [sample([vary()], {}, 4), sample([vary(3)], {}, 5), sample([vary(1)], {}, 3)],
  }),
  withAttributes(attributes({
    p: probability("how likely an element is dropped", 0.5),
    stream: text("name of the stream of its mask", ""),
  }))({
    name: "core.dropout",
    doc: "In train mode each element is 0 with probability p, else x/(1−p); in eval mode x.",
    notation: call("dropout"),
    inputs: ["x"],
    type: likeFirst,
    effect: "draw",
    forward: {
      tag: "expand",
      build: (b, { ins, attrs: { p, stream } }) => {
        const x = nth(ins, 0);
        return [b.op("core.by_mode", [mul(b, x, b.op("core.dropout_mask", [x], { p, stream })), x])];
      },
    },
    autodiff: { tag: "expand" },
    samples: [sample([vary(4)], { stream: "s" }), sample([vary(2, 3)], { p: 0.25, stream: "s" }), sample([vary(1)], { stream: "s" }, 1)],
  }),
  defineOp({
    name: "core.entropy",
    doc: "−Σ p log p along the last axis, with 0 log 0 = 0.",
    notation: call("entropy"),
    inputs: ["p"],
    type: withoutLast,
    // p is replaced by 1 where it is 0, before the logarithm: neither the value nor the gradient meets 0 · ∞
    forward: {
      tag: "expand",
      build: (b, { ins }) => {
        const p = nth(ins, 0), one = b.constant(1);
        const safe = where(b, b.op("core.le", [p, b.constant(0)]), one, p);
        return [neg(b, b.op("core.sum", [mul(b, safe, b.op("core.log", [safe]))]))];
      },
    },
    autodiff: { tag: "expand" },
    samples: [sample([within([0.1, 1], 4)]), sample([within([0.1, 1], 1)], {}, 1), sample([within([0.1, 1], 2, 3)])],
  }),
];
