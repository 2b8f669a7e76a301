import { interruptOnSignals, jsonReporter, terminalReporter, train, trainingOf } from "@sequent/compiler";
import type { Setting } from "@sequent/compiler";
import type { Command } from "commander";
import { Option } from "commander";
import * as E from "fp-ts/lib/Either.js";
import fs from "node:fs";
import path from "node:path";
import { opened } from "../compile-program.js";
import { runExists } from "../diagnostics.js";
import { nameOf } from "../name.js";
import { compiling, gradOption, refuseOption, runName, wholeNumber } from "../options.js";
import type { CommonOptions } from "../options.js";
import { trainInPytorch } from "../train-pytorch.js";
import { complain, err, EXIT, out, Stop } from "../terminal.js";

export interface TrainOptions extends CommonOptions {
  readonly target: string;
  readonly name?: string;
  readonly out?: string;
  readonly resume?: true;
  readonly overwrite?: true;
  readonly epochs?: number;
  readonly steps?: number;
  readonly dtype: "f32" | "f64";
  readonly grad: "autograd" | "explicit";
}

const hasRun = (folder: string): boolean => fs.existsSync(path.join(folder, "checkpoint.safetensors"));

/** The folder of the run: the one asked for, else the first free `runs/NAME`, `runs/NAME-2`, … (to resume: the last that is taken). */
export const runFolder = (file: string, options: Pick<TrainOptions, "name" | "out" | "resume" | "overwrite">): string => {
  const asked = options.out ?? (options.name === undefined ? null : path.join("runs", options.name));
  if (asked !== null) {
    if (!hasRun(asked) || options.resume === true || options.overwrite === true) return asked;
    const [name, value] = options.out === undefined ? ["name", options.name ?? ""] : ["out", options.out];
    return refuseOption(runExists, name, value, `${JSON.stringify(asked)} holds an earlier run`);
  }
  const base = path.join("runs", nameOf(file));
  if (options.overwrite === true) return base;
  let last = base;
  let free = base;
  for (let k = 2; hasRun(free); k += 1) {
    last = free;
    free = `${base}-${String(k)}`;
  }
  return options.resume === true ? last : free;
};

const lengthSettings = (options: TrainOptions): readonly Setting[] => [
  ...(options.epochs === undefined ? [] : [{ key: "epochs", value: String(options.epochs) }]),
  ...(options.steps === undefined ? [] : [{ key: "steps", value: String(options.steps) }]),
];

/** `train FILE`: trains, reports, and leaves metrics and a checkpoint in the run's folder. */
const trainProgram = async (file: string, options: TrainOptions): Promise<number> => {
  const all = opened(file, { ...options, set: [...(options.set ?? []), ...lengthSettings(options)] });
  const { compiled, sources } = all;
  if (options.target === "pytorch") {
    const run = { name: nameOf(file), dtype: options.dtype, resume: options.resume === true, gradients: options.grad };
    return trainInPytorch(compiled, sources, runFolder(file, options), run);
  }
  const training = trainingOf(compiled, { precision: options.dtype, sources });
  complain(compiled.notes, sources);
  if (E.isLeft(training)) throw new Stop(EXIT.diagnostics, training.left, sources);
  const { target, source, length, seed, at, hash } = training.right;
  const folder = runFolder(file, options);
  const interrupt = interruptOnSignals();
  process.stderr.on("error", () => undefined);
  const colourless = (process.env["NO_COLOR"] ?? "") !== "";
  const screen = colourless ? { write: (text: string) => { err(text); } } : process.stderr;
  const reporter = options.json === true ? jsonReporter(out) : terminalReporter(screen);
  const result = await train(target, source, { length, seed, folder, program: hash, resume: options.resume === true, at, interrupt: interrupt.signal }, reporter);
  interrupt.dispose();
  if (E.isLeft(result)) throw new Stop(EXIT.diagnostics, result.left, sources);
  return result.right.exitCode;
};

export const addTrain = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  compiling(program.command("train <file>").description("Train a program; a folder means its main.seq. Writes runs/<name>/metrics.jsonl and checkpoint.safetensors."))
    .addOption(new Option("-t, --target <name>", "what runs it").choices(["interpreter", "pytorch"]).default("interpreter"))
    .addOption(new Option("--epochs <n>", "passes over the training data").argParser(wholeNumber))
    .addOption(new Option("--steps <n>", "Updates").argParser(wholeNumber))
    .addOption(new Option("--dtype <precision>", "precision of floats").choices(["f32", "f64"]).default("f32"))
    .addOption(gradOption())
    .option("--name <name>", "the run's name; by default the program's, with a number if that is taken", runName)
    .option("--out <dir>", "the run's folder, in place of runs/<name>")
    .option("--resume", "continue from the checkpoint")
    .option("--overwrite", "start afresh in a folder that holds an earlier run")
    .action((file: string, options: TrainOptions) => run(() => trainProgram(file, options)));
};
