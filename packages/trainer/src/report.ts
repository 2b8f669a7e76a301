import type { CurvePoint, Scores } from "./metrics-log.js";

export type Outcome = "finished" | "interrupted";

/** What happens in a run. `losses` are by label; rates count Updates a second of this run. */
export type TrainEvent =
  | {
      readonly tag: "started";
      readonly statements: readonly string[];
      readonly from: number;
      readonly steps: number;
      readonly stepsPerEpoch: number | null;
      readonly folder: string;
    }
  | { readonly tag: "note"; readonly text: string }
  | {
      readonly tag: "progress";
      readonly step: number;
      readonly epoch: number | null;
      readonly losses: Readonly<Record<string, number>>;
      readonly rate: number;
      /** Seconds. */
      readonly left: number;
    }
  | {
      readonly tag: "epoch";
      readonly epoch: number;
      readonly step: number;
      readonly losses: Readonly<Record<string, number>>;
      readonly test: Scores | null;
    }
  | { readonly tag: "checkpoint"; readonly step: number; readonly file: string }
  | {
      readonly tag: "ended";
      readonly outcome: Outcome;
      readonly step: number;
      readonly seconds: number;
      readonly curve: readonly CurvePoint[];
      readonly train: Scores | null;
      readonly test: Scores | null;
    }
  /** The run stopped with a diagnostic, which is the caller's to print. */
  | { readonly tag: "failed" };

/** Listens to a run; is called at most some twenty times a second. */
export type Reporter = (event: TrainEvent) => void;

export const silentReporter: Reporter = () => undefined;

/** One JSON object a line, for programs that watch. */
export const jsonReporter =
  (write: (text: string) => unknown): Reporter =>
  (event) => {
    write(`${JSON.stringify(event)}\n`);
  };
