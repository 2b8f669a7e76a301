/** Pooling over one or two spatial axes of [channels, …], and the gradients, as PyTorch computes them. */
import type { Precision, Tensor } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import type { Grid, Window } from "./window.js";
import { gridOf, planeSizes, slideShape } from "./window.js";

/** Visits every window of every channel and row: its number, the plane's start, and the part [top, bottom) × [left, right) inside. */
const eachWindow = (
  g: Grid, planes: number, visit: (to: number, plane: number, top: number, bottom: number, left: number, right: number) => void,
): void => {
  let to = 0;
  for (let plane = 0; plane < planes * g.height * g.width; plane += g.height * g.width) {
    for (let i = 0; i < g.outH; i++) {
      const top = i * g.strideH - g.top;
      for (let j = 0; j < g.outW; j++) {
        const left = j * g.strideW - g.left;
        const bottom = Math.min(top + g.kernelH, g.height), right = Math.min(left + g.kernelW, g.width);
        visit(to++, plane, Math.max(top, 0), bottom, Math.max(left, 0), right);
      }
    }
  }
};

/** Where in x each window has its maximum: the first one; with NaN, the last NaN. */
const maxima = (x: Tensor, g: Grid): Int32Array => {
  const planes = x.rows * g.channels;
  const at = new Int32Array(planes * planeSizes(g).output);
  const data = x.data, width = g.width;
  eachWindow(g, planes, (to, plane, top, bottom, left, right) => {
    let best = plane + top * width + left, value = -Infinity;
    for (let i = top; i < bottom; i++) {
      for (let p = plane + i * width + left, end = plane + i * width + right; p < end; p++) {
        const v = data[p] ?? 0;
        if (v > value || v !== v) {
          value = v;
          best = p;
        }
      }
    }
    at[to] = best;
  });
  return at;
};

export const maxPool = (x: Tensor, w: Window, precision: Precision): Tensor => {
  const at = maxima(x, gridOf(x.shape, w));
  const data = allocate(precision, at.length);
  for (let i = 0; i < at.length; i++) data[i] = x.data[at[i] ?? 0] ?? 0;
  return { shape: slideShape(x.shape, w, x.shape[0] ?? 1), rows: x.rows, batched: x.batched, data };
};

/** ^x of max_pool from x and ^y: each ^y goes to the element that was the maximum. x is as batched as ^y. */
export const maxPoolGradient = (x: Tensor, gy: Tensor, w: Window, precision: Precision): Tensor => {
  const at = maxima(x, gridOf(x.shape, w));
  const data = allocate(precision, gy.rows * sizeOf(x.shape));
  const repeat = x.rows < gy.rows; // a static x under a batched gradient
  for (let i = 0; i < gy.data.length; i++) {
    const row = repeat ? Math.floor(i / at.length) : 0;
    const to = row * sizeOf(x.shape) + (at[i - row * at.length] ?? 0);
    data[to] = (data[to] ?? 0) + (gy.data[i] ?? 0);
  }
  return { shape: x.shape, rows: gy.rows, batched: gy.batched, data };
};

/** The mean of each window, padding counted as zeros (PyTorch's default). */
export const avgPool = (x: Tensor, w: Window, precision: Precision): Tensor => {
  const g = gridOf(x.shape, w);
  const planes = x.rows * g.channels, count = g.kernelH * g.kernelW;
  const data = allocate(precision, planes * planeSizes(g).output);
  eachWindow(g, planes, (to, plane, top, bottom, left, right) => {
    let sum = 0;
    for (let i = top; i < bottom; i++) {
      for (let p = plane + i * g.width + left, end = plane + i * g.width + right; p < end; p++) sum += x.data[p] ?? 0;
    }
    data[to] = sum / count;
  });
  return { shape: slideShape(x.shape, w, g.channels), rows: x.rows, batched: x.batched, data };
};

/** ^x of avg_pool from ^y; `shape` is x's. */
export const avgPoolGradient = (gy: Tensor, shape: readonly number[], w: Window, precision: Precision): Tensor => {
  const g = gridOf(shape, w);
  const count = g.kernelH * g.kernelW;
  const sums = new Float64Array(gy.rows * sizeOf(shape));
  eachWindow(g, gy.rows * g.channels, (to, plane, top, bottom, left, right) => {
    const share = (gy.data[to] ?? 0) / count;
    for (let i = top; i < bottom; i++) {
      for (let p = plane + i * g.width + left, end = plane + i * g.width + right; p < end; p++) sums[p] = (sums[p] ?? 0) + share;
    }
  });
  const data = allocate(precision, sums.length);
  data.set(sums);
  return { shape, rows: gy.rows, batched: gy.batched, data };
};
