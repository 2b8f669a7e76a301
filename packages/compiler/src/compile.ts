/** From text to a checked program: parse, override, elaborate, read the data's shapes, infer, choose losses. */
import { chooseBatch, describeArray } from "@sequent/data";
import type { DataSet } from "@sequent/data";
import { signature } from "@sequent/infer";
import type { DataTypes, Input } from "@sequent/infer";
import { diagnose, run } from "@sequent/ir";
import type { Diagnostic, Diagnostics, Env, NodeId, Program, RunOptions } from "@sequent/ir";
import { elaborate, parse, readProgram } from "@sequent/parser";
import * as E from "fp-ts/lib/Either.js";
import path from "node:path";
import { emptyProgram, noSteps } from "./diagnostics.js";
import { loadData, typesOfData } from "./load-data.js";
import type { Loaded } from "./load-data.js";
import { override } from "./override.js";
import type { Setting } from "./override.js";
import { checking, training } from "./pipelines.js";
import { environment } from "./registry.js";
import { endsOfSequences, leastOf, strayLengthsIn } from "./sequence-lengths.js";
import { numberIn, settingsOf } from "./settings.js";
import type { DataSetting, Settings } from "./settings.js";

/** How passes are watched. */
export interface Watch {
  /** Verifies all facts after each pass. */
  readonly verify?: boolean;
  /** Called with each stage: `02-choose-losses`. */
  readonly dump?: NonNullable<RunOptions["dump"]>;
}

export interface CompileOptions extends Watch {
  /** The registries; ours if they are left out. */
  readonly env?: Env;
  /** `--set key=value`, in order. */
  readonly set?: readonly Setting[];
  /** The data file that is taken in place of `@data`'s, relative to the working folder, and the span that names it. */
  readonly data?: Pick<DataSetting, "path" | "at">;
  /** Arrays at hand, in place of any file. */
  readonly arrays?: DataSet;
}

export interface Compiled {
  readonly source: string;
  readonly file: string;
  /** Typed, with its losses chosen. */
  readonly program: Program;
  readonly settings: Settings;
  readonly inputs: readonly Input[];
  readonly data: Loaded | null;
  /** Lints and notes, by place. */
  readonly notes: readonly Diagnostic[];
  /** The environment that it was compiled with. */
  readonly env: Env;
  /** Holds for the passes that follow, too. */
  readonly watch: Watch;
}

/** Everything that was said of a program, and the program if no error was. `sources` are the texts that spans refer to. */
export interface Compilation {
  readonly result: E.Either<Diagnostics, Compiled>;
  readonly notes: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

interface Front {
  readonly program: Program;
  readonly settings: Settings;
  readonly data: Loaded | null;
}

const isError = (one: Diagnostic): boolean => one.severity === "error";

/** Compiles a text; paths that it names are relative to the folder of `file`. */
export const compileFully = (source: string, file: string, options: CompileOptions = {}): Compilation => {
  const notes: Diagnostic[] = [];
  const sources = new Map([[file, source]]);
  const given = options.env ?? environment();
  const env: Env = { ...given, note: (one) => { notes.push(one); given.note(one); } };
  const result = compileWith(source, file, options, env, notes, sources);
  return { result, notes, sources };
};

/** Compiles a text; Left: every error that was found. */
export const compile = (source: string, file: string, options: CompileOptions = {}): E.Either<Diagnostics, Compiled> =>
  compileFully(source, file, options).result;

const compileWith = (
  source: string, file: string, options: CompileOptions, env: Env, notes: Diagnostic[], sources: Map<string, string>,
): E.Either<Diagnostics, Compiled> => {
  const front = readSource(source, file, options, env, sources);
  if (E.isLeft(front)) return front;
  const { data, settings } = front.right;
  const typed = inferWith(front.right, options, env, notes);
  if (E.isLeft(typed)) return typed;
  const program = typed.right, inputs = signature(program);
  const arrays = [options.arrays ?? data?.train, data?.test].flatMap((one) => one ?? []);
  for (const one of strayLengthsIn(inputs, arrays, data?.setting.at ?? { file, from: 0, to: 0 })) env.note(one);
  return E.right({ source, file, program, settings, inputs, data, notes, env, watch: watchOf(options) });
};

/** An untyped program, the types of its data, and what was said. */
export interface Elaborated {
  readonly result: E.Either<Diagnostics, { readonly program: Program; readonly types: DataTypes }>;
  readonly notes: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  readonly env: Env;
}

/** Parses and elaborates alone, for those who choose the passes themselves; a stage that `print` wrote is read back. */
export const elaborateFully = (source: string, file: string, options: CompileOptions = {}): Elaborated => {
  const notes: Diagnostic[] = [];
  const sources = new Map([[file, source]]);
  const env: Env = { ...(options.env ?? environment()), note: (one) => { notes.push(one); } };
  if (/^@stage\b/m.test(source)) {
    const read = readProgram(source, env, file);
    return { result: E.map((program: Program) => ({ program, types: new Map() }))(read), notes, sources, env };
  }
  const front = readSource(source, file, options, env, sources);
  const result = E.map(({ program, data }: Front) => ({ program, types: data === null ? new Map() : typesOfData(data.train, data.test, false) }))(front);
  return { result, notes, sources, env };
};

/** The facts that a program's tables show, for a stage that was read back. */
export const factsOf = (program: Program): readonly string[] => [
  ...(program.types === undefined || program.varies === undefined ? [] : ["typed"]),
  ...(program.types !== undefined && [...program.objectives, ...program.metrics].every((one) => one.mean !== null) ? ["losses"] : []),
  ...(program.domains === undefined ? [] : ["timed"]),
  ...(program.updates === undefined ? [] : ["differentiated"]),
  ...(program.schedule === undefined ? [] : ["scheduled"]),
];

/** Parse, override, elaborate, and read the data. */
const readSource = (
  source: string, file: string, options: CompileOptions, env: Env, sources: Map<string, string>,
): E.Either<Diagnostics, Front> => {
  const { program: tree, diagnostics } = parse(source, file);
  const [first, ...rest] = diagnostics.filter(isError);
  for (const one of diagnostics) if (!isError(one)) env.note(one);
  if (first !== undefined) return E.left([first, ...rest]);
  if (tree.statements.length === 0) {
    const at = { file, from: 0, to: 0 };
    return E.left([diagnose(emptyProgram, "the program has no statement", [{ at, text: "nothing but white space and comments" }])]);
  }
  const overridden = override(tree, options.set ?? [], env, (one) => sources.set(one.file, one.text));
  if (E.isLeft(overridden)) return overridden;
  const elaborated = elaborate(overridden.right, source)(env);
  if (E.isLeft(elaborated)) return elaborated;
  const settings = settingsOf(elaborated.right, env);
  const batch = settings.batch === null ? null : chooseBatch({ rows: settings.batch.value, at: numberIn(settings.batch.at, sources) }, Infinity);
  if (batch !== null && E.isLeft(batch)) return batch;
  const program = elaborated.right;
  if (options.arrays !== undefined) return E.right({ program, settings, data: null });
  const own = settings.data;
  const setting: DataSetting | null = options.data === undefined ? own : { ...(own ?? { test: 0, seed: null, length: null, lengthAt: null }), ...absolute(options.data) };
  if (setting === null) return E.right({ program, settings, data: null });
  // What the program names is relative to it; what a command names, to the working folder.
  const folder = own !== null && own.at.file === file ? path.dirname(file) : ".";
  return E.map((data: Loaded): Front => ({ program, settings, data }))(loadData(setting, folder));
};

/** A test file stays relative to the program, a file from the command line to the working folder. */
const absolute = (data: Pick<DataSetting, "path" | "at">): Pick<DataSetting, "path" | "at"> => ({ ...data, path: path.resolve(data.path) });

const typesOfArrays = (arrays: DataSet, classes: boolean): DataTypes =>
  new Map([...arrays].map(([name, array]) => {
    const own = describeArray(array);
    return [name, { shape: array.shape, dtype: own.dtype, classes: array.vocabulary !== undefined || (classes && array.shape.length === 1) ? own.classes : null }];
  }));

/** The first steps of arrays that say one. */
const startsOf = (arrays: DataSet): ReadonlyMap<string, number> =>
  new Map([...arrays].flatMap(([name, { from }]): [string, number][] => (from === undefined ? [] : [[name, from]])));

/** Infers without taking whole numbers for classes; if that leaves something open, with it. */
const inferWith = ({ program, data }: Front, options: CompileOptions, env: Env, notes: Diagnostic[]): E.Either<Diagnostics, Program> => {
  const typesWith = (classes: boolean): DataTypes =>
    options.arrays !== undefined ? typesOfArrays(options.arrays, classes)
    : data !== null ? typesOfData(data.train, data.test, classes) : new Map();
  const starts = startsOf(options.arrays ?? data?.train ?? new Map());
  const timed = program.nodes.flatMap((node) => (node.tag === "input" && node.time === true ? [node.name] : []));
  const ends = endsOfSequences(timed, [options.arrays ?? data?.train, data?.test].flatMap((one) => one ?? []));
  const about = ends.length === 0 ? {} : { longest: -leastOf(ends.map((end) => -end)), shortest: leastOf(ends) };
  const attempt = (types: DataTypes) => run(checking({ data: types, starts, ...about }), program, watchOf(options))(env);
  const said = notes.length;
  const result = attempt(typesWith(false));
  if (E.isRight(result) || (options.arrays === undefined && data === null)) return result;
  notes.length = said;
  const again = attempt(typesWith(true));
  return E.isRight(again) ? again : result;
};

const watchOf = ({ verify, dump }: Watch): Watch => ({ ...(verify === undefined ? {} : { verify }), ...(dump === undefined ? {} : { dump }) });

/** Stages of a pipeline that follows another are numbered on; its start is the other's end. */
const following = (watch: Watch, passes: number): Watch => {
  const { dump } = watch;
  if (dump === undefined) return watch;
  const numbered: Watch["dump"] = (name, program) => {
    const own = Number(name.slice(0, 2));
    if (own > 0) dump(String(own + passes).padStart(2, "0") + name.slice(2), program);
  };
  return { ...watch, dump: numbered };
};

/** A program that the interpreter trains or evaluates, with the gradients of `wanted` nodes too. */
export const toTrainable = (compiled: Compiled, wanted?: readonly NodeId[]): E.Either<Diagnostics, Program> => {
  const before = checking();
  const watch = following(compiled.watch, before.passes.length);
  return run(training(wanted === undefined ? {} : { wanted }), compiled.program, { ...watch, given: before.gives })(compiled.env);
};

/** What is wrong with a program over time whose steps nothing counts; null if nothing is. */
export const stepless = (compiled: Compiled): Diagnostics | null => {
  const { program, inputs } = compiled;
  const node = program.varies?.findIndex((one) => one.time) ?? -1;
  if (node < 0 || inputs.some((input) => input.timed)) return null;
  const at = program.names.find((one) => one.node === node)?.span ?? program.spans[node];
  return [diagnose(noSteps, "nothing says how many steps there are", at === undefined ? [] : [{ at, text: "this changes with t" }], { help: noSteps.explain })];
};
