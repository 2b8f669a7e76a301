import type { Span } from "@sequent/ir";

/**
 * The syntax tree. It says what was written, not what it means: whether `Enc_1` is an instance or `h_1` a label is for elaboration,
 * which knows the functions. Expressions are nested at most MAX_DEPTH × MAX_SUFFIXES deep, because long chains (`a + b + c …`, `f|g|h …`, arrows) are
 * flat lists; so recursion over one expression is safe, and recursion over statements is never needed (macros don't nest).
 */

/** The parser refuses brackets, powers and signs that are nested deeper (SQ0108), */
export const MAX_DEPTH = 100;
/** and more calls and indices in a row, as in `f(x)(y)[i][j]`. */
export const MAX_SUFFIXES = 8;

interface Node {
  readonly span: Span;
}

/** A whole file. `comments` are in order of place; the formatter puts them back. */
export interface Program extends Node {
  readonly tag: "program";
  readonly statements: readonly Statement[];
  readonly comments: readonly Comment[];
}

/** From `#` to the end of the line, as `text` has it (with the `#`). */
export interface Comment extends Node {
  readonly tag: "comment";
  readonly text: string;
  /** Nothing but blanks stands before it on its line. */
  readonly ownLine: boolean;
}

export type Statement = Flow | Define | Compose | Macro | Declaration | Directive;

/**
 * A chain: `head`, then links from left to right. The value of a link of kind `into` is what it defines; the next link starts from that.
 * A chain ends with its first `match` or `ascend`. `head` is empty only for a bare `$ J`; `links` only for a bare call, `Add_B(…)`.
 */
export interface Flow extends Node {
  readonly tag: "flow";
  readonly head: readonly Expr[];
  readonly links: readonly Link[];
}

export type Link = Into | Match | Ascend;

/** `-> x, y`, or `--[f|g]-> x, y` where `through` is the function in the brackets (a name, a call, or a `bar` that composes). */
export interface Into extends Node {
  readonly tag: "into";
  readonly through: Expr | null;
  readonly targets: readonly Target[];
}

/** `=> y`, or `=[loss]=> y`. */
export interface Match extends Node {
  readonly tag: "match";
  readonly loss: Expr | null;
  readonly wanted: readonly Expr[];
}

/** `$ J`. */
export interface Ascend extends Node {
  readonly tag: "ascend";
  readonly objective: Expr;
}

/** What an equation may define: `x_t`, `^x` (a custom gradient), `M_1.weight` (in printed programs). */
export type Target = Name | Qualified | Adjoint;

/** `x_0, y_0 := e, f`: the same as `e, f -> x_0, y_0`. */
export interface Define extends Node {
  readonly tag: "define";
  readonly targets: readonly Target[];
  readonly values: readonly Expr[];
}

/** `Policy := [P_1|tanh|P_2]`: a composed function; `body` as in `Into.through`. (`w := [1, 2]` is a `define` of a list.) */
export interface Compose extends Node {
  readonly tag: "compose";
  readonly name: Name;
  readonly body: Expr;
}

/** `Enc: h_{t-1}, x_t` and its indented body; `results` are those of its `return`. A body has no macros and no directives. */
export interface Macro extends Node {
  readonly tag: "macro";
  readonly name: Name;
  readonly formals: readonly Name[];
  readonly body: readonly (Flow | Define | Compose | Declaration)[];
  readonly results: readonly Expr[];
  /** Of the `return` line; of the header if there is none. */
  readonly returns: Span;
}

/** `X : [784]`, `y : class[10]`, `M_1 : dense[128]`, `x : float`; several names share one type: `a, b : [3]`. */
export interface Declaration extends Node {
  readonly tag: "declaration";
  readonly names: readonly Name[];
  readonly type: Type;
}

export type Type = Shape | Kind;

/** `[784]`, `[28, 28]`, `[]`. */
export interface Shape extends Node {
  readonly tag: "shape";
  readonly sizes: readonly Expr[];
}

/** `class[10]`, `class[3][2]`, `conv[32, kernel=3]`, `float`; `args` is null if there are no brackets, `shape` without a second pair. */
export interface Kind extends Node {
  readonly tag: "kind";
  readonly name: string;
  readonly args: readonly Argument[] | null;
  readonly shape: Shape | null;
}

/**
 * `@data "digits.npz" test=0.2 seed=0`, `@epochs 4 minibatches 4`, `@metric accuracy = mean(argmax(p) == y)`: `args` in their order.
 * A word (`cartpole`) is a `name`; a definition is an argument with a name, as `key=value` is.
 */
export interface Directive extends Node {
  readonly tag: "directive";
  readonly name: string;
  readonly args: readonly Argument[];
}

/** `value`, or `name=value`. */
export interface Argument extends Node {
  readonly tag: "argument";
  readonly name: string | null;
  readonly value: Expr;
}

export type Expr =
  | Num
  | Text
  | Name
  | Qualified
  | Adjoint
  | Call
  | Index
  | Power
  | Negate
  | Infix
  | Bar
  | List
  | Group;

/** Never negative; `text` is the user's spelling (`1e-3`) and has no other meaning. */
export interface Num extends Node {
  readonly tag: "number";
  readonly value: number;
  readonly text: string;
}

/** `"digits.npz"`; `value` has its escapes (`\"`, `\\`, `\n`, `\t`) resolved. */
export interface Text extends Node {
  readonly tag: "string";
  readonly value: string;
}

/**
 * A name: `base` with its lower-case words (`log_std`), then primes, then at most one subscript.
 * `t` alone is `{base: "t"}`. Use `contextOf` where the name is data and `instanceOf` where it is a function.
 */
export interface Name extends Node {
  readonly tag: "name";
  readonly base: string;
  readonly primes: number;
  readonly subscript: Subscript | null;
}

/**
 * What follows `_`. `at`: `_t`, `_{t-1}`, `_12`, `_{-1}`, `_T`; `range`: `_{t-3..t}`; `instance`: a word with a capital (`dense_M`), or any single
 * letter after a macro's name (`Enc_a`). `_12` and `_T` are instances too where a function stands: `instanceOf` gives that reading.
 */
export type Subscript =
  | { readonly tag: "at"; readonly time: Time }
  | { readonly tag: "range"; readonly from: Time; readonly to: Time }
  | { readonly tag: "instance"; readonly name: string };

/** `t-1` is `{origin: "t", offset: -1}`, `12` is `{origin: "0", offset: 12}`, `T+1` is `{origin: "T", offset: 1}`. */
export interface Time {
  readonly origin: "0" | "t" | "T";
  readonly offset: number;
}

/** `Enc_1.R.weight`: two parts or more. */
export interface Qualified extends Node {
  readonly tag: "qualified";
  readonly parts: readonly Name[];
}

/** `^x`, `^M_1.weight`. */
export interface Adjoint extends Node {
  readonly tag: "adjoint";
  readonly of: Name | Qualified;
}

/** `f(x, key=v)`; a call may be called: `target(Q, every=500)(x)`. */
export interface Call extends Node {
  readonly tag: "call";
  readonly callee: Name | Qualified | Call;
  readonly args: readonly Argument[];
}

/** `e[i]`, `e[i, j]`, `e[1:3]`, `e[:, 0]`. */
export interface Index extends Node {
  readonly tag: "index";
  readonly of: Expr;
  readonly at: readonly (Expr | Slice)[];
}

/** `from:to`, half-open and counted from 0; null is the end that it stands at. Only within an index. */
export interface Slice extends Node {
  readonly tag: "slice";
  readonly from: Expr | null;
  readonly to: Expr | null;
}

/** `base ^ exponent`, right-associative; binds tighter than unary minus on its left. */
export interface Power extends Node {
  readonly tag: "power";
  readonly base: Expr;
  readonly exponent: Expr;
}

export interface Negate extends Node {
  readonly tag: "negate";
  readonly of: Expr;
}

export type Operator = "*" | "/" | "+" | "-" | "==" | "!=" | "<" | "<=" | ">" | ">=";

/** `first op e op e …`, from left to right. All operators are of one level: `* /`, or `+ -`, or a single comparison. `rest` is not empty. */
export interface Infix extends Node {
  readonly tag: "infix";
  readonly first: Expr;
  readonly rest: readonly { readonly op: Operator; readonly right: Expr }[];
}

/** `a|b|c`, two parts or more: composes where a function stands (brackets, a transform's argument), concatenates elsewhere. */
export interface Bar extends Node {
  readonly tag: "bar";
  readonly parts: readonly Expr[];
}

/** `[a, b]`: a value of a directive or attribute. */
export interface List extends Node {
  readonly tag: "list";
  readonly items: readonly Expr[];
}

/** Parentheses, which the formatter keeps; means what it holds. */
export interface Group extends Node {
  readonly tag: "group";
  readonly of: Expr;
}

/** The expression without the parentheses around it. */
export const ungroup = (e: Expr): Expr => {
  let inner = e;
  while (inner.tag === "group") inner = inner.of;
  return inner;
};

/** A name as data: base and primes, without its context. */
export const stem = (name: Name): string => (name.primes === 0 ? name.base : name.base + "'".repeat(name.primes));

/** The context of a name that is data, or null: no subscript, or one that is no context (`x_M`). */
export const contextOf = (name: Name): Exclude<Subscript, { tag: "instance" }> | null =>
  name.subscript === null || name.subscript.tag === "instance" ? null : name.subscript;

/** The instance of a name that is a function (`M` of `dense_M`, `1` of `Enc_1`, `T` of `F_T`), or null: no subscript, or none that can be one. */
export const instanceOf = (name: Name): string | null => {
  const s = name.subscript;
  if (s === null || s.tag === "range") return null;
  if (s.tag === "instance") return s.name;
  if (s.time.origin === "0") return s.time.offset >= 0 ? String(s.time.offset) : null;
  return s.time.offset === 0 ? s.time.origin : null;
};
