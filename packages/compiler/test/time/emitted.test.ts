/** Least programs over time that the emitted PyTorch once computed otherwise than the interpreter: values, gradients and Updates agree in both forms. */
import { near } from "@sequent/conformance";
import { NOWHERE } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { expect, test } from "vitest";
import { evaluateInPytorch } from "../../src/evaluate-pytorch.js";
import { differ, observeOverTime, timeSubject } from "../fuzz/time/subject.js";
import { AUTOGRAD, env, testAgreement } from "./agreement.js";
import { generatedOf } from "./least.js";
import type { Least } from "./least.js";

const NET = "F : dense[2]\nh_t => y_t\ny : [2]\n";
const CASES: Readonly<Record<string, Least>> = {
  "a mean over no instance": { last: [1, 1], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_t => y_{t+1}\ny : [2]\n" },
  "a mean over no instance of any row": { last: [1, 1], end: 3, text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_t => y_{t+1}\ny : [2]\n" },
  "the mean over all of its own later steps, rows shorter than the arrays": {
    last: [4], end: 5, text: `x : [2]\nmean(h_{t+1..T}, axis=0) | x_t --[F|tanh]-> h_t\n0 -> h_T\n${NET}`,
  },
  "the greatest of its own later steps, rows of their own lengths": {
    last: [5, 2, 4], text: `x : [2]\nmax(h_{t+1..T+1}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_{T+1}\n${NET}`,
  },
  "attention over its own later steps, rows of their own lengths": {
    last: [5, 2, 4], end: 6,
    text: `x : [2]\nsoftmax(matmul(u_{t..T}, h_{t+1})) -> a_t\nmatmul(a_t, u_{t..T}) | x_t --[F|tanh]-> h_t\nh_{t+1} | x_t --[G|tanh] -> u_t\n0.1 -> h_{T+1}\nG : dense[2]\n${NET}`,
  },
  "its own past from the second step on": {
    last: [5, 2, 4], text: `x : [2]\nmean(h_{1..t-1}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_0\n0.3 -> h_1\n${NET}`,
  },
  "`x_{t-1} $ J`, where `J` reads `x_t` too": {
    last: [4, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_{t-1} | h_t --[G]-> q_t\nG : dense[1]\nh_{t-1} $ sum(q_t) - 0.5 * sum(h_{t-1} ^ 2)\n",
  },
  "attention of a query without time over what is still to come": {
    last: [3, 3],
    text: "x : [2]\nz : [3]\nx_t --[F]-> k_t\nF : dense[2]\nz --[G]-> q\nG : dense[2]\nsoftmax(matmul(k_{t..T}, q)) -> a_t\nmatmul(a_t, x_{t..T}) -> o_t\no_t => y_t\ny : [2]\n",
  },
  "attention over all steps, rows of their own lengths": {
    last: [3, 2], text: "x : [2]\nx_t --[F]-> k_t\nF : dense[2]\nk_t --[G]-> q_t\nG : dense[2]\nsoftmax(matmul(k_{1..T}, q_t)) -> a_t\nmatmul(a_t, k_{1..T}) -> o_t\no_t => y_t\ny : [2]\n",
  },
  "attention over the past, whose last step no reader wants": {
    last: [6, 3], text: "x : [2]\nx_t --[F]-> k_t\nF : dense[3]\nx_t --[G]-> q_t\nG : dense[3]\nsoftmax(matmul(k_{0..t-1}, q_t)) -> a_t\nmatmul(a_t, x_{0..t-1}) -> o_t\n\n$ -0.1 * sum((o_t - 1) ^ 2)\n",
  },
  "a softmax of each step's features in a range of varying length": {
    last: [4, 2], text: "x : [2]\nx_t --[F]-> k_t\nF : dense[2]\nsum(softmax(k_{0..t}), axis=0) -> s_t\ns_t --[G]-> p_t => y_t\nG : dense[2]\ny : [2]\n",
  },
  "the greatest of all later steps": {
    last: [4, 4], text: "x : [2]\nx_t --[F|tanh]-> h_t\nmax(h_{t..T}, axis=0) -> m_t\nm_t --[G]-> p_t => y_t\nF : dense[2]\nG : dense[2]\ny : [2]\n",
  },
  "a sum of later steps, with a boundary behind them": {
    last: [3, 2], text: "x : [2]\nF : dense[2]\nG : dense[2]\nz : [2]\nh_{t+1} | x_{t-1} --[F|tanh]-> h_t\nz --[G|tanh] -> h_{T+1}\nsum(0.25 * h_{t..T}, axis=0) -> v_t\n\n$ -0.1 * sum((v_t - 1) ^ 2)\n",
  },
  "the last steps of rows of their own lengths": {
    last: [4, 3, 5], text: "x : [2]\nx_t --[F|tanh]-> h_t\nF : dense[2]\nz : [2]\nmean(h_{T-2..T}, axis=0) --[G]-> q\nG : dense[2]\nq => z\n",
  },
  "a lag of two with a state ahead of itself": {
    last: [3], text: "x : [1]\nu_{t-2} | x_t --[F|tanh]-> h_t\nh_{t+1} --[G|tanh]-> u_t\n0 -> h_1\n0 -> h_2\nG : dense[3]\nF : dense[2]\n\n$ -0.5 * sum(u_t ^ 2)\n",
  },
  "a learnt boundary at the ends of rows": {
    last: [6, 1, 2], text: `x : [2]\nh_{t+1} | x_{t+1} --[F|sigmoid]-> h_t\nx_1 --[S|tanh]-> h_T\nS : dense[2]\n${NET}`,
  },
  "a boundary made of numbers behind the ends of rows": {
    last: [3, 1, 3], text: `x : [2]\n[1, 0.5] --[S|tanh]-> h_{T+1}\nS : dense[2]\nh_{t+1} | x_t --[F|tanh]-> h_t\n${NET}`,
  },
  "a loss at the ends of rows alone": {
    last: [4, 2], text: "x : [2]\nF : dense[2]\nH : dense[2]\nS : dense[2]\nQ : dense[2]\nx_t --[F]-> k_t\nh_{t+1} | x_{t+1} --[H|tanh]-> h_t\nk_1 --[S|tanh] -> h_T\nh_T --[Q] -> q\n\n$ -0.1 * sum((q - 1) ^ 2)\n",
  },
  "a recurrence that is wanted at its end alone": {
    last: [4, 4],
    text: "x : [1]\nz : [1]\nF : dense[1]\n0.5 * h_{t+1} + 0.5 * tanh(x_t) -> h_t\nz --[F]-> h_{T+1}\ng_{t+1} | x_t --[G|tanh]-> g_t\nh_T --[S|tanh]-> g_{T+1}\nG : dense[1]\nS : dense[1]\ng_t => y_t\ny : [1]\n",
  },
  "windows of a reader at the end": {
    last: [4, 1], text: "x : [2]\nx_t --[F|tanh]-> v_t\nF : dense[2]\n0.5 -> v_{T+1}\nmean(v_{t..t+2}, axis=0) -> m_t\nm_T --[G]-> q\nG : dense[2]\nq => z\nz : [2]\n",
  },
  "the number of the last step": {
    last: [6, 6], text: "x : [1]\nF : dense[3]\nG : dense[3]\ntanh(x_t) * (0.1 * t) -> v_t\nh_{t+1}| x_t --[G|tanh]-> h_t\nv_T --[F|tanh] -> h_{T+1}\n\n$ -0.1 * sum((h_t - 1) ^ 2)\n",
  },
  // Functions of whole sequences.
  "a cell with its own state, in two layers, rows of their own lengths": {
    last: [5, 2, 4], text: `@default_width 3\nx : [2]\nCell: u_t\n    0 -> s_0\n    s_{t-1}|u_t --[A|tanh]-> a_t\n    0.5*s_{t-1} + a_t -> s_t\n    return s_t\nx_t --[Cell_1]-> v_t --[Cell_2]-> w_t --[F]-> h_t\n${NET}`,
  },
  "a cell with its own state, of inputs from outside at other steps": {
    last: [6, 6], text: `@default_width 3\nx : [2]\nCell: u_t, w_t\n    0 -> s_0\n    s_{t-1}|u_t --[A|sigmoid]-> a_t\n    a_t*s_{t-1} + w_t -> s_t\n    return s_t\nx_t --[P]-> p_t\np_{t+1}, p_t --[Cell_1]-> v_t\nP : dense[3]\nv_{t-1}|v_t --[F]-> h_t\n${NET}`,
  },
  "a cell that runs backward within, rows of their own lengths": {
    last: [5, 1, 3], text: `@default_width 3\nx : [2]\nBack: u_t\n    0 -> s_{T+1}\n    s_{t+1}|u_t --[A|tanh]-> s_t\n    return s_t\nx_t --[Back]-> v_t\nv_t|x_t --[F]-> h_t\n${NET}`,
  },
  "a cell within a cell, and a value that is read outside of it": {
    last: [5, 3], text: `@default_width 3\nx : [2]\nInner: c_t\n    0 -> i_0\n    i_{t-1}|c_t --[A|tanh]-> i_t\n    return i_t\nOuter: u_t\n    u_t --[Inner]-> k_t\n    0 -> s_0\n    s_{t-1}|k_t --[B|sigmoid]-> s_t\n    return s_t, k_t\nx_t --[Outer_1]-> a_t, b_t\na_t|b_t --[F]-> h_t\n${NET}`,
  },
  "a cell without weights, and one that is applied twice": {
    last: [4, 4], text: `@default_width 2\nx : [2]\nSlow: u_t\n    0 -> m_0\n    0.9*m_{t-1} + 0.1*u_t -> m_t\n    m_t*m_t -> q_t\n    return q_t + m_{t-1}\nCell: c_t\n    0 -> i_0\n    i_{t-1}|c_t --[A|tanh]-> i_t\n    return i_t\nx_t --[Slow|Cell_1]-> a_t\n0.5*x_t --[Cell_1]-> b_t\na_t|b_t --[F]-> h_t\n${NET}`,
  },
  "differences of what a function is given, which need no loop": {
    last: [5, 2], text: `@default_width 3\nx : [2]\nDiff: u_t\n    tanh(u_t) -> c_t\n    c_t - c_{t-1} -> d_t\n    d_t|c_t --[A|tanh]-> e_t\n    return e_t\nx_t --[Diff_1]-> v_t --[F]-> h_t\n${NET}`,
  },
  "a frozen cell with its own state": {
    last: [4, 3], text: `@default_width 3\nx : [2]\nCell: u_t\n    0 -> s_0\n    s_{t-1}|u_t --[A|tanh]-> s_t\n    return s_t\nx_t --[frozen(Cell_1)|F]-> h_t\n${NET}`,
  },
  "a cell that starts from what it is given": {
    last: [4, 2], text: `@default_width 2\nx : [2]\nz : [2]\nCell: u_t, c\n    c -> s_0\n    s_{t-1}|u_t --[A|tanh]-> s_t\n    return s_t\nz --[G]-> g\nG : dense[2]\nx_t, g --[Cell_1|F]-> h_t\n${NET}`,
  },
  "a function of sequences that does not read one of them": {
    last: [4, 2], text: `@default_width 3\nx : [2]\nIn: u_t, c_t\n    0 -> s_0\n    s_{t-1}|u_t --[A|tanh]-> s_t\n    return s_t\n2*x_t -> v_t\nx_t, v_t --[In_1|F]-> h_t\n${NET}`,
  },
  "`x_t $ J` past a state that starts from a number": {
    last: [4, 4], forms: AUTOGRAD, text: "x : [2]\nF : dense[2]\n0 -> b_0\nx_t --[G]-> a_t\nG : dense[2]\nb_{t-1}|a_t --[F|tanh]-> b_t\na_t $ sum(b_t)\n",
  },
};

test("our equations give `^x` on all steps of x, where some come to nothing", async () => {
  const made = timeSubject(generatedOf({ last: [4, 4], text: `x : [2]\n0 -> h_1\nh_{t-1} | x_t --[F|tanh]-> h_t\n${NET}` }), env);
  if (E.isLeft(made)) throw new Error(made.left.map((one) => one.message).join("; "));
  const { compiled, arrays, seed } = made.right;
  const at = { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE };
  const shown = await evaluateInPytorch({ ...compiled, settings: { ...compiled.settings, seed } }, { inputs: arrays, params: new Map(), precision: "f64", steps: 0, mode: "train", show: ["^x"], at }, "explicit");
  const ours = observeOverTime(made.right, env, ["^x"]).values.get("^x"), theirs = E.isRight(shown) ? shown.right.get("^x") : undefined;
  if (ours === undefined || theirs === undefined) throw new Error("there is no ^x");
  expect(differ(ours, theirs, (a, b) => near(a, b, 1e-9))).toBeNull();
});

testAgreement(CASES);
