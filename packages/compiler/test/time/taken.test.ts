/** Programs over time that PyTorch was not written for once: it means by them what the interpreter means. */
import { testAgreement } from "./agreement.js";
import type { Least } from "./agreement.js";

const BATCH: Readonly<Record<string, Least>> = {
  "`batch_norm` of sequences, rows of their own lengths": { last: [3, 2], end: 5, text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[F|batch_norm|tanh]-> h_t\nh_t => y_t\n" },
  "`batch_norm` of which the ends of rows alone are read": { last: [4, 2, 3], text: "x : [2]\ny : [2]\nF : dense[2]\n0 -> h_0\nh_{t-1} | x_t --[F|tanh]-> h_t\nh_t --[batch_norm]-> p_t\np_T => z\nz : [2]\n" },
  "`batch_norm` of a value one step before": { last: [4, 2, 3], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_{t-1} --[batch_norm|G]-> p_t\np_t => y_t\nG : dense[2]\n" },
  "`batch_norm` at the ends of rows": { last: [4, 2, 3], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[F|tanh]-> h_t\nh_T --[batch_norm|G]-> p\np => z\nz : [2]\nG : dense[2]\n" },
  "`batch_norm` in a function of one step": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nBlock: v\n    v --[A|N|tanh]-> w\n    A : dense[3]\n    N : batch_norm\n    return w\nx_t --[Block|F]-> h_t\nh_t => y_t\n" },
  "`batch_norm` in a cell with its own state": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nCell: u_t\n    0 -> s_0\n    u_t --[A|N]-> w_t\n    s_{t-1}|w_t --[C|tanh]-> s_t\n    A : dense[3]\n    C : dense[3]\n    N : batch_norm\n    return s_t\nx_t --[Cell|F]-> h_t\nh_t => y_t\n" },
  "`normalize` over rows of their own lengths": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[F]-> g_t\nnormalize(g_t) -> h_t\nh_t => y_t\n" },
  "what `batch_norm` gives has a logarithm behind the ends of rows, too": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[F|batch_norm]-> h_t\nexp(log(h_t * h_t)) -> k_t\nk_t => y_t\n" },
  "`batch_norm` of frames": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[F]-> e_t\ne_{t-1..t} --[batch_norm]-> f_t\nflatten(f_t) --[G]-> p_t\nG : dense[2]\np_t => y_t\n" },
  "`batch_norm` in front of a recurrence": { last: [5, 1, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0 -> h_0\nx_t --[A|N]-> g_t\nA : dense[3]\nN : batch_norm\nh_{t-1} | g_t --[F|tanh]-> h_t\nh_t => y_t\n" },
  "`batch_norm` of a value with a boundary behind its end": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[F]-> g_t\n0.3 -> g_{T+1}\ng_t --[batch_norm]-> h_t\nh_{t+1} --[G]-> p_t\np_t => y_t\nG : dense[2]\n" },
};

const ENDS: Readonly<Record<string, Least>> = {
  "a backward recurrence with two last values": { last: [5, 3, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nh_{t+2} | x_t --[F|tanh]-> h_t\n0 -> h_T\n1 -> h_{T-1}\nh_t => y_t\n" },
  "last values that are learnt, and read from the end of each row": { last: [5, 3, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nz : [2]\nz --[S]-> s\nS : dense[2]\nh_{t+2} | h_{t+1} | x_t --[F|tanh]-> h_t\ns -> h_T\nx_T -> h_{T-1}\nh_t => y_t\n" },
  "last values behind the end and at it": { last: [4, 2, 3], text: "x : [2]\ny : [2]\nF : dense[2]\nz : [2]\nz --[S]-> s\nS : dense[2]\nh_{t+2} | x_t --[F|tanh]-> h_t\ns -> h_{T+1}\n0.5*s -> h_T\nh_t => y_t\n" },
  "two states that end at steps of their own": { last: [5, 3, 4], text: "x : [2]\ny : [2]\nF : dense[2]\na_{t+1} | x_t | b_{t+1} --[F|tanh]-> a_t\n0.3 -> a_T\n0.5*b_{t+1} + x_t + a_t -> b_t\n0.7 -> b_{T+1}\na_t | b_t --[G]-> p_t => y_t\nG : dense[2]\n" },
  "three last values": { last: [5, 3, 7], text: "x : [2]\ny : [2]\nF : dense[2]\nh_{t+3} | x_t --[F|tanh]-> h_t\n0.1 -> h_T\n1 -> h_{T-1}\n0.5->h_{T+1}\nh_t => y_t\n" },
  "three last values, and the next one": { last: [5, 3, 7, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nh_{t+3} | h_{t+1} | x_t --[F|tanh]-> h_t\nx_{T} -> h_T\nx_{T-1} -> h_{T-1}\n0.5->h_{T-2}\nh_t => y_t\n" },
  "a value beside the state, which exists at its last steps, too": { last: [5, 4, 3, 7], text: "x : [2]\ny : [2]\nF : dense[2]\nh_{t+2} | u_{t+1} --[F|tanh]-> h_t\nh_{t+1} | x_t --[G|tanh]-> u_t\nG : dense[2]\n0.1 -> h_T\n1 -> h_{T-1}\n0.2 -> h_{T+1}\nh_t => y_t\n" },
  "last values from a recurrence to the past": { last: [5, 4, 3, 7], text: "x : [2]\ny : [2]\nF : dense[2]\n0 -> g_0\ng_{t-1} | x_t --[G|tanh]-> g_t\nG : dense[2]\nh_{t+2} | g_t --[F|tanh]-> h_t\ng_T -> h_T\ng_{t-1} -> h_{T-1}\nh_t => y_t\n" },
  "a last value from the end of each row, and inputs of the next step": { last: [5, 4, 3, 7], text: "x : [2]\ny : [2]\nF : dense[2]\nh_{t+1} | x_{t+1} --[F|tanh]-> h_t\nx_t --[G]-> g_t\nG : dense[2]\ng_T -> h_T\nh_t => y_t\n" },
};

testAgreement({ ...BATCH, ...ENDS });
