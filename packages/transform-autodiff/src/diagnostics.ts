/** SQ04: what can be wrong with objectives, transforms and updates. */
import { noPath } from "@sequent/ir";
import type { DiagnosticRecord } from "@sequent/ir";

const errorOf = (record: Omit<DiagnosticRecord, "severity">): DiagnosticRecord => ({ severity: "error", ...record });

const BY_HAND = " The front end reports this where it reads the text; here it can only come from a dumped stage that was edited by hand.";

export const JACOBIAN = {
  code: "SQ0401",
  severity: "note",
  title: "no matching loss",
  explain:
    "`p => y` takes the matching loss of the function that made `p`: softmax, sigmoid, exp and linear functions have one. After any other " +
    "function it is ½‖p − y‖², whose gradient goes through that function's derivative, and so it is where different functions give the steps of a state that " +
    "the statement counts: a boundary equation at one of them, and softmax at the others. Write `=[mse]=>`, `=[ce]=>` or another loss to choose.",
  examples: [
    "x : [4]\ny : [2]\nx --[M|tanh]-> p => y\n",
    "x : [3]\ny : [8]\nx --[H|relu]-> p => y\n",
    "a : [2]\nb : [5]\na --[F|softplus]-> q => b\n",
    "x : [4]\nc : class[3]\nx_t --[M|softmax]-> v_t\n1.0 -> v_1\nv_t => one_hot(c_t)\n",
  ],
  fix: { tag: "none", why: "the program is right as it is; which loss is wanted is the author's choice" },
} as const satisfies DiagnosticRecord;

export const UNKNOWN_LOSS = errorOf({
  code: "SQ0402",
  title: "unknown loss",
  explain:
    "Between `=[` and `]=>` stands one loss, perhaps times a weight: `match`, `mse`, `ce`, `bce`, `poisson` or `huber`." +
    BY_HAND,
  examples: [],
  fix: { tag: "none", why: "the nearest known loss is named; the place of a loss inside the brackets is not kept" },
});

export const LOSS_ATTRIBUTES = errorOf({
  code: "SQ0403",
  title: "attribute of a loss",
  explain:
    "A loss takes the attributes that its entry in the language reference lists, with the kinds given there." +
    BY_HAND,
  examples: [],
  fix: { tag: "none", why: "which value is meant is the author's choice" },
});

export const NEEDS_ACTIVATION = errorOf({
  code: "SQ0404",
  title: "loss without its activation",
  explain: "This loss is computed from what an activation function was applied to, so the prediction must come straight from that function.",
  examples: [
    "x : [4]\ny : [2]\nx --[M|tanh]-> p =[softmax_cross_entropy]=> y\n",
    "x : [4]\ny : [2]\nx --[M|tanh]-> p =[sigmoid_cross_entropy]=> y\n",
    "x : [4]\ny : [2]\nx --[M|tanh]-> p =[poisson_cross_entropy]=> y\n",
  ],
  fix: { tag: "none", why: "the function belongs into a definition that may have other uses" },
});

export const NOT_SCALAR = errorOf({
  code: "SQ0405",
  title: "objective is not a scalar",
  explain:
    "What stands right of `$`, a weight of a loss, and a metric are one number per sample. `A * log(pi)` has one number per action: " +
    "take the one of the action that was drawn, `log(pi[a])`, or reduce it (`sum`, `mean`)." +
    BY_HAND,
  examples: [],
  fix: { tag: "none", why: "whether to index or to reduce is the author's choice" },
});

export const UNTOLD_INSTANTS = errorOf({
  code: "SQ0407",
  title: "an objective whose way from this instance cannot be told from others",
  explain:
    "`x_t $ J_t` follows the ways from this instance of `x` alone, so each value on them stands at steps that the text fixes, counted from the objective's: `g_t`, `g_{t-1}`, and of a range or a fixed step " +
    "those that come from this instance. A recurrence that is read at its end, or by one in the other direction, passes as many steps as the sequence has, and an average over all samples does not tell one " +
    "instance from another. Refused as well: a left side at a fixed step, a member that leads to other steps of itself before an objective of all steps, and several steps within a call that " +
    "has a rule of its own, such as `frozen(F)` of a macro with a state. A bare `$ J` goes through every instance, and `nograd(e)` holds a part of `J` constant.",
  examples: [
    "x : [2]\nx_t --[M]-> u_t\n0 -> g_0\n0.5*g_{t-1} + u_t -> g_t\nu_t $ sum(g_T * g_t)\n",
    "x : [2]\nx_t --[M]-> u_t\nnormalize(u_t) -> v_t\nu_t $ sum(exp(v_t))\n",
    "x : [2]\nx_t --[M]-> u_t\n0 -> f_0\n0.5*f_{t-1} + u_t -> f_t\n0 -> s_{T+1}\ns_{t+1} + tanh(f_t) -> s_t\nu_t $ sum(s_t)\n",
  ],
  fix: { tag: "none", why: "a bare `$ J` means something else" },
});

export const TWO_OPTIMIZERS = errorOf({
  code: "SQ0408",
  title: "two optimizers for one parameter",
  explain:
    "A parameter gets one Update. `adam_opt(F)` concerns the parameters of `F` wherever they are used, so a second, different one contradicts it." +
    BY_HAND,
  examples: [],
  fix: { tag: "none", why: "which of the two is meant is the author's choice" },
});

export const TRANSFORM_ATTRIBUTES = errorOf({
  code: "SQ0409",
  title: "attribute of a transform",
  explain:
    "A transform takes the attributes that its entry in the language reference lists, with the kinds given there." +
    BY_HAND,
  examples: [],
  fix: { tag: "none", why: "which value is meant is the author's choice" },
});

export const autodiffDiagnostics: readonly DiagnosticRecord[] = [
  JACOBIAN,
  UNKNOWN_LOSS,
  LOSS_ATTRIBUTES,
  NEEDS_ACTIVATION,
  NOT_SCALAR,
  noPath,
  UNTOLD_INSTANTS,
  TWO_OPTIMIZERS,
  TRANSFORM_ATTRIBUTES,
];
