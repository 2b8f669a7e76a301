import type { Sequences } from "./support.js";

export interface Example {
  readonly source: string;
  readonly data: Sequences;
}

const XY = { timed: { x: [2], y: [2] } } as const;
const BASE = { rows: 3, steps: 5, ...XY } as const;
const RAGGED = { ...BASE, lengths: [5, 2, 4] } as const;
const TYPES = "x_t : [2]\ny_t : [2]\n";

/** What recurrences are made of, each with a loss that all its weights reach. */
export const PROGRAMS: Readonly<Record<string, Example>> = {
  "an RNN": { source: `${TYPES}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, data: BASE },
  "an RNN from a learned first state, ragged": {
    source: `${TYPES}q : [3]\nC : dense[3]\nq --[S|tanh]-> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, data: { ...RAGGED, plain: { q: [3] } },
  },
  "a GRU by equations, ragged": {
    source: `${TYPES}R : dense[3]\nZ : dense[3]\nL : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[R|sigmoid]-> r_t\nh_{t-1}|x_t --[Z|sigmoid]-> z_t\n(r_t*h_{t-1})|x_t --[L|tanh]-> l_t\n`
      + "(1 - z_t)*h_{t-1} + z_t*l_t -> h_t\nh_t --[M]-> p_t => y_t\n", data: RAGGED,
  },
  "an LSTM": {
    source: `${TYPES}I : dense[3]\nF : dense[3]\nO : dense[3]\nG : dense[3]\n0 -> h_0\n0 -> c_0\nh_{t-1}|x_t --[I|sigmoid]-> i_t\nh_{t-1}|x_t --[F|sigmoid]-> f_t\n`
      + "h_{t-1}|x_t --[O|sigmoid]-> o_t\nh_{t-1}|x_t --[G|tanh]-> g_t\nf_t*c_{t-1} + i_t*g_t -> c_t\no_t*tanh(c_t) -> h_t\nh_t --[M]-> p_t => y_t\n", data: BASE,
  },
  "a layered macro that holds its own state": {
    source: `${TYPES}Enc: v_t\n    C : dense[3]\n    0 -> s_0\n    s_{t-1}|v_t --[C|tanh]-> s_t\n    return s_t\nx_t --[Enc_1]-> a_t --[Enc_2]-> b_t --[M]-> p_t => y_t\n`, data: RAGGED,
  },
  "a bidirectional net, ragged": {
    source: `${TYPES}Cell: h, v\n    C : dense[3]\n    h|v --[C|tanh]-> n\n    return n\n0 -> f_0\nf_{t-1}, x_t --[Cell_f]-> f_t\n0 -> b_{T+1}\nb_{t+1}, x_t --[Cell_b]-> b_t\nf_t|b_t --[M]-> p_t => y_t\n`,
    data: RAGGED,
  },
  "lags of two, and neighbours": {
    source: `${TYPES}C : dense[3]\n0 -> h_0\n0 -> h_1\nh_{t-1}|h_{t-2}|x_t --[C|tanh]-> h_t\nh_t|h_{t-1}|x_{t+1} --[M]-> p_t => y_t\n`, data: { ...BASE, steps: 6 },
  },
  "the last state alone, and the first": {
    source: "x_t : [2]\ny : [3]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\ntanh(h_T) + exp(h_1) -> p\np => y\n", data: { rows: 3, steps: 5, timed: { x: [2] }, plain: { y: [3] }, lengths: [5, 2, 3] },
  },
  "frames stacked to the past: the first repeats": {
    source: `${TYPES}E : dense[3]\nx_t --[E|tanh]-> e_t\nflatten(e_{t-2..t}) --[M]-> p_t => y_t\n`, data: RAGGED,
  },
  "frames stacked around: both ends repeat": {
    source: `${TYPES}E : dense[3]\nx_t --[E|tanh]-> e_t\nflatten(e_{t-2..t+1}) --[M]-> p_t => y_t\n`, data: RAGGED,
  },
  "frames before the beginning take the boundary": {
    source: "x_t : [2]\ny_t : [2]\nq : [3]\nE : dense[3]\nx_t --[E|tanh]-> e_t\nq --[S|tanh]-> e_{-1}\nflatten(e_{t-2..t}) --[M]-> p_t => y_t\n",
    data: { ...RAGGED, plain: { q: [3] }, from: { x: 0, y: 0 } },
  },
  "frames of a recurrence": {
    source: `${TYPES}C : dense[3]\n0 -> h_0\nmean(h_{t-3..t-1}, axis=0)|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, data: BASE,
  },
  "causal attention": {
    source: `${TYPES}Q : dense[3]\nK : dense[3]\nV : dense[3]\nx_t --[Q]-> q_t\nx_t --[K]-> k_t\nx_t --[V]-> v_t\nsoftmax(matmul(k_{0..t}, q_t)) -> a_t\nmatmul(a_t, v_{0..t}) -> o_t\no_t --[M]-> p_t => y_t\n`,
    data: RAGGED,
  },
  "attention over a whole encoding": {
    source: "x_t : [2]\ny : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_T --[Q]-> q\nsoftmax(matmul(h_{1..T}, q)) -> a\nmatmul(a, h_{1..T}) --[M]-> p => y\n",
    data: { rows: 3, steps: 5, timed: { x: [2] }, plain: { y: [2] }, lengths: [5, 2, 4] },
  },
  "what is yet to come": {
    source: `${TYPES}E : dense[3]\nx_t --[E|tanh]-> e_t\nmax(e_{t..T}, axis=0) -> m_t\nm_t --[M]-> p_t => y_t\n`, data: RAGGED,
  },
  "TD(lambda) returns by a backward scan that bootstraps": {
    source: "O_t : [2]\nr_t : []\nz_t : []\nK : dense[1]\nO_t --[K]-> k_t\nsum(k_t) -> V_t\nV_T -> G_T\nr_{t+1} + 0.9*(0.3*V_{t+1} + 0.7*G_{t+1}) -> G_t\nG_t => z_t\n",
    data: { ...BASE, timed: { O: [2], r: [], z: [] }, lengths: [5, 2, 4] },
  },
  "a gradient through a backward scan": {
    source: "x_t : [2]\ny_t : []\nx_t --[R]-> r_t\n0 -> G_{T+1}\nr_t + 0.9*G_{t+1} -> G_t => y_t\n", data: { rows: 2, steps: 6, timed: { x: [2], y: [] }, lengths: [6, 3] },
  },
  "a state that the data have no part in": {
    source: `${TYPES}A : dense[3]\n1 -> c_0\nc_{t-1} --[A|tanh]-> c_t\nc_t|x_t --[M]-> p_t => y_t\n`, data: RAGGED,
  },
  "a value of each sample that every step reads, and the step itself": {
    source: `${TYPES}q : [3]\nq --[S|tanh]-> s\nC : dense[3]\ns -> h_0\n(h_{t-1}*s)|x_t|(0.1*t) --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`, data: { ...RAGGED, plain: { q: [3] } },
  },
  "two statements of different steps": {
    source: `${TYPES}C : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\nh_{t-1} --[N]-> q_t =[0.5*mse]=> x_{t+1}\n`, data: RAGGED,
  },
  "an objective that is ascended": {
    source: `x_t : [2]\nC : dense[3]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\n\n$ sum(h_t * h_{t-1})\n`, data: { rows: 3, steps: 5, timed: { x: [2] }, lengths: [5, 2, 4] },
  },
};
