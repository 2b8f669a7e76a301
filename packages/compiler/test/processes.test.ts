/**
 * Every example as emitted for PyTorch, in both forms: ruff and mypy find nothing, two processes follow the curve of one at the same total
 * batch, the equations' form resumes to
 * the same bits, and compiling changes nothing.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mypy, ruffEach } from "@sequent/backend-pytorch";
import { encodeNpz } from "@sequent/data";
import type { DataArray } from "@sequent/data";
import { compile, emitPytorch } from "../src/index.js";
import { compileForCurves, folder as examples, names, right, SENSITIVE } from "./examples.js";
import { trainScript, trainScripts } from "./train-scripts.js";
import type { ScriptRun } from "./train-scripts.js";

const STEPS = 10;
const TOLERANCE = 1e-5;
const FORMS = ["autograd", "explicit"] as const;

/** What no example has: statistics over the whole batch, which the equations share out among processes and autograd's form does not. */
const NORMALISED = `@data "${path.join(examples, "data/digits.npz")}" test=0.2
@train epochs=1
@optim adam(lr=1e-2)
X : [64]
y : class[10]
K_1 : conv[4, kernel=3, pad=same]
M_1 : dense[16]
reshape(X / 16, shape=[1, 8, 8]) --[K_1|batch_norm_A|relu|max_pool(2)]-> h_1
normalize(flatten(h_1)) --[clip_grad(M_1, c=0.1)|batch_norm_B|relu]-> h_2 --[M_2|softmax]-> p => one_hot(y)
`;

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-processes-"));
const programs = path.join(root, "programs");
afterAll(() => { fs.rmSync(root, { recursive: true, force: true }); });

const placeOf = (name: string, form: string): string => path.join(programs, `${name}_${form}`);
const subjects = [...names.map((name) => [name, FORMS] as const), ["normalised", ["explicit"]] as const];
const all = subjects.flatMap(([name, forms]) => forms.map((form) => [name, form] as const));
const steps = (count: number): readonly string[] => ["--steps", String(count)];
let said = "";
beforeAll(async () => {
  for (const [name, form] of all) {
    const place = placeOf(name, form);
    fs.mkdirSync(place, { recursive: true });
    const compiled = name === "normalised" ? right(compile(NORMALISED, path.join(place, "main.seq"))) : compileForCurves(name);
    const { files } = right(emitPytorch(compiled, { name, folder: place, absolute: true, gradients: form }));
    for (const [file, text] of files) fs.writeFileSync(path.join(place, file), text);
  }
  const runs = (into: string) => all.map(([name, form]): ScriptRun => [placeOf(name, form), ["--out", path.join(placeOf(name, form), into), ...(SENSITIVE.has(name) ? ["--dtype", "float64"] : [])]]);
  const more = (list: ReturnType<typeof runs>, args: readonly string[]): ReturnType<typeof runs> => list.map(([place, own]) => [place, [...own, ...args]]);
  const equations = runs("parts").filter(([place]) => place.endsWith("_explicit"));
  said += await trainScripts(root, [...more(runs("one"), steps(STEPS)), ...more(equations, steps(7)), ...more(equations, [...steps(STEPS), "--resume"])]);
  // A run that fails would leave the other process waiting.
  if (/Traceback|ended with/.test(said)) throw new Error(said);
  said += (await Promise.all([0, 1].map((rank) => trainScripts(root, more(runs("two"), steps(STEPS)), { rank, world: 2 })))).join("");
}, 900_000);

type Losses = Readonly<Record<string, number>>;
type Curve = readonly (readonly [number, Losses])[];
const curveIn = (folder: string): Curve =>
  fs.readFileSync(path.join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n").flatMap((text) => {
    const line: { readonly kind: string; readonly step: number; readonly losses: Losses } = JSON.parse(text);
    return line.kind === "step" ? [[line.step, line.losses] as const] : [];
  });
const curveOf = (name: string, form: string, into: string): Curve => curveIn(path.join(placeOf(name, form), into));
const differences = (a: Curve, b: Curve): readonly unknown[] =>
  a.flatMap(([step, losses], k) => Object.entries(losses).flatMap(([label, loss]) => {
    const other = b[k]?.[1][label] ?? NaN;
    return Math.abs(loss - other) <= TOLERANCE * Math.max(1, Math.abs(other)) ? [] : [{ step, label, loss, other }];
  }));

describe.each(all)("%s by %s", (name, form) => {
  test("two processes follow the curve of one", () => {
    const [one, two] = [curveOf(name, form, "one"), curveOf(name, form, "two")];
    expect(one.map(([step]) => step), said).toEqual([STEPS]);
    expect(two.map(([step]) => step), said).toEqual([STEPS]);
    expect(differences(two, one)).toEqual([]);
  });
  if (form === "explicit" && name !== "normalised") {
    test("the equations follow autograd's curve", () => {
      expect(differences(curveOf(name, form, "one"), curveOf(name, "autograd", "one"))).toEqual([]);
    });
  }
  if (form === "explicit") {
    test("resumes to the same bits", () => {
      const tensors = (into: string): Buffer => {
        const bytes = fs.readFileSync(path.join(placeOf(name, form), into, "checkpoint.safetensors"));
        return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
      };
      expect(tensors("parts").equals(tensors("one")), said).toBe(true);
    });
  }
});

describe("ruff", () => {
  let ruff: ReturnType<typeof ruffEach> = () => "";
  beforeAll(() => { ruff = ruffEach(all.map(([name, form]) => placeOf(name, form))); });
  test.each(all)("finds nothing in %s by %s", (name, form) => {
    expect(ruff(placeOf(name, form))).toBe("");
  });
});

test("mypy finds nothing in any", () => {
  // All in one run, which reads PyTorch's types once: each module has a name of its own.
  const flat = path.join(root, "flat");
  fs.mkdirSync(flat);
  for (const [name, form] of all) {
    for (const file of fs.readdirSync(placeOf(name, form)).filter((one) => one.endsWith(".py"))) {
      const text = fs.readFileSync(path.join(placeOf(name, form), file), "utf8");
      fs.writeFileSync(path.join(flat, `${name}_${form}_${file}`), text.replace(/^from (model|initial|philox) import/gm, `from ${name}_${form}_$1 import`));
    }
  }
  expect(mypy(flat)).toBe("");
}, 300_000);

test("one sample is too few for batch_norm", async () => {
  const ended = await trainScript(placeOf("normalised", "explicit"), "--batch", "1");
  expect([ended.status, ended.stderr]).toEqual([1, "train.py: batch_norm wants at least 2 samples in a batch\n"]);
});

/** Small, for each of its ops is compiled; with draws of several widths and a schedule. */
const SMALL = `@data "${path.join(examples, "data/two_spirals.npz")}"
@train steps=10
@optim adam(lr=linear(0.01, 0.001, 10))
X : [2]
y : class[2]
M_1 : dense[8]
M_2 : dense[64]
X --[M_1|tanh|dropout(0.25)|M_2|tanh|dropout(0.25)|M_3|softmax]-> p => one_hot(y)
`;
test.each(FORMS)("--compile changes nothing by %s", async (form) => {
  const place = path.join(root, `compiled_${form}`);
  fs.mkdirSync(place);
  const { files } = right(emitPytorch(right(compile(SMALL, path.join(place, "main.seq"))), { name: "small", folder: place, absolute: true, gradients: form }));
  for (const [file, text] of files) fs.writeFileSync(path.join(place, file), text);
  const curves: Curve[] = [];
  for (const args of [[], ["--compile"]]) {
    const run = `run_${String(curves.length)}`, ended = await trainScript(place, "--out", run, ...args);
    expect(ended.status, ended.stderr).toBe(0);
    curves.push(curveIn(path.join(place, run)));
  }
  expect(curves[0]).toHaveLength(1);
  expect(differences(curves[1] ?? [], curves[0] ?? [])).toEqual([]);
}, 300_000);

test("sequences too short for the steps that are read are told", async () => {
  const place = path.join(root, "short");
  fs.mkdirSync(place);
  const file = path.join(place, "main.seq");
  const text = "@data \"long.npz\"\nx : [2]\ny : [1]\nF : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[F|tanh]-> h_t\nh_{T-2} --[O]-> p => y\n";
  const arrays = (steps: number): readonly DataArray[] => ([["x", [4, steps, 2]], ["y", [4, 1]]] as const).map(([name, shape]) =>
    ({ name, shape, dtype: "float", data: new Float64Array(shape.reduce<number>((a, b) => a * b, 1)).fill(0.5) }));
  for (const [name, steps] of [["long", 5], ["short", 2]] as const) fs.writeFileSync(path.join(place, `${name}.npz`), Buffer.concat([...encodeNpz(arrays(steps))]));
  const { files } = right(emitPytorch(right(compile(text, file)), { name: "short", folder: place, absolute: true }));
  for (const [name, content] of files) fs.writeFileSync(path.join(place, name), content);
  const [long, short] = await Promise.all(["long", "short"].map((name) => trainScript(place, "--steps", "1", "--data", `${name}.npz`)));
  expect([long?.status, short?.status, short?.stderr]).toEqual([0, 1, "train.py: short.npz has sequences of fewer than 3 steps, which this model can't do with\n"]);
});
