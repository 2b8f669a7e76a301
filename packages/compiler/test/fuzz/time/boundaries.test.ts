/** Random boundary equations and short sequences: interpreter and emitted PyTorch agree, by autograd and by our own equations. */
import * as E from "fp-ts/lib/Either.js";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../../src/compile.js";
import { environment } from "../../../src/registry.js";
import { generatedOf } from "../../time/least.js";
import { boundaryProgram, decideFrom } from "./boundaries.js";
import { boundariesInWindows } from "./boundaries-windows.js";
import { askOverTime, compareOverTime, runOverTime } from "./pytorch.js";
import { comparedNames, isTameOverTime, observeOverTime, timeSubject } from "./subject.js";

const SEED = 1;
const DRAWN = 600;
const LONG = 300_000;

test(`of ${String(DRAWN)} programs with boundaries at random those that compile mean the same`, async () => {
  const env = environment(), decide = decideFrom(SEED);
  const asked = Array.from({ length: DRAWN }, () => boundaryProgram(decide)).flatMap((least) => {
    if (E.isLeft(compile(least.text, "program.seq", { env }))) return [];
    const subject = timeSubject(generatedOf(least), env, 7, NaN);
    if (E.isLeft(subject)) return [];
    const ours = observeOverTime(subject.right, env, comparedNames(subject.right));
    return isTameOverTime(ours) ? (["autograd", "explicit"] as const).map((form) => ({ least, form, subject: subject.right, ours, job: askOverTime(subject.right, form) })) : [];
  });
  const jobs = asked.flatMap(({ job }) => (E.isRight(job) ? [job.right] : []));
  const results = new Map((await runOverTime(jobs)).map((result, k) => [jobs[k], result]));
  const failures = asked.flatMap(({ least, form, subject, ours, job }) => {
    const why = E.isLeft(job) ? job.left : compareOverTime(subject, ours, job.right, results.get(job.right)).difference;
    return why === null ? [] : [`${form}: ${why}\n# rows end at ${least.last.join(", ")}\n${least.text}`];
  });
  process.stdout.write(`${String(asked.length / 2)} of ${String(DRAWN)} programs compile\n`);
  expect(failures.sort((a, b) => a.length - b.length).slice(0, 3)).toEqual([]);
  expect(asked.length / 2).toBeGreaterThan(DRAWN / 20);
}, LONG);

const WINDOWED = 120;

test(`of ${String(WINDOWED)} of them in windows, too`, async () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-boundaries-"));
  try {
    const { trained, failures } = await boundariesInWindows(WINDOWED, SEED, environment(), root);
    process.stdout.write(`${String(trained)} runs in windows\n`);
    expect(failures.slice(0, 3)).toEqual([]);
    expect(trained).toBeGreaterThan(WINDOWED / 20);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
}, LONG);
