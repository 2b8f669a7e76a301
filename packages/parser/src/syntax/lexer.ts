import { asciiFor, digitsEnd, isDigit, isLetter, wordEnd, isWord } from "./chars.js";
import * as S from "./diagnostics/index.js";
import { reportForeign, scanName } from "./name.js";
import type { Source } from "./source.js";
import { edit, fix, problem, quote, report, span } from "./source.js";
import type { Tokens } from "./token.js";
import { K } from "./token.js";
import type { Comment, Name } from "./tree.js";

/** A lexer under way: the columns of `Tokens`, still open. */
interface Lexer extends Tokens {
  readonly src: Source;
  /** Tokens so far; the columns have room for more. */
  count: number;
  kinds: Uint8Array;
  froms: Int32Array;
  tos: Int32Array;
  aux: Int32Array;
  readonly names: Name[];
  readonly strings: string[];
  readonly comments: Comment[];
  /** Whether garbage was reported in this statement already. */
  garbage: boolean;
  /** Whether a lone carriage return was reported. */
  returns: boolean;
}

/** Reads all tokens of a text in one pass; what is wrong is reported, and mended as the fix says where there is one. */
export const lex = (src: Source): Tokens => {
  const { text } = src;
  const room = (text.length >> 1) + 16;
  const lx: Lexer = {
    src, count: 0, kinds: new Uint8Array(room), froms: new Int32Array(room), tos: new Int32Array(room), aux: new Int32Array(room),
    names: [], strings: [], comments: [], garbage: false, returns: false,
  };
  let i = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (i < text.length) i = line(lx, i);
  push(lx, K.line, text.length, text.length, 0);
  push(lx, K.end, text.length, text.length, 0);
  return lx;
};

const push = (lx: Lexer, kind: number, from: number, to: number, aux: number): number => {
  const i = lx.count++;
  if (i === lx.kinds.length) grow(lx);
  lx.kinds[i] = kind;
  lx.froms[i] = from;
  lx.tos[i] = to;
  lx.aux[i] = aux;
  return to;
};

/** Most texts have fewer tokens than half their characters; the others come here, at most twice. */
const grow = (lx: Lexer): void => {
  const room = lx.kinds.length * 2;
  const wider = (column: Int32Array): Int32Array => {
    const copy = new Int32Array(room);
    copy.set(column);
    return copy;
  };
  const kinds = new Uint8Array(room);
  kinds.set(lx.kinds);
  lx.kinds = kinds;
  [lx.froms, lx.tos, lx.aux] = [wider(lx.froms), wider(lx.tos), wider(lx.aux)];
};

/** Blank lines and comments, then one line that has tokens. Returns where the next line starts. */
const line = (lx: Lexer, from: number): number => {
  const { text } = lx.src;
  let i = from;
  let start = from;
  let blank = false;
  for (; i < text.length; ) {
    const c = text.charCodeAt(i);
    if (c === 32 || c === 9 || c === 0xa0) i++;
    else if (c === 10 || c === 13) {
      blank ||= lx.comments.at(-1)?.span.to !== i;
      i = newline(lx, i);
      start = i;
    } else if (c === 35) i = comment(lx, i, true);
    else break;
  }
  if (i >= text.length) return i;
  push(lx, K.line, i, i, (i - start) * 2 + (blank ? 1 : 0));
  lx.garbage = false;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 32 || c === 9 || c === 0xa0) i++;
    else if (c === 10 || c === 13) return newline(lx, i);
    else i = token(lx, i, c);
  }
  return i;
};

const newline = (lx: Lexer, i: number): number => {
  const { text } = lx.src;
  if (text.charCodeAt(i) === 10) return i + 1;
  if (text.charCodeAt(i + 1) === 10) return i + 2;
  const { src } = lx;
  if (!lx.returns) {
    lx.returns = true;
    const edits = [];
    for (let j = i; j < text.length; j++)
      if (text.charCodeAt(j) === 13 && text.charCodeAt(j + 1) !== 10) edits.push(edit(src, j, j + 1, "\n"));
    report(src, problem(src, S.loneReturn, "a line ends with a carriage return alone", i, i + 1, "no line feed follows", {
      help: "Lines end with a line feed, or with a carriage return and a line feed.",
      fixes: [fix("write line feeds", edits)],
    }));
  }
  return i + 1;
};

const comment = (lx: Lexer, from: number, ownLine: boolean): number => {
  const { text } = lx.src;
  let to = from;
  for (; to < text.length; to++) {
    const c = text.charCodeAt(to);
    if (c === 10 || c === 13) break;
  }
  lx.comments.push({ tag: "comment", text: text.slice(from, to), ownLine, span: span(lx.src, from, to) });
  return to;
};

/** One token that starts with the character `c` at `i`; returns its end. */
const token = (lx: Lexer, i: number, c: number): number => {
  const { text } = lx.src;
  if (isLetter(c)) return name(lx, scanName(lx.src, i));
  if (isDigit(c)) return number(lx, i);
  const next = text.charCodeAt(i + 1);
  switch (c) {
    case 34: // "
      return string(lx, i);
    case 35: // #
      return comment(lx, i, false);
    case 36: // $
      return push(lx, K.dollar, i, i + 1, 0);
    case 40: // (
      return push(lx, K.openParen, i, i + 1, 0);
    case 41: // )
      return push(lx, K.closeParen, i, i + 1, 0);
    case 42: // *
      return next === 42 ? mend(lx, S.foreignOperator, i, i + 2, K.caret, "^") : push(lx, K.star, i, i + 1, 0);
    case 43: // +
      return push(lx, K.plus, i, i + 1, 0);
    case 44: // ,
      return push(lx, K.comma, i, i + 1, 0);
    case 45: // -
      return minus(lx, i, next);
    case 46: // .
      if (next === 46) return push(lx, K.range, i, i + 2, 0);
      return isDigit(next) ? number(lx, i) : push(lx, K.dot, i, i + 1, 0);
    case 47: // /
      return next === 47 ? slashes(lx, i) : push(lx, K.slash, i, i + 1, 0);
    case 58: // :
      return next === 61 ? push(lx, K.define, i, i + 2, 0) : push(lx, K.colon, i, i + 1, 0);
    case 59: // ;
      lx.garbage = false;
      return push(lx, K.semicolon, i, i + 1, 0);
    case 60: // <
      return next === 61 ? push(lx, K.lessEqual, i, i + 2, 0) : push(lx, K.less, i, i + 1, 0);
    case 61: // =
      return equals(lx, i, next);
    case 62: // >
      return next === 61 ? push(lx, K.greaterEqual, i, i + 2, 0) : push(lx, K.greater, i, i + 1, 0);
    case 64: // @
      return push(lx, K.at, i, i + 1, 0);
    case 91: // [
      return push(lx, K.openBracket, i, i + 1, 0);
    case 93: // ]
      return push(lx, K.closeBracket, i, i + 1, 0);
    case 94: // ^
      return push(lx, K.caret, i, i + 1, 0);
    case 124: // |
      return push(lx, K.bar, i, i + 1, 0);
    case 33: // !
      if (next !== 61) return garbage(lx, i);
      if (text.charCodeAt(i + 2) === 61) return mend(lx, S.foreignOperator, i, i + 3, K.notEqual, "!=");
      return push(lx, K.notEqual, i, i + 2, 0);
    case 39: // '
      return quoted(lx, i);
    default:
      return c > 127 ? foreign(lx, i) : garbage(lx, i);
  }
};

const name = (lx: Lexer, found: Name): number => {
  lx.names.push(found);
  return push(lx, K.name, found.span.from, found.span.to, lx.names.length - 1);
};

const minus = (lx: Lexer, i: number, next: number): number => {
  const { text } = lx.src;
  if (next === 62) return push(lx, K.arrow, i, i + 2, 0);
  if (next === 91) return mend(lx, S.mistypedArrow, i, i + 2, K.openArrow, "--[");
  if (next !== 45) return push(lx, K.minus, i, i + 1, 0);
  if (text.charCodeAt(i + 2) === 91) return push(lx, K.openArrow, i, i + 3, 0);
  if (text.charCodeAt(i + 2) === 62) return mend(lx, S.mistypedArrow, i, i + 3, K.arrow, "->");
  return push(lx, K.minus, i, i + 1, 0);
};

const equals = (lx: Lexer, i: number, next: number): number => {
  const after = lx.src.text.charCodeAt(i + 2);
  if (next === 62) return push(lx, K.match, i, i + 2, 0);
  if (next === 60) return mend(lx, S.foreignOperator, i, i + 2, K.lessEqual, "<=");
  if (next !== 61) return push(lx, K.assign, i, i + 1, 0);
  if (after === 62) return mend(lx, S.mistypedArrow, i, i + 3, K.match, "=>");
  if (after === 61) return mend(lx, S.foreignOperator, i, i + 3, K.equal, "==");
  return push(lx, K.equal, i, i + 2, 0);
};

/** Reports that `right` should stand here, and goes on as if it did. */
const mend = (lx: Lexer, record: typeof S.notAscii, from: number, to: number, kind: number, right: string): number => {
  const { src } = lx;
  report(src, problem(src, record, `${quote(src, from, to)} is not part of the notation`, from, to, `expected \`${right}\``, {
    fixes: [fix(`write \`${right}\``, [edit(src, from, to, right)])],
  }));
  return push(lx, kind, from, to, 0);
};

/** `// …`, a comment in other languages. */
const slashes = (lx: Lexer, i: number): number => {
  const { src } = lx;
  const end = comment(lx, i, false);
  lx.comments.pop();
  report(src, problem(src, S.foreignOperator, "a comment starts with `#`", i, i + 2, "expected `#`", {
    fixes: [fix("write `#`", [edit(src, i, i + 2, "#")])],
  }));
  return end;
};

const number = (lx: Lexer, from: number): number => {
  const { src } = lx;
  const { text } = src;
  const whole = digitsEnd(text, from);
  let to = whole;
  let right: string | null = null;
  if (text.charCodeAt(whole) === 46 && text.charCodeAt(whole + 1) !== 46) {
    to = digitsEnd(text, whole + 1);
    const digits = text.slice(whole + 1, to);
    // `M.1` and `1.x` are read below as numbers that lack a digit, which they most likely are.
    if (whole === from) right = `0.${digits}`;
    else if (digits === "") right = `${text.slice(from, whole)}.0`;
  }
  const e = text.charCodeAt(to);
  if (e === 101 || e === 69) {
    const sign = text.charCodeAt(to + 1);
    const exponent = sign === 43 || sign === 45 ? to + 2 : to + 1;
    const stop = digitsEnd(text, exponent);
    if (stop > exponent) {
      if (right !== null) right += text.slice(to, stop);
      to = stop;
    }
  }
  if (text.charCodeAt(to) === 95 && isDigit(text.charCodeAt(to + 1))) {
    while (text.charCodeAt(to) === 95 && isDigit(text.charCodeAt(to + 1))) to = digitsEnd(text, to + 1);
    right = (right ?? text.slice(from, to)).replaceAll("_", "");
  }
  if (right !== null)
    report(src, problem(src, S.malformedNumber, "a number is digits, with a digit before and after its point", from, to, `expected \`${right}\``, {
      help: "`..` is a range, so that `0.` and `.5` would be hard to tell from it.",
      // Behind a letter or digit it would become part of that.
      fixes: [fix(`write \`${right}\``, [edit(src, from, to, isWord(text.charCodeAt(from - 1)) ? ` ${right}` : right)])],
    }));
  else if (!Number.isFinite(Number(text.slice(from, to))))
    report(src, problem(src, S.hugeNumber, "this number is too large", from, to, "more than a 64-bit float holds"));
  return push(lx, K.number, from, to, 0);
};

const ESCAPES: ReadonlyMap<string, string> = new Map([["n", "\n"], ["t", "\t"], ["\\", "\\"], ['"', '"']]);

const string = (lx: Lexer, from: number): number => {
  const { src } = lx;
  const { text } = src;
  let value = "";
  let i = from + 1;
  let start = i;
  for (; ; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) break;
    if (i >= text.length || c === 10 || c === 13) {
      const stop = text.slice(from, i).trimEnd().length + from;
      report(src, problem(src, S.unclosedString, "this text has no closing quote", from, stop, "`\"` opens here", {
        help: "A text ends on the line where it starts.",
        fixes: [fix("add `\"`", [edit(src, stop, stop, '"')])],
      }));
      return push(lx, K.bad, from, i, 0);
    }
    if (c !== 92) continue;
    value += text.slice(start, i);
    i++;
    const escaped = ESCAPES.get(text.charAt(i));
    start = i + 1;
    if (escaped !== undefined) value += escaped;
    else {
      report(src, problem(src, S.unknownEscape, `${quote(src, i - 1, i + 1)} is no escape`, i - 1, i + 1, "unknown", {
        help: "A backslash is written `\\\\`; there are also `\\\"`, `\\n` and `\\t`.",
        fixes: [fix("double the backslash", [edit(src, i - 1, i, "\\\\")])],
      }));
      if (i >= text.length || text.charCodeAt(i) === 10 || text.charCodeAt(i) === 13) i--;
    }
  }
  lx.strings.push(value + text.slice(start, i));
  return push(lx, K.string, from, i + 1, lx.strings.length - 1);
};

/** `'…'`, a text in other languages; a prime that follows nothing otherwise. */
const quoted = (lx: Lexer, from: number): number => {
  const { src } = lx;
  const m = /'[^'"\\\r\n]{0,500}'/y;
  m.lastIndex = from;
  const found = m.exec(src.text)?.[0];
  if (found === undefined) return garbage(lx, from);
  const right = `"${found.slice(1, -1)}"`;
  report(src, problem(src, S.singleQuotes, "a text stands in double quotes", from, from + found.length, `expected \`"\``, {
    help: "`'` is a prime, part of a name.",
    fixes: [fix("write double quotes", [edit(src, from, from + found.length, right)])],
  }));
  lx.strings.push(found.slice(1, -1));
  return push(lx, K.string, from, from + found.length, lx.strings.length - 1);
};

const KIND_OF: ReadonlyMap<string, number> = new Map<string, number>([
  ["->", K.arrow], ["=>", K.match], [":=", K.define], ["-", K.minus], ["*", K.star], ["/", K.slash], ["<=", K.lessEqual],
  [">=", K.greaterEqual], ["!=", K.notEqual], ["|", K.bar], [",", K.comma], [";", K.semicolon], [":", K.colon],
  ["(", K.openParen], [")", K.closeParen], ["..", K.range], ["^", K.caret],
]);

/** A character that keyboards lack: mended if the notation has another spelling for it. */
const foreign = (lx: Lexer, i: number): number => {
  const { src } = lx;
  const right = asciiFor(src.text.charAt(i));
  if (right === null) return garbage(lx, i);
  reportForeign(src, i, right);
  if (/^[A-Za-z]/.test(right)) return name(lx, scanName(src, i, wordEnd(src.text, i + 1), right));
  return push(lx, KIND_OF.get(right) ?? K.bad, i, i + 1, 0);
};

/** A run of characters that mean nothing; reported once a statement. */
const garbage = (lx: Lexer, from: number): number => {
  const { src } = lx;
  const { text } = src;
  let to = from + 1;
  for (let c = text.charCodeAt(to); to < text.length && (c < 32 || c > 126) && c !== 10 && c !== 13 && c !== 9; c = text.charCodeAt(to))
    if (asciiFor(text.charAt(to)) !== null) break;
    else to++;
  if (!lx.garbage) {
    const code = text.codePointAt(from) ?? 0;
    const hex = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    const shown = code < 32 || (code > 126 && code < 161) ? hex : `\`${String.fromCodePoint(code)}\` (${hex})`;
    report(src, problem(src, S.strayCharacter, `unexpected character ${shown}`, from, to, "not part of the notation", {
      help: "Names are ASCII letters and digits; anything may stand in comments and in texts.",
    }));
  }
  lx.garbage = true;
  return push(lx, K.bad, from, to, 0);
};
