import type { Cursor } from "./cursor.js";
import { atEnd, continues, eat, end, fail, from, kind, kindAt, spanFrom, unexpected } from "./cursor.js";
import * as S from "./diagnostics/index.js";
import { expressions, nameAt, reserved, trailingComma } from "./expression.js";
import { edit, fix, problem, quote, report, span } from "./source.js";
import { declared, isReserved, simple, typedNames } from "./statement.js";
import { K } from "./token.js";
import type { Expr, Macro, Name } from "./tree.js";

type Attempt = <A>(f: () => A | null) => A | null;
type Inner = Macro["body"][number];

const width = (p: Cursor, line: number): number => (p.tokens.aux[line] ?? 0) >> 1;

/** The first `K.line` or `K.end` from token `i` on. */
const nextLine = (p: Cursor, i: number): number => {
  let j = i;
  while (kindAt(p, j) !== K.line && kindAt(p, j) !== K.end) j++;
  return j;
};

/** The end of the statement that has token `i`. */
const stop_ = (p: Cursor, i: number): number => {
  let j = i;
  while (kindAt(p, j) !== K.line && kindAt(p, j) !== K.end && kindAt(p, j) !== K.semicolon) j++;
  return j;
};

/** Whether `Name: formals` with a body stands at the cursor: an indented one, or one that ends in a `return` all the same. */
export const isMacro = (p: Cursor): boolean => {
  const colon = typedNames(p);
  if (colon < 0 || kindAt(p, colon + 1) === K.openBracket) return false;
  if (kindAt(p, colon + 1) === K.name && kindAt(p, colon + 2) === K.openBracket) return false;
  const next = stop_(p, colon);
  return hasBlock(p, next) || unindentedReturn(p, colon, next) > 0;
};

const hasBlock = (p: Cursor, line: number): boolean =>
  kindAt(p, line) === K.line && width(p, line) > 0 && kindAt(p, line + 1) !== K.end &&
  (kindAt(p, line + 1) === K.dollar || !continues(p, line));

/** The line of the `return` of a body that was not indented, or 0. Looks no further than the next header. */
const unindentedReturn = (p: Cursor, colon: number, next: number): number => {
  if (kindAt(p, colon + 2) !== K.comma && nameIsData(p, colon + 1) === null) return 0;
  for (let i = next; kindAt(p, i) === K.line; i = nextLine(p, i + 1)) {
    const k = kindAt(p, i + 1);
    if (k === K.at || width(p, i) > 0) return 0;
    if (k !== K.name) continue;
    if (kindAt(p, i + 2) === K.colon) return 0;
    if (p.tokens.names[p.tokens.aux[i + 1] ?? 0]?.base === "return") return i;
  }
  return 0;
};

const nameIsData = (p: Cursor, i: number): Name | null => {
  const name = kindAt(p, i) === K.name ? p.tokens.names[p.tokens.aux[i] ?? 0] : undefined;
  return name?.subscript?.tag === "at" && name.subscript.time.origin === "t" ? name : null;
};

/** A macro, the cursor at its name. Statements of its body that have a mistake are reported by `attempt`, and left out. */
export const macro = (p: Cursor, attempt: Attempt): Macro | null => {
  const start = from(p);
  const colon = typedNames(p);
  const next = nextLine(p, colon);
  const last = hasBlock(p, next) ? 0 : unindentedReturn(p, colon, next);
  const header = attempt(() => head(p));
  if (last > 0) notIndented(p, start, next, last);
  const headerSpan = span(p.src, start, end(p));
  const inner = body(p, attempt, last);
  if (header === null) return null;
  if (inner.returned === null && !inner.failed) noReturn(p, header.name, inner, headerSpan.from, headerSpan.to);
  return {
    tag: "macro", name: header.name, formals: header.formals, body: inner.statements, results: inner.returned?.results ?? [],
    returns: inner.returned?.span ?? headerSpan, span: spanFrom(p, start),
  };
};

const head = (p: Cursor): { readonly name: Name; readonly formals: readonly Name[] } | null => {
  const names = declared(p);
  const name = names[0];
  if (name === undefined || p.failure !== null) return null;
  const second = names[1];
  if (second !== undefined)
    fail(p, problem(p.src, S.unexpected, "a macro has one name", second.span.from, second.span.to, "a second name", {
      help: "The arguments follow the colon, as in `Enc: h_{t-1}, x_t`.",
    }));
  const formals: Name[] = [];
  if (atEnd(p)) return { name, formals };
  do {
    if (trailingComma(p, atEnd(p))) break;
    if (kind(p) !== K.name) unexpected(p, "the name of an argument");
    else if (isReserved(nameAt(p))) reserved(p, nameAt(p));
    else {
      formals.push(nameAt(p));
      p.i++;
    }
  } while (eat(p, K.comma));
  if (!atEnd(p)) unexpected(p, "`,` or the end of the line after an argument");
  return { name, formals };
};

const notIndented = (p: Cursor, start: number, next: number, last: number): void => {
  const edits = [];
  for (let i = next; i <= last; i = nextLine(p, i + 1)) {
    const at = p.tokens.froms[i] ?? 0;
    edits.push(edit(p.src, at, at, "    "));
  }
  const stop = p.tokens.tos[next - 1] ?? start;
  report(p.src, problem(p.src, S.macroNotIndented, "the body of this macro is not indented", start, stop, "a macro starts here", {
    help: "What belongs to a macro is indented, down to its `return`.",
    fixes: [fix("indent the body", edits)],
  }));
};

interface Body {
  readonly statements: Inner[];
  readonly returned: { readonly results: readonly Expr[]; readonly span: Macro["returns"] } | null;
  readonly failed: boolean;
}

/** The lines of a body: the indented ones, or all up to token `last`'s line. */
const body = (p: Cursor, attempt: Attempt, last: number): Body => {
  const statements: Inner[] = [];
  const uneven: number[] = [];
  let returned: Body["returned"] = null;
  let failed = false;
  let after = false;
  const firstLine = p.i;
  const indent = indentation(p, firstLine);
  for (;;) {
    if (kind(p) === K.end) break;
    if (eat(p, K.semicolon)) continue;
    if (kind(p) === K.line) {
      if (last > 0 ? p.i > last : width(p, p.i) === 0 || kindAt(p, p.i + 1) === K.end) break;
      if (last === 0 && indentation(p, p.i) !== indent) uneven.push(p.i);
      p.indent = width(p, p.i);
      p.i++;
      continue;
    }
    const start = from(p);
    if (kind(p) === K.name && nameAt(p).base === "return" && nameAt(p).subscript === null) {
      const results = attempt(() => results_(p));
      failed ||= results === null;
      if (returned !== null && !after) after = reportAfter(p, start);
      if (results !== null) returned ??= { results, span: spanFrom(p, start) };
      continue;
    }
    const s = attempt(() => innerStatement(p));
    failed ||= s === null;
    if (returned !== null) after ||= reportAfter(p, start);
    else if (s !== null) statements.push(s);
  }
  if (uneven.length > 0) reportUneven(p, uneven, indent);
  return { statements, returned, failed };
};

const indentation = (p: Cursor, line: number): string => {
  const start = p.tokens.froms[line] ?? 0;
  return p.src.text.slice(start - width(p, line), start);
};

const results_ = (p: Cursor): Expr[] => {
  p.i++;
  if (atEnd(p)) unexpected(p, "what the macro returns", { help: "As in `return h_t`." });
  return expressions(p);
};

const innerStatement = (p: Cursor): Inner | null => {
  const start = from(p);
  const colon = typedNames(p);
  const next = colon < 0 ? 0 : stop_(p, colon);
  const nested = next > 0 && kindAt(p, next) === K.line && width(p, next) > width(p, lineOf(p, p.i)) && isMacro(p);
  if (kind(p) === K.at || nested) {
    const what = nested ? "a macro" : "a directive";
    fail(p, problem(p.src, S.notInMacro, `${what} cannot stand in a macro`, start, p.tokens.tos[p.i] ?? start, "inside of a macro", {
      help: `Move it out: ${nested ? "a macro may use others, wherever they stand" : "directives concern the whole program"}.`,
    }));
    if (nested) skipDeeper(p);
    return null;
  }
  const s = simple(p);
  return s === null || s.tag === "directive" ? null : s;
};

/** The `K.line` of token `i`. */
const lineOf = (p: Cursor, i: number): number => {
  let j = i;
  while (j > 0 && kindAt(p, j) !== K.line) j--;
  return j;
};

/** Over the body of a nested macro: the lines that are indented more than the one that has just ended. */
const skipDeeper = (p: Cursor): void => {
  const outer = width(p, lineOf(p, p.i - 1));
  while (kind(p) === K.line && width(p, p.i) > outer && kindAt(p, p.i + 1) !== K.end) p.i = nextLine(p, p.i + 1);
};

const reportAfter = (p: Cursor, start: number): true => {
  report(p.src, problem(p.src, S.afterReturn, "nothing may follow `return`", start, Math.max(end(p), start), "after the `return`", {
    help: "A macro ends with its one `return`, which may give several results.",
  }));
  return true;
};

const reportUneven = (p: Cursor, lines: readonly number[], indent: string): void => {
  const first = lines[0] ?? 0;
  const edits = lines.map((i) => {
    const start = p.tokens.froms[i] ?? 0;
    return edit(p.src, start - width(p, i), start, indent);
  });
  const start = p.tokens.froms[first] ?? 0;
  const tabs = indent.includes("\t") !== indentation(p, first).includes("\t");
  const message = tabs ? "tabs and spaces are mixed in this macro" : "the lines of this macro are indented differently";
  report(p.src, problem(p.src, S.unevenIndent, message, start - width(p, first), start, "not as the first line of the body", {
    fixes: [fix("indent all lines as the first", edits)],
  }));
};

const lineEnd = (text: string, from_: number): number => {
  let i = from_;
  while (i < text.length && text.charCodeAt(i) !== 10 && text.charCodeAt(i) !== 13) i++;
  return i;
};

const noReturn = (p: Cursor, name: Name, inner: Body, a: number, b: number): void => {
  const { text } = p.src;
  const last = inner.statements.findLast((s) => s.tag !== "declaration");
  const into = last?.tag === "flow" ? last.links.findLast((l) => l.tag === "into") : undefined;
  const targets = into?.targets ?? (last?.tag === "define" ? last.targets : []);
  const names = targets.map((t) => text.slice(t.span.from, t.span.to)).join(", ");
  if (names === "") {
    report(p.src, problem(p.src, S.emptyMacro, `${quote(p.src, name.span.from, name.span.to)} has nothing to return`, a, b, "no `return`, and no result"));
    return;
  }
  const at = lineEnd(text, end(p));
  const line = lineOf(p, p.i - 1);
  report(p.src, problem(p.src, S.missingReturn, `${quote(p.src, name.span.from, name.span.to)} has no \`return\``, a, b, "a macro ends in `return`", {
    help: "`return` says which states of the body the macro gives back.",
    fixes: [fix(`add \`return ${names}\``, [edit(p.src, at, at, `\n${indentation(p, line)}return ${names}`)])],
  }));
};
