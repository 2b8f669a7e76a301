import { fixFully, saidOf } from "@sequent/compiler";
import type { Command } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { diff } from "../diff.js";
import { writeText } from "../dump.js";
import { compileOptions, compiling } from "../options.js";
import type { CommonOptions } from "../options.js";
import { readProgramFile } from "../program-file.js";
import { colourful, complain, err, EXIT, out, reportJson } from "../terminal.js";

interface FixOptions extends CommonOptions {
  readonly unsafe?: true;
  readonly dryRun?: true;
}

/** `fix FILE`: applies fixes until none is left, and shows the difference. */
const fix = (given: string, options: FixOptions): number => {
  const { file, text } = readProgramFile(given);
  const { options: compile } = compileOptions(options);
  const { text: now, applied, compilation } = fixFully(text, file, compile, { unsafe: options.unsafe === true });
  if (options.dryRun !== true && given !== "-" && now !== text) writeText(file, now);
  const left = saidOf(compilation);
  const code = E.isLeft(compilation.result) ? EXIT.diagnostics : EXIT.ok;
  if (options.json === true) {
    reportJson(left, compilation.sources, { file, applied, text: now });
    return code;
  }
  if (given === "-") out(now);
  else out(diff(text, now, colourful()));
  err(applied.length === 0 ? "" : `${applied.map((title) => `fixed: ${title}`).join("\n")}\n`);
  complain(left, compilation.sources);
  return code;
};

export const addFix = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  compiling(program.command("fix <file>").description("Apply the fixes that diagnostics offer, until none is left, and show the difference."))
    .option("--unsafe", "also those that change what a compiling program means")
    .option("--dry-run", "change nothing, only show the difference")
    .action((file: string, options: FixOptions) => run(() => fix(file, options)));
};
