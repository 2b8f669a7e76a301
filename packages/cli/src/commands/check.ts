import { checkFully, printSignature, timeReport } from "@sequent/compiler";
import type { Command } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { open } from "../compile-program.js";
import { compiling } from "../options.js";
import type { CommonOptions } from "../options.js";
import { printTimeReport } from "../time-table.js";
import { complain, EXIT, out, reportJson } from "../terminal.js";

const plural = (n: number, word: string): string => `${String(n)} ${word}${n === 1 ? "" : "s"}`;

interface CheckOptions extends CommonOptions {
  readonly time?: true;
}

/** `check FILE`: diagnostics, and the signature of the inputs; with `--time` what is known of steps. */
const check = (file: string, options: CheckOptions): number => {
  const { result, notes, sources } = open(file, options, {}, checkFully);
  const diagnostics = [...notes, ...(E.isLeft(result) ? result.left : [])];
  const code = E.isLeft(result) ? EXIT.diagnostics : EXIT.ok;
  if (options.json === true) {
    const inputs = E.isRight(result) ? result.right.inputs.map(({ places: _, ...input }) => input) : [];
    const params = E.isRight(result) ? result.right.program.params.map(({ name, type }) => ({ name, shape: type?.shape ?? null })) : [];
    const time = options.time === true && E.isRight(result) ? { time: timeReport(result.right.program) } : {};
    reportJson(diagnostics, sources, { inputs, params, ...time });
    return code;
  }
  complain(diagnostics, sources);
  if (E.isRight(result)) {
    const { program, inputs } = result.right;
    const weights = program.params.filter((one) => one.role === "weight").reduce((sum, one) => sum + (one.type?.shape ?? []).reduce<number>((a, b) => a * Number(b), 1), 0);
    if (options.time === true) out(printTimeReport(program));
    out(`${printSignature(inputs)}${plural(program.nodes.length, "equation")}, ${plural(weights, "weight")}\n`);
  }
  return code;
};

export const addCheck = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  compiling(program.command("check <file>").description("Check a program and print the inputs that it wants; a folder means its main.seq, - standard input."))
    .option("--time", "print each state's steps and direction, and what statements leave out")
    .action((file: string, options: CheckOptions) => run(() => check(file, options)));
};
