/** What most commands begin with: read, compile, and say what there is to say. */
import { compileFully } from "@sequent/compiler";
import type { Compilation, Compiled } from "@sequent/compiler";
import * as E from "fp-ts/lib/Either.js";
import { compileOptions } from "./options.js";
import type { CommonOptions } from "./options.js";
import { readProgramFile } from "./program-file.js";
import { EXIT, Stop } from "./terminal.js";
import type { Sources } from "./terminal.js";

export interface Opened extends Compilation {
  readonly sources: Sources;
}

/** Compiles the program that a command names, or with `checkFully` binds its data, too; what is wrong is in the result. */
export const open = (given: string, common: CommonOptions, more: Parameters<typeof compileFully>[2] = {}, how = compileFully): Opened => {
  const { file, text } = readProgramFile(given);
  const { options, sources } = compileOptions(common);
  const compilation = how(text, file, { ...options, ...more });
  return { ...compilation, sources: new Map([...sources, ...compilation.sources]) };
};

/** A program without errors; ends the command if there are any. */
export const opened = (given: string, common: CommonOptions, more: Parameters<typeof compileFully>[2] = {}): Opened & { readonly compiled: Compiled } => {
  const all = open(given, common, more);
  if (E.isLeft(all.result)) throw new Stop(EXIT.diagnostics, [...all.notes, ...all.result.left], all.sources);
  return { ...all, compiled: all.result.right };
};
