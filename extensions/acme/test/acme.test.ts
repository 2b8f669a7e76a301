// An op, a transform, a pass and a backend of a project of its own, used as ours are; no file of ours knows of them.
import * as E from "fp-ts/lib/Either.js";
import { checking, compile, compose, decodeInputs, demandOrder, emitPytorch, environment, evaluate, expandPass, read, run, tensorOf } from "@sequent/compiler";
import type { Compiled, Diagnostics } from "@sequent/compiler";
import { expect, test } from "vitest";
import { dropIdentities, javascript, lion, mish, pytorch, squareplus, unlowered } from "../src/index.js";

const env = environment({ ops: [squareplus, mish], transforms: [lion] });
const NOWHERE = { file: "", from: 0, to: 0 };

const right = <A>(result: E.Either<Diagnostics, A>): A => {
  if (E.isRight(result)) return result.right;
  throw new Error(result.left.map((one) => `${one.code}: ${one.message}`).join("\n"));
};
const compiled = (text: string): Compiled => right(compile(text, "test.seq", { env, verify: true }));

/** Values by name: `[rows][size]`. */
const valuesOf = (program: Compiled, inputs: Readonly<Record<string, number[][]>>, show: readonly string[], steps = 0): Readonly<Record<string, number[]>> => {
  const arrays = decodeInputs(Buffer.from(JSON.stringify(inputs)), "inputs.json");
  const found = right(evaluate(program, {
    inputs: arrays, params: new Map(), precision: "f64", steps, mode: "eval", show, at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE },
  }));
  return Object.fromEntries([...found].map(([name, value]) => [name, Array.from(tensorOf(value).data)]));
};

test.each(["squareplus", "squareplus(b=1)", "mish"])("%s has the gradient of its values", (name) => {
  const program = compiled(`X : [3]\nX --[${name}]-> h\n$ sum(h * h)\n`);
  const loss = (x: readonly number[]): number => valuesOf(program, { X: [[...x]] }, ["loss"])["loss"]![0]!;
  const at = [-1.3, 0.2, 2.1], eps = 1e-5;
  const gradient = valuesOf(program, { X: [at] }, ["^X"])["^X"]!;
  at.forEach((_, i) => {
    const moved = (by: number): number[] => at.map((x, k) => (k === i ? x + by : x));
    expect(gradient[i]).toBeCloseTo((loss(moved(eps)) - loss(moved(-eps))) / (2 * eps), 6);
  });
});

test("an op that is expanded means what it says", () => {
  const { h } = valuesOf(compiled("X : [2]\nX --[mish]-> h\n"), { X: [[0.7, -1.5]] }, ["h"]);
  [0.7, -1.5].forEach((x, i) => { expect(h![i]).toBeCloseTo(x * Math.tanh(Math.log1p(Math.exp(x))), 14); });
});

test("an optimizer from outside takes its steps", () => {
  const program = compiled("X : [2]\ny : [1]\n@optim lion(lr=0.25)\nX --[M]-> p => y\n");
  const inputs = { X: [[1, -2], [0.5, 3]], y: [[1], [-1]] };
  const before = valuesOf(program, inputs, ["M.weight", "^M.weight"]);
  const after = valuesOf(program, inputs, ["M.weight"], 1)["M.weight"]!;
  after.forEach((w, i) => {
    expect(w).toBeCloseTo(before["M.weight"]![i]! - 0.25 * Math.sign(before["^M.weight"]![i]!), 12);
  });
});

test("a pass from outside is composed with ours, and keeps the meaning", () => {
  const before = compiled("X : [3]\n(X * 1 + 0) * 2 -> h\nh * 1 --[squareplus]-> p\n");
  const pipeline = right(compose("simplify", [dropIdentities], checking().gives));
  const program = right(run(pipeline, before.program, { given: checking().gives, verify: true })(env));
  const p = program.names.find((one) => one.name === "p")!.node;
  expect(demandOrder(program.nodes, [read(p)])).toHaveLength(4); // X, 2, X * 2, squareplus
  const X = [[-1, 0.5, 2]];
  expect(valuesOf({ ...before, program }, { X }, ["p"])).toEqual(valuesOf(before, { X }, ["p"]));
});

test("a pass that is put where a fact is missing is refused", () => {
  const refused = compose("wrong", [dropIdentities]);
  expect(E.isLeft(refused) && refused.left[0].code).toBe("SQ0351");
});

const emitted = (program: Compiled): E.Either<Diagnostics, ReadonlyMap<string, string>> => {
  const lowers = expandPass("lower", (op) => javascript.lowers.has(op.name));
  const pipeline = right(compose("javascript", [lowers, dropIdentities], checking().gives));
  return javascript.emit(right(run(pipeline, program.program, { given: checking().gives, verify: true })(env)), {})(env);
};

test("a backend from outside gives the numbers of the interpreter", async () => {
  const program = compiled("X : [2]\nM_1 : dense[3]\nM_2 : dense[2]\nX * 1 --[M_1|mish]-> h --[M_2|tanh]-> p\n");
  const model = right(emitted(program)).get("model.mjs")!;
  const { states } = (await import(`data:text/javascript,${encodeURIComponent(model)}`)) as {
    readonly states: (inputs: object, params: object) => Readonly<Record<string, number[]>>;
  };
  const X = [0.3, -1.2];
  const names = ["M_1.weight", "M_1.bias", "M_2.weight", "M_2.bias"];
  const wanted = valuesOf(program, { X: [X] }, ["h", "p", ...names]);
  const found = states({ X }, Object.fromEntries(names.map((name) => [name, wanted[name]])));
  for (const name of ["h", "p"]) wanted[name]!.forEach((value, i) => { expect(found[name]![i]).toBeCloseTo(value, 12); });
});

test("what a backend can't lower is told with the line to add", () => {
  const result = emitted(compiled("X : [2]\nX --[squareplus]-> h\n"));
  expect(E.isLeft(result) && result.left.map(({ code, help }) => [code, help])).toEqual([
    [unlowered.code, 'Add `["acme.squareplus", …]` to LOWERINGS.'],
  ]);
});

test("PyTorch takes a line for the op from outside, and says so where it is missing", () => {
  const program = compiled("X : [2]\nX --[mish]-> x\nx --[squareplus(b=2)]-> h\nh => 1\n");
  const request = { name: "acme", folder: null };
  const refused = emitPytorch(program, request);
  expect(E.isLeft(refused) && refused.left.map((one) => one.message)).toEqual(["PyTorch has no lowering of acme.squareplus"]);
  const model = right(emitPytorch(program, { ...request, lowerings: pytorch })).files.get("model.py");
  expect(model).toMatch(/torch\.add\((\w+), torch\.sqrt\(torch\.square\(\1\) \+ 2\)\)\.div\(2\)/);
});
