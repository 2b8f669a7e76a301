/** Programs in windows, as small as they would get, that the emitted PyTorch had wrong. */
import type { Written } from "./windows.js";

const XY = "x : [2]\ny : [2]\nF : dense[2]\n";

export const LEAST: Readonly<Record<string, Written>> = {
  "a state of a macro that is called twice as one": {
    batch: 1, last: [4, 4], text: `@horizon back=2\n${XY}R : dense[2]\nRec: v_t\n    0 -> s_0\n    s_{t-1}|v_t --[R|tanh]-> s_t\n    return s_t\n\nx_t --[Rec_1]-> h_t\nx_t --[Rec_1]-> g_t\nh_t|g_t --[F]-> p_t => y_t\n`,
  },
  "a window that is too short for two last values": {
    batch: 1, last: [5, 5], text: `@horizon back=2\n${XY}h_{t+2}|x_t --[F|tanh]-> h_t\n0 -> h_T\n0.5 -> h_{T-1}\nh_t => y_t\n`,
  },
  "windows that are all too short": {
    batch: 1, last: [4, 4], text: `@horizon back=1\n${XY}h_{t+2}|x_t --[F|tanh]-> h_t\n0 -> h_T\n0.5 -> h_{T-1}\nh_t => y_t\n`,
  },
  "a last value before the first step, which counts in sequences that are so short": {
    batch: 2, last: [1, 2], text: `@horizon back=2\n${XY}h_{t+2}|x_t --[F|tanh]-> h_t\n0 -> h_T\n0.5 -> h_{T-1}\nx_t --[G]-> p_t => y_t\nG : dense[2]\n\n$ -sum((h_t - 1)^2)\n`,
  },
  "a gradient at a step that some windows do not have": {
    batch: 4, last: [1, 1, 1, 1, 1], text: "@horizon back=3 ahead=3 burn_in=1\nx : [1]\nz : [2]\ny : [1]\nF : dense[1]\nG : dense[1]\nH : dense[1]\n0.5 * h_{t+2} + 0.5 * tanh(x_t) -> h_t\nx_T --[F|tanh]-> h_T\nz --[G|tanh]-> h_{T-1}\nh_t --[H]-> v_t => y_t\n",
  },
  "the mean of own later steps of which a short window has none": {
    batch: 1, last: [3, 3], end: 5, text: "@horizon back=1 ahead=2\nx : [1]\ny : [2]\nF : dense[1]\nS : dense[1]\nP : dense[2]\nmean(h_{t+1..T}, axis=0) --[F|tanh]-> h_t\n[1, 0.5] --[S|tanh]-> h_{T-1}\nx_t --[P]-> p_t => y_t\n\n$ -0.1 * sum((h_t - 1)^2)\n",
  },
  "a function of two arguments behind a window that has but one": {
    batch: 1, last: [8, 8], text: "@horizon back=2 ahead=1\nx : [3]\ny : [1]\nz : [1]\nF : dense[1]\nS : dense[1]\nP : dense[2]\nQ : dense[2]\nR : dense[2]\nG : dense[1]\nO : dense[1]\nCell: h, v\n    h|v --[F|sigmoid]-> g\n    (1 - g) * h + g * tanh(h) -> u\n    return u\n\nh_{t+1}, x_t --[Cell]-> h_t\nx_T --[S|tanh]-> h_{T+1}\nu_{t+2}|h_{t-1}|z --[P|tanh]-> k_t\nk_{t-1} --[Q|tanh]-> u_t\nh_1 --[R|tanh]-> k_T\n0 -> k_{T-1}\ns_{t-1}|u_t --[G|tanh]-> s_t\n0 -> s_2\ns_t --[O]-> p_t => y_t\n",
  },
  "a boundary that nobody reads": {
    batch: 1, last: [4, 4], text: `@horizon back=2\n@optim adam(lr=0.1)\n${XY}z : [2]\nL : dense[2]\nh_{t-1}|x_t --[F|tanh]-> h_t\nz --[L|tanh]-> h_{-1}\n0 -> h_0\nh_t => y_t\n`,
  },
  "weights that a short window does not need": {
    batch: 1, last: [5, 5], text: `@horizon back=2\n@optim adamw(lr=0.1)\n${XY}h_{t+1}|x_{t+1} --[F|tanh]-> h_t\n0 -> h_T\nx_t --[G]-> p_t => y_t\nG : dense[2]\n\n$ -sum((h_t - 1)^2)\n`,
  },
  "weights of a value that the last step of a window does not read": {
    batch: 1, last: [4, 4], text: `@horizon back=1 ahead=1\n@optim adam(lr=0.1)\n${XY}G : dense[2]\nh_{t+1}|g_{t+1}|x_t --[F|tanh]-> h_t\nh_t|g_{t+1} --[G|tanh]-> g_t\n0 -> h_{T+1}\n0.5 -> g_{T+1}\nh_t => y_t\n`,
  },
  "no gradient at all": {
    batch: 2, last: [6, 2, 6], text: "@horizon back=5 ahead=2\n@optim adam(lr=0.1)\nx : [3]\nF : dense[1]\nh_{t-1}|x_{t+1} --[F|sigmoid]-> h_t\n0 -> h_0\n\n$ -0.5 * sum(h_t * h_{t-1})\n",
  },
  "a range at step 0 of what is carried": {
    batch: 2, last: [6, 6], text: "@horizon back=5\nx : [2]\nF : dense[2]\nx_t --[F|tanh]-> v_t\n0.5 -> v_{T+1}\nmean(v_{t..t+2}, axis=0) -> m_t\n\n$ -sum((m_t - 1)^2)\n\n$ -sum(v_t * v_{t-1})\n"
  },
  "a range at each row's own end": {
    batch: 2, last: [4, 5, 2, 1], text: "@horizon back=5\nx : [3]\nz : [2]\nF : dense[3]\nG : dense[2]\nx_t --[F|tanh]-> v_t\nmean(v_{t..t+2}, axis=0) -> m_t\nm_T --[G]-> q => z\n",
  },
  "a range beyond each row's own end": {
    batch: 2, last: [4, 5, 2, 1], text: "@horizon back=5\nx : [3]\nz : [2]\nF : dense[3]\nG : dense[2]\nx_t --[F|tanh]-> v_t\n0.5 -> v_{T+1}\nmean(v_{t..t+2}, axis=0) -> m_t\nm_T --[G]-> q => z\n",
  },
  "a state whose start alone is learnt": {
    batch: 1, last: [7, 7], text: "@horizon back=3\nx : [2]\ny : [2]\nz : [2]\nL : dense[2]\nz --[L|tanh]-> h_0\n0.5*h_{t-1} + 0.5*tanh(x_t) -> h_t\nh_t => y_t\n"
  },
  "a constant of a state whose start alone is learnt": {
    batch: 1, last: [7, 7], text: "@horizon back=3\nx : [2]\ny : [2]\nz : [2]\nL : dense[2]\nz --[L|tanh]-> h_0\n0.5*h_{t-1} + 0.5*tanh(x_t) -> h_t\nh_t * nograd(h_t) -> p_t\np_t => y_t\n"
  },
  "weights that no statement learns": {
    batch: 2, last: [4, 4], text: "@horizon back=3\n@optim adamw(lr=0.1)\nx : [2]\nz : [3]\ny : [3]\nL : dense[3]\nF : dense[2]\nG : dense[1]\nz --[L|tanh]-> h_0\n0.5*h_{t-1} + 0.5*sum(x_t) -> h_t\nh_{t-1} => y_t\nx_t --[F|tanh]-> v_t\nv_t --[G]-> j_t\nv_t $ sum(j_t)\n"
  },
  "what counts at step 0 and reads values before it": {
    batch: 2, last: [8, 8], text: "@horizon back=3 ahead=1\nx : [3]\nz : [3]\nF : dense[1]\nL : dense[1]\nh_{t-1}|x_{t+1} --[F|sigmoid]-> h_t\nz --[L|tanh]-> h_{-1}\n\n$ -sum(h_t * h_{t-1})\n",
  },
  "statements of many targets": {
    batch: 2, last: [4, 4], text: `@horizon back=2\nx : [2]\n${[1, 2, 3, 4, 5, 6].map((k) => `y${String(k)} : [2]\nF_${String(k)} : dense[2]\nx_t --[F_${String(k)}|tanh]-> p${String(k)}_t => y${String(k)}_t\n`).join("")}`,
  },
  "a range of what begins later, rows that have none of it": {
    batch: 4, last: [1, 4, 5, 1], text: `@horizon back=3 ahead=3\n${XY}tanh(x_{t-1}) -> v_t\nflatten(v_{t-1..t+1}) --[G]-> w_t\nG : dense[2]\nx_t --[F]-> p_t => y_t\n\n$ -0.1 * sum((w_t - 1)^2)\n`,
  },
  "a state of which short sequences have none, carried at a fixed step": {
    batch: 2, last: [2, 5, 3, 1], text: "@horizon back=1 ahead=1\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nq_T --[U]-> u\nmean(h_{t+1..T}, axis=0) | max(h_{t+1..T}, axis=0) | x_{t+1} --[H|tanh]-> h_t\nx_{T-1} -> h_{T-2}\nu -> h_{T}\nmean(h_{1..2}, axis=0) --[O]-> p => z\n$ -0.1 * sum(q_t ^ 2)\n",
  },
  "a range that keeps steps up to its own end, of a value that ends before": {
    batch: 1, last: [2, 4, 6, 1], text: "@horizon back=2 ahead=2\nx : [2]\nz : [2]\nH : dense[2]\nG : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nx_1 | x_{T-1} --[U]-> u\nh_{t-1} --[H|tanh]-> h_t\n0.3 -> h_{1}\nx_2 -> h_{3}\nu -> h_{0}\nmax(g_{0..t-1}, axis=0) | x_{t} | h_{t+1} --[G|tanh]-> g_t\nx_2 -> g_{3}\nu -> g_{0}\nx_T -> g_{2}\nmean(g_{0..T}, axis=0) --[O]-> p => z\n$ -0.1 * sum(q_t ^ 2)\n",
  },
  "a range from a step of the sequence behind which a state begins": {
    batch: 1, last: [5, 2, 3, 5], text: "@horizon back=3 ahead=1\nx : [2]\ny : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nx_2 --[U]-> u\nmean(h_{1..t-1}, axis=0) --[H|tanh]-> h_t\nx_T -> h_{1}\nx_2 -> h_{-1}\nx_2 -> h_{0}\nh_0 --[O]-> p => z\nh_t => y_{t-1}\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
  "a state with three boundary equations and a last value beside it": {
    batch: 2, last: [4, 1, 5, 1], text: "@horizon back=3 ahead=2\nx : [2]\ny : [2]\nH : dense[2]\nG : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t} --[Q]-> q_t\nq_2 --[U]-> u\nh_{t-1} | g_{t-1} --[H|tanh]-> h_t\nx_2 -> h_{0}\nu -> h_{3}\nx_{T-1} -> h_{-1}\ng_{t-1} | mean(g_{0..t-1}, axis=0) | h_{t} --[G|tanh]-> g_t\n0.3 -> g_{0}\n0.3 -> g_{1}\nu -> g_{T-2}\nh_t --[O]-> p_t => y_t\nh_t => y_{t}\n",
  },
  "a last value within a state that runs backward, beside a fixed range": {
    batch: 2, last: [2, 3, 4, 6], text: "@horizon back=1 ahead=2\nx : [2]\ny : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nx_1 | x_{T-1} --[U]-> u\nh_{t+2} --[H|tanh]-> h_t\nq_t -> h_{T}\nx_1 -> h_{T-2}\nx_T -> h_{T+1}\nmean(h_{0..T}, axis=0) --[O]-> p => z\nh_t => y_{t+1}\n$ -0.1 * sum(u ^ 2)\n",
  },
  "the same with a range of own later steps": {
    batch: 1, last: [6, 2, 3, 2], text: "@horizon back=4 ahead=2\nx : [2]\ny : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nx_2 --[U]-> u\nmean(h_{t+1..T+1}, axis=0) --[H|tanh]-> h_t\nx_2 -> h_{T+1}\nx_T -> h_{T-2}\nmean(h_{1..2}, axis=0) --[O]-> p => z\nh_t => y_{t+1}\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
  "a boundary at a step that a fixed range reads": {
    batch: 1, last: [1, 6, 6, 5], text: "@horizon back=1 ahead=2\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nx_1 | x_{T-1} --[U]-> u\nh_{t-1} | mean(h_{t-2..t-1}, axis=0) --[H|tanh]-> h_t\nx_{T-1} -> h_{1}\nu -> h_{0}\n0.3 -> h_{2}\nmean(h_{1..2}, axis=0) --[O]-> p => z\n$ -0.1 * sum(q_t ^ 2)\n",
  },
  "own later steps, of which windows behind the first have fewer": {
    batch: 2, last: [2, 5, 3, 1], text: "@horizon back=1 ahead=1\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nq_T --[U]-> u\nmean(h_{t+1..T}, axis=0) | max(h_{t+1..T}, axis=0) | x_{t+1} --[H|tanh]-> h_t\nx_{T-1} -> h_{T-2}\nu -> h_{T}\nmean(h_{1..2}, axis=0) --[O]-> p => z\n$ -0.1 * sum(q_t ^ 2)\n",
  },
  "a boundary behind the first window, read as a fixed range": {
    batch: 1, last: [1, 4, 4, 1], text: "@horizon back=1 ahead=1\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nx_2 --[U]-> u\nmean(h_{0..t-1}, axis=0) | h_{t-1} --[H|tanh]-> h_t\n0.3 -> h_{1}\nx_1 -> h_{0}\nx_2 -> h_{3}\nmean(h_{1..2}, axis=0) --[O]-> p => z\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
  "fixed steps of data, the second of which a later window has": {
    batch: 1, last: [6, 5, 6, 2], text: "@horizon back=1 ahead=2\nx : [2]\ny : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nx_2 --[U]-> u\nh_{t-2} | x_{t+1} --[H|tanh]-> h_t\nx_1 -> h_{0}\nx_1 -> h_{-1}\nmax(h_{0..t}, axis=0) --[O]-> p_t => y_t\nh_t => y_{t-1}\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
  "fixed steps counted from both ends, in windows of one step": {
    batch: 2, last: [4, 1, 4, 4], text: "@horizon back=1 ahead=1\nx : [2]\ny : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t} --[Q]-> q_t\nx_1 | x_{T-1} --[U]-> u\nmean(h_{1..t-1}, axis=0) | max(h_{t-4..t-3}, axis=0) | x_{t} --[H|tanh]-> h_t\nx_2 -> h_{0}\n0.3 -> h_{2}\nx_T -> h_{1}\nmax(h_{0..t}, axis=0) --[O]-> p_t => y_t\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
  "batch_norm of a state": {
    batch: 4, last: [5, 4, 3, 6], text: "@horizon back=2\nx : [2]\ny : [2]\n0 -> h_0\nh_{t-1} + x_t -> h_t\nh_t --[batch_norm]-> g_t => y_t\n",
  },
  "batch_norm of a state that is read back": {
    batch: 4, last: [6, 5, 6, 4], text: "@horizon back=2 ahead=1\nx : [2]\ny : [2]\nH : dense[2]\n0 -> h_0\nh_{t-1} | x_t --[H|tanh]-> h_t\nh_t --[batch_norm]-> g_t\ng_t + g_{t-2} => y_t\n",
  },
  "a last value and a boundary that meet in short sequences, behind the windows that know it": {
    batch: 1, last: [5, 4, 3, 4], text: "@horizon back=1 ahead=2\nx : [2]\ny : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nq_2 --[U]-> u\nh_{t+1} | x_{t} --[H|tanh]-> h_t\nq_t -> h_{T-2}\nx_1 -> h_{T}\nq_t -> h_{1}\nmean(h_{t..T}, axis=0) --[O]-> p_t => y_t\n$ -0.1 * sum(u ^ 2)\n",
  },
  "own later steps, in sequences that are shorter than the first windows see": {
    batch: 1, last: [2, 4, 6, 1], text: "@horizon back=1 ahead=2\nx : [2]\ny : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nq_2 --[U]-> u\nmean(h_{t+1..T+1}, axis=0) | mean(h_{t+1..T}, axis=0) | x_{t-1} --[H|tanh]-> h_t\nx_1 -> h_{T-2}\nh_2 --[O]-> p => z\nh_t => y_{t-1}\n$ -0.1 * sum(u ^ 2)\n",
  },
  "a step before the last, in a window that begins with the last": {
    batch: 2, last: [4, 6, 2, 6], text: "@horizon back=3 ahead=2\nx : [2]\ny : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t} --[Q]-> q_t\nx_T --[U]-> u\nh_{t+1} | h_{t+1} --[H|tanh]-> h_t\nx_1 -> h_{T-1}\nh_{T-1} --[O]-> p => z\nh_t => y_{t-1}\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
  "a range of last steps, in windows of one step": {
    batch: 2, last: [4, 4], text: "@horizon back=1\n@optim sgd(lr=0.1)\nx : [2]\nz : [2]\nM : dense[2]\nC : dense[2]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nmean(h_{T-2..T}, axis=0) --[M]-> p => z\n",
  },
  "a gradient at a step counted from the end, of what begins late": {
    batch: 2, last: [2, 6, 6, 1], text: "@horizon back=1 ahead=0\nx : [2]\ny : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t} --[Q]-> q_t\nz --[U]-> u\nmax(h_{t+2..t+3}, axis=0) | h_{t+1} --[H|tanh]-> h_t\nq_t -> h_{T}\n0.3 -> h_{T-1}\nmean(h_{t..T}, axis=0) --[O]-> p_t => y_t\nh_t => y_{t-1}\n$ -0.1 * sum(u ^ 2)\n",
  },
  "a state that windows of a program of their own count later": {
    batch: 1, last: [5, 1, 6, 2], text: "@horizon back=2 ahead=0\nx : [2]\ny : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nx_T --[U]-> u\nh_{t+3} | x_{t-2} --[H|tanh]-> h_t\nx_1 -> h_{T}\nx_1 -> h_{T+1}\n0.3 -> h_{T-1}\nh_{t-1} --[O]-> p_t => y_t\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
  "a recurrence that reads no data": {
    batch: 2, last: [3, 5, 4, 3], text: "@horizon back=3 ahead=0\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nq_2 --[U]-> u\nh_{t-1} | mean(h_{1..t-1}, axis=0) --[H|tanh]-> h_t\nu -> h_{2}\nu -> h_{1}\nh_1 --[O]-> p => z\n",
  },
  "a fixed step of a state that looks ahead, which a burn-in computes again": {
    batch: 2, last: [4, 6, 5, 3], text: "@horizon back=1 ahead=2 burn_in=1\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nq_2 --[U]-> u\nh_{t+1} | x_{t} --[H|tanh]-> h_t\nx_T -> h_{T+1}\nh_2 --[O]-> p => z\n$ -0.1 * sum(u ^ 2)\n",
  },
  "a burn-in of fewer steps than are left": {
    batch: 1, last: [3, 2, 4, 6], text: "@horizon back=3 ahead=1 burn_in=1\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t+1} --[Q]-> q_t\nx_1 | x_{T-1} --[U]-> u\nmean(h_{t+1..T+1}, axis=0) | x_{t-2} --[H|tanh]-> h_t\nx_{T-1} -> h_{T+1}\nu -> h_{T-2}\nmean(h_{0..T}, axis=0) --[O]-> p => z\n$ -0.1 * sum(q_t ^ 2)\n",
  },
  "a fixed step alone of what is padded": {
    batch: 2, last: [5, 2, 3, 1], text: "@horizon back=2\nx_t : [2]\nz : [2]\nF : dense[2]\nx_1 --[F]-> p => z\n",
  },
  "a range that reaches far before a window": {
    batch: 2, last: [50, 44, 3], text: `@horizon back=16\n${XY}0.1 -> h_0\nx_t | mean(h_{t-40..t-1}, axis=0) --[F|tanh]-> h_t\nmean(x_{t-35..t}, axis=0) | h_t --[G]-> p_t => y_t\nG : dense[2]\n`,
  },
  "a last value behind the window that carried values stand in front of": {
    batch: 1, last: [4, 4], text: "@horizon back=3 ahead=2\nx : [2]\ny : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nx_t --[Q]-> q_t\nh_{t+1} | x_t --[H|tanh]-> h_t\nx_2 -> h_{T-1}\nh_{T-1} --[O]-> p => z\nq_t => y_t\n",
  },
  "later steps of sequences that have ended before a window of one step": {
    batch: 2, last: [6, 3, 3, 5], text: "@horizon back=1 ahead=1\nx : [1]\ny : [1]\nz : [2]\nG : dense[2]\nH : dense[2]\nI : dense[1]\nx_t --[G]-> w_t\nz --[H]-> q\nsoftmax(matmul(w_{t+1..t+3}, q + sum(x_t))) -> a_t\nmatmul(a_t, x_{t+1..t+3}) -> b_t\nb_t --[I|tanh]-> p_t\np_t => sigmoid(y_{t+1})\n",
  },
  "a learnt value at the first step, and windows behind it that reach no weight": {
    batch: 1, last: [7, 7], text: "@horizon back=3\nx : [2]\ny : [2]\nz : [2]\nL : dense[2]\nz --[L|tanh]-> h_1\n0.5*h_{t-1} + 0.5*tanh(x_t) -> h_t\nh_t => y_t\n",
  },
  "a range of later steps of what begins behind its reader": {
    batch: 2, last: [5, 3, 4, 6], text: "@horizon back=8\nx : [2]\ny : [2]\nF : dense[2]\nO : dense[2]\n0 -> h_{T+1}\n0.5*h_{t+1} + x_{t-1} --[F]-> e_t\nmean(e_{t..t+2}, axis=0) -> h_t\nmean(h_{0..2},axis=0) --[O]-> p => y_T\n",
  },
  "a range of earlier steps of what ends before its reader, in rows of their own lengths": {
    batch: 2, last: [5, 6, 7, 6], text: "@horizon back=9\nx : [2]\ny : [2]\nF : dense[2]\nO : dense[2]\n0 -> h_{-1}\n0.5*h_{t-1} + x_{t+2} --[F]-> e_t\nmean(e_{t-2..t}, axis=0) -> h_t\nmean(h_{T-3..T},axis=0) --[O]-> p => y_T\n",
  },
  "the same of a range from the beginning, in windows": {
    batch: 2, last: [5, 6, 7, 6], text: "@horizon back=3 ahead=2\nx : [2]\ny : [2]\nF : dense[2]\nO : dense[2]\n0 -> h_{-1}\n0.5*h_{t-1} + x_{t+2} --[F]-> e_t\nmean(e_{0..t}, axis=0) -> h_t\nmean(h_{T-3..T},axis=0) --[O]-> p => y_T\n",
  },
  "the same up to the step before": {
    batch: 2, last: [5, 6, 7, 6], text: "@horizon back=9\nx : [2]\ny : [2]\nF : dense[2]\nO : dense[2]\n0 -> h_{-1}\n0.1 -> h_0\n0.5*h_{t-1} + x_{t+2} --[F]-> e_t\nmean(e_{0..t-1}, axis=0) -> h_t\nmean(h_{T-3..T},axis=0) --[O]-> p => y_T\n",
  },
  "a range of last steps of what is no state, in windows of one step": {
    batch: 2, last: [4, 4], text: "@horizon back=1\n@optim sgd(lr=0.1)\nx : [2]\nz : [2]\nM : dense[2]\nC : dense[2]\nx_t --[C|tanh]-> e_t\nmean(e_{T-2..T}, axis=0) --[M]-> p => z\n",
  },
  "a range up to the step before the last of what is no state": {
    batch: 2, last: [4, 3, 5, 6], text: "@horizon back=2\n@optim sgd(lr=0.1)\nx : [2]\nz : [2]\nM : dense[2]\nC : dense[2]\nx_t --[C|tanh]-> e_t\nmax(e_{T-3..T-1}, axis=0) --[M]-> p => z\n",
  },
  "a range of so many last steps, of which windows keep fewer, in our own equations": {
    batch: 2, last: [3, 2, 2, 4], text: "@horizon back=2 ahead=2\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nx_T --[U]-> u\nh_{t-1} --[H|tanh]-> h_t\nx_2 -> h_{-1}\nu -> h_{0}\nq_t -> h_{2}\nmean(q_{T-2..T}, axis=0) --[O]-> p => z\n$ -0.1 * sum(h_t ^ 2)\n",
  },
  "own later steps that are missing next to a step which our own equations compute": {
    batch: 1, last: [2, 3, 1, 6], text: "@horizon back=4 ahead=0\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nq_T --[U]-> u\nmax(h_{t+1..T}, axis=0) | x_{t-2} --[H|tanh]-> h_t\nq_t -> h_{T}\nx_1 -> h_{T-2}\nh_{T-2} --[O]-> p => z\n$ -0.1 * sum(u ^ 2)\n",
  },
  "fixed steps beyond the end of what looks ahead, the last of which a later window has": {
    batch: 1, last: [4, 6, 2, 4], text: "@horizon back=1 ahead=2\nx : [2]\nz : [2]\nH : dense[2]\nO : dense[2]\nQ : dense[2]\nU : dense[2]\nx_{t-1} --[Q]-> q_t\nz --[U]-> u\nmean(h_{t+1..t+2}, axis=0) | h_{t+1} | x_{t+1} --[H|tanh]-> h_t\n0.3 -> h_{T-1}\nmean(h_{1..2}, axis=0) --[O]-> p => z\n$ -0.1 * sum(q_t ^ 2)\n$ -0.1 * sum(u ^ 2)\n",
  },
};
