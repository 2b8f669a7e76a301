import { mended, unmended } from "../syntax/diagnostics/record.js";

export const concatenatedArguments = mended("SQ0231", "arguments concatenated",
  "`|` makes one value of two; a function of several arguments takes them apart, with `,`.",
  ["E: h, x\n    h|x --[C|tanh]-> c\n    return c\nX|Z --[E]-> p => y",
    "0 -> h_0\nE: h_{t-1}, x_t\n    return h_{t-1} + x_t\nX_t|h_{t-1} --[E]-> h_t => y_t",
    "F: a, b, c\n    return a + b * c\nX|Z|W --[F]-> p => y"]);

export const arity = unmended("SQ0232", "wrong number of arguments",
  "A function takes as many values as its record or header says.",
  "the missing value, or the one too many, is for the author to say",
  ["F: a, b\n    return a + b\nX --[F]-> p => y", "matmul(X) -> p => y", "X, Z --[relu]-> p => y"]);

export const results = unmended("SQ0233", "wrong number of results",
  "Results are positional: trailing ones may be left out, but there can't be more names than results.",
  "it may be a name too many or a value too few",
  ["X --[M]-> a, b\na => y\nb => y", "F: a\n    return a, a * 2\nX --[F]-> p, q, r\np => y", "X, Z -> a\na => y"]);

export const notCallable = mended("SQ0234", "call of what is no function",
  "A name before `(` is a function. A product is written with `*`.",
  ["0.9 -> gamma\nX --[M]-> p => gamma(1 - d)", "X --[M]-> h\nh(1 - z) -> p => y", "2 -> k\nk(X + 1) -> p => y"]);

export const attributeConflict = unmended("SQ0235", "one function with different attributes",
  "The same name is the same function with the same parameters, so it has the same attributes everywhere; declare it once: `M_1 : dense[128]`.",
  "it may be the name or the attributes that should differ",
  ["X --[M(3)]-> a\nX --[M(4)]-> b\na|b => y", "M : dense[3]\nX --[M(4)]-> p => y", "M : dense[3]\nM : dense[4]\nX --[M]-> p => y"]);

export const badAttribute = unmended("SQ0236", "wrong attribute",
  "Attributes are known constants: numbers, words, lists. Each has a name, and may be given by it or by its place.",
  "the right value is for the author to say",
  ["X --[M(bais=false)]-> p => y", "M : dense[many]\nX --[M]-> p => y", "X --[leaky_relu(slope=X)]-> p => y"]);

export const recursion = unmended("SQ0237", "macro that applies itself",
  "Macros are inlined, so none may be applied within itself, even by way of another.",
  "a recurrence over time is written with contexts, `h_{t-1}`; no edit makes one of this",
  ["F: x\n    x --[F]-> y\n    return y\nX --[F]-> p => y", "F: x\n    return G(x)\nG: x\n    return F(x)\nX --[F]-> p => y",
    "P := [Q|relu]\nQ := [P|tanh]\nX --[P]-> p => y"]);

/** A tower of macros, each of which applies the one below it twice. */
const tower = (name: string, height: number): string => {
  const lines = [`${name}_0: x\n    return x + 1`];
  for (let k = 1; k <= height; k += 1) lines.push(`${name}_${k}: x\n    return ${name}_${k - 1}(x) + ${name}_${k - 1}(x)`);
  return `${lines.join("\n")}\nX --[${name}_${height}]-> p => y`;
};
export const tooLarge = unmended("SQ0238", "program that becomes too large",
  "Macros are inlined. This one would become more than a million equations, or is nested more than 200 deep.",
  "what should be smaller is for the author to say",
  [tower("F", 30), tower("G", 40), tower("H", 64)]);

export const notAFunction = unmended("SQ0239", "value where a function is needed, or the reverse",
  "Brackets hold functions; expressions hold values. A transform takes a function and gives one.",
  "what was meant is for the author to say",
  ["X --[3]-> p => y", "clip_grad(M) -> p => y", 'X + "text" -> p => y']);

export const misspeltLoss = mended("SQ0240", "unknown loss",
  "`=[…]=>` names a loss.", ["X --[M]-> p =[msee]=> y", "X --[M]-> p =[0.5*hubr(1)]=> y", "X --[M]-> p =[matchh]=> y"]);

export const badLoss = unmended("SQ0241", "loss that can't be read",
  "`=[…]=>` holds exactly one loss, times an optional scalar weight: `0.5*mse`, `w*match`, `huber(1)`.",
  "what was meant is for the author to say",
  ["X --[M]-> p =[0.5]=> y", "X --[M]-> p =[mse*huber]=> y", "X --[M]-> p =[mse + huber]=> y"]);

export const misspeltDirective = mended("SQ0242", "misspelt directive",
  "No directive has this name, and one has nearly the same.",
  ["@bach 32\nX --[M]-> p => y", "@trian epochs=3\nX --[M]-> p => y", "@metrics a = mean(p)\nX --[M]-> p => y"]);

export const badDirective = unmended("SQ0243", "directive that can't be read",
  "Each directive takes its own arguments; the language reference lists them.",
  "the right argument is for the author to say",
  ["@batch many\nX --[M]-> p => y", "@frobnicate 3\nX --[M]-> p => y", "@data 3\nX --[M]-> p => y"]);

export const unfittingNumber = unmended("SQ0259", "number that a directive does not take",
  "Numbers of steps, samples and features are whole and positive; lookahead, burn-in and seeds may be 0. The message says what this one must be.",
  "any number that it takes would be a guess, and train another network or train it otherwise",
  ["@horizon back=0\nx_t --[M]-> p_t => y_t", "@horizon back=2.5\nx_t --[M]-> p_t => y_t", "@horizon back=-4\nx_t --[M]-> p_t => y_t", "@horizon ahead=-1\nx_t --[M]-> p_t => y_t",
    "@horizon back=8 burn_in=-3\nx_t --[M]-> p_t => y_t", "@train epochs=-1\nX --[M]-> p => y"]);

export const repeatedDirective = mended("SQ0244", "directive given twice",
  "This directive says one thing for the whole program.",
  ["@batch 32\n@batch 64\nX --[M]-> p => y", "@seed 1\n@seed 2\nX --[M]-> p => y", "@optim adam\n@optim sgd(lr=0.1)\nX --[M]-> p => y"]);

export const treatmentConflict = unmended("SQ0245", "parameters under two transforms of one kind",
  "`clip_grad(F)`, `adam_opt(F)` and their like concern F's parameters wherever they are used, so there is one of each kind.",
  "only the author knows which one is meant",
  ["X --[clip_grad(M, c=1)]-> a\nX --[clip_grad(M, c=2)]-> b\na|b => y", "X --[adam_opt(M, lr=0.1)]-> p => y\nX --[adam_opt(M, lr=0.2)]-> q => y",
    "P := [M|N]\nX --[clip_grad(P)]-> a => y\nX --[clip_grad(P, c=3)]-> b => y"]);

export const unknownTransform = unmended("SQ0246", "unknown transform",
  "`@optim` lists transforms of parameters: `clip_grad(1) adam(lr=1e-3)`.",
  "what was meant is for the author to say",
  ["@optim relu\nX --[M]-> p => y", "@optim gradient_descent(0.1)\nX --[M]-> p => y", "@optim nograd\nX --[M]-> p => y"]);

export const badGradient = unmended("SQ0247", "custom gradient that can't be read",
  "In a macro body `^y` is the gradient of a result, and `-> ^x` gives that of a formal, `-> ^M.weight` that of a parameter.",
  "what was meant is for the author to say",
  ["X * 2 -> ^X\nX --[M]-> p => y", "F: x\n    x * 2 -> y\n    ^z -> ^x\n    return y\nX --[F]-> p => q",
    "F: x\n    x * 2 -> y\n    ^y -> ^z\n    return y\nX --[F]-> p => q"]);

export const misspeltType = mended("SQ0248", "unknown type",
  "Data is `[3]`, `class[10]`, `class[10][3]`, `int[3]` or `float`; a function is one that has parameters, `dense[128]`.",
  ["y : clas[10]\nX --[M]-> p => one_hot(y)", "M : dens[3]\nX --[M]-> p => y", "X : flot\nX --[M]-> p => y"]);

export const badType = unmended("SQ0249", "type that can't be read",
  "Sizes are positive integers: `[28, 28]`, `class[10]`; classes in an array have its shape behind them, `class[10][28]`.",
  "the right size is for the author to say",
  ["X : [many]\nX --[M]-> p => y", "y : class[0]\nX --[M]-> p => one_hot(y)", "X : [2.5]\nX --[M]-> p => y",
    "i : int[3][2]\nX --[M]-> p => y", "X --[M]-> p => y\nM : dense[3][2]"]);

export const noEffect = unmended("SQ0250", "call for nothing",
  "A call that stands alone has an effect; this function has none, and its result gets no name.",
  "the result may want a name, or the line may be left over",
  ["relu(X)\nX --[M]-> p => y", "M(X)\nX --[M]-> p => y", "F: x\n    return x\nF(X)\nX --[M]-> p => y"]);

export const crosswise = mended("SQ0251", "arguments crosswise",
  "An argument has the name and context of another formal. Arguments are positional; their names do not count.",
  ["E: h_{t-1}, x_t\n    h_{t-1}|x_t --[C|tanh]-> c_t\n    return c_t\n0 -> h_0\nO_t, h_{t-1} --[E]-> h_t => y_t",
    "F: a, b\n    return a - b\nb, a --[F]-> p => y", "F: x, w\n    return x * w\nw, z --[F]-> p => y"], "lint");

export const gate = mended("SQ0252", "gate that does not mix",
  "With `h*(1-z) + l` the state grows without bound; a gate mixes: `h*(1-z) + z*l`.",
  ["0 -> h_0\nh_{t-1}|x_t --[Z|sigmoid]-> z_t\nx_t --[H|tanh]-> l_t\nh_{t-1} * (1 - z_t) + l_t -> h_t => y_t",
    "0 -> s_0\nx_t --[F|sigmoid]-> f_t\ns_{t-1} * (1 - f_t) + x_t -> s_t => y_t",
    "0 -> m_0\nx_t --[K|sigmoid]-> k_t\n(1 - k_t) * m_{t-1} + x_t -> m_t => y_t"], "lint");

export const laterFeature = unmended("SQ0901", "not yet: environments, buffers, and what they are trained by",
  "The notation has it, and this version reads it; a later one gives it a meaning.",
  "nothing in the program is wrong",
  ["@env cartpole\nX --[M]-> p => y", "reset() -> S_0, O_0\nO_t --[V]-> v_t => y_t", "Get_B() -> o, a\no --[Q]-> q => a"]);

export const laterAdjoint = unmended("SQ0902", "not yet: gradients as values",
  "`^x` is the gradient that reaches x. Outside custom gradients it can be shown, but not computed with.",
  "there is no other way to write it",
  ["X --[M]-> h --[N]-> p => y\n$ -sum(^h * h)", "X --[M]-> p => y\n^p -> g\ng => y", "X --[M]-> p => ^X"]);

export const laterParameter = unmended("SQ0903", "not yet: parameters as values",
  "`M_1.weight` names a parameter. It can be shown, but not computed with, and has no equation of its own.",
  "there is no other way to write it",
  ["X --[M]-> p => y\n$ -sum(M.weight ^ 2)", "X --[M]-> p => M.bias", "X -> M.weight\nX --[M]-> p => y"]);

export const functionsDiagnostics = [
  concatenatedArguments, arity, results, notCallable, attributeConflict, badAttribute, recursion, tooLarge, notAFunction, misspeltLoss, badLoss,
  misspeltDirective, badDirective, unfittingNumber, repeatedDirective, treatmentConflict, unknownTransform, badGradient, misspeltType, badType, noEffect,
  crosswise, gate, laterFeature, laterAdjoint, laterParameter,
];
