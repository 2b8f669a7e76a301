/** All that a training run needs, from a compiled program. */
import { chooseBatch } from "@sequent/data";
import { diagnose, horizonOf } from "@sequent/ir";
import type { Diagnostic, Diagnostics, Precision, Program, Span } from "@sequent/ir";
import type { Length, Source } from "@sequent/trainer";
import { statementsBeyond } from "@sequent/transform-time";
import * as E from "fp-ts/lib/Either.js";
import { createHash } from "node:crypto";
import { stepless, toTrainable } from "./compile.js";
import type { Compiled } from "./compile.js";
import { defaultLength, noData, nothingToTrain } from "./diagnostics.js";
import { tooFewRows } from "./least-rows.js";
import { partsOf } from "./load-data.js";
import { numberIn } from "./settings.js";
import { interpreterTarget } from "./target.js";
import type { InterpreterTarget } from "./target.js";

/** What is common to all targets: batches, length, seed. */
export interface Course {
  readonly source: Source;
  readonly length: Length;
  readonly seed: number;
  /** The directive that diagnostics of the run point at. */
  readonly at: Span;
  /** A hash of the program, kept in checkpoints. */
  readonly hash: string;
}

export interface Training extends Course {
  readonly program: Program;
  readonly target: InterpreterTarget;
}

const EPOCHS = 20;
const STEPS = 1000;
const BARE_BATCH = 64;

export const hasWeights = ({ params }: Pick<Program, "params">): boolean => params.some((param) => param.role === "weight");

const whole = (compiled: Compiled): Span => ({ file: compiled.file, from: 0, to: 0 });

const sourceOf = (compiled: Compiled, precision: Precision, sources: ReadonlyMap<string, string>): E.Either<Diagnostics, Source> => {
  const { settings, inputs, data } = compiled;
  const requested = settings.batch === null ? null : { rows: settings.batch.value, at: numberIn(settings.batch.at, sources) };
  if (data === null) {
    const [input] = inputs;
    if (input === undefined) return E.right({ tag: "bare", batch: requested?.rows ?? BARE_BATCH });
    const names = inputs.map((one) => one.name).join(", ");
    const labels = input.places.slice(0, 1).map((at) => ({ at, text: "an input" }));
    return E.left([diagnose(noData, `there are no data for ${names}`, labels, { help: noData.explain })]);
  }
  const parts = partsOf(data, inputs, precision, settings.seed);
  if (E.isLeft(parts)) return parts;
  const { data: bound, split } = parts.right;
  const [beyond, ...others] = bound.last === null ? [] : statementsBeyond(compiled.program, Math.max(...bound.last));
  if (beyond !== undefined) return E.left([beyond, ...others]);
  return E.map((batch: number): Source => ({ tag: "data", data: bound, split, batch, horizon: horizonOf(compiled.program) }))(chooseBatch(requested, split.train.length));
};

/** What would keep a run from starting, as far as the program and its data say: steps that nothing counts, arrays that do not bind, a batch that is never filled. */
export const readinessOf = (compiled: Compiled, sources: ReadonlyMap<string, string>): readonly Diagnostic[] => {
  const endless = stepless(compiled);
  if (endless !== null) return endless;
  const source = compiled.data === null ? null : sourceOf(compiled, "f32", sources);
  return source !== null && E.isLeft(source) ? source.left : [];
};

/** Batches, length and seed of a program's training; notes are given to `note`. */
export const courseOf = (
  compiled: Compiled, precision: Precision, sources: ReadonlyMap<string, string>, note: (one: Diagnostic) => void,
): E.Either<Diagnostics, Course> => {
  const { settings, program, source: text } = compiled;
  if (program.objectives.length === 0) {
    return E.left([diagnose(nothingToTrain, "the program has no training statement", [{ at: whole(compiled), text: "in this program" }], { help: nothingToTrain.explain })]);
  }
  if (!hasWeights(program)) {
    return E.left([diagnose(nothingToTrain, "the program has no weights", program.objectives.slice(0, 1).map((one) => ({ at: one.span, text: "nothing is learnt by this" })), { help: nothingToTrain.explain })]);
  }
  const endless = stepless(compiled);
  if (endless !== null) return E.left(endless);
  const source = sourceOf(compiled, precision, sources);
  if (E.isLeft(source)) return source;
  const asked = settings.batch === null ? whole(compiled) : numberIn(settings.batch.at, sources);
  const few = tooFewRows(compiled, source.right.batch, { at: asked, text: "a training batch", mends: settings.batch !== null });
  if (few !== null) return E.left(few);
  const length: Length = settings.length?.value ?? (source.right.tag === "data" ? { unit: "epochs", count: EPOCHS } : { unit: "steps", count: STEPS });
  if (settings.length === null) {
    note(diagnose(defaultLength, `training lasts ${String(length.count)} ${length.unit}, by default`, program.objectives.slice(0, 1).map((one) => ({ at: one.span, text: "trained" })), { help: "`@train epochs=40` says otherwise." }));
  }
  const hash = createHash("sha256").update(text).digest("hex");
  const at = settings.length?.at ?? whole(compiled);
  return E.right({ source: source.right, length, seed: settings.seed, at, hash });
};

/** A run of the interpreter, ready for the trainer. */
export const trainingOf = (
  compiled: Compiled,
  options: { readonly precision?: Precision; readonly sources?: ReadonlyMap<string, string> } = {},
): E.Either<Diagnostics, Training> => {
  const precision = options.precision ?? "f32";
  const sources = options.sources ?? new Map([[compiled.file, compiled.source]]);
  const program = toTrainable(compiled);
  if (E.isLeft(program)) return program;
  const course = courseOf(compiled, precision, sources, compiled.env.note);
  if (E.isLeft(course)) return course;
  const target = interpreterTarget(program.right, compiled.env, { seed: course.right.seed, precision });
  return E.right({ ...course.right, program: program.right, target });
};
