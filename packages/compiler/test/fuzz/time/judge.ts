/** Programs over time with their jobs for PyTorch. */
import type { JobResult } from "@sequent/backend-pytorch";
import type { Env } from "@sequent/ir";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { decisions } from "../suite.js";
import { askOverTime, compareOverTime, runOverTime } from "./pytorch.js";
import type { AskedOverTime, Form } from "./pytorch.js";
import { ofWholeSequences, shownOf, timeCaseOf } from "./suite.js";
import type { Judge, TimeCase } from "./suite.js";

export interface Judged {
  readonly asked: readonly { readonly found: TimeCase; readonly asked: AskedOverTime }[];
  readonly faults: readonly string[];
}

/** Asks for `count` programs by autograd, and for every third of them by our own equations too. */
export const makeJudged = (count: number, seed: number, env: Env): Judged => {
  const all: { readonly found: TimeCase; readonly asked: AskedOverTime }[] = [];
  const faults: string[] = [];
  const left: Record<Form, number> = { autograd: count, explicit: Math.ceil(count / 3) };
  for (const list of fc.sample(decisions, { seed, numRuns: 4 * count })) {
    if (left.autograd + left.explicit === 0) break;
    const made = timeCaseOf(list, env, ofWholeSequences);
    if (E.isLeft(made)) faults.push(made.left);
    const found = E.isRight(made) ? made.right : null;
    if (found === null) continue;
    for (const form of ["autograd", "explicit"] as const) {
      if (left[form] === 0) continue;
      const asked = askOverTime(found.subject, form);
      if (E.isLeft(asked)) faults.push(`${form}: ${asked.left}\n${shownOf(found.subject.generated)}`);
      else all.push({ found, asked: asked.right });
      left[form] -= 1;
    }
  }
  return { asked: all, faults };
};

export const judged = (asked: Judged["asked"]): Promise<readonly JobResult[]> => runOverTime(asked.map((one) => one.asked));

/** What shrinking asks. */
export const judge = (form: Form): Judge => async (cases) => {
  const asked = cases.map((found) => askOverTime(found.subject, form));
  const right = asked.flatMap((one) => (E.isRight(one) ? [one.right] : []));
  const results = new Map((await runOverTime(right)).map((result, k) => [right[k], result]));
  return cases.map((found, k) => {
    const one = asked[k];
    if (one === undefined) return null;
    if (E.isLeft(one)) return one.left;
    return compareOverTime(found.subject, found.ours, one.right, results.get(one.right)).difference;
  });
};
