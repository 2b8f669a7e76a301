/** Many emitted programs, run in one Python process. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts/lib/index.js";
import { diagnose, invariant } from "@sequent/ir";
import type { DiagnosticRecord, Diagnostics, Files, Span } from "@sequent/ir";
import { noPython, noRunFolder, pythonEnded } from "../train/diagnostics.js";
import { findPython, runPython } from "./python.js";
import { RUNNER } from "./runner.js";

/** Numbers with their shape; of inputs and states the batch axis is first. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  /** Classes and other integers. */
  readonly int?: boolean;
}

/** One emitted program, and what is wanted of it. */
export interface Job {
  /** `model.py`, and where the program has them `philox.py` and `initial.py`. */
  readonly files: Files;
  /** By the name of the argument in Python. */
  readonly inputs: Readonly<Record<string, Numbers>>;
  /** Inputs over time, whose axes are time, batch, features. */
  readonly timed?: readonly string[];
  /** Rows of a program without inputs; samples are 0..rows-1 in any case. */
  readonly rows?: number;
  /** Replace initial values, by qualified name; some or all. */
  readonly parameters?: Readonly<Record<string, Numbers>>;
  readonly seed: number;
  readonly dtype: "f32" | "f64";
  /** After how many Updates to look, ascending: `[0, 2]` looks before the first and after the second. */
  readonly steps: readonly number[];
  /** Updates that the parameters have behind them. */
  readonly done?: number;
  /** What is shown is computed in this mode; Updates are always in train mode. */
  readonly mode: "train" | "eval";
  /** States (`p`), parameters and slots (`M_1.weight`), gradients (`^p`, `^M_1.weight`), and `loss`. */
  readonly show: readonly string[];
  /** Names in Python (fields of `States`, inputs, parameters of lagged copies) by the user's names, where they differ. */
  readonly shown?: ReadonlyMap<string, string>;
  /** The values whose gradients, added up, are that of a state, by its name; the value of that name where none are given. */
  readonly adjoints?: ReadonlyMap<string, readonly string[]>;
  /** The sign that each statement is minimised with, by label; 1 where none is given. */
  readonly signs?: ReadonlyMap<string, 1 | -1>;
}

export interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}
/** The program at one of the steps asked for. Losses and metrics are by label. */
export interface Snapshot {
  readonly values: ReadonlyMap<string, Value>;
  readonly losses: ReadonlyMap<string, number>;
  readonly metrics: ReadonlyMap<string, number>;
}
/**
 * What became of a job: one snapshot for each entry of `steps`, or why there is none (`program`: the emitted code failed; `job`: it lacks
 * what is asked for; `time`; `crash`: the process died in it).
 */
export type JobResult =
  | { readonly tag: "done"; readonly snapshots: readonly Snapshot[] }
  | { readonly tag: "failed"; readonly kind: "program" | "job" | "time" | "crash"; readonly message: string };

export interface RunOptions {
  /** The interpreter; found by `findPython` if it is not given. */
  readonly python?: string;
  /** Seconds for one job (30), and for the whole process (a minute more than 600). */
  readonly jobSeconds?: number;
  readonly seconds?: number;
  /** Where a diagnostic points. */
  readonly at?: Span;
}

const Stored = t.type({ shape: t.readonlyArray(t.number), f64: t.string });
type Stored = t.TypeOf<typeof Stored>;
const ByName = t.record(t.string, Stored);
const Line = t.union([
  t.type({ snapshots: t.readonlyArray(t.type({ values: ByName, losses: ByName, metrics: ByName })) }),
  t.type({ error: t.keyof({ program: null, job: null, time: null }), message: t.string }),
]);

const encode = ({ shape, data, int }: Numbers): unknown => {
  const floats = Float64Array.from(data);
  return { shape, f64: Buffer.from(floats.buffer).toString("base64"), ...(int === true ? { int } : {}) };
};
const encodeAll = (values: Readonly<Record<string, Numbers>>): unknown =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, encode(value)]));

const encodeJob = (job: Job): string =>
  JSON.stringify({
    files: Object.fromEntries([...job.files].filter(([file]) => file !== "train.py")),
    inputs: encodeAll(job.inputs),
    timed: job.timed ?? [],
    rows: job.rows ?? 1,
    parameters: encodeAll(job.parameters ?? {}),
    seed: job.seed,
    dtype: job.dtype,
    steps: job.steps,
    done: job.done ?? 0,
    mode: job.mode,
    show: job.show,
    shown: Object.fromEntries(job.shown ?? []),
    adjoints: Object.fromEntries(job.adjoints ?? []),
    signs: Object.fromEntries(job.signs ?? []),
  });

const decode = ({ shape, f64 }: Stored): Value => {
  const bytes = new Uint8Array(Buffer.from(f64, "base64"));
  return { shape, data: new Float64Array(bytes.buffer, 0, bytes.length / 8) };
};
const mapOf = <A>(values: Readonly<Record<string, Stored>>, of: (value: Value) => A): ReadonlyMap<string, A> =>
  new Map(Object.entries(values).map(([name, value]) => [name, of(decode(value))]));
const whole = (value: Value): Value => value;
const scalar = (value: Value): number => value.data[0] ?? NaN;

const decodeLine = (text: string): JobResult => {
  const line = Line.decode(JSON.parse(text));
  invariant(E.isRight(line), `the runner wrote ${text.slice(0, 200)}`);
  if ("error" in line.right) return { tag: "failed", kind: line.right.error, message: line.right.message };
  const snapshots = line.right.snapshots.map(({ values, losses, metrics }) => ({
    values: mapOf(values, whole), losses: mapOf(losses, scalar), metrics: mapOf(metrics, scalar),
  }));
  return { tag: "done", snapshots };
};

/** Complete lines of the results so far. */
const readLines = (file: string): readonly string[] =>
  fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").slice(0, -1) : [];

const NOWHERE: Span = { file: "", from: 0, to: 0 };
const MISSING = 66;

/**
 * Runs jobs in one Python process (another one after a crash, from the job behind it). A job's failure is its own result. Left: SQ0731
 * without Python or PyTorch, SQ0732 if Python can't run at all, SQ0733 without a place for files.
 */
export const runJobs = async (jobs: readonly Job[], options: RunOptions = {}): Promise<E.Either<Diagnostics, readonly JobResult[]>> => {
  if (jobs.length === 0) return E.right([]);
  const refuse = (record: DiagnosticRecord, message: string): E.Either<Diagnostics, never> =>
    E.left([diagnose(record, message, [{ at: options.at ?? NOWHERE, text: record.title }], { help: record.explain })]);
  const python = options.python ?? findPython();
  const deadline = performance.now() + (options.seconds ?? 660) * 1000;
  let folder: string | null = null;
  try {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-"));
    fs.writeFileSync(path.join(folder, "runner.py"), RUNNER);
    fs.writeFileSync(path.join(folder, "jobs.jsonl"), jobs.map((job) => `${encodeJob(job)}\n`).join(""));
  } catch (error) {
    if (folder !== null) fs.rmSync(folder, { recursive: true, force: true });
    return refuse(noRunFolder, error instanceof Error ? error.message : String(error));
  }
  const file = path.join(folder, "results.jsonl");
  try {
    const results: JobResult[] = [];
    while (results.length < jobs.length) {
      const first = results.length;
      const args = ["-u", path.join(folder, "runner.py"), folder, String(first), String(options.jobSeconds ?? 30)];
      const ended = await runPython(python, args, Math.max(1, deadline - performance.now()));
      if (ended.reason !== null) return refuse(noPython, `can't run ${python}: ${ended.reason}`);
      if (ended.code === MISSING) return refuse(noPython, `${python} has no module ${ended.stdout.trim().slice("missing ".length)}`);
      results.push(...readLines(file).slice(first).map(decodeLine));
      if (results.length === jobs.length) break;
      const said = ended.stderr.trim().split("\n").at(-1) ?? "";
      if (ended.late) {
        while (results.length < jobs.length) results.push({ tag: "failed", kind: "time", message: "the time for all jobs was over" });
      } else if (results.length === first && ended.code !== null) return refuse(pythonEnded, `${python} ended with ${String(ended.code)}: ${said}`);
      else {
        results.push({ tag: "failed", kind: "crash", message: `Python ended in this job: ${said}` });
        fs.appendFileSync(file, `${JSON.stringify({ error: "program", message: "crashed" })}\n`);
      }
    }
    return E.right(results);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
};
