import { mended, unmended } from "./record.js";

export const notText = unmended("SQ0101", "binary file",
  "A program is a UTF-8 text. The file holds characters that no text has, so nothing of it was read: most likely it is data or a compiled file, given by mistake.",
  "the right file is not known", ["\0", "PK\u0003\u0004\0\0 digits", "\u0001\u0002\u0003\u0004 x -> y"]);

export const strayCharacter = unmended("SQ0102", "unexpected character",
  "The character has no meaning in the notation. Names are ASCII letters and digits; comments and texts in quotes may hold anything.",
  "what was meant is not known", ["x ? y -> z", "a % b -> c", "naïve -> x"]);

export const notAscii = mended("SQ0103", "character with an ASCII spelling",
  "The notation is typed in ASCII: `->` for →, `=>` for ⇒, `gamma` for γ, `x_t` for xₜ.",
  ["x → y", "p ⇒ y", "0.99 -> γ", "hₜ -> y", "a × b -> c", "h_{t−1} -> y", "sum(x_{t–3…t}) -> y", "0 -> h_{−1}"]);

export const foreignOperator = mended("SQ0104", "operator of another language",
  "Power is `^`, equality `==` and `!=`, and a comment starts with `#`.",
  ["x**2 -> y", "x === y -> z", "x -> y // a comment", "a =< b -> c"]);

export const mistypedArrow = mended("SQ0105", "mistyped arrow",
  "The arrows are `-> x`, `--[f]-> x`, `=> y` and `=[loss]=> y`. Right to left, `x := e` defines x.",
  ["x --[f]> y", "x -[f]-> y", "x --> y", "p ==> y", "x --[f]=> y", "x <- 3", "p =[mse]-> y"]);

export const malformedNumber = mended("SQ0106", "malformed number",
  "A number is digits, and if it has a point, digits on both sides of it: `0.5`, `1.0`, `1e-3`. The rule keeps numbers apart from ranges (`0..t`).",
  [".5 -> x", "1. -> x", "1_000 -> n"]);

export const hugeNumber = unmended("SQ0107", "number too large",
  "Numbers are 64-bit floats, which end near 1.8e308.",
  "no nearby number is meant", ["1e999 -> x", "x * 2e400 -> y", "@train steps=1e1000"]);

export const tooDeep = unmended("SQ0108", "expression nested too deeply",
  "Brackets, powers and signs may be nested 100 deep, and 8 calls or indices may follow each other. Long sums and chains are not limited. Give a part of the expression a name of its own.",
  "a name must be chosen",
  [`${"(".repeat(200)}x${")".repeat(200)} -> y`, `${"-".repeat(150)} x -> y`, `x${"[0]".repeat(20)} -> y`, `${"x^".repeat(200)}x -> y`]);

export const unclosedString = mended("SQ0109", "text without a closing quote",
  "A text starts and ends with `\"` on one line.",
  ["@data \"digits.npz", "@data \"a\" \"b", "@env \"cart"]);

export const unknownEscape = mended("SQ0110", "unknown escape",
  "In a text, a backslash starts an escape: `\\\\`, `\\\"`, `\\n` or `\\t`.",
  ["@data \"C:\\data\"", "@data \"\\d\"", "@env \"a\\.b\""]);

export const singleQuotes = mended("SQ0111", "text in single quotes",
  "A text stands in double quotes; `'` is a prime, which is part of a name.",
  ["@data 'digits.npz'", "@env 'cartpole'", "@data \"x\" test='all'"]);

export const loneReturn = mended("SQ0112", "line that ends with a carriage return alone",
  "Lines end with a line feed, or with a carriage return and a line feed. Old Macintosh files have the first alone.",
  ["x -> y\ry -> z", "# a\r0 -> x\r", "@batch 64\r@env cartpole"]);

export const unknownSubscript = unmended("SQ0113", "unknown subscript",
  "After `_` stands a context (`_t`, `_{t-1}`, `_12`, `_T`, `_{t-3..t}`), or a lower-case word of two or more letters, which is part of the name (`log_std`), or an instance with a capital (`dense_M`). A single letter is allowed after a macro's name only. A name has one context.",
  "a context, a label and a part of the name look alike",
  ["x_a -> y", "x_ -> y", "x_1a -> y", "x_t_T -> y", "x_stdDev -> y"]);

export const contextNeedsBraces = mended("SQ0114", "context without braces",
  "`_` takes one word; what is longer, as in `_{-1}` and `_{t-1}`, stands in braces.",
  ["0 -> h_-1", "h_-2 -> y", "x_-10 -> y"]);

export const primeAfterContext = mended("SQ0115", "prime after the context",
  "A prime is part of the name, so that it stands before the context: `o'_t`.",
  ["o_t' -> y", "x -> h_1'", "o_{t-1}'' -> y"]);

export const twoSubscripts = mended("SQ0116", "two subscripts",
  "A name has one subscript. A label goes into the name (`h1_t`), the context behind `_`.",
  ["h_1_t -> y", "x -> h_2_{t-1}", "h_t_1 -> y"]);

export const malformedContext = unmended("SQ0117", "malformed context",
  "In braces stands `t`, `T` or an integer, with a shift if need be (`t-1`, `T+1`, `-1`), or a range of two of these (`t-3..t`).",
  "which step is meant is not known", ["h_{s} -> y", "h_{t*2} -> y", "h_{} -> y", "h_{t-n} -> y"]);

export const shiftWithoutBraces = mended("SQ0118", "shift without braces",
  "`x_t-1` is `x_t` minus one. For the step before, write `x_{t-1}`; if the difference is meant, put spaces round the sign.",
  ["x_t-1 -> y", "h_t+1 -> y", "V_t-1*gamma -> y"], "lint");

export const backwardRange = mended("SQ0119", "range that runs backwards",
  "The first step of a range comes first: `x_{t-3..t}`.",
  ["x_{t..t-3} -> y", "sum(x_{5..2}) -> y", "x_{T+1..T} -> y"]);

export const secondIndex = unmended("SQ0120", "second index, not supported yet",
  "The notation reserves `x_{t,s}` and `sum(s<=t: …)`. For now a state has one context; ranges (`x_{0..t}`) stack steps on an axis.",
  "there is no other way to write it yet", ["x_{t,s} -> y", "sum(s<=t: x_t) -> y", "x_{1,2} -> y"]);
