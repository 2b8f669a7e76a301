import { notText } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { quote } from "./array.js";
import type { DataArray } from "./array.js";
import { decodeText } from "./csv.js";

/**
 * A text as one sequence of characters, `class[n]`: shape `[1, length]`; the vocabulary is its characters in Unicode
 * order. Faults SQ0516.
 */
export const decodePlainText = (bytes: Uint8Array, name: string, where: string): DataArray => {
  const text = decodeText(bytes, where);
  if (text === null) throw new Fault(notText, `${quote(where)} is no UTF-8 text`);
  if (text === "") throw new Fault(notText, `${quote(where)} is empty`);
  const characters = Array.from(text);
  const vocabulary = [...new Set(characters)].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));
  const classes = new Map(vocabulary.map((character, i) => [character, i]));
  const data = Int32Array.from(characters, (character) => classes.get(character) ?? 0);
  return { name, dtype: "int", shape: [1, data.length], data, vocabulary };
};
