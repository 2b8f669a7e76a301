/**
 * Every example trains 100 steps with the interpreter and as emitted PyTorch, with its draws: the curves are one, in f32 but for those that
 * double rounding errors.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Target } from "@sequent/trainer";
import { emitPytorch, silentReporter, train, trainingOf } from "../src/index.js";
import { compileForCurves, names, right, SENSITIVE } from "./examples.js";
import { trainScripts } from "./train-scripts.js";

const STEPS = 100;
const TOLERANCE = 1e-5;

interface Point {
  readonly step: number;
  readonly losses: Readonly<Record<string, number>>;
}

/** Means over ten steps each. */
const curveOf = (run: string): readonly Point[] => {
  const points: Point[] = [];
  for (const text of fs.readFileSync(path.join(run, "metrics.jsonl"), "utf8").trimEnd().split("\n")) {
    const line: Point & { readonly kind: string } = JSON.parse(text);
    if (line.kind === "step") points.push({ step: line.step, losses: line.losses });
  }
  return points;
};

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-curves-"));
afterAll(() => { fs.rmSync(root, { recursive: true, force: true }); });

let said = "";
beforeAll(async () => {
  for (const name of names) {
    const place = path.join(root, name);
    fs.mkdirSync(place);
    const { files } = right(emitPytorch(compileForCurves(name), { name, folder: place, absolute: true }));
    for (const [file, text] of files) fs.writeFileSync(path.join(place, file), text);
  }
  said = await trainScripts(root, names.map((name) => {
    const place = path.join(root, name);
    return [place, ["--steps", String(STEPS), "--out", path.join(place, "run"), ...(SENSITIVE.has(name) ? ["--dtype", "float64"] : [])]];
  }));
}, 600_000);

for (const name of names) {
  test(`${name} learns, and from PyTorch by the same curve`, async () => {
    const compiled = compileForCurves(name, [{ key: "steps", value: String(STEPS) }]);
    const { target, source, length, seed, at, hash } = right(trainingOf(compiled, { precision: SENSITIVE.has(name) ? "f64" : "f32" }));
    const run = path.join(root, name, "ours");
    // Scores are compared elsewhere, and those of a whole text take longer than the curve.
    const unscored: Target = { ...target, evaluate: () => ({ losses: [], metrics: [] }) };
    right(await train(unscored, source, { length, seed, folder: run, program: hash, resume: false, at }, silentReporter));
    const [ours, theirs] = [curveOf(run), curveOf(path.join(root, name, "run"))];
    expect(ours.length, said).toBe(STEPS / 10);
    expect(theirs.map((point) => point.step)).toEqual(ours.map((point) => point.step));
    const differences = ours.flatMap(({ step, losses }, k) => Object.entries(losses).flatMap(([label, loss]) => {
      const other = theirs[k]?.losses[label] ?? NaN;
      return Math.abs(loss - other) <= TOLERANCE * Math.max(1, Math.abs(other)) ? [] : [{ step, label, loss, other }];
    }));
    expect(differences).toEqual([]);
    // A statement `$` ascends. Where two players oppose each other no loss falls for good, but the first one gains at some time.
    const [label = ""] = Object.keys(ours[0]?.losses ?? {});
    const sign = compiled.program.objectives[0]?.tag === "ascend" ? -1 : 1;
    const opposed = compiled.program.objectives.some((one) => one.tag === "ascend" && one.from.length > 0);
    const [first = NaN, ...later] = ours.map(({ losses }) => sign * (losses[label] ?? NaN));
    expect(opposed ? Math.min(...later) : later.at(-1)).toBeLessThan(first);
  }, 300_000);
}
