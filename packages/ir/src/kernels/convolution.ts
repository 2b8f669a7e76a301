/**
 * Convolution (cross-correlation, as PyTorch) over one or two spatial axes, sample by sample: the patches of a sample are written out as
 * columns [in·kernel, positions], and the rest is matrix products. Images are [C, H, W] or [C, L], weights [out, in, kernel…], static.
 */
import type { Precision, Tensor } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import type { Floats, Layout } from "./matmul.js";
import { gemm } from "./matmul.js";
import { floatsOf } from "./reduce.js";
import type { Grid, Window } from "./window.js";
import { gridOf, inside, planeSizes, slideShape } from "./window.js";

const by = (columns: number, start = 0): Layout => ({ start, row: columns, column: 1 });
const across = (columns: number, start = 0): Layout => ({ start, row: 1, column: columns });

/** Visits each run of a patch element k along a row of outputs: x at `from` + i·strideW belongs to column `to` + i, i < n. */
const eachRun = (g: Grid, visit: (k: number, from: number, to: number, n: number) => void): void => {
  let k = 0;
  for (let c = 0; c < g.channels; c++) {
    for (let i = 0; i < g.kernelH; i++) {
      const [firstRow, endRow] = inside(i - g.top, g.strideH, g.height, g.outH);
      for (let j = 0; j < g.kernelW; j++, k++) {
        const [first, end] = inside(j - g.left, g.strideW, g.width, g.outW);
        for (let row = firstRow; row < endRow; row++) {
          const line = (c * g.height + row * g.strideH + i - g.top) * g.width;
          visit(k, line + first * g.strideW + j - g.left, row * g.outW + first, end - first);
        }
      }
    }
  }
};

/** Writes the patches of the sample at `start` to `columns` [patch, positions]; what the padding covers stays as it is (zero). */
const gatherPatches = (g: Grid, x: Floats, start: number, columns: Float64Array): void => {
  const positions = g.outH * g.outW, stride = g.strideW;
  eachRun(g, (k, from, to, n) => {
    for (let i = 0, p = start + from, q = k * positions + to; i < n; i++, p += stride, q++) columns[q] = x[p] ?? 0;
  });
};

/** The transpose: adds the columns to the elements of `x` that they came from. */
const scatterPatches = (g: Grid, columns: Float64Array, x: Float64Array): void => {
  const positions = g.outH * g.outW, stride = g.strideW;
  eachRun(g, (k, from, to, n) => {
    for (let i = 0, p = from, q = k * positions + to; i < n; i++, p += stride, q++) x[p] = (x[p] ?? 0) + (columns[q] ?? 0);
  });
};

/** y[o] = bias[o] + Σ weight[o] · patch, over all positions of every row. */
export const convolve = (x: Tensor, weight: Tensor, bias: Tensor | null, w: Window, precision: Precision): Tensor => {
  const g = gridOf(x.shape, w);
  const { input, output, patch } = planeSizes(g);
  const out = weight.shape[0] ?? 1;
  const data = allocate(precision, x.rows * out * output);
  const columns = new Float64Array(patch * output);
  const from = floatsOf(x, precision), weights = floatsOf(weight, precision);
  for (let r = 0; r < x.rows; r++) {
    gatherPatches(g, from, r * g.channels * input, columns);
    if (bias !== null) for (let o = 0; o < out; o++) data.fill(bias.data[o] ?? 0, (r * out + o) * output, (r * out + o + 1) * output);
    gemm(output, out, patch, columns, across(output), weights, across(patch), data, across(output, r * out * output), bias !== null);
  }
  return { shape: slideShape(x.shape, w, out), rows: x.rows, batched: x.batched, data };
};

/** ^x of `convolve` from ^y; `shape` is x's. */
export const convolveGradientInput = (
  gy: Tensor, weight: Tensor, shape: readonly number[], w: Window, precision: Precision,
): Tensor => {
  const g = gridOf(shape, w);
  const { output, patch } = planeSizes(g);
  const out = weight.shape[0] ?? 1, size = sizeOf(shape);
  const data = allocate(precision, gy.rows * size);
  const columns = new Float64Array(patch * output), sums = new Float64Array(size);
  const from = floatsOf(gy, precision), weights = floatsOf(weight, precision);
  for (let r = 0; r < gy.rows; r++) {
    gemm(patch, output, out, weights, across(patch), from, by(output, r * out * output), columns, by(output), false);
    sums.fill(0);
    scatterPatches(g, columns, sums);
    data.set(sums, r * size);
  }
  return { shape, rows: gy.rows, batched: gy.batched, data };
};

/** ^weight of `convolve`, summed over all rows: static, of `weightShape`. One of ^y and x may be static. */
export const convolveGradientWeight = (
  gy: Tensor, x: Tensor, weightShape: readonly number[], w: Window, precision: Precision,
): Tensor => {
  const g = gridOf(x.shape, w);
  const { input, output, patch } = planeSizes(g);
  const out = weightShape[0] ?? 1;
  const sums = new Float64Array(out * patch), columns = new Float64Array(patch * output);
  const from = floatsOf(x, precision), gradient = floatsOf(gy, precision);
  for (let r = 0; r < Math.max(gy.rows, x.rows); r++) {
    if (r < x.rows) gatherPatches(g, from, r * g.channels * input, columns);
    gemm(out, patch, output, gradient, by(output, gy.batched ? r * out * output : 0), columns, across(output), sums, by(patch), true);
  }
  const data = allocate(precision, sums.length);
  data.set(sums);
  return { shape: weightShape, rows: 1, batched: false, data };
};

/** ^bias of `convolve`, summed over all rows and positions: static. */
export const convolveGradientBias = (gy: Tensor, precision: Precision): Tensor => {
  const out = gy.shape[0] ?? 1, output = sizeOf(gy.shape) / out;
  const sums = new Float64Array(out);
  for (let i = 0, at = 0; at < gy.data.length; i = (i + 1) % out) {
    let sum = 0;
    for (const end = at + output; at < end; at++) sum += gy.data[at] ?? 0;
    sums[i] = (sums[i] ?? 0) + sum;
  }
  const data = allocate(precision, out);
  data.set(sums);
  return { shape: [out], rows: 1, batched: false, data };
};
