import { notText, shortText } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { quote } from "./array.js";
import type { DataArray } from "./array.js";
import { decodeText } from "./csv.js";

const isBefore = (a: string, b: string): number => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);

/**
 * A text as one sequence of characters, `class[n]`: shape `[1, length]`; the vocabulary is its characters in Unicode
 * order. Faults SQ0516.
 */
export const decodePlainText = (bytes: Uint8Array, name: string, where: string): DataArray => {
  const text = decodeText(bytes, where);
  if (text === null) throw new Fault(notText, `${quote(where)} is no UTF-8 text`);
  if (text === "") throw new Fault(notText, `${quote(where)} is empty`);
  const characters = Array.from(text);
  const vocabulary = [...new Set(characters)].sort(isBefore);
  const classes = new Map(vocabulary.map((character, i) => [character, i]));
  const data = Int32Array.from(characters, (character) => classes.get(character) ?? 0);
  return { name, dtype: "int", shape: [1, data.length], data, vocabulary };
};

/**
 * A text cut into sequences of `length` characters, one after the other; what is left at the end is dropped, as a short
 * batch is. Faults SQ0517.
 */
export const cutText = (text: DataArray, length: number): DataArray => {
  const count = Math.floor(text.data.length / length);
  if (count === 0) {
    const all = String(text.data.length);
    throw new Fault(shortText, `the text ${quote(text.name)} has ${all} characters, and a sequence ${String(length)}`);
  }
  return { ...text, shape: [count, length], data: text.data.slice(0, count * length) };
};

/** Texts with one vocabulary, that of all together, under the name of the first. */
export const withOneVocabulary = (texts: readonly DataArray[]): readonly DataArray[] => {
  const vocabulary = [...new Set(texts.flatMap((text) => text.vocabulary ?? []))].sort(isBefore);
  const classes = new Map(vocabulary.map((character, i) => [character, i]));
  return texts.map((text) => {
    const own = text.vocabulary ?? [];
    return { ...text, name: texts[0]?.name ?? text.name, vocabulary, data: Int32Array.from(text.data, (x) => classes.get(own[x] ?? "") ?? 0) };
  });
};
