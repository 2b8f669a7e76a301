import type { ReadonlyNonEmptyArray } from "fp-ts/lib/ReadonlyNonEmptyArray.js";
import type { Span } from "./span.js";

/** `SQ` and four digits; the first two name the area (see the error catalogue). Stable for ever. */
export type Code = `SQ${number}`;
export type Severity = "error" | "lint" | "note";

/** A place in the program and what is to be said of it; the first label of a diagnostic is its main place. */
export interface Label {
  readonly at: Span;
  readonly text: string;
}

export interface Edit {
  readonly at: Span;
  readonly text: string;
}

/** Edits that mend the cause. `unsafe`: they change the meaning of a program that compiles. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
  readonly unsafe: boolean;
}

export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  readonly message: string;
  readonly labels: readonly Label[];
  /** Why it is so, and what to write instead; a sentence or two, may be empty. */
  readonly help: string;
  readonly fixes: readonly Fix[];
}

export type Diagnostics = ReadonlyNonEmptyArray<Diagnostic>;

/**
 * Everything that is known of one code. The error catalogue and `sequent explain` are printed from it, and tests hold it to its word:
 * `example` raises it, and where `fix` is `offered` the fix makes it go away.
 */
export interface DiagnosticRecord {
  readonly code: Code;
  readonly severity: Severity;
  /** A noun phrase: "unknown name". */
  readonly title: string;
  /** Cause and cure, a paragraph of Markdown. */
  readonly explain: string;
  /** Programs that raise it, each whole; empty only if no text can (a full disk), and then `explain` says how it comes about. */
  readonly examples: readonly string[];
  readonly fix: { readonly tag: "offered" } | { readonly tag: "none"; readonly why: string };
}

/** Makes the diagnostic of a record at a place. */
export const diagnose = (
  record: DiagnosticRecord,
  message: string,
  labels: readonly Label[],
  more: { readonly help?: string; readonly fixes?: readonly Fix[] } = {},
): Diagnostic => ({
  code: record.code,
  severity: record.severity,
  message,
  labels,
  help: more.help ?? "",
  fixes: more.fixes ?? [],
});

/** A compiler bug, never the user's mistake. */
export class CompilerBug extends Error {}

export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new CompilerBug(message);
}
