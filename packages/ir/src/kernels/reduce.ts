/** Reductions along one axis, along the last axis (softmax and its kin), and over the batch. Sums are kept in double. */
import type { Precision, Tensor, Values } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import type { Floats } from "./matmul.js";
import { tn } from "./matmul.js";

/** An axis of a tensor: element (o, i, r) at `(o·n + i)·inner + r`; `outer` counts the rows too. Negative axes count from the end. */
export interface AxisView {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly axis: number;
}
export const viewAxis = (x: Tensor, axis: number): AxisView => {
  const at = axis < 0 ? x.shape.length + axis : axis;
  return { outer: x.rows * sizeOf(x.shape.slice(0, at)), n: x.shape[at] ?? 1, inner: sizeOf(x.shape.slice(at + 1)), axis: at };
};

/** Folds the n elements from `start`, `step` apart, to one number. */
type Fold = (x: Values, start: number, step: number, n: number) => number;

const foldInto = (fold: Fold, x: Tensor, axis: number, make: (length: number) => Values): Tensor => {
  const v = viewAxis(x, axis);
  const data = make(v.outer * v.inner);
  for (let o = 0, at = 0; o < v.outer; o++) {
    for (let r = 0; r < v.inner; r++) data[at++] = fold(x.data, o * v.n * v.inner + r, v.inner, v.n);
  }
  return { shape: x.shape.filter((_, i) => i !== v.axis), rows: x.rows, batched: x.batched, data };
};

export type Reduction = (x: Tensor, precision: Precision, axis?: number) => Tensor;
const reduction = (fold: Fold): Reduction => (x, precision, axis = -1) => foldInto(fold, x, axis, (n) => allocate(precision, n));
/** Positions are integers whatever the precision. */
const position = (fold: Fold) => (x: Tensor, axis = -1): Tensor => foldInto(fold, x, axis, (n) => new Int32Array(n));

const sumOf: Fold = (x, start, step, n) => {
  let sum = 0;
  for (let i = 0, at = start; i < n; i++, at += step) sum += x[at] ?? 0;
  return sum;
};
/** The first maximum; a NaN counts as the greatest. */
const argmaxOf: Fold = (x, start, step, n) => {
  let best = 0, value = x[start] ?? 0;
  for (let i = 1, at = start + step; i < n && value === value; i++, at += step) {
    const v = x[at] ?? 0;
    if (v > value || v !== v) {
      best = i;
      value = v;
    }
  }
  return best;
};
/** The first minimum; a NaN counts as the least. */
const argminOf: Fold = (x, start, step, n) => {
  let best = 0, value = x[start] ?? 0;
  for (let i = 1, at = start + step; i < n && value === value; i++, at += step) {
    const v = x[at] ?? 0;
    if (v < value || v !== v) {
      best = i;
      value = v;
    }
  }
  return best;
};

export const sum: Reduction = reduction(sumOf);
export const mean: Reduction = reduction((x, start, step, n) => sumOf(x, start, step, n) / n);
export const max: Reduction = reduction((x, start, step, n) => x[start + step * argmaxOf(x, start, step, n)] ?? 0);
export const min: Reduction = reduction((x, start, step, n) => x[start + step * argminOf(x, start, step, n)] ?? 0);
export const argmax = position(argmaxOf);
export const argmin = position(argminOf);

const greatest = (x: Values, start: number, n: number): number => x[start + argmaxOf(x, start, 1, n)] ?? 0;

/** ln Σ e^x along the last axis; −∞ of a row of −∞, NaN if a NaN is there. */
export const logSumExp = (x: Tensor, precision: Precision): Tensor =>
  foldInto((data, start, _, n) => {
    const top = greatest(data, start, n);
    const base = Math.abs(top) === Infinity ? 0 : top;
    let total = 0;
    for (let i = 0; i < n; i++) total += Math.exp((data[start + i] ?? 0) - base);
    return Math.log(total) + base;
  }, x, -1, (n) => allocate(precision, n));

/** Maps each row along the last axis. */
const alongLast = (x: Tensor, precision: Precision, row: (out: Floats, start: number, n: number) => void): Tensor => {
  const data = allocate(precision, x.data.length);
  const n = x.shape.at(-1) ?? 1;
  for (let start = 0; start < data.length; start += n) row(data, start, n);
  return { shape: x.shape, rows: x.rows, batched: x.batched, data };
};

/** e^x / Σ e^x along the last axis; a row of −∞, or one with +∞ or NaN, gives NaN, as in PyTorch. */
export const softmax = (x: Tensor, precision: Precision): Tensor => {
  const from = x.data;
  return alongLast(x, precision, (out, start, n) => {
    const top = greatest(from, start, n);
    let total = 0;
    for (let i = start; i < start + n; i++) total += Math.exp((from[i] ?? 0) - top);
    for (let i = start; i < start + n; i++) out[i] = Math.exp((from[i] ?? 0) - top) / total;
  });
};

/** x − ln Σ e^x along the last axis. */
export const logSoftmax = (x: Tensor, precision: Precision): Tensor => {
  const from = x.data;
  return alongLast(x, precision, (out, start, n) => {
    const top = greatest(from, start, n);
    let total = 0;
    for (let i = start; i < start + n; i++) total += Math.exp((from[i] ?? 0) - top);
    const base = Math.log(total);
    for (let i = start; i < start + n; i++) out[i] = (from[i] ?? 0) - top - base;
  });
};

/** Both operands row by row, where one may be static. */
const pairRows = (y: Tensor, g: Tensor): { readonly like: Tensor; readonly length: number } => {
  const like = g.batched ? g : y;
  return { like, length: like.rows * sizeOf(like.shape) };
};
const wrap = (i: number, length: number): number => (i < length ? i : i % length);

/** ^x of softmax from its result y and ^y: y (^y − Σ ^y y). */
export const softmaxGradient = (y: Tensor, g: Tensor, precision: Precision): Tensor => {
  const { like } = pairRows(y, g);
  return alongLast({ ...like, data: allocate(precision, like.data.length) }, precision, (out, start, n) => {
    const a = wrap(start, y.data.length), b = wrap(start, g.data.length);
    let dot = 0;
    for (let i = 0; i < n; i++) dot += (y.data[a + i] ?? 0) * (g.data[b + i] ?? 0);
    for (let i = 0; i < n; i++) out[start + i] = (y.data[a + i] ?? 0) * ((g.data[b + i] ?? 0) - dot);
  });
};

/** ^x of log_softmax from its result y and ^y: ^y − e^y Σ ^y. */
export const logSoftmaxGradient = (y: Tensor, g: Tensor, precision: Precision): Tensor => {
  const { like } = pairRows(y, g);
  return alongLast({ ...like, data: allocate(precision, like.data.length) }, precision, (out, start, n) => {
    const a = wrap(start, y.data.length), b = wrap(start, g.data.length);
    let total = 0;
    for (let i = 0; i < n; i++) total += g.data[b + i] ?? 0;
    for (let i = 0; i < n; i++) out[start + i] = (g.data[b + i] ?? 0) - Math.exp(y.data[a + i] ?? 0) * total;
  });
};

/** The sum over all rows: a static value of the same shape, summed in double. */
export const total = (x: Tensor, precision: Precision): Tensor => {
  const size = sizeOf(x.shape);
  const data = allocate(precision, size);
  if (x.rows === 1) data.set(x.data);
  else {
    const sums = new Float64Array(size);
    for (let r = 0, at = 0; r < x.rows; r++) {
      for (let i = 0; i < size; i++, at++) sums[i] = (sums[i] ?? 0) + (x.data[at] ?? 0);
    }
    data.set(sums);
  }
  return { shape: x.shape, rows: 1, batched: false, data };
};

/** A tensor's values as floats, copied only where they are integers. */
export const floatsOf = (x: Tensor, precision: Precision): Floats => {
  if (!(x.data instanceof Int32Array)) return x.data;
  const data = allocate(precision, x.data.length);
  data.set(x.data);
  return data;
};

/** Every row of a static value, written out: as batched as asked for. */
export const repeatRows = (x: Tensor, rows: number): Tensor => {
  if (x.batched) return x;
  const size = sizeOf(x.shape);
  const data = x.data instanceof Int32Array ? new Int32Array(rows * size)
    : x.data instanceof Float32Array ? new Float32Array(rows * size) : new Float64Array(rows * size);
  for (let r = 0; r < rows; r++) data.set(x.data, r * size);
  return { shape: x.shape, rows, batched: true, data };
};

/** Σ over rows of g ⊗ x, [m…]⊗[n…] → [m…, n…] static: the gradient of a dense layer's weights. `rows` counts where both are static. */
export const outerTotal = (g: Tensor, x: Tensor, precision: Precision, rows = Math.max(g.rows, x.rows)): Tensor => {
  const m = sizeOf(g.shape), n = sizeOf(x.shape);
  const data = allocate(precision, m * n);
  tn(floatsOf(repeatRows(g, rows), precision), floatsOf(repeatRows(x, rows), precision), data, m, rows, n);
  return { shape: [...g.shape, ...x.shape], rows: 1, batched: false, data };
};
