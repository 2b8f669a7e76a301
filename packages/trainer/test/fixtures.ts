import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { FIRST_DRAW, NOWHERE, fillNormal, streamKey } from "@sequent/ir";
import type { Diagnostics, Tensor } from "@sequent/ir";
import { bind, dataArray, splitSamples } from "@sequent/data";
import type { Batch } from "@sequent/data";
import { silentReporter, train } from "../src/index.js";
import type { Reporter, Source, Target, TrainOptions, TrainResult } from "../src/index.js";

export const temporaryFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "sequent-"));
export const describeLeft = (result: E.Either<Diagnostics, unknown>): string =>
  E.isRight(result) ? "accepted" : result.left.map((d) => `${d.code} ${d.message}`).join("\n");
export const right = <A>(result: E.Either<Diagnostics, A>): A => {
  if (E.isLeft(result)) throw new Error(describeLeft(result));
  return result.right;
};

/** 100 points of y = 2 x_0 - 3 x_1 + 1. */
export const source = (batch = 8): Source => {
  const X = new Float64Array(200);
  fillNormal(streamKey(0, "points"), FIRST_DRAW, X);
  const y = Float64Array.from({ length: 100 }, (_, i) => 2 * (X[2 * i] ?? 0) - 3 * (X[2 * i + 1] ?? 0) + 1);
  const arrays = new Map([dataArray("X", [100, 2], X), dataArray("y", [100], y)].map((array) => [array.name, array]));
  const input = { dtype: "float", classes: null, timed: false } as const;
  const signature = [
    { name: "X", shape: [2], ...input },
    { name: "y", shape: [], ...input },
  ];
  const data = right(bind(arrays, signature, NOWHERE, { precision: "f64" }));
  return { tag: "data", data, split: right(splitSamples(data, 0.2, 0, NOWHERE)), batch, horizon: null };
};

const row = (batch: Batch, name: string): Tensor["data"] => batch.tensors.get(name)?.data ?? new Float64Array(0);

export interface Linear extends Target {
  readonly seen: { readonly update: number; readonly samples: readonly number[] }[];
}

/**
 * Linear regression by momentum, with noise keyed by sample and update: a target whose every part matters to an exact
 * resume. `spoil` may change the loss that is reported.
 */
export const linear = (
  spoil: (loss: number, update: number) => number = (loss) => loss,
  rate = 0.05,
  width = 2,
): Linear => {
  const weights = { w: new Float64Array(width), b: new Float64Array(1), "w.momentum": new Float64Array(width) };
  const seen: Linear["seen"] = [];
  const predict = (X: Tensor["data"], i: number): number =>
    (X[2 * i] ?? 0) * (weights.w[0] ?? 0) + (X[2 * i + 1] ?? 0) * (weights.w[1] ?? 0) + (weights.b[0] ?? 0);
  const residuals = (batch: Batch): number[] =>
    Array.from({ length: batch.rows }, (_, i) => predict(row(batch, "X"), i) - (row(batch, "y")[i] ?? 0));
  const half = (r: readonly number[]): number => r.reduce((sum, e) => sum + (e * e) / 2, 0) / r.length;
  return {
    seen,
    statements: ["p => y"],
    metrics: ["error"],
    step: (batch, update) => {
      seen.push({ update, samples: [...batch.samples] });
      const noise = new Float64Array(1);
      fillNormal(streamKey(1, "noise"), { sample: batch.samples[0] ?? 0, update, t: 0 }, noise);
      const r = residuals(batch);
      const X = row(batch, "X");
      for (let k = 0; k < 2; k++) {
        const gradient =
          r.reduce((sum, e, i) => sum + e * (X[2 * i + k] ?? 0), 0) / batch.rows + 0.01 * (noise[0] ?? 0);
        weights["w.momentum"][k] = 0.5 * (weights["w.momentum"][k] ?? 0) + gradient;
        weights.w[k] = (weights.w[k] ?? 0) - rate * (weights["w.momentum"][k] ?? 0);
      }
      weights.b[0] = (weights.b[0] ?? 0) - (rate * r.reduce((sum, e) => sum + e, 0)) / batch.rows;
      return { losses: [spoil(half(r), update)] };
    },
    evaluate: (batch) => {
      const r = residuals(batch);
      return { losses: [half(r)], metrics: [r.reduce((sum, e) => sum + Math.abs(e), 0) / r.length] };
    },
    state: () =>
      new Map(
        Object.entries(weights).map(([name, data]) => [
          name,
          { shape: name === "b" ? [] : [width], rows: 1, batched: false, data },
        ]),
      ),
    load: (state) => {
      for (const [name, own] of Object.entries(weights)) own.set(state.get(name)?.data ?? []);
    },
  };
};

export const run = (
  target: Target,
  folder: string,
  more: Partial<TrainOptions> = {},
  reporter: Reporter = silentReporter,
  from: Source = source(),
): Promise<E.Either<Diagnostics, TrainResult>> => {
  const length = { unit: "steps", count: 50 } as const;
  return train(
    target,
    from,
    { length, seed: 3, folder, program: "abc", resume: false, at: NOWHERE, ...more },
    reporter,
  );
};

export const readState = (target: Target): readonly (readonly [string, readonly number[]])[] =>
  [...target.state()].map(([name, { data }]) => [name, [...data]]);

/** The lines of metrics.jsonl without their times. */
export const readLog = (folder: string): readonly Readonly<Record<string, unknown>>[] =>
  fs
    .readFileSync(path.join(folder, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => {
      const line: Record<string, unknown> = JSON.parse(text);
      delete line["seconds"];
      return line;
    });
