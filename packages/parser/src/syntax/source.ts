import type { Diagnostic, DiagnosticRecord, Edit, Fix, Label, Span } from "@sequent/ir";
import { diagnose } from "@sequent/ir";

/** A text that is being read, and what there is to say of it so far. */
export interface Source {
  readonly text: string;
  readonly file: string;
  readonly diagnostics: Diagnostic[];
  /** Single letters after `_`, which only a macro's name may have; judged when all macros are known. */
  readonly letters: { readonly base: string; readonly diagnostic: Diagnostic }[];
}

export const source = (text: string, file: string): Source => ({ text, file, diagnostics: [], letters: [] });

export const span = (src: Source, from: number, to: number): Span => ({ file: src.file, from, to });

export const edit = (src: Source, from: number, to: number, text: string): Edit => ({ at: span(src, from, to), text });

export const fix = (title: string, edits: readonly Edit[]): Fix => ({ title, edits, unsafe: false });

export const label = (src: Source, from: number, to: number, text: string): Label => ({ at: span(src, from, to), text });

/** A diagnostic with one label; its text is what the reader finds under the caret. */
export const problem = (
  src: Source,
  record: DiagnosticRecord,
  message: string,
  from: number,
  to: number,
  say: string,
  more: { readonly help?: string; readonly fixes?: readonly Fix[] } = {},
): Diagnostic => diagnose(record, message, [label(src, from, to, say)], more);

export const report = (src: Source, diagnostic: Diagnostic): void => {
  src.diagnostics.push(diagnostic);
};

/** At most 40 characters of the text, for a message. */
export const quote = (src: Source, from: number, to: number): string => {
  const text = src.text.slice(from, Math.min(to, from + 40));
  return `\`${to - from > 40 ? `${text}…` : text}\``;
};
