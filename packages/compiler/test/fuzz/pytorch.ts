/** The emitted PyTorch's view of a subject. */
import { emit, lowered } from "@sequent/backend-pytorch";
import type { Emitted, Job, JobResult, Numbers } from "@sequent/backend-pytorch";
import { agree } from "@sequent/conformance";
import type { Diagnostics, Env } from "@sequent/ir";
import { expand } from "@sequent/transform-autodiff";
import * as E from "fp-ts/lib/Either.js";
import { gradientNames, stateNames } from "./subject.js";
import type { Observation, Subject } from "./subject.js";

/** A job, and how its parameters are called in Python. */
export interface Asked {
  readonly job: Job;
  readonly renamed: ReadonlyMap<string, string>;
  /** Gradients of weights. */
  readonly weights: ReadonlySet<string>;
}

/** Inputs, states, gradients and parameters before the first Update, and parameters after two. */
export const ask = (subject: Subject, env: Env): E.Either<Diagnostics, Asked> => {
  const { compiled, batch, seed } = subject;
  const states = stateNames(subject);
  const program = expand(compiled.program, env, lowered());
  const emitted = emit(program, { name: "Program", source: compiled.source, random: "philox", show: states })(env);
  return E.map(({ files, model }: Emitted): Asked => {
    const parameters = compiled.program.params.map((one) => model.renamed.get(one.name) ?? one.name);
    const inputs = Object.fromEntries([...batch.inputs].map(([name, x]): [string, Numbers] =>
      [name, { shape: [x.rows, ...x.shape], data: x.data, int: x.data instanceof Int32Array }]));
    const show = ["loss", ...states, ...parameters, ...gradientNames(subject)];
    const signs = new Map(model.statements.map((one) => [one.label, one.sign]));
    const weights = new Set(compiled.program.params.filter((one) => one.role === "weight").map((one) => `^${one.name}`));
    return { renamed: model.renamed, weights, job: { files, inputs, rows: batch.rows, seed, dtype: "f64", steps: [0, 2], mode: "train", show, shown: model.shown, signs } };
  })(emitted);
};

/** A state that is another one under a second name (the sum of a scalar) has that one's gradient in PyTorch. */
const aliases = (ours: Observation): ReadonlySet<string> => {
  const seen = new Map<string, string>();
  const found = new Set<string>();
  for (const [name, { data, rows, shape }] of ours.values) {
    if (name.startsWith("^")) continue;
    const key = `${String(rows)}:${shape.join(",")}:${data.join(",")}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, name);
    else found.add(`^${name}`).add(`^${other}`);
  }
  return found;
};

/**
 * Optimizers divide by the size of the gradient: where that is nothing but rounding (the bias before a normalisation), the second
 * Update is rounding too, and is not compared.
 */
const isRounding = (gradient: ArrayLike<number>): boolean => Array.from(gradient).some((x) => x !== 0 && Math.abs(x) < 1e-12);

export interface Compared {
  /** The first difference, in the order of states, gradients, loss, parameters; null if there is none. */
  readonly difference: string | null;
  /** Gradients of aliases are left out; parameters after Updates that are rounding are left out. */
  readonly aliases: number;
  readonly rounding: boolean;
}

export const compareViews = (ours: Observation, asked: Asked, theirs: JobResult): Compared => {
  const left = aliases(ours);
  const gradients = theirs.tag === "done" ? [...(theirs.snapshots[0]?.values ?? [])].filter(([name]) => asked.weights.has(name)).map(([, value]) => value.data) : [];
  const own = [...ours.values].filter(([name]) => asked.weights.has(name)).map(([, value]) => value.data);
  const rounding = [...gradients, ...own].some(isRounding);
  return { difference: differenceOf(ours, asked, theirs, left, !rounding), aliases: left.size, rounding };
};

const differenceOf = (ours: Observation, asked: Asked, theirs: JobResult, left: ReadonlySet<string>, updates: boolean): string | null => {
  if (theirs.tag === "failed") return `${theirs.kind}: ${theirs.message}`;
  const [before, after] = theirs.snapshots;
  if (before === undefined || after === undefined) return "no snapshot";
  const compare = (name: string, a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): string | null => {
    if (b === undefined) return a === undefined ? null : `${name} is missing in PyTorch`;
    return agree(a ?? new Float64Array(b.length), b) ? null : `${name}: ours ${show(a)}, PyTorch ${show(b)}`;
  };
  for (const [name, value] of before.values) {
    if (!left.has(name) && (name.startsWith("^") || ours.values.has(name))) {
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
