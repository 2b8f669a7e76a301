import type { Diagnostic, Diagnostics } from "@sequent/ir";
import { invariant } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import type { Either } from "fp-ts/lib/Either.js";
import { isNonEmpty } from "fp-ts/lib/Array.js";
import type { Cursor } from "./cursor.js";
import { atEnd, cursor, eat, end, fail, failed as hasFailed, from, here, kind, kindAt, skip, unexpected } from "./cursor.js";
import * as S from "./diagnostics/index.js";
import { adjoint, expression, nameAt, reference, strayBracket } from "./expression.js";
import { lex } from "./lexer.js";
import { isMacro, macro } from "./macro.js";
import type { Source } from "./source.js";
import { edit, fix, problem, report, source, span } from "./source.js";
import { simple } from "./statement.js";
import { K } from "./token.js";
import type { Expr, Program, Statement, Target } from "./tree.js";

/** What a text says, as far as it can be read, and every mistake in it, in order of place. */
export interface Parsed {
  readonly program: Program;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a program; statements with a mistake are left out of the tree, each reported once. `file` goes into the spans. Linear time. */
export const parse = (text: string, file = ""): Parsed => {
  const src = source(text, file);
  const whole = span(src, 0, text.length);
  const binary = notText(text);
  if (binary >= 0) {
    const diagnostic = problem(src, S.notText, "this file is not text", binary, binary + 1, "no character of a text", {
      help: "A program is a UTF-8 text; this looks like data.",
    });
    return { program: { tag: "program", statements: [], comments: [], span: whole }, diagnostics: [diagnostic] };
  }
  const tokens = lex(src);
  const p = cursor(src, tokens);
  const statements = lines(p);
  const program: Program = { tag: "program", statements, comments: tokens.comments, span: whole };
  return { program, diagnostics: sorted(src, statements) };
};

/** The place of a character that shows the file to be binary, or -1: a NUL, or many other control characters. */
const notText = (text: string): number => {
  const nul = text.indexOf("\0");
  if (nul >= 0) return nul;
  let first = -1;
  let bad = 0;
  const stop = Math.min(text.length, 4096);
  for (let i = 0; i < stop; i++) {
    const c = text.charCodeAt(i);
    if ((c >= 32 && c !== 0xfffd) || (c >= 9 && c <= 13)) continue;
    if (first < 0) first = i;
    bad++;
  }
  return bad * 10 > stop ? first : -1;
};

/** All diagnostics by place, with those of single letters after `_` that no macro of the program explains. */
const sorted = (src: Source, statements: readonly Statement[]): readonly Diagnostic[] => {
  if (src.letters.length > 0) {
    const functions = new Set<string>();
    for (const s of statements) if (s.tag === "macro" || s.tag === "compose") functions.add(s.name.base);
    for (const { base, diagnostic } of src.letters) if (!functions.has(base)) report(src, diagnostic);
  }
  const place = (d: Diagnostic): number => d.labels[0]?.at.from ?? 0;
  return src.diagnostics.sort((a, b) => place(a) - place(b));
};

const lines = (p: Cursor): Statement[] => {
  const statements: Statement[] = [];
  const attempt = attempts(p);
  let failed = false;
  let inBlock = false;
  let excused = false;
  while (kind(p) !== K.end) {
    if (eat(p, K.semicolon)) continue;
    if (kind(p) === K.line) {
      const indented = (p.tokens.aux[p.i] ?? 0) >= 2 && kindAt(p, p.i + 1) !== K.end;
      // A block under a line that could not be read is most likely the body of that macro.
      if (indented && !inBlock) excused = failed;
      if (indented && !inBlock && !excused) strayBlock(p);
      inBlock = indented;
      excused &&= indented;
      failed = false;
      p.indent = (p.tokens.aux[p.i] ?? 0) >> 1;
      p.i++;
      continue;
    }
    const returns = kind(p) === K.name && nameAt(p).base === "return";
    const s = attempt(() => (returns ? strayReturn(p, inBlock) : isMacro(p) ? macro(p, attempt) : simple(p)));
    if (s !== null) statements.push(s);
    else failed = true;
  }
  return statements;
};

/** An indented block under no macro, reported at its first line. */
const strayBlock = (p: Cursor): void => {
  const edits = [];
  const width = (i: number): number => (p.tokens.aux[i] ?? 0) >> 1;
  for (let i = p.i; kindAt(p, i) !== K.end; i++) {
    if (kindAt(p, i) !== K.line) continue;
    if (width(i) === 0) break;
    const start = p.tokens.froms[i] ?? 0;
    edits.push(edit(p.src, start - width(i), start, ""));
  }
  const start = from(p);
  report(p.src, problem(p.src, S.unexpectedIndent, "this line is indented", start - width(p.i), start, "no macro is open here", {
    help: "Only the body of a macro is indented, right under its header `Name: formals`.",
    fixes: [fix("remove the indentation", edits)],
  }));
};

const strayReturn = (p: Cursor, inBlock: boolean): null => {
  const [a, b] = here(p);
  const excused = problem(p.src, S.strayReturn, "`return` stands in no macro", a, b, "no macro is open here", {
    help: "A macro is `Name: formals` and an indented body that ends in `return`.",
  });
  if (inBlock) skip(p);
  else fail(p, excused);
  return null;
};

/**
 * Runs the parser of one statement and sees that it ends where a statement ends; gives null and reports its mistake otherwise.
 * A mistake is not reported where the lexer has reported one in the same statement.
 */
const attempts = (p: Cursor): (<A>(f: () => A | null) => A | null) => {
  const lexed = p.src.diagnostics.filter((d) => d.severity === "error").map((d) => d.labels[0]?.at.from ?? 0);
  let seen = 0;
  return (f) => {
    const start = from(p);
    p.failure = null;
    p.depth = 0;
    p.words = false;
    const result = f();
    if (!hasFailed(p) && !atEnd(p)) {
      if (kind(p) === K.closeParen || kind(p) === K.closeBracket) strayBracket(p);
      else unexpected(p, "an operator, an arrow or the end of the statement");
    }
    const failure = takeFailure(p);
    if (failure === null) return result;
    const stop = end(p);
    while (seen < lexed.length && (lexed[seen] ?? 0) < start) seen++;
    const known = lexed[seen];
    if (known === undefined || known >= stop) report(p.src, failure);
    return null;
  };
};

const takeFailure = (p: Cursor): Diagnostic | null => {
  const { failure } = p;
  p.failure = null;
  return failure;
};

/** Reads one expression, as in `@metric` or on a command line. */
export const parseExpression = (text: string, file = ""): Either<Diagnostics, Expr> => only(text, file, expression);

/** Reads names that are to be shown: `p,^h_1,M_1.weight,loss`. */
export const parseShowList = (text: string, file = ""): Either<Diagnostics, readonly Target[]> =>
  only(text, file, (p) => {
    const names: Target[] = [];
    do {
      if (kind(p) === K.name) names.push(reference(p));
      else if (kind(p) === K.caret) names.push(adjoint(p));
      else unexpected(p, "a name", { help: "As in `p,^h_1,M_1.weight,loss`." });
    } while (eat(p, K.comma));
    return names;
  });

const only = <A>(text: string, file: string, f: (p: Cursor) => A): Either<Diagnostics, A> => {
  const src = source(text, file);
  const tokens = lex(src);
  const p = cursor(src, tokens);
  eat(p, K.line);
  const result = attempts(p)(() => f(p));
  if (src.diagnostics.length === 0 && kind(p) !== K.end && !(kind(p) === K.line && kindAt(p, p.i + 1) === K.end)) {
    const [a, b] = here(p);
    fail(p, problem(src, S.unexpected, "expected nothing more", a, b, "only one expression is read here"));
    if (p.failure !== null) report(src, p.failure);
  }
  const errors = sorted(src, []).filter((d) => d.severity === "error");
  if (isNonEmpty(errors)) return E.left(errors);
  invariant(result !== null, "an expression without a mistake has a tree");
  return E.right(result);
};
