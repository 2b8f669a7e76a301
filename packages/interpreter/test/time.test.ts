/** Values over time from equations made by hand. */
import { createBuilder, EMPTY, float, INITIALISERS, losses, moment, ops, read } from "@sequent/ir";
import type { Env, Interval, NodeId, Operand, Program, TableBuilder, Tensor } from "@sequent/ir";
import { describe, expect, it } from "vitest";
import { createInterpreter } from "../src/index.js";
import type { Batch, Series } from "../src/index.js";

const env: Env = {
  ops: new Map(ops.map((op) => [op.name, op])), transforms: new Map(), losses: new Map(losses.map((loss) => [loss.name, loss])),
  initialisers: new Map(INITIALISERS.map((one) => [one.name, one])), directives: new Map(), facts: new Map(), note: () => undefined,
};
const TYPED: Program = { ...EMPTY, types: [], varies: [] };
const STEPS = { space: { tag: "data" }, time: true } as const;
const f64 = { seed: 3, precision: "f64" } as const;

const input = (b: TableBuilder, name: string): Operand => read(b.node({ tag: "input", name, time: true }));
const at = (x: Operand, plus: number): Operand => read(x.node, { tag: "at", time: moment("t", plus) });
const on = (lower: readonly ["0" | "T", number], upper: readonly ["0" | "T", number]): Interval => ({ lower: moment(...lower), upper: moment(...upper) });

/** `start` at step 0, then `next` of the step before. */
const scan = (b: TableBuilder, start: Operand, next: (before: Operand) => Operand): Operand => {
  const row = b.reserve(float(), STEPS);
  const after = next(at(read(row), -1));
  b.define(row, { tag: "cases", pieces: [{ on: on(["0", 0], ["0", 0]), value: start }, { on: on(["0", 1], ["T", 0]), value: after }] });
  return read(row);
};
const batchOf = (rows: readonly (readonly number[])[], more: Partial<Batch> = {}): Batch => {
  const steps = Math.max(...rows.map((row) => row.length));
  const data = Float64Array.from(rows.flatMap((row) => [...row, ...new Array<number>(steps - row.length).fill(NaN)]));
  const x: Tensor = { shape: [steps], rows: rows.length, batched: true, data };
  return {
    inputs: new Map([["x", x]]), rows: rows.length, samples: Int32Array.from(rows, (_, k) => k), last: Int32Array.from(rows, (row) => row.length), ...more,
  };
};
const see = (program: Program, batch: Batch, ...nodes: readonly NodeId[]): readonly (readonly (readonly (number | null)[])[])[] =>
  createInterpreter(program, env, f64).observe(nodes, batch, "eval").map((value) => {
    if (!("steps" in value)) throw new Error("no time");
    return [[(value satisfies Series).from], ...value.steps.map((rows) => rows.map((row) => row?.data[0] ?? null))];
  });

describe("values over time", () => {
  it("exist where all that they read exists, row by row", () => {
    const b = createBuilder(TYPED, env);
    const x = input(b, "x");
    const sum = scan(b, b.constant(0), (before) => b.op("core.add", [before, x]));
    const ahead = b.op("core.sub", [at(x, 1), x]);
    const [sums, differences] = see(b.finish(), batchOf([[1, 2, 3], [10]]), sum.node, ahead.node);
    expect(sums).toEqual([[0], [0, 0], [1, 10], [3, null], [6, null]]);
    expect(differences).toEqual([[1], [1, null], [1, null]]);
  });

  it("are found without recursion, and dropped after their last reader", () => {
    const b = createBuilder(TYPED, env);
    const x = input(b, "x");
    const sum = scan(b, b.constant(0), (before) => b.op("core.add", [b.op("core.mul", [before, b.constant(1)]), x]));
    const last = b.op("core.mul", [read(sum.node, { tag: "at", time: moment("T") }), b.constant(2)]);
    const mean = b.op("core.average", [b.all(sum)]);
    const n = 60_000;
    const one = createInterpreter(b.finish(), env, f64);
    const [end, average] = one.evaluate([last, mean], batchOf([new Array<number>(n).fill(1)]), "eval");
    expect([...(end?.data ?? [])]).toEqual([2 * n]);
    expect(average?.data[0]).toBeCloseTo(n / 2, 9);
  });

  it("begin where the data begin", () => {
    const b = createBuilder(TYPED, env);
    const x = input(b, "x");
    const twice = b.op("core.add", [x, x]);
    const batch = batchOf([[1, 2, 3]], { from: new Map([["x", 0]]), last: Int32Array.of(2) });
    expect(see(b.finish(), batch, twice.node)[0]).toEqual([[0], [2], [4], [6]]);
  });

  it("stack steps: elements beyond the ends repeat the first and the last", () => {
    const b = createBuilder(TYPED, env);
    const x = input(b, "x");
    const range = (lower: number, upper: number): Operand => read(x.node, { tag: "range", on: { lower: moment("t", lower), upper: moment("t", upper) } });
    const [past, around] = [range(-2, 0), range(-1, 1)].map((frames) => b.op("core.sum", [frames]));
    const whole = b.op("core.sum", [read(x.node, { tag: "range", on: { lower: moment("0"), upper: moment("t") } })]);
    const [a, c, d] = see(b.finish(), batchOf([[1, 10, 100, 1000], [7]]), past?.node ?? 0, around?.node ?? 0, whole.node);
    expect(a).toEqual([[1], [3, 21], [12, null], [111, null], [1110, null]]);
    // At step 0 one of the three exists, x_1, which the others repeat.
    expect(c).toEqual([[0], [3, 21], [12, 21], [111, null], [1110, null], [2100, null]]);
    expect(d).toEqual([[1], [1, 7], [11, null], [111, null], [1111, null]]);
  });

  it("are drawn anew at every step, keyed by step and sample, whatever the batch", () => {
    const b = createBuilder(TYPED, env);
    const x = input(b, "x");
    const noise = b.op("core.mul", [b.op("core.normal", [], { n: 1, stream: "z", time: true }), x]);
    const once = b.op("core.mul", [b.op("core.normal", [], { n: 1, stream: "z" }), x]);
    const program = b.finish();
    const [together, same] = see(program, batchOf([[1, 1, 1], [1, 1]]), noise.node, once.node);
    const [apart] = see(program, batchOf([[1, 1]], { samples: Int32Array.of(1) }), noise.node);
    const values = (together ?? []).slice(1).flat().filter((value) => value !== null);
    expect(new Set(values).size).toBe(5);
    expect(together?.slice(1, 3).map((row) => row[1])).toEqual(apart?.slice(1).map((row) => row[0]));
    expect(new Set((same ?? []).slice(1).map((row) => row[0])).size).toBe(1);
  });

  it("that need themselves are a bug that is told, not an endless search", () => {
    const b = createBuilder(TYPED, env);
    const x = input(b, "x");
    const row = b.reserve(float(), STEPS);
    b.define(row, { tag: "op", op: "core.add", attrs: {}, ins: [read(row), x] });
    expect(() => see(b.finish(), batchOf([[1, 2]]), row)).toThrow("needs itself at step");
  });

  it("are the same when they are asked for together, alone, or after others were dropped", () => {
    const b = createBuilder(TYPED, env);
    const x = input(b, "x");
    const a = scan(b, b.constant(0), (before) => b.op("core.tanh", [b.op("core.add", [before, x])]));
    const c = scan(b, b.constant(1), (before) => b.op("core.mul", [b.op("core.add", [before, at(a, -1)]), b.constant(0.5)]));
    const mean = b.op("core.average", [b.all(b.op("core.mul", [a, c]))]);
    const program = b.finish();
    const batch = batchOf([[1, -2, 3, 0.5], [2, 1]]);
    const alone = createInterpreter(program, env, f64).evaluate([mean], batch, "eval")[0]?.data[0];
    const [, , together] = createInterpreter(program, env, f64).observe([a.node, c.node, mean.node], batch, "eval");
    expect(together !== undefined && "data" in together ? together.data[0] : null).toBe(alone);
    expect(see(program, batch, a.node, c.node)).toEqual([...see(program, batch, a.node), ...see(program, batch, c.node)]);
  });
});
