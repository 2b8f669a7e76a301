/** `--grad explicit`: our own equations give what autograd gives, and what the interpreter gives. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ruffEach, runJobs } from "@sequent/backend-pytorch";
import type { Job, JobResult, Numbers } from "@sequent/backend-pytorch";
import type { Files } from "@sequent/ir";
import type { DataSet } from "@sequent/data";
import * as E from "fp-ts/lib/Either.js";
import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../src/compile.js";
import type { Compiled } from "../src/compile.js";
import { evaluate } from "../src/evaluate.js";
import { emitPytorch } from "../src/pytorch.js";
import { tensorOf } from "../src/shown.js";

interface Case {
  readonly source: string;
  /** Shapes of inputs with their rows; of integers the number of classes. */
  readonly inputs: Readonly<Record<string, readonly [shape: readonly number[], classes?: number]>>;
  /** States whose values and gradients are compared; parameters are anyway. */
  readonly states: readonly string[];
  /** What the optimizer keeps at the start: each element is this. */
  readonly slots?: Readonly<Record<string, number>>;
}

const sloped = (optimizer: string, slots: Readonly<Record<string, number>>): Case => ({
  source: `@optim ${optimizer}\nx : [3]\ny : [2]\nx --[M]-> p => y\n`, inputs: { x: [[4, 3]], y: [[4, 2]] }, states: ["p"], slots,
});

const CASES: Readonly<Record<string, Case>> = {
  "a classifier": {
    source: "X : [6]\ny : class[3]\nM_1 : dense[5]\nX --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)\n",
    inputs: { X: [[4, 6]], y: [[4], 3] }, states: ["h_1", "p"],
  },
  "a convolutional network with dropout": {
    source: [
      "X : [1, 6, 6]", "y : class[3]", "K_1 : conv[3, kernel=3, pad=same]", "K_2 : conv[2, kernel=2, pad=same]",
      "X --[K_1|relu|max_pool(2)]-> h_1 --[K_2|tanh]-> h_2 --[avg_pool(2, stride=1)]-> h_3",
      "flatten(h_3) --[dropout(0.25)]-> h_4 --[M_2|softmax]-> p => one_hot(y)", "",
    ].join("\n"),
    inputs: { X: [[4, 1, 6, 6]], y: [[4], 3] }, states: ["h_1", "h_2", "h_3", "h_4"],
  },
  "a variational autoencoder": {
    source: [
      "x : [6]", "E_1 : dense[5]", "Mu : dense[2]", "LogVar : dense[2]", "D_1 : dense[5]", "sigmoid(x) -> s", "s --[E_1|relu]-> h",
      "h --[Mu]-> mu", "h --[LogVar]-> log_var", "mu + exp(log_var / 2) * normal() -> z", "z --[D_1|relu|D_2|sigmoid]-> x' =[bce]=> s",
      "sum(mu ^ 2 + exp(log_var) - 1 - log_var) / 2 -> divergence", "$ -divergence", "",
    ].join("\n"),
    inputs: { x: [[4, 6]] }, states: ["z", "mu", "h"],
  },
  "normalisation over batch and features": {
    source: [
      "X : [2, 5]", "y : [4]", "X --[K]-> c --[N]-> n", "K : conv[3, kernel=3]", "N : batch_norm", "L : layer_norm",
      "flatten(n) --[A|L|gelu]-> h --[B]-> o => y", "A : dense[6]", "",
    ].join("\n"),
    inputs: { X: [[5, 2, 5]], y: [[5, 4]] }, states: ["c", "n", "h", "o"],
  },
  "embeddings, positions and parts": {
    source: [
      "a : class[5]", "k : class[4]", "y : [2]", "Table : embed[4]", "a --[Table]-> e", "e[1:3] | e -> w", "w --[M|tanh]-> h", "M : dense[4]",
      "h[k] | h[0] --[R]-> o => y", "",
    ].join("\n"),
    inputs: { a: [[6], 5], k: [[6], 4], y: [[6, 2]] }, states: ["e", "w", "h", "o"],
  },
  "clipped momentum with a schedule and a lagged copy": {
    source: [
      "@optim sgd(lr=linear(0.1, 0.01, 4), momentum=0.9)", "x : [3]", "s : []", "y : [4]", "A : dense[4]", "B : dense[4]",
      "x --[A]-> h", "sigmoid(h) ^ sigmoid(s) -> p", "p --[clip_grad(B, c=0.1)]-> q => y", "x --[target(A, every=2)]-> k", "q => k", "",
    ].join("\n"),
    inputs: { x: [[4, 3]], s: [[4]], y: [[4, 4]] }, states: ["h", "p", "q"],
  },
  "a copy of a function that nothing else applies": {
    source: "x : [3]\ny : [2]\nM : dense[3]\nx --[ema(M, tau=0.25)]-> k --[N]-> p => y\n", inputs: { x: [[4, 3]], y: [[4, 2]] }, states: ["p"],
  },
  "a copy of a composed function, and copies in two instances of a macro": {
    source: [
      "@optim adamw(lr=0.1)", "x : [3]", "y : [3]", "M : dense[4]", "N : dense[3]", "W : dense[3]", "Enc := [M|tanh|W]", "F: u", "    u --[ema(V, tau=0.5)]-> v", "    return v + u",
      "x --[target(Enc, every=2)]-> e --[N|F|F_2]-> p => y", "",
    ].join("\n"),
    inputs: { x: [[4, 3]], y: [[4, 3]] }, states: ["p"],
  },
  "a copy that is used before what it is of": {
    source: "x : [3]\ny : [2]\nx --[ema(M, tau=0.5)]-> q\nx --[M]-> p => q + y\n", inputs: { x: [[4, 3]], y: [[4, 2]] }, states: ["p"],
  },
  "Adam from what it kept": sloped("adam(lr=0.1)", { "M.weight.m": 0.25, "M.weight.v": 0.5 }),
  "AdamW from half of what it kept": sloped("adamw(lr=0.1)", { "M.weight.v": 0.5 }),
  "momentum from what it kept": sloped("sgd(lr=0.1, momentum=0.9)", { "M.weight.momentum": 0.5, "M.bias.momentum": -1 }),
  "damped momentum, which starts anew": sloped("sgd(lr=0.1, momentum=0.9, dampening=0.5)", { "M.weight.momentum": 0.5 }),
  "RMSprop from what it kept": sloped("rmsprop(lr=0.1, momentum=0.5, centered=true)", { "M.weight.square": 2, "M.weight.mean": 0.125, "M.bias.momentum": 0.25 }),
};

const random = (seed: number) => (i: number): number => {
  const x = Math.sin(seed * 12.9898 + i * 78.233) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
};
const arraysOf = (one: Case): DataSet =>
  new Map(Object.entries(one.inputs).map(([name, [shape, classes]], k) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const draw = random(k + 1);
    const values = Array.from({ length: size }, (_, i) => (classes === undefined ? draw(i) : Math.floor((draw(i) + 1) / 2 * classes)));
    return [name, { name, shape, dtype: classes === undefined ? "float" as const : "int" as const, data: classes === undefined ? Float64Array.from(values) : Int32Array.from(values) }];
  }));

const orThrow = <A>(result: E.Either<readonly { readonly message: string }[], A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.map((one) => one.message).join("\n"));
  return result.right;
};
const NOWHERE = { file: "", from: 0, to: 0 };
const places = { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE };
const STEPS = [0, 3] as const;

interface Prepared {
  readonly compiled: Compiled;
  readonly arrays: DataSet;
  readonly show: readonly string[];
  readonly params: DataSet;
}
const prepare = (one: Case): Prepared => {
  const arrays = arraysOf(one);
  const compiled = orThrow(compile(one.source, "case.seq", { arrays }));
  const weights = compiled.program.params.map((param) => param.name);
  const moving = compiled.program.params.filter((param) => param.role === "weight").map((param) => param.name);
  const slots = Object.entries(one.slots ?? {}).map(([name, value]) => {
    const shape = (compiled.program.params.find((param) => name.startsWith(`${param.name}.`))?.type?.shape ?? []).map(Number);
    return { name, shape, dtype: "float" as const, data: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value) };
  });
  const params = new Map(slots.map((slot) => [slot.name, slot]));
  return { compiled, arrays, params, show: ["loss", ...one.states, ...weights, ...params.keys(), ...[...one.states, ...moving].map((name) => `^${name}`)] };
};

const jobOf = ({ compiled, arrays, show, params }: Prepared, gradients: "autograd" | "explicit", mode: "train" | "eval"): Job => {
  const states = show.filter((name) => compiled.program.names.some((one) => one.name === name));
  const adjoints = show.flatMap((name) => (name.startsWith("^") ? [name.slice(1)] : []));
  const { files, model } = orThrow(emitPytorch(compiled, { name: "Case", folder: null, show: states, gradients, adjoints }));
  const inputs = Object.fromEntries([...arrays].map(([name, one]): [string, Numbers] => [name, { shape: one.shape, data: one.data, int: one.data instanceof Int32Array }]));
  const signs = new Map(model.statements.map((one) => [one.label, one.sign]));
  const parameters = Object.fromEntries([...params].map(([name, { shape, data }]) => [name, { shape, data }]));
  const shown = new Map([...model.shown, ...model.renamed]);
  return { files, inputs, parameters, seed: compiled.settings.seed, dtype: "f64", steps: [...STEPS], mode, show, shown, adjoints: model.adjoints, signs };
};

const names = Object.keys(CASES);
const prepared = new Map<string, Prepared>();
const results = new Map<string, JobResult>();
const FORMS = [["explicit", "train"], ["explicit", "eval"], ["autograd", "train"]] as const;
const emitted: Files[] = [];

beforeAll(async () => {
  const jobs = names.flatMap((name) => {
    const one = prepare(CASES[name] ?? { source: "", inputs: {}, states: [] });
    prepared.set(name, one);
    return FORMS.map(([gradients, mode]) => ({ key: `${name} ${gradients} ${mode}`, job: jobOf(one, gradients, mode) }));
  });
  for (const { key, job } of jobs) if (key.includes("explicit train")) emitted.push(job.files);
  const ran = orThrow(await runJobs(jobs.map((one) => one.job)));
  jobs.forEach(({ key }, k) => {
    const result = ran[k];
    if (result !== undefined) results.set(key, result);
  });
}, 120_000);

const valuesOf = (key: string, step: number): ReadonlyMap<string, ArrayLike<number>> => {
  const result = results.get(key);
  if (result?.tag !== "done") throw new Error(`${key}: ${result?.message ?? "no result"}`);
  return new Map([...(result.snapshots[step]?.values ?? [])].map(([name, value]) => [name, value.data]));
};
const ours = (name: string, steps: number, mode: "train" | "eval"): ReadonlyMap<string, ArrayLike<number>> => {
  const one = prepared.get(name);
  if (one === undefined) throw new Error(name);
  const request = { inputs: one.arrays, params: one.params, precision: "f64" as const, steps, mode, show: one.show, at: places };
  return new Map([...orThrow(evaluate(one.compiled, request))].map(([key, value]) => [key, tensorOf(value).data]));
};
const compare = (a: ReadonlyMap<string, ArrayLike<number>>, b: ReadonlyMap<string, ArrayLike<number>>): readonly string[] =>
  [...a].flatMap(([name, x]) => {
    const y = b.get(name);
    if (y?.length !== x.length) return [`${name}: ${String(x.length)} and ${String(y?.length)} numbers`];
    const worst = Math.max(0, ...Array.from(x, (value, i) => Math.abs(value - (y[i] ?? NaN)) / Math.max(1, Math.abs(value))));
    return worst <= 1e-9 ? [] : [`${name}: off by ${String(worst)}`];
  });

describe.each(names)("explicit gradients of %s", (name) => {
  it.each(STEPS.map((steps, k) => [steps, k] as const))("equal the interpreter's and autograd's after %i Updates", (steps, k) => {
    const found = valuesOf(`${name} explicit train`, k);
    expect(compare(ours(name, steps, "train"), found)).toEqual([]);
    expect(compare(valuesOf(`${name} autograd train`, k), found)).toEqual([]);
  });
  it("equal the interpreter's in eval mode", () => {
    expect(compare(ours(name, 3, "eval"), valuesOf(`${name} explicit eval`, 1))).toEqual([]);
  });
});

it("is written without autograd, as ruff would", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-"));
  try {
    const own = (k: number): string => path.join(folder, `case_${String(k)}`);
    for (const [k, files] of emitted.entries()) {
      fs.mkdirSync(own(k));
      for (const [name, text] of files) fs.writeFileSync(path.join(own(k), name), text);
    }
    const ruff = ruffEach(emitted.map((_, k) => own(k)));
    for (const [k, files] of emitted.entries()) {
      expect(ruff(own(k))).toBe("");
      expect(files.get("model.py")).not.toMatch(/backward\(|autograd\.|torch\.optim/);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
