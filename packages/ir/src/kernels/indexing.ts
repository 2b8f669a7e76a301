/**
 * Reading and writing by position. An index outside its range gives NaN (0 where the values are integers) and adds nothing in a gradient;
 * `firstOutOfRange` finds it, for a message. Functions that only move values keep the type of the storage.
 */
import type { Precision, Tensor, Values } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import { repeatRows, viewAxis } from "./reduce.js";

const storageLike = (x: Values, length: number): Values =>
  x instanceof Int32Array ? new Int32Array(length) : x instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);

/** The first index outside 0..n−1 (or no integer) and the row it is in; null if all are inside. */
export const firstOutOfRange = (index: Tensor, n: number): { readonly row: number; readonly value: number } | null => {
  const size = sizeOf(index.shape);
  for (let i = 0; i < index.data.length; i++) {
    const value = index.data[i] ?? 0;
    if (!(Number.isInteger(value) && value >= 0 && value < n)) return { row: Math.floor(i / size), value };
  }
  return null;
};

/** e[i]: entries of the first axis of `e` [n, rest…] at `index` [s…], giving [s…, rest…]; a static `e` is a table (embedding). */
export const take = (e: Tensor, index: Tensor): Tensor => {
  const n = e.shape[0] ?? 1, rest = e.shape.slice(1);
  const width = sizeOf(rest), many = sizeOf(index.shape);
  const rows = e.batched ? e.rows : index.rows;
  const data = storageLike(e.data, rows * many * width);
  const stride = e.batched ? n * width : 0, indexStride = index.batched ? many : 0;
  for (let r = 0, at = 0; r < rows; r++) {
    for (let j = 0; j < many; j++, at += width) {
      const i = index.data[r * indexStride + j] ?? -1;
      if (!(i >= 0 && i < n)) data.fill(NaN, at, at + width);
      else for (let c = 0, from = r * stride + i * width; c < width; c++) data[at + c] = e.data[from + c] ?? 0;
    }
  }
  return { shape: [...index.shape, ...rest], rows, batched: e.batched || index.batched, data };
};

/**
 * The transpose of `take`: puts `g` [s…, rest…] at `index` [s…] into zeros of [n, rest…], adding where indices repeat.
 * Per row; or, if `total`, summed over all rows into one static value (a table's gradient).
 */
export const scatter = (g: Tensor, index: Tensor, n: number, precision: Precision, total: boolean): Tensor => {
  const rest = g.shape.slice(index.shape.length);
  const width = sizeOf(rest), many = sizeOf(index.shape);
  const rows = Math.max(g.rows, index.rows);
  const sums = new Float64Array((total ? 1 : rows) * n * width);
  for (let r = 0; r < rows; r++) {
    const base = total ? 0 : r * n * width;
    for (let j = 0; j < many; j++) {
      const i = index.data[(index.batched ? r * many : 0) + j] ?? -1;
      if (!(i >= 0 && i < n)) continue;
      const from = ((g.batched ? r * many : 0) + j) * width, to = base + i * width;
      for (let c = 0; c < width; c++) sums[to + c] = (sums[to + c] ?? 0) + (g.data[from + c] ?? 0);
    }
  }
  const data = precision === "f64" ? sums : Float32Array.from(sums);
  const batched = !total && (g.batched || index.batched);
  return { shape: [n, ...rest], rows: batched ? rows : 1, batched, data };
};

/** [s…] integers → [s…, n] with a 1 at each. */
export const oneHot = (index: Tensor, n: number, precision: Precision): Tensor => {
  const data = allocate(precision, index.data.length * n);
  for (let j = 0; j < index.data.length; j++) {
    const i = index.data[j] ?? -1;
    if (i >= 0 && i < n) data[j * n + i] = 1;
    else data.fill(NaN, j * n, j * n + n);
  }
  return { shape: [...index.shape, n], rows: index.rows, batched: index.batched, data };
};

/** Joins along an axis (default the last); a scalar counts as [1], and a static operand is repeated if another is batched. */
export const concat = (xs: readonly Tensor[], axis = -1): Tensor => {
  const rows = xs.reduce((most, x) => (x.batched ? x.rows : most), 1);
  const batched = xs.some((x) => x.batched);
  const parts = xs.map((x) => {
    const full = x.shape.length === 0 ? { ...x, shape: [1] } : x;
    return batched ? repeatRows(full, rows) : full;
  });
  const first = parts[0] ?? { shape: [0], rows: 1, batched: false, data: new Float64Array(0) };
  const floats = parts.find((x) => !(x.data instanceof Int32Array)) ?? first;
  const { outer, inner, axis: at } = viewAxis(first, axis);
  const chunks = parts.map((x) => (x.shape[at] ?? 1) * inner);
  const width = chunks.reduce((a, b) => a + b, 0);
  const data = storageLike(floats.data, outer * width);
  let offset = 0;
  parts.forEach((x, p) => {
    const chunk = chunks[p] ?? 0;
    for (let o = 0; o < outer; o++) {
      for (let i = 0, to = o * width + offset, from = o * chunk; i < chunk; i++) data[to + i] = x.data[from + i] ?? 0;
    }
    offset += chunk;
  });
  return { shape: first.shape.map((n, i) => (i === at ? width / inner : n)), rows, batched, data };
};

/** Elements `from..to−1` of an axis. */
export const slice = (x: Tensor, axis: number, from: number, to: number): Tensor => {
  const v = viewAxis(x, axis);
  const chunk = (to - from) * v.inner;
  const data = storageLike(x.data, v.outer * chunk);
  for (let o = 0; o < v.outer; o++) {
    const start = (o * v.n + from) * v.inner;
    for (let i = 0; i < chunk; i++) data[o * chunk + i] = x.data[start + i] ?? 0;
  }
  return { shape: x.shape.map((n, i) => (i === v.axis ? to - from : n)), rows: x.rows, batched: x.batched, data };
};

/** The transpose of `slice`: `g` at `from` of an axis of n, zeros elsewhere. */
export const place = (g: Tensor, axis: number, from: number, n: number): Tensor => {
  const v = viewAxis(g, axis);
  const data = storageLike(g.data, v.outer * n * v.inner);
  const chunk = v.n * v.inner;
  for (let o = 0; o < v.outer; o++) {
    const start = (o * n + from) * v.inner;
    for (let i = 0; i < chunk; i++) data[start + i] = g.data[o * chunk + i] ?? 0;
  }
  return { shape: g.shape.map((size, i) => (i === v.axis ? n : size)), rows: g.rows, batched: g.batched, data };
};

/** Pieces of the given sizes along an axis: undoes `concat`. */
export const split = (x: Tensor, sizes: readonly number[], axis = -1): readonly Tensor[] => {
  let from = 0;
  return sizes.map((size) => slice(x, axis, from, (from += size)));
};

/** A new axis of n copies before `axis` of the result (−1: the last): the transpose of a sum along it. */
export const expandAxis = (x: Tensor, axis: number, n: number): Tensor => {
  const at = axis < 0 ? x.shape.length + 1 + axis : axis;
  const inner = sizeOf(x.shape.slice(at));
  const data = storageLike(x.data, x.data.length * n);
  for (let o = 0, to = 0; o < x.data.length; o += inner) {
    for (let k = 0; k < n; k++) for (let i = 0; i < inner; i++) data[to++] = x.data[o + i] ?? 0;
  }
  return { shape: [...x.shape.slice(0, at), n, ...x.shape.slice(at)], rows: x.rows, batched: x.batched, data };
};

/** A scalar per row written out to a shape; of a shape already, the value itself. */
export const expandTo = (x: Tensor, shape: readonly number[]): Tensor =>
  x.shape.length === shape.length ? x : { ...expandAxis({ ...x, shape: [] }, 0, sizeOf(shape)), shape };

/** Reorders axes: axis k of the result is axis `axes[k]` of x. */
export const permute = (x: Tensor, axes: readonly number[]): Tensor => {
  const shape = axes.map((a) => x.shape[a] ?? 1);
  const strides = axes.map((a) => sizeOf(x.shape.slice(a + 1)));
  const data = storageLike(x.data, x.data.length);
  const size = sizeOf(shape);
  const position = axes.map(() => 0);
  for (let r = 0, to = 0; r < x.rows; r++) {
    position.fill(0);
    for (let i = 0, from = r * size; i < size; i++) {
      data[to++] = x.data[from] ?? 0;
      for (let a = axes.length - 1; a >= 0; a--) { // the next position, as an odometer
        const next = (position[a] ?? 0) + 1, n = shape[a] ?? 1, stride = strides[a] ?? 0;
        from += stride;
        if (next < n) {
          position[a] = next;
          break;
        }
        position[a] = 0;
        from -= n * stride;
      }
    }
  }
  return { shape, rows: x.rows, batched: x.batched, data };
};
