/** `sequent fix`: the fixes that compiling a program offers, until none is left. */
import { fixAll } from "@sequent/parser";
import type { Diagnostic } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { isNonEmpty } from "fp-ts/lib/ReadonlyArray.js";
import { compileFully } from "./compile.js";
import type { Compilation, CompileOptions } from "./compile.js";
import { readinessOf } from "./training.js";

export interface FixedProgram {
  readonly text: string;
  /** Titles of the fixes, in the order in which they were applied. */
  readonly applied: readonly string[];
  /** Of the text that is left. */
  readonly compilation: Compilation;
}

/** Everything that was said of a program: lints and notes, then errors. */
export const saidOf = ({ result, notes }: Compilation): readonly Diagnostic[] => [...notes, ...(E.isLeft(result) ? result.left : [])];

/** Compiles, and binds the data: everything that can be said of a program before it runs. */
export const checkFully = (source: string, file: string, options: CompileOptions = {}): Compilation => {
  const compilation = compileFully(source, file, options);
  const wrong = E.isLeft(compilation.result) ? [] : readinessOf(compilation.result.right, compilation.sources);
  return isNonEmpty(wrong) ? { ...compilation, result: E.left(wrong) } : compilation;
};

/** Fixes of what was written on the command line have nothing to edit. */
const within = (file: string) => (one: Diagnostic): boolean => one.fixes.every((fix) => fix.edits.every((edit) => edit.at.file === file));

/** The text after all fixes, those that change a compiling program's meaning only with `unsafe`. */
export const fixFully = (source: string, file: string, options: CompileOptions, { unsafe }: { readonly unsafe: boolean }): FixedProgram => {
  const say = (text: string): readonly Diagnostic[] => saidOf(checkFully(text, file, options)).filter(within(file));
  const { text, applied } = fixAll(source, say, { unsafe });
  return { text, applied: applied.map((one) => one.title), compilation: checkFully(text, file, options) };
};
