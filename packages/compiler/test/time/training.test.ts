/** Training over windows of sequences from files, by the interpreter. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { dataArray, writeData } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import { silentReporter, train } from "@sequent/trainer";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { trainingOf } from "../../src/training.js";
import { noise } from "./support.js";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-time-"));
afterAll(() => { fs.rmSync(folder, { recursive: true, force: true }); });

const ROWS = 12, STEPS = 9;
const LENGTHS = Int32Array.from({ length: ROWS }, (_, k) => 2 + ((5 * k) % 8));
const x = noise(ROWS * STEPS * 2, 3);
// What x was a step ago.
const y = Float64Array.from({ length: ROWS * STEPS }, (_, k) => (k % STEPS === 0 ? 0 : (x[2 * (k - 1)] ?? 0)));
// Whatever stands behind a length is never read.
for (let r = 0; r < ROWS; r += 1) for (let t = LENGTHS[r] ?? 0; t < STEPS; t += 1) {
  x.fill(NaN, (r * STEPS + t) * 2, (r * STEPS + t + 1) * 2);
  y[r * STEPS + t] = NaN;
}
writeData(path.join(folder, "seq.npz"), [dataArray("x", [ROWS, STEPS, 2], x), dataArray("y", [ROWS, STEPS, 1], y), dataArray("x_length", [ROWS], LENGTHS)], NOWHERE);

const source = (horizon: string): string =>
  `@data "seq.npz" test=0.25 seed=1\n@batch 4\n${horizon}\n@optim adam(lr=0.02)\n@metric error = mean((p_t - y_t)^2)\nx_t : [2]\ny_t : [1]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|dropout(0.2)|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`;

const start = (horizon: string) => {
  const compiled = compile(source(horizon), path.join(folder, "p.seq"));
  if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
  const training = trainingOf(compiled.right);
  if (E.isLeft(training)) throw new Error(JSON.stringify(training.left));
  return training.right;
};
const run = async (horizon: string, name: string, steps: number, resume = false) => {
  const { target, source: from, seed, at, hash } = start(horizon);
  const result = await train(target, from, { length: { unit: "steps", count: steps }, seed, folder: path.join(folder, name), program: hash, resume, at }, silentReporter);
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return { result: result.right, state: [...target.state()].map(([key, { data }]) => [key, [...data]] as const) };
};

describe("training over windows", () => {
  it("stopped in the midst of sequences and resumed is bit by bit the same", async () => {
    const horizon = "@horizon back=2 ahead=1 burn_in=1";
    const whole = await run(horizon, "whole", 17);
    for (const stop of [1, 2, 3, 7, 10]) {
      await run(horizon, `part-${String(stop)}`, stop);
      const rest = await run(horizon, `part-${String(stop)}`, 17, true);
      expect(rest.state).toEqual(whole.state);
      expect(rest.result.train).toEqual(whole.result.train);
    }
  });

  it("counts epochs in sequences: an epoch has a window for each part of its batches' longest sequences", async () => {
    const { target, source: from, seed, at, hash } = start("@horizon back=2");
    const seen: string[] = [];
    const windows: number[] = [];
    const watched = { ...target, step: (...[batch, update]: Parameters<typeof target.step>) => {
      seen.push([...batch.samples].join());
      windows.push(batch.window ?? -1);
      return target.step(batch, update);
    } };
    const done = await train(watched, from, { length: { unit: "epochs", count: 2 }, seed, folder: path.join(folder, "epochs"), program: hash, resume: false, at }, silentReporter);
    expect(E.isRight(done)).toBe(true);
    // Each batch's windows come one after the other.
    const batches = windows.flatMap((window, k) => (window === 0 ? [{ samples: seen[k] ?? "", count: 1 + windows.slice(k + 1).findIndex((w) => w === 0) }] : []));
    const longest = (samples: string): number => Math.max(...samples.split(",").map((one) => LENGTHS[Number(one)] ?? 0));
    batches.slice(0, -1).forEach(({ samples, count }) => { expect(count).toBe(Math.ceil(longest(samples) / 2)); });
    expect(batches.length).toBe(4);
    const log = fs.readFileSync(path.join(folder, "epochs", "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line): { kind: string; epoch: number; step: number } => JSON.parse(line));
    expect(log.filter((line) => line.kind === "epoch").map((line) => line.epoch)).toEqual([1, 2]);
    expect(log.at(-1)?.step).toBe(windows.length);
  });

  it("reports metrics over whole sequences, each step counted once, whatever the windows", async () => {
    const { target, source: from } = start("@horizon back=2");
    const plain = start("");
    if (from.tag !== "data") throw new Error("no data");
    const { evaluateOn } = await import("@sequent/trainer");
    const go = () => Promise.resolve(true);
    const all = await evaluateOn(target, from.data, from.split.train, go);
    expect(await evaluateOn(plain.target, from.data, from.split.train, go)).toEqual(all);
    // Sample by sample, weighted by their lengths.
    let sum = 0, steps = 0;
    for (const sample of from.split.train) {
      const one = await evaluateOn(target, from.data, Int32Array.of(sample), go);
      sum += (one?.metrics["error"] ?? NaN) * (LENGTHS[sample] ?? 0);
      steps += LENGTHS[sample] ?? 0;
    }
    expect(all?.metrics["error"]).toBeCloseTo(sum / steps, 5);
  });

  it("lowers the loss", async () => {
    const { result } = await run("@horizon back=3", "learns", 400);
    const before = await run("@horizon back=3", "before", 0);
    expect(result.train?.metrics["error"] ?? NaN).toBeLessThan(0.8 * (before.result.train?.metrics["error"] ?? NaN));
  });
});
