import type { Comment, Name } from "./tree.js";

/** Kinds of tokens: small integers, because the parser asks for them several times a token. */
export const K = {
  end: 0,
  /** Stands before each line that has a token; `aux` is its indentation, times two, plus one if a blank line comes before. */
  line: 1,
  semicolon: 2,
  number: 3,
  /** `aux` is the place of its value in `strings`. */
  string: 4,
  /** `aux` is its place in `names`. */
  name: 5,
  openParen: 6,
  closeParen: 7,
  openBracket: 8,
  closeBracket: 9,
  comma: 10,
  colon: 11,
  define: 12,
  arrow: 13,
  match: 14,
  openArrow: 15,
  dollar: 16,
  at: 17,
  caret: 18,
  star: 19,
  slash: 20,
  plus: 21,
  minus: 22,
  equal: 23,
  notEqual: 24,
  less: 25,
  lessEqual: 26,
  greater: 27,
  greaterEqual: 28,
  assign: 29,
  bar: 30,
  dot: 31,
  range: 32,
  /** What the lexer has reported already. */
  bad: 33,
} as const;

/** All tokens of a file, column by column (there may be room behind the last one, of kind `end`); starts and ends are offsets in its text. */
export interface Tokens {
  readonly kinds: Uint8Array;
  readonly froms: Int32Array;
  readonly tos: Int32Array;
  readonly aux: Int32Array;
  readonly names: readonly Name[];
  readonly strings: readonly string[];
  readonly comments: readonly Comment[];
}

/** How a token is called in a message, where its own text would not do. */
export const nameOfKind = (kind: number): string | null => {
  switch (kind) {
    case K.end:
      return "the end of the file";
    case K.line:
      return "the end of the line";
    default:
      return null;
  }
};
