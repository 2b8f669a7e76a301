import fs from "node:fs";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import {
  Fault,
  decodeSafetensors,
  diagnosticsOf,
  encodeSafetensors,
  fromStored,
  printShape,
  quote,
  readBytes,
  replaceFile,
  toStored,
} from "@sequent/data";
import type { Disk, StoredTensor } from "@sequent/data";
import { printHorizon } from "@sequent/ir";
import type { Diagnostics, Span, Tensor } from "@sequent/ir";
import {
  lossNotFinite,
  noCheckpoint,
  notACheckpoint,
  otherProgram,
  otherRun,
  parameterNotFinite,
  unwritableRun,
} from "./diagnostics.js";
import { parseMeans, printMeans } from "./means.js";
import type { Means } from "./means.js";
import type { Source } from "./source.js";
import type { Target, TargetState } from "./target.js";

export const checkpointIn = (folder: string): string => path.join(folder, "checkpoint.safetensors");

/** What makes two runs the same run: if all agree, a resumed run goes on exactly. */
export interface RunIdentity {
  readonly seed: number;
  readonly batch: number;
  /** Training samples; 0 without data. */
  readonly samples: number;
  /** The windows that sequences are learnt from by: `back=8 ahead=2`, or `none`. */
  readonly horizon: string;
}

export interface Checkpoint extends RunIdentity {
  /** A hash of the program, for a note when it has changed. */
  readonly program: string;
  /** Updates done. */
  readonly update: number;
  readonly seconds: number;
  /** Losses since the last logged step, and since the epoch began. */
  readonly recent: Means;
  readonly ofEpoch: Means;
  readonly state: TargetState;
  /** In the midst of sequences: what their last window has left. */
  readonly carried: TargetState;
}

const FORMAT = "sequent-checkpoint-1";
/** What scripts without sequences leave out. */
const NO_HORIZON = "none";
/** Before the names of what is carried between windows; no parameter's name has a slash. */
const CARRIED = "carried/";
/** Whether a tensor of a checkpoint is of a window, and no parameter. */
export const isCarried = (name: string): boolean => name.startsWith(CARRIED);
const WHOLE = /^\d{1,15}$/;

const refuseNonFinite = (state: TargetState, update: number): void => {
  for (const [name, { data, shape }] of state) {
    if (data instanceof Int32Array) continue;
    for (const value of data) {
      if (Number.isFinite(value)) continue;
      const where = `${quote(name)} ${printShape(shape)} after ${String(update)} updates`;
      throw new Fault(parameterNotFinite, `parameter ${where} holds ${String(value)}`);
    }
  }
};

/** Writes a checkpoint as a whole or not at all; one with a NaN is not written. Faults SQ0601, SQ0607. */
export const writeCheckpoint = (
  file: string,
  checkpoint: Checkpoint,
  at: { readonly epoch: number; readonly position: number },
  disk: Disk,
): void => {
  const { update, state } = checkpoint;
  refuseNonFinite(state, update);
  const metadata = new Map<string, string>([
    ["format", FORMAT],
    ["program", checkpoint.program],
    ["update", String(update)],
    ["epoch", String(at.epoch)],
    ["position", String(at.position)],
    ["seed", String(checkpoint.seed)],
    ["batch", String(checkpoint.batch)],
    ["samples", String(checkpoint.samples)],
    ["horizon", checkpoint.horizon],
    ["seconds", String(checkpoint.seconds)],
    ["recent", printMeans(checkpoint.recent)],
    ["of_epoch", printMeans(checkpoint.ofEpoch)],
  ]);
  const carried = [...checkpoint.carried].map(([name, tensor]) => [CARRIED + name, tensor] as const);
  const tensors = new Map(
    [...state, ...carried].map(([name, { shape, data }]): [string, StoredTensor] => [name, toStored(shape, data)]),
  );
  replaceFile(file, encodeSafetensors({ metadata, tensors }), disk, unwritableRun);
};

const tensorOf = (name: string, stored: StoredTensor): Tensor => {
  const { shape, data } = fromStored(name, stored);
  return { shape, rows: 1, batched: false, data };
};

/** Reads a checkpoint. Faults SQ0602, SQ0603 and those of reading safetensors. */
export const readCheckpoint = (file: string): Checkpoint => {
  if (!fs.existsSync(file)) throw new Fault(noCheckpoint, `there is no checkpoint ${quote(file)} to resume from`);
  const { metadata, tensors } = decodeSafetensors(readBytes(file));
  const refuse = (why: string): never => {
    throw new Fault(notACheckpoint, `${quote(file)} is no checkpoint: ${why}`);
  };
  if (metadata.get("format") !== FORMAT) refuse(`its metadata does not say ${quote(FORMAT)}`);
  const whole = (key: string): number => {
    const text = metadata.get(key) ?? "";
    return WHOLE.test(text) ? Number(text) : refuse(`its ${key} is ${quote(text)}`);
  };
  const means = (key: string): Means => parseMeans(metadata.get(key) ?? "") ?? refuse(`its ${key} is no list of sums`);
  const all = [...tensors].map(([name, stored]) => [name, tensorOf(name, stored)] as const);
  return {
    program: metadata.get("program") ?? "",
    update: whole("update"),
    seed: Number(metadata.get("seed") ?? NaN),
    batch: whole("batch"),
    samples: whole("samples"),
    horizon: metadata.get("horizon") ?? NO_HORIZON,
    seconds: Number(metadata.get("seconds") ?? 0),
    recent: means("recent"),
    ofEpoch: means("of_epoch"),
    state: new Map(all.filter(([name]) => !name.startsWith(CARRIED))),
    carried: new Map(all.flatMap(([name, x]) => (isCarried(name) ? [[name.slice(CARRIED.length), x] as const] : []))),
  };
};

const kindOf = (tensor: Tensor): string =>
  tensor.data instanceof Int32Array ? "int32" : tensor.data instanceof Float32Array ? "f32" : "f64";

/**
 * Where two states differ in names, shapes or precision, each difference in words; empty if one can be loaded for the
 * other.
 */
export const stateDifferences = (saved: TargetState, own: TargetState): readonly string[] => {
  const differences: string[] = [];
  for (const [name, tensor] of own) {
    const other = saved.get(name);
    if (other === undefined) differences.push(`${name} is missing`);
    else if (printShape(other.shape) !== printShape(tensor.shape)) {
      differences.push(`${name} is ${printShape(other.shape)} there and ${printShape(tensor.shape)} here`);
    } else if (kindOf(other) !== kindOf(tensor))
      differences.push(`${name} is ${kindOf(other)} there and ${kindOf(tensor)} here`);
  }
  for (const name of saved.keys()) if (!own.has(name)) differences.push(`${name} is not in the program`);
  return differences;
};

/** Refuses a checkpoint that can't go on as this run. Faults SQ0604, SQ0605. */
export const checkResumable = (checkpoint: Checkpoint, target: Target, identity: RunIdentity, file: string): void => {
  const differences = [...stateDifferences(checkpoint.state, target.state())];
  const [there, here] = [checkpoint.recent.sums.length, target.statements.length];
  if (there !== here) differences.push(`it has ${String(there)} training statements there and ${String(here)} here`);
  if (differences.length > 0) {
    const more = differences.length > 3 ? `; and ${String(differences.length - 3)} more` : "";
    throw new Fault(otherProgram, `${quote(file)} is of another program: ${differences.slice(0, 3).join("; ")}${more}`);
  }
  checkIdentity(checkpoint, identity, file);
};

/** Refuses a checkpoint of a run that began otherwise. Faults SQ0605. */
const checkIdentity = (checkpoint: Checkpoint, identity: RunIdentity, file: string): void => {
  for (const key of ["seed", "batch", "samples", "horizon"] as const) {
    if (checkpoint[key] === identity[key]) continue;
    throw new Fault(
      otherRun,
      `${quote(file)} has ${key} ${String(checkpoint[key])}, and this run has ${String(identity[key])}`,
    );
  }
};

/** A run's identity. */
export const identityOf = (source: Source, seed: number): RunIdentity => ({
  seed,
  batch: source.batch,
  samples: source.tag === "data" ? source.split.train.length : 0,
  horizon: source.tag === "data" && source.data.last !== null && source.horizon !== null ? printHorizon(source.horizon) : NO_HORIZON,
});

/** Whether the checkpoint in a run's folder is of this run, for those that go on elsewhere. Left: SQ0602, SQ0603, SQ0605, and SQ05xx for a damaged one. */
export const checkRun = (folder: string, source: Source, seed: number, at: Span): E.Either<Diagnostics, null> => {
  const file = checkpointIn(folder);
  try {
    checkIdentity(readCheckpoint(file), identityOf(source, seed), file);
    return E.right(null);
  } catch (error) {
    return E.left(diagnosticsOf(error, at));
  }
};

/** Goes on within sequences. Faults SQ0604. */
export const loadCarried = (target: Target, { carried }: Checkpoint, file: string): void => {
  if (carried.size === 0 || target.loadCarried?.(carried) === true) return;
  throw new Fault(otherProgram, `${quote(file)} is in the midst of sequences of another program`);
};

/** The coded stop at a loss that is no number. */
export const stopAtLoss = (statement: string, value: number, step: number): never => {
  throw new Fault(lossNotFinite, `the loss of \`${statement}\` is ${String(value)} at step ${String(step)}`);
};
