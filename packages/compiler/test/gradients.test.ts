// `^x` is what reaches x and nothing else: worked out by hand, asked of the interpreter, of autograd and of our own equations in PyTorch.
import { runJobs } from "@sequent/backend-pytorch";
import type { Job } from "@sequent/backend-pytorch";
import { invariant } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { beforeAll, describe, expect, test } from "vitest";
import { compile, decodeInputs, emitPytorch, evaluate, evaluateInPytorch, tensorOf } from "../src/index.js";
import type { Compiled, Request } from "../src/index.js";

const NOWHERE = { file: "", from: 0, to: 0 };
type Nested = number | readonly Nested[];

interface Case {
  readonly name: string;
  readonly text: string;
  readonly inputs: Readonly<Record<string, Nested>>;
  /** Row after row. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const x = [1, -2] as const;

const CASES: readonly Case[] = [
  {
    name: "a target gives no gradient to an input",
    text: "x : [2]\n3 * x -> p => sigmoid(x)\n",
    inputs: { x: [x] },
    gradients: { "^x": x.map((v) => 3 * (3 * v - sigmoid(v))), "^p": x.map((v) => 3 * v - sigmoid(v)) },
  },
  {
    name: "nor to a state, to another input, or to an input that is the target",
    text: "x, y, z : [2]\nsigmoid(z) -> s\n2 * x -> p => s\nx =[mse]=> y\n",
    inputs: { x: [x], y: [[0, 1]], z: [[0, 0]] },
    gradients: { "^s": [0, 0], "^z": [0, 0], "^y": [0, 0], "^x": [2 * (2 - 0.5) + 2 * (1 - 0), 2 * (-4 - 0.5) + 2 * (-2 - 1)] },
  },
  {
    name: "a prediction that is its own target gets what the prediction gets",
    text: "x : [2]\nx => 3 * x\nx =[mse]=> x\n",
    inputs: { x: [x] },
    gradients: { "^x": x.map((v) => v - 3 * v) },
  },
  {
    name: "a weight of a loss gives none either",
    text: "x : [2]\nw : []\nsum(x) -> s\nx =[s*mse]=> 0\nx =[w*mse]=> 1\n",
    inputs: { x: [x], w: [0.5] },
    gradients: { "^w": [0], "^s": [0], "^x": x.map((v) => -1 * 2 * v + 0.5 * 2 * (v - 1)) },
  },
  {
    name: "entropy has none where there is no probability",
    text: "p : [4]\n$ -entropy(p)\n",
    inputs: { p: [[0.25, 0, -1, 2]] },
    gradients: { "^p": [0.25, null, null, 2].map((v) => (v === null ? 0 : -Math.log(v) - 1)) },
  },
  {
    name: "equal equations are two states",
    text: "x : [2]\nx * 2 -> u\nx * 2 -> v\n\n$ -sum(u * u) - 5 * sum(v)\n",
    inputs: { x: [x] },
    gradients: { "^u": x.map((v) => 4 * v), "^v": [5, 5], "^x": x.map((v) => 2 * (4 * v + 5)) },
  },
  {
    name: "an expression that equals a state is not that state",
    text: "x : [2]\n(x * 2) * 3 -> v\nx * 2 -> u\nsum(x * 2) -> w\n\n$ -sum(u) - sum(v) - w\n",
    inputs: { x: [x] },
    gradients: { "^u": [1, 1], "^v": [1, 1], "^w": [1], "^x": [10, 10] },
  },
  {
    name: "a state under a second name is one",
    text: "x : [2]\nx * 2 -> u\nu -> w\n\n$ -sum(u) - 2 * sum(w)\n",
    inputs: { x: [x] },
    gradients: { "^u": [3, 3], "^w": [3, 3] },
  },
  {
    name: "the sum of a scalar is a state of its own",
    text: "s : []\n2 * s -> a\nsum(a) -> u\n\n$ -3 * u - a\n",
    inputs: { s: [1] },
    gradients: { "^u": [3], "^a": [4], "^s": [8] },
  },
  {
    name: "numbers with a name are states, numbers without are not",
    text: "x : [2]\n0.5 -> a\n0.5 -> b\n\n$ -sum(a * x) - 2 * b - sum(0.5 * x)\n",
    inputs: { x: [x] },
    gradients: { "^a": [x[0] + x[1]], "^b": [2], "^x": [1, 1] },
  },
  {
    name: "what a loss is made of is no state",
    text: "x, y : [2]\nx - y -> d\n2 * x -> p\np - y -> e\np =[mse]=> y\n\n$ -sum(d)\n",
    inputs: { x: [x], y: [[0, 1]] },
    gradients: { "^d": [1, 1], "^e": [0, 0], "^p": [2 * 2, 2 * -5] },
  },
  {
    name: "nor is what an op stands for",
    text: "v : [2]\nv * v -> u\ndot(v, v) -> w\n\n$ -w - 3 * sum(u)\n",
    inputs: { v: [x] },
    gradients: { "^u": [3, 3], "^w": [1], "^v": x.map((v) => 8 * v) },
  },
  {
    name: "the gradient of a loss from the pre-activation is found there, and is zero at the prediction",
    text: "x : [2]\ny : [2]\n3 * x -> s\nsigmoid(s) -> p => y\n",
    inputs: { x: [x], y: [[0, 1]] },
    gradients: { "^p": [0, 0], "^s": [sigmoid(3), sigmoid(-6) - 1] },
  },
  {
    name: "states on the paths of a `$` have what flows along them, and what flows past them beside",
    text: "x : [2]\n2 * x -> a\na * a -> q\nsum(q) -> r\na $ r\nq => 0\n",
    inputs: { x: [x] },
    gradients: {
      "^r": [-1], "^q": x.map((v) => -1 + 4 * v * v), "^a": x.map((v) => (-1 + 4 * v * v) * 4 * v), "^x": x.map((v) => 2 * (-1 + 4 * v * v) * 4 * v),
    },
  },
  {
    name: "two rows, each with its share, at states with and without a weight behind",
    text: "x : [1]\nM : dense[1, bias=false, init=constant(2)]\nx --[M]-> h\nsum(h) -> u\nsum(x) -> v\n\n$ -u * v\n",
    inputs: { x: [[1], [3]] },
    gradients: { "^u": [0.5, 1.5], "^v": [1, 3], "^h": [0.5, 1.5], "^x": [2, 6], "^M.weight": [5] },
  },
  {
    name: "a macro's own states, in each of its uses",
    text: "x : [2]\n\nTwice: a\n    a * 2 -> b\n    b * b -> c\n    return c\n\nTwice(x) -> u\nTwice(u) -> v\n\n$ -sum(v)\n",
    inputs: { x: [[1, -0.5]] },
    gradients: { "^u": [8 * 4, 8 * 1], "^v": [1, 1], "^Twice.b": [8 * 4 * 4, 8 * 1 * -2], "^x": [8 * 4 * 8, 8 * 1 * 8 * -0.5] },
  },
];

const requestOf = ({ inputs, gradients }: Case): Request => ({
  inputs: decodeInputs(Buffer.from(JSON.stringify(inputs)), "inputs"), params: new Map(), precision: "f64", steps: 0, mode: "train",
  show: Object.keys(gradients), at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE },
});

const orThrow = <A>(result: E.Either<readonly { readonly code: string; readonly message: string }[], A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.map((one) => `${one.code}: ${one.message}`).join("\n"));
  return result.right;
};

const compiled = (text: string): Compiled => orThrow(compile(text, "gradients.seq"));

/** Values by name; a text says why there are none. */
type Found = ReadonlyMap<string, { readonly data: ArrayLike<number> }> | string;

const inPython = (gradients: "autograd" | "explicit") => async (): Promise<readonly Found[]> => {
  const jobs = CASES.map((one): Job => {
    const { inputs, show } = requestOf(one);
    const adjoints = show.map((name) => name.slice(1));
    const { files, model } = orThrow(emitPytorch(compiled(one.text), { name: "Case", folder: null, show: adjoints, gradients, adjoints }));
    const arrays = Object.fromEntries([...(inputs ?? [])].map(([name, { shape, data }]) => [name, { shape, data }]));
    const signs = new Map(model.statements.map(({ label, sign }) => [label, sign]));
    return { files, inputs: arrays, seed: 0, dtype: "f64", steps: [0], mode: "train", show, shown: model.shown, adjoints: model.adjoints, signs };
  });
  return orThrow(await runJobs(jobs)).map((one) => (one.tag === "failed" ? one.message : (one.snapshots[0]?.values ?? "nothing")));
};
const EVALUATORS: Readonly<Record<string, () => Promise<readonly Found[]>>> = {
  "the interpreter": () => Promise.resolve(CASES.map((one) =>
    new Map([...orThrow(evaluate(compiled(one.text), requestOf(one)))].map(([name, value]) => [name, tensorOf(value)])))),
  "autograd": inPython("autograd"),
  "our equations in PyTorch": inPython("explicit"),
};

describe.each(Object.keys(EVALUATORS))("%s", (evaluator) => {
  let found: readonly Found[] = [];
  beforeAll(async () => {
    found = (await EVALUATORS[evaluator]?.()) ?? [];
  }, 240_000);
  test.each(CASES.map((one, k) => ({ ...one, k })))("$name", ({ k, gradients }) => {
    const values = found[k];
    if (typeof values === "string") throw new Error(values);
    invariant(values !== undefined, "each case was evaluated");
    for (const [shown, expected] of Object.entries(gradients)) {
      const got = Array.from(values.get(shown)?.data ?? []);
      expect(got, shown).toHaveLength(expected.length);
      got.forEach((value, at) => { expect(value, shown).toBeCloseTo(expected[at] ?? NaN, 12); });
    }
  });
});

test("`eval -t pytorch` says the same as `eval`", async () => {
  const one = CASES.find(({ text }) => text.includes("a $ r"));
  invariant(one !== undefined, "there is a case with a `$`");
  const values = orThrow(await evaluateInPytorch(compiled(one.text), requestOf(one)));
  expect([...values].map(([name, value]) => [name, "data" in value ? [...value.data] : []])).toEqual(Object.entries(one.gradients).map(([name, data]) => [name, data]));
}, 240_000);

describe("emitted PyTorch", () => {
  const model = (text: string, adjoints: readonly string[]): string =>
    orThrow(emitPytorch(compiled(text), { name: "Case", folder: null, adjoints })).files.get("model.py") ?? "";
  const target = (of: string): string => `x : [2]\nM : dense[2]\nx --[M]-> p => ${of}\n`;
  test("detaches a target only where a weight is behind it", () => {
    expect(model(target("sigmoid(x)"), [])).not.toContain("detach");
    expect(model(target("sigmoid(p)"), [])).toContain("detach");
  });
  test("or where the gradient of what is behind it is asked for", () => {
    expect(model(target("sigmoid(x)"), ["x"])).toContain("detach");
  });
});
