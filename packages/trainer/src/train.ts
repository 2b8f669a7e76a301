import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { invariant } from "@sequent/ir";
import type { Diagnostics } from "@sequent/ir";
import { Fault, diagnosticsOf, makeFolder, nodeDisk, refusedAs } from "@sequent/data";
import { badTrainingLength, epochsWithoutData, unwritableRun } from "./diagnostics.js";
import { keepBooks } from "./books.js";
import { checkpointIn, checkResumable, identityOf, loadCarried, readCheckpoint, stopAtLoss } from "./checkpoint.js";
import { uniqueLabels } from "./evaluate.js";
import { addTo, noMeans } from "./means.js";
import { openLog } from "./metrics-log.js";
import type { Scores } from "./metrics-log.js";
import type { Outcome, Reporter } from "./report.js";
import type { Length, Run, Setup, TrainOptions } from "./run.js";
import { agenda } from "./source.js";
import type { Agenda, Source } from "./source.js";
import type { Target } from "./target.js";

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

/** How many updates the whole run makes. Faults SQ0608, SQ0609. */
const countSteps = ({ unit, count }: Length, { updatesIn }: Agenda): number => {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new Fault(badTrainingLength, `${unit}=${String(count)} is no whole number from 0 up`);
  if (unit === "steps") return count;
  const updates = updatesIn(count);
  if (updates === null)
    throw new Fault(
      epochsWithoutData,
      `epochs=${String(count)}, but the program has no data to pass over; write steps=`,
    );
  return updates;
};

const startRun = (setup: Setup): Run => {
  const { target, options, reporter, checkpoint, disk } = setup;
  refusedAs(unwritableRun, `can't make the folder "${options.folder}"`, () => {
    makeFolder(options.folder);
  });
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
  loadCarried(target, saved, checkpoint);
  const { update, recent, ofEpoch, seconds } = saved;
  return { update, recent, ofEpoch, before: seconds, ...openLog(metrics, update, labels, disk) };
};

const refuseNonFinite = (target: Target, losses: ArrayLike<number>, run: Run): void => {
  for (let i = 0; i < target.statements.length; i++) {
    const loss = losses[i] ?? NaN;
    if (Number.isFinite(loss)) continue;
    run.log.flush();
    stopAtLoss(target.statements[i] ?? "", loss, run.update);
  }
};

/**
 * The loop: steps, logs, evaluates, saves and lets events through, in this order, so that what a checkpoint follows is
 * already logged.
 */
const runLoop = async (setup: Setup, run: Run): Promise<TrainResult> => {
  const { target, options, reporter, agenda: planned, steps } = setup;
  const logEvery = options.logEvery ?? 10;
  const books = keepBooks(setup, run);
  const stopped = (): boolean => options.interrupt?.aborted === true;
  const statements = uniqueLabels(target.statements);
  reporter({ tag: "started", statements, from: run.update, steps, stepsPerEpoch: planned.updatesIn(1), folder: options.folder });
  // A folder that can't be written is told before hours of training, not after.
  books.save();
  while (run.update < steps && !stopped()) {
    const { losses, counts } = target.step(planned.batch(run.update), run.update);
    const done = planned.epochsAfter(run.update);
    run.update++;
    refuseNonFinite(target, losses, run);
    // Each Update counts alike, and no statement where it has no instance.
    const weights = counts === undefined ? 1 : Array.from(counts, (count) => Math.sign(count));
    addTo(run.recent, losses, weights);
    addTo(run.ofEpoch, losses, weights);
    if (run.update % logEvery === 0) books.logStep();
    const complete = planned.epochsAfter(run.update);
    if (complete !== null && complete !== done) await books.logEpoch(complete);
    const due = books.tick();
    if (due !== null) await due;
  }
  books.save();
  const train = stopped() ? null : await books.evaluate("train", stopped);
  const test = stopped() ? null : await books.evaluate("test", stopped);
  const outcome = stopped() ? "interrupted" : "finished";
  if (outcome === "finished") books.logFinal(train, test);
  const seconds = books.seconds();
  reporter({ tag: "ended", outcome, step: run.update, seconds, curve: books.curve(), train, test });
  const exitCode = outcome === "finished" ? 0 : 130;
  return { outcome, exitCode, step: run.update, seconds, train, test, checkpoint: setup.checkpoint };
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
    const fits = source.tag === "bare" || source.split.train.length >= source.batch;
    invariant(fits, "the batch is larger than the training data");
    const planned = agenda(source, options.seed);
    const setup: Setup = {
      target,
      source,
      options,
      reporter,
      agenda: planned,
      steps: countSteps(options.length, planned),
      identity: identityOf(source, options.seed),
      checkpoint: checkpointIn(options.folder),
      disk: options.disk ?? nodeDisk,
    };
    return E.right(await runLoop(setup, startRun(setup)));
  } catch (error) {
    reporter({ tag: "failed" });
    return E.left(diagnosticsOf(error, options.at));
  }
};
