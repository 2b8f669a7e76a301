/** What a training script is printed from, what follows from that, and how it calls the functions of model.py. */
import { invariant } from "@sequent/ir";
import type { Horizon } from "@sequent/ir";
import { quoted } from "../../model/code.js";
import type { EmittedModel, Mean } from "../../model/model.js";
import type { CarriedField } from "../../time/window.js";
import { maskName } from "../../time/window.js";

/** An input, by its names in the data and in Python. `classes`: null for floats, 0 for integers without a bound. */
export interface ScriptInput {
  readonly name: string;
  readonly argument: string;
  /** Without the batch axis. */
  readonly shape: readonly number[];
  readonly classes: number | null;
  /** A sequence for each sample, in data behind the samples, in Python in front of them. */
  readonly timed?: boolean;
}

/** What the program's directives say; `null` is what they leave to the data or to the run. */
export interface ScriptSettings {
  readonly data: string | null;
  /** A share of the samples, or a file. */
  readonly test: number | string;
  readonly splitSeed: number | null;
  /** Where the data are a text: the input that it is, its characters in the order of their numbers, and how long its sequences are (null: one). */
  readonly text: { readonly input: string; readonly vocabulary: string; readonly length: number | null } | null;
  readonly batch: number | null;
  readonly length: { readonly unit: "epochs" | "steps"; readonly count: number };
  /** The first step of sequences in the data. */
  readonly first: number;
  readonly seed: number;
  /** A hash of the program, kept in checkpoints. */
  readonly program: string;
}

/** The windows in which sequences are learnt from. */
export interface ScriptWindows {
  readonly horizon: Horizon;
  /** The steps of the shortest sequence that the model can do with, whatever its windows are. */
  readonly leastSequence: number;
  /** How much later than in the data steps are in the program of one window. */
  readonly moved: number;
  /** How much later than the user's, and a checkpoint's, the numbers of steps are. */
  readonly laterBy: number;
  /** Whether what is carried depends on no later step. */
  readonly causal: boolean;
  /** The first steps that masks of steps have; null: one of the ends of sequences. */
  readonly masks: readonly (number | null)[];
  readonly fields: readonly (Pick<CarriedField, "field" | "name" | "steps"> & {
    /** The input that it is of; null: a state. */
    readonly input: string | null;
    /** The first step that has it, and how many steps behind its sequence the last one stands. */
    readonly begins: number;
    readonly ends: number;
    /** The last step of the shortest sequence that has it. */
    readonly least: number;
  })[];
}

/** What a script must know of model.py. */
export type ModelFacts = Pick<EmittedModel, "functions" | "statements" | "metrics" | "renamed" | "draws" | "compiled" | "severalOptimizers" | "mayLackGradients">;

export interface Script {
  readonly name: string;
  readonly model: ModelFacts;
  readonly inputs: readonly ScriptInput[];
  readonly random: "philox" | "torch";
  readonly hasInitial: boolean;
  readonly settings: ScriptSettings;
  /** The data say how long each sequence is, whether or not the model asks for that: what lies behind is never read. */
  readonly hasLengths: boolean;
  /** What computes over the whole batch, which processes can't share out: functions in train mode (`batch_norm`). */
  readonly overBatch: readonly string[];
  /** A function that wants so many samples in a batch, if one wants several. */
  readonly leastRows: { readonly op: string; readonly rows: number } | null;
  /** The steps of the shortest sequence that the model can do with. */
  readonly leastSteps: number;
  /** Where sequences are learnt from window by window. */
  readonly windows: ScriptWindows | null;
  /** Models of windows behind the first, by their modules; from the row of the last one on all windows are alike. */
  readonly later: readonly { readonly name: string; readonly row: number; readonly model: ModelFacts }[];
}

/** A model and the windows that it is of. */
export interface Part {
  readonly row: number;
  /** The module that it is imported from; null: model.py. */
  readonly module: string | null;
  /** The variable that has it. */
  readonly instance: string;
  readonly model: ModelFacts;
  readonly call: Call;
  readonly takesCarry: boolean;
}

/** What all parts of a script ask of it. */
export interface Facts extends Script {
  readonly hasData: boolean;
  /** Inputs over time. */
  readonly sequences: readonly ScriptInput[];
  /** The first of them, as Python writes its name. */
  readonly sequence: string;
  /** Samples have sequences of their own lengths. */
  readonly ragged: boolean;
  /** So that parts of a mean weigh by their instances, not by their rows. */
  readonly byInstances: boolean;
  /** The model makes an Update by equations of its own. */
  readonly equations: boolean;
  /** `forward` is given our random numbers. */
  readonly noise: boolean;
  /** Random numbers are PyTorch's. */
  readonly drawsByTorch: boolean;
  /** Masks of steps that the model takes. */
  readonly masks: readonly (number | null)[];
  /** Something is carried from window to window. */
  readonly carries: boolean;
  /** Some of that is computed, so that checkpoints have it. */
  readonly savesCarry: boolean;
  /** Not every statement has an instance in every batch, or window. */
  readonly weighs: boolean;
  /** The model asks at which step a window begins. */
  readonly offset: boolean;
  readonly has: (name: string) => boolean;
  readonly takes: (name: string, argument: string) => boolean;
  readonly call: Call;
  /** Where the windows behind the first have models of their own; the first part is that of the model. */
  readonly parts: readonly Part[];
}

/**
 * The call of a function of model.py. An argument is a variable of the script with the same name or the one that `values` names, or what
 * `batch` has of it. Null: there is no such function.
 */
export type Call = (name: string, given?: { readonly values?: Readonly<Record<string, string>>; readonly batch?: string }) => string | null;

const VARIABLES: ReadonlySet<string> = new Set(["model", "states", "slots", "optimizers", "update", "carry", "offset", "noise", "steps"]);

/** Where a model's functions stand, and from which step on it counts. */
type Place = Pick<Part, "module" | "instance" | "model" | "row">;

const callsOf = ({ inputs, windows }: Script, { module, instance, model, row }: Place): Call => {
  const inBatch = new Map([...inputs.map((input) => [input.argument, input.name] as const), ...["lengths", ...(windows?.masks ?? []).map(maskName)].map((name) => [name, name] as const)]);
  const called = new Map([["forward", instance], ["start", `${instance}.start`]]);
  return (name, { values = {}, batch = "batch" } = {}) => {
    const wanted = model.functions.get(name);
    if (wanted === undefined) return null;
    const given = wanted.map((argument) => {
      const key = inBatch.get(argument);
      const more = argument === "lengths" && row > 0 ? ` + ${String(row)}` : "";
      const value = values[argument] ?? (key !== undefined ? `${batch}[${quoted(key)}]${more}` : VARIABLES.has(argument) ? argument : undefined);
      invariant(value !== undefined, `${name} wants ${argument}, which the training script has not`);
      return value;
    });
    return `${called.get(name) ?? `${module === null ? "" : `${module}.`}${name}`}(${given.join(", ")})`;
  };
};

const partsOf = (script: Script): readonly Part[] => {
  if (script.later.length === 0) return [];
  const places: readonly Place[] = [{ module: null, instance: "model", model: script.model, row: 0 }, ...script.later.map(({ name, row, model }) => ({ module: name, instance: `model_${name}`, model, row }))];
  return places.map((place) => ({ ...place, call: callsOf(script, place), takesCarry: [...place.model.functions.values()].some((names) => names.includes("carry")) }));
};

export const factsOf = (script: Script): Facts => {
  const { model: { functions, draws }, inputs, settings, windows, later } = script;
  const tables = [functions, ...later.map((one) => one.model.functions)];
  const takes = (name: string, argument: string): boolean => tables.some((table) => table.get(name)?.includes(argument) === true);
  const isTaken = (argument: string): boolean => tables.some((table) => [...table.values()].some((names) => names.includes(argument)));
  const sequences = inputs.filter((input) => input.timed === true), byInstances = isTaken("lengths") && windows === null;
  return {
    ...script, takes, sequences,
    has: (name) => functions.has(name),
    call: callsOf(script, { module: null, instance: "model", model: script.model, row: 0 }),
    parts: partsOf(script),
    hasData: settings.data !== null || inputs.length > 0,
    sequence: quoted(sequences[0]?.name ?? ""),
    ragged: isTaken("lengths") || (script.hasLengths && sequences.length > 0),
    byInstances,
    equations: functions.has("step"),
    noise: takes("forward", "noise"),
    drawsByTorch: script.random === "torch" && draws,
    masks: (windows?.masks ?? []).filter((from) => isTaken(maskName(from))),
    carries: windows !== null && windows.fields.length > 0,
    savesCarry: windows?.fields.some((one) => one.input === null) === true,
    weighs: windows !== null ? functions.has("counts") : byInstances && script.model.statements.some((one) => mayLackInstances(one, settings.first)),
    offset: windows !== null && isTaken("offset"),
  };
};

/** Whether the shortest sequence that data may have is without any: of one step, the first. */
const mayLackInstances = ({ beyondLength, least }: Mean, first: number): boolean => least > first || (beyondLength !== null && first + beyondLength <= 0);

/** The batch of these samples, as the model takes it. */
export const batchOf = ({ sequences }: Facts, rows: string): string => (sequences.length > 0 ? `take(data, ${rows})` : `{name: values[${rows}] for name, values in data.items()}`);

/** The models of the later windows, as arguments and as what is given for them. */
export const modelArguments = ({ parts }: Facts): string => parts.map(({ instance, module }) => (module === null ? "" : `, ${instance}: ${module}.Model`)).join("");
export const modelsGiven = ({ parts }: Facts): string => parts.map(({ instance, module }) => (module === null ? "" : `, ${instance}`)).join("");
