/** Losses: values by their definitions, matching ones against the prediction's, and their gradient p − y. */
import { describe, expect, it } from "vitest";
import type { Loss } from "../../src/loss.js";
import { losses } from "../../src/losses.js";
import type { Attrs } from "../../src/program.js";
import type { Operand } from "../../src/time.js";
import { float } from "../../src/type.js";
import type { Tensor } from "../../src/tensor.js";
import * as E from "fp-ts/lib/Either.js";
import { differentiate, evaluate, F64, given, must, table } from "./harness.js";
import type { Table } from "./harness.js";

const vector = (...values: readonly number[]): Tensor => ({ shape: [values.length], rows: 1, batched: false, data: Float64Array.from(values) });
const lossOf = (name: string): Loss => must(losses.find((loss) => loss.name === name));
const decoded = (loss: Loss, attrs: Attrs): unknown => {
  const result = loss.attributes.decode(attrs);
  if (E.isLeft(result)) throw new Error(result.left);
  return result.right;
};
/** Value and gradient of a loss of `make(x)`. */
const measure = (
  name: string, x: Tensor, y: Tensor, attrs: Attrs = {}, make: (t: Table, x: Operand) => Operand = (_, z) => z,
): { readonly value: number; readonly slope: readonly number[] } => {
  const t = table();
  const a = given(t, float(...x.shape), x), b = given(t, float(...y.shape), y);
  const loss = lossOf(name);
  const out = loss.build(t.b, make(t, a), b, decoded(loss, attrs));
  expect(t.b.typeOf(out).shape).toEqual([]);
  const g = must(differentiate(t.b, out, t.b.constant(1), [a], true)[0]);
  return { value: must(evaluate(t, out, F64).data[0]), slope: Array.from(evaluate(t, g, F64).data) };
};

const X = vector(0.3, -1.2, 2), Y = vector(0.2, 0.5, 0.3);
const through = (op: `core.${string}`) => (t: Table, x: Operand): Operand => t.b.op(op, [x]);

describe("losses", () => {
  it("are what they say", () => {
    const p = [0.2, 0.5, 0.3], y = [0, 1, 0.5], P = vector(...p), T = vector(...y);
    const over = (f: (p: number, y: number) => number): number => p.reduce((sum, q, i) => sum + f(q, must(y[i])), 0);
    expect(measure("match", P, T).value).toBeCloseTo(over((q, z) => (q - z) ** 2 / 2), 14);
    expect(measure("mse", P, T).value).toBeCloseTo(over((q, z) => (q - z) ** 2), 14);
    expect(measure("ce", P, T).value).toBeCloseTo(over((q, z) => -z * Math.log(q)), 14);
    expect(measure("bce", P, T).value).toBeCloseTo(over((q, z) => -z * Math.log(q) - (1 - z) * Math.log(1 - q)), 14);
    expect(measure("poisson", P, T).value).toBeCloseTo(over((q, z) => q - z * Math.log(q)), 14);
    expect(measure("huber", vector(3, 0.5), vector(0, 0)).value).toBeCloseTo(2.5 + 0.125, 14);
    expect(measure("huber", vector(3, 0.5), vector(0, 0), { delta: 2 }).value).toBeCloseTo(2 * (3 - 1) + 0.125, 14);
  });
  it.each([
    ["softmax_cross_entropy", "ce", "core.softmax"],
    ["sigmoid_cross_entropy", "bce", "core.sigmoid"],
    ["poisson_cross_entropy", "poisson", "core.exp"],
  ] as const)("%s equals %s of %s, with the gradient p − y", (matching, plain, op) => {
    const stable = measure(matching, X, Y), direct = measure(plain, X, Y, {}, through(op));
    expect(stable.value).toBeCloseTo(direct.value, 12);
    const t = table();
    const p = evaluate(t, t.b.op(op, [given(t, float(3), X)]), F64).data;
    stable.slope.forEach((g, i) => {
      expect(g).toBeCloseTo(must(p[i]) - must(Y.data[i]), 12);
      expect(must(direct.slope[i])).toBeCloseTo(g, 10);
    });
  });
  it("stay finite far from the middle", () => {
    expect(measure("softmax_cross_entropy", vector(1000, 0), vector(0, 1))).toEqual({ value: 1000, slope: [1, -1] });
    expect(measure("sigmoid_cross_entropy", vector(1000), vector(0))).toEqual({ value: 1000, slope: [1] });
    expect(measure("bce", vector(0), vector(1)).value).toBe(100);
    expect(measure("ce", vector(0, 1), vector(0, 1)).slope).toEqual([0, -1]);
  });
  it("compare a vector with a scalar target", () => {
    const target: Tensor = { shape: [], rows: 1, batched: false, data: Float64Array.of(1) };
    expect(measure("match", vector(0, 3), target)).toEqual({ value: 2.5, slope: [-1, 2] });
    expect(measure("sigmoid_cross_entropy", vector(0), target).slope).toEqual([-0.5]);
  });
});
