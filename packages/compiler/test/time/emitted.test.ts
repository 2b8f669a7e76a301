/** Least programs over time that the emitted PyTorch once computed otherwise than the interpreter: values, gradients and Updates agree in both forms. */
import type { GeneratedOverTime } from "@sequent/conformance";
import * as E from "fp-ts/lib/Either.js";
import { beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../src/registry.js";
import { askOverTime, compareOverTime, runOverTime } from "../fuzz/time/pytorch.js";
import type { Form } from "../fuzz/time/pytorch.js";
import { comparedNames, observeOverTime, timeSubject } from "../fuzz/time/subject.js";

interface Least {
  readonly text: string;
  /** The last step of each row. */
  readonly last: readonly number[];
  /** Steps of the arrays, beyond the longest row. */
  readonly end?: number;
  readonly forms?: readonly Form[];
}

const BOTH: readonly Form[] = ["autograd", "explicit"];
const AUTOGRAD: readonly Form[] = ["autograd"];
const NET = "F : dense[2]\nh_t => y_t\ny : [2]\n";
const CASES: Readonly<Record<string, Least>> = {
  "a mean over no instance": { last: [1, 1], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_t => y_{t+1}\ny : [2]\n" },
  "a mean over no instance of any row": { last: [1, 1], end: 3, text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_t => y_{t+1}\ny : [2]\n" },
  "the mean over all of its own later steps, rows shorter than the arrays": {
    last: [4], end: 5, forms: AUTOGRAD, text: `x : [2]\nmean(h_{t+1..T}, axis=0) | x_t --[F|tanh]-> h_t\n0 -> h_T\n${NET}`,
  },
  "the greatest of its own later steps, rows of their own lengths": {
    last: [5, 2, 4], forms: AUTOGRAD, text: `x : [2]\nmax(h_{t+1..T+1}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_{T+1}\n${NET}`,
  },
  "attention over its own later steps, rows of their own lengths": {
    last: [5, 2, 4], end: 6, forms: AUTOGRAD,
    text: `x : [2]\nsoftmax(matmul(u_{t..T}, h_{t+1})) -> a_t\nmatmul(a_t, u_{t..T}) | x_t --[F|tanh]-> h_t\nh_{t+1} | x_t --[G|tanh] -> u_t\n0.1 -> h_{T+1}\nG : dense[2]\n${NET}`,
  },
  "its own past from the second step on": {
    last: [5, 2, 4], forms: AUTOGRAD, text: `x : [2]\nmean(h_{1..t-1}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_0\n0.3 -> h_1\n${NET}`,
  },
  "`x_{t-1} $ J`, where `J` reads `x_t` too": {
    last: [4, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_{t-1} | h_t --[G]-> q_t\nG : dense[1]\nh_{t-1} $ sum(q_t) - 0.5 * sum(h_{t-1} ^ 2)\n",
  },
};

const generatedOf = ({ text, last, end = Math.max(...last) }: Least): GeneratedOverTime => ({
  text, shifted: text, mirrored: null, rows: last.length, start: 1, last, end, ragged: new Set([...last, end]).size > 1, horizon: null, reach: new Map(), tags: new Set(),
  inputs: [...text.matchAll(/^([xyz]) : \[(\d)\]/gm)].map(([, name = "", size = "1"]) => ({ name, size: Number(size), classes: null, timed: name !== "z", held: name === "y" })),
});

const env = environment();
const QUESTIONS = Object.entries(CASES).flatMap(([name, least]) => (least.forms ?? BOTH).map((form) => ({ name, least, form })));
const differences = new Map<string, string | null>();

beforeAll(async () => {
  const asked = QUESTIONS.map(({ name, least, form }) => {
    const subject = timeSubject(generatedOf(least), env);
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
  test.each(QUESTIONS.map(({ name, form }) => [name, form] as const))("%s, by %s", (name, form) => { expect(differences.get(`${name} ${form}`)).toBeNull(); });
});
