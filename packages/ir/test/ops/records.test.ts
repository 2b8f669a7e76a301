/** What every record owes: samples, a gradient rule or a reason for none, and results of the types it states. */
import { describe, expect, it } from "vitest";
import { ops } from "../../src/ops/index.js";
import { losses } from "../../src/losses.js";
import { apply, byName, decode, evaluate, F64, given, must, opOf, table, valuesOf } from "./harness.js";

describe("records", () => {
  it("have names of their own", () => {
    expect(byName.size).toBe(ops.length);
    const calls = ops.flatMap((op) => (op.notation.tag === "call" ? [`${op.notation.name}/${String(op.inputs.length)}`] : []));
    expect(new Set(calls).size).toBe(calls.length);
  });
  it("name matching losses that exist and are computed from the pre-activation", () => {
    const named = ops.flatMap((op) => (op.loss === null ? [] : [op.loss]));
    expect(named.length).toBeGreaterThan(2);
    for (const name of named) expect(losses.find((loss) => loss.name === name)?.of).toBe("pre-activation");
  });
  it.each(ops.map((op) => [op.name, op] as const))("%s has samples, a sentence, and a gradient or a reason", (_, op) => {
    expect(op.samples.length).toBeGreaterThan(0);
    expect(op.doc).toMatch(/\.$/);
    if (op.autodiff.tag === "none") expect(op.autodiff.why.length).toBeGreaterThan(10);
    if (op.autodiff.tag === "expand") expect(op.forward.tag).toBe("expand");
    for (const one of op.samples) {
      const params = op.params(decode(op, one.attrs)).length;
      const count = one.ins.length - params;
      if (op.variadic) expect(count).toBeGreaterThanOrEqual(op.inputs.length === 1 ? 1 : op.inputs.length);
      else expect(count).toBe(op.inputs.length);
    }
    const shapes = op.samples.filter((one) => one.ins.length > 0);
    if (shapes.length > 0) expect(op.samples.some((one) => one.rows === 1 || one.ins.some((x) => x.type.shape.includes(1) || x.batched === false))).toBe(true);
  });
  it.each(ops.flatMap((op) => (op.vanishes === undefined ? [] : [[op.name, op, op.vanishes] as const])))("%s is 0 where it says that it is", (_, op, vanishes) => {
    let found = 0;
    for (const one of op.samples) {
      for (let subset = 0; subset < 2 ** one.ins.length; subset += 1) {
        const zero = one.ins.map((__, i) => ((subset >> i) & 1) === 1);
        if (!vanishes(zero, decode(op, one.attrs))) continue;
        const settings = { ...F64, rows: one.rows ?? 3 }, t = table();
        const ins = valuesOf(one, settings, 3).map((x, i) => given(t, must(one.ins[i]).type, zero[i] === true ? { ...x, data: new Float64Array(x.data.length) } : x));
        found += 1;
        expect([...evaluate(t, apply(t.b, op, ins, one.attrs), settings).data].every((x) => x === 0)).toBe(true);
      }
    }
    if (op.name !== "core.constant") expect(found).toBeGreaterThan(0);
  });
  it.each(ops.map((op) => [op.name, op] as const))("%s computes what its type says, in both precisions", (_, op) => {
    for (const one of op.samples) {
      const rows = one.rows ?? 3;
      const results = (["f64", "f32"] as const).map((precision) => {
        const t = table(), settings = { ...F64, precision, rows };
        const ins = valuesOf(one, settings, 3).map((x, i) => given(t, must(one.ins[i]).type, x));
        const out = apply(t.b, op, ins, one.attrs), value = evaluate(t, out, settings), type = t.b.typeOf(out);
        expect(value.shape).toEqual(type.shape);
        expect(value.batched).toBe(!t.b.isStatic(out));
        expect(value.data.length).toBe((value.batched ? rows : 1) * value.shape.reduce((n, d) => n * d, 1));
        if (op.forward.tag === "expand") {
          // the record's own type rule says the same as its expansion
          expect(t.b.typeOf(t.b.op(op.name, ins, one.attrs))).toEqual(type);
        }
        if (type.dtype === "int") expect(value.data).toBeInstanceOf(Int32Array);
        return Array.from(value.data);
      });
      const [wide = [], narrow = []] = results;
      if (opOf(op.name).effect === "draw" && opOf(op.name).name === "core.sample") continue;
      wide.forEach((v, i) => { expect(Math.abs(v - (narrow[i] ?? NaN))).toBeLessThan(1e-4 * Math.max(1, Math.abs(v))); });
    }
  });
});
