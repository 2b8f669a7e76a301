import type { Span } from "@sequent/ir";
import type { Disk } from "@sequent/data";
import type { RunIdentity } from "./checkpoint.js";
import type { Means } from "./means.js";
import type { CurvePoint, MetricsLog } from "./metrics-log.js";
import type { Reporter } from "./report.js";
import type { Agenda, Source } from "./source.js";
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

/** All that changes while a run goes on. */
export interface Run {
  update: number;
  readonly recent: Means;
  readonly ofEpoch: Means;
  /** Seconds of earlier parts of a resumed run. */
  readonly before: number;
  readonly curve: CurvePoint[];
  readonly log: MetricsLog;
}

/** All that does not. */
export interface Setup {
  readonly target: Target;
  readonly source: Source;
  readonly options: TrainOptions;
  readonly reporter: Reporter;
  readonly agenda: Agenda;
  readonly steps: number;
  readonly identity: RunIdentity;
  readonly checkpoint: string;
  readonly disk: Disk;
}
