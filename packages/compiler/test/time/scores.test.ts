/** Scores of sequences of different lengths, more than are evaluated at once: each part of a mean weighs by its instances, for both targets. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { dataArray, writeData } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import { silentReporter, train } from "@sequent/trainer";
import { afterAll, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { emitPytorch } from "../../src/pytorch.js";
import { trainingOf } from "../../src/training.js";
import { right } from "../examples.js";
import { trainScripts } from "../train-scripts.js";
import { noise } from "./support.js";

const ROWS = 700, STEPS = 6;
const PROGRAM = `@data "data.npz" test=0.5 seed=0
@train steps=2
@metric error = mean(abs(p_t - y_t))
@metric ends = mean((q - z)^2)
x : [2]
y : [1]
z : [1]
F : dense[3]
0 -> h_0
h_{t-1}|x_t --[F|tanh]-> h_t
h_t --[G]-> p_t => y_t
h_{t-1} --[L]-> l_t => y_{t+1}
h_T --[H]-> q => z
`;

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-scores-"));
afterAll(() => { fs.rmSync(root, { recursive: true, force: true }); });

/** The last line of a run's log. */
const finalOf = (folder: string): { readonly train: unknown; readonly test: unknown } =>
  JSON.parse(fs.readFileSync(path.join(root, folder, "metrics.jsonl"), "utf8").trimEnd().split("\n").at(-1) ?? "");
const numbersOf = (scores: unknown): readonly (readonly [string, number])[] => {
  const found: (readonly [string, number])[] = [];
  const look = (at: string, value: unknown): void => {
    if (typeof value === "number") found.push([at, value]);
    else if (typeof value === "object" && value !== null) for (const [key, one] of Object.entries(value)) look(`${at}/${key}`, one);
  };
  look("", scores);
  return found;
};

test("are those of all instances", async () => {
  const array = (name: string, shape: readonly number[], seed: number) => dataArray(name, shape, Float64Array.from(noise(shape.reduce((a, b) => a * b, 1), seed)));
  // Long sequences stand among the first, so that parts of 256 have different numbers of instances.
  const lengths = Int32Array.from({ length: ROWS }, (_, k) => (k < 300 ? STEPS - (k % 2) : 2 + (k % 3)));
  writeData(path.join(root, "data.npz"), [array("x", [ROWS, STEPS, 2], 1), array("y", [ROWS, STEPS, 1], 2), array("z", [ROWS, 1], 3), dataArray("x_length", [ROWS], lengths)], NOWHERE);
  const compiled = right(compile(PROGRAM, path.join(root, "p.seq")));
  const { target, source, length, seed, at, hash } = right(trainingOf(compiled, { precision: "f64" }));
  right(await train(target, source, { length, seed, folder: path.join(root, "ours"), program: hash, resume: false, at }, silentReporter));
  const forms = ["autograd", "explicit"] as const;
  for (const gradients of forms) {
    const { files } = right(emitPytorch(compiled, { name: "scores", folder: path.join(root, gradients), absolute: true, gradients }));
    fs.mkdirSync(path.join(root, gradients));
    for (const [file, text] of files) fs.writeFileSync(path.join(root, gradients, file), text);
  }
  const said = await trainScripts(root, forms.map((form) => [path.join(root, form), ["--dtype", "float64", "--out", path.join(root, `${form}-run`)]]));
  expect(said).toBe("");
  const ours = numbersOf(finalOf("ours"));
  expect(ours.length).toBeGreaterThan(10);
  for (const form of forms) {
    const theirs = new Map(numbersOf(finalOf(`${form}-run`)));
    for (const [name, value] of ours) if (/^\/(train|test)\//.test(name)) expect(Math.abs((theirs.get(name) ?? NaN) - value), `${form} ${name}`).toBeLessThan(1e-9);
  }
}, 120_000);
