/** Random programs over time: the interpreter and the emitted PyTorch agree, by autograd and by our own equations; planted mistakes are found. */
import type { JobResult } from "@sequent/backend-pytorch";
import { timeMutations } from "@sequent/conformance";
import * as E from "fp-ts/lib/Either.js";
import { beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../../src/registry.js";
import { judged, judge, makeJudged } from "./judge.js";
import type { Judged } from "./judge.js";
import { compareOverTime } from "./pytorch.js";
import { comparedNames, observeOverTime, timeMutant } from "./subject.js";
import { ofWholeSequences, saveOverTime, shownOf, shrinkOverTime } from "./suite.js";

const PROGRAMS = 200;
const SEED = 2;
const LONG = 600_000;
const env = environment();
let programs: Judged = { asked: [], faults: [] };
let theirs: readonly JobResult[] = [];

beforeAll(async () => {
  programs = makeJudged(PROGRAMS, SEED, env);
  theirs = await judged(programs.asked);
}, LONG);

describe("the interpreter and the emitted PyTorch", () => {
  test("agree on states, gradients, loss, and parameters after two Updates", async () => {
    expect(programs.faults.slice(0, 3)).toEqual([]);
    const compared = programs.asked.map(({ found, asked }, k) => compareOverTime(found.subject, found.ours, asked, theirs[k]));
    const explicit = programs.asked.filter(({ asked }) => asked.form === "explicit").length;
    const rounding = compared.filter((one) => one.rounding).length;
    process.stdout.write(`${String(compared.length - explicit)} by autograd, ${String(explicit)} by equations; parameters after Updates left out in ${String(rounding)} (a gradient is rounding)\n`);
    const failures = programs.asked.flatMap(({ found, asked }, k) => { const why = compared[k]?.difference ?? null; return why === null ? [] : [{ found, asked, why }]; });
    const [worst] = failures.sort((a, b) => a.found.subject.generated.text.length - b.found.subject.generated.text.length);
    if (worst !== undefined) {
      const least = await shrinkOverTime(worst.found, worst.why, judge(worst.asked.form), env, ofWholeSequences);
      process.stdout.write(`${saveOverTime(least, `time-${worst.asked.form}`)}: ${worst.asked.form}: ${least.why}\n${shownOf(least.found.subject.generated)}\n`);
    }
    expect(failures).toHaveLength(0);
    expect(rounding).toBeLessThan(0.1 * PROGRAMS);
  }, LONG);

  test.each(timeMutations.map((one) => [one.name, one] as const))("differ if %s", (_, mutation) => {
    const mutant = timeMutant(mutation, env);
    const differs = programs.asked.some(({ found, asked }, k) => {
      if (mutation.meets !== null && !found.subject.generated.tags.has(mutation.meets)) return false;
      const trained = mutant.trained(found.subject);
      // A mistake that stops the interpreter is no difference; another program has to show it.
      const seen = trained === null ? null : E.tryCatch(() => observeOverTime(found.subject, mutant.env, comparedNames(found.subject), trained), String);
      return seen !== null && E.isRight(seen) && compareOverTime(found.subject, seen.right, asked, theirs[k]).difference !== null;
    });
    expect(differs).toBe(true);
  }, LONG);
});
