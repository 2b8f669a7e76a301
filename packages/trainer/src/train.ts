import fs from "node:fs";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { invariant } from "@sequent/ir";
import type { Diagnostics, Span } from "@sequent/ir";
import { Fault, diagnosticsOf, nodeDisk, refusedAs } from "@sequent/data";
import type { Disk } from "@sequent/data";
import { badTrainingLength, epochsWithoutData, unwritableRun } from "./diagnostics.js";
import { checkResumable, readCheckpoint, stopAtLoss, writeCheckpoint } from "./checkpoint.js";
import type { RunIdentity } from "./checkpoint.js";
import { byLabel, evaluateOn, uniqueLabels } from "./evaluate.js";
import { addTo, clearMeans, noMeans, readMeans } from "./means.js";
import type { Means } from "./means.js";
import { openLog } from "./metrics-log.js";
import type { CurvePoint, MetricsLog, Scores } from "./metrics-log.js";
import type { Outcome, Reporter } from "./report.js";
import { batchesOf, stepsPerEpoch } from "./source.js";
import type { Source } from "./source.js";
import type { Target } from "./target.js";

/** `@train epochs=40` or `@train steps=5000`; counted from the very first update, also in a resumed run. */
export interface Length {
  readonly unit: "epochs" | "steps";
  readonly count: number;
}

export interface TrainOptions {
  readonly length: Length;
  readonly seed: number;
  /** `runs/<name>`; made if it is not there. */
  readonly folder: string;
  /** A hash of the program, kept in the checkpoint. */
  readonly program: string;
  /** Continue from the folder's checkpoint. */
  readonly resume: boolean;
  /** The directive that diagnostics point at. */
  readonly at: Span;
  /** Stops with a checkpoint when aborted; see `interruptOnSignals`. */
  readonly interrupt?: AbortSignal;
  /** Seconds between checkpoints; 30. */
  readonly checkpointEvery?: number;
  /** Updates between lines of `metrics.jsonl`; 10. */
  readonly logEvery?: number;
  /**
   * Epochs between evaluations of the test part while training; 1 for a length in epochs, 0 (none) for one in steps.
   */
  readonly evaluateEvery?: number;
  readonly disk?: Disk;
}

export interface TrainResult {
  readonly outcome: Outcome;
  /** What a command should exit with: 0, or 130 after an interruption. */
  readonly exitCode: 0 | 130;
  readonly step: number;
  readonly seconds: number;
  /** Scores of the last parameters; null without data, without that part, or when interrupted. */
  readonly train: Scores | null;
  readonly test: Scores | null;
  readonly checkpoint: string;
}

const YIELD_MS = 50;
const FLUSH_MS = 1000;

const yieldToEvents = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** How many updates the whole run makes. Faults SQ0608, SQ0609. */
const countSteps = ({ unit, count }: Length, perEpoch: number | null): number => {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new Fault(badTrainingLength, `${unit}=${String(count)} is no whole number from 0 up`);
  if (unit === "steps") return count;
  if (perEpoch === null)
    throw new Fault(
      epochsWithoutData,
      `epochs=${String(count)}, but the program has no data to pass over; write steps=`,
    );
  return count * perEpoch;
};

/** All that changes while a run goes on. */
interface Run {
  update: number;
  readonly recent: Means;
  readonly ofEpoch: Means;
  /** Seconds of earlier parts of a resumed run. */
  readonly before: number;
  readonly curve: CurvePoint[];
  readonly log: MetricsLog;
}

interface Setup {
  readonly target: Target;
  readonly source: Source;
  readonly options: TrainOptions;
  readonly reporter: Reporter;
  readonly perEpoch: number | null;
  readonly steps: number;
  readonly identity: RunIdentity;
  readonly checkpoint: string;
  readonly disk: Disk;
}

const startRun = (setup: Setup): Run => {
  const { target, options, reporter, checkpoint, disk } = setup;
  refusedAs(unwritableRun, `can't make the folder "${options.folder}"`, () =>
    fs.mkdirSync(options.folder, { recursive: true }),
  );
  const labels = uniqueLabels(target.statements);
  const metrics = path.join(options.folder, "metrics.jsonl");
  if (!options.resume) {
    const fresh = { update: 0, recent: noMeans(labels.length), ofEpoch: noMeans(labels.length), before: 0 };
    return { ...fresh, ...openLog(metrics, null, labels, disk) };
  }
  const saved = readCheckpoint(checkpoint);
  checkResumable(saved, target, setup.identity, checkpoint);
  if (saved.program !== options.program) {
    reporter({
      tag: "note",
      text: "note: the program has changed since the checkpoint; its parameters fit, so training goes on",
    });
  }
  target.load(saved.state);
  const { update, recent, ofEpoch, seconds } = saved;
  return { update, recent, ofEpoch, before: seconds, ...openLog(metrics, update, labels, disk) };
};

/**
 * The loop: steps, logs, evaluates, saves and lets events through, in this order, so that what a checkpoint follows is
 * already logged.
 */
const runLoop = async (setup: Setup, run: Run): Promise<TrainResult> => {
  const { target, source, options, reporter, perEpoch, steps } = setup;
  const logEvery = options.logEvery ?? 10;
  const evaluateEvery = options.evaluateEvery ?? (options.length.unit === "epochs" ? 1 : 0);
  const saveMs = (options.checkpointEvery ?? 30) * 1000;
  const nextBatch = batchesOf(source, options.seed);
  const began = performance.now();
  const from = run.update;
  let lastYield = began;
  let lastSave = began;
  let lastFlush = began;
  let evaluating = 0;
  // The last means that were logged; a resumed run has them from its log.
  let shown = run.curve.at(-1)?.losses ?? [];

  const stopped = (): boolean => options.interrupt?.aborted === true;
  const seconds = (): number => run.before + (performance.now() - began) / 1000;
  const epoch = (): number | null => (perEpoch === null ? null : Math.floor(run.update / perEpoch));
  const line = () => ({ step: run.update, epoch: epoch(), seconds: Math.round(seconds() * 1000) / 1000 });

  const save = (): void => {
    run.log.flush();
    const { program } = options;
    const state = target.state();
    const { update, recent, ofEpoch } = run;
    const checkpoint = { ...setup.identity, program, update, recent, ofEpoch, seconds: seconds(), state };
    writeCheckpoint(setup.checkpoint, checkpoint, perEpoch, setup.disk);
    lastSave = performance.now();
    reporter({ tag: "checkpoint", step: run.update, file: setup.checkpoint });
  };
  const showProgress = (): void => {
    const spent = (performance.now() - began - evaluating) / 1000;
    const rate = spent > 0 ? (run.update - from) / spent : 0;
    const values = run.recent.count > 0 ? readMeans(run.recent) : shown;
    const losses = byLabel(target.statements, values);
    reporter({
      tag: "progress",
      step: run.update,
      epoch: epoch(),
      losses,
      rate,
      left: rate > 0 ? (steps - run.update) / rate : Infinity,
    });
  };
  const pause = async (): Promise<void> => {
    if (performance.now() - lastYield < YIELD_MS) return;
    showProgress();
    await yieldToEvents();
    lastYield = performance.now();
  };
  const evaluatePart = async (part: "train" | "test", mayStop: boolean): Promise<Scores | null> => {
    const samples = source.tag === "data" ? source.split[part] : new Int32Array(0);
    if (source.tag === "bare" || samples.length === 0) return null;
    const start = performance.now();
    const scores = await evaluateOn(target, source.data, samples, async () => {
      await pause();
      return !(mayStop && stopped());
    });
    evaluating += performance.now() - start;
    return scores;
  };
  const logStep = (): void => {
    const losses = readMeans(run.recent);
    run.log.add({ kind: "step", ...line(), losses: byLabel(target.statements, losses) });
    run.curve.push({ step: run.update, losses });
    shown = losses;
    clearMeans(run.recent);
  };
  const logEpoch = async (done: number): Promise<void> => {
    const losses = byLabel(target.statements, readMeans(run.ofEpoch));
    clearMeans(run.ofEpoch);
    const test = evaluateEvery > 0 && done % evaluateEvery === 0 ? await evaluatePart("test", false) : null;
    run.log.add({ kind: "epoch", ...line(), losses, ...(test === null ? {} : { test }) });
    reporter({ tag: "epoch", epoch: done, step: run.update, losses, test });
  };

  reporter({
    tag: "started",
    statements: uniqueLabels(target.statements),
    from,
    steps,
    stepsPerEpoch: perEpoch,
    folder: options.folder,
  });
  // A folder that can't be written is told before hours of training, not after.
  save();
  while (run.update < steps && !stopped()) {
    const { losses } = target.step(nextBatch(run.update), run.update);
    run.update++;
    for (let i = 0; i < target.statements.length; i++) {
      if (Number.isFinite(losses[i])) continue;
      run.log.flush();
      stopAtLoss(target.statements[i] ?? "", losses[i] ?? NaN, run.update);
    }
    addTo(run.recent, losses);
    addTo(run.ofEpoch, losses);
    if (run.update % logEvery === 0) logStep();
    if (perEpoch !== null && run.update % perEpoch === 0) await logEpoch(run.update / perEpoch);
    const now = performance.now();
    if (now - lastFlush > FLUSH_MS) {
      run.log.flush();
      lastFlush = now;
    }
    if (now - lastSave > saveMs) save();
    if (now - lastYield > YIELD_MS) await pause();
  }
  save();

  const train = stopped() ? null : await evaluatePart("train", true);
  const test = stopped() ? null : await evaluatePart("test", true);
  const outcome = stopped() ? "interrupted" : "finished";
  if (outcome === "finished") {
    const losses = byLabel(target.statements, run.recent.count > 0 ? readMeans(run.recent) : shown);
    run.log.add({
      kind: "final",
      ...line(),
      losses,
      ...(train === null ? {} : { train }),
      ...(test === null ? {} : { test }),
    });
    run.log.flush();
  }
  const curve = run.recent.count > 0 ? [...run.curve, { step: run.update, losses: readMeans(run.recent) }] : run.curve;
  reporter({ tag: "ended", outcome, step: run.update, seconds: seconds(), curve, train, test });
  const exitCode = outcome === "finished" ? 0 : 130;
  return { outcome, exitCode, step: run.update, seconds: seconds(), train, test, checkpoint: setup.checkpoint };
};

/**
 * Trains a target and writes `metrics.jsonl` and `checkpoint.safetensors` into the run's folder: at the start, every
 * half minute, when interrupted and at the end. k steps, and n-k more after a resume, are bit by bit n steps. Left:
 * SQ0601…SQ0609, and SQ05xx for a damaged checkpoint; the last good checkpoint is kept.
 */
export const train = async (
  target: Target,
  source: Source,
  options: TrainOptions,
  reporter: Reporter,
): Promise<E.Either<Diagnostics, TrainResult>> => {
  try {
    const perEpoch = stepsPerEpoch(source);
    invariant(perEpoch !== 0, "the batch is larger than the training data");
    const samples = source.tag === "data" ? source.split.train.length : 0;
    const setup: Setup = {
      target,
      source,
      options,
      reporter,
      perEpoch,
      steps: countSteps(options.length, perEpoch),
      identity: { seed: options.seed, batch: source.batch, samples },
      checkpoint: path.join(options.folder, "checkpoint.safetensors"),
      disk: options.disk ?? nodeDisk,
    };
    return E.right(await runLoop(setup, startRun(setup)));
  } catch (error) {
    reporter({ tag: "failed" });
    return E.left(diagnosticsOf(error, options.at));
  }
};
