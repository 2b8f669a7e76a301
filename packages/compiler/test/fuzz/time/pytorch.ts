/** The emitted PyTorch's view of a program over time, by autograd or by our own equations. */
import { runJobs } from "@sequent/backend-pytorch";
import type { JobResult } from "@sequent/backend-pytorch";
import { near } from "@sequent/conformance";
import { NOWHERE } from "@sequent/ir";
import type { Diagnostics, Tensor } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { prepareForPytorch } from "../../../src/evaluate-pytorch.js";
import type { Prepared } from "../../../src/evaluate-pytorch.js";
import { comparedNames, differ, numbersIn, rowAt, statisticsOf, weightsOf } from "./subject.js";
import type { TimeObservation, TimeSubject } from "./subject.js";
import { isSeries } from "../../../src/shown.js";
import type { Value } from "../../../src/shown.js";

export type Form = "autograd" | "explicit";

/** A job, and how its result is read. */
export interface AskedOverTime {
  readonly prepared: Prepared;
  readonly job: Prepared["job"];
  readonly form: Form;
}

/** No gradients of inputs, for emitted code leaves out `.detach()` where no weight is behind: they are held to central differences instead. */
const namesIn = (subject: TimeSubject): readonly string[] => {
  const { generated } = subject;
  return comparedNames(subject).filter((name) => !generated.inputs.some((one) => name === `^${one.name}`));
};

/** Values, gradients and loss before the first Update, and parameters after two. */
export const askOverTime = (subject: TimeSubject, form: Form): E.Either<string, AskedOverTime> => {
  // The emitter's own mistakes are findings, too.
  const made = E.tryCatch(() => emitted(subject, form), (error) => String(error));
  return E.isLeft(made) ? made : E.mapLeft((found: Diagnostics) => found.map((one) => `${one.code} ${one.message}`).join("; "))(made.right);
};

const emitted = (subject: TimeSubject, form: Form): E.Either<Diagnostics, AskedOverTime> => {
  const { compiled, arrays, seed } = subject;
  const show = ["loss", ...namesIn(subject), ...weightsOf(compiled.program), ...statisticsOf(compiled.program)];
  const asked = { ...compiled, settings: { ...compiled.settings, seed } };
  const prepared = prepareForPytorch(asked, { inputs: arrays, params: new Map(), precision: "f64", steps: 0, mode: "train", show, at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE } }, form);
  return E.map((one: Prepared): AskedOverTime => ({ prepared: one, job: { ...one.job, steps: [0, 2] }, form }))(prepared);
};

export const runOverTime = async (asked: readonly AskedOverTime[]): Promise<readonly JobResult[]> => {
  const results = await runJobs(asked.map((one) => one.job), { seconds: 3600 });
  if (E.isLeft(results)) throw new Error(results.left.map((one) => `${one.code} ${one.message}`).join("\n"));
  return results.right;
};

const TOLERANCE = 1e-9;

/** A gradient that an equation does not have at a step is zero there. */
const filled = (gradient: Value, like: Value): Value => {
  if (!isSeries(gradient) || !isSeries(like)) return gradient;
  const zero = (row: Tensor): Tensor => ({ ...row, data: new Float64Array(row.data.length) });
  return { from: like.from, steps: like.steps.map((rows, k) => rows.map((row, r) => (row === null ? null : (rowAt(gradient, like.from + k, r) ?? zero(row))))) };
};

/** Optimizers divide by the size of the gradient: where that is rounding, the second Update is rounding, too. */
const isRounding = (gradient: ArrayLike<number>): boolean => Array.from(gradient).some((x) => x !== 0 && Math.abs(x) < 1e-12);

export interface ComparedOverTime {
  /** The first difference; null if there is none. */
  readonly difference: string | null;
  readonly rounding: boolean;
}

/** Compares states, gradients, loss, and parameters after two Updates. */
export const compareOverTime = (subject: TimeSubject, ours: TimeObservation, asked: AskedOverTime, theirs: JobResult | undefined): ComparedOverTime => {
  const gradients = (names: readonly string[]): boolean => theirs?.tag === "done" && names.some((name) => isRounding(theirs.snapshots[0]?.values.get(`^${name}`)?.data ?? []));
  const weights = weightsOf(subject.compiled.program);
  const rounding = gradients(weights) || weights.some((name) => isRounding(numbersIn(ours.values.get(`^${name}`))));
  return { difference: differenceOf(subject, ours, asked, theirs, rounding), rounding };
};

const differenceOf = (subject: TimeSubject, ours: TimeObservation, asked: AskedOverTime, theirs: JobResult | undefined, rounding: boolean): string | null => {
  if (theirs?.tag !== "done") return theirs === undefined ? "no result" : `${theirs.kind}: ${theirs.message}`;
  const read = asked.prepared.read(theirs);
  if (E.isLeft(read)) return read.left[0].message;
  const close = (a: number, b: number): boolean => near(a, b, TOLERANCE);
  for (const name of namesIn(subject)) {
    const a = ours.values.get(name), b = read.right.get(name);
    if (a === undefined || b === undefined) return `${name} is missing ${a === undefined ? "in the interpreter" : "in PyTorch"}`;
    const found = differ(a, name.startsWith("^") ? filled(b, a) : b, close);
    if (found !== null) return `${name} (interpreter, then PyTorch) ${found}`;
  }
  const [before, after] = theirs.snapshots;
  const loss = before?.values.get("loss")?.data[0] ?? NaN;
  if (!close(ours.loss, loss)) return `loss: interpreter ${String(ours.loss)}, PyTorch ${String(loss)}`;
  if (rounding) return null;
  for (const name of [...weightsOf(subject.compiled.program), ...statisticsOf(subject.compiled.program)]) {
    const a = ours.after.get(name)?.data ?? [], b = after?.values.get(name)?.data ?? [];
    if (a.length !== b.length || Array.from(a).some((x, k) => !close(x, b[k] ?? NaN))) return `${name} after two Updates: interpreter [${Array.from(a).join(", ")}], PyTorch [${Array.from(b).join(", ")}]`;
  }
  return null;
};
