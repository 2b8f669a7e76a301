/** Programs over time that PyTorch was not written for once: it means by them what the interpreter means. */
import { testAgreement } from "./agreement.js";
import type { Least } from "./least.js";

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

const AT_ENDS: Readonly<Record<string, Least>> = {
  "a range of a loop's own later values, of which each row has its own": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0 -> h_{T+1}\n0.5*h_{t+1} + x_t + 0.1*t --[F]-> e_t\nmean(e_{t..t+2}, axis=0) -> h_t\nh_t => y_t\n" },
  "a range of a loop's own later values, made of another loop's": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0 -> k_{T+1}\n0.5*k_{t+1} + x_t -> k_t\n0 -> h_{T+1}\n0.5*h_{t+1} + k_t --[F]-> e_t\nmean(e_{t..t+2}, axis=0) -> h_t\nh_t => y_t\n" },
  "the mean up to the end of each row": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nmean(v_{1..t}, axis=0) -> m_t\nm_T --[F|G]-> q\nG : dense[2]\nq => z\nz : [2]\n" },
  "the greatest up to the end of each row": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nmax(v_{0..t}, axis=0) -> m_t\nm_T --[F|G]-> q\nG : dense[2]\nq => z\nz : [2]\n" },
  "the mean of the last two steps": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nmean(v_{t..T}, axis=0) -> m_t\nm_{T-1} --[F|G]-> q\nG : dense[2]\nq => z\nz : [2]\n" },
  "the mean of all before the end of each row": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nmean(v_{1..t-1}, axis=0) -> m_t\nm_T --[F|G]-> q\nG : dense[2]\nq => z\nz : [2]\n" },
  "sums up to the end of each row, and to the step before": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nsum(v_{1..t}, axis=0) -> m_t\nm_{T-1}|m_T --[F|G]-> q\nG : dense[2]\nq => z\nz : [2]\n" },
  "attention at the end of each row": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nx_t --[H]-> k_t\nH : dense[2]\nsoftmax(matmul(k_{0..t}, v_t)) -> a_t\nmatmul(a_t, v_{0..t}) -> m_t\nm_T --[F|G]-> q\nG : dense[2]\nq => z\nz : [2]\n" },
  "the number of each row's last step": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t * (0.1 * t) -> v_t\nv_T --[F]-> q\nq => z\nz : [2]\n" },
  "the numbers of each row's last two steps": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t * (0.1 * t) -> v_t\nv_T | v_{T-1} --[F]-> q\nq => z\nz : [2]\n" },
  "draws at the end of each row": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\ndropout(v_t, p=0.5) -> m_t\nm_T --[F|G]-> q\nG : dense[2]\nq => z\nz : [2]\n" },
  "a last value made of the number of its step": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nh_{t+1} | x_t --[F|tanh]-> h_t\n0.1*t*v_t -> w_t\nw_T -> h_{T+1}\nh_t => y_t\n" },
  "a last value made of a range": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nh_{t+1} | x_t --[F|tanh]-> h_t\nmean(v_{1..t}, axis=0) -> w_t\nw_T -> h_{T+1}\nh_t => y_t\n" },
  "a range at a last step, and in the loop": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_t --[E|tanh]-> v_t\nE : dense[2]\nmean(v_{1..t}, axis=0) -> w_t\nh_{t+1} | w_{t+1} --[F|tanh]-> h_t\nw_t -> h_T\nh_t => y_t\n" },
};

const OWN: Readonly<Record<string, Least>> = {
  "the mean of three own steps": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmean(h_{t-3..t-1}, axis=0) | x_t --[F|tanh]-> h_t\n0 -> h_0\nh_t => y_t\n" },
  "two own steps side by side, from a learnt start": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nz : [2]\nz --[S]-> h_0\nS : dense[2]\nflatten(h_{t-2..t-1}) | x_t --[F|tanh]-> h_t\nh_t => y_t\n" },
  "the greatest of own steps further back": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmax(h_{t-4..t-2}, axis=0) | x_t --[F|tanh]-> h_t\n0 -> h_0\n0.4->h_1\nh_t => y_t\n" },
  "a range up to this step, of a state that reads it at the next": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmean(h_{t-2..t}, axis=0) --[G|tanh]-> u_t\nG : dense[2]\nu_{t-1} | x_t --[F|tanh]-> h_t\n0.3 -> u_0\n0->h_0\nh_t => y_t\n" },
  "the mean of all own steps": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmean(h_{0..t-1}, axis=0) | x_t --[F|tanh]-> h_t\n0.2 -> h_0\nh_t => y_t\n" },
  "the greatest of own steps from the first on": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmax(h_{1..t-1}, axis=0) | x_t --[F|tanh]-> h_t\n0.2 -> h_0\n0.5 -> h_1\nh_t => y_t\n" },
  "attention over own steps": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nsoftmax(matmul(h_{0..t-1}, h_{t-1})) -> a_t\nmatmul(a_t, h_{0..t-1}) | x_t --[F|tanh]-> h_t\n0.2 -> h_0\nh_t => y_t\n" },
  "attention over keys of own steps": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nh_t --[K]-> k_t\nK : dense[2]\nsoftmax(matmul(k_{0..t-1}, x_t)) -> a_t\nmatmul(a_t, k_{0..t-1}) | x_t --[F|tanh]-> h_t\n0.2 -> h_0\nh_t => y_t\n" },
  "the mean of three later own steps, rows of their own lengths": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmean(h_{t+1..t+3}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_{T+1}\nh_t => y_t\n" },
  "the mean of all later own steps, rows of their own lengths": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmean(h_{t+1..T}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_T\nh_t => y_t\n" },
  "the greatest of later own steps, rows of their own lengths": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nmax(h_{t+1..T+1}, axis=0) | x_t --[F|tanh]-> h_t\n0.1 -> h_{T+1}\nh_t => y_t\n" },
  "attention over later own steps": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nsoftmax(matmul(u_{t..T}, h_{t+1})) -> a_t\nmatmul(a_t, u_{t..T}) | x_t --[F|tanh]-> h_t\nh_{t+1} | x_t --[G|tanh] -> u_t\n0.1 -> h_{T+1}\nG : dense[2]\nh_t => y_t\n" },
  "two ranges of own steps, and one from outside": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nz : [2]\nz --[S]-> h_0\nS : dense[2]\nmean(h_{t-2..t-1}, axis=0) | max(h_{t-3..t-1}, axis=0) | x_t --[F|tanh]-> h_t\nh_t --[G]-> p_t => y_t\nG : dense[2]\nmean(h_{t-1..t+1}, axis=0) => y_t\n" },
};

const BESIDE: Readonly<Record<string, Least>> = {
  "attention with keys of own steps, and values that others have made": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0.2 -> h_0\n0 -> v_0\nx_t --[V]-> v_t\nV : dense[2]\nsoftmax(matmul(h_{0..t-1}, h_{t-1})) -> a_t\nmatmul(a_t, v_{0..t-1}) | x_t --[F|tanh]-> h_t\nh_t => y_t\n" },
  "attention with values of own steps, and keys that others have made": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0.2 -> h_0\n0 -> v_0\nx_t --[V]-> v_t\nV : dense[2]\nsoftmax(matmul(v_{0..t-1}, x_t)) -> a_t\nmatmul(a_t, h_{0..t-1}) | x_t --[F|tanh]-> h_t\nh_t => y_t\n" },
  "own steps times what others have made, their sizes twice": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0.2 -> h_0\n0 -> v_0\nx_t --[V]-> v_t\nV : dense[2]\nmean(h_{0..t-1} * (2*v_{0..t-1} + 1), axis=0) | x_t --[F|tanh]-> h_t\nh_t => y_t\n" },
  "weights of own steps up to this one": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0.2 -> h_0\n0 -> v_0\nx_t --[V]-> v_t\nV : dense[2]\nh_{t-1} | c_{t-1} | x_t --[F|tanh]-> h_t\n0 -> c_0\nsoftmax(matmul(h_{0..t}, x_t)) -> a_t\nmatmul(a_t, v_{0..t}) -> c_t\nh_t => y_t\n" },
  "weights of later own steps, and values that others have made": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0.2 -> h_{T+1}\n0.1 -> v_{T+1}\nx_t --[V]-> v_t\nV : dense[2]\nsoftmax(matmul(h_{t+1..T+1}, h_{t+1})) -> a_t\nmatmul(a_t, v_{t+1..T+1}) | x_t --[F|tanh]-> h_t\nh_t => y_t\n" },
  "weights of later own steps, rows of their own lengths, to the last step": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0.2 -> h_T\nx_t --[V]-> v_t\nV : dense[2]\nsoftmax(matmul(h_{t+1..T}, h_{t+1})) -> a_t\nmatmul(a_t, v_{t+1..T}) | x_t --[F|tanh]-> h_t\nh_t => y_t\n" },
  "weights that are read again outside of their recurrence": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0.2 -> h_0\n0 -> v_0\nx_t --[V]-> v_t\nV : dense[2]\nsoftmax(matmul(h_{0..t-1}, h_{t-1})) -> a_t\nmatmul(a_t, v_{0..t-1}) | x_t --[F|tanh]-> h_t\nmatmul(a_t, 3*v_{0..t-1}) => y_t\nh_t => y_t\n" },
};

const RENAMED: Readonly<Record<string, Least>> = {
  "the last step under a second name": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\n0 -> h_0\nh_{t-1} | x_t --[F|tanh]-> h_t\nh_T -> w --[M]-> p\np => z\nz : [2]\nM : dense[2]\n" },
  "a literal range under a second name": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_{1..2} -> w\nflatten(w) --[F|tanh]-> h_0\nh_{t-1} | x_t --[G|tanh]-> h_t\nG : dense[2]\nh_t => y_t\n" },
  "means of a literal range, read at each step": { last: [5, 2, 4], text: "x : [2]\ny : [2]\nF : dense[2]\nx_{1..2} -> v\nmean(mean(v)) -> m\n0 -> h_0\nh_{t-1} | x_t | m --[F|tanh]-> h_t\nh_t => y_t\n" },
};

const WITHIN = "x_t : [2]\ny_t : [2]\nF : dense[2]\nO : dense[2]\n";
const ENDING: Readonly<Record<string, Least>> = {
  "a mean up to this step of a state that ends before its reader": { last: [7, 5, 6], text: `${WITHIN}h_{t-1} | x_{t+2} --[F|tanh]-> h_t\n0 -> h_0\nmean(h_{0..t}, axis=0) --[O]-> p_t => y_t\n` },
  "the same of a value that is no state": { last: [7, 5, 6], text: `${WITHIN}x_{t+2} --[F|tanh]-> h_t\nmean(h_{0..t}, axis=0) --[O]-> p_t => y_t\n` },
  "a mean from this step on of a value that begins behind its reader": { last: [7, 5, 6], text: `${WITHIN}x_{t-2} --[F|tanh]-> h_t\nmean(h_{t..T}, axis=0) --[O]-> p_t => y_t\n` },
  "a mean of all before this step, of a value that ends before its reader": { last: [7, 5, 6], text: `${WITHIN}x_{t+2} --[F|tanh]-> h_t\nmean(h_{0..t-1}, axis=0) --[O]-> p_t => y_{t-1}\n` },
  "a last value within a state that runs forward": { last: [7, 5, 6], text: `${WITHIN}h_{t-1} | x_t --[F|tanh]-> h_t\n0 -> h_0\n0.3 -> h_{T-1}\nh_t --[O]-> p_t => y_t\n` },
  "two last values within a state that runs forward": { last: [7, 5, 6], text: `${WITHIN}h_{t-1} | h_{t-2} | x_t --[F|tanh]-> h_t\n0 -> h_0\n0 -> h_{-1}\n0.3 -> h_{T-1}\nx_T -> h_{T-2}\nh_t --[O]-> p_t => y_t\n` },
  "a value behind the end of a state that runs forward": { last: [7, 5, 6], text: `${WITHIN}h_{t-1} | x_t --[F|tanh]-> h_t\n0 -> h_0\nx_1 -> h_{T+1}\nh_{t+1} --[O]-> p_t => y_t\n` },
  "a first value within a state that runs backward": { last: [7, 5, 6], text: `${WITHIN}h_{t+1} | x_t --[F|tanh]-> h_t\n0 -> h_{T+1}\nx_T -> h_2\nh_t --[O]-> p_t => y_t\n` },
};

const ASCENTS: Readonly<Record<string, Least>> = {
  "`x_{t-1} $ J` through several steps of a state": { last: [5, 2, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> u_t\n0 -> g_0\n0.5*g_{t-1} + u_t -> g_t\nu_{t-1} $ sum(g_t)\n" },
  "`x_{t-1} $ J` through a recurrence with weights, beside a loss": { last: [5, 2, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> u_t\n0 -> g_0\ng_{t-1} | u_t --[G|tanh]-> g_t\nG : dense[2]\nu_{t-1} $ sum(g_t^2)\ny : [2]\ng_t => y_t\n" },
  "`x_{t-2} $ J` from an earlier step of the state itself": { last: [5, 2, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|sigmoid]-> u_t\n0 -> g_0\ng_{t-1} * u_t + u_t -> g_t\ng_{t-2} $ sum(g_t)\n" },
  "`x_{t-1} $ J` through a function with an expansion": { last: [5, 2, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> u_t\n0 -> g_0\n0.5*g_{t-1} + layer_norm(u_t) -> g_t\nu_{t-1} $ sum(g_t * x_t)\n" },
  "`x_{t-1} $ J` through draws": { last: [5, 2, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> u_t\n0 -> g_0\n0.5*g_{t-1} + dropout(u_t) -> g_t\nu_{t-1} $ sum(g_t)\n" },
  "`x_{t-1} $ J` through a macro with a state of its own": { last: [5, 2, 4], text: "x : [2]\nF : dense[2]\nCell: v_t\n    0 -> s_0\n    s_{t-1} | v_t --[A|tanh]-> s_t\n    A : dense[2]\n    return s_t\nx_t --[F|tanh]-> u_t\nu_t --[Cell_1]-> g_t\nu_{t-1} $ sum(g_t)\n" },
  "`x_{t+1} $ J` through a recurrence to the past": { last: [5, 2, 4], text: "x : [2]\nF : dense[2]\nx_t --[F|tanh]-> u_t\n0 -> g_{T+1}\n0.5*g_{t+1} + u_t * u_t -> g_t\nu_{t+1} $ sum(g_t)\n" },
};

testAgreement({ ...BATCH, ...ENDS, ...AT_ENDS, ...OWN, ...BESIDE, ...RENAMED, ...ENDING, ...ASCENTS });
