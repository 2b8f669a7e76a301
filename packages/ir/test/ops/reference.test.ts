/** References against definitions written out, and the conventions at kinks, ties and the edges of domains (PyTorch's). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Attrs } from "../../src/program.js";
import { sizeOf } from "../../src/tensor.js";
import type { Tensor } from "../../src/tensor.js";
import { classOf, float } from "../../src/type.js";
import { apply, differentiate, evaluate, F64, given, must, opOf, table } from "./harness.js";

const vector = (...values: readonly number[]): Tensor => ({ shape: [values.length], rows: 1, batched: false, data: Float64Array.from(values) });
const scalar = (value: number): Tensor => ({ shape: [], rows: 1, batched: false, data: Float64Array.of(value) });
const tensor = (shape: readonly number[], f: (i: number) => number): Tensor => ({
  shape, rows: 1, batched: false, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => f(i)),
});
const cls = (classes: number, value: number) => ({ type: classOf(classes), value: { ...scalar(0), data: Int32Array.of(value) } });
type In = Tensor | { readonly type: ReturnType<typeof classOf>; readonly value: Tensor };
const typed = (x: In) => ("type" in x ? x : { type: float(...x.shape), value: x });

const value = (name: string, ins: readonly In[], attrs: Attrs = {}): number[] => {
  const t = table();
  const operands = ins.map(typed).map((x) => given(t, x.type, x.value));
  return Array.from(evaluate(t, apply(t.b, opOf(name), operands, attrs), F64).data);
};
/** The gradients of Σ of the result. */
const gradient = (name: string, ins: readonly In[], attrs: Attrs = {}): readonly (readonly number[] | null)[] => {
  const t = table();
  const operands = ins.map(typed).map((x) => given(t, x.type, x.value));
  const out = apply(t.b, opOf(name), operands, attrs);
  const type = t.b.typeOf(out);
  const seed = given(t, type, tensor(type.shape.map(Number), () => 1));
  return differentiate(t.b, out, seed, operands, true).map((g) => (g === null ? null : Array.from(evaluate(t, g, F64).data)));
};

const numbersOf = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 6 });
const near = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((w, i) => { expect(Math.abs(must(found[i]) - w)).toBeLessThan(1e-12 * Math.max(1, Math.abs(w))); });
};
const total = (xs: readonly number[]): number => xs.reduce((a, x) => a + x, 0);

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  "core.neg": (x) => -x, "core.exp": Math.exp, "core.abs": Math.abs, "core.sign": Math.sign, "core.sin": Math.sin, "core.cos": Math.cos,
  "core.relu": (x) => Math.max(x, 0), "core.leaky_relu": (x) => Math.max(x, 0.01 * x), "core.elu": (x) => (x > 0 ? x : Math.exp(x) - 1),
  "core.silu": (x) => x / (1 + Math.exp(-x)), "core.tanh": Math.tanh, "core.sigmoid": (x) => 1 / (1 + Math.exp(-x)),
  "core.softplus": (x) => Math.log(1 + Math.exp(x)),
};
const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  "core.add": (a, b) => a + b, "core.sub": (a, b) => a - b, "core.mul": (a, b) => a * b, "core.div": (a, b) => a / b,
  "core.maximum": Math.max, "core.minimum": Math.min, "core.eq": (a, b) => Number(a === b), "core.ne": (a, b) => Number(a !== b),
  "core.lt": (a, b) => Number(a < b), "core.le": (a, b) => Number(a <= b), "core.gt": (a, b) => Number(a > b), "core.ge": (a, b) => Number(a >= b),
};
const REDUCTIONS: Readonly<Record<string, (xs: readonly number[]) => readonly number[]>> = {
  "core.sum": (xs) => [total(xs)], "core.mean": (xs) => [total(xs) / xs.length], "core.max": (xs) => [Math.max(...xs)],
  "core.min": (xs) => [Math.min(...xs)], "core.argmax": (xs) => [xs.indexOf(Math.max(...xs))], "core.argmin": (xs) => [xs.indexOf(Math.min(...xs))],
  "core.logsumexp": (xs) => [Math.log(total(xs.map(Math.exp)))],
  "core.softmax": (xs) => xs.map((x) => Math.exp(x) / total(xs.map(Math.exp))),
  "core.log_softmax": (xs) => xs.map((x) => x - Math.log(total(xs.map(Math.exp)))),
  "core.layer_norm": (xs) => {
    const m = total(xs) / xs.length, v = total(xs.map((x) => (x - m) ** 2)) / xs.length;
    return xs.map((x) => (x - m) / Math.sqrt(v + 1e-5));
  },
  "core.sum_to_scalar": (xs) => [total(xs)],
};

describe("definitions", () => {
  it.each(Object.entries(UNARY))("%s", (name, f) => {
    fc.assert(fc.property(numbersOf, (xs) => { near(value(name, [vector(...xs)]), xs.map(f)); }), { seed: 1, numRuns: 40 });
  });
  it.each(Object.entries(BINARY))("%s, with a scalar on either side", (name, f) => {
    fc.assert(fc.property(numbersOf, fc.double({ min: 0.1, max: 3, noNaN: true }), (xs, y) => {
      near(value(name, [vector(...xs), scalar(y)]), xs.map((x) => f(x, y)));
      near(value(name, [vector(...xs), vector(...xs.map(() => y))]), xs.map((x) => f(x, y)));
      near(value(name, [scalar(y), vector(...xs.map((x) => x + 4))]), xs.map((x) => f(y, x + 4)));
    }), { seed: 1, numRuns: 40 });
  });
  it.each(Object.entries(REDUCTIONS))("%s", (name, f) => {
    const affine = (n: number) => (name === "core.layer_norm" ? [vector(...Array<number>(n).fill(1)), vector(...Array<number>(n).fill(0))] : []);
    fc.assert(fc.property(numbersOf, (xs) => { near(value(name, [vector(...xs), ...affine(xs.length)]), f(xs)); }), { seed: 1, numRuns: 40 });
  });
  it("reduces and normalises along the axis it is told", () => {
    const x = tensor([2, 3], (i) => i * i);
    expect(value("core.sum", [x])).toEqual([5, 50]);
    expect(value("core.sum", [x], { axis: 0 })).toEqual([9, 17, 29]);
    expect(value("core.argmax", [x], { axis: 0 })).toEqual([1, 1, 1]);
    expect(value("core.mean", [scalar(3)])).toEqual([3]);
    const columns = value("core.softmax", [x], { axis: 0 });
    near([0, 1, 2].map((c) => must(columns[c]) + must(columns[c + 3])), [1, 1, 1]);
  });
  it("multiplies matrices, and contracts several axes", () => {
    const a = tensor([2, 3], (i) => i + 1), b = tensor([3, 2], (i) => i - 2);
    const naive = [0, 1].flatMap((i) => [0, 1].map((j) => total([0, 1, 2].map((k) => must(a.data[i * 3 + k]) * must(b.data[k * 2 + j])))));
    expect(value("core.matmul", [a, b])).toEqual(naive);
    expect(value("core.matmul", [a, tensor([2, 3], (i) => i)], { axes: 2 })).toEqual([total([0, 2, 6, 12, 20, 30])]);
    expect(value("core.outer", [vector(1, 2), vector(3, 4, 5)])).toEqual([3, 4, 5, 6, 8, 10]);
    expect(value("core.dot", [vector(1, 2), vector(3, 4)])).toEqual([11]);
    expect(value("core.dense", [vector(1, -1), tensor([3, 2], (i) => i), vector(10, 20, 30)])).toEqual([9, 19, 29]);
  });
  it("takes, places and joins elements", () => {
    const x = tensor([2, 3], (i) => i);
    expect(value("core.index", [vector(5, 6, 7), cls(3, 2)])).toEqual([7]);
    expect(value("core.index", [x, cls(3, 1)])).toEqual([1, 4]);
    expect(value("core.index", [x, cls(2, 1)], { axis: 0 })).toEqual([3, 4, 5]);
    expect(value("core.one_hot", [cls(3, 1)])).toEqual([0, 1, 0]);
    expect(value("core.embed", [cls(2, 1), x])).toEqual([3, 4, 5]);
    expect(value("core.slice", [x], { from: 1 })).toEqual([1, 2, 4, 5]);
    expect(value("core.slice", [x], { from: -2, to: -1 })).toEqual([1, 4]);
    expect(value("core.place", [vector(1, 2)], { axis: 0, from: 1, n: 4 })).toEqual([0, 1, 2, 0]);
    expect(value("core.concat", [vector(1, 2), scalar(3), vector(4)])).toEqual([1, 2, 3, 4]);
    expect(value("core.permute", [x], { axes: [1, 0] })).toEqual([0, 3, 1, 4, 2, 5]);
    expect(value("core.expand_as", [vector(1, 2), x], { axes: [1] })).toEqual([1, 1, 1, 2, 2, 2]);
  });
  it("slides windows", () => {
    const x = tensor([1, 3, 3], (i) => i), k = tensor([1, 1, 2, 2], () => 1);
    expect(value("core.conv", [x, k, vector(100)], { kernel: 2 })).toEqual([108, 112, 120, 124]);
    expect(value("core.conv", [x, k], { kernel: 2, pad: "same", bias: false })).toEqual([8, 12, 7, 20, 24, 13, 13, 15, 8]);
    expect(value("core.max_pool", [x], { stride: 1 })).toEqual([4, 5, 7, 8]);
    expect(value("core.avg_pool", [x], { stride: 1 })).toEqual([2, 3, 5, 6]);
    expect(value("core.max_pool", [tensor([1, 5], (i) => 9 - i)])).toEqual([9, 7]);
  });
  it("powers as C does", () => {
    const pow = (a: number, b: number): number => must(value("core.pow", [scalar(a), scalar(b)])[0]);
    expect(pow(0, 0)).toBe(1);
    expect(pow(1, NaN)).toBe(1);
    expect(pow(-2, 3)).toBe(-8);
    expect(pow(-2, 0.5)).toBeNaN();
    expect(pow(0, -1)).toBe(Infinity);
  });
});

describe("conventions", () => {
  it("at kinks: relu, leaky_relu, elu and abs at 0, sqrt at 0", () => {
    expect(gradient("core.relu", [vector(0, 1, -1)])[0]).toEqual([0, 1, 0]);
    expect(gradient("core.leaky_relu", [vector(0)], { slope: 0.2 })[0]).toEqual([0.2]);
    expect(gradient("core.elu", [vector(0)], { alpha: 0.5 })[0]).toEqual([0.5]);
    expect(gradient("core.abs", [vector(0)])[0]).toEqual([0]);
    expect(gradient("core.sqrt", [vector(0)])[0]).toEqual([Infinity]);
  });
  it("at ties: maximum and minimum halve, max and min share evenly, max_pool takes the first", () => {
    expect(gradient("core.maximum", [vector(1, 2, 0), vector(1, 0, 3)])).toEqual([[0.5, 1, 0], [0.5, 0, 1]]);
    expect(gradient("core.minimum", [vector(1, 2), scalar(1)])).toEqual([[0.5, 0], [1.5]]);
    expect(gradient("core.max", [vector(1, 4, 4)])[0]).toEqual([0, 0.5, 0.5]);
    expect(gradient("core.min", [vector(1, 1, 1, 4)])[0]).toEqual([1 / 3, 1 / 3, 1 / 3, 0]);
    expect(gradient("core.max_pool", [tensor([1, 4], () => 1)])[0]).toEqual([1, 0, 1, 0]);
  });
  it("clip passes the gradient at both ends", () => {
    expect(gradient("core.clip", [vector(-2, -1, 0, 1, 2), scalar(-1), scalar(1)])).toEqual([[0, 1, 1, 1, 0], [1], [1]]);
    expect(value("core.clip", [vector(NaN, 5), scalar(-1), scalar(1)])).toEqual([NaN, 1]);
  });
  it("where selects and never multiplies", () => {
    expect(value("core.where", [vector(1, 0), vector(1, NaN), vector(NaN, 2)])).toEqual([1, 2]);
    expect(gradient("core.where", [vector(1, 0), vector(1, NaN), vector(NaN, 2)]).slice(1)).toEqual([[1, 0], [0, 1]]);
  });
  it("pow's gradient at base 0 and exponent 0", () => {
    expect(gradient("core.pow", [scalar(0), scalar(0)])).toEqual([[0], [0]]);
    expect(gradient("core.pow", [scalar(0), scalar(2)])).toEqual([[0], [0]]);
    expect(gradient("core.pow", [vector(-3, 0, 3), scalar(2)])[0]).toEqual([-6, 0, 6]);
    expect(must(gradient("core.pow", [scalar(-1), scalar(2)])[1])[0]).toBeNaN();
  });
  it("entropy at probability 0 has a value and a finite gradient", () => {
    expect(must(value("core.entropy", [vector(0, 1)])[0])).toBeCloseTo(0, 15);
    expect(gradient("core.entropy", [vector(0, 1)])[0]).toEqual([0, -1]);
  });
});
