import { describe, expect, it } from "vitest";
import { float } from "@sequent/ir";
import type { Operand, Program } from "@sequent/ir";
import type { Draft } from "./support.js";
import { expand } from "../src/index.js";
import { at, differentiated, draft, env, evaluator, STEPS, withLosses, worldOf, worstError } from "./support.js";

const batchNorm = (d: Draft, x: Operand, name = "N"): Operand =>
  d.op("batch_norm", [x, d.weight(`${name}.weight`, 3), d.weight(`${name}.bias`, 3), d.statistic(`${name}.running_mean`, 3), d.statistic(`${name}.running_var`, 3)]);
const opsOf = (program: Program): ReadonlySet<string> => new Set(program.nodes.flatMap((n) => (n.tag === "op" ? [n.op] : [])));

describe("expand", () => {
  it("leaves primitives alone, keeps names and what else refers to a row", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const h = d.named(d.op("dot", [x, y]), "h");
    d.match(h, d.op("sum", [y]));
    const program = expand(withLosses(d.finish()), env, () => false);
    expect(opsOf(program).has("core.dot")).toBe(false);
    const name = program.names.find((n) => n.name === "h")?.node ?? -1;
    expect(name).toBe(h.node);
    const value = evaluator(program, worldOf(program));
    const [xs, ys, hs] = [x, y, h].map((v) => [...(value(v.node)?.data ?? [])]);
    [0, 1, 2].forEach((row) => {
      const expected = [0, 1, 2].reduce((s, k) => s + (xs?.[3 * row + k] ?? 0) * (ys?.[3 * row + k] ?? 0), 0);
      expect(hs?.[row]).toBeCloseTo(expected, 12);
    });
  });

  it("keeps what it is told to keep", () => {
    const d = draft();
    const x = d.input("x", float(3));
    d.match(d.op("dot", [x, x]), d.op("sum", [x]));
    const program = d.finish();
    expect(expand(program, env, (op) => op.name === "core.dot")).toBe(program);
  });

  it("expands what recurrence reads", () => {
    const d = draft();
    const x = d.input("x", float(3), STEPS);
    const p = d.op("dot", [x, at(x, -1)]);
    d.match(p, d.op("sum", [x]));
    const program = expand(d.finish(), env, () => false);
    expect(opsOf(program).has("core.dot")).toBe(false);
  });
});

describe("ops that differentiate by expansion", () => {
  it("batch_norm and layer_norm agree with central differences", () => {
    const d = draft();
    const x = d.input("x", float(4)), y = d.input("y", float(3));
    const h = d.op("tanh", [batchNorm(d, d.dense(x, "M", 3))]);
    d.match(d.op("layer_norm", [h, d.weight("L.weight", 3), d.weight("L.bias", 3)]), y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program, 4))).toBeLessThan(1e-6);
  });

  it("statistics move with each use, once per Update", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    d.match(d.op("add", [batchNorm(d, x), batchNorm(d, d.op("exp", [x]))]), y, "mse");
    const program = differentiated(d.finish());
    const mean = program.params.findIndex((p) => p.name === "N.running_mean");
    const updates = (program.updates ?? []).filter((u) => u.param === mean);
    expect(updates).toHaveLength(1);
    const value = evaluator(program, worldOf(program, 4));
    const xs = [...(value(x.node)?.data ?? [])];
    const average = (f: (v: number) => number, k: number): number => [0, 1, 2, 3].reduce((s, row) => s + f(xs[3 * row + k] ?? 0) / 4, 0);
    const next = value(updates[0]?.next.node ?? -1)?.data ?? [];
    [0, 1, 2].forEach((k) => { expect(next[k]).toBeCloseTo(0.9 * (0.1 * average((v) => v, k)) + 0.1 * average(Math.exp, k), 10); });
  });
});
