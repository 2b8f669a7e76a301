import * as E from "fp-ts/lib/Either.js";
import { dataArray, encodeNpz } from "@sequent/data";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { applyFixes, catalogue, compileFully, silentReporter, toTrainable, train, trainingOf } from "../src/index.js";
import type { Diagnostic, DiagnosticRecord } from "../src/index.js";

// Examples name `digits.npz` and `driven.npz`, data sets of the examples, `points.npz`, six points on a line, and `letters.txt`, a short text.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-catalogue-"));
fs.copyFileSync(path.resolve(import.meta.dirname, "../../../examples/data/digits.npz"), path.join(folder, "digits.npz"));
fs.copyFileSync(path.resolve(import.meta.dirname, "../../../examples/data/driven.npz"), path.join(folder, "driven.npz"));
fs.writeFileSync(path.join(folder, "letters.txt"), "a text of some letters ".repeat(4));
fs.writeFileSync(path.join(folder, "points.npz"), pointsNpz());
afterAll(() => { fs.rmSync(folder, { recursive: true, force: true }); });

/** x [6, 2] and y [6, 1]. */
function pointsNpz(): Uint8Array {
  const floats = (name: string, width: number) => dataArray(name, [6, width], Float32Array.from({ length: 6 * width }, (_, k) => k / 6));
  return Buffer.concat(encodeNpz([floats("x", 2), floats("y", 1)]));
}

/** All that is said of a program on its way to 100 steps of training. */
const said = async (text: string): Promise<readonly Diagnostic[]> => {
  const { result, notes, sources } = compileFully(text, path.join(folder, "example.seq"));
  if (E.isLeft(result)) return [...notes, ...result.left];
  const compiled = result.right;
  const trainable = toTrainable(compiled);
  if (E.isLeft(trainable)) return [...notes, ...trainable.left];
  if (compiled.settings.data === null && compiled.settings.length === null) return notes;
  const training = trainingOf(compiled, { sources });
  if (E.isLeft(training)) return [...notes, ...training.left];
  const { target, source, length, seed, at, hash } = training.right;
  const ended = await train(target, source, { length, seed, at, program: hash, resume: false, folder: path.join(folder, "run") }, silentReporter);
  return [...notes, ...(E.isLeft(ended) ? ended.left : [])];
};
const has = async (text: string, record: DiagnosticRecord): Promise<boolean> => (await said(text)).some((one) => one.code === record.code);

test("codes are unique", () => {
  const codes = catalogue.map((one) => one.code);
  expect(codes.filter((code, k) => codes.indexOf(code) !== k)).toEqual([]);
});

describe.each(catalogue.filter((one) => one.examples.length > 0))("$code $title", (record) => {
  test.each(record.examples)("is raised by %j", async (text) => {
    expect((await said(text)).map((one) => one.code)).toContain(record.code);
  });
  if (record.fix.tag === "offered") {
    test.each(record.examples)("goes when its fix is applied to %j", async (text) => {
      let now = text;
      for (let round = 0; round < 20 && (await has(now, record)); round += 1) {
        const fixed = applyFixes(now, (await said(now)).filter((one) => one.code === record.code), { unsafe: true });
        expect(fixed.applied.length, now).toBeGreaterThan(0);
        now = fixed.text;
      }
      expect(await has(now, record), now).toBe(false);
    });
  } else {
    test("says why no fix is offered", () => {
      expect(record.fix.tag === "none" && record.fix.why.length).toBeGreaterThan(0);
    });
  }
});

test("a record without examples tells how it comes about", () => {
  for (const record of catalogue.filter((one) => one.examples.length === 0)) expect(record.explain.length, record.code).toBeGreaterThan(20);
});
