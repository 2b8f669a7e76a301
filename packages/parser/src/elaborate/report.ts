/** Where diagnostics go: errors are gathered, notes and lints passed on. */
import type { Diagnostic, DiagnosticRecord, Edit, Env, Fix, Label, Span } from "@sequent/ir";
import { diagnose } from "@sequent/ir";

interface More {
  readonly help?: string;
  readonly fixes?: readonly Fix[];
  /** Other places. */
  readonly labels?: readonly Label[];
}

export interface Reporter {
  readonly errors: readonly Diagnostic[];
  /** `say` stands under the place. */
  readonly problem: (record: DiagnosticRecord, message: string, at: Span, say: string, more?: More) => void;
}

/** Equal mistakes at one place are said once: a macro's body is read again at each call. */
export const createReporter = (env: Env): Reporter => {
  const errors: Diagnostic[] = [];
  const said = new Set<string>();
  return {
    errors,
    problem: (record, message, at, say, more = {}) => {
      const key = `${record.code} ${String(at.from)} ${String(at.to)} ${message}`;
      if (said.has(key)) return;
      said.add(key);
      const diagnostic = diagnose(record, message, [{ at, text: say }, ...(more.labels ?? [])], more);
      if (record.severity === "error") errors.push(diagnostic);
      else env.note(diagnostic);
    },
  };
};

export const before = (at: Span): Span => ({ ...at, to: at.from });
export const after = (at: Span): Span => ({ ...at, from: at.to });
export const safe = (title: string, ...edits: readonly Edit[]): Fix => ({ title, edits, unsafe: false });
export const unsafe = (title: string, ...edits: readonly Edit[]): Fix => ({ title, edits, unsafe: true });

/** Removes a span; with its line, if nothing else stands there. */
export const removal = (text: string, at: Span): Edit => {
  const from = text.lastIndexOf("\n", at.from - 1) + 1;
  const end = text.indexOf("\n", at.to);
  const to = end < 0 ? text.length : end + 1;
  const alone = text.slice(from, at.from).trim() === "" && text.slice(at.to, to).trim() === "";
  return { at: alone ? { ...at, from, to } : at, text: "" };
};
