import { mended, unmended } from "./record.js";

export const assignSign = mended("SQ0141", "`=` as an arrow",
  "`e -> x` and `x := e` define x; `p => y` trains p toward y; `==` compares. A single `=` stands in arguments and directives only.",
  ["x = 3", "x -> y = z", "x + 1 = y"]);

export const emptyBrackets = mended("SQ0142", "empty brackets in an arrow",
  "An arrow without a function is `->`, a match without a loss `=>`.", ["x --[]-> y", "p =[]=> y", "a, b --[]-> c, d"]);

export const nothingToContinue = unmended("SQ0143", "arrow with nothing before it",
  "A chain starts with a value. A line that starts with an arrow continues the chain above; there is none above this one.",
  "the value is not known", ["-> x", "=> y", "@batch 64\n--[f]-> x", "a -> b ; => c"]);

export const notATarget = unmended("SQ0144", "arrow that ends in no name",
  "`e -> x` gives the name x to the value of e: the value stands left, a name right. With `:=` it is the other way round.",
  "which side is meant is not known", ["x -> h + 1", "x -> 3", "a + b := c", "x --[f]-> g(y)"]);

export const rangeTarget = unmended("SQ0145", "range as a target",
  "A range stacks steps and can be read only. An equation for `x_t` defines every step.",
  "which step is meant is not known", ["y -> x_{0..t}", "f(y) -> x_{t-3..t}", "x_{0..T} := y"]);

export const chainEnded = unmended("SQ0146", "chain that goes on after its end",
  "A chain ends with its first `=>` or `$`, which define nothing, and a definition with `:=` ends with its value.",
  "where the next chain starts is not known", ["p => y => z", "p => y -> z", "x $ J -> y", "x := y -> z"]);

export const unusedValue = unmended("SQ0147", "value that is not used",
  "A value alone does nothing: give it a name (`e -> x`), train it (`e => y`) or ascend it (`$ e`). Only a call, as in `Add_B(…)`, is a statement by itself.",
  "what is to become of the value is not known", ["x + 1", "a, b", "x -> y ; z", "[1, 2]"]);

export const badDeclaration = unmended("SQ0148", "declaration without a type",
  "`x : type` declares: a shape (`[784]`, `[]` for a scalar), `class[10]`, `float`, or a function (`dense[128]`). `Name: formals` is a macro if an indented body follows.",
  "the type is not known", ["x : 3", "Enc: h_{t-1}, x_t", "y : dense(128)", "x :", "x : [3] float", "X : [n=3]"]);

export const directiveComma = mended("SQ0149", "comma in a directive",
  "The values of a directive follow each other without commas: `@train epochs=40 seed=0`.",
  ["@train epochs=40, seed=0", "@data \"a.npz\", test=0.2", "@show a, b, c"]);

export const missingReturn = mended("SQ0150", "macro without `return`",
  "`return` says which states of the body the macro gives back.",
  ["F: x\n    x --[A]-> y\n", "F: x_t\n  x_t --[A|tanh]-> y_t  # last\nz -> w", "F: a, b\n\ta|b -> c\n\tc -> d, e"]);

export const emptyMacro = unmended("SQ0151", "macro with nothing to return",
  "The body defines no state, so that the macro can give nothing back.",
  "what it is to compute is not known", ["F: x\n    $ x", "F: x\n    y : [3]", "F: x\n    Add_B(x)"]);

export const strayReturn = unmended("SQ0152", "`return` outside a macro",
  "`return` ends the body of a macro, which is indented under its header `Name: formals`.",
  "the macro it belongs to is not known", ["return x", "x -> y\nreturn y", "@batch 64\nreturn"]);

export const afterReturn = unmended("SQ0153", "statement after `return`",
  "A macro ends with its one `return`, which may give several results: `return h_t, c_t`.",
  "one of them must go",
  ["F: x\n    x -> y\n    return y\n    y -> z", "F: x\n    return x\n    return x", "F: x\n    return x ; x -> y"]);

export const notInMacro = unmended("SQ0154", "statement that cannot stand in a macro",
  "Directives concern the whole program, and macros don't nest: both stand at the left margin. A macro may use other macros.",
  "moving it may change what names mean",
  ["F: x\n    @batch 64\n    return x", "F: x\n    G: y\n        return y\n    return x", "F: x\n    x -> y\n    @env cartpole\n    return y"]);

export const macroNotIndented = mended("SQ0155", "macro whose body is not indented",
  "What belongs to a macro is indented under its header, down to its `return`.",
  ["Enc: h_{t-1}, x_t\nh_{t-1}|x_t -> h_t\nreturn h_t\n", "F: a, b\na + b -> c\nreturn c", "F: x_t\nreturn x_t\nz -> y"]);

export const unexpectedIndent = mended("SQ0156", "indented line outside a macro",
  "Only the body of a macro is indented. A line that continues a chain starts with an arrow.",
  ["x -> y\n    y -> z", "  x -> y", "@batch 64\n\tx -> y\n\ty -> z\n"]);

export const unevenIndent = mended("SQ0157", "uneven indentation",
  "All lines of a macro's body are indented as its first is; tabs and spaces are not the same.",
  ["F: x\n    x -> y\n\ty -> z\n    return z", "F: x\n    x -> y\n  return y", "F: x\n  x -> y\n      y -> z\n  return z"]);
