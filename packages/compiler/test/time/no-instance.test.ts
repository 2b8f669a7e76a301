/** Statements that no sequence has an instance of, and batches without any. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeData } from "@sequent/data";
import type { DataArray } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import { silentReporter, train } from "@sequent/trainer";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { checkFully, compile, emitPytorch, fixFully, saidOf, trainingOf } from "../../src/index.js";
import { right } from "../examples.js";
import { trainScripts } from "../train-scripts.js";
import { arraysOf } from "./support.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-no-instance-"));
const LOSSES = ["autograd", "explicit"] as const;
afterAll(() => { fs.rmSync(root, { recursive: true, force: true }); });

const RNN = "@train steps=2\n@batch 1\nx : [2]\ny : [2]\nh_{t-1} | x_t --[C|tanh]-> h_t --[M]-> p_t => y_t\n";
/** Written beside its data of so many steps. */
const placed = (steps: number, text: string, lengths?: readonly number[]): { readonly text: string; readonly file: string } => {
  const folder = fs.mkdtempSync(path.join(root, "data-"));
  const arrays = arraysOf({ rows: 3, steps, timed: { x: [2], y: [2] }, ...(lengths === undefined ? {} : { lengths }) });
  right(writeData(path.join(folder, "data.npz"), [...arrays.values()], NOWHERE));
  return { text: `@data "data.npz"\n${text}`, file: path.join(folder, "program.seq") };
};
const messages = ({ text, file }: ReturnType<typeof placed>): readonly string[] => saidOf(checkFully(text, file)).filter((one) => one.severity === "error").map((one) => `${one.code} ${one.message}`);

describe("what no sequence has", () => {
  const told = (step: number, last: number): readonly string[] => [`SQ0329 \`p_t => y_t\` holds at no step of the data: \`p\` is in sequences that reach step ${String(step)}, and the longest ends at step ${String(last)}`];
  it.each([
    ["a start at the second of one step", 1, "x_2 -> h_0\n", 2],
    ["a start at the third of two steps", 2, "x_3 -> h_0\n", 3],
    ["two starts that meet", 1, "0 -> h_0\n1 -> h_{T-1}\n", 2],
  ])("is told: %s", (_, steps, start, least) => {
    const written = placed(steps, start + RNN);
    expect(messages(written)).toEqual(told(least, steps));
    const compiled = right(compile(written.text, written.file));
    const codes = (result: E.Either<readonly { readonly code: string }[], unknown>): readonly string[] => (E.isLeft(result) ? result.left.map((one) => one.code) : []);
    expect(codes(trainingOf(compiled))).toEqual(["SQ0329"]);
    expect(codes(emitPytorch(compiled, { name: "p", folder: path.dirname(written.file) }))).toEqual(["SQ0329"]);
  });
  it("is not told where one sequence has it", () => { expect(messages(placed(2, `x_2 -> h_0\n${RNN}`, [1, 2, 1]))).toEqual([]); });
  it("is mended to the last step, and says what one step is", () => {
    const written = placed(1, `x_2 -> h_0\n${RNN}`);
    const fixed = fixFully(written.text, written.file, {}, { unsafe: false }).text;
    expect(fixed).toBe(written.text.replace("x_2", "x_T"));
    expect(messages({ ...written, text: fixed })).toEqual([]);
    expect(saidOf(checkFully(written.text, written.file)).find((one) => one.code === "SQ0329")?.help).toContain("Every sequence has one step");
  });
});

/** Batches of one sequence, of which some have no instance of a statement. */
const BATCHES: Readonly<Record<string, string>> = {
  "a fixed step": "x_t : [2]\nz : [2]\nx_4 --[M]-> p => z\n",
  "a step before the end, and what all have": "x_t : [2]\nz : [2]\nx_{T-3} --[M]-> p => z\nx_T --[N]-> q => z\n",
  "the next step": "x_t : [2]\nx_t --[M]-> p_t => x_{t+1}\n",
  "the next step, in a recurrence": "x_t : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1} | x_t --[C|tanh]-> h_t --[M]-> p_t => x_{t+1}\n@metric m = h_{t-3}[0]\n",
};
const LENGTHS = [5, 2, 1, 4, 1, 3];
const lossesOf = (folder: string): readonly unknown[] => fs.readFileSync(path.join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => {
  const { kind, losses, train: own, test } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  return { kind, losses, train: own, test };
});
const runs = Object.entries(BATCHES).flatMap(([name, text]) => LOSSES.map((form) => ({ name, text, form })));
const placeOf = (k: number): string => path.join(root, `run-${String(k)}`);
const ran = { said: "" };
beforeAll(async () => {
  for (const [k, { text, form }] of runs.entries()) {
    const place = placeOf(k), arrays = (of: readonly number[]): readonly DataArray[] => [...arraysOf({ rows: of.length, steps: 5, timed: { x: [2] }, plain: { z: [2] }, lengths: of }).values()];
    fs.mkdirSync(place);
    right(writeData(path.join(place, "data.npz"), arrays(LENGTHS), NOWHERE));
    right(writeData(path.join(place, "test.npz"), arrays([1, 1]), NOWHERE));
    const compiled = right(compile(`@data "data.npz" test="test.npz"\n@batch 1\n@train epochs=3\n${text}`, path.join(place, "p.seq")));
    for (const [file, content] of right(emitPytorch(compiled, { name: "p", folder: place, absolute: true, gradients: form })).files) fs.writeFileSync(path.join(place, file), content);
    const { target, source, length, seed, at, hash } = right(trainingOf(compiled, { precision: "f64" }));
    right(await train(target, source, { length, seed, folder: path.join(place, "ours"), program: hash, resume: false, at }, silentReporter));
  }
  ran.said = await trainScripts(root, runs.map((_, k) => [placeOf(k), ["--dtype", "float64", "--out", path.join(placeOf(k), "theirs")]]));
}, 120_000);

describe("the mean loss of a run leaves out batches without an instance", () => {
  test.each(runs.map(({ name, form }, k) => [name, form, k] as const))("%s, by %s", (_, __, k) => {
    expect(fs.existsSync(path.join(placeOf(k), "theirs", "metrics.jsonl")), ran.said).toBe(true);
    const [ours, theirs] = [lossesOf(path.join(placeOf(k), "ours")), lossesOf(path.join(placeOf(k), "theirs"))];
    const rounded = (lines: readonly unknown[]): unknown => JSON.parse(JSON.stringify(lines, (_key, value: unknown) => (typeof value === "number" ? Number(value.toFixed(10)) : value)));
    expect(rounded(theirs), ran.said).toEqual(rounded(ours));
  });
});
