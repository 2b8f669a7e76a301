/** Random typed programs in the notation, each with its inputs: a meaning that two evaluators must agree on. */
import { sizeOf } from "@sequent/ir";
import type { AnyOp, Loss, Transform } from "@sequent/ir";
import { applyOp, isWritable } from "./apply.js";
import { choicesOf, numbersFrom } from "./choices.js";
import { declareInput, emptyDraft, float, unread } from "./draft.js";
import type { Draft, Input } from "./draft.js";
import { features, isOptimizer, optimizerArguments } from "./features.js";
import type { Feature } from "./features.js";
import { objectives, readTheRest } from "./objectives.js";

export interface Vocabulary {
  readonly ops: readonly AnyOp[];
  readonly transforms: readonly Transform[];
  readonly losses: readonly Loss[];
}

export interface Generated {
  readonly text: string;
  readonly inputs: readonly Input[];
  readonly rows: number;
  /** What it contains: `op core.relu`, `loss ce`, `transform nograd`, `custom gradient`, `batch size 1`, … */
  readonly tags: ReadonlySet<string>;
}

/** The tags that a good set of programs covers. */
export const coverageOf = (vocabulary: Vocabulary): readonly string[] => [
  ...vocabulary.ops.filter(isWritable).map((op) => `op ${op.name}`),
  ...vocabulary.transforms.map((transform) => `transform ${transform.name}`),
  ...vocabulary.losses.filter((loss) => loss.of === "prediction").map((loss) => `loss ${loss.name}`),
  ...["custom gradient", "tied parameter", "index", "slice", "macro", "composed function", "ascend", "bare ascend", "ascend of a tuple",
    "kink", "nograd of an expression", "optimizer of a function", "equal equations", "batch size 1", "size-1 axis"],
];

/** A program from a list of decisions; a shorter list and smaller numbers give a simpler program. */
export const generate = (vocabulary: Vocabulary, decisions: readonly number[]): Generated => {
  const choices = choicesOf(decisions);
  const rows = choices.pick([2, 1, 4, 3]);
  const draft = emptyDraft(choices, rows);
  if (rows === 1) draft.tags.add("batch size 1");
  declareInput(draft, float(1 + choices.below(4)));
  const ops = vocabulary.ops.filter(isWritable);
  const extras = features(vocabulary.transforms);
  for (let k = 1 + choices.below(7); k > 0; k -= 1) {
    const feature = choices.chance(0.3) ? extras[choices.below(extras.length)] : undefined;
    const op = ops[choices.below(ops.length)];
    if (feature !== undefined) addFeature(draft, feature);
    else if (op !== undefined) applyOp(draft, op);
  }
  const statements = objectives(vocabulary.losses);
  for (let k = 1 + choices.below(2); k > 0; k -= 1) {
    const statement = statements[choices.below(statements.length)];
    if (statement !== undefined) addFeature(draft, statement);
  }
  readTheRest(draft, unread(draft));
  chooseOptimizer(draft, vocabulary);
  return { text: textOf(draft), inputs: draft.inputs, rows, tags: draft.tags };
};

const addFeature = (draft: Draft, feature: Feature): void => {
  draft.tags.add(feature.name);
  feature.add(draft);
};

export const chooseOptimizer = (draft: Draft, vocabulary: Vocabulary): void => {
  const optimizers = vocabulary.transforms.filter(isOptimizer);
  const chosen = optimizers[draft.choices.below(optimizers.length)];
  if (chosen === undefined) return;
  draft.tags.add(`transform ${chosen.name}`);
  draft.directives.push(`@optim ${chosen.name}(${optimizerArguments(draft, chosen)})`);
};

const textOf = (draft: Draft): string =>
  [...draft.directives, ...draft.declarations, ...draft.definitions, ...draft.body].join("\n") + "\n";

export interface InputArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** The arrays of a program's inputs, the same for the same seed; without `grids` no two numbers are equal but by chance. */
export const inputArrays = (generated: Generated, seed: number, grids = true): ReadonlyMap<string, InputArray> => {
  const next = numbersFrom(seed);
  const arrays = new Map<string, InputArray>();
  for (const { name, type, range, grid } of generated.inputs) {
    const shape = [generated.rows, ...type.shape.map(Number)];
    const [low, high] = range;
    const one = (): number => {
      const u = next();
      if (type.classes !== null) return Math.floor(u * type.classes);
      const x = low + (high - low) * u;
      return grid && grids ? Math.round(2 * x) / 2 : x;
    };
    arrays.set(name, { shape, data: Array.from({ length: sizeOf(shape) }, one) });
  }
  return arrays;
};
