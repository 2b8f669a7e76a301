/** The programs over time of a fuzzing run, each replaced by the next if its numbers are not finite; shrinking what fails. */
import fs from "node:fs";
import path from "node:path";
import { generateOverTime, timeTags } from "@sequent/conformance";
import type { Covered, GeneratedOverTime } from "@sequent/conformance";
import type { Env } from "@sequent/ir";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { decisions } from "../suite.js";
import { vocabularyOf } from "../subject.js";
import { comparedNames, isTameOverTime, observeOverTime, timeSubject } from "./subject.js";
import type { TimeObservation, TimeSubject } from "./subject.js";

export interface TimeCase {
  readonly list: readonly number[];
  readonly subject: TimeSubject;
  readonly ours: TimeObservation;
}

export interface TimeSuite {
  readonly cases: readonly TimeCase[];
  readonly replaced: number;
  /** What the compiler said of generated programs, each with its text: there must be none. */
  readonly faults: readonly string[];
}

/** A program with its sequences, as those who look for a mistake want to see it. */
export const shownOf = ({ text, start, last, end, rows }: GeneratedOverTime): string =>
  `# steps ${String(start)} to ${last.map(String).join(", ")} of ${String(end)}, ${String(rows)} rows\n${text}`;

/** One case, or what is wrong with it; null if its numbers are too wild to compare. */
export const timeCaseOf = (list: readonly number[], env: Env, change = (one: GeneratedOverTime): GeneratedOverTime => one): E.Either<string, TimeCase | null> => {
  const generated = change(generateOverTime(vocabularyOf(env), list));
  const subject = timeSubject(generated, env);
  if (E.isLeft(subject)) return E.left(`${subject.left.map((one) => `${one.code} ${one.message}`).join("; ")}\n${shownOf(generated)}`);
  const ours = observeOverTime(subject.right, env, comparedNames(subject.right));
  return E.right(isTameOverTime(ours) ? { list, subject: subject.right, ours } : null);
};

export const makeTimeSuite = (count: number, seed: number, env: Env): TimeSuite => {
  const cases: TimeCase[] = [], faults: string[] = [];
  let replaced = 0;
  for (const list of fc.sample(decisions, { seed, numRuns: Math.ceil(count * 1.2) })) {
    if (cases.length + faults.length === count) break;
    const made = timeCaseOf(list, env);
    if (E.isLeft(made)) faults.push(made.left);
    else if (made.right === null) replaced += 1;
    else cases.push(made.right);
  }
  return { cases, replaced, faults };
};

/** How many of some programs have each tag, the rarest first. */
export const timeCoverage = (env: Env, programs: readonly GeneratedOverTime[]): readonly Covered[] => {
  const counts = new Map(timeTags(vocabularyOf(env)).map((tag) => [tag, 0]));
  for (const { tags } of programs) for (const tag of tags) if (counts.has(tag)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].map(([tag, programs]) => ({ tag, programs })).sort((a, b) => a.programs - b.programs || (a.tag < b.tag ? -1 : 1));
};

/** The program of whole sequences: of PyTorch only train.py goes through windows, and `windows-pytorch.test.ts` holds it to them. */
export const ofWholeSequences = (generated: GeneratedOverTime): GeneratedOverTime => ({ ...generated, text: generated.text.replace(/^@horizon .*\n/m, ""), horizon: null });

/** What is wrong with a case; null if nothing is. Several are asked at once, for a process costs more than a program. */
export type Judge = (cases: readonly TimeCase[]) => Promise<readonly (string | null)[]>;

const ROUNDS = 6, WIDTH = 40;

/** A case that fails, made smaller as long as one of fast-check's smaller lists of decisions still fails. */
export const shrinkOverTime = async (found: TimeCase, why: string, judge: Judge, env: Env, change?: Parameters<typeof timeCaseOf>[2]): Promise<{ readonly found: TimeCase; readonly why: string }> => {
  let best = { found, why };
  for (let round = 0; round < ROUNDS; round += 1) {
    const smaller: TimeCase[] = [];
    for (const { value } of decisions.shrink([...best.found.list], undefined)) {
      const made = timeCaseOf(value, env, change);
      if (E.isRight(made) && made.right !== null && made.right.subject.generated.text.length < best.found.subject.generated.text.length) smaller.push(made.right);
      if (smaller.length === WIDTH) break;
    }
    const verdicts = await judge(smaller);
    const next = smaller.flatMap((one, k) => { const verdict = verdicts[k] ?? null; return verdict === null ? [] : [{ found: one, why: verdict }]; });
    const [first] = next.sort((a, b) => a.found.subject.generated.text.length - b.found.subject.generated.text.length);
    if (first === undefined) return best;
    best = first;
  }
  return best;
};

/** The program, its sequences and what is wrong, in the package's `reports/fuzz`. */
export const saveOverTime = ({ found, why }: { readonly found: TimeCase; readonly why: string }, name: string): string => {
  const folder = path.resolve(import.meta.dirname, "../../../reports/fuzz");
  fs.mkdirSync(folder, { recursive: true });
  const { generated, arrays, seed } = found.subject;
  const file = path.join(folder, `${name}.seq`);
  fs.writeFileSync(file, shownOf(generated));
  const inputs = Object.fromEntries([...arrays].map(([key, { shape, data, from }]) => [key, { shape, data: [...data], from }]));
  fs.writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify({ why, seed, decisions: found.list, inputs }, null, 1)}\n`);
  return file;
};
