/** What may be said of time, one record each. */
import type { DiagnosticRecord } from "@sequent/ir";

type Fix = DiagnosticRecord["fix"];
const none = (why: string): Fix => ({ tag: "none", why });
const offered: Fix = { tag: "offered" };

export const noBoundary: DiagnosticRecord = {
  code: "SQ0321",
  severity: "error",
  title: "recurrence without a boundary",
  explain:
    "A state that is computed from itself at another step starts somewhere: `0 -> h_0` gives the first value of one that looks back, " +
    "`0 -> b_T` or `0 -> b_{T+1}` that of one that looks ahead. Without it no step has a value. (`h_0` *is* the state at step 0; data over time begin at step 1.)",
  examples: [
    "x : [3] ; y : [3]\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n",
    "r : []\nr_t + 0.9*G_{t+1} -> G_t\n@metric value = G_1\n",
    "x : [2] ; y : [2]\n0.5*a_{t-1} + x_t -> b_t\n0.5*b_t -> a_t\na_t --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const wrongEnd: DiagnosticRecord = {
  code: "SQ0322",
  severity: "error",
  title: "boundary at the wrong end",
  explain:
    "A state that looks back (`h_{t-1}`) starts at the first step, one that looks ahead (`b_{t+1}`) at the last. A boundary equation at the " +
    "other end never starts it.",
  examples: [
    "x : [3] ; y : [3]\n0 -> h_T\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n",
    "r : []\n0 -> G_0\nr_t + 0.9*G_{t+1} -> G_t\n@metric value = G_1\n",
    "x : [2] ; y : [2]\n0 -> b_{T+1}\n0.5*b_{t-1} + x_t -> b_t\nb_t --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const neverStarts: DiagnosticRecord = {
  code: "SQ0323",
  severity: "error",
  title: "recurrence that never starts",
  explain:
    "A boundary equation gives some steps, but the next one needs a value that is not there: an input that starts later, or an earlier step of the state " +
    "itself (`f_{t-2}` wants two first values). The message names what is missing and where it would be found.",
  examples: [
    "x : [3] ; y : [3]\n0 -> h_{-1}\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n",
    "1 -> f_0\nf_{t-1} + f_{t-2} -> f_t\ny : []\nf_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> h_0\nh_{t-1} + x_{t-3} -> h_t\nh_t --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const noInstance: DiagnosticRecord = {
  code: "SQ0324",
  severity: "error",
  title: "no step at which all that is read exists",
  explain:
    "An equation holds at the steps at which all that it reads exists; here there is none. The message gives the steps of each value. Inputs over time have the " +
    "steps 1 to T, states from their boundary equation on.",
  examples: [
    "x : [3] ; y : [3]\nx_t + x_0 -> a_t\na_t => y_t\n",
    "x : [3] ; y : [3]\nx_1 -> a_0\na_t + x_t -> b_t\nb_t --[M]-> p_t => y_t\n",
    "x : [3] ; y : [3]\nx_{T+1} --[M]-> p => y\n",
  ],
  fix: offered,
};

export const tooFarOut: DiagnosticRecord = {
  code: "SQ0325",
  severity: "error",
  title: "boundary equation beyond the steps around an episode",
  explain: "Beside the steps 0 to T a boundary equation may give two more: `_{-1}` and `_{T+1}`. A state that looks further back is given at the first steps, `h_0`, `h_1`, ….",
  examples: [
    "x : [3] ; y : [3]\n0 -> h_{-2}\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n",
    "r : [] ; y : []\n0 -> G_{T+2}\nr_t + G_{t+1} -> G_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> h_{-3} ; 0 -> h_0\nh_{t-1} + x_t -> h_t\nh_t --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const beyondTheData: DiagnosticRecord = {
  code: "SQ0329",
  severity: "error",
  title: "step beyond the sequences",
  explain:
    "The program names a step (`x_12`, or the end of a range, `x_{5..12}`) that none of the sequences in the data reaches. `x_T` is the last step of each, whatever its length.",
  examples: [
    '@data "driven.npz"\nx_17 -> a\nx_t + a --[M]-> p_t => y_t\n',
    '@data "driven.npz"\nsum(x_{5..20}, axis=0) --[M]-> p\np + 0*x_t[0] --[N]-> q_t => y_t\n',
    '@data "driven.npz"\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_40 --[M]-> p => y_T\n',
  ],
  fix: offered,
};

export const notCausal: DiagnosticRecord = {
  code: "SQ0326",
  severity: "error",
  title: "value that needs itself",
  explain:
    "The reads go round in a circle and come back to the same step: no order of steps computes these values. The message prints the circle with its offsets.",
  examples: [
    "x : [2] ; y : [2]\n0 -> a_0 ; 0 -> b_{T+1}\nb_{t+1} + x_t -> a_t\na_{t-1} * 0.5 -> b_t\na_t --[M]-> p_t => y_t\n",
    "y : [2]\n0 -> u_0\nv_{t+2} -> u_t\nu_{t-2} -> v_t\nv_t --[M]-> p_t => y_t\n",
    "x : [] ; y : []\n0 -> a_0 ; 0 -> c_{T+1}\nx_t + c_{t+1} -> a_t\na_{t-2} -> b_t\nb_{t+1} -> c_t => y_t\n",
  ],
  fix: none("which read goes to the wrong step, only the author knows"),
};

export const mixedDirections: DiagnosticRecord = {
  code: "SQ0327",
  severity: "error",
  title: "recurrence in both directions at once",
  explain:
    "These values look back on one way and ahead on another, so that neither the first nor the last step can be computed before the rest. Two recurrences, one in each direction, " +
    "may read each other's results one way only (as a bidirectional net does).",
  examples: [
    "x : [2] ; y : [2]\n0 -> h_0\nh_{t-1} + h_{t+1} + x_t -> h_t\nh_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> a_0 ; 0 -> b_{T+1}\na_{t-1} + b_{t-1} + x_t -> a_t\nb_{t+1} + a_{t+2} -> b_t\nb_t --[M]-> p_t => y_t\n",
    "x : [] ; y : []\n0 -> u_0\nu_{t-1} + v_t -> u_t\nu_{t+2} + x_t -> v_t => y_t\n",
  ],
  fix: none("which of the reads is meant otherwise, only the author knows"),
};

export const throughAFixedStep: DiagnosticRecord = {
  code: "SQ0328",
  severity: "error",
  title: "recurrence through a fixed step",
  explain:
    "A value at every step reads one fixed step (`h_T`, `h_0`, a whole range, or a mean over all steps, as `batch_norm` takes) of something that is computed from it. That step is known only after " +
    "all others, or needs itself.",
  examples: [
    "x : [2] ; y : [2]\n0 -> h_0\nh_{t-1} + h_T + x_t -> h_t\nh_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> h_0\nh_{t-1} + sum(g_{0..T}, axis=0) -> h_t\nh_t * x_t -> g_t\ng_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> h_0\nh_{t-1} + x_t + m_t -> h_t\nh_3 * x_t -> m_t\nh_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> h_0\nh_{t-1} | x_t --[F|batch_norm|tanh]-> h_t\nF : dense[2]\nh_t --[M]-> p_t => y_t\n",
  ],
  fix: none("the value of another step, or none, is meant"),
};

export const gap: DiagnosticRecord = {
  code: "SQ0330",
  severity: "error",
  title: "state with a gap",
  explain:
    "The steps of a state are an interval. Here a boundary equation gives a step, and the state's own equation begins some steps later or ends some steps earlier, so that what lies between is " +
    "given by nothing: an input that is not there yet, or a recurrence that looks several steps away and wants as many first values.",
  examples: [
    "x : [2] ; y : [2]\n0 -> a_{-1}\nx_t * 2 -> a_t\na_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> a_0\nx_{t-3} -> a_t\na_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\nx_{t+2} -> b_t ; 0 -> b_{T+1}\nb_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> h_0\nh_{t-3} + x_t -> h_t\nh_t --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const shortWindow: DiagnosticRecord = {
  code: "SQ0331",
  severity: "error",
  title: "windows that look too little ahead",
  explain:
    "A statement reads from the window before it a value that looks ahead itself: of `tanh(x_{t+1}) -> v_t` a window has all but its last, and `v_{t-1}` at the first step of the next window would not be there, nor all that " +
    "depends on it, although whole sequences have it. With `ahead=` in `@horizon` a window computes as many steps more, and consecutive windows give what one pass over the sequence gives.",
  examples: [
    "x : [2] ; y : [2]\n@horizon back=4\nx_{t+1} --[E|tanh]-> v_t\nv_{t-1} --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n@horizon back=4 ahead=1\nx_{t+2} --[E|tanh]-> v_t\n0 -> h_0\nh_{t-1}|v_t --[C|tanh]-> h_t => y_t\n",
    "x : [2] ; y : [2]\n@horizon back=8\nx_t * x_{t+1} -> v_t\nmean(v_{t-3..t}, axis=0) --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const unreadBoundary: DiagnosticRecord = {
  code: "SQ0332",
  severity: "lint",
  title: "boundary equation that nothing reads",
  explain:
    "An equation gives a state at one step, and nothing that is trained or reported depends on the state at that step: the state does not look back to it (`h_{t-1}`) or ahead to it (`h_{t+1}`), and whatever else reads it there counts " +
    "nowhere. Often a read has lost its shift, or the boundary stands at the wrong end.",
  examples: [
    "x : [3] ; y : [2]\n0 -> h_0\nx_t --[C|tanh]-> h_t --[M]-> p_t => y_t\n",
    "x : [3] ; y : [2]\n0 -> h_0 ; 0 -> h_{T+1}\nh_{t-1}|x_t --[C|tanh]-> h_t --[M]-> p_t => y_t\n",
    "x : [3] ; z : [2] ; y : [2]\nx_t --[C|tanh]-> h_t\nz --[S]-> s --[G]-> h_0\nh_t|s --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const lackedByRows: DiagnosticRecord = {
  code: "SQ0333",
  severity: "error",
  title: "function of the whole batch, of what some sequences do not have",
  explain:
    "A function of the whole batch, such as `batch_norm`, is computed of all sequences together, and each must have what it is given. Here some are so short that they do not: they end before the step that is read, or so " +
    "near it that steps counted from the two ends of a sequence cross. In windows the first of them must have it. Statements and metrics alone leave out sequences that lack something.",
  examples: [
    '@data "driven.npz"\n@horizon back=2\nx_3 --[A|batch_norm]-> u\n0 -> h_0\nh_{t-1}|x_t|u --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n',
    '@data "driven.npz"\n@horizon back=4\nx_{T-5} --[A|normalize]-> u\nx_t|u --[M]-> p_t => y_t\n',
    '@data "driven.npz"\n@horizon back=1\nx_t --[A]-> v_t\nmean(v_{1..t-2}, axis=0) -> m_t\nm_T --[batch_norm|M]-> p => y_T\n',
  ],
  fix: none("whether such sequences are left out of the data, or the function is applied to something else, only the author knows"),
};

export const shortFirstWindow: DiagnosticRecord = {
  code: "SQ0334",
  severity: "error",
  title: "first window too short for what it leaves",
  explain:
    "A window leaves values for the next one. Here the first is so short that it does not have a value which is read from it, although the sequence has it: a boundary equation needs a step that lies beyond the window, or " +
    "boundary equations from both ends meet in it. With a larger `back=` in `@horizon` the first window has what whole sequences have.",
  examples: [
    "x : [2] ; y : [2]\n@horizon back=2\nx_3 --[Q]-> q\nq -> h_1\nx_1 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n@horizon back=3\nx_1 -> h_0 ; x_4 -> h_1 ; 0 -> h_2\nh_{t-1}|h_{t-3}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n",
    "x : [2] ; y : [2]\n@horizon back=1\n0 -> h_0\nx_2 -> h_1\nh_{t-1}|h_{t-2}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n",
  ],
  fix: offered,
};

export const manyWindows: DiagnosticRecord = {
  code: "SQ0704",
  severity: "error",
  title: "windows of which too many differ",
  explain: "What is read far before a window, or at a step far behind the beginning, makes each window up to there unlike the others, and in PyTorch each of them a program of its own: more than 64 of them are not printed. With a larger `back=` in `@horizon` there are fewer; the interpreter takes any.",
  examples: [],
  fix: offered,
};

export const timeDiagnostics: readonly DiagnosticRecord[] = [
  noBoundary, wrongEnd, neverStarts, noInstance, tooFarOut, beyondTheData, notCausal, mixedDirections, throughAFixedStep, gap, shortWindow, unreadBoundary, lackedByRows, shortFirstWindow, manyWindows,
];
