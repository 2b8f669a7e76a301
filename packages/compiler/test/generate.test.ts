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
const PAST = "x : class[5]\nC : dense[6]\n0 -> h_0\nh_{t-1} | one_hot(x_t) --[C|tanh]-> h_t\nh_{t-1} --[Out|softmax]-> p_t => one_hot(x_t)\n";
const LAGS = "x : class[5]\nC : dense[6]\n0 -> h_0\nh_{t-1} | one_hot(x_t) --[C|tanh]-> h_t\nh_{t-1} | h_{t-2} | one_hot(x_{t-1}) --[Out|softmax]-> p_t => one_hot(x_t)\n";
const SHIFTED = PAST.replace("h_{t-1} --[Out|softmax]-> p_t => one_hot(x_t)", "h_t --[Out|softmax]-> p_{t+1} => one_hot(x_{t+1})");
const PRESENT = "x : class[5]\nE : embed[6]\nK : dense[6]\nx_t --[E]-> e_t\ne_t --[K]-> k_t\n" +
  "matmul(softmax(matmul(k_{0..t-1}, e_{t-1})), k_{0..t-1}) -> m_t\nm_t|e_{t-1} --[Out|softmax]-> p_t => one_hot(x_t)\n";
const ATTENTION = "x : class[5]\nE : embed[6]\nK : dense[6]\nx_t --[E]-> e_t\ne_t --[K]-> k_t\n" +
  "matmul(softmax(matmul(k_{0..t}, e_t)), k_{0..t}) -> m_t\nm_t|e_t --[Out|softmax]-> p_t => one_hot(x_{t+1})\n";

/** The most probable next symbol, from the whole sequence evaluated anew; a prediction of its own step sees nothing of that. */
const next = (program: Compiled, given: readonly number[], ahead = 1): number => {
  const sequence = ahead === 1 ? given : [...given, 3];
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
    expect([...right(generate(compiled(COUNT), request({ params, prompt: "3 4", length: 2 })))]).toEqual([" 0", " 1"]);
  });

  it.each([
    ["a recurrent network", RNN, 1], ["causal attention", ATTENTION, 1], ["the present step from the past state", PAST, 0], ["the same, written at the next step", SHIFTED, 0],
    ["two past states and the last symbol", LAGS, 0], ["attention to the past", PRESENT, 0],
  ])("step by step is the same as from the whole: %s", (_, text, ahead) => {
    const program = compiled(text);
    const sequence = [2, 0, 4];
    const drawn = generated(program, { prompt: sequence.join(" "), temperature: 0, length: 6 });
    for (const code of drawn.split(" ").map(Number)) {
      expect(code).toBe(next(program, sequence, ahead));
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
    for (const reads of ["x_{t+1}", "x_T", "x_t"]) expect(codesFor(`x : class[4]\none_hot(${reads})|one_hot(x_t) --[M|softmax]-> p_t => one_hot(x_${reads === "x_t" ? "t" : "{t+1}"})\n`)).toEqual(["SQ0841"]);
    expect(codesFor(`${PAST}h_{T-1} --[Out|softmax]-> q => one_hot(x_T)\n`)).toEqual([]);
    // Predicted from the last three symbols, there must be as many.
    const late = "x : class[4]\none_hot(x_t)|one_hot(x_{t-2}) --[M|softmax]-> p_t => one_hot(x_{t+1})\n";
    expect(codesFor(late, { prompt: "1 2" })).toEqual(["SQ0842"]);
    expect(codesFor(late, { prompt: "1 2 3" })).toEqual([]);
    for (const prompt of ["", "  ", "7", "-1", "a", "1.5"]) expect(codesFor(COUNT, { prompt })).toEqual(["SQ0842"]);
  });
});
