/** What inference may say, one record each. */
import type { DiagnosticRecord } from "@sequent/ir";

type Fix = DiagnosticRecord["fix"];
const none = (why: string): Fix => ({ tag: "none", why });
const CHOICE = none("only the author knows which of the two sizes is meant");

export const differentSizes: DiagnosticRecord = {
  code: "SQ0301",
  severity: "error",
  title: "different sizes",
  explain:
    "Elementwise operands, the two sides of `=>` and all contexts of one state have one shape (a scalar may differ), and a function's " +
    "input has the width that its parameters were made for. Two places in the program, or the program and its data, imply different " +
    "sizes for the same axis; the message names both.",
  examples: [
    "X : [784] ; y : [10] ; M : dense[5]\nX --[M]-> p => y\n",
    "a : [3] ; b : [4]\na + b -> c\n",
    "X : [8] ; Z : [6]\nX --[M]-> a => X\nZ --[M]-> b => X\n",
  ],
  fix: CHOICE,
};

export const differentRanks: DiagnosticRecord = {
  code: "SQ0302",
  severity: "error",
  title: "different numbers of axes",
  explain:
    "Two values that must have one shape have different numbers of axes, such as `[10]` and `[10, 1]`. Only scalars are broadcast: " +
    "write `flatten(x)` or `reshape(x, [10])` to drop an axis of size 1, `reshape(x, [10, 1])` to add one, or reduce the axis with `sum`, `mean` or `max`.",
  examples: [
    "a : [10] ; b : [10, 1]\na - b -> c\n",
    "X : [3, 4] ; y : [12]\nX * y -> z\n",
    "X : [5] ; y : [5, 1]\nX --[M]-> p => y\n",
  ],
  fix: none("whether to drop, add or reduce an axis is the author's choice"),
};

export const wrongDtype: DiagnosticRecord = {
  code: "SQ0303",
  severity: "error",
  title: "wrong kind of number",
  explain:
    "An index and the argument of `one_hot` are integers (`class[n]`), most other values are floats, and an environment's own state is " +
    "neither. Declare the value (`a : class[4]`), or make a class of it with `argmax`.",
  examples: [
    "X : [4]\none_hot(exp(X)) -> h\n",
    "X : [] ; E : embed[8]\nX * 2 --[E]-> v\n",
    "q : [3] ; h : [4]\nsum(q) -> s\none_hot(s) * h -> m\n",
  ],
  fix: none("which value is the integer is the author's choice"),
};

export const differentClasses: DiagnosticRecord = {
  code: "SQ0304",
  severity: "error",
  title: "different numbers of classes",
  explain: "All contexts of one state are of one kind: a state that starts as `class[3]` cannot go on as `class[4]`. (Where a class meets the axis that it indexes, the sizes differ: SQ0301.)",
  examples: [
    "c : class[3] ; x : [4]\nc -> a_0\nargmax(x_t) -> a_t\n",
    "c : class[5] ; x : [2]\nc -> best_0\nargmin(x_t) + 0 * x_t[0] -> s_t\nargmin(x_t) -> best_t\n",
    "a : class[3] ; b : class[4]\na -> y_0\nb_t -> y_t\n",
  ],
  fix: CHOICE,
};

export const badUse: DiagnosticRecord = {
  code: "SQ0305",
  severity: "error",
  title: "operands that a function does not take",
  explain:
    "A function was given values of shapes that it does not take, or a value is read at a position that it does not have; the message says what is wanted and what was found.",
  examples: [
    "a : [] ; y : [3]\na --[M]-> p => y\n",
    "a : [] ; b : [3]\nmatmul(a, b) -> c\n",
    "X : [4]\nsum(X, axis=3) -> s\n",
    "X : [3]\nX[7] -> a\n",
    "X : [3]\nX[-4] -> a\n",
  ],
  fix: none("it depends on the function and on what is meant"),
};

export const unknownInput: DiagnosticRecord = {
  code: "SQ0306",
  severity: "error",
  title: "input of unknown shape",
  explain:
    "Nothing says what shape an input has. Declare it (`X : [784]`, `y : class[10]`), or bind it with `@data`, so that its array's shape is taken.",
  examples: ["X --[M|relu]-> h\n", "y : [2]\nX --[M]-> p => y\n", "exp(a) -> b\n"],
  fix: none("only the author knows the shape"),
};

export const unknownOutput: DiagnosticRecord = {
  code: "SQ0307",
  severity: "error",
  title: "output of unknown width",
  explain:
    "Nothing decides how wide an output is: no target of known shape, no declaration, no index. A hidden layer would get the default width, " +
    "an output never does. Declare the function that makes it (`M_2 : dense[10]`), or the target (`y : [10]`).",
  examples: ["X : [4]\nX --[M]-> p\n", "X : [4]\nX --[M_1|relu|M_2|softmax]-> p\n", "X : [4]\nX --[A]-> a\na * a -> b\n"],
  fix: none("only the author knows the width"),
};

export const unknownShape: DiagnosticRecord = {
  code: "SQ0308",
  severity: "error",
  title: "value of unknown shape",
  explain:
    "The shape of a state does not follow from the program, often because it is defined only in terms of itself. Declare it (`h : [64]`).",
  examples: ["h_{t-1} * 0.5 + h_{t-2} -> h_t\n1.0 * h_1 -> h_0\n", "X : [4]\nexp(a_{t-1}) -> b_t\nlog(b_t) -> a_t\nX -> x\n", "a_{t-1} -> a_t\n"],
  fix: none("only the author knows the shape"),
};

export const objectiveNotScalar: DiagnosticRecord = {
  code: "SQ0309",
  severity: "error",
  title: "objective, weight or metric that is no scalar",
  explain:
    "`$ J`, the weight in `=[w*match]=>` and `@metric m = e` take one number per instance. Index the value (`log(p[a])`), or reduce it with `sum` or `mean`.",
  examples: [
    "X : [4]\nX --[M]-> p $ p\nM : dense[3]\n",
    "X : [4]\n@metric m = X * X\n",
    "X : [4] ; w : [4] ; y : [4]\nX --[M]-> p =[w*match]=> y\n",
  ],
  fix: none("whether to index or to reduce is the author's choice"),
};

export const targetIsClass: DiagnosticRecord = {
  code: "SQ0310",
  severity: "error",
  title: "vector trained toward a class",
  explain: "A class is a number without order, and a prediction is a vector of probabilities: write `p => one_hot(y)`.",
  examples: [
    "X : [4] ; y : class[3]\nX --[M|softmax]-> p => y\nM : dense[3]\n",
    "X : [4] ; y : class[2]\nX --[M|sigmoid]-> p => y\nM : dense[2]\n",
    "X : [4] ; c : class[5]\nX --[A|relu|B]-> p => c\nB : dense[5]\n",
  ],
  fix: { tag: "offered" },
};

export const defaultedWidth: DiagnosticRecord = {
  code: "SQ0311",
  severity: "note",
  title: "width by default",
  explain: "Nothing else decides the width of a hidden layer, so it gets the default, 64 or what `@default_width` says. `M_1 : dense[128]` declares another.",
  examples: [
    "X : [4] ; y : [2]\nX --[A|relu|B]-> p => y\n",
    "X : [4] ; y : [2]\n@default_width 16\nX --[A|tanh|B]-> p => y\n",
    "x : [3] ; y : [1]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t --[D]-> p_t => y_t\n",
  ],
  fix: none("it is a note: the program is right as it is"),
};

export const unlikeArray: DiagnosticRecord = {
  code: "SQ0312",
  severity: "error",
  title: "array unlike its input",
  explain:
    "The first axis of an array is the sample, the next one the step if the name occurs with `t` (`x_t`), and the rest is the input's shape. The array has " +
    "other axes than the program says: another size, an axis too many or too few, or no axis for the steps. The fix declares what the array has. Where the time axis is missing " +
    "none is offered: read the name without `t`, or write the array as `[samples, time, …]`.",
  examples: [
    '@data "driven.npz"\nx : [5]\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n',
    '@data "driven.npz"\nx : [3] ; y : [2, 1]\nx_{t-1}|x_t --[M]-> p_t\nmean(p_t) -> m_t\nm_t => mean(flatten(y_t))\n',
    '@data "digits.npz"\nX : [8, 8]\ny : class[10]\nflatten(X) --[M|softmax]-> p => one_hot(y)\n',
    '@data "points.npz"\nx : [2] ; y : []\nx --[M]-> p => y\n',
  ],
  fix: { tag: "offered" },
};

export const halfInput: DiagnosticRecord = {
  code: "SQ0313",
  severity: "error",
  title: "input with an equation for a step",
  explain:
    "An input is what no equation gives; the data give it all of its steps. With an equation for a step (`0 -> x_0`) `x` is a state that has this step alone. What was " +
    "meant is a state that is the input at its steps and something else at this one: `x_t -> u_t ; 0 -> u_0`, of which `u_{t-1}` is then read.",
  examples: [
    "x : [2] ; y : [2]\n0 -> x_0\nx_{t-1} --[C|tanh]-> h_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> x_3\nx_t --[C|tanh]-> h_t => y_t\n",
    "x : [2] ; y : [2]\n0 -> x_{-1}\nmean(x_{t-2..t}, axis=0) --[C|tanh]-> h_t => y_t\n",
    '@data "driven.npz"\n0 -> x_0\nx_{t-1} --[M]-> p_t => y_t\n',
  ],
  fix: none("the state that joins the two needs a name"),
};

export const inferDiagnostics: readonly DiagnosticRecord[] = [
  differentSizes, differentRanks, wrongDtype, differentClasses, badUse, unknownInput, unknownOutput, unknownShape,
  objectiveNotScalar, targetIsClass, defaultedWidth, unlikeArray, halfInput,
];
