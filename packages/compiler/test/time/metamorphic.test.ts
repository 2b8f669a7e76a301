/** What must not matter: how a batch is put together, padding, where time begins, and how a state is written. */
import type { DataSet } from "@sequent/data";
import { dataArray } from "@sequent/data";
import type { Tensor } from "@sequent/ir";
import { describe, expect, it } from "vitest";
import { PROGRAMS } from "./programs.js";
import type { Example } from "./programs.js";
import { arraysOf, gradientsOf, lossOf, subject } from "./support.js";
import type { Subject } from "./support.js";

const all = (one: Subject): Map<string, readonly number[]> => {
  const found = new Map([...gradientsOf(one)].map(([name, { data }]) => [name, [...data]] as const));
  return found.set("loss", [lossOf(one)]);
};
const expectClose = (a: ReadonlyMap<string, readonly number[]>, b: ReadonlyMap<string, readonly number[]>, digits = 11): void => {
  expect([...a.keys()]).toEqual([...b.keys()]);
  for (const [name, values] of a) values.forEach((x, k) => { expect(x, name).toBeCloseTo(b.get(name)?.[k] ?? NaN, digits); });
};

/** Some samples of a data set. */
const samplesOf = (arrays: DataSet, rows: readonly number[]): DataSet =>
  new Map([...arrays].map(([name, array]) => {
    const size = array.data.length / (array.shape[0] ?? 1);
    const data = rows.flatMap((row) => [...array.data.subarray(row * size, (row + 1) * size)]);
    const storage = array.data instanceof Int32Array ? Int32Array.from(data) : Float64Array.from(data);
    return [name, { ...array, shape: [rows.length, ...array.shape.slice(1)], data: storage }];
  }));

const RAGGED = Object.entries(PROGRAMS).filter(([, { data }]) => data.lengths !== undefined);

describe("padding never matters", () => {
  it.each(RAGGED)("%s", (_, { source, data }: Example) => {
    const one = subject(source, arraysOf(data));
    const before = all(one);
    // Past the binding, which would have cleared it.
    const spoilt = new Map([...one.batch.inputs].map(([name, x]): [string, Tensor] => {
      const first = one.batch.from?.get(name);
      if (first === undefined) return [name, x];
      const copy = x.data.slice(), size = x.data.length / x.rows, per = size / (x.shape[0] ?? 1);
      for (let r = 0; r < x.rows; r += 1) copy.fill(NaN, r * size + ((one.batch.last?.[r] ?? 0) - first + 1) * per, (r + 1) * size);
      return [name, { ...x, data: copy }];
    }));
    expect([...spoilt.values()].some((x) => x.data.some(Number.isNaN))).toBe(true);
    expect(all({ ...one, batch: { ...one.batch, inputs: spoilt } })).toEqual(before);
  });
});

describe("a batch is its rows", () => {
  it.each(RAGGED)("%s", (_, { source, data }: Example) => {
    const arrays = arraysOf(data);
    const value = (one: Subject): readonly number[] => {
      const [found] = one.interpreter.observe([one.program.objectives[0]?.value ?? -1], one.batch, "eval");
      if (found === undefined) return [];
      if ("data" in found) return [...found.data];
      const rows = "steps" in found ? found.steps : [found];
      return Array.from({ length: one.batch.rows }, (_row, r) => rows.flatMap((step) => [...(step[r]?.data ?? [])])).flat();
    };
    const together = value(subject(source, arrays));
    const apart = Array.from({ length: data.rows }, (_row, r) => value(subject(source, samplesOf(arrays, [r])))).flat();
    expect(together.length).toBe(apart.length);
    expect(together.length).toBeGreaterThan(1);
    together.forEach((x, k) => { expect(x).toBeCloseTo(apart[k] ?? NaN, 12); });
    // Another order of the rows.
    const order = Array.from({ length: data.rows }, (_row, r) => data.rows - 1 - r);
    expectClose(all(subject(source, samplesOf(arrays, order))), all(subject(source, arrays)));
  });
});

describe("time", () => {
  it("an equation for a later step is the equation, shifted", () => {
    const start = "x_t : [2]\ny_t : [2]\nC : dense[3]\n0 -> h_0\n", end = "h_t --[M]-> p_t => y_t\n";
    const data = arraysOf({ rows: 3, steps: 5, timed: { x: [2], y: [2] }, lengths: [5, 2, 4] });
    expect(all(subject(`${start}h_t|x_{t+1} --[C|tanh]-> h_{t+1}\n${end}`, data))).toEqual(all(subject(`${start}h_{t-1}|x_t --[C|tanh]-> h_t\n${end}`, data)));
  });

  it("a backward scan is a forward scan over the reversed sequence", () => {
    const forward = "x_t : [2]\ny_t : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n";
    const backward = "x_t : [2]\ny_t : [2]\nC : dense[3]\n0 -> h_{T+1}\nh_{t+1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n";
    const lengths = [5, 2, 4];
    const data = arraysOf({ rows: 3, steps: 5, timed: { x: [2], y: [2] }, lengths });
    const reversed: DataSet = new Map([...data].map(([name, array]) => {
      if (array.dtype === "int") return [name, array];
      const copy = array.data.slice();
      lengths.forEach((n, r) => {
        for (let t = 0; t < n; t += 1) copy.set(array.data.subarray((r * 5 + t) * 2, (r * 5 + t + 1) * 2), (r * 5 + n - 1 - t) * 2);
      });
      return [name, dataArray(name, array.shape, copy)];
    }));
    expectClose(all(subject(backward, data)), all(subject(forward, reversed)));
  });

  it.each([["a last step", "h_T"], ["a first step", "h_1"], ["a literal range", "flatten(h_{1..2})", "h_{1..2}", "flatten(w)"]])("%s has no time under a second name either", (_, read, named = read, again = "w") => {
    const data = arraysOf({ rows: 3, steps: 5, timed: { x: [2] }, plain: { y: [2] }, lengths: [5, 2, 4] });
    const start = "x_t : [2]\ny : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\n";
    expect(all(subject(`${start}${named} -> w\n${again} --[M]-> p => y\n`, data))).toEqual(all(subject(`${start}${read} --[M]-> p => y\n`, data)));
  });

  it("a range of one step is the step", () => {
    const data = arraysOf({ rows: 2, steps: 4, timed: { x: [3], y: [2] } });
    const start = "x_t : [3]\ny_t : [2]\n";
    expectClose(all(subject(`${start}flatten(x_{t..t}) --[M]-> p_t => y_t\n`, data)), all(subject(`${start}x_t --[M]-> p_t => y_t\n`, data)));
  });
});
