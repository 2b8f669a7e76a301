import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as kernels from "../../src/kernels/elementwise.js";
import * as special from "../../src/kernels/special.js";
import type { Tensor } from "../../src/tensor.js";
import { expectClose, integers, normal, tensor } from "./helpers.js";

/** Any operand: static or batched, of a shape or scalar. */
const operand = (shape: readonly number[], rows: number): fc.Arbitrary<Tensor> =>
  fc.tuple(fc.boolean(), fc.boolean()).map(([batched, scalar]) => normal(scalar ? [] : shape, batched ? rows : null));
const at = (x: Tensor, row: number, i: number): number => {
  const size = x.shape.reduce((a, b) => a * b, 1);
  return x.data[(x.batched ? row * size : 0) + (x.shape.length === 0 ? 0 : i)] ?? 0;
};
const trio = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom([3], [1], [2, 3], [1, 1], [])).chain(([rows, shape]) =>
  fc.tuple(operand(shape, rows), operand(shape, rows), operand(shape, rows)));

const check = (out: Tensor, ins: readonly Tensor[], f: (...x: readonly number[]) => number): void => {
  const batched = ins.some((x) => x.batched);
  const shape = ins.find((x) => x.shape.length > 0)?.shape ?? [];
  expect(out.batched).toBe(batched);
  expect(out.shape).toEqual(shape);
  const size = shape.reduce((a, b) => a * b, 1);
  expect(out.data.length).toBe(out.rows * size);
  for (let r = 0; r < out.rows; r++) for (let i = 0; i < size; i++) {
    expect(out.data[r * size + i]).toBe(f(...ins.map((x) => at(x, r, i))));
  }
};

describe("elementwise maps", () => {
  it("broadcast static and batched, scalar and shaped operands in every mix", () => {
    fc.assert(fc.property(trio, ([a, b, c]) => {
      check(kernels.add(a, b, "f64"), [a, b], (x = 0, y = 0) => x + y);
      check(kernels.subtract(a, b, "f64"), [a, b], (x = 0, y = 0) => x - y);
      check(kernels.multiply(a, b, "f64"), [a, b], (x = 0, y = 0) => x * y);
      check(kernels.divide(a, b, "f64"), [a, b], (x = 0, y = 0) => x / y);
      check(kernels.greater(a, b, "f64"), [a, b], (x = 0, y = 0) => (x > y ? 1 : 0));
      check(kernels.reluGradient(a, b, "f64"), [a, b], (x = 0, y = 0) => (x > 0 ? y : 0));
      check(kernels.map2(Math.atan2)(a, b, "f64"), [a, b], (x = 0, y = 0) => Math.atan2(x, y));
      check(kernels.where(a, b, c, "f64"), [a, b, c], (x = 0, y = 0, z = 0) => (x !== 0 ? y : z));
      check(kernels.map3((x, y, z) => x * y + z)(a, b, c, "f64"), [a, b, c], (x = 0, y = 0, z = 0) => x * y + z);
      check(kernels.relu(a, "f64"), [a], (x = 0) => Math.max(x, 0));
      check(kernels.map1(Math.cosh)(a, "f64"), [a], (x = 0) => Math.cosh(x));
    }), { numRuns: 200 });
  });

  it("knows its functions", () => {
    const x = tensor([5], [-1.5, 0, 0.25, 3, NaN]);
    const known: readonly (readonly [kernels.Map1, (v: number) => number])[] = [
      [kernels.negate, (v) => -v], [kernels.sqrt, Math.sqrt], [kernels.exp, Math.exp], [kernels.log, Math.log],
      [kernels.tanh, Math.tanh], [kernels.sigmoid, (v) => 1 / (1 + Math.exp(-v))],
    ];
    for (const [map, f] of known) expectClose(map(x, "f64").data, [...x.data].map(f), 1e-15);
    expect([...kernels.relu(x, "f64").data]).toEqual([0, 0, 0.25, 3, NaN]);
  });

  it("computes in double and rounds once to f32; integers become floats", () => {
    const a = normal([10], 3, "f32"), b = normal([10], null, "f32");
    const sum = kernels.add(a, b, "f32");
    expect(sum.data).toBeInstanceOf(Float32Array);
    expect([...sum.data]).toEqual([...a.data].map((v, i) => Math.fround(v + (b.data[i % 10] ?? 0))));
    expect([...kernels.divide(integers([2], [1, 2]), integers([], [4]), "f64").data]).toEqual([0.25, 0.5]);
  });
});

describe("special functions", () => {
  it("give known values of erf", () => {
    const known = [ // from mpmath at 50 digits, rounded
      [0, 0], [1e-10, 1.1283791670955126e-10], [0.1, 0.1124629160182849], [0.5, 0.5204998778130465], [0.84375, 0.7672256612323416],
      [1, 0.8427007929497149], [1.5, 0.9661051464753108], [2, 0.9953222650189527], [3, 0.9999779095030014], [5.5, 0.9999999999999927],
      [6, 1], [Infinity, 1],
    ] as const;
    for (const [x, y] of known) {
      expectClose([special.erf(x), special.erf(-x)], [y, -y], 2e-16);
    }
    expect(special.erf(NaN)).toBeNaN();
  });

  it("are stable far out", () => {
    expect(special.sigmoid(-745)).toBeGreaterThan(0);
    expect(special.sigmoid(800)).toBe(1);
    expectClose([special.softplus(800), special.softplus(-40), special.softplus(0)], [800, Math.exp(-40), Math.LN2], 1e-16);
    expect(special.softplus(-40)).toBeGreaterThan(0);
    expectClose([special.logSigmoid(-800), special.logSigmoid(40)], [-800, -Math.exp(-40)], 1e-16);
    expect(special.softplus(Infinity)).toBe(Infinity);
    expect([special.sigmoid(NaN), special.softplus(NaN), special.gelu(NaN)].every(Number.isNaN)).toBe(true);
    expect([NaN, -3, -0, 2].map(special.sign)).toEqual([0, -1, 0, 1]);
    expectClose([special.elu(-1e-10), special.elu(2), special.elu(-Infinity, 2)], [-1e-10, 2, -2], 1e-19);
  });

  it("gelu and its slope agree", () => {
    for (let x = -6; x < 6; x += 0.37) {
      const h = 1e-5;
      expectClose([special.geluSlope(x)], [(special.gelu(x + h) - special.gelu(x - h)) / (2 * h)], 1e-9);
    }
    expectClose([special.gelu(1), special.gelu(-2)], [0.8413447460685429, -0.04550026389635842], 1e-15);
  });

  it("power is C's", () => {
    expect([special.power(1, NaN), special.power(-1, Infinity), special.power(1, -Infinity), special.power(NaN, 0)]).toEqual([1, 1, 1, 1]);
    expect([special.power(2, 0.5), special.power(0, -1), special.power(-8, 3)]).toEqual([Math.SQRT2, Infinity, -512]);
    expect(special.power(-8, 0.5)).toBeNaN();
  });
});
