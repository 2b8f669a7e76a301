import { mended, unmended } from "../syntax/diagnostics/record.js";

export const unknownFunction = unmended("SQ0201", "unknown function",
  "In brackets and before `(`, a lower-case name is a builtin, a transform, or a macro of the program; a capitalised one that is none of these is `dense`.",
  "there is no name near enough to be what was meant; where there is, the code is SQ0202",
  ["X --[flurble]-> p => y", "X --[M_1|zzzzz]-> p => y", "qwertz(X) -> p => y"]);

export const misspeltFunction = mended("SQ0202", "misspelt function",
  "No function has this name, and one has nearly the same.",
  ["X --[M_1|rleu]-> h --[M_2]-> p => y", "X --[M_1|sigmiod]-> p => y", "softmx(X) -> p => y"]);

export const doubleDefinition = unmended("SQ0203", "double definition",
  "Every name and context has one equation. `x_t` and `x_{t+1}` are the same equation, shifted; `x_0` is another one.",
  "both equations say what it is, and only the author knows which one is right",
  ["X --[M_1]-> h\nX --[M_2]-> h\nh --[M_3]-> p => y", "0 -> h_0\n1 -> h_0\nh_{t-1}|X_t --[M]-> h_t => y_t", "a : [2]\na --[F_1]-> b_t\na --[F_2]-> b_{t+1} => c_t"]);

export const selfReading = mended("SQ0204", "state that reads itself",
  "A state can't be computed from itself at the same step. It may read its own past, `o_{t-1}`, or what was meant is another name.",
  ["0 -> c_0\nh_{t-1}|x_t -> p_t\np_t --[F|sigmoid]-> f_t\np_t --[I|sigmoid]-> i_t\no_t --[O|sigmoid]-> o_t\n" +
    "0 -> h_0\nc_{t-1}*f_t + i_t -> c_t\ntanh(c_t)*o_t -> h_t => y_t", "0 -> s_0\ns_t + x_t -> s_t => y_t", "X|h --[M|tanh]-> h => y"]);

export const instantaneousCycle = unmended("SQ0205", "instantaneous cycle",
  "These states need each other at the same step, so none can be computed first. Somewhere on the cycle a read must be of another step, `x_{t-1}`.",
  "any of the reads could be the one that should be of another step",
  ["a --[F]-> b\nb --[G]-> a => y", "0 -> h_0\nh_t|x_t --[C]-> c_t\nc_t --[H]-> h_t => y_t", "a_t + 1 -> b_t\nb_t * 2 -> c_t\nc_t - x_t -> a_t => y_t"]);

export const unboundInMacro = unmended("SQ0206", "name that the macro does not know",
  "All states of a macro are local to each call: it sees its formals, whole with their contexts, and what it defines itself.",
  "to pass it as an argument changes the header and every call (where a formal or a state of the macro has nearly the same name, that is offered)",
  ["F: x\n    x * gamma -> y\n    return y\n0.9 -> gamma\nX --[F]-> p => q", "F: x_t\n    return x_t + x_{t-1}\nX_t --[F]-> p_t => y_t",
    "F: a, b\n    return a + c\nX, X --[F]-> p => y"]);

export const timelessInput = mended("SQ0207", "input with and without time",
  "`x` and `x_t` are different names, and an array of data has time or has not.",
  ["x_t --[M]-> p_t => x", "X_t --[M_1]-> h_t\nh_t + X -> p_t => y_t", "0 -> h_0\nh_{t-1}|x_t --[M]-> h_t => y_t\nx --[G]-> q => z"]);

export const ambiguousLift = unmended("SQ0208", "name without a context that changes with t",
  "A name without a context whose equation reads `t` means `_t`; but the program defines that too.",
  "only the author knows which of the two names was meant",
  ["x_t * 2 -> q\nx_t * 3 -> q_t\nq => y_t", "X_t --[A]-> p\nX_t --[B]-> p_t => y_t", "t -> k\nt + x_t -> k_t => y_t"]);

export const notAContext = unmended("SQ0209", "subscript that is no context",
  "On data, a subscript is a context: `_t`, `_{t-1}`, `_0`, `_T`, a range, or a number that is a label.",
  "it may be a label that should be a number, or another name",
  ["X --[M]-> p_M => y", "x_A * 2 -> z => y", "X --[M]-> p\np => y_Test"]);

export const lifted = mended("SQ0210", "name lifted to `_t`",
  "The equation reads `t`, so the name without a context means `_t`.",
  ["x_t --[Gen]-> p => y_t", "0 -> h_0\nh_{t-1}|x_t --[M]-> h_t --[G]-> q => y_t", "x_t * 2 -> a\na + 1 -> b => y_t"], "note");

export const caseTwins = mended("SQ0211", "two inputs that differ by case",
  "Upper and lower case are different names, so both arrays would be needed. If both are meant, declare both.",
  ["X_t|x_{t-1} --[M]-> p_t => y_t", "a * A -> p => y", "x|X --[M]-> p => y"], "lint");

export const unusedState = mended("SQ0212", "state that nothing reads",
  "Nothing that is trained or reported depends on it.",
  ["X --[M_1|relu]-> h_1 --[M_2]-> p => y\nX --[N]-> q", "X * 2 -> Z\nX --[M]-> p => y", "0.9 -> gamma\nX --[M]-> p => y"], "lint");

export const nearMiss = mended("SQ0213", "input whose name is nearly another one",
  "Nothing defines or declares it, so it would be an input; a state or a declared name differs by one letter, or by case alone. (Names of three letters and less are often a letter apart on purpose, and so are names that differ by a number. Of short ones only the case counts, and only where nothing else reads the name, or its own equation reads the other one.)",
  ["x : [3] ; y : [2]\n0 -> H_0\nh_{t-1}|x_t --[C|tanh]-> H_t => y_t", "action : class[3]\nX --[M|softmax]-> p => one_hot(actoin)", "0.99 -> gamma\nX --[M]-> p => y * gama", "X --[M_1]-> hidden\nhiden --[M_2]-> p => y\n$ -sum(hidden)",
    "X_t --[M]-> value_t\n$ -sum(value_t)\nvlaue_t --[G]-> p_t => y_t"], "lint");

export const unusedFunction = mended("SQ0214", "function that nothing applies",
  "The declaration, composition or macro has no use.",
  ["M_1 : dense[3]\nX --[M]-> p => y", "P := [M|relu]\nX --[M]-> p => y", "F: x\n    return x\nX --[M]-> p => y"], "lint");

export const namesDiagnostics = [
  unknownFunction, misspeltFunction, doubleDefinition, selfReading, instantaneousCycle, unboundInMacro, timelessInput, ambiguousLift,
  notAContext, lifted, caseTwins, unusedState, nearMiss, unusedFunction,
];
