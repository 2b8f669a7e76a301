import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permutation, plainSplit, stableArgsort, stratifiedSplit } from "../../src/random/permutation.js";

describe("permutations and splits", () => {
  it("argsorts stably", () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.nat(3), fc.nat(0xffffffff))), (keys) => {
      const expected = keys.map((_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
      expect([...stableArgsort(Uint32Array.from(keys))]).toEqual(expected);
    }));
  });

  it("permutes each epoch differently and repeatably", () => {
    const first = permutation(5, 0, 1000);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(permutation(5, 0, 1000)).toEqual(first);
    expect(permutation(5, 1, 1000)).not.toEqual(first);
    expect(permutation(6, 0, 1000)).not.toEqual(first);
  });

  it("splits every class in proportion, both parts ascending and disjoint", () => {
    fc.assert(fc.property(fc.array(fc.nat(4), { maxLength: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (classes, share, seed) => {
      const { train, test } = stratifiedSplit(seed, share, classes);
      expect([...train, ...test].sort((a, b) => a - b)).toEqual(classes.map((_, i) => i));
      for (const part of [train, test]) expect([...part]).toEqual([...part].sort((a, b) => a - b));
      for (let c = 0; c <= 4; c++) {
        const count = classes.filter((x) => x === c).length;
        expect([...test].filter((i) => classes[i] === c).length).toBe(Math.floor(share * count + 0.5));
      }
    }));
  });

  it("splits without classes as if there were one", () => {
    expect(plainSplit(3, 0.2, 50)).toEqual(stratifiedSplit(3, 0.2, Array<number>(50).fill(7)));
    expect(plainSplit(3, 0.2, 50).test).toHaveLength(10);
  });
});
