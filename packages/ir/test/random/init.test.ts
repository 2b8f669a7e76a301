import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { fansOf, INITIALISERS, initialise } from "../../src/random/init.js";
import type { Attrs } from "../../src/program.js";

const start = (name: string, shape: readonly number[], attrs: Attrs = {}, seed = 3, param = "M.weight"): Float64Array => {
  const init = INITIALISERS.find((record) => record.name === name);
  if (init === undefined) throw new Error(`no initialiser ${name}`);
  const result = initialise(init, attrs, seed, param, shape, shape, "f64");
  if (E.isLeft(result)) throw new Error(result.left);
  return Float64Array.from(result.right);
};
const deviation = (x: Float64Array): number => Math.sqrt(x.reduce((a, b) => a + b * b, 0) / x.length);
const largest = (x: Float64Array): number => x.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

describe("initialisers", () => {
  it("keeps to the bounds and deviations of their formulas", () => {
    const shape = [200, 100];
    for (const [name, attrs, bound] of [
      ["uniform_fan_in", {}, 0.1], ["uniform", { a: -2, b: 2 }, 2], ["xavier_uniform", { gain: 2 }, 2 * Math.sqrt(6 / 300)],
      ["kaiming_uniform", {}, Math.sqrt(6 / 100)], ["kaiming_uniform", { mode: "fan_out", a: 1 }, Math.sqrt(3 / 200)],
    ] as const) {
      const x = start(name, shape, attrs);
      expect(largest(x)).toBeLessThanOrEqual(bound * (1 + 1e-15));
      expect(largest(x)).toBeGreaterThan(bound * 0.99);
      expect(Math.abs(deviation(x) / (bound / Math.sqrt(3)) - 1)).toBeLessThan(0.03);
    }
    for (const [name, attrs, std] of [
      ["normal", {}, 1], ["normal", { std: 0.02 }, 0.02], ["xavier_normal", {}, Math.sqrt(2 / 300)], ["kaiming_normal", {}, Math.sqrt(2 / 100)],
    ] as const) expect(Math.abs(deviation(start(name, shape, attrs)) / std - 1)).toBeLessThan(0.03);
    expect(new Set(start("zeros", [3]))).toEqual(new Set([0]));
    expect(new Set(start("ones", [3]))).toEqual(new Set([1]));
    expect(new Set(start("constant", [3], { c: 1.5 }))).toEqual(new Set([1.5]));
  });

  it("draws from the parameter's own stream", () => {
    expect(start("normal", [5])).toEqual(start("normal", [5]));
    expect(start("normal", [5], {}, 4)).not.toEqual(start("normal", [5]));
    expect(start("normal", [5], {}, 3, "N.weight")).not.toEqual(start("normal", [5]));
  });

  it("makes tall, square and wide matrices orthogonal", () => {
    for (const shape of [[7, 3], [3, 7], [40, 40], [4, 2, 3, 3], [1, 1], [5]]) {
      const rows = shape[0] ?? 1, size = shape.reduce((a, b) => a * b, 1), columns = size / rows;
      const q = start("orthogonal", shape, { gain: 1.5 });
      const across = rows <= columns;
      const n = across ? rows : columns;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let dot = 0;
          for (let k = 0; k < size / n; k++) {
            dot += across ? (q[i * columns + k] ?? 0) * (q[j * columns + k] ?? 0) : (q[k * columns + i] ?? 0) * (q[k * columns + j] ?? 0);
          }
          expect(Math.abs(dot - (i === j ? 2.25 : 0))).toBeLessThan(1e-14);
        }
      }
    }
  });

  it("is the sign-fixed Q of the normal matrix: R has a positive diagonal", () => {
    const z = start("normal", [6, 4]).map(Math.fround), q = start("orthogonal", [6, 4]);
    for (let j = 0; j < 4; j++) {
      for (let k = 0; k <= j; k++) { // R[j][k] = q_j · z_k, zero below the diagonal
        let r = 0;
        for (let i = 0; i < 6; i++) r += (q[i * 4 + j] ?? 0) * (z[i * 4 + k] ?? 0);
        if (j === k) expect(r).toBeGreaterThan(0.01);
        else expect(Math.abs(r)).toBeLessThan(1e-14);
      }
    }
  });

  it("knows the fans of dense and conv weights, and refuses wrong attributes", () => {
    expect(fansOf([32, 16, 3, 3])).toEqual({ fanIn: 144, fanOut: 288 });
    expect(fansOf([10, 64])).toEqual({ fanIn: 64, fanOut: 10 });
    expect(() => start("constant", [3])).toThrow("c is missing");
    expect(() => start("kaiming_normal", [3, 3], { mode: "fan" })).toThrow("mode must be fan_in or fan_out");
  });
});
