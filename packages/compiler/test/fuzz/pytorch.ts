/** The emitted PyTorch's view of a subject. */
import { emit, lowered } from "@sequent/backend-pytorch";
import type { Emitted, Job, JobResult, Numbers } from "@sequent/backend-pytorch";
import { agree } from "@sequent/conformance";
import type { Diagnostics, Env } from "@sequent/ir";
import { expand } from "@sequent/transform-autodiff";
import * as E from "fp-ts/lib/Either.js";
import { adjointNames, stateNames, UPDATES, weightNames } from "./subject.js";
import type { Observation, Subject } from "./subject.js";

/** Two jobs, and how their parameters are called in Python. */
export interface Asked {
  /** The program as a user gets it: states, gradients of weights, the loss, and parameters before the first Update and after two. */
  readonly job: Job;
  /** The program as it is emitted for gradients of states and inputs. */
  readonly adjoint: Job;
  readonly renamed: ReadonlyMap<string, string>;
  /** Gradients of weights. */
  readonly weights: ReadonlySet<string>;
}

export const ask = (subject: Subject, env: Env): E.Either<Diagnostics, Asked> => {
  const { compiled, batch, seed } = subject;
  const states = stateNames(subject), adjoints = adjointNames(subject);
  // What is inside of functions is seen in the other program alone: this one has them as they are written.
  const outside = states.filter((name) => !name.includes("."));
  const weights = weightNames(subject).map((name) => `^${name}`);
  const program = expand(compiled.program, env, lowered());
  const options = { name: "Program", source: compiled.source, random: "philox" } as const;
  const inputs = Object.fromEntries([...batch.inputs].map(([name, x]): [string, Numbers] =>
    [name, { shape: [x.rows, ...x.shape], data: x.data, int: x.data instanceof Int32Array }]));
  const jobOf = ({ files, model }: Emitted, steps: readonly number[], show: readonly string[]): Job => ({
    files, inputs, rows: batch.rows, seed, dtype: "f64", steps, mode: "train", show, shown: model.shown, adjoints: model.adjoints,
    signs: new Map(model.statements.map((one) => [one.label, one.sign])),
  });
  const plain = emit(program, { ...options, show: outside })(env), kept = emit(program, { ...options, show: states, adjoints })(env);
  if (E.isLeft(plain)) return plain;
  return E.map((other: Emitted): Asked => {
    const { renamed } = plain.right.model;
    const parameters = compiled.program.params.map((one) => renamed.get(one.name) ?? one.name);
    return {
      renamed, weights: new Set(weights),
      job: jobOf(plain.right, [0, UPDATES], ["loss", ...outside, ...parameters, ...weights]),
      adjoint: jobOf(other, [0], [...states, ...adjoints.map((name) => `^${name}`)]),
    };
  })(kept);
};

/**
 * Optimizers divide by the size of the gradient: where that is nothing but rounding (the bias before a normalisation), the second
 * Update is rounding too, and is not compared.
 */
const isRounding = (gradient: ArrayLike<number>): boolean => Array.from(gradient).some((x) => x !== 0 && Math.abs(x) < 1e-12);

export interface Compared {
  /** The first difference, in the order of states, gradients, loss, parameters; null if there is none. */
  readonly difference: string | null;
  /** Parameters after Updates that are rounding are left out. */
  readonly rounding: boolean;
}

/** What became of the two jobs. */
export interface Theirs {
  readonly job: JobResult;
  readonly adjoint: JobResult;
}

export const compareViews = (ours: Observation, asked: Asked, theirs: Theirs): Compared => {
  const { job } = theirs;
  const gradients = job.tag === "done" ? [...(job.snapshots[0]?.values ?? [])].filter(([name]) => asked.weights.has(name)).map(([, value]) => value.data) : [];
  const own = [...ours.values].filter(([name]) => asked.weights.has(name)).map(([, value]) => value.data);
  const rounding = [...gradients, ...own].some(isRounding);
  return { difference: differenceOf(ours, asked, theirs, !rounding), rounding };
};

const differenceOf = (ours: Observation, asked: Asked, { job, adjoint }: Theirs, updates: boolean): string | null => {
  if (job.tag === "failed") return `${job.kind}: ${job.message}`;
  if (adjoint.tag === "failed") return `for gradients of states, ${adjoint.kind}: ${adjoint.message}`;
  const [before, after] = job.snapshots;
  const [states] = adjoint.snapshots;
  if (before === undefined || after === undefined || states === undefined) return "no snapshot";
  const compare = (name: string, a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): string | null => {
    if (b === undefined) return a === undefined ? null : `${name} is missing in PyTorch`;
    return agree(a ?? new Float64Array(b.length), b) ? null : `${name}: ours ${show(a)}, PyTorch ${show(b)}`;
  };
  for (const [name, value] of [...before.values, ...states.values]) {
    if (name.startsWith("^") || ours.values.has(name)) {
      const found = compare(name, ours.values.get(name)?.data, value.data);
      if (found !== null) return found;
    }
  }
  const loss = compare("loss", [ours.loss], before.values.get("loss")?.data);
  if (loss !== null) return loss;
  if (!updates) return null;
  for (const [name, value] of ours.after) {
    const there = after.values.get(asked.renamed.get(name) ?? name);
    const found = there === undefined ? null : compare(`${name} after two Updates`, value.data, there.data);
    if (found !== null) return found;
  }
  return null;
};

const show = (values: ArrayLike<number> | undefined): string => (values === undefined ? "nothing" : `[${Array.from(values).slice(0, 12).join(", ")}]`);
