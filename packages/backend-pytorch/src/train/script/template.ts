/** Python with pieces in it: a template shows the text as it will stand, and what depends on the program stands in its place. */
import { invariant } from "@sequent/ir";

/** Lines of Python; nothing where there is none. */
export type Piece = string | false | null | readonly Piece[];

export const linesOf = (piece: Piece): readonly string[] =>
  piece === false || piece === null ? [] : typeof piece === "string" ? piece.split("\n") : piece.flatMap(linesOf);

const indented = (line: string, by: string): string => (line === "" ? "" : by + line);

/**
 * The text of a template. A piece alone in its line stands for its lines, each as deep as the piece, and without any the line goes; within a
 * line a piece is a word. Backslashes are Python's.
 */
export const python = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): string => {
  const text = strings.raw.map((part, k) => (k < pieces.length ? `${part}¤${String(k)}¤` : part)).join("");
  const at = (k: string | undefined): Piece => pieces[Number(k)] ?? null;
  const word = (_: string, k: string): string => {
    const piece = at(k);
    invariant(typeof piece === "string", "within a line stands a word");
    return piece;
  };
  return text.trim().split("\n").flatMap((line) => {
    const [, by = "", alone] = /^( *)¤(\d+)¤$/.exec(line) ?? [];
    return alone === undefined ? [line.replace(/¤(\d+)¤/g, word)] : linesOf(at(alone)).map((one) => indented(one, by));
  }).join("\n");
};

/** Definitions with the empty lines between them that PEP 8 wants. */
export const definitions = (...pieces: readonly Piece[]): string => pieces.map((piece) => linesOf(piece).join("\n")).filter((text) => text !== "").join("\n\n\n");
