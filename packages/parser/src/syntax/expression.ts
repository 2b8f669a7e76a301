import type { Cursor } from "./cursor.js";
import { close, eat, end, fail, failed, found, from, here, insert, kind, kindAt, spanFrom, startsLink, atEnd, to, unexpected } from "./cursor.js";
import * as S from "./diagnostics/index.js";
import { edit, fix, problem, quote } from "./source.js";
import { K } from "./token.js";
import type { Adjoint, Argument, Call, Expr, Infix, Name, Operator, Qualified, Slice } from "./tree.js";
import { MAX_DEPTH, MAX_SUFFIXES } from "./tree.js";

/** Any expression: `|` binds loosest. */
export const expression = (p: Cursor): Expr => {
  const start = from(p);
  if (!deeper(p)) return tooDeep(p);
  const first = comparison(p);
  let result = first;
  if (kind(p) === K.bar) {
    const parts = [first];
    while (eat(p, K.bar)) parts.push(comparison(p));
    result = { tag: "bar", parts, span: spanFrom(p, start) };
  }
  p.depth--;
  return result;
};

const deeper = (p: Cursor): boolean => ++p.depth <= MAX_DEPTH;

const tooDeep = (p: Cursor): Expr => {
  p.depth--;
  const [a, b] = here(p);
  return fail(p, problem(p.src, S.tooDeep, `this is nested more than ${String(MAX_DEPTH)} deep`, a, b, "here", {
    help: "Give a part of the expression a name of its own: `e -> x`.",
  }));
};

const comparisonOf = (k: number): Operator | null => {
  switch (k) {
    case K.equal:
      return "==";
    case K.notEqual:
      return "!=";
    case K.less:
      return "<";
    case K.lessEqual:
      return "<=";
    case K.greater:
      return ">";
    case K.greaterEqual:
      return ">=";
    default:
      return null;
  }
};

const sumOf = (k: number): Operator | null => (k === K.plus ? "+" : k === K.minus ? "-" : null);
const productOf = (k: number): Operator | null => (k === K.star ? "*" : k === K.slash ? "/" : null);

const comparison = (p: Cursor): Expr => {
  const e = infix(p, sum, comparisonOf);
  if (e.tag !== "infix" || e.rest.length < 2 || p.failure !== null || comparisonOf(kindOfOperator(e)) === null) return e;
  const text = (x: Expr): string => p.src.text.slice(x.span.from, x.span.to);
  const pairs = e.rest.map((r, i) => `(${text(i === 0 ? e.first : (e.rest[i - 1]?.right ?? e.first))} ${r.op} ${text(r.right)})`);
  return fail(p, problem(p.src, S.chainedComparison, "comparisons do not chain", e.span.from, e.span.to, "more than one comparison", {
    help: "A comparison is 0 or 1; the product of two is 1 where both hold.",
    fixes: [fix("multiply the comparisons", [edit(p.src, e.span.from, e.span.to, pairs.join(" * "))])],
  }));
};

const KIND_OF_OPERATOR: ReadonlyMap<Operator, number> = new Map<Operator, number>([
  ["==", K.equal], ["!=", K.notEqual], ["<", K.less], ["<=", K.lessEqual], [">", K.greater], [">=", K.greaterEqual],
]);
const kindOfOperator = (e: Infix): number => KIND_OF_OPERATOR.get(e.rest[0]?.op ?? "+") ?? K.plus;

const sum = (p: Cursor): Expr => infix(p, product, sumOf);
const product = (p: Cursor): Expr => infix(p, unary, productOf);

/** A flat chain of one level of operators. */
const infix = (p: Cursor, operand: (p: Cursor) => Expr, operatorOf: (k: number) => Operator | null): Expr => {
  const start = from(p);
  const first = operand(p);
  let op = operatorOf(kind(p));
  if (op === null) return first;
  const rest: { op: Operator; right: Expr }[] = [];
  for (; op !== null; op = operatorOf(kind(p))) {
    p.i++;
    rest.push({ op, right: operand(p) });
  }
  return { tag: "infix", first, rest, span: spanFrom(p, start) };
};

/** `-e`, and what binds tighter. */
export const unary = (p: Cursor): Expr => {
  const k = kind(p);
  if (k === K.plus) {
    const [a, b] = here(p);
    return fail(p, problem(p.src, S.unaryPlus, "a value has no sign `+`", a, b, "nothing to add to", {
      fixes: [fix("remove it", [edit(p.src, a, b, "")])],
    }));
  }
  if (k !== K.minus) return power(p);
  const start = from(p);
  p.i++;
  if (!deeper(p)) return tooDeep(p);
  const of = unary(p);
  p.depth--;
  return { tag: "negate", of, span: spanFrom(p, start) };
};

const power = (p: Cursor): Expr => {
  const start = from(p);
  const base = suffixed(p);
  if (!eat(p, K.caret)) return base;
  if (!deeper(p)) return tooDeep(p);
  const exponent = unary(p);
  p.depth--;
  return { tag: "power", base, exponent, span: spanFrom(p, start) };
};

/** An operand with its calls and indices. */
const suffixed = (p: Cursor): Expr => {
  const start = from(p);
  let e = primary(p);
  for (let n = 0; ; n++) {
    const k = kind(p);
    const here_ = k === K.openParen || k === K.openBracket;
    if (!here_ || (p.words && from(p) !== end(p))) break;
    if (k === K.openParen && e.tag !== "name" && e.tag !== "qualified" && e.tag !== "call") break;
    if (n === MAX_SUFFIXES) {
      p.depth++;
      return tooDeep(p);
    }
    if (k === K.openBracket) {
      const at = indices(p);
      e = { tag: "index", of: e, at, span: spanFrom(p, start) };
    } else if (e.tag === "name" || e.tag === "qualified" || e.tag === "call") e = call(p, e, start);
  }
  if (!p.words && p.failure === null) operatorMissing(p);
  return e;
};

const call = (p: Cursor, callee: Name | Qualified | Call, start: number): Call => {
  const args = args_(p, K.openParen, K.closeParen);
  return { tag: "call", callee, args, span: spanFrom(p, start) };
};

/** `2x`, `(a)(b)`, `3(x)`: juxtaposition is no product. */
const operatorMissing = (p: Cursor): void => {
  const k = kind(p);
  const before = kindAt(p, p.i - 1);
  const closed = before === K.number || before === K.closeParen || before === K.closeBracket;
  if (!closed || (k !== K.name && k !== K.openParen && (k !== K.number || before === K.number))) return;
  const at = end(p);
  const [a, b] = here(p);
  fail(p, problem(p.src, S.missingOperator, `expected an operator, found ${found(p)}`, a, b, "an operator is missing before this", {
    help: "A product is written with `*`.",
    fixes: [fix("add `*`", [insert(p, at, "*")])],
  }));
};

/** What stands in a pair of brackets, where a directive's words end: `f` reads it, `p` is behind the opening bracket. */
const within = <A>(p: Cursor, closing: number, expected: string, f: () => A): A => {
  const open = p.i++;
  const { words } = p;
  p.words = false;
  if (closing === K.closeParen) p.parens++;
  else p.brackets++;
  const result = f();
  if (closing === K.closeParen) p.parens--;
  else p.brackets--;
  p.words = words;
  close(p, closing, open, expected);
  return result;
};

const OPERAND = "an operand";

const primary = (p: Cursor): Expr => {
  const start = from(p);
  switch (kind(p)) {
    case K.number: {
      const text = p.src.text.slice(start, to(p));
      p.i++;
      return { tag: "number", value: Number(text), text, span: spanFrom(p, start) };
    }
    case K.name:
      return reference(p);
    case K.openParen: {
      const of = within(p, K.closeParen, "an operator or `)`", () => grouped(p));
      return { tag: "group", of, span: spanFrom(p, start) };
    }
    case K.caret:
      return adjoint(p);
    case K.string: {
      const value = p.tokens.strings[p.tokens.aux[p.i] ?? 0] ?? "";
      p.i++;
      return { tag: "string", value, span: spanFrom(p, start) };
    }
    case K.openBracket: {
      const items = within(p, K.closeBracket, "`,` or `]`", () => commas(p, K.closeBracket));
      return { tag: "list", items, span: spanFrom(p, start) };
    }
    case K.closeParen:
    case K.closeBracket:
      return kindAt(p, p.i - 1) === K.line || p.parens + p.brackets === 0 ? strayBracket(p) : unexpected(p, OPERAND);
    default:
      return unexpected(p, OPERAND);
  }
};

export const strayBracket = (p: Cursor): Expr => {
  const [a, b] = here(p);
  return fail(p, problem(p.src, S.strayBracket, `${found(p)} closes nothing`, a, b, "no bracket is open", {
    fixes: [fix("remove it", [edit(p.src, a, b, "")])],
  }));
};

/** The inside of parentheses: one expression. */
const grouped = (p: Cursor): Expr => {
  const open = p.i - 1;
  const e = expression(p);
  if (kind(p) !== K.comma || failed(p)) return e;
  while (eat(p, K.comma)) expression(p);
  if (failed(p) || kind(p) !== K.closeParen) return e;
  const a = p.tokens.froms[open] ?? 0;
  const b = to(p);
  return fail(p, problem(p.src, S.tuple, "a tuple has no parentheses", a, b, "several values in parentheses", {
    help: "`,` makes separate arguments; `|` concatenates.",
    fixes: [fix("remove the parentheses", [edit(p.src, a, a + 1, ""), edit(p.src, b - 1, b, "")])],
  }));
};

/** Expressions and the commas between them, until `closing` (which may come at once). */
const commas = (p: Cursor, closing: number): Expr[] => {
  const items: Expr[] = [];
  if (kind(p) === closing) return items;
  do {
    if (trailingComma(p, kind(p) === closing)) return items;
    items.push(expression(p));
  } while (eat(p, K.comma));
  return items;
};

/** One expression or several, as at the head of a chain. */
export const expressions = (p: Cursor): Expr[] => {
  const items = [expression(p)];
  while (eat(p, K.comma)) {
    if (trailingComma(p, atEnd(p) || startsLink(p, p.i) || kind(p) === K.define)) break;
    items.push(expression(p));
  }
  return items;
};

/** Reports the comma behind the cursor if `nothing` follows it. */
export const trailingComma = (p: Cursor, nothing: boolean): boolean => {
  if (!nothing || kindAt(p, p.i - 1) !== K.comma || p.failure !== null) return false;
  const b = end(p);
  fail(p, problem(p.src, S.trailingComma, "nothing follows this comma", b - 1, b, "the last comma", {
    fixes: [fix("remove it", [edit(p.src, b - 1, b, "")])],
  }));
  return true;
};

/** The arguments in a pair of brackets, the cursor before the first. */
export const args_ = (p: Cursor, opening: number, closing: number): Argument[] =>
  within(p, closing, opening === K.openParen ? "`,` or `)`" : "`,` or `]`", () => {
    const found_: Argument[] = [];
    if (kind(p) === closing) return found_;
    const keys = new Set<string>();
    do {
      if (trailingComma(p, kind(p) === closing)) return found_;
      found_.push(checked(p, argument(p), keys));
    } while (eat(p, K.comma));
    return found_;
  });

/** `value` or `key=value`. */
export const argument = (p: Cursor, value: (p: Cursor) => Expr = expression): Argument => {
  const start = from(p);
  let name: string | null = null;
  if (kind(p) === K.name && kindAt(p, p.i + 1) === K.assign) {
    const key = nameAt(p);
    if (key.subscript !== null || key.primes > 0) unexpected(p, "a plain word before `=`");
    else {
      name = key.base;
      p.i += 2;
    }
  }
  const e = name === null ? value(p) : expression(p);
  if (kind(p) === K.colon && p.failure === null && p.parens > 0 && !p.words)
    fail(p, problem(p.src, S.secondIndex, "a sum over an index is not supported yet", e.span.from, to(p), "a bound index", {
      help: "The notation reserves `sum(s<=t: …)` for later; a range, as in `sum(x_{0..t})`, stacks steps.",
    }));
  return { tag: "argument", name, value: e, span: spanFrom(p, start) };
};

const checked = (p: Cursor, arg: Argument, keys: Set<string>): Argument => {
  const twice = arg.name !== null && keys.has(arg.name);
  if (p.failure === null && (twice || (arg.name === null && keys.size > 0))) {
    const message = twice ? `${quote(p.src, arg.span.from, arg.span.from + arg.name.length)} is given twice` : "an argument without a key comes after one with a key";
    fail(p, problem(p.src, S.argumentOrder, message, arg.span.from, arg.span.to, twice ? "the second time" : "expected `key=value`"));
  }
  if (arg.name !== null) keys.add(arg.name);
  return arg;
};

const indices = (p: Cursor): (Expr | Slice)[] =>
  within(p, K.closeBracket, "an operator, `,`, `:` or `]`", () => {
    const at: (Expr | Slice)[] = [];
    if (kind(p) === K.closeBracket) unexpected(p, "an index");
    do {
      if (trailingComma(p, kind(p) === K.closeBracket)) return at;
      at.push(index(p));
    } while (eat(p, K.comma));
    return at;
  });

const index = (p: Cursor): Expr | Slice => {
  const start = from(p);
  const first = kind(p) === K.colon ? null : expression(p);
  if (!eat(p, K.colon)) return first ?? unexpected(p, OPERAND);
  const last = kind(p) === K.comma || kind(p) === K.closeBracket ? null : expression(p);
  return { tag: "slice", from: first, to: last, span: spanFrom(p, start) };
};

/** The name at the cursor, which stays. */
export const nameAt = (p: Cursor): Name => {
  const name = p.tokens.names[p.tokens.aux[p.i] ?? 0];
  return name ?? { tag: "name", base: "", primes: 0, subscript: null, span: spanFrom(p, from(p)) };
};

const oneName = (p: Cursor): Name => {
  const name = nameAt(p);
  if (name.base === "return" || ((name.base === "t" || name.base === "T") && (name.subscript !== null || name.primes > 0)))
    reserved(p, name);
  else p.i++;
  return name;
};

export const reserved = (p: Cursor, name: Name): void => {
  const why = name.base === "return" ? "`return` ends a macro" : "`t` is the step and `T` the last one";
  fail(p, problem(p.src, S.reservedName, `\`${name.base}\` is reserved`, name.span.from, name.span.to, why));
};

/** `x`, `Enc_1.R.weight`; the cursor is at a name. */
export const reference = (p: Cursor): Name | Qualified => {
  const start = from(p);
  const first = oneName(p);
  if (kind(p) !== K.dot) return first;
  const parts = [first];
  while (eat(p, K.dot)) {
    if (kind(p) !== K.name) {
      unexpected(p, "a name after `.`");
      break;
    }
    parts.push(nameAt(p));
    p.i++;
  }
  return { tag: "qualified", parts, span: spanFrom(p, start) };
};

/** `^x`; the cursor is at `^`. */
export const adjoint = (p: Cursor): Adjoint => {
  const start = from(p);
  p.i++;
  if (kind(p) === K.name) {
    const of = reference(p);
    const called = kind(p) === K.openParen && from(p) === end(p) && p.failure === null;
    if (called) badAdjoint(p, start, to(p));
    return { tag: "adjoint", of, span: spanFrom(p, start) };
  }
  badAdjoint(p, start, here(p)[1]);
  return { tag: "adjoint", of: nameAt(p), span: spanFrom(p, start) };
};

const badAdjoint = (p: Cursor, a: number, b: number): void => {
  fail(p, problem(p.src, S.badAdjoint, `${quote(p.src, a, Math.max(b, a + 1))} is no gradient`, a, Math.max(b, a + 1), "expected a name after `^`", {
    help: "`^x` is the gradient that reaches the state or parameter `x`; a power needs a base before `^`.",
  }));
};

