import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { choose, compile, evaluate, generate } from "../src/index.js";
import type { Compiled, GenerateRequest } from "../src/index.js";
import type { DataArray, DataSet } from "@sequent/data";
import { right } from "./examples.js";

const AT = { prompt: { file: "prompt", from: 0, to: 1 }, params: { file: "params", from: 0, to: 1 } };
const request = (more: Partial<GenerateRequest>): GenerateRequest =>
  ({ prompt: "0", params: new Map(), length: 8, temperature: 1, topK: null, seed: 0, precision: "f64", at: AT, ...more });
const compiled = (text: string): Compiled => right(compile(text, "main.seq"));
const generated = (program: Compiled, more: Partial<GenerateRequest>): string => [...right(generate(program, request(more)))].join("").trim();
const array = (name: string, shape: readonly number[], data: readonly number[]): DataArray => ({ name, dtype: "float", shape, data: Float64Array.from(data) });
const codes = (result: E.Either<readonly { readonly code: string }[], unknown>): readonly string[] => (E.isLeft(result) ? result.left.map((one) => one.code) : []);

const COUNT = "x : class[5]\none_hot(x_t) --[Out|softmax]-> p_t => one_hot(x_{t+1})\n";
const RNN = "x : class[5]\nC : dense[6]\n0 -> h_0\none_hot(x_t)|h_{t-1} --[C|tanh]-> h_t --[Out|softmax]-> p_t => one_hot(x_{t+1})\n";
const ATTENTION = "x : class[5]\nE : embed[6]\nK : dense[6]\nx_t --[E]-> e_t\ne_t --[K]-> k_t\n" +
  "matmul(softmax(matmul(k_{0..t}, e_t)), k_{0..t}) -> m_t\nm_t|e_t --[Out|softmax]-> p_t => one_hot(x_{t+1})\n";

/** The most probable next symbol, from the whole sequence evaluated anew. */
const next = (program: Compiled, sequence: readonly number[]): number => {
  const x = { name: "x", dtype: "int", shape: [1, sequence.length], data: Int32Array.from(sequence), from: 1 } as const;
  const inputs: DataSet = new Map([["x", x]]);
  const shown = right(evaluate(program, { inputs, params: new Map(), precision: "f64", steps: 0, mode: "eval", show: ["p"], at: { inputs: AT.params, params: AT.params, shown: () => AT.params } })).get("p");
  if (shown === undefined || !("steps" in shown)) throw new Error("p is over time");
  const last = Array.from(shown.steps.at(-1)?.[0]?.data ?? []);
  return last.indexOf(Math.max(...last));
};

describe("generate", () => {
  it("feeds back what is drawn", () => {
    // after k comes k + 1
    const weight = Array.from({ length: 25 }, (_, i) => (Math.floor(i / 5) === ((i % 5) + 1) % 5 ? 60 : 0));
    const params: DataSet = new Map([["Out.weight", array("Out.weight", [5, 5], weight)], ["Out.bias", array("Out.bias", [5], [0, 0, 0, 0, 0])]]);
    expect(generated(compiled(COUNT), { params, prompt: "3, 4" })).toBe("0 1 2 3 4 0 1 2");
  });

  it.each([["a recurrent network", RNN], ["causal attention", ATTENTION]])("step by step is the same as from the whole: %s", (_, text) => {
    const program = compiled(text);
    const sequence = [2, 0, 4];
    const drawn = generated(program, { prompt: sequence.join(" "), temperature: 0, length: 6 });
    for (const code of drawn.split(" ").map(Number)) {
      expect(code).toBe(next(program, sequence));
      sequence.push(code);
    }
  });

  it("depends on the seed alone", () => {
    const program = compiled(RNN);
    const text = generated(program, { seed: 1, length: 30 });
    expect(generated(program, { seed: 1, length: 30 })).toBe(text);
    expect(generated(program, { seed: 2, length: 30 })).not.toBe(text);
  });

  it("draws in proportion, sharpened by the temperature, from the most probable", () => {
    const p = [0.1, 0.5, 0.4];
    const share = (temperature: number, topK: number | null): readonly number[] => {
      const counts = [0, 0, 0];
      for (let k = 0; k < 10000; k += 1) counts[choose(p, temperature, topK, (k + 0.5) / 10000)]! += 1;
      return counts.map((count) => count / 10000);
    };
    const near = (found: readonly number[], wanted: readonly number[]): void => { found.forEach((x, k) => { expect(x).toBeCloseTo(wanted[k] ?? NaN, 3); }); };
    near(share(1, null), p);
    near(share(1, 2), [0, 5 / 9, 4 / 9]);
    near(share(0, null), [0, 1, 0]);
    const squares = p.map((x) => x * x), sum = squares.reduce((a, b) => a + b);
    near(share(0.5, null), squares.map((x) => x / sum));
    expect(choose([1e-300, 1e-310, 0], 0.01, null, 0.999)).toBe(0);
  });

  it("tells what can't be generated from, and what no prompt is", () => {
    const codesFor = (text: string, more: Partial<GenerateRequest> = {}): readonly string[] => codes(generate(compiled(text), request(more)));
    expect(codesFor("x : [3]\ny : [2]\nx_t --[M]-> p_t => y_t\n")).toEqual(["SQ0841"]);
    expect(codesFor("x : class[4]\nu : [2]\none_hot(x_t)|u_t --[M|softmax]-> p_t => one_hot(x_{t+1})\n")).toEqual(["SQ0841"]);
    expect(codesFor("x : class[4]\none_hot(x_t) --[M|softmax]-> p_t => one_hot(x_t)\n")).toEqual(["SQ0841"]);
    for (const prompt of ["", "  ", "7", "-1", "a", "1.5"]) expect(codesFor(COUNT, { prompt })).toEqual(["SQ0842"]);
  });
});
