/** The programs of a fuzzing run: random ones, each replaced by the next if its numbers are not finite, with both views of each. */
import { runJobs } from "@sequent/backend-pytorch";
import { generate } from "@sequent/conformance";
import type { Generated } from "@sequent/conformance";
import type { Env } from "@sequent/ir";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { ask, compareViews } from "./pytorch.js";
import type { Asked, Compared, Theirs } from "./pytorch.js";
import { isTame, observe, subjectOf, vocabularyOf } from "./subject.js";
import type { Conditions, Observation, Subject } from "./subject.js";

/** Decisions of a generator: enough of them for a dozen statements; where they run out, 0 stands for the simplest. */
export const decisions = fc.array(fc.nat(65535), { minLength: 30, maxLength: 120, size: "max" });

export interface Case {
  readonly list: readonly number[];
  readonly subject: Subject;
  readonly ours: Observation;
  readonly asked: Asked;
}

export interface Suite {
  readonly cases: readonly Case[];
  readonly generated: readonly Generated[];
  /** Programs that were replaced because a value was not finite or too large to compare. */
  readonly replaced: number;
  /** What the compiler said of generated programs, each with its text: there must be none. */
  readonly faults: readonly string[];
}

const CONDITIONS: Conditions = { seed: 7, grids: true };

/** One case, or what is wrong with it; null if its numbers are too wild to compare. */
export const caseOf = (list: readonly number[], env: Env): E.Either<string, Case | null> => {
  const generated = generate(vocabularyOf(env), list);
  const subject = subjectOf(generated, env, CONDITIONS);
  const said = (kind: string, list: readonly { readonly code: string; readonly message: string }[]): E.Either<string, never> =>
    E.left(`${kind}: ${list.map((one) => `${one.code} ${one.message}`).join("; ")}\n${generated.text}`);
  if (E.isLeft(subject)) return said("compiling", subject.left);
  const ours = observe(subject.right, env);
  if (!isTame(ours)) return E.right(null);
  const asked = ask(subject.right, env);
  return E.isLeft(asked) ? said("emitting", asked.left) : E.right({ list, subject: subject.right, ours, asked: asked.right });
};

export const makeSuite = (count: number, seed: number, env: Env): Suite => {
  const lists = fc.sample(decisions, { seed, numRuns: Math.ceil(count * 1.3) });
  const cases: Case[] = [];
  const faults: string[] = [];
  let replaced = 0;
  for (const list of lists) {
    if (cases.length + faults.length === count) break;
    const made = caseOf(list, env);
    if (E.isLeft(made)) faults.push(made.left);
    else if (made.right === null) replaced += 1;
    else cases.push(made.right);
  }
  return { cases, generated: cases.map((one) => one.subject.generated), replaced, faults };
};

/** The emitted programs' view, all in one Python process. */
export const runPython = async (cases: readonly Case[]): Promise<readonly Theirs[]> => {
  const results = await runJobs(cases.flatMap((one) => [one.asked.job, one.asked.adjoint]), { seconds: 1800 });
  if (E.isLeft(results)) throw new Error(results.left.map((one) => `${one.code} ${one.message}`).join("\n"));
  return cases.flatMap((_, k) => {
    const job = results.right[2 * k], adjoint = results.right[2 * k + 1];
    return job === undefined || adjoint === undefined ? [] : [{ job, adjoint }];
  });
};

export const compareCase = (one: Case, theirs: Theirs, ours: Observation = one.ours): Compared => compareViews(ours, one.asked, theirs);
