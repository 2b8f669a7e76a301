/** One-hot vectors, elements and parts by position, and embeddings. */
import { attributes, integer, natural, optional, size } from "../attributes-codec.js";
import * as kernels from "../kernels/indexing.js";
import type { AnyOp } from "../op.js";
import type { Precision, Tensor } from "../tensor.js";
import { lastAxis } from "./axes.js";
import { init } from "./init.js";
import { fixed, label, labels, sample, vary } from "./samples.js";
import {
  axisAt, dimsOfRank, lastDim, none, nth, ONCE, primitive, rankOf, rule, shapeText, sizeOfDim, sizesOf, slope, withAttributes, vanishTogether,
} from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;
const internal = { tag: "internal" } as const;

/** The axes of x in order, but `axis` the last; and back. */
const toEnd = (x: Tensor, axis: number): Tensor =>
  axis === x.shape.length - 1 ? x : kernels.permute(x, [...range(x.shape.length).filter((k) => k !== axis), axis]);
const fromEnd = (x: Tensor, axis: number): Tensor => {
  const last = x.shape.length - 1;
  return axis === last ? x : kernels.permute(x, range(last + 1).map((k) => (k < axis ? k : k === axis ? last : k - 1)));
};

/** e [lead…, n] at i [s…] → [lead…, s…]; what is no position gives NaN. */
const element = (e: Tensor, i: Tensor): Tensor => {
  const lead = e.shape.length - 1, many = i.shape.length;
  if (lead === 0) return kernels.take(e, i);
  const taken = kernels.take(kernels.permute(e, [lead, ...range(lead)]), i);
  return many === 0 ? taken : kernels.permute(taken, [...range(lead, many), ...range(many)]);
};
/** Its transpose: g [lead…, s…] at i [s…] into zeros of [lead…, n]. */
const elementBack = (g: Tensor, i: Tensor, n: number, precision: Precision): Tensor => {
  const many = i.shape.length, lead = g.shape.length - many;
  const front = many === 0 || lead === 0 ? g : kernels.permute(g, [...range(many, lead), ...range(lead)]);
  const spread = kernels.scatter(front, i, n, precision, false);
  return lead === 0 ? spread : kernels.permute(spread, [...range(lead, 1), 0]);
};
const range = (n: number, from = 0): readonly number[] => Array.from({ length: n }, (_, k) => from + k);

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
        s.equalDims(classes, lastDim(to));
      } else return false;
      return true;
    },
    forward: primitive((ins, attrs, run) => {
      const last = nth(run.types, 0).shape.at(-1);
      return kernels.oneHot(nth(ins, 0), attrs.classes ?? (typeof last === "number" ? last : 1), run.precision);
    }),
    autodiff: none("a class is an integer: its gradient is 0"),
    samples: [sample([label(4)]), sample([label(1)], {}, 1), sample([labels(3, 2)]), sample([labels(3, 1)])],
  }),
  withAttributes(attributes({ axis: integer("the axis; −1: the last", -1) }))({
    name: "core.index",
    doc: "e[i]: the element of the last axis at i, a class or an integer from 0.",
    notation: internal,
    inputs: ["e", "i"],
    type: (s, ins, outs, { axis }) => {
      const e = nth(ins, 0), i = nth(ins, 1);
      s.setDtype(nth(outs, 0), "float");
      const dims = s.dims(e), at = s.dims(i);
      if (dims === null || at === null) return false;
      const along = axisAt(axis, dims.length);
      if (along === null) {
        s.fail(dims.length === 0 ? "a scalar has no elements to index" : `there is no axis ${String(axis)} in ${shapeText(s, e)}`);
        return true;
      }
      s.setDims(nth(outs, 0), [...dims.filter((_, k) => k !== along), ...at]);
      const classes = s.classes(i);
      if (s.valueOf(classes) !== null) s.equalDims(classes, nth(dims, along));
      const position = s.literal(i), n = sizeOfDim(s, nth(dims, along));
      if (position === null) return s.last || s.valueOf(classes) !== null;
      if (!Number.isInteger(position) || position < 0) s.fail(`${String(position)} is no position: they are whole numbers from 0`);
      else if (n !== null && position >= n) s.fail(`there is no element ${String(position)} in ${shapeText(s, e)}: positions are 0 to ${String(n - 1)}`);
      else return n !== null;
      return true;
    },
    forward: primitive((ins, { axis }) => element(toEnd(nth(ins, 0), lastAxis(axis, nth(ins, 0).shape.length)), nth(ins, 1))),
    autodiff: rule((b, { ins, x, g, attrs }) => {
      const axis = lastAxis(attrs.axis, rankOf(b, x));
      return [b.op("core.index_back", [g, nth(ins, 1)], { n: nth(sizesOf(b, x), axis), axis }), null];
    }),
    samples: [
      sample([vary(4), label(4)]), sample([vary(1), label(1)], {}, 1), sample([vary(2, 3), label(3)]), sample([fixed(3), label(3)]),
      sample([vary(4), labels(4, 3)]), sample([vary(2, 3), labels(3, 2)]),
      sample([vary(3, 2), label(3)], { axis: 0 }), sample([vary(2, 3, 2), labels(3, 2)], { axis: -2 }),
    ],
  }),
  withAttributes(attributes({
    n: natural("size of the axis"),
    axis: integer("the axis of the result; −1: the last", -1),
  }))({
    name: "core.index_back",
    doc: "g at the place i of an axis of n zeros: the gradient of e[i].",
    notation: internal,
    inputs: ["g", "i"],
    type: (s, ins, outs, { n, axis }) => {
      s.setDtype(nth(outs, 0), "float");
      const g = s.dims(nth(ins, 0)), i = s.dims(nth(ins, 1));
      if (g === null || i === null) return false;
      const lead = g.slice(0, g.length - i.length), at = lastAxis(axis, lead.length + 1);
      s.setDims(nth(outs, 0), [...lead.slice(0, at), s.dim(n), ...lead.slice(at)]);
      return true;
    },
    forward: primitive((ins, { n, axis }, run) => {
      const spread = elementBack(nth(ins, 0), nth(ins, 1), n, run.precision);
      return fromEnd(spread, lastAxis(axis, spread.shape.length));
    }),
    autodiff: ONCE,
    samples: [sample([vary(), label(4)], { n: 4 }), sample([vary(2), label(1)], { n: 1 }, 1), sample([vary(2, 3), labels(4, 3)], { n: 4 }),
      sample([vary(2), label(3)], { n: 3, axis: 0 }), sample([vary(1), label(3)], { n: 3 })],
  }),
  withAttributes(attributes({
    from: integer("the first element; negative: from the end", 0),
    to: optional(integer)("the element after the last; negative: from the end"),
    axis: integer("the axis; −1: the last", -1),
  }))({
    name: "core.slice",
    doc: "e[a:b]: the elements a to b−1 of the last axis.",
    notation: internal,
    inputs: ["e"],
    type: (s, ins, outs, { from, to, axis }) => {
      const x = nth(ins, 0);
      s.setDtype(nth(outs, 0), "float");
      const dims = s.dims(x);
      if (dims === null) return false;
      const at = axisAt(axis, dims.length);
      if (at === null) {
        s.fail(`there is no axis ${String(axis)} in ${shapeText(s, x)}`);
        return true;
      }
      const n = sizeOfDim(s, nth(dims, at));
      if (n === null && (from < 0 || to === null || to < 0)) return false;
      const [first, end] = bounds(n ?? 0, from, to);
      if (first < 0 || end <= first || (n !== null && end > n)) {
        s.fail(`the elements ${String(from)} to ${String(to ?? "the end")} are not in ${shapeText(s, x)}`);
        return true;
      }
      s.setDims(nth(outs, 0), dims.map((d, i) => (i === at ? s.dim(end - first) : d)));
      return n !== null || s.last;
    },
    part: ({ axis, from, to }) => ({ axis, from, to: to ?? null }),
    vanishes: vanishTogether,
    forward: primitive((ins, { from, to, axis }) => {
      const x = nth(ins, 0), at = lastAxis(axis, x.shape.length);
      const [first, end] = bounds(nth(x.shape, at), from, to);
      return kernels.slice(x, at, first, end);
    }),
    // zeros around ^y
    autodiff: slope((b, { x, g, attrs: { from, to, axis } }) => {
      const at = lastAxis(axis, rankOf(b, x)), n = nth(sizesOf(b, x), at);
      return b.op("core.place", [g], { axis: at, from: bounds(n, from, to)[0], n });
    }),
    samples: [
      sample([vary(5)], { from: 1, to: 3 }), sample([vary(2, 4)], { from: -2 }), sample([vary(1)], {}, 1),
      sample([vary(3, 2)], { from: 0, to: -1, axis: 0 }),
    ],
  }),
  withAttributes(attributes({ axis: size("the axis"), from: size("the first place"), n: natural("size of the axis") }))({
    name: "core.place",
    doc: "g from a place on, along an axis of n zeros: the gradient of a slice.",
    notation: internal,
    inputs: ["g"],
    type: (s, ins, outs, { axis, n }) => {
      s.setDtype(nth(outs, 0), "float");
      const dims = s.dims(nth(ins, 0));
      if (dims === null) return false;
      s.setDims(nth(outs, 0), dims.map((d, i) => (i === axis ? s.dim(n) : d)));
      return true;
    },
    vanishes: vanishTogether,
    forward: primitive((ins, { axis, from, n }) => kernels.place(nth(ins, 0), axis, from, n)),
    autodiff: slope((b, { x, g, attrs: { axis, from } }) => {
      const to = from + nth(sizesOf(b, x), axis);
      return b.op("core.slice", [g], { axis, from, to });
    }),
    samples: [sample([vary(2)], { axis: 0, from: 1, n: 4 }), sample([vary(2, 1)], { axis: 1, from: 0, n: 3 }, 1)],
  }),
  withAttributes(attributes({
    features: optional(natural)("width of the vectors"),
    init: init("normal"),
  }))({
    name: "core.embed",
    doc: "The vector of a class: a row of a table [classes, features] that starts as N(0, 1).",
    notation: call("embed"),
    inputs: ["i"],
    params: (attrs) => [{ name: "weight", role: "weight", init: attrs.init, fanOf: null }],
    type: (s, ins, outs, { features }) => {
      const i = nth(ins, 0), out = nth(outs, 0);
      s.setDtype(i, "int");
      s.setDtype(out, "float");
      const [n, width] = dimsOfRank(s, nth(ins, 1), 2);
      if (n === undefined || width === undefined) return true;
      s.equalDims(n, s.classes(i));
      if (features !== null) s.equalDims(width, s.dim(features));
      const from = s.dims(i), to = s.dims(out);
      if (from !== null) s.setDims(out, [...from, width]);
      else if (to !== null && to.length > 0) {
        s.setDims(i, to.slice(0, -1));
        s.equalDims(width, lastDim(to));
      } else return false;
      return true;
    },
    forward: primitive((ins) => kernels.take(nth(ins, 1), nth(ins, 0))),
    autodiff: rule(
      (b, { ins: [i, weight], g }) => (i === undefined || weight === undefined ? []
        : [null, b.op("core.embed_back", [g, i], { n: nth(sizesOf(b, weight), 0) })]),
      (b, { ins: [i, weight], g }) => (i === undefined || weight === undefined ? []
        : [null, b.op("core.embed_total", [b.all(g), b.all(i)], { n: nth(sizesOf(b, weight), 0) })]),
    ),
    samples: [
      sample([label(4), fixed(4, 3)]), sample([labels(3, 2), fixed(3, 2)], { features: 2 }), sample([label(1), fixed(1, 1)], {}, 1),
    ],
  }),
  withAttributes(attributes({ n: natural("rows of the table") }))({
    name: "core.embed_back",
    doc: "Adds g at the rows that i names of a table of n rows: the gradient of an embedding, per instance.",
    notation: internal,
    inputs: ["g", "i"],
    type: (s, ins, outs, { n }) => {
      s.setDtype(nth(outs, 0), "float");
      const g = s.dims(nth(ins, 0)), i = s.dims(nth(ins, 1));
      if (g === null || i === null) return false;
      s.setDims(nth(outs, 0), [s.dim(n), ...g.slice(i.length)]);
      return true;
    },
    forward: primitive((ins, { n }, run) => kernels.scatter(nth(ins, 0), nth(ins, 1), n, run.precision, false)),
    autodiff: ONCE,
    samples: [sample([vary(3), labels(4)], { n: 4 }), sample([vary(1), label(1)], { n: 1 }, 1)],
  }),
];

/** The first element and the one after the last, from the front. */
const bounds = (n: number, from: number, to: number | null): readonly [number, number] => [
  from < 0 ? n + from : from, to === null ? n : to < 0 ? n + to : to,
];
