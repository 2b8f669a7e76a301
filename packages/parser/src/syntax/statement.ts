import type { Cursor } from "./cursor.js";
import { atEnd, close, continues, eat, end, fail, found, from, here, kind, kindAt, spanFrom, startsLink, to, unexpected } from "./cursor.js";
import * as S from "./diagnostics/index.js";
import { adjoint, args_, argument, expression, expressions, nameAt, reference, reserved, strayBracket, trailingComma, unary } from "./expression.js";
import { edit, fix, problem, quote, report } from "./source.js";
import { K } from "./token.js";
import type { Argument, Compose, Declaration, Define, Directive, Expr, Flow, Link, Name, Shape, Statement, Target } from "./tree.js";
import { ungroup } from "./tree.js";

/** One statement that is no macro, the cursor at its first token; null if it has a mistake, and then the cursor is at its end. */
export const simple = (p: Cursor): Exclude<Statement, { tag: "macro" }> | null => {
  if (kind(p) === K.at) return directive(p);
  return typedNames(p) >= 0 ? declaration(p) : chain(p);
};

/** Where the `:` of `x, y : type` or `Enc: formals` stands, if that is what begins at the cursor; else -1. */
export const typedNames = (p: Cursor): number => {
  let i = p.i;
  while (kindAt(p, i) === K.name && kindAt(p, i + 1) === K.comma) i += 2;
  return kindAt(p, i) === K.name && kindAt(p, i + 1) === K.colon ? i + 1 : -1;
};

/** The names before a `:`, the cursor behind it afterwards. */
export const declared = (p: Cursor): Name[] => {
  const names: Name[] = [];
  do {
    const name = nameAt(p);
    if (isReserved(name)) {
      reserved(p, name);
      return names;
    }
    names.push(name);
    p.i++;
  } while (eat(p, K.comma));
  eat(p, K.colon);
  return names;
};

export const isReserved = (name: Name): boolean => name.base === "t" || name.base === "T" || name.base === "return";

const TYPE = "A type is a shape as in `[784]`, `class[10]`, `class[10][28]`, `float`, or a function as in `dense[128]`. A macro's body is indented.";

const declaration = (p: Cursor): Declaration => {
  const start = from(p);
  const names = declared(p);
  const at = from(p);
  const typed = (type: Declaration["type"]): Declaration => ({ tag: "declaration", names, type, span: spanFrom(p, start) });
  if (kind(p) === K.openBracket) {
    const type = shape(p);
    afterType(p);
    return typed(type);
  }
  const word = kind(p) === K.name ? nameAt(p) : null;
  if (word === null || word.subscript !== null || word.primes > 0) {
    const [a, b] = here(p);
    badType(p, a, b, "expected a type");
    return typed({ tag: "kind", name: "", args: null, shape: null, span: spanFrom(p, at) });
  }
  p.i++;
  const args = kind(p) === K.openBracket ? args_(p, K.openBracket, K.closeBracket) : null;
  const elements = args !== null && p.failure === null && kind(p) === K.openBracket ? shape(p) : null;
  afterType(p);
  return typed({ tag: "kind", name: word.base, args, shape: elements, span: spanFrom(p, at) });
};

/** `[28, 28]`. */
const shape = (p: Cursor): Shape => {
  const at = from(p);
  const args = args_(p, K.openBracket, K.closeBracket);
  const named = args.find((a) => a.name !== null);
  if (named !== undefined) badType(p, named.span.from, named.span.to, "a shape has sizes only");
  return { tag: "shape", sizes: args.map((a) => a.value), span: spanFrom(p, at) };
};

const badType = (p: Cursor, a: number, b: number, say: string): void => {
  fail(p, problem(p.src, S.badDeclaration, "this declaration has no type", a, b, say, { help: TYPE }));
};

const afterType = (p: Cursor): void => {
  if (atEnd(p)) return;
  const [a, b] = here(p);
  badType(p, a, b, "expected the end of the declaration");
};

const directive = (p: Cursor): Directive => {
  const start = from(p);
  p.i++;
  const args: Argument[] = [];
  const done = (name: string): Directive => ({ tag: "directive", name, args, span: spanFrom(p, start) });
  const word = kind(p) === K.name ? nameAt(p) : null;
  if (word === null || word.subscript !== null || word.primes > 0) {
    unexpected(p, "the name of a directive after `@`", { help: "As in `@batch 64`." });
    return done("");
  }
  p.i++;
  p.words = true;
  while (!atEnd(p)) {
    if (kind(p) === K.comma) {
      const [a, b] = here(p);
      report(p.src, problem(p.src, S.directiveComma, "the values of a directive have no commas", a, b, "a comma", {
        fixes: [fix("remove it", [edit(p.src, a, b, " ")])],
      }));
      p.i++;
    } else if (startsLink(p, p.i) || kind(p) === K.assign) unexpected(p, "a value, `key=value`, or the end of the line");
    else args.push(argument(p, unary));
  }
  p.words = false;
  return done(word.base);
};

/** A chain, a bare `$ J`, a bare call, or a definition with `:=`. */
const chain = (p: Cursor): Flow | Define | Compose | null => {
  const start = from(p);
  if (startsLink(p, p.i) && kind(p) !== K.dollar) {
    const [a, b] = here(p);
    fail(p, problem(p.src, S.nothingToContinue, `${found(p)} has nothing before it`, a, b, "a chain starts with a value", {
      help: "A line that starts with an arrow continues the chain above it; no chain is above this one.",
    }));
    return null;
  }
  const head = kind(p) === K.dollar ? [] : expressions(p);
  if (kind(p) === K.define) return definition(p, head, start);
  const links: Link[] = [];
  while (moreLinks(p, links.at(-1))) {
    const last = links.at(-1);
    if (last !== undefined && last.tag !== "into") {
      const [a, b] = here(p);
      fail(p, problem(p.src, S.chainEnded, "the chain has ended", a, b, `a chain ends with its \`${last.tag === "match" ? "=>" : "$"}\``, {
        help: "Start another statement from the state that is meant.",
      }));
      break;
    }
    links.push(link(p, head, links));
  }
  if (p.failure !== null) return null;
  if (links.length === 0 && head[0] !== undefined) checkUsed(p, head, start);
  return { tag: "flow", head, links, span: spanFrom(p, start) };
};

/** Whether a link follows; goes over the end of a line that the next one continues. Behind the end of a chain, a line with `$ J` is a bare one. */
const moreLinks = (p: Cursor, last: Link | undefined): boolean => {
  if (p.failure !== null) return false;
  if (last !== undefined && last.tag !== "into" && kind(p) === K.line && kindAt(p, p.i + 1) === K.dollar) return false;
  if (kind(p) === K.line && continues(p, p.i)) p.i++;
  return startsLink(p, p.i) || kind(p) === K.assign;
};

const link = (p: Cursor, head: readonly Expr[], links: readonly Link[]): Link => {
  const start = from(p);
  switch (kind(p)) {
    case K.arrow:
      p.i++;
      return { tag: "into", through: null, targets: targets(p), span: spanFrom(p, start) };
    case K.openArrow:
      return { tag: "into", through: through(p), targets: targets(p), span: spanFrom(p, start) };
    case K.dollar:
      p.i++;
      return { tag: "ascend", objective: expression(p), span: spanFrom(p, start) };
    case K.match:
      p.i++;
      return { tag: "match", loss: null, wanted: expressions(p), span: spanFrom(p, start) };
    default: {
      if (kindAt(p, p.i + 1) !== K.openBracket) {
        assignment(p, head, links);
        return { tag: "match", loss: null, wanted: [], span: spanFrom(p, start) };
      }
      const loss = bracketed(p, "=>", "=[", start);
      return { tag: "match", loss, wanted: p.failure === null ? expressions(p) : [], span: spanFrom(p, start) };
    }
  }
};

/** `x = e`, which is `x := e` where a name stands alone before it. */
const assignment = (p: Cursor, head: readonly Expr[], links: readonly Link[]): void => {
  const [a, b] = here(p);
  const named = links.length === 0 && head.every((e) => asTarget(e) !== null);
  const right = named ? ":=" : "=>";
  fail(p, problem(p.src, S.assignSign, "`=` defines nothing here", a, b, `expected \`${right}\``, {
    help: "`e -> x` or `x := e` defines x, `p => y` trains p toward y, and `==` compares.",
    fixes: [fix(`write \`${right}\``, [edit(p.src, a, b, right)])],
  }));
};

/** The function of `--[f|g]->`, the cursor behind the arrow afterwards. */
const through = (p: Cursor): Expr => {
  const start = from(p);
  return bracketed(p, "->", "--[", start);
};

/** What stands in the brackets of an arrow, which ends in `arrow`. The cursor is at its first token. */
const bracketed = (p: Cursor, arrow: "->" | "=>", opening: string, start: number): Expr => {
  if (kind(p) === K.assign) p.i++;
  const open = p.i++;
  if (kind(p) === K.closeBracket) return emptyBrackets(p, arrow, start);
  p.brackets++;
  const f = expression(p);
  p.brackets--;
  if (kind(p) === K.comma && p.failure === null)
    return unexpected(p, `\`|\` or \`]${arrow}\``, { help: "Functions in an arrow are composed with `|`; arguments stand before the arrow." });
  close(p, K.closeBracket, open, `\`|\` or \`]${arrow}\``);
  if (p.failure !== null || eat(p, arrow === "->" ? K.arrow : K.match)) return f;
  return badTip(p, arrow, opening);
};

const emptyBrackets = (p: Cursor, arrow: string, start: number): Expr => {
  const tip = kindAt(p, p.i + 1) === K.arrow || kindAt(p, p.i + 1) === K.match;
  const b = (p.tokens.tos[tip ? p.i + 1 : p.i]) ?? to(p);
  return fail(p, problem(p.src, S.emptyBrackets, "nothing stands in these brackets", start, b, `expected \`${arrow}\``, {
    fixes: [fix(`write \`${arrow}\``, [edit(p.src, start, b, arrow)])],
  }));
};

/** `]>`, `]-`, `]=>` and the like where the tip of a bracketed arrow should be; the cursor is behind `]`. */
const badTip = (p: Cursor, arrow: string, opening: string): Expr => {
  const a = end(p);
  let i = p.i;
  let b = a;
  const tips: readonly number[] = [K.arrow, K.match, K.minus, K.greater, K.greaterEqual, K.assign, K.equal, K.dot];
  while (tips.includes(kindAt(p, i)) && p.tokens.froms[i] === b) b = p.tokens.tos[i++] ?? b;
  return fail(p, problem(p.src, S.mistypedArrow, `\`${opening}\` ends in \`]${arrow}\``, a - 1, b, `expected \`]${arrow}\``, {
    help: "`--[f]-> x` defines x, `p =[loss]=> y` trains p.",
    fixes: [fix(`write \`]${arrow}\``, [edit(p.src, a, b, b === a ? `${arrow} ` : arrow)])],
  }));
};

const targets = (p: Cursor): Target[] => {
  const all: Target[] = [];
  if (p.failure !== null) return all;
  do {
    if (trailingComma(p, atEnd(p) || startsLink(p, p.i))) break;
    const t = target(p);
    if (t === null) break;
    all.push(t);
  } while (eat(p, K.comma));
  return all;
};

const target = (p: Cursor): Target | null => {
  const start = from(p);
  if (atEnd(p)) {
    unexpected(p, "a name after the arrow", { help: "Every arrow names its result." });
    return null;
  }
  if (kind(p) === K.name && isReserved(nameAt(p))) {
    reserved(p, nameAt(p));
    return null;
  }
  const t = kind(p) === K.caret ? adjoint(p) : kind(p) === K.name ? reference(p) : null;
  if (p.failure !== null) return null;
  const k = kind(p);
  if (k === K.closeParen || k === K.closeBracket) strayBracket(p);
  else if (t === null || (!atEnd(p) && k !== K.comma && k !== K.assign && !startsLink(p, p.i))) {
    const [a, b] = here(p);
    fail(p, problem(p.src, S.notATarget, `an arrow ends in a name, found ${found(p)}`, t === null ? a : start, b, "no name", {
      help: "`e -> x` gives the name x to the value of e: the value stands left of the arrow.",
    }));
  } else rangeTarget(p, t);
  return t;
};

const rangeTarget = (p: Cursor, t: Target): void => {
  const name = t.tag === "name" ? t : null;
  if (name?.subscript?.tag !== "range") return;
  fail(p, problem(p.src, S.rangeTarget, "a range can be read, not defined", name.span.from, name.span.to, "several steps at once", {
    help: "Define one step, as in `-> x_t`; the equation holds for every step.",
  }));
};

/** The target that an expression can be, or null. */
const asTarget = (e: Expr): Target | null => (e.tag === "name" || e.tag === "qualified" || e.tag === "adjoint" ? e : null);

/** `x, y := e`; the cursor is at `:=`. */
const definition = (p: Cursor, head: readonly Expr[], start: number): Define | Compose | null => {
  p.i++;
  const left: Target[] = [];
  for (const e of head) {
    const t = asTarget(e);
    if (t === null) {
      fail(p, problem(p.src, S.notATarget, "a name stands before `:=`", e.span.from, e.span.to, "no name", {
        help: "`x := e` is the same as `e -> x`.",
      }));
      return null;
    }
    if (t.tag === "name" && isReserved(t)) reserved(p, t);
    rangeTarget(p, t);
    left.push(t);
  }
  const values = expressions(p);
  if (p.failure !== null) return null;
  if (startsLink(p, p.i)) {
    const [a, b] = here(p);
    fail(p, problem(p.src, S.chainEnded, "a definition with `:=` goes no further", a, b, "a second arrow", {
      help: "Write it from left to right: `e -> x => y`.",
    }));
    return null;
  }
  const [name, value] = [left[0], values[0]];
  const body = left.length === 1 && values.length === 1 && value?.tag === "list" && value.items.length === 1 ? value.items[0] : undefined;
  if (name?.tag === "name" && body !== undefined && isFunction(body))
    return { tag: "compose", name, body, span: spanFrom(p, start) };
  return { tag: "define", targets: left, values, span: spanFrom(p, start) };
};

/** Whether `[e]` is a composed function; `[1]` is a list. */
export const isFunction = (e: Expr): boolean => {
  const f = ungroup(e);
  return f.tag === "bar" || f.tag === "name" || f.tag === "qualified" || f.tag === "call";
};

/** A statement without links is a call: anything else is a value that goes nowhere. */
const checkUsed = (p: Cursor, head: readonly Expr[], start: number): void => {
  const only = head.length === 1 ? head[0] : undefined;
  if (only === undefined || only.tag === "call" || !atEnd(p)) {
    if (only === undefined && atEnd(p)) unused(p, start);
    return;
  }
  const left = only.tag === "infix" && only.rest[0]?.op === "<" ? asTarget(only.first) : null;
  if (only.tag === "infix" && left !== null) {
    const at = p.src.text.indexOf("<-", left.span.to);
    if (at >= 0 && at < only.span.to) {
      fail(p, problem(p.src, S.mistypedArrow, "`<-` is no arrow", at, at + 2, "expected `:=`", {
        help: "`x := e` is the same as `e -> x`.",
        fixes: [fix("write `:=`", [edit(p.src, at, at + 2, ":=")])],
      }));
      return;
    }
  }
  unused(p, start);
};

const unused = (p: Cursor, start: number): void => {
  const stop = end(p);
  const spelled = quote(p.src, start, stop);
  fail(p, problem(p.src, S.unusedValue, "this value is not used", start, stop, "expected an arrow after it", {
    help: `\`${spelled.slice(1, -1)} -> x\` gives it a name; a call alone is a statement.`,
  }));
};
