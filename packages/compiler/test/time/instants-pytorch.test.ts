/** `x $ J` from one instance of x: what is emitted agrees with the interpreter. */
import { runJobs } from "@sequent/backend-pytorch";
import { invariant, NOWHERE } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { evaluate } from "../../src/evaluate.js";
import { prepareForPytorch } from "../../src/evaluate-pytorch.js";
import { isTensor } from "../../src/shown.js";
import type { Value } from "../../src/shown.js";
import { CASES, TYPES } from "./instants.js";
import { RANGES } from "./ranges.js";
import { arraysOf } from "./support.js";

const SHOWN = ["loss", "^M.weight", "^N.weight", "^M.bias"];
/** Autograd keeps one copy of a value: these have one of each on the way. */
const SINGLE: Readonly<Record<string, string>> = {
  "another step of the member": "u_t $ sum(exp(u_t)*u_{t-1})\n",
  "another step of the member, through a value": "tanh(u_t) -> a_t\nu_{t-1} $ sum(exp(u_{t-1})*a_t)\n",
  "a value between, at one step": "tanh(u_{t-1})*w_t -> v_t\nu_{t-2} $ sum(exp(v_{t-1})*u_t)\n",
};

const numbers = (value: Value | undefined): readonly number[] => {
  invariant(value !== undefined && isTensor(value), "a value without time");
  return [...value.data];
};

const sources = { ...Object.fromEntries(Object.entries({ ...CASES, ...RANGES }).map(([name, one]) => [name, one.source])), ...SINGLE };

describe("emitted PyTorch", () => {
  it.each(["autograd", "explicit"] as const)("by %s", async (form) => {
    const asked = Object.entries(sources).flatMap(([name, source]) => [undefined, [5, 3]].map((lengths) => {
      const arrays = arraysOf({ rows: 2, steps: 5, timed: { x: [2], y: [2] }, ...(lengths === undefined ? {} : { lengths }) });
      const compiled = compile(TYPES + source, "test.seq", { arrays });
      invariant(E.isRight(compiled), JSON.stringify(E.isLeft(compiled) ? compiled.left : ""));
      const request = { inputs: arrays, params: new Map(), precision: "f64", steps: 0, mode: "train", show: SHOWN, at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE } } as const;
      return { name, ours: evaluate(compiled.right, request), prepared: prepareForPytorch(compiled.right, request, form) };
    }));
    for (const { name, prepared } of asked) {
      expect(E.isLeft(prepared) ? prepared.left.map((one) => one.code) : [], name).toEqual([]);
    }
    const given = asked.flatMap(({ name, ours, prepared }) => (E.isRight(prepared) ? [{ name, ours, prepared: prepared.right }] : []));
    const results = await runJobs(given.map((one) => one.prepared.job), { seconds: 500 });
    invariant(E.isRight(results), JSON.stringify(E.isLeft(results) ? results.left : ""));
    given.forEach(({ name, ours, prepared }, k) => {
      const theirs = prepared.read(results.right[k]);
      invariant(E.isRight(theirs) && E.isRight(ours), `${name}: ${JSON.stringify([theirs, ours])}`);
      for (const shown of SHOWN) {
        const mine = numbers(ours.right.get(shown)), other = numbers(theirs.right.get(shown));
        expect(other.length).toBe(mine.length);
        mine.forEach((x, i) => { expect(Math.abs(x - (other[i] ?? NaN)), `${name}: ${shown}[${String(i)}]`).toBeLessThan(1e-9); });
      }
    });
  }, 300_000);
});
