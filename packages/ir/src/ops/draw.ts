/** Draws. Each has a stream, its name in the program: draws of equal streams are equal. The definitions are in random/philox.ts. */
import * as t from "io-ts/lib/index.js";
import { attributes, custom, flag, natural, numbers, optional, probability, text } from "../attributes-codec.js";
import type { AnyOp, Run } from "../op.js";
import type { TypeRule } from "../solver.js";
import type { Tensor, Values } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import type { Draw, Key } from "../random/philox.js";
import { fillNormal, fillUniform, streamKey } from "../random/philox.js";
import { sample, vary, within } from "./samples.js";
import { lastDim, none, nth, primitive, withAttributes } from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;
const stream = text("name of the stream: draws of one stream are equal", "");
/** Of draws that may have no operand to say so. */
const time = flag("a draw of its own at every step", false);
const NO_GRADIENT = none("a draw does not depend smoothly on anything; what is computed from it does");
const draws = { effect: "draw", autodiff: NO_GRADIENT } as const;
type Fill = (key: Key, draw: Draw, out: Float64Array | Float32Array, start: number, count: number) => void;

/** One draw of `shape` for every row. */
const drawn = (run: Run, name: string, shape: readonly number[], fill: Fill): Tensor & { readonly data: Float64Array | Float32Array } => {
  const size = sizeOf(shape), key = streamKey(run.seed, name);
  const data = allocate(run.precision, run.rows * size);
  for (let r = 0; r < run.rows; r++) {
    fill(key, { sample: run.samples[r] ?? r, update: run.update, t: run.t }, data, r * size, size);
  }
  return { shape, rows: run.rows, batched: run.batched, data };
};
const shapeOf = (run: Run): readonly number[] => nth(run.types, 0).shape.map((d) => (typeof d === "number" ? d : 1));
const uniforms = (run: Run, name: string, shape: readonly number[]): Tensor => drawn(run, name, shape, fillUniform);
/** Row r of an operand that may be static. */
const rowOf = (x: Tensor, r: number): Values => {
  const size = sizeOf(x.shape);
  return x.batched ? x.data.subarray(r * size, (r + 1) * size) : x.data;
};

const free = attributes({
  n: optional(natural)("how many; without it the shape that the neighbours require"),
  shape: optional(numbers)("the shape, for more than one axis"),
  stream,
  time,
});
/** [n], or whatever shape is required where it is used. */
const freeShape: TypeRule<{ readonly n: number | null; readonly shape: readonly number[] | null }> = (s, _, outs, { n, shape }) => {
  const out = nth(outs, 0), wanted = n === null ? shape : [n];
  s.setDtype(out, "float");
  if (wanted === null) return s.dims(out) !== null;
  s.setDims(out, wanted.map((size) => s.dim(size)));
  return true;
};
const FREE = [sample([], { n: 3, stream: "s" }), sample([], { n: 1, stream: "s" }, 1), sample([], { shape: [2, 2], stream: "s" })];

/** The first class whose cumulated probability exceeds u (sums in double); the last one if rounding leaves none. */
const classAt = (p: Values, from: number, n: number, u: number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += p[from + i] ?? 0;
    if (sum > u) return i;
  }
  return n - 1;
};

export const DRAWS: readonly AnyOp[] = [
  withAttributes(free)({
    ...draws,
    name: "core.uniform",
    doc: "Uniform draws in [0, 1): `uniform(n)` a vector, `uniform()` of the shape required.",
    notation: call("uniform"),
    inputs: [],
    type: freeShape,
    forward: primitive((_, attrs, run) => uniforms(run, attrs.stream, shapeOf(run))),
    samples: FREE,
  }),
  withAttributes(free)({
    ...draws,
    name: "core.normal",
    doc: "Standard normal draws: `normal(n)` a vector, `normal()` of the shape required.",
    notation: call("normal"),
    inputs: [],
    type: freeShape,
    forward: primitive((_, attrs, run) => drawn(run, attrs.stream, shapeOf(run), fillNormal)),
    samples: FREE,
  }),
  withAttributes(attributes({ n: natural("the number of classes"), stream, time }))({
    ...draws,
    name: "core.choice",
    doc: "A class drawn uniformly from 0 to n−1: ⌊n u⌋.",
    notation: call("choice"),
    inputs: [],
    type: (s, _, outs, { n }) => {
      const out = nth(outs, 0);
      s.setDtype(out, "int");
      s.setDims(out, []);
      s.equalDims(s.classes(out), s.dim(n));
      return true;
    },
    forward: primitive((_, { n, stream: name }, run) => {
      const u = uniforms(run, name, []);
      return { ...u, data: Int32Array.from(u.data, (x) => Math.floor(x * n)) };
    }),
    samples: [sample([], { n: 4, stream: "s" }), sample([], { n: 1, stream: "s" }, 1)],
  }),
  withAttributes(attributes({ stream, time }))({
    ...draws,
    name: "core.bernoulli",
    doc: "1 with probability p, else 0, for each element of p: u < p.",
    notation: call("bernoulli"),
    inputs: ["p"],
    type: (s, ins, outs) => {
      s.setDtype(nth(outs, 0), "float");
      s.equalShapes(nth(ins, 0), nth(outs, 0));
      return true;
    },
    forward: primitive((ins, attrs, run) => below(nth(ins, 0), uniforms(run, attrs.stream, nth(ins, 0).shape))),
    samples: [sample([within([0, 1], 3)], { stream: "s" }), sample([within([0, 1])], { stream: "s" }, 1), sample([within([0, 1], 1)], { stream: "s" })],
  }),
  withAttributes(attributes({
    stream,
    from: custom(t.keyof({ softmax: null, sigmoid: null }), "softmax or sigmoid")("what made the probabilities", "softmax"),
  }))({
    ...draws,
    name: "core.sample",
    doc: "A class drawn from softmax's probabilities, or 0 or 1 (class[2]) from sigmoid's.",
    notation: call("sample"),
    inputs: ["p"],
    type: (s, ins, outs, { from }) => {
      const p = nth(ins, 0), out = nth(outs, 0);
      s.setDtype(out, "int");
      if (from === "sigmoid") {
        s.equalShapes(p, out);
        s.equalDims(s.classes(out), s.dim(2));
        return true;
      }
      const dims = s.dims(p);
      if (dims === null) return false;
      if (dims.length === 0) {
        s.fail("sample wants the probabilities of all classes, found one number");
        return true;
      }
      s.setDims(out, dims.slice(0, -1));
      s.equalDims(s.classes(out), lastDim(dims));
      return true;
    },
    forward: primitive((ins, attrs, run) => {
      const p = nth(ins, 0);
      if (attrs.from === "sigmoid") {
        const yes = below(p, uniforms(run, attrs.stream, p.shape));
        return { ...yes, data: Int32Array.from(yes.data) };
      }
      const n = nth(p.shape, p.shape.length - 1), u = uniforms(run, attrs.stream, p.shape.slice(0, -1));
      const many = sizeOf(u.shape);
      const data = Int32Array.from(u.data, (x, k) => classAt(rowOf(p, Math.floor(k / many)), (k % many) * n, n, x));
      return { ...u, data };
    }),
    samples: [
      sample([within([0.1, 0.3], 4)], { stream: "s" }), sample([within([1, 1], 1)], { stream: "s" }, 1),
      sample([within([0, 1], 3)], { stream: "s", from: "sigmoid" }), sample([within([0.1, 0.5], 2, 3)], { stream: "s" }),
    ],
  }),
  withAttributes(attributes({ p: probability("how likely an element is dropped", 0.5), stream }))({
    ...draws,
    name: "core.dropout_mask",
    doc: "For each element of x 0 with probability p, else 1/(1−p): (u < 1−p)/(1−p).",
    notation: { tag: "internal" },
    inputs: ["x"],
    type: (s, ins, outs) => {
      s.setDtype(nth(outs, 0), "float");
      s.equalShapes(nth(ins, 0), nth(outs, 0));
      return true;
    },
    forward: primitive((ins, { p, stream: name }, run) => {
      const u = uniforms(run, name, nth(ins, 0).shape), kept = 1 / (1 - p);
      return { ...u, data: u.data.map((x) => (x < 1 - p ? kept : 0)) };
    }),
    samples: [sample([vary(4)], { stream: "s" }), sample([vary(2, 3)], { stream: "s", p: 0.25 }), sample([vary(1)], { p: 1 }, 1)],
  }),
];

/** 1 where u < p. */
const below = (p: Tensor, u: Tensor): Tensor => {
  const size = sizeOf(p.shape);
  return { ...u, data: u.data.map((x, k) => (x < (p.data[p.batched ? k : k % size] ?? 0) ? 1 : 0)) };
};
