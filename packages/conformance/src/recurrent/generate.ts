/** Random programs over time in the notation, each with its inputs. */
import { sizeOf } from "@sequent/ir";
import { choicesOf, numbersFrom } from "../generate/choices.js";
import { chooseOptimizer } from "../generate/generate.js";
import type { Vocabulary } from "../generate/generate.js";
import { anySignal, emptyTimeDraft, inputOverTime, widthOf } from "./draft.js";
import type { Input, TimeDraft } from "./draft.js";
import { mirrored, render, shifted } from "./equation.js";
import type { Equation } from "./equation.js";
import { macros } from "./macros.js";
import { objectives, readTheRest } from "./objectives.js";
import { readings } from "./reads.js";
import { scan } from "./scans.js";
import type { Feature } from "./scans.js";
import { oneBatch, windowTagsOf } from "./sequences.js";
import type { DrawSequences, Sequences } from "./sequences.js";

export interface GeneratedOverTime extends Sequences {
  readonly text: string;
  /** The same program, each equation of a state written for another step. */
  readonly shifted: string;
  /** The program of the sequences that run the other way, step s for step T − s; null where its order matters. */
  readonly mirrored: string | null;
  readonly inputs: readonly Input[];
  /** How far ahead each state over time looks; Infinity: to the end. */
  readonly reach: ReadonlyMap<string, number>;
  readonly tags: ReadonlySet<string>;
}

/** Tags that a good set of programs has. */
export const timeTags = (vocabulary: Vocabulary): readonly string[] => [
  ...features.map((one) => one.name), ...objectives(vocabulary.losses).map((one) => one.name),
  "lag >= 2", "range", "_T", "macro state", "ragged lengths", "windows", "mixed directions", "fixed step", "several states", "skewed states", "state without inputs", "boundary outside the sequence",
  "learnt boundary", "boundary from an input", "boundary from a fixed step", "input without time", "range of its own state", "range of a fixed length", "range of the past", "range of the future", "range of all steps",
  "range by mean", "range by sum", "range by max", "range by min", "softmax of each in a range", "tanh of each in a range", "order of a range", "several instances of a macro", "tied parameter", "macro as a backward cell", "target of the next step", "weight over time",
  "batch size 1", "width 1", "T = 1", "T = 2", "T before a boundary", "no step at all", "first step 0", "burn-in", "window ahead",
];

const features: readonly Feature[] = [scan("forward"), scan("backward"), ...readings, ...macros];
const CHOSEN: readonly Feature[] = [scan("forward"), scan("backward"), scan("forward"), scan("backward"), ...readings, ...macros, ...macros];

const add = (draft: TimeDraft, feature: Feature): void => {
  draft.tags.add(feature.name);
  feature.add(draft);
};

/** Programs in which the order of a range or the number of a step shows have no mirror image; nor have windows. */
const ORDERED = ["order of a range", "the step as a number", "target over time at the last step"];

export const generateOverTime = (vocabulary: Vocabulary, decisions: readonly number[], draw: DrawSequences = oneBatch): GeneratedOverTime => {
  const choices = choicesOf(decisions);
  const drawn = draw(choices);
  const { rows, start, last, ragged } = drawn;
  const draft = emptyTimeDraft(choices, rows, start, drawn.batch !== null);
  inputOverTime(draft, widthOf(draft));
  for (let k = 1 + choices.below(4); k > 0; k -= 1) add(draft, CHOSEN[choices.below(CHOSEN.length)] ?? scan("forward"));
  const statements = objectives(vocabulary.losses);
  for (let k = 1 + choices.below(2); k > 0; k -= 1) {
    const feature = statements[choices.below(statements.length)];
    if (feature !== undefined) add(draft, feature);
  }
  if (!draft.inputs.some((one) => one.timed)) anySignal(draft);
  readTheRest(draft);
  chooseOptimizer(draft.base, vocabulary);
  const { tags, base, macros: definitions, body } = draft;
  // A window must have the values that the next one reads of it.
  const beyond = Math.max(0, ...draft.signals.flatMap((one) => (one.timed ? [-one.last] : [])));
  const horizon = drawn.horizon === null ? null : { ...drawn.horizon, ahead: Math.max(drawn.horizon.ahead, beyond) };
  const sequences = { ...drawn, horizon };
  if (rows === 1) tags.add("batch size 1");
  if (ragged) tags.add("ragged lengths");
  if (last.includes(1)) tags.add("T = 1");
  if (last.includes(2)) tags.add("T = 2");
  if (last.some((step) => step < draft.least)) tags.add("T before a boundary");
  if (Math.max(...last) < draft.span) tags.add("no step at all");
  if (start === 0) tags.add("first step 0");
  for (const tag of windowTagsOf(sequences)) tags.add(tag);
  if (horizon !== null) {
    base.directives.push(`@horizon back=${String(horizon.back)} ahead=${String(horizon.ahead)}${horizon.burnIn > 0 ? ` burn_in=${String(horizon.burnIn)}` : ""}`);
  }
  const written = (change: (equation: Equation, k: number) => Equation, inside: (equation: Equation) => Equation): string =>
    `${[...base.directives, ...base.declarations, ...definitions.map(inside).map(render), ...body.map(change).map(render)].join("\n")}\n`;
  const same = (equation: Equation): Equation => equation;
  const shifts = body.map(() => choices.below(3) - 1);
  return {
    text: written(same, same),
    shifted: written((equation, k) => shifted(shifts[k] ?? 1)(equation), same),
    mirrored: ORDERED.some((tag) => tags.has(tag)) || start !== 0 || horizon !== null ? null : written(mirrored, mirrored),
    ...sequences, inputs: draft.inputs,
    reach: new Map(draft.signals.flatMap((one) => (one.timed ? [[one.name, one.reach] as const] : []))), tags,
  };
};

/** An input over time as [rows][steps from `start` to `end`][size], else [rows][size]; the same for the same seed. Padding holds `filler`. */
export const arraysOverTime = (generated: GeneratedOverTime, seed: number, filler: number | null = null): ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: readonly number[] }> => {
  const next = numbersFrom(seed);
  const { rows, start, end, last } = generated;
  const steps = end - start + 1;
  return new Map(generated.inputs.map(({ name, size, classes, timed }) => {
    const per = classes === null ? size : 1;
    const shape = [rows, ...(timed ? [steps] : []), ...(classes === null ? [size] : [])];
    const data = Array.from({ length: sizeOf(shape) }, (_, k) => {
      const u = next();
      const row = Math.floor(k / (steps * per)), step = start + (Math.floor(k / per) % steps);
      if (timed && filler !== null && step > (last[row] ?? 0)) return classes === null ? filler : 0;
      return classes === null ? 4 * u - 2 : Math.floor(u * classes);
    });
    return [name, { shape, data }];
  }));
};
