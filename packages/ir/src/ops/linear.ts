/** Products of vectors and matrices, and the dense layer. */
import { attributes, flag, natural, optional, size } from "../attributes-codec.js";
import { defineOp } from "../define-codec.js";
import { nn, nt } from "../kernels/matmul.js";
import { floatsOf } from "../kernels/reduce.js";
import type { Builder } from "../builder.js";
import type { AnyOp, ParamSpec } from "../op.js";
import type { DimVar, Solver, TypeRule } from "../solver.js";
import type { Precision, Tensor } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import type { Operand } from "../time.js";
import { contractionCost } from "./cost.js";
import { init, UNIFORM_FAN_IN } from "./init.js";
import type { Init } from "./init.js";
import { fixed, sample, vary } from "./samples.js";
import { dimsOfRank, lastDim, mul, nth, primitive, rankOf, rule, shapeText, withAttributes, vanishWithAny } from "./support.js";

const call = (name: string) => ({ tag: "call", name }) as const;

/** Contracts the last `axes` axes of a with the first of b, row by row; rows of a static b are one product. */
const contract = (a: Tensor, b: Tensor, axes: number, precision: Precision): Tensor => {
  const left = a.shape.slice(0, a.shape.length - axes), right = b.shape.slice(axes);
  const m = sizeOf(left), k = sizeOf(b.shape.slice(0, axes)), n = sizeOf(right);
  const batched = a.batched || b.batched, rows = a.batched ? a.rows : b.rows;
  const data = allocate(precision, (batched ? rows : 1) * m * n);
  const x = floatsOf(a, precision), y = floatsOf(b, precision);
  if (!b.batched) nn(x, y, data, m * a.rows, k, n);
  else {
    for (let r = 0; r < rows; r++) {
      const from = a.batched ? x.subarray(r * m * k, (r + 1) * m * k) : x;
      nn(from, y.subarray(r * k * n, (r + 1) * k * n), data.subarray(r * m * n, (r + 1) * m * n), m, k, n);
    }
  }
  return { shape: [...left, ...right], rows: batched ? rows : 1, batched, data };
};

/** x with its first `count` axes behind the others. */
const rotate = (b: Builder, x: Operand, count: number): Operand => {
  const rank = rankOf(b, x);
  if (count % rank === 0) return x;
  return b.op("core.permute", [x], { axes: Array.from({ length: rank }, (_, i) => (i + count) % rank) });
};
/** `axes` contracted axes; of none, the outer product. */
const product = (b: Builder, x: Operand, y: Operand, axes: number): Operand => {
  if (axes === 0 && (rankOf(b, x) === 0 || rankOf(b, y) === 0)) return mul(b, x, y);
  return b.op("core.matmul", [x, y], { axes });
};

interface DenseAttrs {
  readonly features: number | null;
  readonly bias: boolean;
  readonly init: Init;
  readonly bias_init: Init;
}
const biasParam = (start: Init): ParamSpec => ({ name: "bias", role: "weight", init: start, fanOf: "weight" });

/** x [lead…, in], weight [out, in], bias [out] → [lead…, out]. */
const denseType: TypeRule<DenseAttrs> = (s, ins, outs, attrs) => {
  const x = nth(ins, 0), out = nth(outs, 0);
  s.setDtype(out, "float");
  const [rows, columns] = dimsOfRank(s, nth(ins, 1), 2);
  if (rows === undefined || columns === undefined) return true;
  if (attrs.features !== null) s.equalDims(rows, s.dim(attrs.features));
  if (attrs.bias) s.equalDims(nth(dimsOfRank(s, nth(ins, 2), 1), 0), rows);
  const from = s.dims(x), to = s.dims(out);
  if (from !== null) return alignDense(s, from, columns, rows, (dims) => { s.setDims(out, dims); }, shapeText(s, x));
  if (to !== null) return alignDense(s, to, rows, columns, (dims) => { s.setDims(x, dims); }, shapeText(s, out));
  return false;
};
const alignDense = (
  s: Solver, dims: readonly DimVar[], own: DimVar, other: DimVar, set: (dims: readonly DimVar[]) => void, text: string,
): boolean => {
  if (dims.length === 0) {
    s.fail(`dense acts on the last axis, and ${text} has none; concatenate scalars with | to make a vector`);
    return true;
  }
  s.equalDims(lastDim(dims), own);
  set([...dims.slice(0, -1), other]);
  return true;
};

const denseForward = (x: Tensor, weight: Tensor, bias: Tensor | null, precision: Precision): Tensor => {
  const out = weight.shape[0] ?? 1, inner = weight.shape[1] ?? 1;
  const rows = x.data.length / inner;
  const data = allocate(precision, rows * out);
  if (bias !== null) for (let r = 0; r < rows; r++) data.set(bias.data, r * out);
  nt(floatsOf(x, precision), floatsOf(weight, precision), data, rows, inner, out, bias !== null);
  return { shape: [...x.shape.slice(0, -1), out], rows: x.rows, batched: x.batched, data };
};

/** Sums over the `count` first axes. */
const sumLeading = (b: Builder, x: Operand, count: number): Operand => {
  let sum = x;
  for (let i = 0; i < count; i++) sum = b.op("core.sum", [sum], { axis: 0 });
  return sum;
};

export const LINEAR: readonly AnyOp[] = [
  withAttributes(attributes({
    features: optional(natural)("width of the output"),
    bias: flag("whether a bias is added", true),
    init: init(UNIFORM_FAN_IN),
    bias_init: init(UNIFORM_FAN_IN, "how the bias starts"),
  }))({
    name: "core.dense",
    doc: "An affine map of the last axis, x·Wᵀ + bias, with W [out, in]; without `features` the output width is inferred.",
    notation: call("dense"),
    inputs: ["x"],
    params: (attrs) => [
      { name: "weight", role: "weight", init: attrs.init, fanOf: null },
      ...(attrs.bias ? [biasParam(attrs.bias_init)] : []),
    ],
    type: denseType,
    forward: primitive((ins, _, run) => denseForward(nth(ins, 0), nth(ins, 1), ins[2] ?? null, run.precision)),
    // y = W x + b: ^x = Wᵀ ^y, ^W = ^y ⊗ x, ^b = ^y, summed over leading axes
    autodiff: rule(
      (b, { ins, x, g }) => {
        const lead = rankOf(b, x) - 1;
        const toX = b.op("core.matmul", [g, nth(ins, 1)]);
        const toWeight = product(b, rotate(b, g, lead), x, lead);
        return [toX, toWeight, ...ins.slice(2).map(() => sumLeading(b, g, lead))];
      },
      (b, { ins, x, g }) => {
        const lead = rankOf(b, x) - 1;
        const toWeight = b.op("core.outer_total", [b.all(g), b.all(x)], { leading: lead });
        return [null, toWeight, ...ins.slice(2).map(() => sumLeading(b, b.op("core.total", [b.all(g)]), lead))];
      },
    ),
    cost: contractionCost,
    samples: [
      sample([vary(3), fixed(2, 3), fixed(2)]), sample([vary(1), fixed(1, 1), fixed(1)], {}, 1),
      sample([vary(3), fixed(4, 3)], { bias: false }), sample([vary(2, 3), fixed(4, 3), fixed(4)], { features: 4 }),
      sample([fixed(3), fixed(2, 3), fixed(2)]),
    ],
  }),
  withAttributes(attributes({ axes: size("how many axes are contracted; 0: the outer product", 1) }))({
    name: "core.matmul",
    doc: "Contracts a's last axis with b's first: the matrix product. `axes=2` contracts two.",
    notation: call("matmul"),
    inputs: ["a", "b"],
    type: (s, ins, outs, { axes }) => {
      const a = nth(ins, 0), b = nth(ins, 1);
      s.setDtype(nth(outs, 0), "float");
      const left = s.dims(a), right = s.dims(b);
      if (left === null || right === null) return false;
      if (left.length < axes || right.length < axes) {
        s.fail(`matmul contracts ${String(axes)} axes of both operands, found ${shapeText(s, a)} and ${shapeText(s, b)}`);
        return true;
      }
      const kept = left.length - axes;
      for (let i = 0; i < axes; i++) s.equalDims(nth(left, kept + i), nth(right, i));
      s.setDims(nth(outs, 0), [...left.slice(0, kept), ...right.slice(axes)]);
      return true;
    },
    vanishes: vanishWithAny,
    forward: primitive((ins, { axes }, run) => contract(nth(ins, 0), nth(ins, 1), axes, run.precision)),
    // y = a b: ^a = ^y bᵀ, ^b = aᵀ ^y
    autodiff: rule((b, { ins, g, attrs: { axes } }) => {
      const left = nth(ins, 0), right = nth(ins, 1);
      const m = rankOf(b, left) - axes, n = rankOf(b, right) - axes;
      return [product(b, g, rotate(b, right, axes), n), product(b, rotate(b, left, m), g, m)];
    }),
    cost: contractionCost,
    samples: [
      sample([vary(2, 3), vary(3, 4)]), sample([vary(3), vary(3)]), sample([vary(3), vary(3, 2)]), sample([vary(2, 3), vary(3)]),
      sample([vary(2, 3), fixed(3, 2)]), sample([fixed(2, 3), vary(3)]), sample([vary(1, 1), vary(1, 1)], {}, 1),
      sample([vary(2, 3, 2), vary(3, 2, 4)], { axes: 2 }), sample([vary(2), vary(3)], { axes: 0 }), sample([fixed(2, 3), fixed(3, 2)]),
    ],
  }),
  defineOp({
    name: "core.dot",
    doc: "The inner product of two vectors.",
    notation: call("dot"),
    inputs: ["a", "b"],
    type: (s, ins, outs) => {
      s.setDtype(nth(outs, 0), "float");
      s.setDims(nth(outs, 0), []);
      s.equalDims(nth(dimsOfRank(s, nth(ins, 0), 1), 0), nth(dimsOfRank(s, nth(ins, 1), 1), 0));
      return true;
    },
    // Σ a b
    vanishes: vanishWithAny,
    forward: { tag: "expand", build: (b, { ins }) => [b.op("core.sum", [mul(b, nth(ins, 0), nth(ins, 1))])] },
    autodiff: { tag: "expand" },
    samples: [sample([vary(3), vary(3)]), sample([vary(1), vary(1)], {}, 1), sample([vary(2), fixed(2)])],
  }),
  defineOp({
    name: "core.outer",
    doc: "The outer product of two vectors: [m] and [n] give [m, n].",
    notation: call("outer"),
    inputs: ["a", "b"],
    type: (s, ins, outs) => {
      s.setDtype(nth(outs, 0), "float");
      s.setDims(nth(outs, 0), [...dimsOfRank(s, nth(ins, 0), 1), ...dimsOfRank(s, nth(ins, 1), 1)]);
      return true;
    },
    vanishes: vanishWithAny,
    forward: { tag: "expand", build: (b, { ins }) => [b.op("core.matmul", [nth(ins, 0), nth(ins, 1)], { axes: 0 })] },
    autodiff: { tag: "expand" },
    samples: [sample([vary(2), vary(3)]), sample([vary(1), vary(1)], {}, 1), sample([fixed(2), vary(2)])],
  }),
];
