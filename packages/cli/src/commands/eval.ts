import { attempt, decodeInputs, encodeValue, evaluate, evaluateInPytorch, readBytes, readParameters, shownByDefault } from "@sequent/compiler";
import type { DataSet, Diagnostics, Places, Precision, Span } from "@sequent/compiler";
import type { Command } from "commander";
import { Option } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { opened } from "../compile-program.js";
import { compiling, gradOption, optionText, wholeNumber } from "../options.js";
import type { CommonOptions } from "../options.js";
import { complain, EXIT, out, Stop } from "../terminal.js";

interface EvalOptions extends CommonOptions {
  readonly inputs?: string;
  readonly params?: string;
  readonly target: string;
  readonly dtype: Precision;
  readonly steps: number;
  readonly mode: "train" | "eval";
  readonly show?: string;
  readonly grad: "autograd" | "explicit";
}

/** Texts of options that diagnostics point into. */
const placesOf = (options: EvalOptions, sources: Map<string, string>): Places => {
  const spanOf = (name: string, value: string | undefined, part?: string): Span => {
    const file = optionText(name, value ?? "");
    sources.set(file, file);
    const from = part === undefined ? name.length + 3 : Math.max(name.length + 3, file.indexOf(part, name.length + 3));
    return { file, from, to: part === undefined ? file.length : from + part.length };
  };
  return {
    inputs: spanOf("inputs", options.inputs),
    params: spanOf("params", options.params),
    shown: (name) => spanOf("show", options.show, name),
  };
};

const orStop = <A>(result: E.Either<Diagnostics, A>, sources: ReadonlyMap<string, string>): A => {
  if (E.isLeft(result)) throw new Stop(EXIT.diagnostics, result.left, sources);
  return result.right;
};

/** Names at commas; none is inside brackets of its own. */
const namesOf = (list: string): readonly string[] => list.split(",").map((name) => name.trim()).filter((name) => name !== "");

/** `eval FILE`: values, gradients and updates on given inputs; the black box that others test us by. */
const evalProgram = async (file: string, options: EvalOptions): Promise<number> => {
  const texts = new Map<string, string>();
  const at = placesOf(options, texts);
  const inputs: DataSet | null = options.inputs === undefined ? null
    : orStop(attempt(at.inputs, () => decodeInputs(readBytes(options.inputs ?? ""), options.inputs ?? "")), texts);
  const params: DataSet = options.params === undefined ? new Map() : orStop(readParameters(options.params, at.params), texts);
  const { compiled, sources } = opened(file, options, { arrays: inputs ?? new Map() });
  for (const [name, text] of sources) texts.set(name, text);
  const show = options.show === undefined ? shownByDefault(compiled.program) : namesOf(options.show);
  const request = { inputs, params, precision: options.dtype, steps: options.steps, mode: options.mode, show, at };
  const values = orStop(options.target === "pytorch" ? await evaluateInPytorch(compiled, request, options.grad) : evaluate(compiled, request), texts);
  if (options.json !== true) complain(compiled.notes, texts);
  const encoded = Object.fromEntries([...values].map(([name, value]) => [name, encodeValue(value)]));
  out(options.json === true ? `${JSON.stringify(encoded)}\n` : Object.entries(encoded).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`).join(""));
  return EXIT.ok;
};

export const addEval = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  compiling(program.command("eval <file>").description("Compute states, gradients and updates of a program on given inputs."))
    .option("--inputs <file>", "values as JSON: {\"x\": [batch][…shape], \"x\" over time: {\"from\": 1, \"data\": [time][batch][…shape]}, …}")
    .option("--params <file>", "values of parameters, .safetensors or .json; those left out keep their initial ones")
    .addOption(new Option("-t, --target <name>", "what computes").choices(["interpreter", "pytorch"]).default("interpreter"))
    .addOption(new Option("--dtype <precision>", "precision of floats").choices(["f32", "f64"]).default("f32"))
    .addOption(new Option("--steps <n>", "Updates on the inputs as one batch, before anything is shown").argParser(wholeNumber).default(0))
    .addOption(new Option("--mode <mode>", "in which values are computed").choices(["train", "eval"]).default("eval"))
    .addOption(gradOption())
    .option("--show <names>", "what to show: p,^h_1,M_1.weight,^M_1.weight,loss")
    .action((file: string, options: EvalOptions) => run(() => evalProgram(file, options)));
};
