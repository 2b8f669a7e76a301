/** Windows of sequences that begin with another step than 1: the interpreter and the emitted `train.py` agree after every Update. */
import { inWindowsFromZero } from "@sequent/conformance";
import * as E from "fp-ts/lib/Either.js";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../../src/registry.js";
import { compile } from "../../../src/compile.js";
import type { Watched } from "../../train-scripts.js";
import { dataOf } from "./subject.js";
import { shownOf } from "./suite.js";
import { LEAST } from "./windows-least.js";
import { askInWindows, compareInWindows, generatedFrom, makeInWindows, runInWindows, windowCaseOf } from "./windows.js";
import type { AskedInWindows } from "./windows.js";

const PROGRAMS = 40, SEED = 11, LONG = 600_000;
const env = environment();
const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-windows-from-"));
afterAll(() => { if (process.env["KEEP"] === undefined) fs.rmSync(root, { recursive: true, force: true }); });

const failuresOf = (asked: readonly AskedInWindows[], runs: readonly Watched[]): readonly string[] => asked.flatMap((one, k) => {
  const why = compareInWindows(one, runs[k]);
  return why === null ? [] : [`${one.form}: ${why}\n${shownOf(one.found.generated)}`];
}).sort((a, b) => a.length - b.length);

describe("random programs from step 0", () => {
  let faults: readonly string[] = [], failures: readonly string[] = [], asked: readonly AskedInWindows[] = [];
  beforeAll(async () => {
    const made = makeInWindows({ autograd: PROGRAMS, explicit: PROGRAMS / 2 }, SEED, env, root, inWindowsFromZero);
    ({ asked, faults } = made);
    failures = failuresOf(asked, await runInWindows(root, asked));
  }, LONG);
  test("mean the same to both", () => {
    process.stdout.write(`${String(asked.length)} programs\n`);
    expect(faults.slice(0, 3)).toEqual([]);
    expect(failures[0]).toBeUndefined();
    expect(asked.length).toBeGreaterThanOrEqual(1.25 * PROGRAMS);
  });
});

describe.each([0, 2])("what was wrong once, from step %i", (start) => {
  const asked: AskedInWindows[] = [];
  let failures: readonly string[] = [];
  beforeAll(async () => {
    for (const [k, [, least]] of Object.entries(LEAST).entries()) {
      const by = start - 1, generated = generatedFrom({ ...least, start, last: least.last.map((end) => end + by), ...(least.end === undefined ? {} : { end: least.end + by }) });
      // It was written for step 1: another first step may leave something without a value.
      if (E.isLeft(compile(generated.text, "p.seq", { env, arrays: dataOf(generated, 7) }))) continue;
      const found = windowCaseOf(generated, env, path.join(root, `least-${String(start)}-${String(k)}`));
      if (E.isLeft(found)) throw new Error(found.left);
      for (const form of found.right === null ? [] : ["autograd", "explicit"] as const) {
        const made = found.right === null ? E.left("") : askInWindows(found.right, form);
        if (E.isRight(made)) asked.push(made.right);
        // Without inputs a state may exist several steps before the data begin.
        else if (start < 2 || !made.left.startsWith("SQ0703")) failures = [...failures, `${form}: ${made.left}\n${shownOf(generated)}`];
      }
    }
    failures = [...failures, ...failuresOf(asked, await runInWindows(root, asked))];
  }, LONG);
  test("means the same to both", () => {
    process.stdout.write(`${String(asked.length)} of ${String(2 * Object.keys(LEAST).length)}\n`);
    expect(failures[0]).toBeUndefined();
    expect(asked.length).toBeGreaterThanOrEqual(start === 0 ? 70 : 20);
  });
});
