import type { Diagnostic, Edit, Fix, Span } from "@sequent/ir";
import * as S from "./diagnostics/index.js";
import type { Source } from "./source.js";
import { problem, quote, span } from "./source.js";
import type { Tokens } from "./token.js";
import { K, nameOfKind } from "./token.js";
import type { Expr } from "./tree.js";

/**
 * Where the parser stands. A mistake is noted once and moves the cursor to the end of its statement, where all loops stop by themselves;
 * what is parsed until then is thrown away with the statement.
 */
export interface Cursor {
  readonly src: Source;
  readonly tokens: Tokens;
  i: number;
  failure: Diagnostic | null;
  /** Nested brackets, powers and signs round this place. */
  depth: number;
  /** Open `(` and `[`, to tell a missing bracket from a wrong one. */
  parens: number;
  brackets: number;
  /** Among the words of a directive, where values follow each other and `f (x)` is two of them. */
  words: boolean;
  /** How far the line is indented on which the statement starts. */
  indent: number;
}

export const cursor = (src: Source, tokens: Tokens): Cursor => ({
  src, tokens, i: 0, failure: null, depth: 0, parens: 0, brackets: 0, words: false, indent: 0,
});

export const kind = (p: Cursor): number => p.tokens.kinds[p.i] ?? K.end;
export const kindAt = (p: Cursor, i: number): number => p.tokens.kinds[i] ?? K.end;
export const from = (p: Cursor): number => p.tokens.froms[p.i] ?? p.src.text.length;
export const to = (p: Cursor): number => p.tokens.tos[p.i] ?? p.src.text.length;
/** The end of the token before. */
export const end = (p: Cursor): number => p.tokens.tos[p.i - 1] ?? 0;
export const spanFrom = (p: Cursor, start: number): Span => span(p.src, start, Math.max(start, end(p)));

export const eat = (p: Cursor, k: number): boolean => {
  if (kind(p) !== k) return false;
  p.i++;
  return true;
};

/** Whether the token at `i` can start a line that continues the one above. */
export const startsLink = (p: Cursor, i: number): boolean => {
  const k = kindAt(p, i);
  return k === K.arrow || k === K.match || k === K.openArrow || k === K.dollar ||
    (k === K.assign && kindAt(p, i + 1) === K.openBracket);
};

/**
 * Whether the line that starts at token `i` (a `K.line`) continues the statement above. A `$` after a blank line does only if it is indented
 * more than that statement: else it is a bare `$ J`.
 */
export const continues = (p: Cursor, i: number): boolean => {
  if (!startsLink(p, i + 1)) return false;
  const aux = p.tokens.aux[i] ?? 0;
  return kindAt(p, i + 1) !== K.dollar || (aux & 1) === 0 || aux >> 1 > p.indent;
};

export const atEnd = (p: Cursor): boolean => {
  const k = kind(p);
  return k === K.line || k === K.semicolon || k === K.end;
};

const statementEnd = (p: Cursor): number => {
  let i = p.i;
  for (;;) {
    const k = kindAt(p, i);
    if (k === K.semicolon || k === K.end || (k === K.line && !continues(p, i))) return i;
    i++;
  }
};

/** To the end of the statement. */
export const skip = (p: Cursor): void => {
  p.i = statementEnd(p);
};

/** Notes the statement's mistake, unless it has one, and goes to its end. */
export const fail = (p: Cursor, diagnostic: Diagnostic): Expr => {
  p.failure ??= diagnostic;
  p.i = statementEnd(p);
  return { tag: "number", value: 0, text: "0", span: span(p.src, from(p), from(p)) };
};

/** What stands at the cursor, for a message. */
export const found = (p: Cursor): string => nameOfKind(kind(p)) ?? quote(p.src, from(p), to(p));

/** The place of what was found: the token, or right behind the one before at the end of a line. */
export const here = (p: Cursor): readonly [number, number] => (atEnd(p) && kind(p) !== K.semicolon ? [end(p), end(p)] : [from(p), to(p)]);

interface More {
  readonly help?: string;
  readonly fixes?: readonly Fix[];
}

/** "expected …, found …". */
export const unexpected = (p: Cursor, expected: string, more: More = {}): Expr => {
  const [a, b] = here(p);
  return fail(p, problem(p.src, S.unexpected, `expected ${expected}, found ${found(p)}`, a, b, `expected ${expected}`, more));
};

/** Whether this statement has a mistake; a function, since any call may find one. */
export const failed = (p: Cursor): boolean => p.failure !== null;

export const insert = (p: Cursor, at: number, text: string): Edit => ({ at: span(p.src, at, at), text });

/** The bracket that closes what token `open` opened; what is missing is reported with the edit that adds it. */
export const close = (p: Cursor, k: number, open: number, expected: string): void => {
  if (eat(p, k) || p.failure !== null) return;
  const right = k === K.closeParen ? ")" : "]";
  const found_ = kind(p);
  const wrong = found_ === K.closeParen || found_ === K.closeBracket;
  if (!wrong && !atEnd(p) && !startsLink(p, p.i) && found_ !== K.define) {
    unexpected(p, expected);
    return;
  }
  const openFrom = p.tokens.froms[open] ?? 0;
  const openTo = p.tokens.tos[open] ?? 0;
  const outer = found_ === K.closeParen ? p.parens : p.brackets;
  const replace = wrong && outer === 0;
  const at = replace ? from(p) : end(p);
  fail(p, {
    ...problem(p.src, S.unclosedBracket, `${quote(p.src, openFrom, openTo)} is never closed`, at, replace ? to(p) : at, `expected \`${right}\``, {
      fixes: [{ title: replace ? `write \`${right}\`` : `add \`${right}\``, edits: [{ at: span(p.src, at, replace ? to(p) : at), text: right }], unsafe: false }],
    }),
    labels: [
      { at: span(p.src, at, replace ? to(p) : at), text: `expected \`${right}\`` },
      { at: span(p.src, openFrom, openTo), text: "opens here" },
    ],
  });
};
