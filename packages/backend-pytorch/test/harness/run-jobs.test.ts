import * as E from "fp-ts/lib/Either.js";
import { INITIALISERS, initialise } from "@sequent/ir";
import { beforeAll, describe, expect, it } from "vitest";
import { runJobs } from "../../src/harness/run-jobs.js";
import type { Job, JobResult, Numbers, Snapshot } from "../../src/harness/run-jobs.js";
import { filesOf, modelText } from "../fixtures.js";

const X: Numbers = { shape: [5, 4], data: Array.from({ length: 20 }, (_, i) => Math.sin(i)) };
const y: Numbers = { shape: [5], data: [0, 1, 2, 0, 1], int: true };
const job: Job = {
  files: filesOf(modelText()), inputs: { X, y }, seed: 3, dtype: "f64", steps: [0, 2], mode: "train",
  show: ["loss", "h_1", "^h_1", "^X", "M_1.weight", "^M_1.weight", "^M_2.bias", "M_1.weight.m"],
};
const { steps: _, ...once } = job;

const jobs: readonly Job[] = [
  { ...job, show: job.show.filter((name) => !name.endsWith(".m")) },
  { ...once, steps: [3], show: ["M_1.weight.m", "loss"] },
  { ...job, files: filesOf(modelText({ dropout: true })), show: ["h_1", "loss"], steps: [0] },
  { ...job, files: filesOf(modelText({ dropout: true })), show: ["h_1", "loss"], steps: [0], mode: "eval" },
  { ...job, files: new Map([["model.py", "import torch\nclass Model(torch.nn.Module):\n    pass\n1 / 0\n"]]) },
  { ...job, show: ["nothing"] },
  { ...job, inputs: { X } },
  { ...job, files: new Map([["model.py", "while True:\n    pass\n"]]) },
  { ...job, files: new Map([["model.py", "import os\nos._exit(3)\n"]]) },
  {
    ...once, steps: [0], show: ["^q", "q", "loss"], inputs: { q: { shape: [2], data: [NaN, -0] } }, signs: new Map([["$ q", -1]]),
    files: new Map([["model.py", 'from torch import Tensor\n\n\ndef losses(q: Tensor) -> dict[str, Tensor]:\n    return {"$ q": q.mean()}\n']]),
  },
  { ...job, parameters: { "M_2.bias": { shape: [3], data: [1, 2, 3] } }, steps: [0], show: ["M_2.bias"], dtype: "f32" },
  { ...job, files: filesOf(modelText({ norm: true })), steps: [0, 1], show: ["N.running_mean", "h_1"] },
];
let results: readonly JobResult[];

beforeAll(async () => {
  const ran = await runJobs(jobs, { jobSeconds: 12 });
  if (E.isLeft(ran)) throw new Error(ran.left[0].message);
  results = ran.right;
});

const snapshots = (k: number): readonly Snapshot[] => {
  const result = results[k];
  if (result?.tag !== "done") throw new Error(result?.message ?? "no result");
  return result.snapshots;
};
const value = (k: number, name: string, at = 0): readonly number[] => [...(snapshots(k)[at]?.values.get(name)?.data ?? [])];
const message = (k: number): string => {
  const result = results[k];
  return result?.tag === "failed" ? `${result.kind}: ${result.message}` : "done";
};

/** The two layers by hand: loss and ^M_2.bias (softmax minus one-hot, averaged). */
const byHand = (weights: (name: string) => readonly number[]) => {
  const rows = Array.from({ length: 5 }, (_, r) => {
    const x = [0, 1, 2, 3].map((i) => Number(X.data[r * 4 + i]));
    const h = Array.from({ length: 8 }, (_, j) =>
      Math.tanh(x.reduce((sum, v, i) => sum + v * (weights("M_1.weight")[j * 4 + i] ?? NaN), weights("M_1.bias")[j] ?? NaN)));
    const z = Array.from({ length: 3 }, (_, k) =>
      h.reduce((sum, v, j) => sum + v * (weights("M_2.weight")[k * 8 + j] ?? NaN), weights("M_2.bias")[k] ?? NaN));
    const total = z.reduce((sum, v) => sum + Math.exp(v), 0);
    const p = z.map((v) => Math.exp(v) / total);
    return { h, p, label: Number(y.data[r]) };
  });
  return {
    loss: rows.reduce((sum, { p, label }) => sum - Math.log(p[label] ?? NaN), 0) / 5,
    h: rows.flatMap(({ h }) => h),
    bias: [0, 1, 2].map((k) => rows.reduce((sum, { p, label }) => sum + (p[k] ?? NaN) - (label === k ? 1 : 0), 0) / 5),
  };
};
const initial = (name: string): readonly number[] => {
  const shapes: Record<string, readonly number[]> = { "M_1.weight": [8, 4], "M_1.bias": [8], "M_2.weight": [3, 8], "M_2.bias": [3] };
  const init = INITIALISERS.find((one) => one.name === "uniform_fan_in");
  const shape = shapes[name] ?? [], fan = shapes[name.replace("bias", "weight")] ?? [];
  const filled = init === undefined ? E.left("") : initialise(init, {}, 3, name, shape, fan, "f64");
  return E.isRight(filled) ? [...filled.right] : [];
};

describe("runJobs", () => {
  it("starts from our initial values and gives values, gradients and losses", () => {
    const expected = byHand(initial);
    expect(value(0, "M_1.weight")).toEqual(initial("M_1.weight"));
    expect(value(0, "loss")[0]).toBeCloseTo(expected.loss, 12);
    expect(snapshots(0)[0]?.losses.get("p => one_hot(y)")).toBeCloseTo(expected.loss, 12);
    value(0, "h_1").forEach((h, i) => {
      expect(h).toBeCloseTo(expected.h[i] ?? NaN, 12);
    });
    value(0, "^M_2.bias").forEach((g, i) => {
      expect(g).toBeCloseTo(expected.bias[i] ?? NaN, 12);
    });
    expect(value(0, "^X").some((g) => g !== 0)).toBe(true);
    expect(snapshots(0)[0]?.values.get("^h_1")?.shape).toEqual([5, 8]);
  });
  it("updates, so that the loss falls, and keeps the optimizer's slots", () => {
    const losses = snapshots(0).map((snapshot) => snapshot.losses.get("p => one_hot(y)") ?? NaN);
    expect(losses[1]).toBeLessThan(losses[0] ?? NaN);
    expect(value(1, "M_1.weight.m").some((m) => m !== 0)).toBe(true);
  });
  it("draws in train mode and not in eval mode", () => {
    const kept = byHand(initial).h;
    const dropped = value(2, "h_1");
    expect(dropped.filter((h) => h === 0).length).toBeGreaterThan(2);
    dropped.forEach((h, i) => {
      if (h !== 0) expect(h).toBeCloseTo((kept[i] ?? NaN) / 0.75, 12);
    });
    expect(value(3, "h_1").every((h, i) => Math.abs(h - (kept[i] ?? NaN)) < 1e-12)).toBe(true);
  });
  it("shows without changing running statistics", () => {
    expect(value(11, "N.running_mean", 0)).toEqual(new Array<number>(8).fill(0));
    expect(value(11, "N.running_mean", 1).some((m) => m !== 0)).toBe(true);
  });
  it("reports a job's failure as its own, and goes on", () => {
    expect(message(4)).toBe("program: ZeroDivisionError at line 4 of model.py: division by zero");
    expect(message(5)).toBe("job: there is no value nothing");
    expect(message(6)).toBe("job: losses wants y, and the job has none");
    expect(message(7)).toBe("time: not done after 12 seconds");
    expect(message(8)).toMatch(/^crash: /);
    expect(message(9)).toBe("done");
  });
  it("runs programs without a model, ascending, with NaN and -0 as they are", () => {
    expect(value(9, "q")).toEqual([NaN, -0]);
    expect(value(9, "^q")).toEqual([-0.5, -0.5]);
  });
  it("takes parameters in single precision", () => {
    expect(value(10, "M_2.bias")).toEqual([1, 2, 3]);
  });
  it("says how to get Python or torch", async () => {
    const missing = await runJobs([job], { python: "/nowhere/python" });
    expect(E.isLeft(missing) ? missing.left[0].code : "").toBe("SQ0731");
    const bare = await runJobs([job], { python: "/bin/false" });
    expect(E.isLeft(bare) ? bare.left[0].code : "").toBe("SQ0732");
  });
  it("runs 500 small programs in one process", async () => {
    const many = Array.from({ length: 500 }, (_, k): Job => ({ ...job, files: filesOf(`${modelText({ dropout: true })}# ${String(k)}\n`), show: ["loss", "^M_1.weight", "M_1.weight", "h_1"] }));
    const ran = await runJobs(many);
    expect(E.isRight(ran) && ran.right.every((result) => result.tag === "done")).toBe(true);
  }, 180_000);
});
