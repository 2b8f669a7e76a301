/** `sequent fix`: the fixes that compiling a program offers, until none is left. */
import { fixAll } from "@sequent/parser";
import type { Diagnostic } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { compileFully } from "./compile.js";
import type { Compilation, CompileOptions } from "./compile.js";

export interface FixedProgram {
  readonly text: string;
  /** Titles of the fixes, in the order in which they were applied. */
  readonly applied: readonly string[];
  /** Of the text that is left. */
  readonly compilation: Compilation;
}

/** Everything that was said of a program: lints and notes, then errors. */
export const saidOf = ({ result, notes }: Compilation): readonly Diagnostic[] => [...notes, ...(E.isLeft(result) ? result.left : [])];

/** Fixes of what was written on the command line have nothing to edit. */
const within = (file: string) => (one: Diagnostic): boolean => one.fixes.every((fix) => fix.edits.every((edit) => edit.at.file === file));

/** The text after all fixes, those that change a compiling program's meaning only with `unsafe`. */
export const fixFully = (source: string, file: string, options: CompileOptions, { unsafe }: { readonly unsafe: boolean }): FixedProgram => {
  const say = (text: string): readonly Diagnostic[] => saidOf(compileFully(text, file, options)).filter(within(file));
  const { text, applied } = fixAll(source, say, { unsafe });
  return { text, applied: applied.map((one) => one.title), compilation: compileFully(text, file, options) };
};
