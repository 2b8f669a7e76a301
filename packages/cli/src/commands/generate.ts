import { checkGenerate, generate, readParameters } from "@sequent/compiler";
import type { DataSet, Diagnostics, Span } from "@sequent/compiler";
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { opened } from "../compile-program.js";
import { compiling, optionText, wholeNumber } from "../options.js";
import type { CommonOptions } from "../options.js";
import { EXIT, out, Stop } from "../terminal.js";

interface GenerateOptions extends CommonOptions {
  readonly params?: string;
  readonly prompt?: string;
  readonly length: number;
  readonly temperature: number;
  readonly topK?: number;
}

const temperature = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError("It is a number from 0 up.");
  return value;
};
const positive = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0) throw new InvalidArgumentError("It is a whole number from 1 up.");
  return value;
};

/** `generate FILE`: streams what a program draws when it is fed its own draws. */
const generateProgram = (file: string, options: GenerateOptions, command: Command): number => {
  const { compiled, sources: own } = opened(file, options);
  // What no prompt would help is told before that there is none.
  const never = checkGenerate(compiled);
  if (never !== null) throw new Stop(EXIT.diagnostics, never, own);
  const { prompt, length, topK } = options;
  if (prompt === undefined) return command.error("error: required option '--prompt <text>' not specified", { code: "commander.missingMandatoryOptionValue" });
  const sources = new Map(own);
  const spanOf = (name: string, value: string): Span => {
    const text = optionText(name, value);
    sources.set(text, text);
    return { file: text, from: name.length + 3, to: text.length };
  };
  const at = { prompt: spanOf("prompt", prompt), params: spanOf("params", options.params ?? "") };
  const params: E.Either<Diagnostics, DataSet> = options.params === undefined ? E.right(new Map()) : readParameters(options.params, at.params);
  if (E.isLeft(params)) throw new Stop(EXIT.diagnostics, params.left, sources);
  const drawn = generate(compiled, {
    prompt, length, params: params.right, temperature: options.temperature, topK: topK ?? null, seed: compiled.settings.seed, precision: "f32", at,
  });
  if (E.isLeft(drawn)) throw new Stop(EXIT.diagnostics, drawn.left, sources);
  if (options.json === true) {
    out(`${JSON.stringify({ prompt, generated: [...drawn.right].join("") })}\n`);
    return EXIT.ok;
  }
  out(prompt);
  for (const symbol of drawn.right) out(symbol);
  out("\n");
  return EXIT.ok;
};

export const addGenerate = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  compiling(program.command("generate <file>").description("Feed a program its own draws in place of data, and stream them."))
    .option("--params <file>", "a checkpoint, or values of parameters as .json")
    .option("--prompt <text>", "what comes first: text, or classes as numbers (required)")
    .addOption(new Option("--length <n>", "how many symbols to draw").argParser(wholeNumber).default(200))
    .addOption(new Option("--temperature <x>", "below 1 more certain, above 1 less; 0 takes the most probable").argParser(temperature).default(1))
    .addOption(new Option("--top-k <k>", "draw among the k most probable alone").argParser(positive))
    .action((file: string, options: GenerateOptions, command: Command) => run(() => generateProgram(file, options, command)));
};
