/** Every op's rule against central differences in one random direction, on all its samples. */
import { describe, expect, it } from "vitest";
import { ops } from "../../src/ops/index.js";
import type { AnyOp, Sample } from "../../src/op.js";
import type { Tensor } from "../../src/tensor.js";
import { float } from "../../src/type.js";
import { apply, differentiate, evaluate, F64, given, must, numbers, table, valuesOf } from "./harness.js";
import type { Settings } from "./harness.js";

const dot = (a: Tensor, b: Tensor): number => {
  let sum = 0;
  const rows = Math.max(a.rows, b.rows), size = a.data.length / a.rows;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < size; i++) sum += (a.data[a.batched ? r * size + i : i] ?? 0) * (b.data[b.batched ? r * size + i : i] ?? 0);
  }
  return sum;
};
const randomLike = (x: Tensor, seed: number): Tensor => {
  const next = numbers(seed);
  return { ...x, data: Float64Array.from(x.data, () => next() * 2 - 1) };
};
const moved = (x: Tensor, along: Tensor, h: number): Tensor => ({ ...x, data: Float64Array.from(x.data, (v, i) => v + h * (along.data[i] ?? 0)) });

/** The derivative of ⟨seed, op(ins)⟩ along a random direction, by central differences and by the rule. */
const slopes = (op: AnyOp, one: Sample, settings: Settings, total: boolean): readonly [number, number] => {
  const values = valuesOf(one, settings, 3);
  const directions = values.map((x, i) => (must(one.ins[i]).type.dtype === "float" ? randomLike(x, 11 + i) : null));
  const forward = (h: number): Tensor => {
    const t = table();
    const ins = values.map((x, i) => {
      const along = directions[i] ?? null;
      return given(t, must(one.ins[i]).type, along === null ? x : moved(x, along, h));
    });
    return evaluate(t, apply(t.b, op, ins, one.attrs), settings);
  };
  const seed = randomLike(forward(0), 5);
  const h = 1e-5;
  const numeric = (dot(seed, forward(h)) - dot(seed, forward(-h))) / (2 * h);

  const t = table();
  const ins = values.map((x, i) => given(t, must(one.ins[i]).type, x));
  const out = apply(t.b, op, ins, one.attrs);
  const gradients = differentiate(t.b, out, given(t, float(...seed.shape), seed), ins, total);
  let exact = 0;
  gradients.forEach((g, i) => {
    const along = directions[i] ?? null;
    if (g === null || along === null) return;
    expect(t.b.typeOf(g).shape).toEqual(must(one.ins[i]).type.shape);
    exact += dot(evaluate(t, g, settings), along);
  });
  return [exact, numeric];
};

describe.each(ops.filter((op) => op.autodiff.tag !== "none").map((op) => [op.name, op] as const))("%s", (_, op) => {
  it.each(op.samples.map((one, k) => [k, one] as const))("agrees with central differences on sample %i", (_, one) => {
    for (const mode of ["train", "eval"] as const) {
      for (const total of [false, true]) {
        const [exact, numeric] = slopes(op, one, { ...F64, mode, rows: one.rows ?? 3 }, total);
        expect(Math.abs(exact - numeric) / Math.max(1, Math.abs(numeric))).toBeLessThan(1e-6);
      }
    }
  });
});
