/** What `run-passes` starts from: a program's text, or a stage that `--dump` wrote. */
import { elaborateFully, factsOf } from "@sequent/compiler";
import type { Diagnostic, Elaborated, Env, Program } from "@sequent/compiler";
import * as E from "fp-ts/lib/Either.js";
import { compileOptions } from "./options.js";
import type { CommonOptions } from "./options.js";
import { readProgramFile } from "./program-file.js";
import { EXIT, Stop } from "./terminal.js";
import type { Sources } from "./terminal.js";

type DataTypes = Extract<Elaborated["result"], { readonly _tag: "Right" }>["right"]["types"];

export interface Stage {
  readonly program: Program;
  readonly data: DataTypes;
  readonly facts: readonly string[];
  readonly env: Env;
  readonly notes: readonly Diagnostic[];
  readonly sources: Sources;
}

export const readStage = (given: string, common: CommonOptions): Stage => {
  const { file, text } = readProgramFile(given);
  const { options, sources: texts } = compileOptions(common);
  const { result, notes, sources, env } = elaborateFully(text, file, options);
  const all = new Map([...texts, ...sources]);
  if (E.isLeft(result)) throw new Stop(EXIT.diagnostics, [...notes, ...result.left], all);
  const { program, types } = result.right;
  return { program, data: types, facts: factsOf(program), env, notes, sources: all };
};
