/** Concatenation and reshaping. */
import { attributes, numbers } from "../attributes-codec.js";
import { defineOp } from "../define-codec.js";
import { concat } from "../kernels/indexing.js";
import { floatsOf } from "../kernels/reduce.js";
import type { AnyOp } from "../op.js";
import type { DimVar, Solver, TypeRule, TypeVar } from "../solver.js";
import { sizeOf } from "../tensor.js";
import { fixed, sample, vary } from "./samples.js";
import {
  nth, primitive, rankOf, rule, shapeText, sizeOfDim, sizesOf, slope, sumAll, withAttributes, vanishTogether,
} from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;

/** The dimension of the last axis that an operand adds: 1 for a scalar. */
const width = (s: Solver, dims: readonly DimVar[]): number | null => (dims.length === 0 ? 1 : sizeOfDim(s, nth(dims, dims.length - 1)));

/** In the last round an operand of unknown shape has its neighbours', but for the last axis. */
const likeNeighbours = (s: Solver, v: TypeVar, neighbours: readonly TypeVar[]): readonly DimVar[] | null => {
  const like = s.last ? neighbours.map((one) => s.dims(one)).find((dims) => dims !== null && dims.length > 0) : undefined;
  if (like === undefined || like === null) return null;
  const dims = [...like.slice(0, -1), s.freshDim()];
  s.setDims(v, dims);
  return dims;
};

/** Sizes add along the last axis; one unknown size follows from the others. */
const concatenates: TypeRule<unknown> = (s, ins, outs) => {
  const out = nth(outs, 0);
  s.setDtype(out, "float");
  const shapes: (readonly DimVar[])[] = [];
  for (const v of ins) {
    const dims = s.dims(v) ?? likeNeighbours(s, v, [...ins, out]);
    if (dims === null) {
      // One operand of known rank tells the result's, so that a recurrence through `h_{t-1}|x_t` knows that it is a vector.
      const known = ins.map((other) => s.dims(other)).find((other) => other !== null && other.length > 0);
      if (known !== undefined && known !== null && s.dims(out) === null) s.setDims(out, [...known.slice(0, -1), s.freshDim()]);
      return false;
    }
    shapes.push(dims);
  }
  const widest = shapes.reduce((a, d) => (d.length > a.length ? d : a), []);
  const lead = widest.slice(0, -1);
  const misfit = shapes.findIndex((d) => d.length !== widest.length && !(d.length === 0 && lead.length === 0));
  if (misfit >= 0) {
    s.fail(`${shapeText(s, nth(ins, misfit))} cannot be concatenated with ${ins.map((v: TypeVar) => shapeText(s, v)).join(" | ")}`);
    return true;
  }
  for (const d of shapes) d.slice(0, -1).forEach((one, i) => { s.equalDims(one, nth(lead, i)); });
  const last = sumOfDims(s, shapes, s.dims(out));
  if (last === null) {
    if (s.dims(out) === null) s.setDims(out, [...lead, s.freshDim()]);
    return false;
  }
  s.setDims(out, [...lead, s.dim(last)]);
  return true;
};
/** The size of the result, or null; may settle the one operand that is unknown. */
const sumOfDims = (s: Solver, shapes: readonly (readonly DimVar[])[], out: readonly DimVar[] | null): number | null => {
  const open = shapes.filter((d) => width(s, d) === null);
  const known = shapes.reduce((sum, d) => sum + (width(s, d) ?? 0), 0);
  if (open.length === 0) return known;
  const total = out === null || out.length === 0 ? null : sizeOfDim(s, nth(out, out.length - 1));
  const [one] = open;
  if (open.length > 1 || one === undefined || total === null) return null;
  if (total <= known) s.fail(`${String(total)} elements are wanted, and ${String(known)} are there already`);
  else s.equalDims(nth(one, one.length - 1), s.dim(total - known));
  return total;
};

export const SHAPES: readonly AnyOp[] = [
  defineOp({
    name: "core.concat",
    doc: "The operands one after the other on the last axis; a scalar counts as [1].",
    notation: { tag: "infix", symbol: "|" },
    inputs: ["a", "b"],
    variadic: true,
    type: concatenates,
    vanishes: vanishTogether,
    forward: primitive((ins, _, run) => concat(ins.map((x) => ({ ...x, data: floatsOf(x, run.precision) })))),
    // each operand gets its part of ^y
    autodiff: rule((b, { ins, y, g }) => {
      const axis = rankOf(b, y) - 1;
      let from = 0;
      return ins.map((x) => {
        const to = from + (rankOf(b, x) === 0 ? 1 : nth(sizesOf(b, x), axis));
        const part = b.op("core.slice", [g], { from, to, axis });
        from = to;
        return rankOf(b, x) === 0 ? sumAll(b, part) : part;
      });
    }),
    samples: [
      sample([vary(2), vary(3)]), sample([vary(), vary(3), vary()]), sample([vary(2, 3), vary(2, 1)]), sample([vary(1), vary(1)], {}, 1),
      sample([fixed(2), vary(3)]), sample([vary(), vary()]), sample([vary(3), fixed()]),
    ],
  }),
  withAttributes(attributes({ shape: numbers("the sizes; one may be −1, which takes what is left") }))({
    name: "core.reshape",
    doc: "The same elements, in order, in another shape.",
    notation: call("reshape"),
    inputs: ["x"],
    type: (s, ins, outs, { shape }) => {
      const x = nth(ins, 0), out = nth(outs, 0);
      s.setDtype(out, "float");
      if (shape.some((n) => !Number.isInteger(n) || n < -1 || n === 0) || shape.filter((n) => n === -1).length > 1) {
        s.fail(`shape=[${shape.join(", ")}] is no shape`);
        return true;
      }
      const left = shape.indexOf(-1);
      const size = sizeOf(shape.filter((n) => n !== -1));
      const given = elementsOf(s, x);
      if (left < 0) s.setDims(out, shape.map((n) => s.dim(n)));
      if (given === null) {
        const dims = s.dims(x);
        const [only] = dims ?? [];
        if (left < 0 && dims?.length === 1 && only !== undefined) s.equalDims(only, s.dim(size));
        return false;
      }
      if (given % size !== 0 || (left < 0 && given !== size)) s.fail(`${shapeText(s, x)} cannot be reshaped to [${shape.join(", ")}]`);
      else s.setDims(out, shape.map((n) => s.dim(n === -1 ? given / size : n)));
      return true;
    },
    vanishes: vanishTogether,
    forward: primitive((ins, { shape }) => {
      const x = nth(ins, 0), size = sizeOf(shape.filter((n) => n !== -1));
      return { ...x, shape: shape.map((n) => (n === -1 ? sizeOf(x.shape) / size : n)) };
    }),
    autodiff: slope((b, { x, g }) => b.op("core.reshape", [g], { shape: [...sizesOf(b, x)] })),
    samples: [
      sample([vary(6)], { shape: [2, 3] }), sample([vary(2, 3)], { shape: [-1, 2] }), sample([vary(1)], { shape: [] }, 1),
      sample([vary()], { shape: [1, 1] }),
    ],
  }),
  defineOp({
    name: "core.flatten",
    doc: "The same elements, in order, as a vector.",
    notation: call("flatten"),
    inputs: ["x"],
    type: (s, ins, outs) => {
      const out = nth(outs, 0);
      s.setDtype(out, "float");
      const dims = s.dims(nth(ins, 0));
      if (dims?.length === 1) {
        s.setDims(out, dims);
        return true;
      }
      if (s.dims(out) === null) s.setDims(out, [s.freshDim()]);
      const size = elementsOf(s, nth(ins, 0));
      if (size !== null) s.setDims(out, [s.dim(size)]);
      return size !== null;
    },
    vanishes: vanishTogether,
    forward: primitive((ins) => ({ ...nth(ins, 0), shape: [sizeOf(nth(ins, 0).shape)] })),
    autodiff: slope((b, { x, g }) => b.op("core.reshape", [g], { shape: [...sizesOf(b, x)] })),
    samples: [sample([vary(2, 3)]), sample([vary(2, 1, 3)]), sample([vary(1)], {}, 1), sample([vary()])],
  }),
];

/** How many elements, once all sizes are known. */
const elementsOf = (s: Solver, v: TypeVar): number | null => {
  const dims = s.dims(v);
  if (dims === null) return null;
  let size = 1;
  for (const d of dims) {
    const n = sizeOfDim(s, d);
    if (n === null) return null;
    size *= n;
  }
  return size;
};
