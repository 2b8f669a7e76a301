/** Sequences that begin with step 0, of which one of a step has no iteration of a recurrence that begins there. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { silentReporter, train } from "@sequent/trainer";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { emitPytorch } from "../../src/pytorch.js";
import { writeScriptData } from "../../src/script-data.js";
import { trainingOf } from "../../src/training.js";
import { right } from "../examples.js";
import { trainScripts } from "../train-scripts.js";
import { testAgreement } from "./agreement.js";
import type { Least } from "./least.js";
import { noise } from "./support.js";

const ELMAN = "x : [2]\ny : [2]\nF : dense[2]\n0.1 -> h_0\nh_{t-1} | x_t --[F|tanh]-> h_t\nh_t => y_t\n";
const LSTM = "x : [2]\ny : [2]\nI : dense[2]\nF : dense[2]\nO : dense[2]\nC : dense[2]\n0.1 -> h_0\n0.2 -> c_0\nh_{t-1}|x_t --[I|sigmoid]-> i_t\nh_{t-1}|x_t --[F|sigmoid]-> f_t\n"
  + "h_{t-1}|x_t --[O|sigmoid]-> o_t\nh_{t-1}|x_t --[C|tanh]-> g_t\nf_t*c_{t-1} + i_t*g_t -> c_t\no_t*tanh(c_t) -> h_t\nh_t => y_t\n";
const PROGRAMS: Readonly<Record<string, string>> = {
  "a kernel": ELMAN,
  "a kernel that runs backward": ELMAN.replace("h_0", "h_{T+1}").replace("h_{t-1}", "h_{t+1}"),
  "a kernel of two states": LSTM,
  "a loop": ELMAN.replace("tanh", "elu"),
  "a loop that keeps what its iterations make": ELMAN.replace("h_{t-1} | x_t --[F|tanh]-> h_t", "h_{t-1} | x_t --[F|elu]-> a_t\na_t*h_{t-1} + a_t -> h_t"),
};
const LAST: Readonly<Record<string, readonly number[]>> = { "one step each": [0, 0], "some of one step": [3, 0], "several": [2, 2] };
const cases = Object.entries(PROGRAMS).flatMap(([name, text]) => Object.entries(LAST).map(([of, last]) => ({ name: `${name}, ${of}`, text, last })));

/** Of one step, step 0, there is no step before. */
const STEP = "x : [2]\ny : [2]\nF : dense[2]\nG : dense[2]\nx_t --[F|tanh]-> h_t\nh_t => y_t\nh_{t-1} --[G]-> q_t";
const NONE: Readonly<Record<string, string>> = {
  "a loss that no row has": `${STEP} => y_t\n`,
  "an objective that no row has": `${STEP}\n\n$ q_t[0]\n`,
  "an objective through what no row has": `${STEP}\nq_t $ sum(q_t*q_t)\n`,
  "a metric that no row has": `${STEP}\n@metric m = q_t[0]\n`,
};
const without = Object.entries(NONE).flatMap(([name, text]) => [0, 2].map((end): [string, Least] => [`${name}, arrays of ${String(end + 1)}`, { text, last: [0, 0], start: 0, end }]));

testAgreement(Object.fromEntries([...cases.map(({ name, text, last }): [string, Least] => [name, { text, last, start: 0 }]), ...without]));

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-from-zero-"));
afterAll(() => { fs.rmSync(root, { recursive: true, force: true }); });

const FORMS = ["autograd", "explicit"] as const, UPDATES = 3;
const runs = cases.flatMap((one) => FORMS.map((form) => ({ ...one, form })));
const placeOf = (k: number): string => path.join(root, String(k));
const headOf = (last: readonly number[]): string => `@data "data.json"\n@batch ${String(last.length)}\n@optim adam(lr=0.02)\n@train steps=${String(UPDATES)}\n`;
/** JSON as the documentation has it: [time][batch][features]. */
const seriesOf = (last: readonly number[], seed: number) => {
  const steps = Math.max(...last) + 1, values = noise(steps * last.length * 2, seed);
  return { from: 0, data: Array.from({ length: steps }, (_, t) => last.map((_end, row) => [0, 1].map((k) => values[(t * last.length + row) * 2 + k] ?? 0))) };
};
const lossesOf = (folder: string): readonly unknown[] => fs.readFileSync(path.join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => (JSON.parse(line) as { readonly losses: Readonly<Record<string, number>> }).losses["h_t => y_t"]);

let said = "";
beforeAll(async () => {
  for (const [k, { text, last, form }] of runs.entries()) {
    const place = placeOf(k);
    fs.mkdirSync(place);
    const lengths = last.map((end) => end + 1);
    fs.writeFileSync(path.join(place, "data.json"), JSON.stringify({ x: seriesOf(last, 3), y: seriesOf(last, 5), ...(new Set(last).size > 1 ? { x_length: lengths } : {}) }));
    const compiled = right(compile(headOf(last) + text, path.join(place, "p.seq"))), data = right(writeScriptData(compiled, place));
    for (const [file, content] of right(emitPytorch(compiled, { name: "p", folder: place, absolute: true, gradients: form, data })).files) fs.writeFileSync(path.join(place, file), content);
    const { target, source, seed, at, hash } = right(trainingOf(compiled, { precision: "f64" }));
    right(await train(target, source, { length: { unit: "steps", count: UPDATES }, seed, folder: path.join(place, "ours"), program: hash, resume: false, at }, silentReporter));
  }
  said = await trainScripts(root, runs.map((_, k) => [placeOf(k), ["--dtype", "float64", "--out", path.join(placeOf(k), "theirs")]]));
}, 120_000);

describe("train.py follows the interpreter from step 0", () => {
  test.each(runs.map(({ name, form }, k) => [name, form, k] as const))("%s, by %s", (_, __, k) => {
    expect(fs.existsSync(path.join(placeOf(k), "theirs", "metrics.jsonl")), said).toBe(true);
    const [ours, theirs] = [lossesOf(path.join(placeOf(k), "ours")), lossesOf(path.join(placeOf(k), "theirs"))];
    expect(theirs.length, said).toBe(ours.length);
    ours.forEach((loss, i) => { expect(theirs[i], said).toBeCloseTo(Number(loss), 10); });
  });
});

test("inputs that begin with different steps are refused", () => {
  const place = placeOf(runs.length), series = seriesOf([2, 2], 3);
  fs.mkdirSync(place);
  fs.writeFileSync(path.join(place, "data.json"), JSON.stringify({ x: series, y: { from: 1, data: series.data.slice(1) } }));
  for (const horizon of ["", "@horizon back=2\n"]) {
    const compiled = right(compile(`${horizon}${headOf([2, 2])}${ELMAN}`, path.join(place, "p.seq")));
    const emitted = emitPytorch(compiled, { name: "p", folder: place });
    expect(E.isLeft(emitted) ? emitted.left.map((one) => `${one.code} ${one.message}`) : []).toEqual(["SQ0703 the inputs of the data begin with steps 0 and 1"]);
  }
});
