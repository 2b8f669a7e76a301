/** Random typed programs in the notation, each with its inputs: a meaning that two evaluators must agree on. */
import type { AnyOp, Loss, Transform } from "@sequent/ir";
import { applyOp, isWritable } from "./apply.js";
import { choicesOf, numbersFrom } from "./choices.js";
import { declareInput, emptyDraft, float } from "./draft.js";
import type { Draft, Input } from "./draft.js";
import { features, objective } from "./features.js";
import type { Feature } from "./features.js";

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

const OPTIMISERS = (transforms: readonly Transform[]): readonly Transform[] => transforms.filter((one) => one.treat?.order === "optimizer");
const inPrograms = (transforms: readonly Transform[]): readonly Transform[] => transforms.filter((one) => one.treat?.order !== "optimizer");

/** The tags that a good set of programs covers. */
export const coverageOf = (vocabulary: Vocabulary): readonly string[] => [
  ...vocabulary.ops.filter(isWritable).map((op) => `op ${op.name}`),
  ...vocabulary.transforms.map((transform) => `transform ${transform.name}`),
  ...vocabulary.losses.filter((loss) => loss.of === "prediction").map((loss) => `loss ${loss.name}`),
  ...["custom gradient", "tied parameter", "index", "macro", "composed function", "ascend", "bare ascend", "batch size 1", "size-1 axis"],
];

/** A program from a list of decisions; a shorter list and smaller numbers give a simpler program. */
export const generate = (vocabulary: Vocabulary, decisions: readonly number[]): Generated => {
  const draft = emptyDraft(choicesOf(decisions));
  const { choices } = draft;
  const rows = choices.pick([1, 2, 4, 3]);
  if (rows === 1) draft.tags.add("batch size 1");
  declareInput(draft, float(1 + choices.below(4)));
  const ops = vocabulary.ops.filter(isWritable);
  const extras = features(inPrograms(vocabulary.transforms));
  for (let k = 1 + choices.below(6); k > 0; k -= 1) {
    const feature = choices.chance(0.35) ? extras[choices.below(extras.length)] : undefined;
    const op = ops[choices.below(ops.length)];
    if (feature !== undefined) addFeature(draft, feature);
    else if (op !== undefined) applyOp(draft, op);
  }
  addStatements(draft, vocabulary);
  chooseOptimiser(draft, vocabulary);
  return { text: textOf(draft), inputs: draft.inputs, rows, tags: draft.tags };
};

const addFeature = (draft: Draft, feature: Feature): void => {
  draft.tags.add(feature.name);
  feature.add(draft);
};

/** One or two training statements, and the sum of squares of what else was made, so that every value has a gradient. */
const addStatements = (draft: Draft, vocabulary: Vocabulary): void => {
  const statements = objective(vocabulary.losses.filter((loss) => loss.of === "prediction").map((loss) => loss.name));
  const results = draft.values.filter((value) => value.type.dtype === "float" && value.name.startsWith("v"));
  const last = results.at(-1);
  if (last !== undefined) draft.body.push(`$ -0.1 * sum(flatten(${last.name}) ^ 2)`);
  for (let k = 1 + draft.choices.below(2); k > 0; k -= 1) {
    const statement = statements[draft.choices.below(statements.length)];
    if (statement !== undefined) addFeature(draft, statement);
  }
};

const chooseOptimiser = (draft: Draft, vocabulary: Vocabulary): void => {
  const optimisers = OPTIMISERS(vocabulary.transforms);
  const chosen = optimisers[draft.choices.below(optimisers.length)];
  if (chosen === undefined) return;
  draft.tags.add(`transform ${chosen.name}`);
  draft.directives.push(`@optim ${chosen.name}(lr=0.01)`);
};

const textOf = (draft: Draft): string =>
  [...draft.directives, ...draft.declarations, ...draft.definitions, ...draft.body].join("\n") + "\n";

/** The arrays of a program's inputs, the same for the same seed: floats in their range, classes below their number. */
export const inputArrays = (generated: Generated, seed: number): ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: readonly number[] }> => {
  const next = numbersFrom(seed);
  const arrays = new Map<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>();
  for (const { name, type, range } of generated.inputs) {
    const shape = [generated.rows, ...type.shape.map(Number)];
    const size = shape.reduce((a, b) => a * b, 1);
    const [low, high] = range;
    const one = (): number => (type.classes === null ? low + (high - low) * next() : Math.floor(next() * type.classes));
    arrays.set(name, { shape, data: Array.from({ length: size }, one) });
  }
  return arrays;
};
