/** Random programs over time by the interpreter alone: what they cover, what must hold of each, and planted mistakes that must be found. */
import { coverageTable, generateOverTime, near, timeMutations } from "@sequent/conformance";
import type { Batch } from "@sequent/interpreter";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../../src/registry.js";
import { decisions } from "../suite.js";
import { vocabularyOf } from "../subject.js";
import {
  batchesSplit, compareAll, gradientsAreDerivatives, intervalsAreWhatEquationsSay, isDerivative, paddingIsNeverRead, readsBack, reversesWithItsData, schedulesInOrder, shiftsDoNotMatter, windowGradientsAreDerivatives, windowsAreOnePass,
} from "./properties.js";
import type { Property } from "./properties.js";
import { comparedNames, observeOverTime, timeMutant } from "./subject.js";
import { makeTimeSuite, saveOverTime, shownOf, shrinkOverTime, timeCoverage } from "./suite.js";
import type { TimeCase, TimeSuite } from "./suite.js";

const PROGRAMS = 1000;
/** How many are evaluated here; PyTorch and the script judge more. */
const SOME = 200;
const SEED = 1;
const LONG = 600_000;
const env = environment();
let suite: TimeSuite = { cases: [], replaced: 0, faults: [] };

beforeAll(() => { suite = makeTimeSuite(SOME, SEED, env); }, LONG);

test(`${String(PROGRAMS)} programs contain what programs over time may contain, each at least 20 times`, () => {
  const vocabulary = vocabularyOf(env);
  const rows = timeCoverage(env, fc.sample(decisions, { seed: SEED, numRuns: PROGRAMS }).map((list) => generateOverTime(vocabulary, list)));
  process.stdout.write(coverageTable(rows));
  expect(rows.filter((row) => row.programs < 20)).toEqual([]);
});

test("programs compile without an error or a lint, and have finite values", () => {
  process.stdout.write(`${String(SOME)} programs over time; ${String(suite.replaced)} more were replaced\n`);
  expect(suite.faults.slice(0, 3)).toEqual([]);
  expect(suite.cases).toHaveLength(SOME);
  expect(suite.replaced).toBeLessThan(0.1 * SOME);
});

const holds = async (property: Property, name: string, cases: readonly TimeCase[]): Promise<void> => {
  const verdict = (one: TimeCase): string | null => property(one.subject, env);
  const failures = cases.flatMap((found) => { const why = verdict(found); return why === null ? [] : [{ found, why }]; });
  const [worst] = failures.sort((a, b) => a.found.subject.generated.text.length - b.found.subject.generated.text.length);
  if (worst !== undefined) {
    const least = await shrinkOverTime(worst.found, worst.why, (smaller) => Promise.resolve(smaller.map(verdict)), env);
    process.stdout.write(`${saveOverTime(least, name)}: ${least.why}\n${shownOf(least.found.subject.generated)}\n`);
  }
  expect(failures).toHaveLength(0);
};

describe("every program over time", () => {
  const PROPERTIES: readonly (readonly [string, string, Property, number])[] = [
    ["has gradients that are central differences", "time-gradients", gradientsAreDerivatives, SOME],
    ["has such gradients in each of its windows", "time-window-gradients", windowGradientsAreDerivatives, SOME],
    ["has in N windows the values of one pass", "time-windows", windowsAreOnePass(), SOME],
    ["reads no padding", "time-padding", paddingIsNeverRead, SOME],
    ["does not depend on how a batch is put together", "time-batches", batchesSplit, SOME],
    ["may have its equations written for any step", "time-shifts", shiftsDoNotMatter, SOME / 2],
    ["gives mirrored values for mirrored data", "time-mirror", reversesWithItsData, SOME],
    ["has at its intervals what its equations give", "time-intervals", intervalsAreWhatEquationsSay, SOME],
    ["is the same once it is printed, or written as JSON, and read again", "time-readback", readsBack, SOME / 4],
    ["is scheduled so that nothing is read before it is computed", "time-schedule", schedulesInOrder, SOME / 2],
  ];
  test.each(PROPERTIES)("%s", async (_, name, property, count) => { await holds(property, name, suite.cases.slice(0, count)); }, LONG);

  test("has a gradient that is a derivative, mostly", () => {
    expect(suite.cases.filter((one) => isDerivative(one.subject)).length).toBeGreaterThan(SOME / 2);
    expect(suite.cases.filter((one) => one.subject.generated.horizon !== null).length).toBeGreaterThan(SOME / 20);
    expect(suite.cases.filter((one) => one.subject.generated.mirrored !== null).length).toBeGreaterThan(SOME / 20);
    expect(suite.cases.filter((one) => one.subject.generated.ragged).length).toBeGreaterThan(SOME / 10);
  });
});

describe("a planted mistake is found", () => {
  const close = (a: number, b: number): boolean => near(a, b, 1e-9);
  test.each(timeMutations.map((one) => [one.name, one] as const))("%s", (_, mutation) => {
    const mutant = timeMutant(mutation, env);
    const met = suite.cases.filter((one) => mutation.meets === null || one.subject.generated.tags.has(mutation.meets));
    const found = met.find((one) => {
      const trained = mutant.trained(one.subject);
      // A mistake that stops the interpreter is no difference; another program has to show it.
      const seen = trained === null ? null : E.tryCatch(() => observeOverTime(one.subject, mutant.env, comparedNames(one.subject), trained), String);
      return seen !== null && E.isRight(seen) && compareAll(seen.right, one.ours, close) !== null;
    });
    expect(met.length).toBeGreaterThan(0);
    expect(found).toBeDefined();
  }, LONG);

  test("padding that counts", () => {
    const unmasked = ({ last: _, ...batch }: Batch): Batch => batch;
    const found = suite.cases.filter((one) => one.subject.generated.ragged).find(({ subject, ours }) => {
      const { subject: seen, end } = { subject: unmasked(subject.batch), end: subject.generated.end };
      return compareAll(observeOverTime(subject, env, comparedNames(subject), subject.trained, { ...seen, last: new Int32Array(seen.rows).fill(end) }), ours, close) !== null;
    });
    expect(found).toBeDefined();
  });

  test("a value carried one step late", () => {
    const late = windowsAreOnePass((entries) => entries.map((entry) => ({ ...entry, step: entry.step + 1 })));
    expect(suite.cases.find((one) => late(one.subject, env) !== null)).toBeDefined();
  });

  test("a value that is not carried", () => {
    const lost = windowsAreOnePass(() => []);
    expect(suite.cases.find((one) => lost(one.subject, env) !== null)).toBeDefined();
  });
});
