/** SQ0332, by random programs that are given one boundary equation more: where it is told that nothing reads it, losses and gradients are what they were. */
import { generateOverTime, near } from "@sequent/conformance";
import fc from "fast-check";
import type { Program } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { compileFully } from "../../src/compile.js";
import { applyFixes, environment } from "../../src/index.js";
import { decisions } from "../fuzz/suite.js";
import { dataOf, differ, numbersIn, observeOverTime, timeSubject, weightsOf } from "../fuzz/time/subject.js";
import { vocabularyOf } from "../fuzz/subject.js";

const PROGRAMS = 20;
/** So many are told of. */
const LEAST = 100;
const STEPS = ["-1", "0", "T", "T+1"];

const lossesOf = ({ objectives, nodes }: Program): readonly (string | undefined)[] => objectives.map(({ value }) => {
  const node = nodes[value ?? -1];
  return node?.tag === "op" ? node.op : node?.tag;
});

test("boundary equations that nothing reads change nothing, and may go", () => {
  const env = environment(), vocabulary = vocabularyOf(env), wrong: string[] = [];
  let told = 0, silent = 0;
  for (const list of fc.sample(decisions, { seed: 4, numRuns: PROGRAMS })) {
    const generated = generateOverTime(vocabulary, list), arrays = dataOf(generated, 7), plain = timeSubject(generated, env);
    if (E.isLeft(plain)) continue;
    const names = weightsOf(plain.right.compiled.program).map((name) => `^${name}`), ours = observeOverTime(plain.right, env, names);
    const states = [...new Set([...generated.text.matchAll(/-> (\w+)_t$/gm)].flatMap(([, name]) => name ?? []))];
    for (const name of states) for (const step of STEPS) {
      const line = `0.7 -> ${name}_{${step}}\n`, text = generated.text + line;
      const { result, notes } = compileFully(text, "program.seq", { env, arrays });
      // It has one already, or can't have one there.
      if (E.isLeft(result)) continue;
      const unread = notes.filter((one) => one.code === "SQ0332" && (one.labels[0]?.at.from ?? 0) > generated.text.length);
      if (unread.length === 0) { silent += 1; continue; }
      // The equation of what a statement brings toward its target decides its loss: a state of several equations is no softmax.
      if (String(lossesOf(result.right.program)) !== String(lossesOf(plain.right.compiled.program))) continue;
      told += 1;
      const more = timeSubject({ ...generated, text }, env);
      if (E.isLeft(more)) { wrong.push(`${more.left[0]?.message ?? ""}\n${text}`); continue; }
      const theirs = observeOverTime(more.right, env, names);
      const isSame = near(ours.loss, theirs.loss, 1e-12) && names.every((one) => {
        const value = ours.values.get(one), other = theirs.values.get(one);
        return value === undefined || other === undefined ? numbersIn(value ?? other).every((x) => x === 0) : differ(value, other, (a, b) => near(a, b, 1e-12)) === null;
      });
      if (!isSame || applyFixes(text, unread, { unsafe: true }).text !== generated.text) wrong.push(`${String(ours.loss)} and ${String(theirs.loss)}\n${text}`);
    }
  }
  process.stdout.write(`boundary equations more: ${String(told)} told of, ${String(silent)} not\n`);
  expect(wrong).toEqual([]);
  expect(told).toBeGreaterThanOrEqual(LEAST);
  expect(silent).toBeGreaterThanOrEqual(LEAST);
}, 300_000);
