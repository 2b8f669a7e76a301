import { describe, expect, it } from "vitest";
import { bernoulli, drawRows } from "../../src/random/draw.js";
import { fillBernoulli, fillNormal, fillUniform, fnv1a, philox, streamKey, philoxWords } from "../../src/random/philox.js";

const block = (key: readonly [number, number], counter: readonly [number, number, number, number]): string => {
  const out = new Uint32Array(4);
  philox(key, counter, out);
  return [...out].map((w) => w.toString(16).padStart(8, "0")).join(" ");
};

describe("philox4x32-10", () => {
  it("gives the known answers of Random123", () => {
    const ones = 0xffffffff;
    expect(block([0, 0], [0, 0, 0, 0])).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    expect(block([ones, ones], [ones, ones, ones, ones])).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
    expect(block([0xa4093822, 0x299f31d0], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344])).toBe("d16cfe09 94fdcceb 5001e420 24126ea1");
  });

  it("equals the definition in exact integers on many counters", () => {
    const mask = 0xffffffffn;
    const exact = (key: readonly number[], counter: readonly number[]): string => {
      let [x0 = 0n, x1 = 0n, x2 = 0n, x3 = 0n] = counter.map(BigInt);
      let [k0 = 0n, k1 = 0n] = key.map(BigInt);
      for (let round = 0; round < 10; round++) {
        const p0 = 0xd2511f53n * x0, p1 = 0xcd9e8d57n * x2;
        [x0, x1, x2, x3] = [(p1 >> 32n) ^ x1 ^ k0, p1 & mask, (p0 >> 32n) ^ x3 ^ k1, p0 & mask];
        k0 = (k0 + 0x9e3779b9n) & mask;
        k1 = (k1 + 0xbb67ae85n) & mask;
      }
      return [x0, x1, x2, x3].map((w) => w.toString(16).padStart(8, "0")).join(" ");
    };
    const random = philoxWords([1, 2], { sample: 3, update: 4, t: 5 }, 6 * 500);
    for (let i = 0; i < random.length; i += 6) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = random.subarray(i, i + 6);
      expect(block([a, b], [c, d, e, f])).toBe(exact([a, b], [c, d, e, f]));
    }
  });

  it("hashes names by FNV-1a over UTF-8", () => {
    expect(fnv1a("")).toBe(0x811c9dc5);
    expect(fnv1a("a")).toBe(0xe40c292c);
    expect(fnv1a("foobar")).toBe(0xbf9cf968);
    const bytes = (text: string): number => {
      let hash = 0x811c9dc5;
      for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
      return hash;
    };
    for (const text of ["M_1.weight", "π^é", "日本", "😀x"]) expect(fnv1a(text)).toBe(bytes(text));
  });

  it("draws a prefix of the same numbers whatever the count", () => {
    const key = streamKey(7, "x");
    const draw = { sample: 3, update: 2, t: -1 };
    const all = philoxWords(key, draw, 13);
    for (let n = 0; n < 13; n++) expect([...philoxWords(key, draw, n)]).toEqual([...all.subarray(0, n)]);
    const long = new Float64Array(13), short = new Float64Array(5);
    fillNormal(key, draw, long);
    fillNormal(key, draw, short, 1, 3);
    expect([...short.subarray(1, 4)]).toEqual([...long.subarray(0, 3)]);
    expect(short[4]).toBe(0);
  });
});

describe("draws for a batch", () => {
  it("depend on the sample, not on the row", () => {
    const key = streamKey(1, "eps");
    for (const fill of [fillUniform, fillNormal, bernoulli(0.5)]) {
      const all = drawRows(fill, key, [4, 9, 4, 0], 3, 2, 5, "f64"), one = drawRows(fill, key, [9], 3, 2, 5, "f64");
      expect(all.subarray(5, 10)).toEqual(one);
      expect(all.subarray(0, 5)).toEqual(all.subarray(10, 15));
      expect(drawRows(fill, key, [9, 1, 2, 3], 4, 2, 5, "f64")).not.toEqual(drawRows(fill, key, [9, 1, 2, 3], 3, 2, 5, "f64"));
    }
  });
});

describe("distributions", () => {
  const n = 100_000;
  const draw = { sample: 0, update: 0, t: 0 };
  const moments = (x: Float64Array): readonly [number, number] => {
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    return [mean, x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length];
  };

  it("is uniform in [0, 1), the same in both precisions", () => {
    const x = new Float64Array(n), y = new Float32Array(n);
    fillUniform(streamKey(1, "u"), draw, x);
    fillUniform(streamKey(1, "u"), draw, y);
    expect(x.every((v, i) => v === y[i] && v >= 0 && v < 1)).toBe(true);
    const [mean, variance] = moments(x);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.005);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
  });

  it("is normal, with independent halves of a pair", () => {
    const x = new Float64Array(n);
    fillNormal(streamKey(2, "n"), draw, x);
    const [mean, variance] = moments(x);
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    let product = 0, fourth = 0;
    for (let i = 0; i < n; i += 2) product += (x[i] ?? 0) * (x[i + 1] ?? 0);
    for (const v of x) fourth += v ** 4;
    expect(Math.abs(product / (n / 2))).toBeLessThan(0.02);
    expect(Math.abs(fourth / n - 3)).toBeLessThan(0.15);
  });

  it("is bernoulli where the uniform is below p", () => {
    const u = new Float64Array(n), b = new Float64Array(n);
    fillUniform(streamKey(3, "b"), draw, u);
    fillBernoulli(streamKey(3, "b"), draw, 0.3, b);
    expect(b.every((v, i) => v === ((u[i] ?? 0) < 0.3 ? 1 : 0))).toBe(true);
    expect(Math.abs(moments(b)[0] - 0.3)).toBeLessThan(0.01);
  });
});
