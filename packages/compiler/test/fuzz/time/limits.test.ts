/** A least program for each declared limit. A test fails when PyTorch agrees: then the limit goes. */
import type { GeneratedOverTime } from "@sequent/conformance";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { environment } from "../../../src/registry.js";
import { LIMITS, REFUSALS } from "./limits.js";
import { askOverTime, compareOverTime, runOverTime } from "./pytorch.js";
import type { Form } from "./pytorch.js";
import { comparedNames, observeOverTime, timeSubject } from "./subject.js";

interface Least {
  readonly limit: string;
  readonly form: Form;
  readonly text: readonly string[];
  readonly last: readonly number[];
  /** Steps of the arrays, beyond the longest row. */
  readonly end?: number;
}

const NET = ["F : dense[2]", "h_t => y_t", "y : [2]"];
const LEAST: readonly Least[] = [
  { limit: "boundary steps that lie", form: "autograd", last: [2, 1], text: ["x : [2]", "h_{t+2} | x_t --[F|tanh]-> h_t", "0 -> h_T", "1 -> h_{T-1}", ...NET] },
  { limit: "a value or a statement without", form: "autograd", last: [1, 1], text: ["x : [2]", "F : dense[2]", "x_t --[F|tanh]-> h_t", "h_t => y_{t+1}", "y : [2]"] },
  { limit: "`back` of @horizon", form: "autograd", last: [3, 3], text: ["@horizon back=2 ahead=0", "x : [2]", "mean(x_{0..t}, axis=0) --[F|tanh]-> h_t", ...NET] },
  { limit: "gradients by our equations of ranges with a fixed end", form: "explicit", last: [4, 4], text: ["x : [2]", "x_t --[F|tanh]-> h_t", "max(h_{t..T}, axis=0) -> m_t", "m_t --[G]-> p_t => y_t", "F : dense[2]", "G : dense[2]", "y : [2]"] },
  { limit: "gradients by our equations of ranges of a recurrence's", form: "explicit", last: [4, 4], text: ["x : [2]", "mean(h_{t-3..t-1}, axis=0) | x_t --[F|tanh]-> h_t", "0 -> h_0", ...NET] },
  { limit: "gradients by our equations of a layer of width 1", form: "explicit", last: [3, 3], text: ["x : [2]", "[1, 0.5] --[S|tanh]-> h_{T+1}", "S : dense[1]", "h_{t+1} | x_t --[F|tanh]-> h_t", "F : dense[1]", "h_t => y_t", "y : [1]"] },
  { limit: "windows that begin at an unknown place", form: "explicit", last: [4, 1], text: ["x : [2]", "x_t --[F|tanh]-> v_t", "F : dense[2]", "0.5 -> v_{T+1}", "mean(v_{t..t+2}, axis=0) -> m_t", "m_T --[G]-> q", "G : dense[2]", "q => z", "z : [2]"] },
  { limit: "gradients by our equations of lags", form: "explicit", last: [6], text: ["x : [2]", "h_{t-1} | g_{t-3} | x_{t+1} --[F|tanh]-> h_t", "h_t | g_{t-1} --[G|tanh]-> g_t", "G : dense[2]", "0 -> h_{-1}", "0 -> h_0", "0 -> h_1", "x_1 --[S|tanh]-> g_{-1}", "S : dense[2]", "0.5 -> g_0", "0 -> g_1", "g_t => y_t", "F : dense[2]", "y : [2]"] },
  { limit: "`x_{t-1} $ J`", form: "autograd", last: [4, 4], text: ["x : [2]", "F : dense[2]", "x_t --[F|tanh]-> h_t", "h_{t-1} | h_t --[G]-> q_t", "G : dense[1]", "h_{t-1} $ sum(q_t) - 0.5 * sum(h_{t-1} ^ 2)"] },
  { limit: "several boundary steps", form: "autograd", last: [5, 3], text: ["x : [2]", "h_{t+2} | x_t --[F|tanh]-> h_t", "0 -> h_T", "1 -> h_{T-1}", ...NET] },
  { limit: "attention over a range", form: "autograd", last: [3, 3], text: ["x : [2]", "z : [3]", "x_t --[F]-> k_t", "F : dense[2]", "z --[G]-> q", "G : dense[2]", "softmax(matmul(k_{t..T}, q)) -> a_t", "matmul(a_t, x_{t..T}) -> o_t", "o_t => y_t", "y : [2]"] },
];

const env = environment();
const subjectOf = ({ text, last, end = Math.max(...last) }: Least): GeneratedOverTime => {
  const lines = text.join("\n");
  const inputs = [...lines.matchAll(/^([xyz]) : \[(\d)\]/gm)].map(([, name = "", size = "1"]) => ({ name, size: Number(size), classes: null, timed: name !== "z", held: name === "y" }));
  return {
    text: `${lines}\n`, shifted: lines, mirrored: null, inputs, rows: last.length, start: 1, last, end, ragged: new Set(last).size > 1,
    horizon: null, reach: new Map(), tags: new Set(),
  };
};

describe("what PyTorch does not do yet", () => {
  test("is shown limit by limit", () => { expect([...LIMITS.map((one) => one.what), ...REFUSALS].filter((what) => !LEAST.some((one) => what.startsWith(one.limit)))).toEqual([]); });

  // A wrong answer is expected, not a program that does not compile.
  test.each(LEAST.map((one) => [one.limit, one] as const))("%s: differs", async (_, least) => {
    const subject = timeSubject(subjectOf(least), env);
    if (E.isLeft(subject)) throw new Error(subject.left.map((one) => `${one.code} ${one.message}`).join("; "));
    const ours = observeOverTime(subject.right, env, comparedNames(subject.right));
    const asked = askOverTime(subject.right, least.form);
    const [result] = E.isLeft(asked) ? [] : await runOverTime([asked.right]);
    const difference = E.isLeft(asked) ? asked.left : compareOverTime(subject.right, ours, asked.right, result).difference;
    process.stdout.write(`${least.limit}: ${difference ?? "agrees"}\n`);
    expect(difference, "it agrees now: take the limit away").not.toBeNull();
  });
});
