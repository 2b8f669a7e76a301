import { createBuilder, EMPTY, float, INITIALISERS, losses, NOWHERE, ops, read } from "@sequent/ir";
import type { Env, Operand, Param, Program, TableBuilder, Tensor } from "@sequent/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createInterpreter, initialState } from "../src/index.js";
import type { Batch } from "../src/index.js";

const env: Env = {
  ops: new Map(ops.map((op) => [op.name, op])), transforms: new Map(), losses: new Map(losses.map((loss) => [loss.name, loss])),
  initialisers: new Map(INITIALISERS.map((one) => [one.name, one])), directives: new Map(), facts: new Map(), note: () => undefined,
};
const TYPED: Program = { ...EMPTY, types: [], varies: [] };
const builder = (): TableBuilder => createBuilder(TYPED, env);
const parameter = (b: TableBuilder, name: string, shape: readonly number[], init: string, more: Partial<Param> = {}): Operand =>
  b.readParam(b.param({
    name, role: "weight", of: null, init: { name: init, attrs: {}, fanOf: null }, renewedBy: null, type: float(...shape), span: NOWHERE, ...more,
  }));
const batch = (inputs: Readonly<Record<string, readonly number[]>>, rows: number): Batch => ({
  inputs: new Map(Object.entries(inputs).map(([name, data]): [string, Tensor] => [name, { shape: [], rows, batched: true, data: Float64Array.from(data) }])),
  rows,
  samples: Int32Array.from({ length: rows }, (_, k) => k),
});
const f64 = { seed: 0, precision: "f64" } as const;
const numbers = (tensor: Tensor | undefined): readonly number[] => [...(tensor?.data ?? [])];

describe("evaluation", () => {
  it("computes what is wanted for each row, and a collective once for all", () => {
    const b = builder();
    const x = read(b.node({ tag: "input", name: "x" }));
    const square = b.op("core.mul", [x, x]);
    const mean = b.op("core.average", [b.all(square)]);
    const [squares, average] = createInterpreter(b.finish(), env, f64).evaluate([square, mean], batch({ x: [1, 2, 3] }, 3), "eval");
    expect(numbers(squares)).toEqual([1, 4, 9]);
    expect(numbers(average)).toEqual([14 / 3]);
    expect(average?.batched).toBe(false);
  });

  it("adds terms that all rows share to each row", () => {
    const b = builder();
    const x = read(b.node({ tag: "input", name: "x" }));
    const sum = b.sum([x, b.constant(10), x]);
    expect(numbers(createInterpreter(b.finish(), env, f64).evaluate([sum], batch({ x: [1, 2] }, 2), "eval")[0])).toEqual([12, 14]);
  });

  it("gives the same rows however a batch is split", () => {
    fc.assert(fc.property(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 9 }), (values) => {
      const b = builder();
      const x = read(b.node({ tag: "input", name: "x" }));
      const y = b.op("core.tanh", [b.op("core.add", [b.op("core.mul", [x, x]), parameter(b, "w", [], "ones")])]);
      const interpreter = createInterpreter(b.finish(), env, f64);
      const of = (part: readonly number[]): readonly number[] => numbers(interpreter.evaluate([y], batch({ x: part }, part.length), "eval")[0]);
      expect([...of(values.slice(0, 1)), ...of(values.slice(1))]).toEqual(of(values));
    }), { seed: 1, numRuns: 50 });
  });

  it("does not overflow the stack on 100,000 equations in a row", () => {
    const b = builder();
    let y = read(b.node({ tag: "input", name: "x" }));
    const one = b.constant(1);
    for (let k = 0; k < 100_000; k += 1) y = b.op("core.add", [y, one]);
    expect(numbers(createInterpreter(b.finish(), env, f64).evaluate([y], batch({ x: [0.5] }, 1), "eval")[0])).toEqual([100_000.5]);
  });
});

describe("an Update", () => {
  /** w ← w − 0.5 · mean(x), and v ← w as it was before. */
  const program = (): Program => {
    const b = builder();
    const x = read(b.node({ tag: "input", name: "x" }));
    const w = parameter(b, "w", [], "ones"), v = parameter(b, "v", [], "zeros");
    b.assign(w, b.op("core.sub", [w, b.op("core.mul", [b.constant(0.5), b.op("core.average", [b.all(x)])])]));
    b.assign(v, w);
    return b.finish();
  };

  it("assigns all parameters together, and counts", () => {
    const interpreter = createInterpreter(program(), env, f64);
    const data = batch({ x: [1, 3] }, 2);
    interpreter.update([], data);
    expect(interpreter.params().map(numbers)).toEqual([[0], [1]]);
    interpreter.update([], data);
    expect(interpreter.params().map(numbers)).toEqual([[-1], [0]]);
    expect(interpreter.updates()).toBe(2);
  });

  it("gives what is wanted as it was before", () => {
    const made = program();
    const w = made.nodes.findIndex((node) => node.tag === "param" && node.param === 0);
    const [before] = createInterpreter(made, env, f64).update([read(w)], batch({ x: [1, 3] }, 2));
    expect(numbers(before)).toEqual([1]);
  });
});

describe("the start", () => {
  it("depends on the seed and the parameter's name alone", () => {
    const b = builder();
    parameter(b, "a", [3], "normal");
    parameter(b, "b", [3], "normal");
    const p = b.finish();
    const start = (seed: number) => initialState(p, env, seed, "f64").map(numbers);
    expect(start(1)).toEqual(start(1));
    expect(start(1)[0]).not.toEqual(start(2)[0]);
    expect(start(1)[0]).not.toEqual(start(1)[1]);
    expect(initialState(p, env, 1, "f32").map(numbers)).toEqual(start(1).map((values) => values.map(Math.fround)));
  });

  it("of a lagged copy is what it copies", () => {
    const b = builder();
    parameter(b, "a", [3], "normal");
    parameter(b, "a.ema", [3], "zeros", { role: "copy", of: 0 });
    const [live, copy] = initialState(b.finish(), env, 1, "f64").map(numbers);
    expect(copy).toEqual(live);
  });
});
