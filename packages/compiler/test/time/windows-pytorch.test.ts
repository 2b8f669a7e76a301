/** Windows of sequences in the emitted PyTorch: the same curves and weights as the interpreter's, and checkpoints in the midst of sequences. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { mypy, ruffEach } from "@sequent/backend-pytorch";
import { dataArray, writeData } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import { silentReporter, train } from "@sequent/trainer";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import type { Compiled } from "../../src/compile.js";
import { evaluate } from "../../src/evaluate.js";
import { evaluateInPytorch } from "../../src/evaluate-pytorch.js";
import { emitPytorch } from "../../src/pytorch.js";
import { encodeValue } from "../../src/shown.js";
import { trainingOf } from "../../src/training.js";
import { noise } from "./support.js";
import { trainScripts } from "../train-scripts.js";
import type { ScriptRun } from "../train-scripts.js";

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-windows-"));
afterAll(() => { if (process.env["KEEP"] === undefined) fs.rmSync(root, { recursive: true, force: true }); });

const ROWS = 10, STEPS = 13;
const LENGTHS = Int32Array.from({ length: ROWS }, (_, k) => 1 + ((5 * k + 7) % STEPS));
const arrays = (ragged: boolean) => {
  const timed = (name: string, size: number, seed: number, whole?: number) => {
    const data = noise(ROWS * STEPS * size, seed).map((x) => (whole === undefined ? x : Math.abs(Math.floor(x * whole)) % whole));
    // Whatever stands behind a length is never read.
    if (ragged) for (let r = 0; r < ROWS; r += 1) for (let t = LENGTHS[r] ?? 0; t < STEPS; t += 1) data.fill(whole === undefined ? NaN : 0, (r * STEPS + t) * size, (r * STEPS + t + 1) * size);
    return [dataArray(name, size === 1 ? [ROWS, STEPS] : [ROWS, STEPS, size], whole === undefined ? data : Int32Array.from(data)), ...(ragged ? [dataArray(`${name}_length`, [ROWS], LENGTHS)] : [])];
  };
  return [...timed("x", 2, 3), ...timed("y", 2, 5), ...timed("r", 1, 7), ...timed("c", 1, 9, 4), dataArray("q", [ROWS, 3], noise(ROWS * 3, 11)), dataArray("z", [ROWS, 2], noise(ROWS * 2, 13))];
};
for (const ragged of [false, true]) writeData(path.join(root, ragged ? "ragged.npz" : "even.npz"), arrays(ragged), NOWHERE);

const XY = "x_t : [2]\ny_t : [2]\n";
const RNN = `${XY}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`;
const CELL = `${XY}Cell: h, v\n    R : dense[3]\n    L : dense[3]\n    h|v --[R|sigmoid]-> r\n    (r*h)|v --[L|tanh]-> l\n    return (1 - r)*h + r*l\n0 -> h_0\nh_{t-1}, x_t --[Cell]-> h_t\nh_t --[M]-> p_t => y_t\n`;
const LSTM = `${XY}I : dense[3]\nF : dense[3]\nO : dense[3]\nG : dense[3]\n0 -> h_0\n0 -> c_0\nh_{t-1}|x_t --[I|sigmoid]-> i_t\nh_{t-1}|x_t --[F|sigmoid]-> f_t\n`
  + "h_{t-1}|x_t --[O|sigmoid]-> o_t\nh_{t-1}|x_t --[G|tanh]-> g_t\nf_t*c_{t-1} + i_t*g_t -> c_t\no_t*tanh(c_t) -> h_t\nh_t --[M]-> p_t => y_t\n";

const keep = (...lines: readonly string[]): string => `${XY}C : dense[2]\nKeep: v\n${lines.map((line) => `    ${line}\n`).join("")}    return s_t\n`;
const LEAKY = ["0 -> s_0", "0.5*s_{t-1} + v -> s_t"], LEAKY_BACK = ["0 -> s_{T+1}", "0.5*s_{t+1} + v -> s_t"], TO_LATER = ["0.5*g_{t-1} + ^s_t -> g_t", "g_t -> ^v"], TO_EARLIER = ["0.5*g_{t+1} + ^s_t -> g_t", "g_t -> ^v"];
const KEPT = "0 -> h_0\nh_{t-1}|x_t --[C|tanh|Keep]-> h_t\nh_t --[M]-> p_t => y_t\n", ALONE = "x_t --[C|tanh|Keep]-> h_t\nh_t --[M]-> p_t => y_t\n", KEPT_BACK = "0 -> h_{T+1}\nh_{t+1}|x_t --[C|tanh|Keep]-> h_t\nh_t --[M]-> p_t => y_t\n";
const TWO = "D : dense[2]\n0 -> h_0\n0.5 -> h_1\nx_t --[C|tanh|Keep]-> k_t\nh_{t-1}|h_{t-2}|k_t --[D|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n";

interface Case {
  readonly source: string;
  readonly horizon: string;
  readonly ragged?: true;
}
const CASES: Readonly<Record<string, Case>> = {
  "rnn": { source: RNN, horizon: "back=4" },
  "one-step": { source: RNN, horizon: "back=1" },
  "wide": { source: RNN, horizon: "back=32" },
  "ragged": { source: RNN, horizon: "back=4", ragged: true },
  "gru-dropout": { source: CELL.replace("[M]", "[dropout(0.3)|M]"), horizon: "back=5 burn_in=2" },
  "gru-ragged": { source: CELL, horizon: "back=3 burn_in=2", ragged: true },
  "long-burn-in": { source: CELL, horizon: "back=2 burn_in=5" },
  "lstm": { source: LSTM, horizon: "back=4 burn_in=4" },
  "next-symbol": { source: "c_t : class[4]\nE : embed[3]\nc_t --[E]-> e_t\nC : dense[5]\n0 -> h_0\nh_{t-1}|e_t --[C|tanh]-> h_t\nh_t --[W|softmax]-> p_t => one_hot(c_{t+1})\n", horizon: "back=4" },
  "next-symbol-ahead": { source: "c_t : class[4]\nE : embed[3]\nc_t --[E]-> e_t\nC : dense[5]\n0 -> h_0\nh_{t-1}|e_t --[C|tanh]-> h_t\nh_t --[W|softmax]-> p_t => one_hot(c_{t+1})\n", horizon: "back=4 ahead=1", ragged: true },
  "returns": { source: "x_t : [2]\nr_t : []\nK : dense[1]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[K]-> k_t\nsum(k_t) -> V_t\nV_T -> G_T\nr_{t+1} + 0.9*(0.3*V_{t+1} + 0.7*G_{t+1}) -> G_t\nV_t => G_t\n", horizon: "back=4 ahead=3" },
  "returns-ragged": { source: "x_t : [2]\nr_t : []\nx_t --[R]-> k_t\nsum(k_t) -> V_t\n0 -> G_{T+1}\nr_t*V_t + 0.9*G_{t+1} -> G_t => r_t\n", horizon: "back=3 ahead=2", ragged: true },
  "bidirectional": { source: `${XY}F : dense[3]\nB : dense[3]\n0 -> f_0\nf_{t-1}|x_t --[F|tanh]-> f_t\n0 -> b_{T+1}\nb_{t+1}|x_t --[B|tanh]-> b_t\nf_t|b_t --[M]-> p_t => y_t\n`, horizon: "back=4 ahead=2" },
  "last-state": { source: "x_t : [2]\nz : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_T --[M]-> p => z\n", horizon: "back=4" },
  "last-state-ragged": { source: "x_t : [2]\nz : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_T --[M]-> p => z\n", horizon: "back=4 ahead=1", ragged: true },
  "lags": { source: `${XY}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|h_{t-2}|x_{t-1} --[M]-> p_t => y_t\n`, horizon: "back=3 burn_in=1" },
  "frames": { source: `${XY}E : dense[3]\nx_t --[E|tanh]-> e_t\nflatten(e_{t-3..t}) --[M]-> p_t => y_t\n`, horizon: "back=2" },
  "raw-frames": { source: `${XY}flatten(x_{t-3..t}) --[M]-> p_t => y_t\n`, horizon: "back=2 ahead=1" },
  "fixed-step": { source: `${XY}C : dense[3]\nx_1 --[S|tanh]-> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|h_1|x_1 --[M]-> p_t => y_t\n`, horizon: "back=3 ahead=1" },
  "clock": { source: `${XY}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t|(0.1*t) --[C|dropout(0.2)|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4 burn_in=1" },
  "stated-gradient": { source: `${XY}C : dense[3]\nKeep: v\n    0 -> s_0\n    0.5*s_{t-1} + v -> s_t\n    ^s_t * (2 + s_{t-1}) -> ^v\n    return s_t\n0 -> h_0\nh_{t-1}|x_t --[C|tanh|Keep]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4 burn_in=1", ragged: true },
  "stated-gradient-of-other-steps": { source: `${XY}C : dense[3]\nKeep: v\n    0 -> s_0\n    tanh(0.5*s_{t-1} + v) -> s_t\n    ^s_t -> q_t\n    q_T -> g_T\n    0.5*g_{t+1}*(1 - s_{t+1}*s_{t+1}) + q_t -> g_t\n    g_t*(1 - s_t*s_t) -> ^v\n    return s_t\n0 -> h_0\nh_{t-1}|x_t --[C|tanh|Keep]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4 burn_in=1", ragged: true },
  "stated-gradient-ahead": { source: keep(...LEAKY, "0 -> g_{T+1}", ...TO_EARLIER) + ALONE, horizon: "back=4 ahead=1", ragged: true },
  "stated-gradient-ahead-in-a-recurrence": { source: keep(...LEAKY, "1 -> g_{T+1}", ...TO_EARLIER) + KEPT, horizon: "back=3 ahead=2 burn_in=1" },
  "stated-gradient-to-later-steps": { source: keep(...LEAKY_BACK, "0 -> g_0", ...TO_LATER) + KEPT_BACK, horizon: "back=4", ragged: true },
  "stated-gradient-to-later-steps-from-1": { source: keep(...LEAKY_BACK, "1 -> g_0", ...TO_LATER) + ALONE, horizon: "back=3 ahead=1" },
  "stated-gradient-of-a-first-value": { source: keep(...LEAKY, "0.3*s_0 -> g_0", ...TO_LATER) + ALONE, horizon: "back=4 ahead=1", ragged: true },
  "stated-gradient-of-two-lags": { source: keep(...LEAKY_BACK, "^s_t -> q_t", "0 -> g_0", "q_1 -> g_1", "0.5*g_{t-1} - 0.3*g_{t-2} + q_t*(1 + s_{t-1}*s_{t+1}) -> g_t", "g_t -> ^v") + ALONE, horizon: "back=4 ahead=1" },
  "stated-gradient-two-starts": { source: keep(...LEAKY_BACK, "1 -> g_0", ...TO_LATER) + TWO, horizon: "back=4 ahead=1", ragged: true },
  "stated-gradient-of-a-recurrence-of-its-own": { source: keep(...LEAKY, "0 -> r_0", "0.9*r_{t-1} + 0.1*v*v -> r_t", "^s_t * r_t -> ^v") + KEPT, horizon: "back=4" },
  "stated-gradient-of-a-range": { source: keep(...LEAKY, "^s_t -> q_t", "mean(q_{t..t+2}, axis=0) -> g_t", "g_t -> ^v") + KEPT.replace("0 -> h_0", "z : [2]\nz --[S|tanh]-> h_0"), horizon: "back=3 ahead=1 burn_in=1", ragged: true },
  "stated-gradient-both-ways": { source: keep(...LEAKY, "0 -> g_{T+1}", "0.5*g_{t+1} + ^s_t -> g_t", "0 -> k_0", "0.5*k_{t-1} + ^s_t -> k_t", "g_t + k_t -> ^v") + TWO, horizon: "back=4 ahead=1", ragged: true },
  "stated-gradient-read-before-the-window": { source: keep(...LEAKY, "0 -> g_{T+1}", ...TO_EARLIER) + ALONE.replace("h_t --[M]", "h_t|h_{t-1} --[M]"), horizon: "back=4 ahead=1", ragged: true },
  "stated-gradient-of-what-reaches-earlier-steps": { source: keep(...LEAKY, "2*^s_t*(1 + s_{t-1}) -> q_t", "mean(q_{t-2..t}, axis=0) + 0.5*q_{t-1} -> g_t", "g_t -> ^v") + ALONE.replace("h_t --[M]", "h_t|h_{t-3} --[M]"), horizon: "back=3 ahead=2 burn_in=1" },
  "stated-gradient-of-what-reaches-an-earlier-step": { source: keep("tanh(v) -> s_t", "^s_t -> q_t", "0.5*q_{t-1} + q_t -> g_t", "g_t -> ^v") + TWO, horizon: "back=4", ragged: true },
  "stated-gradient-and-1": { source: keep("tanh(v) -> s_t", "^s_t + 1 -> ^v") + KEPT, horizon: "back=3 ahead=2", ragged: true },
  "objective-through-a-range": { source: `${XY}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\np_{t-1} $ sum(exp(mean(p_{t-2..t}, axis=0)))\n`, horizon: "back=4 burn_in=1", ragged: true },
  "learned-start": { source: `${XY}q : [3]\nC : dense[3]\nq --[S|tanh]-> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4" },
  // No window but the first reaches a weight.
  "only-start": { source: `${XY}z : [2]\nz --[S|tanh]-> h_0\ntanh(0.5*h_{t-1} + x_t) -> h_t => y_t\n`, horizon: "back=4" },
  // The first window has a program of its own, and so have those behind it.
  "two-starts": { source: `${XY}C : dense[3]\n0 -> h_0\n0.5 -> h_1\nh_{t-1}|h_{t-2}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=3" },
  "two-starts-ragged": { source: `${XY}C : dense[3]\n0 -> h_0\n0.5 -> h_1\nh_{t-1}|h_{t-2}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=3 ahead=1", ragged: true },
  "begins-late": { source: `${XY}C : dense[3]\nx_3 --[S|tanh]-> h_2\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4 burn_in=2" },
  "begins-in-the-lookahead": { source: `${XY}C : dense[3]\n0 -> h_4\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|x_t --[M]-> p_t => y_t\n`, horizon: "back=3 ahead=1" },
  "learnt-two-starts": { source: `${XY}q : [3]\nC : dense[3]\nq --[S|tanh]-> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|h_{t-3} --[M]-> p_t => y_t\nh_0 --[N]-> u => q\n`, horizon: "back=4" },
  "start-of-a-range": { source: `${XY}C : dense[3]\nmean(x_{1..2}, axis=0) --[S|tanh]-> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|mean(x_{1..2}, axis=0) --[M]-> p_t => y_t\n`, horizon: "back=3" },
  "burn-in-behind": { source: `${XY}B : dense[3]\n0 -> b_{T+1}\nb_{t+1}|x_t --[B|tanh]-> b_t\nb_{t-1}|x_t --[M]-> p_t => y_t\n`, horizon: "back=3 ahead=1 burn_in=1" },
  "one-step-ahead": { source: `${XY}E : dense[3]\nx_{t+1} --[E|tanh]-> v_t\nv_{t-1}|x_t --[M]-> p_t => y_t\n`, horizon: "back=4 ahead=1" },
  "one-step-ahead-ragged": { source: `${XY}E : dense[3]\nx_{t+1} --[E|tanh]-> v_t\nv_{t-1}|x_t --[M]-> p_t => y_t\n`, horizon: "back=4 ahead=1", ragged: true },
  "drawn-start": { source: `${XY}C : dense[3]\nnormal(3) -> z_t\n0 -> h_0\nh_{t-1}|x_t|z_{t-1} --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4" },
  "growing-mean": { source: `${XY}mean(x_{0..t}, axis=0) --[M]-> p_t => y_t\n`, horizon: "back=4" },
  "growing-mean-before": { source: `${XY}E : dense[3]\nx_t --[E|tanh]-> e_t\n0 -> e_0\nmean(e_{0..t-1}, axis=0)|x_t --[M]-> p_t => y_t\n`, horizon: "back=3 ahead=1", ragged: true },
  "attention": { source: `${XY}Q : dense[3]\nK : dense[3]\nV : dense[3]\nx_t --[Q]-> q_t\nx_t --[K]-> k_t\nx_t --[V]-> v_t\nsoftmax(matmul(k_{0..t}, q_t)) -> w_t\nmatmul(w_t, v_{0..t}) -> a_t\na_t --[M]-> p_t => y_t\n`, horizon: "back=4 ahead=1", ragged: true },
  "attention-even": { source: `${XY}Q : dense[3]\nK : dense[3]\nV : dense[3]\nx_t --[Q]-> q_t\nx_t --[K]-> k_t\nx_t --[V]-> v_t\nsoftmax(matmul(k_{0..t}, q_t)) -> w_t\nmatmul(w_t, v_{0..t}) -> a_t\na_t --[M]-> p_t => y_t\n`, horizon: "back=4 burn_in=2" },
  "rest-of-the-window": { source: `${XY}E : dense[3]\nx_t --[E|tanh]-> e_t\nmean(e_{t+1..T}, axis=0)|x_t --[M]-> p_t => y_t\n`, horizon: "back=3 ahead=3", ragged: true },
  "whole-window": { source: `${XY}E : dense[3]\nx_t --[E|tanh]-> e_t\nmean(e_{0..T}, axis=0)|x_t --[M]-> p_t => y_t\n`, horizon: "back=4 ahead=2" },
  "whole-window-ragged": { source: `${XY}E : dense[3]\nx_t --[E|tanh]-> e_t\nmean(e_{0..T}, axis=0)|x_t --[M]-> p_t => y_t\n`, horizon: "back=4 ahead=2", ragged: true },
  "own-past": { source: `${XY}C : dense[3]\n0 -> h_0\nmean(h_{0..t-1}, axis=0)|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4" },
  "own-attention": { source: `${XY}C : dense[3]\nV : dense[3]\n0 -> h_0\n0 -> v_0\nx_t --[V]-> v_t\nsoftmax(matmul(h_{0..t-1}, h_{t-1})) -> w_t\nmatmul(w_t, v_{0..t-1})|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, horizon: "back=3", ragged: true },
  "own-weights-outside": { source: `${XY}C : dense[3]\nV : dense[3]\n0 -> h_0\n0 -> v_0\nx_t --[V]-> v_t\nsoftmax(matmul(h_{0..t-1}, h_{t-1})) -> w_t\nmatmul(w_t, v_{0..t-1})|x_t --[C|tanh]-> h_t\nmatmul(w_t, 2*v_{0..t-1})|h_t --[M]-> p_t => y_t\n`, horizon: "back=3 burn_in=1" },
  "own-attention-back": { source: `${XY}C : dense[3]\nV : dense[3]\n0.2 -> h_{T+1}\n0 -> v_{T+1}\nx_t --[V]-> v_t\nsoftmax(matmul(h_{t+1..T+1}, h_{t+1})) -> w_t\nmatmul(w_t, v_{t+1..T+1})|x_t --[C|tanh]-> h_t\nmatmul(w_t, 2*v_{t+1..T+1})|h_t --[M]-> p_t => y_t\n`, horizon: "back=2 ahead=4", ragged: true },
  "ascent-through-a-range": { source: `${XY}E : dense[2]\nx_t --[E|tanh]-> e_t\ne_t --[M]-> p_t => y_t\ne_t $ 0.1*sum(exp(mean(e_{0..t}, axis=0)))\n`, horizon: "back=3", ragged: true },
  // At step 0 the nearest step of the range has no value.
  "nearest-alone": { source: `${XY}C : dense[3]\n0.3 -> h_{T+1}\nh_{t+1}|x_t --[C|tanh]-> h_t\nmax(softmax(h_{t..T}), axis=0) -> v_t\nh_t --[M]-> p_t => y_t\nv_t --[N]-> q_t\nN : dense[1]\n$ -0.1*sum(tanh(q_t))\n`, horizon: "back=1 ahead=2", ragged: true },
  "own-future": { source: `${XY}C : dense[3]\n0 -> h_{T+1}\nmean(h_{t+1..T}, axis=0)|x_t --[C|tanh]-> h_t\n0.5 -> h_T\nh_t --[M]-> p_t => y_t\n`, horizon: "back=2 ahead=4", ragged: true },
  // The last window is shorter than the steps that are counted from its two ends.
  "two-last-values": { source: `${XY}C : dense[3]\nh_{t+2}|x_t --[C|tanh]-> h_t\n0 -> h_T\n0.5 -> h_{T-1}\nh_t --[M]-> p_t => y_t\n`, horizon: "back=4" },
  "before-the-end-ragged": { source: "x_t : [2]\nz : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_{T-2} --[M]-> p => z\nh_t --[N]-> u_t => x_t\n", horizon: "back=4", ragged: true },
  "at-every-step-before-the-end": { source: `${XY}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|h_{T-1} --[M]-> p_t => y_t\n`, horizon: "back=4 burn_in=2" },
  "a-fixed-step-ragged": { source: `${XY}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t|x_3 --[M]-> p_t => y_t\n`, horizon: "back=4 ahead=1", ragged: true },
  "two-statements": { source: `${XY}z : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\nh_{t-1} --[N]-> u_t =[0.5*mse]=> x_{t+1}\nh_T --[L]-> l => z\n`, horizon: "back=3", ragged: true },
};
// Longer than an epoch of the shortest windows.
const UPDATES = 16;
const textOf = ({ source, horizon, ragged }: Case): string =>
  `@data "${ragged === true ? "ragged" : "even"}.npz" test=0.2 seed=1\n@batch 4\n@horizon ${horizon}\n@optim adam(lr=0.02)\n@train steps=${String(UPDATES)}\n@metric size = mean((${source.includes("h_t") ? "h_t" : source.includes("e_t") ? "e_t" : source.includes("f_t") ? "f_t" : source.includes("k_t") ? "k_t" : "p_t"})^2)\n${source}`;

const known = new Map<string, Compiled>();
const compiledOf = (one: Case): Compiled => {
  const text = textOf(one), before = known.get(text);
  if (before !== undefined) return before;
  const compiled = compile(text, path.join(root, "p.seq"));
  if (E.isLeft(compiled)) throw new Error(compiled.left.map((d) => `${d.code} ${d.message}`).join("\n"));
  known.set(text, compiled.right);
  return compiled.right;
};

const runAll = (jobs: readonly ScriptRun[]): Promise<string> =>
  trainScripts(root, jobs.map(([place, args]) => [path.join(root, place), ["--dtype", "float64", ...args]]));

const forms = Object.keys(CASES).flatMap((name) => (["autograd", "explicit"] as const).map((grad) => [`${name}-${grad}`, name, grad] as const));
const refused = new Map<string, string>();

beforeAll(async () => {
  for (const [place, name, gradients] of forms) {
    const one = CASES[name];
    if (one === undefined) continue;
    const folder = path.join(root, place);
    fs.mkdirSync(folder);
    const emitted = emitPytorch(compiledOf(one), { name, folder, absolute: true, gradients });
    if (E.isLeft(emitted)) { refused.set(place, emitted.left.map((d) => d.message).join("; ")); continue; }
    for (const [file, text] of emitted.right.files) fs.writeFileSync(path.join(folder, file), text);
  }
  const made = forms.filter(([place]) => !refused.has(place));
  said = await runAll(made.map(([place]) => [place, ["--out", path.join(root, place, "run")]]));
}, 600_000);
let said = "";

const linesOf = (run: string) => fs.readFileSync(path.join(run, "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line): Readonly<Record<string, unknown>> => {
  const { seconds: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
  return rest;
});
/** The largest difference between two parsed texts; infinite where they differ in anything but numbers. */
const apart = (a: unknown, b: unknown): number => {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b ? 0 : Infinity;
  const [x, y] = [Object.entries(a), new Map(Object.entries(b))];
  return x.length !== y.size ? Infinity : x.reduce((most, [key, value]) => Math.max(most, apart(value, y.get(key))), 0);
};
const oursOf = async (name: string, one: Case, steps: number, folder: string, resume = false) => {
  const training = trainingOf(compiledOf(one), { precision: "f64" });
  if (E.isLeft(training)) throw new Error(JSON.stringify(training.left));
  const { target, source, seed, at, hash } = training.right;
  const result = await train(target, source, { length: { unit: "steps", count: steps }, seed, folder, program: hash, resume, at }, silentReporter);
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
};

describe("windows in PyTorch", () => {
  it.each(forms)("%s follows the interpreter", async (place, name) => {
    const one = CASES[name];
    if (one === undefined) throw new Error(name);
    expect(refused.get(place)).toBeUndefined();
    const ours = path.join(root, name, "ours");
    if (!fs.existsSync(ours)) await oursOf(name, one, UPDATES, ours);
    const theirs = linesOf(path.join(root, place, "run"));
    expect(theirs.length, said).toBe(linesOf(ours).length);
    expect(apart(linesOf(ours), theirs)).toBeLessThan(1e-9);
  });

  describe("as ruff would", () => {
    let ruff: ReturnType<typeof ruffEach> = () => "";
    beforeAll(() => { ruff = ruffEach(forms.map(([place]) => path.join(root, place))); });
    it.each(forms)("%s is written", (place) => {
      expect(ruff(path.join(root, place))).toBe("");
    });
  });

  it("mypy finds nothing in any", () => {
    const flat = path.join(root, "flat");
    fs.mkdirSync(flat);
    for (const [place] of forms) {
      const own = place.replaceAll("-", "_");
      for (const file of fs.readdirSync(path.join(root, place)).filter((one) => one.endsWith(".py"))) {
        const text = fs.readFileSync(path.join(root, place, file), "utf8");
        fs.writeFileSync(path.join(flat, `${own}_${file}`), text.replace(/^from (model|initial|philox) import/gm, `from ${own}_$1 import`).replace(/^import (behind\w*)$/gm, `import ${own}_$1 as $1`));
      }
    }
    expect(mypy(flat)).toBe("");
  }, 300_000);

  it("stopped in the midst of sequences and resumed is bit by bit the same", async () => {
    const places = forms.map(([place]) => place);
    const args = (place: string, run: string, steps: number): readonly [string, readonly string[]] => [place, ["--out", path.join(root, place, run), "--steps", String(steps)]];
    // The longest burn-ins begin with the sequence again, or with what the window before has left.
    const stopsOf = (place: string): readonly number[] => (forms.some(([one, name]) => one === place && CASES[name]?.horizon.includes("burn_in") === true) ? [1, 2, 5] : [1, 5]);
    await runAll(places.flatMap((place) => stopsOf(place).flatMap((stop) => {
      const run = `part-${String(stop)}`, [, more] = args(place, run, UPDATES);
      return [args(place, run, stop), [place, [...more, "--resume"]] as const];
    })));
    for (const place of places) for (const stop of stopsOf(place)) {
      expect(linesOf(path.join(root, place, `part-${String(stop)}`)), `${place} stopped at ${String(stop)}`).toEqual(linesOf(path.join(root, place, "run")));
      const last = (run: string): Buffer => tensorsOf(fs.readFileSync(path.join(root, place, run, "checkpoint.safetensors")));
      expect(last(`part-${String(stop)}`).equals(last("run")), `${place} stopped at ${String(stop)}`).toBe(true);
    }
  }, 300_000);

  it("two processes learn as one does, resumed in the midst of sequences", async () => {
    const shared = new Set(["rnn", "one-step", "ragged", "gru-ragged", "lstm", "next-symbol-ahead", "returns-ragged", "last-state-ragged", "fixed-step", "learned-start", "own-future"]);
    const places = forms.flatMap(([place, name]) => (shared.has(name) ? [place] : []));
    expect(places).toHaveLength(2 * shared.size);
    const both = async (name: string, ...more: readonly string[]): Promise<string> => {
      // Where processes leave word for each other.
      const meeting = path.join(root, name);
      fs.mkdirSync(meeting);
      return (await Promise.all([0, 1].map((rank) => trainScripts(meeting, places.map((place) => [path.join(root, place), ["--dtype", "float64", "--out", path.join(root, place, "two"), ...more]]), { rank, world: 2 })))).join("");
    };
    const told = (await both("begun", "--steps", "5")) + (await both("resumed", "--steps", String(UPDATES), "--resume"));
    for (const place of places) expect(apart(linesOf(path.join(root, place, "run")), linesOf(path.join(root, place, "two"))), `${place}: ${told}`).toBeLessThan(1e-9);
  }, 300_000);

  it("N windows with fixed parameters give what one pass gives", async () => {
    // Of windows of one step each has as many instances: the mean of their losses is the loss of the sequences, which an epoch has gone through.
    const { source } = CASES["gru-ragged"] ?? { source: "" };
    const folder = path.join(root, "still");
    fs.mkdirSync(folder);
    const text = textOf({ source, horizon: "back=1" }).replace("adam(lr=0.02)", "sgd(lr=0)").replace(/steps=\d+/, "epochs=1");
    const compiled = compile(text, path.join(root, "p.seq"));
    if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
    const emitted = emitPytorch(compiled.right, { name: "still", folder, absolute: true });
    if (E.isLeft(emitted)) throw new Error(JSON.stringify(emitted.left));
    for (const [file, one] of emitted.right.files) fs.writeFileSync(path.join(folder, file), one);
    await runAll([["still", ["--out", path.join(folder, "run")]]]);
    const lines = linesOf(path.join(folder, "run"));
    const losses = lines.find((line) => line["kind"] === "epoch")?.["losses"], train = lines.at(-1)?.["train"];
    expect(losses).toBeDefined();
    expect(apart({ losses }, { losses: typeof train === "object" && train !== null && "losses" in train ? train.losses : null })).toBeLessThan(1e-12);
  }, 60_000);

  it("takes the interpreter's checkpoints in the midst of sequences, and gives it its own", async () => {
    for (const [place, name] of forms) {
      const one = CASES[name];
      if (one !== undefined) await oursOf(name, one, 2, path.join(root, place, "from-ours"));
    }
    await runAll(forms.flatMap(([place]) => [
      [place, ["--out", path.join(root, place, "from-ours"), "--steps", String(UPDATES), "--resume"]], [place, ["--out", path.join(root, place, "from-theirs"), "--steps", "2"]],
    ] as const));
    for (const [place, name] of forms) {
      const one = CASES[name];
      if (one === undefined) throw new Error(name);
      const ours = linesOf(path.join(root, name, "ours")), back = path.join(root, place, "from-theirs");
      expect(apart(ours, linesOf(path.join(root, place, "from-ours"))), place).toBeLessThan(1e-9);
      await oursOf(name, one, UPDATES, back, true);
      expect(apart(ours, linesOf(back)), place).toBeLessThan(1e-9);
    }
  }, 300_000);
});

describe("`eval` with Updates in windows", () => {
  it.each(["autograd", "explicit"] as const)("gives what the interpreter gives: %s", async (gradients) => {
    const compiled = compiledOf({ source: CASES["two-starts"]?.source ?? "", horizon: "back=4 ahead=1" });
    const inputs = new Map(arrays(false).filter(({ name }) => name === "x" || name === "y").map((one) => [one.name, one] as const));
    const request = { inputs, params: new Map(), precision: "f64", steps: 5, mode: "train", show: ["loss", "C.weight", "h"], at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE } } as const;
    const ours = evaluate(compiled, request), theirs = await evaluateInPytorch(compiled, request, gradients);
    if (E.isLeft(ours) || E.isLeft(theirs)) throw new Error(JSON.stringify([ours, theirs]));
    const shown = (values: typeof ours.right) => request.show.map((name) => JSON.parse(JSON.stringify(encodeValue(values.get(name) ?? { shape: [], rows: 1, batched: false, data: new Float64Array(1) }))) as unknown);
    expect(apart(shown(ours.right), shown(theirs.right))).toBeLessThan(1e-9);
  }, 60_000);
});

/** A safetensors file without what it says of itself, which has the time that the run took. */
const tensorsOf = (file: Buffer): Buffer => file.subarray(8 + Number(file.readBigUInt64LE(0)));
