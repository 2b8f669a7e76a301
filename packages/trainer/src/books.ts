import { writeCheckpoint } from "./checkpoint.js";
import { byLabel, evaluateOn } from "./evaluate.js";
import { clearMeans, readMeans } from "./means.js";
import type { CurvePoint, Scores } from "./metrics-log.js";
import type { Run, Setup } from "./run.js";

const YIELD_MS = 50;
const FLUSH_MS = 1000;

/** The records of a run, and the clock that says when they are due. */
export interface Books {
  readonly save: () => void;
  readonly logStep: () => void;
  readonly logEpoch: (done: number) => Promise<void>;
  readonly logFinal: (train: Scores | null, test: Scores | null) => void;
  /** Scores of one part; null without it, or once `stopped`. */
  readonly evaluate: (part: "train" | "test", stopped: () => boolean) => Promise<Scores | null>;
  /** Flushes, saves and reports what is due; a promise every 50 ms, which lets events through. */
  readonly tick: () => Promise<void> | null;
  readonly seconds: () => number;
  readonly curve: () => readonly CurvePoint[];
}

const yieldToEvents = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

const present = (part: "train" | "test", scores: Scores | null): { readonly [K in "train" | "test"]?: Scores } =>
  scores === null ? {} : { [part]: scores };

/** Opens the records of a run; `run` is read whenever something is recorded. */
export const keepBooks = (setup: Setup, run: Run): Books => {
  const { target, source, options, reporter, agenda, steps } = setup;
  const evaluateEvery = options.evaluateEvery ?? (options.length.unit === "epochs" ? 1 : 0);
  const saveMs = (options.checkpointEvery ?? 30) * 1000;
  const began = performance.now();
  const from = run.update;
  let lastYield = began;
  let lastSave = began;
  let lastFlush = began;
  let evaluating = 0;

  const seconds = (): number => run.before + (performance.now() - began) / 1000;
  const epoch = (): number | null => agenda.epochsAfter(run.update);
  const line = () => ({ step: run.update, epoch: epoch(), seconds: Math.round(seconds() * 1000) / 1000 });
  const label = (losses: readonly number[]) => byLabel(target.statements, losses);
  // Between two lines of the log the losses since the last one; on it (or resumed there) those of that line.
  const latest = (): readonly number[] =>
    run.recent.count > 0 ? readMeans(run.recent) : (run.curve.at(-1)?.losses ?? []);

  const save = (): void => {
    run.log.flush();
    const { update, recent, ofEpoch } = run;
    const { program } = options;
    const checkpoint = {
      ...setup.identity,
      program,
      update,
      recent,
      ofEpoch,
      seconds: seconds(),
      state: target.state(),
      carried: target.carried?.() ?? new Map(),
    };
    const done = epoch();
    const position = done === null ? update : update - (agenda.updatesIn(done) ?? 0);
    writeCheckpoint(setup.checkpoint, checkpoint, { epoch: done ?? 0, position }, setup.disk);
    lastSave = performance.now();
    reporter({ tag: "checkpoint", step: run.update, file: setup.checkpoint });
  };
  const letThrough = async (): Promise<void> => {
    const spent = (performance.now() - began - evaluating) / 1000;
    const rate = spent > 0 ? (run.update - from) / spent : 0;
    const left = rate > 0 ? (steps - run.update) / rate : Infinity;
    reporter({ tag: "progress", step: run.update, epoch: epoch(), losses: label(latest()), rate, left });
    await yieldToEvents();
    lastYield = performance.now();
  };
  const evaluate: Books["evaluate"] = async (part, stopped) => {
    if (source.tag === "bare" || source.split[part].length === 0) return null;
    const start = performance.now();
    const scores = await evaluateOn(target, source.data, source.split[part], async () => {
      if (performance.now() - lastYield > YIELD_MS) await letThrough();
      return !stopped();
    });
    evaluating += performance.now() - start;
    return scores;
  };
  return {
    save,
    evaluate,
    seconds,
    curve: () => (run.recent.count > 0 ? [...run.curve, { step: run.update, losses: latest() }] : run.curve),
    logStep: () => {
      const losses = readMeans(run.recent);
      run.log.add({ kind: "step", ...line(), losses: label(losses) });
      run.curve.push({ step: run.update, losses });
      clearMeans(run.recent);
    },
    logEpoch: async (done) => {
      const losses = label(readMeans(run.ofEpoch));
      clearMeans(run.ofEpoch);
      // Never cut short: its line must be whole before a checkpoint follows it.
      const test = evaluateEvery > 0 && done % evaluateEvery === 0 ? await evaluate("test", () => false) : null;
      run.log.add({ kind: "epoch", ...line(), losses, ...present("test", test) });
      reporter({ tag: "epoch", epoch: done, step: run.update, losses, test });
    },
    logFinal: (train, test) => {
      run.log.add({
        kind: "final",
        ...line(),
        losses: label(latest()),
        ...present("train", train),
        ...present("test", test),
      });
      run.log.flush();
    },
    tick: () => {
      const now = performance.now();
      if (now - lastFlush > FLUSH_MS) {
        run.log.flush();
        lastFlush = now;
      }
      if (now - lastSave > saveMs) save();
      return now - lastYield > YIELD_MS ? letThrough() : null;
    },
  };
};
