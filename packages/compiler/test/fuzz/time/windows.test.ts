/** Random programs that learn window by window: the interpreter and the emitted `train.py` agree after every Update; planted mistakes are found. */
import { coverageTable } from "@sequent/conformance";
import * as E from "fp-ts/lib/Either.js";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../../src/registry.js";
import type { Watched } from "../../train-scripts.js";
import type { Form } from "./pytorch.js";
import { shownOf } from "./suite.js";
import { LEAST } from "./windows-least.js";
import { mistakes, withMistake } from "./windows-mistakes.js";
import { askInWindows, compareInWindows, generatedFrom, makeInWindows, runInWindows, windowCaseOf, windowCoverage } from "./windows.js";
import type { AskedInWindows, JudgedInWindows } from "./windows.js";

const PROGRAMS = 110;
const SEED = 1;
const LONG = 600_000;
const env = environment();
const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-windows-"));
afterAll(() => { if (process.env["KEEP"] === undefined) fs.rmSync(root, { recursive: true, force: true }); });

let programs: JudgedInWindows = { asked: [], faults: [] };
let theirs: readonly Watched[] = [];
let judged: readonly { readonly one: AskedInWindows; readonly run: Watched }[] = [];

beforeAll(async () => {
  programs = makeInWindows({ autograd: PROGRAMS, explicit: PROGRAMS / 2 }, SEED, env, root);
  theirs = await runInWindows(root, programs.asked);
  judged = programs.asked.flatMap((one, k) => { const run = theirs[k]; return run === undefined ? [] : [{ one, run }]; });
}, LONG);

const generatedBy = (form: Form) => judged.flatMap(({ one }) => (one.form === form ? [one.found.generated] : []));

describe("the interpreter and train.py", () => {
  test("agree on losses and parameters of every Update, and on what they keep", () => {
    process.stdout.write(`${String(generatedBy("autograd").length)} by autograd, ${String(generatedBy("explicit").length)} by equations\n`);
    expect(programs.faults.slice(0, 3)).toEqual([]);
    const failures = judged.flatMap(({ one, run }) => { const why = compareInWindows(one, run); return why === null ? [] : [`${one.form}: ${why}\n${shownOf(one.found.generated)}`]; });
    expect(failures.sort((a, b) => a.length - b.length)[0]).toBeUndefined();
    expect(generatedBy("autograd").length).toBeGreaterThanOrEqual(100);
  });

  const OFTEN = ["back 1", "back that divides T", "back that does not divide T", "window ahead", "burn-in", "ragged lengths", "backward scan", "lag >= 2", "range"];
  test("have met windows of all kinds, each at least 10 times", () => {
    const rows = windowCoverage(env, generatedBy("autograd"));
    process.stdout.write(coverageTable(rows));
    expect(rows.filter((row) => OFTEN.includes(row.tag) && row.programs < 10)).toEqual([]);
  });
});

/** Programs that show a mistake, at most: each is trained again. */
const TRIED = 5;
test("a planted mistake is found", async () => {
  const planted = mistakes.map((mistake) => ({ mistake, made: [] as AskedInWindows[] }));
  for (const { mistake, made } of planted) {
    for (const { one } of judged) if (made.length < TRIED) made.push(...withMistake(mistake, one));
  }
  const runs = await runInWindows(root, planted.flatMap(({ made }) => made));
  let at = 0;
  const missed = planted.flatMap(({ mistake, made }) => {
    const found = made.filter((one, k) => compareInWindows(one, runs[at + k]) !== null).length;
    at += made.length;
    process.stdout.write(`${mistake.name}: found in ${String(found)} of ${String(made.length)}\n`);
    return found > 0 ? [] : [mistake.name];
  });
  expect(missed).toEqual([]);
}, LONG);

describe("what was wrong once", () => {
  const asked: { readonly name: string; readonly form: Form; readonly made: E.Either<string, AskedInWindows> }[] = [];
  let runs: readonly Watched[] = [];
  beforeAll(async () => {
    for (const [k, [name, least]] of Object.entries(LEAST).entries()) {
      const found = windowCaseOf(generatedFrom(least), env, path.join(root, `least-${String(k)}`));
      if (E.isLeft(found) || found.right === null) throw new Error(E.isLeft(found) ? found.left : `${name} is wild`);
      const one = found.right;
      for (const form of ["autograd", "explicit"] as const) asked.push({ name, form, made: askInWindows(one, form) });
    }
    runs = await runInWindows(root, asked.flatMap(({ made }) => (E.isRight(made) ? [made.right] : [])));
  }, LONG);

  test.each(Object.keys(LEAST))("%s", (name) => {
    let k = 0;
    for (const one of asked) {
      const run = E.isRight(one.made) ? runs[k++] : undefined;
      if (one.name !== name) continue;
      if (E.isLeft(one.made)) expect(one.made.left).toBe("printed");
      else expect(compareInWindows(one.made.right, run), one.form).toBeNull();
    }
  });
});
