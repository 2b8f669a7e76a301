import { printSignature } from "@sequent/compiler";
import type { Command } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { open } from "../compile-program.js";
import { compiling } from "../options.js";
import type { CommonOptions } from "../options.js";
import { complain, EXIT, out, reportJson } from "../terminal.js";

const plural = (n: number, word: string): string => `${String(n)} ${word}${n === 1 ? "" : "s"}`;

/** `check FILE`: diagnostics, and the signature of the inputs. */
const check = (file: string, options: CommonOptions): number => {
  const { result, notes, sources } = open(file, options);
  const diagnostics = [...notes, ...(E.isLeft(result) ? result.left : [])];
  const code = E.isLeft(result) ? EXIT.diagnostics : EXIT.ok;
  if (options.json === true) {
    const inputs = E.isRight(result) ? result.right.inputs.map(({ places: _, ...input }) => input) : [];
    const params = E.isRight(result) ? result.right.program.params.map(({ name, type }) => ({ name, shape: type?.shape ?? null })) : [];
    reportJson(diagnostics, sources, { inputs, params });
    return code;
  }
  complain(diagnostics, sources);
  if (E.isRight(result)) {
    const { program, inputs } = result.right;
    const weights = program.params.filter((one) => one.role === "weight").reduce((sum, one) => sum + (one.type?.shape ?? []).reduce<number>((a, b) => a * Number(b), 1), 0);
    out(`${printSignature(inputs)}${plural(program.nodes.length, "equation")}, ${plural(weights, "weight")}\n`);
  }
  return code;
};

export const addCheck = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  compiling(program.command("check <file>").description("Check a program and print the inputs that it wants; a folder means its main.seq, - standard input."))
    .action((file: string, options: CommonOptions) => run(() => check(file, options)));
};
