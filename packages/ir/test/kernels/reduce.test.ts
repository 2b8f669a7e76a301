import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as reduce from "../../src/kernels/reduce.js";
import type { Tensor } from "../../src/tensor.js";
import { dot, expectClose, integers, normal, sizes, tensor } from "./helpers.js";

const last = (x: Tensor): readonly number[][] => {
  const n = x.shape.at(-1) ?? 1;
  return Array.from({ length: x.data.length / n }, (_, i) => [...x.data.slice(i * n, (i + 1) * n)]);
};

describe("reductions", () => {
  it("along any axis equal loops over indices", () => {
    fc.assert(fc.property(sizes(3), sizes(4), sizes(4), sizes(4), (rows, a, b, c) => {
      const x = normal([a, b, c], rows);
      const want = new Float64Array(rows * a * c);
      for (let r = 0; r < rows; r++) for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) {
        const to = (r * a + i) * c + k;
        want[to] = (want[to] ?? 0) + (x.data[((r * a + i) * b + j) * c + k] ?? 0);
      }
      const sum = reduce.sum(x, "f64", 1);
      expect([sum.shape, sum.rows, sum.batched]).toEqual([[a, c], rows, true]);
      expectClose(sum.data, want);
      expectClose(reduce.mean(x, "f64", -2).data, want.map((v) => v / b));
      expectClose(reduce.max(x, "f64").data, last(x).map((row) => Math.max(...row)));
      expectClose(reduce.min(x, "f64").data, last(x).map((row) => Math.min(...row)));
      expectClose(reduce.argmax(x).data, last(x).map((row) => row.indexOf(Math.max(...row))));
      expectClose(reduce.argmin(x).data, last(x).map((row) => row.indexOf(Math.min(...row))));
    }), { numRuns: 50 });
  });

  it("takes the first extremum, and NaN as extreme", () => {
    const x = tensor([4], [1, 3, 3, 0, 2, NaN, 9, NaN, -1, -1, 5, 5], 3);
    expect([...reduce.argmax(x).data]).toEqual([1, 1, 2]);
    expect([...reduce.argmin(x).data]).toEqual([3, 1, 0]);
    expect([...reduce.max(x, "f64").data]).toEqual([3, NaN, 5]);
    expect([...reduce.min(x, "f64").data]).toEqual([0, NaN, -1]);
    expect(reduce.argmax(x).data).toBeInstanceOf(Int32Array);
    expect([...reduce.mean(integers([2], [1, 2]), "f32").data]).toEqual([1.5]);
  });

  it("softmax and its kin are stable and equal their definitions", () => {
    fc.assert(fc.property(sizes(4), sizes(6), fc.double({ min: -1e4, max: 1e4, noNaN: true }), (rows, n, shift) => {
      const x = normal([n], rows);
      const moved = { ...x, data: x.data.map((v) => v + shift) };
      const p = last(x).flatMap((row) => row.map((v) => Math.exp(v) / row.reduce((a, b) => a + Math.exp(b), 0)));
      expectClose(reduce.softmax(x, "f64").data, p, 1e-14);
      expectClose(reduce.softmax(moved, "f64").data, p, 1e-11);
      expectClose(reduce.logSoftmax(moved, "f64").data, p.map(Math.log), 1e-11);
      expectClose(reduce.logSumExp(moved, "f64").data, last(x).map((row) => Math.log(row.reduce((a, b) => a + Math.exp(b), 0)) + shift), 1e-12);
    }));
  });

  it("softmax and its kin treat infinities and NaN as PyTorch", () => {
    const inf = Infinity;
    const x = tensor([2], [-inf, 0, -inf, -inf, inf, 0, NaN, 0, 1000, 1000], 5);
    expectClose(reduce.softmax(x, "f64").data, [0, 1, NaN, NaN, NaN, NaN, NaN, NaN, 0.5, 0.5]);
    expectClose(reduce.logSoftmax(x, "f64").data, [-inf, 0, NaN, NaN, NaN, NaN, NaN, NaN, -Math.LN2, -Math.LN2]);
    expectClose(reduce.logSumExp(x, "f64").data, [0, -inf, inf, NaN, 1000 + Math.LN2]);
  });

  it("gradients of softmax and log_softmax agree with differences", () => {
    const h = 1e-5;
    for (const [f, gradient] of [[reduce.softmax, reduce.softmaxGradient], [reduce.logSoftmax, reduce.logSoftmaxGradient]] as const) {
      const x = normal([2, 4], 3), g = normal([2, 4], 3), d = normal([2, 4], 3);
      const shift = (s: number): Tensor => ({ ...x, data: x.data.map((v, i) => v + s * (d.data[i] ?? 0)) });
      const slope = (dot(f(shift(h), "f64"), g) - dot(f(shift(-h), "f64"), g)) / (2 * h);
      expectClose([dot(gradient(f(x, "f64"), g, "f64"), d)], [slope], 1e-8);
      const one = { ...g, rows: 1, batched: false, data: g.data.slice(0, 8) }; // a static gradient under a batched result
      expectClose(gradient(f(x, "f64"), one, "f64").data, gradient(f(x, "f64"), reduce.repeatRows(one, 3), "f64").data, 0);
    }
  });

  it("totals over the batch", () => {
    const x = normal([2, 3], 7, "f32");
    const out = reduce.total(x, "f32");
    expect([out.shape, out.rows, out.batched]).toEqual([[2, 3], 1, false]);
    expectClose(out.data, [0, 1, 2, 3, 4, 5].map((i) => Math.fround([...x.data].filter((_, at) => at % 6 === i).reduce((a, b) => a + b, 0))), 0);
  });
});
