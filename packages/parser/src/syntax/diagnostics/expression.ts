import { mended, unmended } from "./record.js";

export const unexpected = unmended("SQ0121", "unexpected symbol",
  "The statement stops to make sense at this place. The message says what could stand there, and what does.",
  "several continuations are possible", ["x + -> y", "x y -> z", "f(x y) -> z", "x ->", "@ 3", "x * * y -> z"]);

export const unclosedBracket = mended("SQ0122", "bracket that is not closed",
  "Each `(`, `[` and `{` is closed on its line by its own kind.",
  ["f(x -> y", "x --[f|g -> y", "x_{t-1 -> y", "f(x] -> y", "f(a + b", "pi_t $ log(pi_t[a_t)"]);

export const strayBracket = mended("SQ0123", "bracket that closes nothing",
  "No bracket is open here.", ["x) -> y", "f(x)) -> y", "x -> y]", "]"]);

export const tuple = mended("SQ0124", "tuple in parentheses",
  "`,` makes separate arguments without parentheses: `a, b --[f]-> c`. To make one vector of two, write `a|b`.",
  ["(a, b) --[f]-> c", "x => (y, z)", "f((a, b)) -> c"]);

export const trailingComma = mended("SQ0125", "comma that nothing follows",
  "Commas stand between values.", ["a, --[f]-> b", "f(a,) -> b", "x -> a, b,", "X : [3, ]"]);

export const missingOperator = mended("SQ0126", "product without `*`",
  "A product is written with `*`; a name before `(` is a call.", ["2x -> y", "(a)(b) -> c", "3(x + 1) -> y", "x[0] y -> z"]);

export const unaryPlus = mended("SQ0127", "sign `+`",
  "A value has no sign `+`.", ["+x -> y", "2 * +x -> y", "f(+1) -> y"]);

export const chainedComparison = mended("SQ0128", "comparisons in a row",
  "A comparison gives 0 or 1, which is hardly what the next one is to compare. Where both are to hold, multiply: `(a < b) * (b < c)`.",
  ["a < b < c -> d", "0 <= x <= 1 -> d", "f(a == b == c) -> d"]);

export const argumentOrder = unmended("SQ0129", "arguments out of order",
  "Arguments with a key follow those without, and each key is given once.",
  "the order decides what they mean", ["f(c=1, x) -> y", "f(x, c=1, c=2) -> y", "K : conv[kernel=3, 32]"]);

export const badAdjoint = unmended("SQ0130", "gradient of what is no name",
  "`^x` is the gradient that reaches the state or parameter x. Only names have one, and there are no second gradients. As an operator, `^` stands between base and exponent.",
  "a name must be chosen", ["^(x) -> y", "^^x -> y", "^3 -> y", "^f(x) -> y"]);

export const reservedName = unmended("SQ0131", "reserved name",
  "`t` is the step as a scalar and `T` the last step; `return` ends a macro. They name no states.",
  "another name must be chosen", ["0 -> t", "T_1 -> y", "x --[f]-> T", "x -> return", "t' -> y"]);
