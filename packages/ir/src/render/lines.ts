/** Lines, columns and widths of source text. */

/** 1-based; a column counts UTF-16 units, as editors' protocols do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The offsets at which lines start; `\n`, `\r\n` and `\r` end one. */
export const lineStarts = (text: string): readonly number[] => {
  const starts = [0];
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
};

/** The last line that starts at or before the offset, counted from 0. */
export const lineAt = (starts: readonly number[], offset: number): number => {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

export const positionAt = (starts: readonly number[], offset: number): Position => {
  const line = lineAt(starts, offset);
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
};

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x2e80, 0x303e], [0x3041, 0xa4cf], [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe30, 0xfe6f],
  [0xff00, 0xff60], [0xffe0, 0xffe6], [0x1f300, 0x1f64f], [0x1f680, 0x1f6ff], [0x1f900, 0x1f9ff], [0x20000, 0x3fffd],
];
const NARROW: readonly (readonly [number, number])[] = [
  [0x0300, 0x036f], [0x200b, 0x200f], [0x20d0, 0x20ff], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0x1ab0, 0x1aff],
];
const within = (c: number, ranges: readonly (readonly [number, number])[]): boolean => ranges.some(([a, b]) => c >= a && c <= b);

/** Columns that a character takes in a terminal. */
const widthOf = (c: number): number => (c < 0x300 ? 1 : within(c, NARROW) ? 0 : within(c, WIDE) ? 2 : 1);

const TAB = "    ";
const REPLACEMENT = "\ufffd";
const isControl = (c: number): boolean => c < 32 || (c >= 127 && c < 160) || (c >= 0xd800 && c <= 0xdfff) || (c >= 0x202a && c <= 0x202e);

/** Text as a terminal may show it: tabs are spaces, control characters can't act; and its width. */
export const display = (text: string): { readonly text: string; readonly width: number } => {
  let out = "";
  let width = 0;
  for (const character of text) {
    const c = character.codePointAt(0) ?? 0;
    const shown = c === 9 ? TAB : isControl(c) ? REPLACEMENT : character;
    out += shown;
    width += c === 9 ? TAB.length : isControl(c) ? 1 : widthOf(c);
  }
  return { text: out, width };
};
