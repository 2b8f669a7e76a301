/** Draws depend on seed, stream, sample, update and t alone; batch_norm's statistics; what train and eval mode do. */
import { describe, expect, it } from "vitest";
import type { Run } from "../../src/op.js";
import type { Attrs } from "../../src/program.js";
import type { Tensor } from "../../src/tensor.js";
import { float } from "../../src/type.js";
import type { TensorType } from "../../src/type.js";
import { apply, decode, evaluate, F64, given, must, opOf, runOf, table } from "./harness.js";

const draw = (name: string, attrs: Attrs, type: TensorType, run: Partial<Run> = {}, ins: readonly Tensor[] = []): number[] => {
  const op = opOf(name);
  if (op.forward.tag !== "primitive") throw new Error("a draw is a primitive");
  const rows = run.samples?.length ?? 3;
  const full: Run = { ...runOf({ ...F64, rows }, true, [type]), ...run };
  return Array.from(must(op.forward.reference(ins, decode(op, attrs), full)[0]).data);
};
const batch = (rows: number, shape: readonly number[], f: (i: number) => number): Tensor => ({
  shape, rows, batched: true, data: Float64Array.from({ length: rows * shape.reduce((a, n) => a * n, 1) }, (_, i) => f(i)),
});
const mean = (xs: readonly number[]): number => xs.reduce((a, x) => a + x, 0) / xs.length;

describe("draws", () => {
  const normal = (run: Partial<Run>, stream = "z"): number[] => draw("core.normal", { n: 4, stream }, float(4), run);
  it("of a sample don't depend on the batch it is in", () => {
    const all = normal({ samples: Int32Array.of(5, 6, 7, 8) });
    expect(normal({ samples: Int32Array.of(7) })).toEqual(all.slice(8, 12));
  });
  it("differ by stream, seed, update, t and sample", () => {
    const one = Int32Array.of(1);
    const variants = [
      normal({ samples: one }), normal({ samples: one }, "w"), normal({ samples: one, seed: 8 }), normal({ samples: one, update: 3 }),
      normal({ samples: one, t: 1 }), normal({ samples: Int32Array.of(2) }),
    ].map((xs) => xs.join());
    expect(new Set(variants).size).toBe(variants.length);
    expect(normal({ samples: one })).toEqual(normal({ samples: one }));
  });
  it("have the distributions they name", () => {
    const samples = Int32Array.from({ length: 4000 }, (_, i) => i);
    const scalars = (name: string, attrs: Attrs, ins: readonly Tensor[] = []): number[] => draw(name, { stream: "s", ...attrs }, float(), { samples }, ins);
    const z = draw("core.normal", { n: 1, stream: "z" }, float(1), { samples });
    expect(Math.abs(mean(z))).toBeLessThan(0.05);
    expect(Math.abs(mean(z.map((x) => x * x)) - 1)).toBeLessThan(0.08);
    expect(Math.abs(mean(draw("core.uniform", { n: 1, stream: "u" }, float(1), { samples })) - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(mean(scalars("core.bernoulli", {}, [batch(4000, [], () => 0.3)])) - 0.3)).toBeLessThan(0.03);
    const chosen = scalars("core.choice", { n: 4 });
    for (const k of [0, 1, 2, 3]) expect(Math.abs(mean(chosen.map((c) => Number(c === k))) - 0.25)).toBeLessThan(0.03);
    const p = [0.1, 0.6, 0.3], classes = scalars("core.sample", {}, [batch(4000, [3], (i) => must(p[i % 3]))]);
    p.forEach((q, k) => { expect(Math.abs(mean(classes.map((c) => Number(c === k))) - q)).toBeLessThan(0.03); });
    const mask = draw("core.dropout_mask", { p: 0.25, stream: "d" }, float(), { samples }, [batch(4000, [], () => 1)]);
    expect(new Set(mask)).toEqual(new Set([0, 4 / 3]));
    expect(Math.abs(mean(mask) - 1)).toBeLessThan(0.03);
  });
  it("never give a class of probability 0", () => {
    const samples = Int32Array.from({ length: 500 }, (_, i) => i);
    const found = draw("core.sample", { stream: "s" }, float(), { samples }, [batch(500, [3], (i) => (i % 3 === 1 ? 1 : 0))]);
    expect(new Set(found)).toEqual(new Set([1]));
  });
});

describe("modes", () => {
  const inMode = (name: string, mode: "train" | "eval", x: Tensor, params: readonly Tensor[], attrs: Attrs): number[] => {
    const t = table();
    const ins = [x, ...params].map((v) => given(t, float(...v.shape), v));
    return Array.from(evaluate(t, apply(t.b, opOf(name), ins, attrs), { ...F64, mode, rows: x.rows }).data);
  };
  const fixed = (...values: readonly number[]): Tensor => ({ shape: [values.length], rows: 1, batched: false, data: Float64Array.from(values) });
  it("dropout scales what it keeps, and does nothing in eval mode", () => {
    const x = batch(200, [4], (i) => i + 1);
    expect(inMode("core.dropout", "eval", x, [], { stream: "d" })).toEqual(Array.from(x.data));
    inMode("core.dropout", "train", x, [], { stream: "d" }).forEach((y, i) => { expect([0, 2 * (i + 1)]).toContain(y); });
  });
  const X = batch(4, [1], (i) => i * i); // 0 1 4 9
  const params = [fixed(2), fixed(1), fixed(5), fixed(4)];
  it("batch_norm normalises by the batch in train mode, by running statistics in eval mode", () => {
    inMode("core.batch_norm", "train", X, params, {}).forEach((y, i) => {
      expect(y).toBeCloseTo(2 * (i * i - 3.5) / Math.sqrt(12.25 + 1e-5) + 1, 12);
    });
    inMode("core.batch_norm", "eval", X, params, {}).forEach((y, i) => { expect(y).toBeCloseTo(2 * (i * i - 5) / Math.sqrt(4 + 1e-5) + 1, 12); });
  });
  it("batch_norm's running variance takes the unbiased one", () => {
    const t = table(), op = opOf("core.batch_norm");
    const ins = [X, ...params].map((v) => given(t, float(...v.shape), v));
    const next = must(op.statistics)(t.b, { attrs: decode(op, {}), ins, outs: [], gradient: [] });
    const settings = { ...F64, rows: 4 };
    expect(must(evaluate(t, must(next["running_mean"]), settings).data[0])).toBeCloseTo(0.9 * 5 + 0.1 * 3.5, 12);
    expect(must(evaluate(t, must(next["running_var"]), settings).data[0])).toBeCloseTo(0.9 * 4 + 0.1 * 49 / 3, 12);
  });
  it("normalize uses the population deviation of all instances", () => {
    inMode("core.normalize", "train", X, [], {}).forEach((y, i) => { expect(y).toBeCloseTo((i * i - 3.5) / (3.5 + 1e-8), 12); });
  });
  it("collectives sum, count and average the instances", () => {
    expect(inMode("core.total", "train", X, [], {})).toEqual([14]);
    expect(inMode("core.count", "train", X, [], {})).toEqual([4]);
    expect(inMode("core.average", "train", X, [], {})).toEqual([3.5]);
    expect(inMode("core.outer_total", "train", batch(2, [2], (i) => i), [batch(2, [2], (i) => i + 1)], {})).toEqual([6, 8, 10, 14]);
  });
});
