/** A least program for each refusal of the emitted PyTorch. A test fails when it is printed: then the refusal goes. */
import type { GeneratedOverTime } from "@sequent/conformance";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { environment } from "../../../src/registry.js";
import { REFUSALS } from "./limits.js";
import { askOverTime } from "./pytorch.js";
import type { Form } from "./pytorch.js";
import { timeSubject } from "./subject.js";

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
  { limit: "SQ0905 autograd from one instance", form: "autograd", last: [4, 4], text: ["x : [2]", "x_t --[F|tanh]-> u_t", "F : dense[2]", "0 -> g_0", "0.5*g_{t-1} + u_t -> g_t", "u_{t-1} $ sum(g_t)"] },
  { limit: "SQ0905 our own equations of a state that reads", form: "explicit", last: [4, 4], text: ["x : [2]", "mean(h_{t-3..t-1}, axis=0) | x_t --[F|tanh]-> h_t", "0 -> h_0", ...NET] },
  { limit: "SQ0905 a backward recurrence with several", form: "autograd", last: [5, 3], text: ["x : [2]", "h_{t+2} | x_t --[F|tanh]-> h_t", "0 -> h_T", "1 -> h_{T-1}", ...NET] },
  { limit: "SQ0905 sequences of fewer than", form: "autograd", last: [1, 1], text: ["x : [2]", "h_{t+2} | x_t --[F|tanh]-> h_t", "0 -> h_T", "1 -> h_{T-1}", ...NET] },
  { limit: "SQ0905 a range with a moving end", form: "explicit", last: [3, 2], text: ["x : [2]", "x_t --[F|tanh]-> v_t", "F : dense[2]", "mean(v_{1..t}, axis=0) -> m_t", "m_T --[G]-> q", "G : dense[2]", "q => z", "z : [2]"] },
  { limit: "SQ0905 the number of a step", form: "explicit", last: [3, 2], text: ["x : [2]", "x_t * (0.1 * t) -> v_t", "v_T --[G]-> q", "G : dense[2]", "q => z", "z : [2]"] },
];

const env = environment();
const subjectOf = ({ text, last, end = Math.max(...last) }: Least): GeneratedOverTime => {
  const lines = text.join("\n");
  const inputs = [...lines.matchAll(/^([xyz]) : \[(\d)\]/gm)].map(([, name = "", size = "1"]) => ({ name, size: Number(size), classes: null, timed: name !== "z", held: name === "y" }));
  return {
    text: `${lines}\n`, shifted: lines, mirrored: null, inputs, rows: last.length, start: 1, last, end, ragged: new Set([...last, end]).size > 1,
    batch: null, horizon: null, reach: new Map(), tags: new Set(),
  };
};

describe("what PyTorch does not do yet", () => {
  test("is shown refusal by refusal", () => { expect(REFUSALS.filter((what) => !LEAST.some((one) => what.startsWith(one.limit)))).toEqual([]); });

  test.each(LEAST.map((one) => [one.limit, one] as const))("%s: is refused", (_, least) => {
    const subject = timeSubject(subjectOf(least), env);
    if (E.isLeft(subject)) throw new Error(subject.left.map((one) => `${one.code} ${one.message}`).join("; "));
    const asked = askOverTime(subject.right, least.form);
    expect(E.isLeft(asked) ? asked.left : "it is printed now: take the refusal away").toContain(least.limit);
  });
});
