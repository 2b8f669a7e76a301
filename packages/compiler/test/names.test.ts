/** Names that mean something to Python, and functions whose results nothing reads: both targets give the same values. */
import { dataArray } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { compile } from "../src/compile.js";
import { evaluateInPytorch } from "../src/evaluate-pytorch.js";
import { evaluate } from "../src/evaluate.js";
import { tensorOf } from "../src/shown.js";

const CASES: Readonly<Record<string, readonly [source: string, show: readonly string[]]>> = {
  "words of Python": [
    "a : [2]\nNone := [M|tanh]\na --[None|True|False]-> b => a\n",
    ["loss", "b", "None.M.weight", "True.weight", "^None.M.weight"],
  ],
  "names that our own functions are given": [
    "a : [2]\nStep: x\n    x ^ 2 -> y\n    return y\na --[Step|M]-> states --[N]-> model => a\n",
    ["loss", "states", "model", "^states"],
  ],
  "a prime, and its spelling": ["a' : [2]\na --[M]-> a_prime\na : [2]\na' * a_prime --[N]-> b => a'\n", ["loss", "b", "^a'"]],
  "functions whose results nothing reads": [
    "a : [2]\nK : dense[3]\na --[M]-> b => a\na --[adam(K)]-> unread\na --[ema(M, tau=0.5)]-> slow\n",
    ["loss", "b", "K.weight", "M.weight.ema"],
  ],
};

describe("eval -t pytorch agrees on", () => {
  it.each(Object.entries(CASES))("%s", async (_, [source, show]) => {
    const inputs = new Map(["a", "a'"].filter((name) => source.includes(`${name} :`)).map((name, k) =>
      [name, dataArray(name, [2, 2], Float64Array.of(1, -2, 0.5, 3 + k))] as const));
    const compiled = compile(source, "names.seq", { arrays: inputs });
    if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
    const request = {
      inputs, params: new Map(), precision: "f64" as const, steps: 2, mode: "train" as const, show,
      at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE },
    };
    const ours = evaluate(compiled.right, request);
    const theirs = await evaluateInPytorch(compiled.right, request);
    if (E.isLeft(ours) || E.isLeft(theirs)) throw new Error(JSON.stringify([ours, theirs]));
    for (const name of show) {
      const expected = [...tensorOf(ours.right.get(name)).data];
      const found = [...tensorOf(theirs.right.get(name)).data];
      expect(found.length, name).toBe(expected.length);
      found.forEach((x, i) => { expect(x, name).toBeCloseTo(expected[i] ?? Number.NaN, 9); });
    }
  }, 120_000);
});
