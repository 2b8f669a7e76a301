/** 2,000 random programs: that they compile in silence, what they cover, and that interpreter and emitted PyTorch agree on them. */
import { coverage, coverageTable, generate, mutations } from "@sequent/conformance";
import { print, programFromJson, programToJson, read } from "@sequent/ir";
import type { Program } from "@sequent/ir";
import { createInterpreter } from "@sequent/interpreter";
import { format, readProgram } from "@sequent/parser";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../src/registry.js";
import { expandAll } from "../../src/pipelines.js";
import { isDerivative, slopesOf } from "./derivative.js";
import { save, shrink } from "./shrink.js";
import type { Failure } from "./shrink.js";
import { isTame, mutantOf, observe, subjectOf, vocabularyOf } from "./subject.js";
import type { Subject } from "./subject.js";
import type { Theirs } from "./pytorch.js";
import { compareCase, decisions, makeSuite, runPython } from "./suite.js";
import type { Suite } from "./suite.js";

const PROGRAMS = 2000;
const SEED = 1;
/** Milliseconds after which something hangs: many times what it takes on an idle machine. */
const LONG = 1_800_000;
/** How many programs are printed and read back, and how many are held to central differences. */
const SOME = 300;

const env = environment();
const vocabulary = vocabularyOf(env);
let suite: Suite = { cases: [], generated: [], replaced: 0, faults: [] };
let theirs: readonly Theirs[] = [];

beforeAll(async () => {
  suite = makeSuite(PROGRAMS, SEED, env);
  theirs = await runPython(suite.cases);
}, LONG);

describe("generated programs", () => {
  test("compile without an error or a lint, and emit", () => {
    expect(suite.faults.slice(0, 3)).toEqual([]);
    expect(suite.cases).toHaveLength(PROGRAMS);
  });

  test("are rarely replaced because their numbers are not finite", () => {
    process.stdout.write(`${String(PROGRAMS)} programs; ${String(suite.replaced)} more were replaced: not finite, or too large to compare\n`);
    expect(suite.replaced).toBeLessThan(0.25 * PROGRAMS);
  });

  test("contain everything that can be written, each at least 20 times", () => {
    const rows = coverage(vocabulary, suite.generated);
    process.stdout.write(coverageTable(rows));
    expect(rows.filter((row) => row.programs < 20)).toEqual([]);
  });
});

describe("the interpreter and the emitted PyTorch", () => {
  test("agree on states, gradients, loss, and parameters after two Updates", async () => {
    const failures: Failure[] = [];
    let rounding = 0;
    suite.cases.forEach((found, k) => {
      const result = theirs[k];
      if (result === undefined) throw new Error(`no result for program ${String(k)}`);
      const compared = compareCase(found, result);
      if (compared.rounding) rounding += 1;
      if (compared.difference !== null) failures.push({ found, difference: compared.difference });
    });
    process.stdout.write(`parameters after Updates left out in ${String(rounding)} programs (a gradient is rounding)\n`);
    const shortest = failures.sort((a, b) => a.found.subject.generated.text.length - b.found.subject.generated.text.length).slice(0, 2);
    for (const [k, failure] of shortest.entries()) {
      const least = await shrink(failure, env);
      const file = save(least, `failure-${String(k + 1)}`);
      process.stdout.write(`${file}: ${least.difference}\n${least.found.subject.generated.text}\n`);
    }
    expect(failures.length).toBe(0);
    expect(rounding).toBeLessThan(0.1 * PROGRAMS);
  }, LONG);

  test("differ under each planted mistake", () => {
    const missed: string[] = [];
    for (const mutation of mutations) {
      const mutant = mutantOf(mutation, env);
      const met = [...suite.cases.entries()].filter(([, one]) => mutation.meets === null || one.subject.generated.tags.has(mutation.meets));
      const at = met.find(([k, one]) => {
        const trained = mutant.trained(one.subject);
        const result = theirs[k];
        return trained !== null && result !== undefined && compareCase(one, result, observe(one.subject, mutant.env, trained)).difference !== null;
      });
      process.stdout.write(`${mutation.name}: ${at === undefined ? "not found" : `found by program ${String(at[0])}`}\n`);
      if (at === undefined) missed.push(mutation.name);
    }
    expect(mutations.length).toBeGreaterThanOrEqual(20);
    expect(missed).toEqual([]);
  }, LONG);
});

describe("the interpreter", () => {
  test("finds the gradients that central differences find", () => {
    const wrong: string[] = [];
    let held = 0;
    for (const list of fc.sample(decisions, { seed: SEED + 1, numRuns: SOME })) {
      const subject = subjectOf(generate(vocabulary, list), env, { seed: 3, grids: false });
      if (E.isLeft(subject) || !isDerivative(subject.right) || !isTame(observe(subject.right, env))) continue;
      const slopes = slopesOf(subject.right, env);
      if (slopes === null) continue;
      held += 1;
      if (!slopes.agree) wrong.push(`${String(slopes.exact)} is not ${String(slopes.numeric)}\n${subject.right.generated.text}`);
    }
    process.stdout.write(`${String(held)} of ${String(SOME)} programs held to central differences (the others have gradients of their own)\n`);
    expect(wrong).toEqual([]);
    expect(held).toBeGreaterThan(SOME / 4);
  }, LONG);
});

describe("every stage", () => {
  const stages = ({ compiled, trained }: Subject): readonly Program[] => [compiled.program, trained];

  test("is the same program after it has been printed and read back", () => {
    for (const { subject, ours } of suite.cases.slice(0, SOME)) {
      for (const stage of stages(subject)) {
        const text = print(stage, env);
        const again = readProgram(text, env);
        if (E.isLeft(again)) throw new Error(`${again.left[0].message}\n${text}`);
        expect(print(again.right, env)).toBe(text);
        if (stage === subject.trained) expect(observe(subject, env, again.right)).toEqual(ours);
      }
    }
  }, LONG);

  test("is the same after it has been written as JSON and read back", () => {
    for (const { subject } of suite.cases.slice(0, SOME)) {
      for (const stage of stages(subject)) {
        const text = JSON.stringify(programToJson(stage));
        const again = programFromJson(JSON.parse(text));
        expect(E.isRight(again) && JSON.stringify(programToJson(again.right)) === text).toBe(true);
      }
    }
  }, LONG);

  test("has the same loss: differentiation changes no value", () => {
    for (const { subject, ours } of suite.cases.slice(0, SOME)) {
      const expanded = expandAll.run(subject.compiled.program)(env);
      if (E.isLeft(expanded)) throw new Error("expansion failed");
      const interpreter = createInterpreter(expanded.right, env, { seed: subject.seed, precision: "f64" });
      const means = expanded.right.objectives.flatMap((one) => (one.mean === null ? [] : [{ node: read(one.mean), sign: one.tag === "match" ? 1 : -1 }]));
      const values = interpreter.evaluate(means.map((one) => one.node), subject.batch, "train");
      const loss = values.reduce((sum, value, k) => sum + (means[k]?.sign ?? 0) * (value.data[0] ?? NaN), 0);
      expect(Math.abs(loss - ours.loss)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(loss)));
    }
  }, LONG);
});

test("the formatter changes nothing the second time, nor what a program means", () => {
  const formatted = (text: string): string => {
    const once = format(text, "program.seq");
    if (E.isLeft(once)) throw new Error(`${once.left[0].message}\n${text}`);
    return once.right;
  };
  for (const { subject: { generated } } of suite.cases) {
    const once = formatted(generated.text);
    expect(formatted(once)).toBe(once);
  }
  for (const { subject, ours } of suite.cases.slice(0, SOME)) {
    const again = subjectOf({ ...subject.generated, text: formatted(subject.generated.text) }, env, { seed: subject.seed, grids: true });
    if (E.isLeft(again)) throw new Error(`a formatted program does not compile\n${subject.generated.text}`);
    expect(observe(again.right, env).loss).toBe(ours.loss);
  }
}, LONG);
