/** Gradients that macros with recurrences of their own state for themselves: the interpreter, PyTorch's autograd and our equations agree. */
import { NOWHERE } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { evaluate } from "../../src/evaluate.js";
import { evaluateInPytorch } from "../../src/evaluate-pytorch.js";
import { numbersIn } from "../fuzz/time/subject.js";
import { testAgreement } from "./agreement.js";
import type { Least } from "./least.js";
import { emitPytorch } from "../../src/pytorch.js";
import { arraysOf, subject, worstError } from "./support.js";

const NET = "x : [2]\ny : [2]\nF : dense[2]\n";
const LOOP = "0 -> h_0\nh_{t-1}|x_t --[F|Keep]-> h_t\nh_t => y_t\n", ALONE = "x_t --[F|Keep]-> h_t\nh_t => y_t\n";
const keep = (lines: readonly string[], formals = "v"): string => [`Keep: ${formals}`, ...lines.map((line) => `    ${line}`)].join("\n") + "\n";
const LEAKY = ["0 -> s_0", "0.5*s_{t-1} + v -> s_t"];
const LAST = [5, 2, 4];

/** What they state is not the gradient. */
const OTHER: Readonly<Record<string, string>> = {
  "what reaches the result": keep([...LEAKY, "s_t -> y", "^y -> ^v", "return y"]) + LOOP,
  "of a macro that is in no recurrence": keep([...LEAKY, "^s_t * 2 -> ^v", "return s_t"]) + ALONE,
  "from the result and the argument": keep([...LEAKY, "tanh(s_t) -> y", "^y * y * (1 - v) -> ^v", "return y"]) + LOOP,
  "from an earlier step of the macro's own state": keep(["0 -> s_0", "tanh(0.5*s_{t-1} + v) -> s_t", "^s_t * (1 - s_t*s_t) * (1 + s_{t-1}) -> ^v", "return s_t"]) + LOOP,
  "from a range of them": keep(["0 -> s_0", "mean(s_{t-3..t-1}, axis=0) + v -> s_t", "^s_t * mean(s_{t-2..t}, axis=0) -> ^v", "return s_t"]) + LOOP,
  "by two equations": keep([...LEAKY, "^s_t*2 -> q", "q + q*s_t -> ^v", "return s_t"]) + LOOP,
  "none": `${keep([...LEAKY, "0*^s_t -> ^v", "return s_t"])}${LOOP}x_t --[G]-> q_t => y_t\nG : dense[2]\n`,
  "of one argument, where the other's is as it is, and the weights'":
    `${keep(["0 -> s_0", "u|s_{t-1} --[A]-> a", "tanh(a + v) -> s_t", "^s_t * 0.3 -> ^v", "A : dense[2]", "return s_t"], "u, v")}0 -> h_0\nh_{t-1}|x_t --[F]-> g_t\nh_{t-1}, g_t --[Keep]-> h_t\nh_t => y_t\n`,
  "of a weight": keep(["0 -> s_0", "s_{t-1}|v --[A|tanh]-> s_t", "outer(^s_t*(1-s_t), v|v) -> ^A.weight", "A : dense[2]", "return s_t"]) + LOOP,
  "of a weight, in a macro without time": `${keep(["v --[A|tanh]-> s", "outer(^s*(1-s), v) -> ^A.weight", "A : dense[2]", "return s"])}${ALONE}`,
  "of two results": `${keep(["0 -> s_0", "0 -> r_0", "0.5*s_{t-1} + v -> s_t", "0.5*r_{t-1} + v*v -> r_t", "^s_t*2 + ^r_t*s_t -> ^v", "return s_t, r_t"])}0 -> h_0\nh_{t-1}|x_t --[F|Keep]-> g_t, k_t\ng_t*k_t -> h_t\nh_t => y_t\n`,
  "of a result whose loss is found inside": `${keep([...LEAKY, "v --[softmax]-> p", "^s_t * 2 -> ^v", "return s_t, p"])}x_t --[F|Keep]-> h_t, p_t\nh_t => y_t\np_t => softmax(y_t)\n`,
  "of draws": keep(["0 -> s_0", "0.5*s_{t-1} + dropout(v) -> s_t", "^s_t * 2 -> ^v", "return s_t"]) + LOOP,
  "of a recurrence to the past": `${keep(["0 -> s_{T+1}", "0.5*s_{t+1} + v -> s_t", "^s_t * 2 -> ^v", "return s_t"])}0 -> h_{T+1}\nh_{t+1}|x_t --[F|Keep]-> h_t\nh_t => y_t\n`,
  "of three uses, two of them one behind the other": `${keep([...LEAKY, "^s_t * 2 -> ^v", "return s_t"])}0 -> h_0\nh_{t-1}|x_t --[F|Keep_1]-> g_t\ng_t --[Keep_2]-> h_t\nx_t --[G|Keep_3]-> k_t\nG : dense[2]\nh_t + k_t => y_t\n`,
  "of a frozen use": `${keep([...LEAKY, "^s_t * 2 -> ^v", "return s_t"])}0 -> h_0\nh_{t-1}|x_t --[F|frozen(Keep)]-> h_t\nh_t => y_t\n`,
  "of uses one behind the other, with weights": `${keep(["v --[A|tanh]-> q", "0 -> s_0", "0.5*s_{t-1} + q -> s_t", "A : dense[2]", "^s_t * (1 + v) -> ^v", "return s_t"])}x_t --[Keep_1|Keep_2|F]-> h_t\nh_t => y_t\n`,
  "on the way of an objective": `${keep([...LEAKY, "^s_t * 2 -> ^v", "return s_t"])}x_t --[F|tanh]-> u_t\n0 -> g_0\n0.5*g_{t-1} + u_t --[Keep]-> g_t\nu_t $ sum(g_t)\ng_t => y_t\n`,
  "from a recurrence that it alone needs": keep([...LEAKY, "0 -> r_0", "0.9*r_{t-1} + 0.1*v*v -> r_t", "^s_t * r_t -> ^v", "return s_t"]) + ALONE,
};

/** What they state is the gradient: central differences say so. */
const TRUE: Readonly<Record<string, string>> = {
  "of a step": `${keep(["0 -> c_0", "0.5*c_{t-1} + 0.1 -> c_t", "tanh(c_t + v*u) -> s_t", "^s_t * (1 - s_t*s_t) * u -> ^v", "^s_t * (1 - s_t*s_t) * v -> ^u", "return s_t"], "u, v")}x_t --[F|tanh]-> q_t\nx_t --[G|tanh]-> r_t\nG : dense[2]\nq_t, r_t --[Keep]-> h_t\nh_t => y_t\n`,
};
const BACKWARD = ["0 -> g_{T+1}", "0.5*g_{t+1} + ^s_t -> g_t", "g_t -> ^v", "return s_t"];
const BACK = "0 -> h_{T+1}\nh_{t+1}|x_t --[F|Keep]-> h_t\nh_t => y_t\n", LEAKY_BACK = ["0 -> s_{T+1}", "0.5*s_{t+1} + v -> s_t"];
const SQUASHED = ["0 -> s_0", "tanh(0.5*s_{t-1} + v) -> s_t"];
/** Those that go back through the steps, each the gradient. */
const THROUGH: Readonly<Record<string, string>> = {
  "through all steps": keep([...LEAKY, ...BACKWARD]) + ALONE,
  "through all steps, within a recurrence": keep([...LEAKY, ...BACKWARD]) + LOOP,
  "through all steps, within a recurrence to the past": keep([...LEAKY_BACK, "0 -> g_0", "0.5*g_{t-1} + ^s_t -> g_t", "g_t -> ^v", "return s_t"]) + BACK,
  "through all steps, of two lags": keep(["0 -> s_0", "0 -> s_{-1}", "0.5*s_{t-1} - 0.3*s_{t-2} + v -> s_t", "^s_t -> q_t", "0 -> g_{T+1}", "q_T -> g_T", "0.5*g_{t+1} - 0.3*g_{t+2} + q_t -> g_t", "g_t -> ^v", "return s_t"]) + LOOP,
  "through all steps, from values of later ones": keep([...SQUASHED, "^s_t -> q_t", "q_T -> g_T", "0.5*g_{t+1}*(1 - s_{t+1}*s_{t+1}) + q_t -> g_t", "g_t*(1 - s_t*s_t) -> ^v", "return s_t"]) + LOOP,
  "through all steps, from values of later ones, in no recurrence": keep([...SQUASHED, "^s_t -> q_t", "q_T -> g_T", "0.5*g_{t+1}*(1 - s_{t+1}*s_{t+1}) + q_t -> g_t", "g_t*(1 - s_t*s_t) -> ^v", "return s_t"]) + ALONE,
  "through all steps, of what each hands on": keep([...SQUASHED, "0 -> g_{T+1}", "(0.5*g_{t+1} + ^s_t)*(1 - s_t*s_t) -> g_t", "g_t -> ^v", "return s_t"]) + LOOP,
};
const AHEAD: Readonly<Record<string, string>> = {
  "of other steps, to a boundary that is not 0": keep([...LEAKY, "1 -> g_{T+1}", ...BACKWARD.slice(1)]) + LOOP,
  "of other steps, to a boundary that is a last value": keep([...LEAKY, "s_T -> g_{T+1}", ...BACKWARD.slice(1)]) + LOOP,
  "of other steps, two lags, to a boundary that is not 0": keep([...LEAKY, "^s_t -> q_t", "1 -> g_{T+1}", "q_T -> g_T", "0.5*g_{t+1} - 0.3*g_{t+2} + q_t -> g_t", "g_t -> ^v", "return s_t"]) + LOOP,
  "of other steps, to the past, to a boundary that is not 0": keep([...LEAKY_BACK, "1 -> g_0", "0.5*g_{t-1} + ^s_t -> g_t", "g_t -> ^v", "return s_t"]) + BACK,
  "of other steps, to the past, in no recurrence": keep([...LEAKY_BACK, "0 -> g_0", "0.5*g_{t-1} + ^s_t -> g_t", "g_t -> ^v", "return s_t"]) + ALONE,
  "of other steps, to the past, two lags, from values of both sides": keep([...LEAKY_BACK, "^s_t -> q_t", "0 -> g_0", "q_1 -> g_1", "0.5*g_{t-1} - 0.3*g_{t-2} + q_t*(1 + s_{t-1}*s_{t+1}) -> g_t", "g_t -> ^v", "return s_t"]) + BACK,
  "of other steps, from earlier values": keep([...SQUASHED, "0 -> g_{T+1}", "(0.5*g_{t+1} + ^s_t)*(1 - s_t*s_t + s_{t-1}) -> g_t", "g_t -> ^v", "return s_t"]) + LOOP,
  "of the next step alone": keep([...LEAKY, "^s_t -> q_t", "q_T -> g_T", "0.5*q_{t+1} + q_t -> g_t", "g_t -> ^v", "return s_t"]) + LOOP,
  "of other steps, of two results by two recurrences": `${keep(["0 -> s_0", "0 -> r_0", "0.5*s_{t-1} + v -> s_t", "0.3*r_{t-1} + v*v -> r_t", "0 -> g_{T+1}", "0 -> q_{T+1}", "0.5*g_{t+1} + ^s_t + 0.1*q_{t+1} -> g_t", "0.3*q_{t+1} + ^r_t + g_t -> q_t", "g_t + 2*q_t*v -> ^v", "return s_t, r_t"])}0 -> h_0\nh_{t-1}|x_t --[F|Keep]-> g_t, k_t\ng_t*k_t -> h_t\nh_t => y_t\n`,
  "of other steps, of a weight": keep(["0 -> s_0", "s_{t-1}|v --[A|tanh]-> s_t", "0 -> g_{T+1}", "0.5*g_{t+1} + ^s_t*(1 - s_t) -> g_t", "outer(g_t, v|v) -> ^A.weight", "A : dense[2]", "return s_t"]) + LOOP,
  "of other steps, of uses one behind the other": `${keep([...LEAKY, ...BACKWARD])}0 -> h_0\nh_{t-1}|x_t --[F|Keep_1]-> g_t\ng_t --[Keep_2]-> h_t\nx_t --[G|Keep_3]-> k_t\nG : dense[2]\nh_t + k_t => y_t\n`,
  "of other steps, of a frozen use": `${keep([...LEAKY, ...BACKWARD])}0 -> h_0\nh_{t-1}|x_t --[F|frozen(Keep)]-> h_t\nh_t => y_t\n`,
  "within a recurrence, from another that it alone needs": keep([...LEAKY, "0 -> r_0", "0.9*r_{t-1} + 0.1*v*v -> r_t", "^s_t * r_t -> ^v", "return s_t"]) + LOOP,
  "that is not 0 where nothing reaches the result": keep([...LEAKY, "^s_t + 1 -> ^v", "return s_t"]) + LOOP,
};
/** Those that autograd comes to no steps of in time: our own equations give them. */
const BEYOND_BODY = [...LEAKY, "^s_t -> q_t", "mean(q_{t..t+2}, axis=0) -> g_t", "g_t -> ^v", "return s_t"];
const BEYOND: Readonly<Record<string, string>> = {
  "at fewer steps than its result": keep([...LEAKY, "^s_t -> q_t", "0.5*q_{t+1} + q_t -> g_t", "g_t -> ^v", "return s_t"]) + LOOP,
  "to a last value that is computed": keep([...LEAKY, "0.3*s_T -> g_{T+1}", ...BACKWARD.slice(1)]) + LOOP,
  "of a range of later ones": keep(BEYOND_BODY) + LOOP,
  "of a range of later ones, in no recurrence": keep(BEYOND_BODY) + ALONE,
  "of earlier and later ones": keep([...LEAKY, "0 -> g_{T+1}", "0.5*g_{t+1} + ^s_t -> g_t", "0 -> k_0", "0.5*k_{t-1} + ^s_t -> k_t", "g_t + k_t -> ^v", "return s_t"]) + ALONE,
  "that is not 0 at steps that no statement comes to": `${keep([...LEAKY, "1 -> g_{T+1}", ...BACKWARD.slice(1)])}z : [2]\n${LOOP.replace("h_t => y_t", "h_{T-1} => z")}`,
};
/** What a macro of one step states of other steps. */
const ONE_STEP = (gradient: string): string => keep(["tanh(v) -> s_t", "^s_t -> q_t", `${gradient} -> g_t`, "g_t -> ^v", "return s_t"]);
const AROUND: Readonly<Record<string, string>> = {
  "of an earlier step, of a macro of one": ONE_STEP("0.5*q_{t-1} + q_t") + ALONE,
  "of a later step, of a macro of one": ONE_STEP("0.5*q_{t+1} + q_t") + ALONE,
  "of a later step, of a macro of one within a recurrence": ONE_STEP("0.5*q_{t+1} + q_t") + LOOP,
  "of an earlier step, of a macro of one within a recurrence to the past": ONE_STEP("0.5*q_{t-1} + q_t") + BACK,
  "of a range of earlier steps": keep([...LEAKY, "^s_t -> q_t", "mean(q_{t-2..t}, axis=0) -> g_t", "g_t -> ^v", "return s_t"]) + ALONE,
};

/** Those that are something where nothing comes, in a macro without time and in one with it: at each instance of the result, and at no other. */
const FEW = (use: string): string => `z : [2]\n${use.replace("h_t => y_t", "h_{T-1} => z")}`;
const WITHIN = "Outer: u\n    u --[F|Keep]-> k\n    return 2*k\nG : dense[2]\n0 -> h_0\nh_{t-1} + x_t --[G|Outer]-> h_t\nh_t => y_t\n";
const AFTER = "x_t --[F|Keep]-> k_t\n0 -> h_0\n0.5*h_{t-1} + k_t -> h_t\nh_{t+1} => y_t\n";
const USES: Readonly<Record<string, string>> = { "in a recurrence": LOOP, "in none": ALONE, "of which one step counts": FEW(LOOP), "of all, of which one step counts": FEW(ALONE), "within another macro": WITHIN, "in front of a recurrence": AFTER };
const RESTLESS = Object.fromEntries(Object.entries({ "what reaches it and 1": "^s + 1", "a constant": "[0.5, 0.2]", "the argument": "v", "a cosine": "cos(^s)" }).flatMap(([what, gradient]) =>
  Object.entries(USES).map(([use, text]) => [`of ${what}, ${use}`, keep(["tanh(v) -> s", `${gradient} -> ^v`, "return s"]) + text] as const)));
const OTHERS: Readonly<Record<string, string>> = {
  "of a weight, and 1": keep(["A : dense[2]", "v --[A|tanh]-> s", "outer(^s + 1, v) -> ^A.weight", "return s"]) + LOOP,
  "of a constant, in a macro with a state": keep([...LEAKY, "[0.5, 0.2] -> ^v", "return s_t"]) + LOOP,
  "of a constant, in a macro with a state of which one step counts": keep([...LEAKY, "[0.5, 0.2] -> ^v", "return s_t"]) + FEW(ALONE),
  "of what autograd does not come to, with a draw behind it": `${keep(BEYOND_BODY)}x_t --[F|Keep|dropout(0.3)|M]-> h_t\nM : dense[2]\nh_t => y_t\n`,
  "of a constant, twice": `${keep([...LEAKY, "[0.5, 0.2] -> ^v", "return s_t"])}x_t --[F|Keep_1|Keep_2]-> h_t\nh_t => y_t\n`,
  "of a value without time, and 1": `${keep(["tanh(v) -> s", "^s + 1 -> ^v", "return s"])}z : [2]\nz --[F|Keep]-> k\n0 -> h_0\n0.5*h_{t-1} + x_t*k -> h_t\nh_t => y_t\n`,
  "of a value without time that a short sequence does not read": `${keep(["tanh(v) -> s", "^s + 1 -> ^v", "return s"])}z : [2]\nz --[F|Keep]-> k\nh_5 * k => z\n0 -> h_0\n0.5*h_{t-1} + x_t -> h_t\n`,
};

describe("a gradient that a macro states, and that is one", () => {
  it.each(Object.entries({ ...TRUE, ...THROUGH }))("%s", (_, text) => {
    for (const lengths of [undefined, LAST]) {
      const arrays = arraysOf({ rows: 3, steps: 5, timed: { x: [2], y: [2] }, ...(lengths === undefined ? {} : { lengths }) });
      expect(worstError(subject(NET + text, arrays))).toBeLessThan(1e-7);
    }
  });
});

testAgreement(Object.fromEntries(Object.entries({ ...OTHER, ...TRUE, ...THROUGH, ...AHEAD, ...BEYOND, ...AROUND, ...RESTLESS, ...OTHERS }).map(([name, text]): readonly [string, Least] => [name, { last: LAST, text: NET + text }])));
testAgreement(Object.fromEntries(Object.entries({ ...THROUGH, ...AHEAD, ...BEYOND }).map(([name, text]): readonly [string, Least] => [`${name}, in rows of one length`, { last: [4, 4], text: NET + text }])));

describe("the gradients of states that autograd does not come to", () => {
  const text = `${NET}${keep(BEYOND_BODY)}x_t --[F|tanh]-> u_t --[Keep]-> h_t\ntanh(h_t) -> k_t => y_t\nu_t --[G]-> q_t => y_t\nG : dense[2]\n`;
  it.each(["autograd", "explicit"] as const)("are the interpreter's: %s", async (gradients) => {
    const arrays = arraysOf({ rows: 3, steps: 5, timed: { x: [2], y: [2] }, lengths: LAST });
    const compiled = compile(text, "test.seq", { arrays });
    if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
    const show = ["^x", "^u", "^k", "^q", "^F.weight", "^G.bias"];
    const request = { inputs: arrays, params: new Map(), precision: "f64", steps: 1, mode: "train", show, at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE } } as const;
    const ours = evaluate(compiled.right, request), theirs = await evaluateInPytorch(compiled.right, request, gradients);
    if (E.isLeft(ours) || E.isLeft(theirs)) throw new Error(JSON.stringify([ours, theirs]));
    for (const name of show) {
      const [a, b] = [numbersIn(ours.right.get(name)), numbersIn(theirs.right.get(name))];
      expect(b.length, name).toBe(a.length);
      expect(Math.max(...a.map(Math.abs)), name).toBeGreaterThan(1e-4);
      a.forEach((x, k) => { expect(b[k], name).toBeCloseTo(x, 10); });
    }
  }, 60_000);
});

describe("what train.py is told of them", () => {
  const emitted = (text: string) => {
    const compiled = compile(`${NET}@train steps=1\n${text}`, "test.seq", { arrays: arraysOf({ rows: 3, steps: 5, timed: { x: [2], y: [2] }, lengths: LAST }) });
    if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
    const made = emitPytorch(compiled.right, { name: "program", folder: "/nowhere" });
    if (E.isLeft(made)) throw new Error(JSON.stringify(made.left));
    return { script: made.right.files.get("train.py") ?? "", statements: made.right.model.statements };
  };
  it("of one that is computed of the whole batch one process learns", () => {
    expect(emitted(keep(BEYOND_BODY) + LOOP).script).toContain("the gradient of Keep computes over the whole batch, which processes can't share");
    expect(emitted(keep([...LEAKY, ...BACKWARD]) + LOOP).script).not.toContain("if world > 1:\n        stop(");
  });
  it("a statement whose gradient our equations compute has as many instances as before", () => {
    expect(emitted(keep(BEYOND_BODY) + LOOP).statements.map((one) => one.beyondLength)).toEqual([0]);
    expect(emitted("x_t --[F|tanh]-> p_t => y_t\np_{t-1} $ sum(exp(mean(p_{t-2..t}, axis=0)))\n").statements.map((one) => one.beyondLength)).toEqual([0, 0]);
  });
});

it("draws behind a stated gradient once for a value and its gradient", () => {
  const compiled = compile(`${NET}${keep(BEYOND_BODY)}x_t --[F|Keep|dropout(0.3)|M]-> h_t\nM : dense[2]\nh_t => y_t\n`, "test.seq");
  const made = E.isLeft(compiled) ? compiled : emitPytorch(compiled.right, { name: "program", folder: null, random: "torch" });
  if (E.isLeft(made)) throw new Error(JSON.stringify(made.left));
  expect(made.right.files.get("model.py")?.match(/torch\.rand|F\.dropout/g)).toEqual(["torch.rand"]);
});
