/** The loss of `p => y` behind a state with boundary equations is that of the equations which hold at the steps that count. */
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { testAgreement } from "./agreement.js";
import type { Least } from "./least.js";
import { arraysOf, gradientsOf, lossOf, subject, worstError } from "./support.js";

const NET = "x : [2]\ny : [3]\nS : dense[3]\nx_t --[S]-> s_t\n";
const arrays = (lengths?: readonly number[]) =>
  arraysOf({ rows: 3, steps: 5, timed: { x: [2], y: [3] }, plain: { z: [3] }, ...(lengths === undefined ? {} : { lengths }) });

/** Each with the same written from the pre-activation, and the form in which it stands. */
const EXACT: Readonly<Record<string, readonly [text: string, plain: string]>> = {
  "a first value before the first label": ["0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_t => softmax(y_t)\n", "softmax(s_t) -> v_t\nv_t => softmax(y_t)\n"],
  "a state that reads its first value": [
    "1.0 -> v_0\nsoftmax(s_t + v_{t-1}) -> v_t\nv_t => softmax(y_t)\n", "1.0 -> v_0\ns_t + v_{t-1} -> k_t\nsoftmax(k_t) -> v_t\nsoftmax(k_t) -> w_t\nw_t => softmax(y_t)\n",
  ],
  "a value behind the end": ["0.3 -> v_{T+1}\nsoftmax(s_t) -> v_t\nv_t => softmax(y_t)\n", "softmax(s_t) -> v_t\nv_t => softmax(y_t)\n"],
  "a first value, read at the end": ["0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_T => softmax(y_T)\n", "softmax(s_t) -> v_t\nv_T => softmax(y_T)\n"],
  "a boundary that no label meets, among steps": ["0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_{t-1} => softmax(y_{t-1} + y_t)\n", "softmax(s_t) -> v_t\nv_{t-1} => softmax(y_{t-1} + y_t)\n"],
  "a state renamed and shifted": ["0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_{t-1} -> w_t\nw_{t+1} => softmax(y_t)\n", "softmax(s_t) -> v_t\nv_t => softmax(y_t)\n"],
  "first values that are of the same function": [
    "z : [3]\nsoftmax(z) -> v_1\nsoftmax(s_t) -> v_t\nv_t => softmax(y_t)\n", "z : [3]\nz -> k_1\ns_t -> k_t\nsoftmax(k_t) -> v_t\nv_t => softmax(y_t)\n",
  ],
  "a first value before the first label, by name": ["0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_t =[2*ce]=> softmax(y_t)\n", "softmax(s_t) -> v_t\nv_t =[2*ce]=> softmax(y_t)\n"],
  "sigmoid": ["0.7 -> v_0\nsigmoid(s_t) -> v_t\nv_t => softmax(y_t)\n", "sigmoid(s_t) -> v_t\nv_t => softmax(y_t)\n"],
  "exp": ["0.7 -> v_0\nexp(s_t) -> v_t\nv_t => softmax(y_t)\n", "exp(s_t) -> v_t\nv_t => softmax(y_t)\n"],
};

/** ½‖p − y‖², told. */
const TOLD: Readonly<Record<string, readonly [text: string, plain: string]>> = {
  "a first value that a label meets": ["0.7 -> v_1\nsoftmax(s_t) -> v_t\nv_t => softmax(y_t)\n", "0.7 -> v_1\nsoftmax(s_t) -> v_t\nv_t =[half]=> softmax(y_t)\n"],
  "a last value that a label meets": ["0.2 -> v_T\nsoftmax(s_t) -> v_t\nv_t => softmax(y_t)\n", "0.2 -> v_T\nsoftmax(s_t) -> v_t\nv_t =[half]=> softmax(y_t)\n"],
  "the step before, whose first is a boundary": ["0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_{t-1} => softmax(y_t)\n", "0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_{t-1} =[half]=> softmax(y_t)\n"],
  "two functions": ["z : [3]\nsigmoid(z) -> v_1\nsoftmax(s_t) -> v_t\nv_t => softmax(y_t)\n", "z : [3]\nsigmoid(z) -> v_1\nsoftmax(s_t) -> v_t\nv_t =[half]=> softmax(y_t)\n"],
  "a function that bends, behind a boundary": ["0.7 -> v_0\ntanh(s_t) -> v_t\nv_t => softmax(y_t)\n", "0.7 -> v_0\ntanh(s_t) -> v_t\nv_t =[half]=> softmax(y_t)\n"],
};

const notesOf = (text: string): readonly string[] => {
  const compiled = compile(text, "test.seq", { arrays: arrays() });
  expect(E.isRight(compiled)).toBe(true);
  return E.isRight(compiled) ? compiled.right.notes.map((one) => one.code).filter((code) => code === "SQ0401") : [];
};

const KINDS = [["whole", undefined], ["ragged", [5, 1, 3]]] as const;
const same = (text: string, plain: string, lengths: readonly number[] | undefined): void => {
  const [one, other] = [text, plain].map((part) => subject(NET + part.replace("[half]", "[0.5*mse]"), arrays(lengths)));
  if (one === undefined || other === undefined) throw new Error("two programs");
  expect(lossOf(one)).toBeCloseTo(lossOf(other), 12);
  const ours = gradientsOf(one), theirs = gradientsOf(other);
  expect(ours.size).toBeGreaterThan(0);
  for (const [name, { data }] of ours) data.forEach((x, k) => { expect(x).toBeCloseTo(theirs.get(name)?.data[k] ?? NaN, 12); });
  expect(worstError(one)).toBeLessThan(1e-7);
};

describe.each(KINDS)("behind a state with boundaries, %s", (_, lengths) => {
  it.each(Object.entries(EXACT))("the loss that matches: %s", (__, [text, plain]) => {
    same(text, plain, lengths);
    expect(notesOf(NET + text)).toEqual([]);
  });
  it.each(Object.entries(TOLD))("½‖p − y‖², with a note: %s", (__, [text, plain]) => {
    same(text, plain, lengths);
    expect(notesOf(NET + text)).toEqual(["SQ0401"]);
  });
});

describe("behind a state with boundaries", () => {
  it("the loss stays finite where a prediction is 0", () => {
    const text = "x : [2]\ny : [3]\nS : dense[3]\nx_t --[S]-> s_t\n0.5 -> v_0\nsoftmax(10000*s_t) -> v_t\nv_t => softmax(y_t)\n";
    expect(Number.isFinite(lossOf(subject(text, arrays())))).toBe(true);
  });
  it("a pre-activation loss wants its function at every step that counts", () => {
    const codes = (text: string): readonly string[] => {
      const compiled = compile(NET + text, "test.seq", { arrays: arrays() });
      return E.isLeft(compiled) ? compiled.left.filter((one) => one.severity === "error").map((one) => one.code) : [];
    };
    expect(codes("0.7 -> v_0\nsoftmax(s_t) -> v_t\nv_t =[softmax_cross_entropy]=> softmax(y_t)\n")).toEqual([]);
    expect(codes("0.7 -> v_1\nsoftmax(s_t) -> v_t\nv_t =[softmax_cross_entropy]=> softmax(y_t)\n")).toEqual(["SQ0404"]);
  });
  it("many names of one state are followed once each", () => {
    const chain = Array.from({ length: 60 }, (_, k) => `0.1 -> v${String(k + 1)}_0\n0.2 -> v${String(k + 1)}_2\nv${String(k)}_{t} -> v${String(k + 1)}_t\n`).join("");
    expect(notesOf(`${NET}softmax(s_t) -> v0_t\n${chain}v60_t => softmax(y_t)\n`)).toEqual(["SQ0401"]);
  });
  it("a state that only hands on its first value is told, too", () => {
    expect(notesOf(`${NET}z : [3]\nsoftmax(z) -> v_0\nv_{t-1} -> v_t\nv_t => softmax(y_t)\n`)).toEqual(["SQ0401"]);
  });
});

const least = (text: string): Least => ({ last: [5, 2, 4], text: NET + text });
testAgreement(Object.fromEntries([...Object.entries(EXACT), ...Object.entries(TOLD)].map(([name, [text]]) => [name, least(text)])));
