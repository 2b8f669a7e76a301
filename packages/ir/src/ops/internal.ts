/** Ops that the elaborator and differentiation make: constants, shapes of gradients, modes, clocks. */
import { attributes, number, numbers } from "../attributes-codec.js";
import { defineOp } from "../define-codec.js";
import { expandAxis, expandTo, permute } from "../kernels/indexing.js";
import { repeatRows } from "../kernels/reduce.js";
import type { Builder } from "../builder.js";
import type { AnyOp } from "../op.js";
import type { Tensor } from "../tensor.js";
import { allocate } from "../tensor.js";
import type { Operand } from "../time.js";
import { fixed, onTwo, sample, vary } from "./samples.js";
import {
  elementwise, expandAs, fit, likeFirst, none, nth, primitive, rankOf, rule, scalar, shapeText, slope, withAttributes, vanishTogether, vanishWithFirst,
} from "./support.js";

const internal = { tag: "internal" } as const;
const call = (name: string) => ({ tag: "call", name }) as const;

/** The same value, with no gradient. */
export const detach = (b: Pick<Builder, "op">, x: Operand): Operand => b.op("core.detach", [x]);

/** A number as a value that all instances share. */
export const one = (value: number, precision: "f32" | "f64"): Tensor => ({
  shape: [], rows: 1, batched: false, data: allocate(precision, 1).fill(value),
});

export const INTERNALS: readonly AnyOp[] = [
  withAttributes(attributes({ value: number("the number") }))({
    name: "core.constant",
    doc: "A number.",
    notation: internal,
    inputs: [],
    type: (s, ins, outs, attrs) => {
      s.setLiteral(nth(outs, 0), attrs.value);
      return scalar(s, ins, outs, attrs);
    },
    vanishes: (_, { value }) => value === 0,
    forward: primitive((_, attrs, run) => one(attrs.value, run.precision)),
    autodiff: none("it depends on nothing"),
    samples: [sample([], { value: 0.5 }), sample([], { value: -3 })],
  }),
  defineOp({
    name: "core.time",
    doc: "The step t, as a number.",
    notation: internal,
    inputs: [],
    type: scalar,
    effect: "step",
    atStep: (t) => t,
    forward: primitive((_, __, run) => (run.batched ? repeatRows(one(run.t, run.precision), run.rows) : one(run.t, run.precision))),
    autodiff: none("it depends on nothing"),
    samples: [sample([])],
  }),
  defineOp({
    name: "core.update_count",
    doc: "The number of Updates done before this one.",
    notation: internal,
    inputs: [],
    type: scalar,
    effect: "clock",
    forward: primitive((_, __, run) => one(run.update, run.precision)),
    autodiff: none("it depends on nothing"),
    samples: [sample([])],
  }),
  defineOp({
    name: "core.detach",
    doc: "x as a constant: no gradient passes.",
    notation: internal,
    inputs: ["x"],
    type: (s, ins, outs) => {
      const x = nth(ins, 0), out = nth(outs, 0);
      s.equalShapes(x, out);
      const dtype = s.dtype(x);
      if (dtype !== null) s.setDtype(out, dtype);
      if (dtype === "int") s.equalDims(s.classes(x), s.classes(out));
      return dtype !== null || s.last;
    },
    elementwise: true,
    identity: true,
    vanishes: vanishTogether,
    forward: primitive((ins) => nth(ins, 0)),
    autodiff: none("a constant is what it is for"),
    samples: [sample([vary(3)]), sample([vary()], {}, 1), sample([vary(1)])],
  }),
  defineOp({
    name: "core.here",
    doc: "x at the instances that read it, for a collective that is to read no others.",
    notation: internal,
    inputs: ["x"],
    type: likeFirst,
    elementwise: true,
    vanishes: vanishTogether,
    forward: primitive((ins) => nth(ins, 0)),
    autodiff: slope((_, { g }) => g),
    samples: [sample([vary(3)]), sample([vary()], {}, 1), sample([vary(1)])],
  }),
  defineOp({
    name: "core.by_mode",
    doc: "Its first operand in train mode, its second in eval mode.",
    notation: internal,
    inputs: ["train", "eval"],
    type: elementwise,
    elementwise: true,
    forward: primitive((ins, _, run) => {
      const train = nth(ins, 0), other = nth(ins, 1);
      const chosen = run.mode === "train" ? train : other;
      const wide = expandTo(chosen, train.shape.length >= other.shape.length ? train.shape : other.shape);
      return run.batched ? repeatRows(wide, run.rows) : wide;
    }),
    // each operand gets the gradient in its own mode
    autodiff: rule((b, { ins, g }) => {
      const zero = b.constant(0);
      return [fit(b, b.op("core.by_mode", [g, zero]), nth(ins, 0)), fit(b, b.op("core.by_mode", [zero, g]), nth(ins, 1))];
    }),
    samples: onTwo(),
  }),
  withAttributes(attributes({ axes: numbers("axes of the result that x lacks, counted from 0", []) }))({
    name: "core.expand_as",
    doc: "x repeated to the shape and the instances of `like`, whose axes `axes` x lacks (a scalar lacks all).",
    notation: internal,
    inputs: ["x", "like"],
    type: (s, ins, outs, attrs) => {
      const x = nth(ins, 0), like = nth(ins, 1), out = nth(outs, 0);
      s.setDtype(out, "float");
      s.equalShapes(like, out);
      const dims = s.dims(like), own = s.dims(x);
      if (dims === null || own === null) return false;
      const kept = own.length === 0 ? [] : dims.filter((_, i) => !attrs.axes.includes(i));
      if (own.length !== kept.length) s.fail(`${shapeText(s, x)} cannot be repeated to ${shapeText(s, like)}`);
      else kept.forEach((d, i) => { s.equalDims(d, nth(own, i)); });
      return true;
    },
    vanishes: vanishWithFirst,
    forward: primitive((ins, attrs) => {
      const x = nth(ins, 0), like = nth(ins, 1);
      const wide = x.shape.length === 0 ? expandTo(x, like.shape)
        : [...attrs.axes].sort((p, q) => p - q).reduce((y, axis) => expandAxis(y, axis, like.shape[axis] ?? 1), x);
      return like.batched ? repeatRows(wide, like.rows) : wide;
    }),
    // the sum over the axes that were added, last first
    autodiff: rule((b, { x, g, attrs }) => {
      if (rankOf(b, x) === 0) return [fit(b, g, x), null];
      const from = [...attrs.axes].sort((p, q) => q - p);
      return [from.reduce((sum, axis) => b.op("core.sum", [sum], { axis }), g), null];
    }),
    samples: [
      sample([vary(), vary(3)]), sample([vary(2), vary(2, 3)], { axes: [1] }), sample([vary(3), vary(2, 3)], { axes: [0] }),
      sample([vary(3), vary(3)]), sample([vary(2), vary(2, 3, 2)], { axes: [1, 2] }), sample([vary(), vary()], {}, 1),
      sample([vary(1), vary(1, 1)], { axes: [0] }, 1),
    ],
  }),
  defineOp({
    name: "core.sum_to_scalar",
    doc: "The sum of all elements.",
    notation: internal,
    inputs: ["x"],
    type: scalar,
    vanishes: vanishTogether,
    forward: primitive((ins, _, run) => {
      const x = nth(ins, 0), size = x.data.length / x.rows;
      const data = allocate(run.precision, x.rows);
      for (let r = 0, at = 0; r < x.rows; r++) {
        let sum = 0;
        for (let i = 0; i < size; i++, at++) sum += x.data[at] ?? 0;
        data[r] = sum;
      }
      return { shape: [], rows: x.rows, batched: x.batched, data };
    }),
    autodiff: slope((b, { x, g }) => (rankOf(b, x) === 0 ? g : expandAs(b, g, x))),
    samples: [sample([vary(4)]), sample([vary(2, 3)]), sample([vary()]), sample([vary(1)], {}, 1), sample([fixed(3)])],
  }),
  withAttributes(attributes({ axes: numbers("the order of the axes, counted from 0") }))({
    name: "core.permute",
    doc: "x with its axes in another order: axis k of the result is axis `axes[k]` of x.",
    notation: call("permute"),
    inputs: ["x"],
    type: (s, ins, outs, attrs) => {
      const x = nth(ins, 0), out = nth(outs, 0);
      s.setDtype(out, "float");
      const dims = s.dims(x);
      if (dims === null) return false;
      const valid = attrs.axes.length === dims.length && dims.every((_, i) => attrs.axes.includes(i));
      if (valid) s.setDims(out, attrs.axes.map((axis) => nth(dims, axis)));
      else s.fail(`axes=[${attrs.axes.join(", ")}] is no order of the axes of ${shapeText(s, x)}`);
      return true;
    },
    vanishes: vanishTogether,
    forward: primitive((ins, attrs) => permute(nth(ins, 0), attrs.axes)),
    // the inverse order
    autodiff: slope((b, { g, attrs }) =>
      b.op("core.permute", [g], { axes: attrs.axes.map((_, i) => attrs.axes.indexOf(i)) })),
    samples: [
      sample([vary(2, 3)], { axes: [1, 0] }), sample([vary(2, 3, 4)], { axes: [2, 0, 1] }), sample([vary(1, 2)], { axes: [1, 0] }, 1),
    ],
  }),
  defineOp({
    name: "core.norm_of",
    doc: "The square root of the sum of the squares of all elements of all operands.",
    notation: internal,
    inputs: ["x"],
    variadic: true,
    type: scalar,
    forward: primitive((ins, _, run) => {
      const first = nth(ins, 0), rows = ins.reduce((most, x) => (x.batched ? x.rows : most), 1);
      const data = allocate(run.precision, rows);
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (const x of ins) {
          const size = x.data.length / x.rows, start = x.batched ? r * size : 0;
          for (let i = start; i < start + size; i++) sum += (x.data[i] ?? 0) ** 2;
        }
        data[r] = Math.sqrt(sum);
      }
      return { ...first, shape: [], rows, batched: ins.some((x) => x.batched), data };
    }),
    autodiff: none("made for the treatment of gradients, which are not differentiated again"),
    samples: [sample([fixed(3), fixed(2, 2)]), sample([fixed()]), sample([fixed(1)])],
  }),
];
