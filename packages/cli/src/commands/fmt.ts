import { format } from "@sequent/compiler";
import type { Command } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { diff } from "../diff.js";
import { writeText } from "../dump.js";
import { readProgramFile } from "../program-file.js";
import { colourful, complain, err, EXIT, json, out } from "../terminal.js";

interface FmtOptions {
  readonly check?: true;
  readonly json?: true;
}

const fmtOne = (given: string, options: FmtOptions): { readonly file: string; readonly code: number; readonly changed: boolean } => {
  const { file, text } = readProgramFile(given);
  const result = format(text, file);
  if (E.isLeft(result)) {
    complain(result.left, new Map([[file, text]]));
    return { file, code: EXIT.diagnostics, changed: false };
  }
  const changed = result.right !== text;
  if (options.check === true) {
    if (changed) err(`${file} is not formatted\n${diff(text, result.right, colourful())}`);
    return { file, code: changed ? EXIT.diagnostics : EXIT.ok, changed };
  }
  if (given === "-") out(result.right);
  else if (changed) writeText(file, result.right);
  return { file, code: EXIT.ok, changed };
};

/** `fmt FILE…`: canonical form, in place; standard input goes to standard output. */
const fmt = (files: readonly string[], options: FmtOptions): number => {
  const results = files.map((file) => fmtOne(file, options));
  if (options.json === true && !files.includes("-")) {
    out(json({ ok: results.every((one) => one.code === EXIT.ok), files: results.map(({ file, changed }) => ({ file, changed })) }));
  }
  return Math.max(EXIT.ok, ...results.map((one) => one.code));
};

export const addFmt = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  program.command("fmt <files...>").description("Put programs into canonical form, in place; - reads standard input and writes standard output.")
    .option("--check", "change nothing; exit with 1 if a file is not formatted")
    .option("--json", "what was changed as JSON on standard output")
    .action((files: readonly string[], options: FmtOptions) => run(() => fmt(files, options)));
};
