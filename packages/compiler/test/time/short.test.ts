/** Sequences so short that steps counted from their two ends cross, or do not exist: PyTorch leaves out what the interpreter leaves out. */
import { testAgreement } from "./agreement.js";
import type { Least } from "./least.js";

const X = "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\n", Z = "z : [2]\nG : dense[2]\n", Y = "y : [2]\n";
const REC = "x : [2]\nF : dense[2]\n0 -> h_0\nh_{t-1} | x_t --[F|tanh]-> h_t\n";

const ABSENT: Readonly<Record<string, Least>> = {
  "a loss of a step before the end that some rows do not have": { last: [5, 1, 3], text: `${X}${Z}h_{T-3} --[G]-> q => z\n` },
  "the same of a state": { last: [5, 1, 3], text: `${REC}${Z}h_{T-2} --[G]-> q => z\n` },
  "a fixed step that some rows do not have": { last: [5, 2, 3, 6], text: `${X}${Z}h_3 --[G]-> q => z\n` },
  "a value without time at every step": { last: [5, 1, 3], text: `${X}${Y}G : dense[2]\nh_t | h_3 --[G]-> p_t => y_t\n` },
  "a value without time at every step, and a loss of what all have": { last: [5, 1, 3], text: `${X}${Y}G : dense[2]\nh_t | h_{T-2} --[G]-> p_t => y_t\nh_t => y_t\n` },
  "a step before the end that no row has": { last: [2, 2], text: `${X}${Y}${Z}h_{T-3} --[G]-> q => z\nh_t => y_t\n` },
  "a start that is given by a step that some rows do not have": { last: [5, 1, 3], text: `x : [2]\nF : dense[2]\n${Y}x_2 --[S|tanh]-> h_0\nS : dense[2]\nh_{t-1} | x_t --[F|tanh]-> h_t\nh_t => y_t\n` },
  "two last values in sequences of one step": { last: [1, 1], text: `x : [2]\nF : dense[2]\n${Y}h_{t+2} | x_t --[F|tanh]-> h_t\n0 -> h_T\n1 -> h_{T-1}\nh_t => y_t\n` },
  "two last values in rows of one step": { last: [4, 1, 2], text: `x : [2]\nF : dense[2]\n${Y}h_{t+2} | x_t --[F|tanh]-> h_t\n0.1 -> h_T\n1 -> h_{T-1}\nh_t => y_t\n` },
};

const RANGES: Readonly<Record<string, Least>> = {
  "the mean of the last three steps, of which some rows have one": { last: [5, 1, 2], text: `${X}${Z}mean(h_{T-2..T}, axis=0) --[G]-> q => z\n` },
  "the same with a boundary before the first step": { last: [5, 1, 2], text: `x : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\n0.5 -> h_0\n0.3 -> h_{-1}\n${Z}mean(h_{T-3..T}, axis=0) --[G]-> q => z\n` },
  "the first three steps, of which some rows have one": { last: [5, 1, 2], text: `${X}${Z}flatten(h_{1..3}) --[G]-> q => z\n` },
  "the greatest of the first steps of differences": { last: [5, 2, 3], text: `${X}${Z}h_t - h_{t-1} -> d_t\nmax(d_{2..4}, axis=0) --[G]-> q => z\n` },
  "a range at a step that some rows do not have": { last: [5, 1, 2], text: `${X}${Z}mean(h_{1..t}, axis=0) -> m_t\nm_{T-2} --[G]-> q => z\n` },
  "a mean of nothing at each row's own end": { last: [5, 1, 2], text: `${X}${Z}mean(h_{1..t-2}, axis=0) -> m_t\nm_T --[G]-> q => z\n` },
  "the mean of all but the last two steps": { last: [5, 1, 2], text: `${X}${Z}mean(h_{1..T-2}, axis=0) --[G]-> q => z\n` },
  "attention over all but the last two steps": { last: [5, 1, 2], text: `${X}${Y}G : dense[2]\nsoftmax(matmul(h_{0..T-2}, x_t)) -> a_t\nmatmul(a_t, h_{0..T-2}) --[G]-> p_t => y_t\n` },
  "frames of a value that begins late and ends early": { last: [6, 1, 2, 3], text: `${X}${Y}G : dense[2]\nh_{t+1} - h_{t-1} -> d_t\nflatten(d_{t-1..t+1}) --[G]-> p_t => y_t\n` },
  "own later steps up to one before the end": { last: [5, 1, 2], text: `x : [2]\nF : dense[2]\n${Y}mean(h_{t+1..T}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_T\n0.4 -> h_{T-1}\nh_t => y_t\n` },
};

const STATES: Readonly<Record<string, Least>> = {
  "a start and an end that meet": { last: [4, 1, 2], text: `x : [2]\nF : dense[2]\n${Y}h_{t-2} | x_t --[F|tanh]-> h_t\n0.3 -> h_0\n0.1 -> h_1\nh_t => y_t\nh_{T-2} => y_T\n` },
  "a backward state from a step that some rows do not have": { last: [5, 1, 3], text: `x : [2]\nF : dense[2]\n${Y}${Z}h_{t+1} | x_t --[F|tanh]-> h_t\nx_3 --[G|tanh]-> h_{T+1}\nh_t => y_t\n` },
  "states of a lag of three": { last: [6, 1, 2, 3], text: `x : [2]\nF : dense[2]\n${Y}h_{t+3} | h_{t+1} | x_t --[F|tanh]-> h_t\n0.1 -> h_T\n1 -> h_{T-1}\nx_t -> h_{T-2}\nh_t => y_t\n` },
  "a learnt start of three steps": { last: [6, 1, 2, 3], text: `x : [2]\nF : dense[2]\n${Y}${Z}z --[G|tanh]-> h_0\nz --[H|tanh]-> h_1\n0.4 -> h_2\nH : dense[2]\nh_{t-3} | x_t --[F|tanh]-> h_t\nh_t => y_t\n` },
  "two directions, each with two boundaries": { last: [6, 1, 2], text: `x : [2]\nF : dense[2]\n${Y}${Z}0.3 -> a_0\n0.1 -> a_1\na_{t-2} | x_t --[F|tanh]-> a_t\nb_{t+2} | a_t --[G|tanh]-> b_t\na_T -> b_T\n0.2 -> b_{T-1}\na_t | b_t --[H]-> p_t => y_t\nH : dense[2]\n` },
  "a value at a fixed step, within a recurrence": { last: [5, 1, 3], text: `x : [2]\nF : dense[2]\n${Y}0 -> h_0\nh_{t-1} | x_t | x_2 --[F|tanh]-> h_t\nh_t => y_t\n` },
  "an LSTM of one step, and what is read two before its end": { last: [4, 1, 2], text: `x : [2]\nI : dense[2]\nF : dense[2]\nO : dense[2]\nC : dense[2]\n${Z}0 -> h_0\n0 -> c_0\nh_{t-1}|x_t --[I|sigmoid]-> i_t\nh_{t-1}|x_t --[F|sigmoid]-> f_t\nh_{t-1}|x_t --[O|sigmoid]-> o_t\nh_{t-1}|x_t --[C|tanh]-> g_t\nf_t*c_{t-1} + i_t*g_t -> c_t\no_t*tanh(c_t) -> h_t\nh_{T-2} --[G]-> q => z\n` },
  "draws beside what some rows lack": { last: [5, 1, 3], text: `${X}${Y}dropout(h_t, p=0.5) * h_{T-2} -> v_t\nv_t => y_t\n` },
  "a function applied to what some rows lack, decay of its weights": { last: [5, 1, 3], text: `@optim adamw(lr=0.1)\n${X}${Y}${Z}h_{T-2} --[G|tanh]-> q\nq => z\nh_t => y_t\n` },
  "weights that no row reaches": { last: [1, 1], text: `@optim adamw(lr=0.1)\n${X}${Y}${Z}h_{T-2} --[G|tanh]-> q\nq => z\nh_t => y_t\n` },
  "the first step of a function in a backward recurrence, given by a number": { last: [5, 1, 3], text: `x : [2]\nF : dense[2]\n${Y}Cell: h, v\n    tanh(h) | v --[F|tanh]-> n\n    return n\nh_{t+1}, x_t --[Cell]-> h_t\n0 -> h_{T+1}\n0.3 -> h_0\nh_{t-1} => y_t\n`.replace("F : dense[2]\n", "").replace("Cell: h, v\n", "Cell: h, v\n    F : dense[2]\n") },
};

testAgreement({ ...ABSENT, ...RANGES, ...STATES });
