import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as conv from "../../src/kernels/convolution.js";
import * as pooling from "../../src/kernels/pooling.js";
import type { Window } from "../../src/kernels/window.js";
import { gridOf, samePadding, windows } from "../../src/kernels/window.js";
import type { Tensor } from "../../src/tensor.js";
import { dot, expectClose, normal, sizes, tensor } from "./helpers.js";

/** One element of an image, 0 outside. */
const pixel = (x: Tensor, r: number, c: number, i: number, j: number): number => {
  const g = gridOf(x.shape, { kernel: [1, 1], stride: [1, 1], padding: [] });
  return i < 0 || j < 0 || i >= g.height || j >= g.width ? 0 : x.data[((r * g.channels + c) * g.height + i) * g.width + j] ?? 0;
};
const naive = (x: Tensor, weight: Tensor, bias: Tensor, w: Window): number[] => {
  const g = gridOf(x.shape, w), y: number[] = [];
  for (let r = 0; r < x.rows; r++) for (let o = 0; o < (weight.shape[0] ?? 1); o++) {
    for (let i = 0; i < g.outH; i++) for (let j = 0; j < g.outW; j++) {
      let sum = bias.data[o] ?? 0, k = o * g.channels * g.kernelH * g.kernelW;
      for (let c = 0; c < g.channels; c++) for (let a = 0; a < g.kernelH; a++) for (let b = 0; b < g.kernelW; b++) {
        sum += (weight.data[k++] ?? 0) * pixel(x, r, c, i * g.strideH + a - g.top, j * g.strideW + b - g.left);
      }
      y.push(sum);
    }
  }
  return y;
};

const scene = fc.record({
  rows: sizes(3), channels: sizes(3), out: sizes(5), height: fc.integer({ min: 3, max: 7 }), width: fc.integer({ min: 3, max: 7 }),
  kernel: fc.tuple(sizes(3), sizes(3)), stride: fc.tuple(sizes(3), sizes(3)), one: fc.boolean(),
  padding: fc.tuple(fc.tuple(fc.nat(2), fc.nat(2)), fc.tuple(fc.nat(2), fc.nat(2))),
}).map((s) => {
  const drop = <A>(pair: readonly [A, A]): readonly A[] => (s.one ? [pair[1]] : pair);
  const window = { kernel: drop(s.kernel), stride: drop(s.stride), padding: drop(s.padding) };
  return { ...s, window, image: s.one ? [s.channels, s.width] : [s.channels, s.height, s.width], weight: [s.out, s.channels, ...window.kernel] };
});

describe("convolution", () => {
  it("equals naive loops in one and two dimensions", () => {
    fc.assert(fc.property(scene, (s) => {
      const x = normal(s.image, s.rows), weight = normal(s.weight, null), bias = normal([s.out], null);
      const y = conv.convolve(x, weight, bias, s.window, "f64");
      expect(y.shape.length).toBe(x.shape.length);
      expectClose(y.data, naive(x, weight, bias, s.window));
    }));
  });

  it("has gradients that are its transposes", () => {
    fc.assert(fc.property(scene, (s) => {
      const x = normal(s.image, s.rows), weight = normal(s.weight, null), bias = normal([s.out], null);
      const y = conv.convolve(x, weight, null, s.window, "f64"), g = normal(y.shape, s.rows);
      expectClose([dot(x, conv.convolveGradientInput(g, weight, x.shape, s.window, "f64"))], [dot(y, g)], 1e-11);
      const gw = conv.convolveGradientWeight(g, x, weight.shape, s.window, "f64");
      expect([gw.shape, gw.batched]).toEqual([weight.shape, false]);
      expectClose([dot(weight, gw)], [dot(y, g)], 1e-11);
      const shifted = dot(conv.convolve(x, weight, bias, s.window, "f64"), g) - dot(y, g);
      expectClose([dot(bias, conv.convolveGradientBias(g, "f64"))], [shifted], 1e-11);
    }));
  });

  it("gives a sample the same bits in any batch, in f32", () => {
    const w = { kernel: [3, 3], stride: [1, 1], padding: [[1, 1], [1, 1]] } as const;
    const x = normal([3, 8, 8], 5, "f32"), weight = normal([4, 3, 3, 3], null, "f32");
    const all = conv.convolve(x, weight, null, w, "f32");
    const one = conv.convolve({ ...x, rows: 1, data: x.data.slice(2 * 192, 3 * 192) }, weight, null, w, "f32");
    expect(one.data).toEqual(all.data.slice(2 * 256, 3 * 256));
  });

  it("counts windows as PyTorch", () => {
    expect([windows(8, 3, 1, [1, 1]), windows(8, 3, 2, [1, 1]), windows(8, 2, 2, [0, 0]), windows(7, 2, 2, [0, 0]), windows(2, 3, 1, [0, 0])])
      .toEqual([8, 4, 4, 3, 0]);
    for (const kernel of [1, 2, 3, 4, 5]) expect(windows(9, kernel, 1, samePadding(kernel))).toBe(9);
    expect(samePadding(4)).toEqual([1, 2]);
  });
});

describe("pooling", () => {
  const two = { kernel: [2, 2], stride: [2, 2], padding: [[0, 0], [0, 0]] } as const;

  it("takes the first maximum at ties, and lets NaN through", () => {
    const x = tensor([1, 2, 6], [1, 1, 0, 5, NaN, 9, 1, 1, 7, 7, 2, 3]);
    expect(pooling.maxPool(x, two, "f64")).toEqual(tensor([1, 1, 3], [1, 7, NaN]));
    const g = pooling.maxPoolGradient(x, tensor([1, 1, 3], [10, 20, 30]), two, "f64");
    expect([...g.data]).toEqual([10, 0, 0, 0, 30, 0, 0, 0, 20, 0, 0, 0]);
  });

  it("counts padding in averages and not in maxima", () => {
    const padded = { kernel: [2], stride: [2], padding: [[1, 1]] } as const;
    const x = tensor([1, 4], [-2, -4, -6, -8]);
    expect([...pooling.avgPool(x, padded, "f64").data]).toEqual([-1, -5, -4]);
    expect([...pooling.maxPool(x, padded, "f64").data]).toEqual([-2, -4, -8]);
  });

  it("equals naive loops, and its gradients are transposes", () => {
    const fits = scene.filter((s) => s.kernel.every((k, i) => s.padding[i]?.every((p) => 2 * p <= k) === true));
    fc.assert(fc.property(fits, (s) => {
      const x = normal(s.image, s.rows), g = gridOf(x.shape, s.window);
      const y = pooling.avgPool(x, s.window, "f64"), m = pooling.maxPool(x, s.window, "f64");
      let at = 0;
      for (let r = 0; r < s.rows; r++) for (let c = 0; c < s.channels; c++) for (let i = 0; i < g.outH; i++) for (let j = 0; j < g.outW; j++) {
        const inside: number[] = [];
        for (let a = i * g.strideH - g.top; a < i * g.strideH - g.top + g.kernelH; a++) {
          for (let b = j * g.strideW - g.left; b < j * g.strideW - g.left + g.kernelW; b++) {
            if (a >= 0 && b >= 0 && a < g.height && b < g.width) inside.push(pixel(x, r, c, a, b));
          }
        }
        expectClose([y.data[at] ?? 0], [inside.reduce((p, q) => p + q, 0) / (g.kernelH * g.kernelW)]);
        expect(m.data[at++]).toBe(Math.max(...inside));
      }
      const gy = normal(y.shape, s.rows);
      expectClose([dot(x, pooling.avgPoolGradient(gy, x.shape, s.window, "f64"))], [dot(y, gy)], 1e-11);
      expectClose([dot(x, pooling.maxPoolGradient(x, gy, s.window, "f64"))], [dot(m, gy)], 1e-11);
    }));
  });

  it("sends a batched gradient through a static input", () => {
    const x = normal([2, 4, 4], null), gy = normal([2, 2, 2], 3);
    const repeated = { ...x, rows: 3, batched: true, data: Float64Array.from([...x.data, ...x.data, ...x.data]) };
    expect(pooling.maxPoolGradient(x, gy, two, "f64")).toEqual(pooling.maxPoolGradient(repeated, gy, two, "f64"));
  });
});
