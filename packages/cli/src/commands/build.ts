import { emitPytorch } from "@sequent/compiler";
import type { Command } from "commander";
import { Option } from "commander";
import * as E from "fp-ts/lib/Either.js";
import path from "node:path";
import { opened } from "../compile-program.js";
import { writeText } from "../dump.js";
import { nameOf } from "../name.js";
import { compiling, gradOption } from "../options.js";
import type { CommonOptions } from "../options.js";
import { dataIn } from "../train-pytorch.js";
import { complain, EXIT, json, out, Stop } from "../terminal.js";

interface BuildOptions extends CommonOptions {
  readonly target: string;
  readonly out?: string;
  readonly random: "philox" | "torch";
  readonly grad: "autograd" | "explicit";
}

/** `build FILE -t pytorch -o DIR`: the emitted files. */
const build = (file: string, options: BuildOptions): number => {
  const { compiled, sources } = opened(file, options);
  const folder = options.out ?? path.join("build", nameOf(file));
  const request = { name: nameOf(file), folder, random: options.random, gradients: options.grad };
  // What can't be emitted leaves nothing behind.
  const possible = emitPytorch(compiled, request);
  if (E.isLeft(possible)) throw new Stop(EXIT.diagnostics, [...compiled.notes, ...possible.left], sources);
  const data = dataIn(compiled, folder, sources);
  const emitted = data.train === null && data.test === null ? possible : emitPytorch(compiled, { ...request, data });
  if (E.isLeft(emitted)) throw new Stop(EXIT.diagnostics, emitted.left, sources);
  const { files } = emitted.right;
  for (const [name, text] of files) writeText(path.join(folder, name), text);
  const written = [data.train, data.test].flatMap((one) => (one === null ? [] : [path.basename(one)]));
  const paths = [...files.keys(), ...written].map((name) => path.join(folder, name));
  if (options.json === true) out(json({ ok: true, files: paths }));
  else {
    complain(compiled.notes, sources);
    out(paths.map((one) => `${one}\n`).join(""));
  }
  return EXIT.ok;
};

export const addBuild = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  compiling(program.command("build <file>").description("Emit a program for a target."))
    .addOption(new Option("-t, --target <name>", "what it is emitted for").choices(["pytorch"]).default("pytorch"))
    .option("-o, --out <dir>", "the folder for the files; build/<name> if it is left out")
    .addOption(new Option("--random <kind>", "where random numbers come from").choices(["philox", "torch"]).default("philox"))
    .addOption(gradOption())
    .action((file: string, options: BuildOptions) => run(() => build(file, options)));
};
