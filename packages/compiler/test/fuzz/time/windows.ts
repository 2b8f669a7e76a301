/** Random programs that learn window by window: the interpreter's trainer beside the emitted `train.py`, Update by Update. */
import { WINDOW_TAGS, generateOverTime, inWindows, near, timeTags } from "@sequent/conformance";
import type { Covered, GeneratedOverTime } from "@sequent/conformance";
import { writeData } from "@sequent/data";
import type { DataArray } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import type { Diagnostics, Env } from "@sequent/ir";
import { agenda, readCheckpoint } from "@sequent/trainer";
import type { TargetState } from "@sequent/trainer";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import fs from "node:fs";
import path from "node:path";
import { compileFully } from "../../../src/compile.js";
import type { Compiled } from "../../../src/compile.js";
import { emitPytorch } from "../../../src/pytorch.js";
import { writeScriptData } from "../../../src/script-data.js";
import { trainingOf } from "../../../src/training.js";
import type { Training } from "../../../src/training.js";
import { right } from "../../examples.js";
import { watchScripts } from "../../train-scripts.js";
import type { Watched } from "../../train-scripts.js";
import { decisions } from "../suite.js";
import { vocabularyOf } from "../subject.js";
import type { Form } from "./pytorch.js";
import { dataOf, lintsOf } from "./subject.js";
import { shownOf } from "./suite.js";

/** An Update: the weights before it, the loss of each statement, and how many instances that is the mean of. */
interface Update {
  readonly weights: ReadonlyMap<string, ArrayLike<number>>;
  readonly losses: readonly number[];
}
export interface Trained {
  readonly updates: readonly Update[];
  /** What is left after the last: parameters and all that optimizers keep, and what is carried to the next window. */
  readonly state: TargetState;
  readonly carried: TargetState;
}

export interface WindowCase {
  readonly generated: GeneratedOverTime;
  readonly compiled: Compiled;
  /** The folder of its data, and of its scripts. */
  readonly folder: string;
  readonly steps: number;
  readonly ours: Trained;
}

const said = (diagnostics: Diagnostics): string => diagnostics.map((one) => `${one.code} ${one.message}`).join("; ");

/** All windows of a batch twice, and one more; but no more than so many. */
const MOST = 14;
const updatesOf = ({ horizon, start, end }: GeneratedOverTime): number => Math.min(MOST, 2 * Math.ceil((end + 1 - start) / (horizon?.back ?? end)) + 1);

const copied = (state: TargetState): TargetState => new Map([...state].map(([name, x]) => [name, { ...x, data: x.data.slice() }]));

const trainedBy = (compiled: Compiled, steps: number): E.Either<Diagnostics, Trained> => E.map((training: Training): Trained => {
  const { target, source, seed } = training;
  const weights = training.program.params.flatMap((one) => (one.role === "weight" ? [one.name] : []));
  const planned = agenda(source, seed);
  const updates: Update[] = [];
  for (let k = 0; k < steps; k += 1) {
    const state = target.state();
    const before = new Map(weights.map((name) => [name, Float64Array.from(state.get(name)?.data ?? [])]));
    const { losses } = target.step(planned.batch(k), k);
    updates.push({ weights: before, losses: Array.from(losses) });
  }
  // What the last window of a batch leaves, nobody reads.
  const goesOn = (planned.batch(steps).window ?? 0) > 0;
  return { updates, state: copied(target.state()), carried: goesOn ? copied(target.carried?.() ?? new Map()) : new Map() };
})(trainingOf(compiled, { precision: "f64" }));

const isTame = ({ updates, state }: Trained): boolean =>
  updates.every(({ losses }) => losses.every((x) => Math.abs(x) <= 1e4)) && [...state.values()].every(({ data }) => data.every((x) => Math.abs(x) <= 1e4));

/** A program as it is written, and its sequences: what was found in random ones. */
export interface Written {
  /** From `@horizon` on. */
  readonly text: string;
  readonly batch: number;
  readonly last: readonly number[];
  /** Steps of the arrays, beyond the longest row. */
  readonly end?: number;
  /** Their first step. */
  readonly start?: number;
}
export const generatedFrom = ({ text, batch, last, start = 1, end = Math.max(...last) }: Written): GeneratedOverTime => {
  const number = (key: string): number => Number(new RegExp(`^@horizon.*\\b${key}=(\\d+)`, "m").exec(text)?.[1] ?? 0);
  const inputs = [...text.matchAll(/^([xyzc]\d*)(?:_t)? : (class)?\[(\d*)\]/gm)].map(([, name = "", classes, size = "1"]) =>
    ({ name, size: Number(size), classes: classes === undefined ? null : Number(size), timed: text.includes(`${name}_`), held: /^[yc]/.test(name) }));
  return {
    text, shifted: text, mirrored: null, inputs, rows: last.length, batch, start, last, end, ragged: new Set([...last, end]).size > 1,
    horizon: { back: number("back"), ahead: number("ahead"), burnIn: number("burn_in") }, reach: new Map(), tags: new Set(),
  };
};

/** The data, whose padding is never read, whatever it is; JSON alone says with which step they begin. */
const writeArrays = (generated: GeneratedOverTime, folder: string): string => {
  const { start, inputs, rows } = generated, arrays = dataOf(generated, 7, NaN);
  if (start === 1) {
    writeData(path.join(folder, "data.npz"), [...arrays.values()], NOWHERE);
    return "data.npz";
  }
  const numbersOf = ({ shape: [, ...axes], data }: DataArray, row: number, at: number, depth: number): unknown => {
    const size = axes.slice(depth).reduce((all, one) => all * one, 1), from = row * axes.reduce((all, one) => all * one, 1) + at;
    if (depth === axes.length) { const x = data[from] ?? NaN; return Number.isNaN(x) ? null : x; }
    return Array.from({ length: axes[depth] ?? 0 }, (_, k) => numbersOf({ name: "", dtype: "float", shape: [rows, ...axes], data }, row, at + (k * size) / (axes[depth] ?? 1), depth + 1));
  };
  const rowsOf = (array: DataArray): readonly unknown[] => Array.from({ length: rows }, (_, row) => numbersOf(array, row, 0, 0));
  const isTimed = (name: string): boolean => inputs.some((input) => input.name === name && input.timed);
  const values = [...arrays].map(([name, array]) => {
    const all = rowsOf(array);
    if (!isTimed(name)) return [name, all] as const;
    return [name, { from: start, data: Array.from({ length: array.shape[1] ?? 0 }, (_, t) => all.map((row) => (Array.isArray(row) ? (row as readonly unknown[])[t] : null))) }] as const;
  });
  fs.writeFileSync(path.join(folder, "data.json"), JSON.stringify(Object.fromEntries(values)));
  return "data.json";
};

/** One case, or what is wrong with it; null if its numbers are too wild to compare. */
export const windowCaseOf = (generated: GeneratedOverTime, env: Env, folder: string): E.Either<string, WindowCase | null> => {
  const steps = updatesOf(generated);
  fs.mkdirSync(folder, { recursive: true });
  const file = writeArrays(generated, folder);
  const text = `@data "${file}"\n@batch ${String(generated.batch)}\n@train steps=${String(steps)}\n@seed 7\n${generated.text}`;
  const { result, notes } = compileFully(text, path.join(folder, "program.seq"), { env });
  const shown = { ...generated, text };
  // Of short sequences not every statement has a step; and a program may have nothing to learn.
  const holdsNowhere = (found: Diagnostics): boolean => found.every((one) => one.code === "SQ0329" || one.code === "SQ0822");
  if (E.isLeft(result) && holdsNowhere(result.left)) return E.right(null);
  if (E.isLeft(result)) return E.left(`${said(result.left)}\n${shownOf(shown)}`);
  const lints = lintsOf(notes);
  if (lints.length > 0) return E.left(`${lints.map((one) => `${one.code} ${one.message}`).join("; ")}\n${shownOf(shown)}`);
  const ours = E.tryCatch(() => trainedBy(result.right, steps), (error) => String(error instanceof Error ? error.stack : error));
  if (E.isLeft(ours)) return E.left(`the interpreter: ${ours.left}\n${shownOf(shown)}`);
  if (E.isLeft(ours.right) && holdsNowhere(ours.right.left)) return E.right(null);
  if (E.isLeft(ours.right)) return E.left(`${said(ours.right.left)}\n${shownOf(shown)}`);
  return E.right(isTame(ours.right.right) ? { generated: shown, compiled: result.right, folder, steps, ours: ours.right.right } : null);
};

export interface AskedInWindows {
  readonly found: WindowCase;
  readonly form: Form;
  /** Where its files stand. */
  readonly folder: string;
}

/** Writes the scripts of a case. Left: why there are none. */
export const askInWindows = (found: WindowCase, form: Form): E.Either<string, AskedInWindows> => {
  const folder = path.join(found.folder, form);
  const emitted = E.tryCatch(() => emitPytorch(found.compiled, { name: "program", folder, absolute: true, gradients: form, ...(found.generated.start === 1 ? {} : { data: right(writeScriptData(found.compiled, found.folder)) }) }), (error) => String(error instanceof Error ? error.stack : error));
  if (E.isLeft(emitted)) return emitted;
  if (E.isLeft(emitted.right)) return E.left(said(emitted.right.left));
  fs.mkdirSync(folder, { recursive: true });
  for (const [file, text] of emitted.right.right.files) fs.writeFileSync(path.join(folder, file), text);
  return E.right({ found, form, folder });
};

export const runInWindows = (root: string, asked: readonly AskedInWindows[]): Promise<readonly Watched[]> =>
  watchScripts(root, asked.map(({ folder }) => [folder, ["--dtype", "float64", "--out", path.join(folder, "run")]]));

const TOLERANCE = 1e-9;
const apart = (a: ArrayLike<number>, b: ArrayLike<number | null> | undefined): boolean => a.length !== b?.length || Array.from(a).some((x, k) => !near(x, b[k] ?? NaN, TOLERANCE));
const list = (x: ArrayLike<number | null> | undefined): string => (x === undefined ? "nothing" : `[${Array.from(x).slice(0, 12).map(String).join(", ")}]`);

/** The first difference of weights and losses; null if there is none. */
export const compareInWindows = ({ found: { ours, generated }, folder, form }: AskedInWindows, theirs: Watched | undefined): string | null => {
  if (theirs === undefined) return "no result";
  // Autograd has no gradient of a weight that no instance reaches, and PyTorch's optimizers leave it alone; ours is 0, and lets it decay.
  const decays = /weight_decay=|adamw/.test(generated.text), idle = form === "autograd" ? theirs.idle : [];
  const isAlone = (name: string): boolean => decays && idle.includes(name);
  for (const [k, { weights, losses }] of ours.updates.entries()) {
    const other = theirs.updates[k];
    if (other === undefined) return theirs.error ?? `no Update ${String(k)}`;
    for (const [name, value] of weights) if (!isAlone(name) && apart(value, other.weights[name])) return `${name} before Update ${String(k)}: interpreter ${list(value)}, PyTorch ${list(other.weights[name])}`;
    if (apart(losses, other.losses)) return `losses of Update ${String(k)}: interpreter ${list(losses)}, PyTorch ${list(other.losses)}`;
  }
  if (theirs.error !== null) return theirs.error;
  if (theirs.updates.length !== ours.updates.length) return `${String(ours.updates.length)} Updates by the interpreter, ${String(theirs.updates.length)} by PyTorch`;
  const saved = readCheckpoint(path.join(folder, "run", "checkpoint.safetensors"));
  for (const [kind, mine, other] of [["", ours.state, saved.state], ["carried ", ours.carried, saved.carried]] as const) {
    for (const [name, { data }] of mine) {
      const there = other.get(name)?.data;
      // Nor do they keep anything for such a weight.
      if (isAlone(name) || (there === undefined && idle.some((one) => name.startsWith(`${one}.`)))) continue;
      if (apart(data, there)) return `${kind}${name} at the end: interpreter ${list(data)}, PyTorch ${list(there)}`;
    }
  }
  return null;
};

export interface JudgedInWindows {
  readonly asked: readonly AskedInWindows[];
  readonly faults: readonly string[];
}

type Draw = Parameters<typeof generateOverTime>[2];

/** Asks for so many programs in each form. */
export const makeInWindows = (count: Readonly<Record<Form, number>>, seed: number, env: Env, root: string, draw: Draw = inWindows): JudgedInWindows => {
  const asked: AskedInWindows[] = [], faults: string[] = [];
  const left: Record<Form, number> = { ...count };
  for (const [k, decided] of fc.sample(decisions, { seed, numRuns: 4 * Math.max(count.autograd, count.explicit) }).entries()) {
    if (left.autograd + left.explicit === 0) break;
    const made = windowCaseOf(generateOverTime(vocabularyOf(env), decided, draw), env, path.join(root, String(k)));
    if (E.isLeft(made)) faults.push(made.left);
    const found = E.isRight(made) ? made.right : null;
    if (found === null) continue;
    for (const form of ["autograd", "explicit"] as const) {
      if (left[form] === 0) continue;
      const one = askInWindows(found, form);
      if (E.isRight(one)) asked.push(one.right);
      else faults.push(`${form}: ${one.left}\n${shownOf(found.generated)}`);
      left[form] -= 1;
    }
  }
  return { asked, faults };
};

/** How many of some programs have each tag, the rarest first. */
export const windowCoverage = (env: Env, programs: readonly GeneratedOverTime[]): readonly Covered[] => {
  const tags = [...new Set([...WINDOW_TAGS, ...timeTags(vocabularyOf(env))])];
  return tags.map((tag) => ({ tag, programs: programs.filter((one) => one.tags.has(tag)).length })).sort((a, b) => a.programs - b.programs || (a.tag < b.tag ? -1 : 1));
};
