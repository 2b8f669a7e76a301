/** What a training script is printed from, and how it calls the functions of model.py. */
import { invariant } from "@sequent/ir";
import { quoted } from "../model/code.js";
import type { EmittedModel } from "../model/model.js";
import type { ScriptWindows } from "./windows.js";

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

/** What the program's directives say; \`null\` is what they leave to the data or to the run. */
export interface ScriptSettings {
  readonly data: string | null;
  /** A share of the samples, or a file. */
  readonly test: number | string;
  readonly splitSeed: number | null;
  /** Where the data are a text: the input that it is, its characters in the order of their numbers, and how long its sequences are (null: one). */
  readonly text?: { readonly input: string; readonly vocabulary: string; readonly length: number | null } | null;
  readonly batch: number | null;
  readonly length: { readonly unit: "epochs" | "steps"; readonly count: number };
  readonly seed: number;
  /** A hash of the program, kept in checkpoints. */
  readonly program: string;
}

export interface Script {
  readonly name: string;
  /** The text of model.py; its functions get the arguments that they name. */
  readonly model: string;
  readonly inputs: readonly ScriptInput[];
  /** What of the model is compiled one by one; null: all as one. */
  readonly compiled: EmittedModel["compiled"];
  readonly statements: readonly { readonly label: string; readonly sign: 1 | -1 }[];
  readonly random: "philox" | "torch";
  readonly hasInitial: boolean;
  readonly settings: ScriptSettings;
  /** What computes over the whole batch, which processes can't share out: functions in train mode (\`batch_norm\`), means over sequences of different lengths. */
  readonly overBatch: readonly string[];
  /** A function that wants so many samples in a batch, if one wants several. */
  readonly leastRows?: { readonly op: string; readonly rows: number } | null;
  /** The steps of the shortest sequence that the model can do with. */
  readonly leastSteps?: number;
  /** Whether a window may be so short that a loop has no iteration, and its weights no gradient. */
  readonly mayLackLoops?: boolean;
  /** Weights that no statement has a gradient of, in any window. */
  readonly beyond?: readonly string[];
  /** Python's names of parameters by the program's, where they differ (lagged copies); checkpoints have the program's. */
  readonly renamed?: ReadonlyMap<string, string>;
  /** Where sequences are learnt from window by window. */
  readonly windows?: ScriptWindows;
}

/** The arguments that a function of a Python text names, without self; of several the last (Model stands last); null if there is none. */
export const argumentsOf = (text: string, name: string): readonly string[] | null => {
  const match = [...text.matchAll(new RegExp(String.raw`^ *def ${name}\(([\s\S]*?)\)(?: ->[^\n]*)?:$`, "gm"))].at(-1);
  if (match === undefined) return null;
  return [...(match[1] ?? "").matchAll(/(\w+)\s*:/g)].map((found) => found[1] ?? "");
};

/** What a batch has beside its inputs. */
const isBeside = (name: string): boolean => /^(lengths|ends|counted(_from_\d+)?)$/.test(name);

/** \`f(model, update)\`, each argument as the script has it; null without that function. */
export const callOf = (script: Script, name: string, as: string, values: Readonly<Record<string, string>>): string | null => {
  const names = argumentsOf(script.model, name);
  if (names === null) return null;
  const args = names.map((argument) => {
    const input = script.inputs.find((one) => one.argument === argument);
    const value = values[argument] ?? (isBeside(argument) ? `batch["${argument}"]` : undefined) ?? (input === undefined ? undefined : `batch[${quoted(input.name)}]`);
    invariant(value !== undefined, `${name} wants ${argument}, which the training script has not`);
    return value;
  });
  return `${as}(${args.join(", ")})`;
};

/** Inputs over time. */
export const sequencesOf = (script: Pick<Script, "inputs">): readonly ScriptInput[] => script.inputs.filter((input) => input.timed === true);
/** Whether samples have sequences of their own lengths. */
export const isRagged = (script: Pick<Script, "model">): boolean =>
  ["forward", "losses", "metrics", "step"].some((name) => argumentsOf(script.model, name)?.includes("lengths") === true);
/** The batch of these samples, as the model takes it. */
export const batchOf = (script: Pick<Script, "inputs">, rows: string): string =>
  sequencesOf(script).length > 0 ? `take(data, ${rows})` : `{name: values[${rows}] for name, values in data.items()}`;

/** Whether model.py has several optimizers, in a list or tuple. */
export const hasSeveral = (model: string): boolean => /^def optimizer\([\s\S]*?\) -> (list|tuple)\b/m.test(model);

/** Whether model.py makes an Update by equations of its own. */
export const byEquations = (script: Pick<Script, "model">): boolean => argumentsOf(script.model, "step") !== null;

export const usesNoise = (script: Script): boolean => argumentsOf(script.model, "forward")?.includes("noise") === true;
export const drawsByTorch = (script: Script): boolean => script.random === "torch" && /\b(nn\.Dropout|F\.dropout|torch\.(rand|randn|randint|bernoulli|multinomial)\()/.test(script.model);
