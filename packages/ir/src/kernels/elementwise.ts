/**
 * Maps over all elements with broadcasting: each operand is static or batched, and of the result's shape or a scalar. One loop serves all
 * cases by strides of 0 or 1. The commonest functions have a loop of their own, because V8 would call a function passed to a shared loop
 * through a box per number.
 */
import type { Precision, Tensor, Values } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import { sigmoid as sigmoidOf } from "./special.js";
import type { Floats } from "./matmul.js";

/** An operand as a loop sees it: element i of row r at `r·row + i·step`. */
interface Strided {
  readonly data: Values;
  readonly row: number;
  readonly step: number;
}
type Loop1 = (x: Values, out: Floats, n: number) => void;
type Loop2 = (out: Floats, rows: number, n: number, a: Strided, b: Strided) => void;
type Loop3 = (out: Floats, rows: number, n: number, a: Strided, b: Strided, c: Strided) => void;

export type Map1 = (x: Tensor, precision: Precision) => Tensor;
export type Map2 = (a: Tensor, b: Tensor, precision: Precision) => Tensor;
export type Map3 = (a: Tensor, b: Tensor, c: Tensor, precision: Precision) => Tensor;

/** The result of operands that broadcast: the shape of the non-scalar ones, batched if one of them is. */
const broadcast = (ins: readonly Tensor[], precision: Precision): Tensor & { readonly data: Floats } => {
  let shape: readonly number[] = [];
  let rows = 1;
  let batched = false;
  for (const x of ins) {
    if (x.shape.length > shape.length) shape = x.shape;
    if (x.batched) {
      batched = true;
      rows = x.rows;
    }
  }
  return { shape, rows, batched, data: allocate(precision, rows * sizeOf(shape)) };
};

const strided = (x: Tensor, size: number): Strided => {
  const own = sizeOf(x.shape);
  return { data: x.data, row: x.batched ? own : 0, step: own === size ? 1 : 0 };
};

/** Whether the rows of an operand follow one another, so that all of them are one long row. */
const flat = (x: Strided, rows: number, size: number): boolean => x.step === 1 && (rows === 1 || x.row === size);

/** A map from a loop over contiguous elements. */
const over1 = (loop: Loop1): Map1 => (x, precision) => {
  const data = allocate(precision, x.data.length);
  loop(x.data, data, x.data.length);
  return { shape: x.shape, rows: x.rows, batched: x.batched, data };
};

const over2 = (loop: Loop2): Map2 => (a, b, precision) => {
  const out = broadcast([a, b], precision);
  const size = sizeOf(out.shape);
  const sa = strided(a, size), sb = strided(b, size);
  if (flat(sa, out.rows, size) && flat(sb, out.rows, size)) loop(out.data, 1, out.data.length, sa, sb);
  else loop(out.data, out.rows, size, sa, sb);
  return out;
};

const over3 = (loop: Loop3): Map3 => (a, b, c, precision) => {
  const out = broadcast([a, b, c], precision);
  const size = sizeOf(out.shape);
  loop(out.data, out.rows, size, strided(a, size), strided(b, size), strided(c, size));
  return out;
};

/** The map of any function of one number. */
export const map1 = (f: (x: number) => number): Map1 =>
  over1((x, out, n) => {
    for (let i = 0; i < n; i++) out[i] = f(x[i] ?? 0);
  });

/** The map of any function of two numbers. */
export const map2 = (f: (a: number, b: number) => number): Map2 =>
  over2((out, rows, n, a, b) => {
    const x = a.data, y = b.data;
    for (let r = 0, o = 0; r < rows; r++) {
      for (let i = 0, p = r * a.row, q = r * b.row; i < n; i++, p += a.step, q += b.step) out[o++] = f(x[p] ?? 0, y[q] ?? 0);
    }
  });

/** The map of any function of three numbers. */
export const map3 = (f: (a: number, b: number, c: number) => number): Map3 =>
  over3((out, rows, n, a, b, c) => {
    for (let r = 0, o = 0; r < rows; r++) {
      for (let i = 0; i < n; i++) {
        const x = a.data[r * a.row + i * a.step] ?? 0, y = b.data[r * b.row + i * b.step] ?? 0;
        out[o++] = f(x, y, c.data[r * c.row + i * c.step] ?? 0);
      }
    }
  });

export const add: Map2 = over2((out, rows, n, a, b) => {
  const x = a.data, y = b.data, stepA = a.step, stepB = b.step;
  for (let r = 0, o = 0; r < rows; r++) {
    for (let i = 0, p = r * a.row, q = r * b.row; i < n; i++, p += stepA, q += stepB) out[o++] = (x[p] ?? 0) + (y[q] ?? 0);
  }
});

export const subtract: Map2 = over2((out, rows, n, a, b) => {
  const x = a.data, y = b.data, stepA = a.step, stepB = b.step;
  for (let r = 0, o = 0; r < rows; r++) {
    for (let i = 0, p = r * a.row, q = r * b.row; i < n; i++, p += stepA, q += stepB) out[o++] = (x[p] ?? 0) - (y[q] ?? 0);
  }
});

export const multiply: Map2 = over2((out, rows, n, a, b) => {
  const x = a.data, y = b.data, stepA = a.step, stepB = b.step;
  for (let r = 0, o = 0; r < rows; r++) {
    for (let i = 0, p = r * a.row, q = r * b.row; i < n; i++, p += stepA, q += stepB) out[o++] = (x[p] ?? 0) * (y[q] ?? 0);
  }
});

export const divide: Map2 = over2((out, rows, n, a, b) => {
  const x = a.data, y = b.data, stepA = a.step, stepB = b.step;
  for (let r = 0, o = 0; r < rows; r++) {
    for (let i = 0, p = r * a.row, q = r * b.row; i < n; i++, p += stepA, q += stepB) out[o++] = (x[p] ?? 0) / (y[q] ?? 0);
  }
});

/** 1 where a > b, else 0 (comparisons with NaN are 0). */
export const greater: Map2 = over2((out, rows, n, a, b) => {
  const x = a.data, y = b.data, stepA = a.step, stepB = b.step;
  for (let r = 0, o = 0; r < rows; r++) {
    for (let i = 0, p = r * a.row, q = r * b.row; i < n; i++, p += stepA, q += stepB) out[o++] = (x[p] ?? 0) > (y[q] ?? 0) ? 1 : 0;
  }
});

/** b where a is not 0, else c: `where(condition, yes, no)`. */
export const where: Map3 = over3((out, rows, n, a, b, c) => {
  const test = a.data, yes = b.data, no = c.data;
  for (let r = 0, o = 0; r < rows; r++) {
    let p = r * a.row, q = r * b.row, s = r * c.row;
    for (let i = 0; i < n; i++, p += a.step, q += b.step, s += c.step) out[o++] = (test[p] ?? 0) !== 0 ? (yes[q] ?? 0) : (no[s] ?? 0);
  }
});

export const negate: Map1 = over1((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = -(x[i] ?? 0);
});
export const relu: Map1 = over1((x, out, n) => {
  for (let i = 0; i < n; i++) {
    const v = x[i] ?? 0;
    out[i] = v < 0 ? 0 : v; // NaN stays, and -0 as in PyTorch
  }
});
/** ^x of relu from x and ^y: ^y where x > 0, else 0. */
export const reluGradient: Map2 = over2((out, rows, n, a, b) => {
  const x = a.data, g = b.data, stepA = a.step, stepB = b.step;
  for (let r = 0, o = 0; r < rows; r++) {
    for (let i = 0, p = r * a.row, q = r * b.row; i < n; i++, p += stepA, q += stepB) out[o++] = (x[p] ?? 0) <= 0 ? 0 : (g[q] ?? 0);
  }
});
export const sqrt: Map1 = over1((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.sqrt(x[i] ?? 0);
});
export const exp: Map1 = over1((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.exp(x[i] ?? 0);
});
export const log: Map1 = over1((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.log(x[i] ?? 0);
});
export const tanh: Map1 = over1((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.tanh(x[i] ?? 0);
});
export const sigmoid: Map1 = over1((x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = sigmoidOf(x[i] ?? 0);
});
