import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gemm, nn, nt, tn } from "../../src/kernels/matmul.js";
import { floatsOf, outerTotal } from "../../src/kernels/reduce.js";
import { expectClose, normal, sizes } from "./helpers.js";

const floats = (count: number, precision: "f32" | "f64" = "f64"): Float32Array | Float64Array => floatsOf(normal([count], null, precision), precision);
const naive = (a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): Float64Array => {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) {
    c[i * n + j] = (c[i * n + j] ?? 0) + (a[i * k + p] ?? 0) * (b[p * n + j] ?? 0);
  }
  return c;
};
const flip = <T extends Float32Array | Float64Array>(x: T, rows: number, columns: number): T => {
  const out = x.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j] ?? 0;
  return out as T;
};

describe("matrix products", () => {
  it("equal naive loops bit for bit in f64, in every layout and size", () => {
    fc.assert(fc.property(sizes(80), sizes(20), sizes(20), fc.boolean(), (m, k, n, add) => {
      const a = floats(m * k), b = floats(k * n), before = add ? floats(m * n) : new Float64Array(m * n);
      const product = naive(a, b, m, k, n);
      const want = product.map((v, i) => v + (before[i] ?? 0));
      const run = (f: (c: Float32Array | Float64Array) => void): void => {
        const c = before.slice();
        f(c);
        expectClose(c, want, 0);
      };
      run((c) => { nn(a, b, c, m, k, n, add); });
      run((c) => { nt(a, flip(b, k, n), c, m, k, n, add); });
      run((c) => { tn(flip(a, m, k), b, c, m, k, n, add); });
    }), { numRuns: 60 });
  });

  it("rounds f32 results once", () => {
    const a = floats(33 * 70, "f32"), b = floats(70 * 9, "f32"), c = new Float32Array(33 * 9);
    nn(a, b, c, 33, 70, 9);
    expect(c).toEqual(Float32Array.from(naive(a, b, 33, 70, 9)));
  });

  it("gives a row the same bits whatever the batch", () => {
    const k = 50, n = 13, a = floats(200 * k, "f32"), b = floats(n * k, "f32");
    const all = new Float32Array(200 * n), one = new Float32Array(n);
    nt(a, b, all, 200, k, n);
    for (let r = 0; r < 200; r += 7) {
      nt(a.subarray(r * k, (r + 1) * k), b, one, 1, k, n);
      expect(one).toEqual(all.subarray(r * n, (r + 1) * n));
    }
  });

  it("keeps infinities and NaN to their own rows and columns", () => {
    const c = new Float64Array(4);
    nn(Float64Array.from([Infinity, 1, 0, 1]), Float64Array.from([1, 0, 1, 1]), c, 2, 2, 2);
    expect([...c]).toEqual([Infinity, NaN, 1, 1]);
  });

  it("writes into a matrix of any strides, and gives zeros for k = 0", () => {
    const c = new Float64Array(12).fill(9);
    const at = { start: 0, row: 2, column: 1 };
    gemm(2, 2, 1, Float64Array.from([1, 2]), { start: 0, row: 1, column: 1 }, Float64Array.from([3, 4]), at, c, { start: 1, row: 6, column: 3 }, false);
    expect([...c]).toEqual([9, 3, 9, 9, 4, 9, 9, 6, 9, 9, 8, 9]);
    nn(new Float64Array(0), new Float64Array(0), c, 3, 0, 4);
    expect([...c]).toEqual(Array<number>(12).fill(0));
  });

  it("sums outer products over the batch", () => {
    const g = normal([3], 5), x = normal([2, 2], 5), shared = normal([4], null);
    const want = new Float64Array(12), wantShared = new Float64Array(12);
    for (let r = 0; r < 5; r++) for (let i = 0; i < 3; i++) for (let j = 0; j < 4; j++) {
      want[i * 4 + j] = (want[i * 4 + j] ?? 0) + (g.data[r * 3 + i] ?? 0) * (x.data[r * 4 + j] ?? 0);
      wantShared[i * 4 + j] = (wantShared[i * 4 + j] ?? 0) + (g.data[r * 3 + i] ?? 0) * (shared.data[j] ?? 0);
    }
    const out = outerTotal(g, x, "f64");
    expect([out.shape, out.batched, out.rows]).toEqual([[3, 2, 2], false, 1]);
    expectClose(out.data, want);
    expectClose(outerTotal(g, shared, "f64").data, wantShared);
  });
});
