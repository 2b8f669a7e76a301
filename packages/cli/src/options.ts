/** Options that several commands share, and what they come to. */
import { diagnose } from "@sequent/compiler";
import type { CompileOptions, DiagnosticRecord, Program, Setting } from "@sequent/compiler";
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { createDump } from "./dump.js";
import { EXIT, Stop } from "./terminal.js";

export interface CommonOptions {
  readonly set?: readonly Setting[];
  readonly seed?: number;
  readonly data?: string;
  readonly json?: true;
  readonly verify?: true;
  readonly dump?: string;
}

const setting = (text: string, before: readonly Setting[] = []): readonly Setting[] => {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("It is `key=value`, as in `batch=128`.");
  return [...before, { key: text.slice(0, at), value: text.slice(at + 1) }];
};

export const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It is a whole number from 0 up.");
  return value;
};

/** A run's folder stands in `runs`: its name is no path. */
export const runName = (text: string): string => {
  if (text === "" || text === "." || text === ".." || /[/\\\0]/.test(text)) throw new InvalidArgumentError("It is one name, without / or \\; --out takes a folder.");
  return text;
};

/** The options of all commands that compile. */
export const compiling = (command: Command): Command =>
  command
    .option("--set <key=value>", "override a directive, such as batch=128 or optim=sgd(lr=0.1); may be repeated", setting)
    .addOption(new Option("--seed <n>", "the seed of weights, draws, shuffles and split").argParser(wholeNumber))
    .option("--data <file>", "data in place of @data's: .npz, .npy, .csv, .safetensors, .json, .txt")
    .option("--json", "results and diagnostics as JSON on standard output")
    .option("--verify", "check every pass's promises after it has run")
    .option("--dump <dir>", "write the program after each pass as DIR/NN-pass.seq");

/** Who computes gradients in a program for PyTorch. */
export const gradOption = (): Option =>
  new Option("--grad <kind>", "PyTorch's gradients, or our own adjoint equations").choices(["autograd", "explicit"]).default("autograd");

/** The text of an option in diagnostics. */
export const optionText = (name: string, value: string): string => `--${name} ${value}`;

/** Ends a command because of an option's value; the place is the option itself. */
export const refuseOption = (record: DiagnosticRecord, name: string, value: string, message: string, help = record.explain): never => {
  const file = optionText(name, value);
  const at = { file, from: name.length + 3, to: file.length };
  throw new Stop(EXIT.diagnostics, [diagnose(record, message, [{ at, text: "given here" }], { help })], new Map([[file, file]]));
};

/** What a command's options mean for compiling, and the texts that their spans refer to. */
export const compileOptions = (options: CommonOptions): { readonly options: CompileOptions; readonly sources: ReadonlyMap<string, string> } => {
  const sources = new Map<string, string>();
  const set = [...(options.set ?? []), ...(options.seed === undefined ? [] : [{ key: "seed", value: String(options.seed) }])];
  const dump: ((name: string, program: Program) => void) | null = options.dump === undefined ? null : createDump(options.dump);
  let data: CompileOptions["data"];
  if (options.data !== undefined) {
    const file = optionText("data", options.data);
    sources.set(file, file);
    data = { path: options.data, at: { file, from: 7, to: file.length } };
  }
  return {
    options: {
      set,
      ...(data === undefined ? {} : { data }),
      ...(options.verify === undefined ? {} : { verify: true }),
      ...(dump === null ? {} : { dump }),
    },
    sources,
  };
};
