import { drawCurve, printNumber } from "./chart.js";
import type { Scores } from "./metrics-log.js";
import type { Reporter, TrainEvent } from "./report.js";

/** A terminal or a file; `process.stderr` is one. */
export interface Screen {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const PLAIN_SECONDS = 5;

/** `1h 02m`, `3m 07s`, `12s`. */
export const printSeconds = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  if (whole >= 3600) return `${String(Math.floor(whole / 3600))}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return whole >= 60 ? `${String(Math.floor(whole / 60))}m ${two(whole % 60)}s` : `${String(whole)}s`;
};

const printPairs = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([label, value]) => `${label} ${printNumber(value)}`)
    .join("  ");

const printScores = (part: string, scores: Scores | null): string => {
  if (scores === null) return "";
  const pairs = [printPairs(scores.metrics), printPairs(scores.losses)].filter((text) => text !== "");
  return `${part.padEnd(6)} ${pairs.join("  ")}\n`;
};

/**
 * Reports on a terminal: a live line that is rewritten, or plain lines every few seconds where output is no terminal;
 * at the end the loss curve and the scores of both parts.
 */
export const terminalReporter = (screen: Screen, now: () => number = () => performance.now()): Reporter => {
  const live = screen.isTTY === true;
  const columns = (): number => screen.columns ?? 80;
  let started: Extract<TrainEvent, { tag: "started" }> | null = null;
  let lastPlain = now();
  const clear = (): void => {
    if (live) screen.write("\r\x1b[2K");
  };
  const line = (text: string): void => {
    clear();
    screen.write(`${text}\n`);
  };
  const progress = (event: Extract<TrainEvent, { tag: "progress" }>): void => {
    if (!live && now() - lastPlain < PLAIN_SECONDS * 1000) return;
    lastPlain = now();
    const perEpoch = started?.stepsPerEpoch ?? null;
    const steps = started?.steps ?? 0;
    const epochs = perEpoch === null ? 0 : Math.ceil(steps / perEpoch);
    const parts = [
      ...(event.epoch === null ? [] : [`epoch ${String(Math.min(event.epoch + 1, epochs))}/${String(epochs)}`]),
      `step ${String(event.step)}/${String(steps)}`,
      printPairs(event.losses),
      `${printNumber(event.rate)} steps/s`,
      `${printSeconds(event.left)} left`,
    ];
    const text = parts.join("  ");
    if (live) screen.write(`\r\x1b[2K${text.slice(0, columns() - 1)}`);
    else line(text);
  };
  return (event) => {
    switch (event.tag) {
      case "started":
        started = event;
        if (event.from >= event.steps && event.from > 0) line(`nothing to do: the run is at step ${String(event.from)}, and ends at ${String(event.steps)}`);
        else if (event.from > 0) line(`resuming at step ${String(event.from)} of ${String(event.steps)}`);
        return;
      case "note":
        line(event.text);
        return;
      case "progress":
        progress(event);
        return;
      case "epoch":
      case "checkpoint":
        return;
      case "failed":
        clear();
        return;
      case "ended": {
        clear();
        screen.write(drawCurve(event.curve, started?.statements ?? [], columns(), live));
        const end =
          event.outcome === "finished" ? "trained" : "interrupted; the checkpoint is kept, --resume continues";
        const steps = `${String(event.step)} ${event.step === 1 ? "step" : "steps"}`;
        screen.write(`${end}: ${steps} in ${printSeconds(event.seconds)}, ${started?.folder ?? ""}\n`);
        screen.write(printScores("train", event.train) + printScores("test", event.test));
      }
    }
  };
};
