/** Reductions along one axis (the last unless told); of a scalar they are the scalar itself. */
import { attributes, integer } from "../attributes-codec.js";
import { permute } from "../kernels/indexing.js";
import * as reduce from "../kernels/reduce.js";
import type { AnyOp, Sample } from "../op.js";
import type { OpName } from "../program.js";
import type { Solver, TypeRule, TypeVar } from "../solver.js";
import type { Tensor } from "../tensor.js";
import { lastAxis } from "./axes.js";
import { sample, vary } from "./samples.js";
import {
  along, axisAt, div, expandAs, mul, none, nth, primitive, rankOf, scale, shapeText, slope, sub, where, withAttributes, vanishTogether,
} from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;
const axis = attributes({ axis: integer("the axis to reduce; −1: the last", -1) });
type AxisAttrs = { readonly axis: number };

/** The axis of an input of known rank; null for a scalar, and after a failure. */
const reducedAxis = (s: Solver, x: TypeVar, rank: number, wanted: number): number | null => {
  const at = axisAt(wanted, rank);
  if (at === null && rank > 0) s.fail(`there is no axis ${String(wanted)} in ${shapeText(s, x)}`);
  return at;
};

const reduces: TypeRule<AxisAttrs> = (s, ins, outs, attrs) => {
  const x = nth(ins, 0), out = nth(outs, 0);
  s.setDtype(out, "float");
  const dims = s.dims(x);
  if (dims === null) return false;
  const at = reducedAxis(s, x, dims.length, attrs.axis);
  s.setDims(out, dims.filter((_, i) => i !== at));
  return true;
};

/** The position of an extremum: a class of as many as the axis has. */
const locates: TypeRule<AxisAttrs> = (s, ins, outs, attrs) => {
  const x = nth(ins, 0), out = nth(outs, 0);
  s.setDtype(out, "int");
  const dims = s.dims(x);
  if (dims === null) return false;
  const at = reducedAxis(s, x, dims.length, attrs.axis);
  const count = at === null ? undefined : dims[at];
  s.setDims(out, dims.filter((_, i) => i !== at));
  s.equalDims(s.classes(out), count ?? s.dim(1));
  return true;
};

const SHAPES: readonly Sample[] = [
  sample([vary(4)]), sample([vary(1)]), sample([vary()]), sample([vary(3)], {}, 1), sample([vary(2, 3)]),
  sample([vary(3, 2)], { axis: 0 }), sample([vary(2, 3, 2)], { axis: -2 }), sample([{ ...vary(4), batched: false }]),
];
const base = { inputs: ["x"], samples: SHAPES } as const;

type Axial = (x: Tensor, at: number) => Tensor;
/** A kernel along an axis; a scalar stays itself. */
const reducing = (x: Tensor, at: number, f: Axial): Tensor => (x.shape.length === 0 ? x : f(x, at));

/** The extremum: its gradient is shared evenly by all elements that equal it, as torch.amax does. */
const extremum = (name: OpName, notation: string, doc: string, kernel: reduce.Reduction): AnyOp =>
  withAttributes(axis)({
    ...base,
    name,
    doc,
    notation: call(notation),
    type: reduces,
    forward: primitive((ins, attrs, run) => reducing(nth(ins, 0), attrs.axis, (x, at) => kernel(x, run.precision, at))),
    autodiff: slope((b, { x, y, g, attrs }) => {
      const rank = rankOf(b, x);
      if (rank === 0) return g;
      const at = lastAxis(attrs.axis, rank);
      const ties = b.op("core.eq", [x, along(b, y, x, at)]);
      const share = div(b, g, b.op("core.sum", [ties], { axis: at }));
      return where(b, ties, along(b, share, x, at), b.constant(0));
    }),
  });

const position = (name: OpName, notation: string, doc: string, kernel: Axial): AnyOp =>
  withAttributes(axis)({
    ...base,
    name,
    doc,
    notation: call(notation),
    type: locates,
    forward: primitive((ins, attrs) => {
      const x = nth(ins, 0);
      return kernel(x.shape.length === 0 ? { ...x, shape: [1] } : x, attrs.axis);
    }),
    autodiff: none("an integer: its gradient is 0"),
  });

export const REDUCTIONS: readonly AnyOp[] = [
  withAttributes(axis)({
    ...base,
    name: "core.sum",
    doc: "The sum along the last axis.",
    notation: call("sum"),
    type: reduces,
    vanishes: vanishTogether,
    forward: primitive((ins, attrs, run) => reducing(nth(ins, 0), attrs.axis, (x, at) => reduce.sum(x, run.precision, at))),
    autodiff: slope((b, { x, g, attrs }) => {
      const rank = rankOf(b, x);
      return rank === 0 ? g : expandAs(b, g, x, [lastAxis(attrs.axis, rank)]);
    }),
  }),
  withAttributes(axis)({
    ...base,
    name: "core.mean",
    doc: "The mean along the last axis.",
    notation: call("mean"),
    type: reduces,
    vanishes: vanishTogether,
    forward: primitive((ins, attrs, run) => reducing(nth(ins, 0), attrs.axis, (x, at) => reduce.mean(x, run.precision, at))),
    // ^y / n everywhere
    autodiff: slope((b, { x, g, attrs }) => {
      const rank = rankOf(b, x);
      if (rank === 0) return g;
      const at = lastAxis(attrs.axis, rank), size = b.typeOf(x).shape[at];
      if (typeof size === "number") return expandAs(b, scale(b, g, 1 / size), x, [at]);
      // Of a range that varies, n is counted.
      const count = b.op("core.sum", [expandAs(b, b.constant(1), x)], { axis: at });
      return expandAs(b, div(b, g, count), x, [at]);
    }),
  }),
  extremum("core.max", "max", "The maximum along the last axis; ties share its gradient evenly.", reduce.max),
  extremum("core.min", "min", "The minimum along the last axis; ties share its gradient evenly.", reduce.min),
  position("core.argmax", "argmax", "The position of the first maximum along the last axis, a class.", reduce.argmax),
  position("core.argmin", "argmin", "The position of the first minimum along the last axis, a class.", reduce.argmin),
  withAttributes(axis)({
    ...base,
    name: "core.logsumexp",
    doc: "log Σ eˣ along the last axis, without overflow.",
    notation: call("logsumexp"),
    type: reduces,
    forward: primitive((ins, attrs, run) =>
      reducing(nth(ins, 0), attrs.axis, (x, at) => reduceLast(x, at, (last) => reduce.logSumExp(last, run.precision)))),
    // e^(x − y), the softmax
    autodiff: slope((b, { x, y, g, attrs }) => {
      const rank = rankOf(b, x);
      if (rank === 0) return g;
      const at = lastAxis(attrs.axis, rank);
      return mul(b, along(b, g, x, at), b.op("core.exp", [sub(b, x, along(b, y, x, at))]));
    }),
  }),
];

/** A reduction that knows only the last axis, along any: the others keep their order. */
const reduceLast = (x: Tensor, axis: number, f: (last: Tensor) => Tensor): Tensor => {
  const rank = x.shape.length, at = lastAxis(axis, rank);
  return f(at === rank - 1 ? x : moveToEnd(x, at));
};
const moveToEnd = (x: Tensor, at: number): Tensor => permute(x, [...x.shape.keys()].filter((i) => i !== at).concat(at));
