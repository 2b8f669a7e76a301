import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as indexing from "../../src/kernels/indexing.js";
import { expandAxis, permute, place, scatter, slice, take } from "../../src/kernels/indexing.js";
import { sum, total } from "../../src/kernels/reduce.js";
import { dot, expectClose, integers, normal, sizes, tensor } from "./helpers.js";

describe("indexing", () => {
  it("reads by class, per row, from static tables and batched values", () => {
    const table = tensor([3, 2], [0, 1, 10, 11, 20, 21]);
    const i = integers([], [2, 0], 2);
    expect(take(table, i)).toMatchObject({ shape: [2], rows: 2, batched: true, data: Float64Array.from([20, 21, 0, 1]) });
    expect(take(table, integers([2], [1, 1])).data).toEqual(Float64Array.from([10, 11, 10, 11]));
    const e = tensor([3], [1, 2, 3, 4, 5, 6], 2);
    expect(take(e, i)).toMatchObject({ shape: [], rows: 2, data: Float64Array.from([3, 4]) });
    expect(take(e, integers([], [1])).data).toEqual(Float64Array.from([2, 5]));
    expect(take(integers([3], [7, 8, 9]), i).data).toEqual(Int32Array.from([9, 7]));
  });

  it("gives NaN out of range and finds the place", () => {
    const e = tensor([2], [1, 2]);
    const i = integers([], [0, 2, -1], 3);
    expect([...take(e, i).data]).toEqual([1, NaN, NaN]);
    expect([...indexing.oneHot(i, 2, "f64").data]).toEqual([1, 0, NaN, NaN, NaN, NaN]);
    expect([...scatter(tensor([], [5, 6, 7], 3), i, 2, "f64", true).data]).toEqual([5, 0]);
    expect(indexing.firstOutOfRange(i, 2)).toEqual({ row: 1, value: 2 });
    expect(indexing.firstOutOfRange(i, 3)).toEqual({ row: 2, value: -1 });
    expect(indexing.firstOutOfRange(integers([2], [0, 1]), 2)).toBeNull();
  });

  it("scatter is the transpose of take", () => {
    fc.assert(fc.property(sizes(4), sizes(5), sizes(3), sizes(3), fc.boolean(), (rows, n, many, width, batchedTable) => {
      const e = normal([n, width], batchedTable ? rows : null);
      const index = integers([many], Array.from({ length: rows * many }, (_, i) => (i * 7 + rows) % n), rows);
      const g = normal([many, width], rows);
      const back = scatter(g, index, n, "f64", !batchedTable);
      expect([back.shape, back.batched]).toEqual([e.shape, e.batched]);
      expectClose([dot(take(e, index), g)], [dot(e, back)]);
      if (batchedTable) expectClose(total(back, "f64").data, scatter(g, index, n, "f64", true).data);
    }));
  });

  it("concat and split undo each other along any axis; static operands are repeated, scalars count as [1]", () => {
    fc.assert(fc.property(sizes(3), fc.array(sizes(3), { minLength: 1, maxLength: 4 }), fc.constantFrom(0, 1, -1), (rows, parts, axis) => {
      const xs = parts.map((n) => normal(axis === 0 ? [n, 2] : [2, n], rows));
      const back = indexing.split(indexing.concat(xs, axis), parts, axis);
      back.forEach((x, i) => { expect(x).toEqual(xs[i]); });
    }));
    const mixed = indexing.concat([tensor([], [1, 2], 2), tensor([2], [8, 9]), integers([1], [3, 4], 2)]);
    expect(mixed).toEqual(tensor([4], [1, 8, 9, 3, 2, 8, 9, 4], 2));
    expect(indexing.concat([tensor([2], [1, 2]), tensor([1], [3])])).toEqual(tensor([3], [1, 2, 3]));
  });

  it("slice, place, expandAxis and sum are transposes", () => {
    fc.assert(fc.property(sizes(3), sizes(5), sizes(5), fc.constantFrom(0, 1), (rows, a, b, axis) => {
      const x = normal([a, b], rows), n = axis === 0 ? a : b;
      const from = Math.floor(n / 3), to = Math.max(from + 1, n - 1);
      const piece = slice(x, axis, from, to), g = normal(piece.shape, rows);
      expectClose([dot(piece, g)], [dot(x, place(g, axis, from, n))]);
      const s = sum(x, "f64", axis), h = normal(s.shape, rows);
      expect(expandAxis(h, axis, n).shape).toEqual(x.shape);
      expectClose([dot(s, h)], [dot(x, expandAxis(h, axis, n))]);
    }));
    expect(indexing.expandTo(tensor([], [1, 2], 2), [2, 1])).toEqual(tensor([2, 1], [1, 1, 2, 2], 2));
  });

  it("permutes axes", () => {
    const x = normal([2, 3, 4], 3), y = permute(x, [2, 0, 1]);
    expect(y.shape).toEqual([4, 2, 3]);
    for (let r = 0; r < 3; r++) for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) {
      expect(y.data[((r * 4 + k) * 2 + i) * 3 + j]).toBe(x.data[((r * 2 + i) * 3 + j) * 4 + k]);
    }
    expect(permute(y, [1, 2, 0])).toEqual(x);
  });
});
