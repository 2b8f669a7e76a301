/** Tests that programs over time mean the same to the interpreter and to the PyTorch that is emitted for them. */
import * as E from "fp-ts/lib/Either.js";
import { beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../src/registry.js";
import { askOverTime, compareOverTime, runOverTime } from "../fuzz/time/pytorch.js";
import type { Form } from "../fuzz/time/pytorch.js";
import { generatedOf } from "./least.js";
import type { Least } from "./least.js";
import { comparedNames, observeOverTime, timeSubject } from "../fuzz/time/subject.js";

const BOTH: readonly Form[] = ["autograd", "explicit"];
export const AUTOGRAD: readonly Form[] = ["autograd"];

export const env = environment();
/** Each of them, in each of its forms, with NaN as padding: values, gradients, the loss, and parameters after two Updates. */
export const testAgreement = (cases: Readonly<Record<string, Least>>): void => {
  const questions = Object.entries(cases).flatMap(([name, least]) => (least.forms ?? BOTH).map((form) => ({ name, least, form })));
  const differences = new Map<string, string | null>();

  beforeAll(async () => {
    const asked = questions.map(({ name, least, form }) => {
      const subject = timeSubject(generatedOf(least), env, 7, NaN);
      if (E.isLeft(subject)) throw new Error(`${name}: ${subject.left.map((one) => `${one.code} ${one.message}`).join("; ")}`);
      return { key: `${name} ${form}`, subject: subject.right, ours: observeOverTime(subject.right, env, comparedNames(subject.right)), job: askOverTime(subject.right, form) };
    });
    const jobs = asked.flatMap(({ job }) => (E.isRight(job) ? [job.right] : []));
    const results = new Map((await runOverTime(jobs)).map((result, k) => [jobs[k], result]));
    for (const { key, subject, ours, job } of asked) {
      differences.set(key, E.isLeft(job) ? job.left : compareOverTime(subject, ours, job.right, results.get(job.right)).difference);
    }
  }, 120_000);

  describe("the interpreter and the emitted PyTorch agree on", () => {
    test.each(questions.map(({ name, form }) => [name, form] as const))("%s, by %s", (name, form) => { expect(differences.get(`${name} ${form}`)).toBeNull(); });
  });
};
