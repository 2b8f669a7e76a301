/** Character codes: the lexer compares numbers, never slices. */
export const isDigit = (c: number): boolean => c >= 48 && c <= 57;
export const isLower = (c: number): boolean => c >= 97 && c <= 122;
export const isUpper = (c: number): boolean => c >= 65 && c <= 90;
export const isLetter = (c: number): boolean => isLower(c) || isUpper(c);
export const isWord = (c: number): boolean => isLower(c) || isUpper(c) || isDigit(c);

/** The end of the letters and digits that start at `from`. */
export const wordEnd = (text: string, from: number): number => {
  let i = from;
  while (isWord(text.charCodeAt(i))) i++;
  return i;
};

/** The end of the digits that start at `from`. */
export const digitsEnd = (text: string, from: number): number => {
  let i = from;
  while (isDigit(text.charCodeAt(i))) i++;
  return i;
};

/** What a reader types for a character that keyboards lack, or null. */
export const asciiFor = (char: string): string | null => ASCII.get(char) ?? null;

const GREEK = (
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau upsilon phi chi psi omega"
).split(" ");

const ASCII: ReadonlyMap<string, string> = new Map([
  ["→", "->"],
  ["⟶", "->"],
  ["⇒", "=>"],
  ["⟹", "=>"],
  ["≔", ":="],
  ["−", "-"],
  ["–", "-"],
  ["—", "-"],
  ["·", "*"],
  ["⋅", "*"],
  ["×", "*"],
  ["∗", "*"],
  ["÷", "/"],
  ["≤", "<="],
  ["≥", ">="],
  ["≠", "!="],
  ["∣", "|"],
  ["，", ","],
  ["；", ";"],
  ["：", ":"],
  ["（", "("],
  ["）", ")"],
  ["“", '"'],
  ["”", '"'],
  ["‘", "'"],
  ["’", "'"],
  ["′", "'"],
  ["…", ".."],
  ["∇", "^"],
  ...GREEK.map((word, i): [string, string] => [String.fromCharCode(0x3b1 + i), word]),
  ...GREEK.map((word, i): [string, string] => [
    String.fromCharCode(0x391 + i),
    word.charAt(0).toUpperCase() + word.slice(1),
  ]),
]);

/** What a subscript character (`₁`, `ₜ`, `₋`) stands for, or null. */
export const subscriptFor = (c: number): string | null => {
  if (c >= 0x2080 && c <= 0x2089) return String.fromCharCode(c - 0x2080 + 48);
  return c === 0x209c ? "t" : c === 0x208b ? "-" : c === 0x208a ? "+" : null;
};
