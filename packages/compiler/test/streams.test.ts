/** A function that draws is one class, however often it is applied: each instance is told what its draws are called. */
import { runJobs } from "@sequent/backend-pytorch";
import { NOWHERE } from "@sequent/ir";
import { expect, test } from "vitest";
import { prepareForPytorch } from "../src/evaluate-pytorch.js";
import { compile, decodeInputs, emitPytorch, evaluate, tensorOf } from "../src/index.js";
import type { Request } from "../src/index.js";
import { right } from "./examples.js";

const SOURCE = `x : [3]
y : [2]
Inner: v
    v --[W|tanh|dropout(0.4)]-> w
    W : dense[3]
    return w
Block: v
    v --[Inner_1|dropout(0.3)|Inner_2]-> u
    return v + u
Noisy: v
    normal(3) -> n
    return v + 0.1*n
x --[Block_1|Noisy_1]-> a
a --[Block_2|Noisy_2]-> b --[M]-> p => y
x --[target(Block_1)]-> c
c --[N]-> q => y
`;
const FORMS = ["autograd", "explicit"] as const;
const compiled = right(compile(SOURCE, "p.seq"));

test("a class is printed once, and each instance says its name", () => {
  const { files } = right(emitPytorch(compiled, { name: "p", folder: null, gradients: "autograd" }));
  const text = files.get("model.py") ?? "";
  expect(text.match(/^class \w+\(nn.Module\)/gm)).toEqual([
    "class Inner(nn.Module)", "class Block(nn.Module)",
    // The lagged copy is a second use, which draws anew.
    "class Inner_2(nn.Module)", "class Block_2(nn.Module)", "class Model(nn.Module)",
  ]);
  expect(text).toContain('self.Inner_1 = Inner(f"{self.stream}.Inner_1")');
  expect(text).toContain('self.Block_2 = Block("Block_2")');
  expect(text).toContain('self.Block_1_target = Block_2("Block_1").requires_grad_(False)');
});

test("the draws are the interpreter's", async () => {
  const inputs = decodeInputs(Buffer.from(JSON.stringify({ x: [[0.5, -1, 2], [1, 0.25, -0.5]], y: [[0, 1], [1, -1]] })), "inputs");
  const show = ["loss", "a", "b", "c", "^M.weight", "^Block_1.Inner_1.W.weight", "Block_2.Inner_2.W.weight"];
  const requestIn = (mode: "train" | "eval"): Request =>
    ({ inputs, params: new Map(), precision: "f64", steps: 2, mode, show, at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE } });
  const cases = FORMS.flatMap((form) => (["train", "eval"] as const).map((mode) => ({ label: `${form}, ${mode}`, request: requestIn(mode), prepared: right(prepareForPytorch(compiled, requestIn(mode), form)) })));
  const results = right(await runJobs(cases.map(({ prepared }) => prepared.job)));
  cases.forEach(({ label, request, prepared }, k) => {
    const ours = right(evaluate(compiled, request)), theirs = right(prepared.read(results[k]));
    for (const name of show) {
      const a = tensorOf(ours.get(name)).data, b = tensorOf(theirs.get(name)).data;
      expect(b.length, name).toBe(a.length);
      expect(a.length).toBeGreaterThan(0);
      for (const [i, value] of a.entries()) expect(Math.abs((b[i] ?? NaN) - value), `${label}: ${name}`).toBeLessThan(1e-9);
    }
  });
});
