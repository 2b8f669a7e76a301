import fs from "node:fs";
import { refusedAs, replaceFile } from "@sequent/data";
import type { Disk } from "@sequent/data";
import { unwritableRun } from "./diagnostics.js";

/** Losses and metrics of one part of the data, by label. */
export interface Scores {
  readonly losses: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
}

/** One line of `metrics.jsonl`. `step` counts Updates done, `epoch` epochs completed (null without data). */
export interface LogLine {
  /**
   * `step`: means since the last such line; `epoch`: means over the epoch; `final`: of the last update's parameters.
   */
  readonly kind: "step" | "epoch" | "final";
  readonly step: number;
  readonly epoch: number | null;
  readonly losses: Readonly<Record<string, number>>;
  readonly train?: Scores;
  readonly test?: Scores;
  readonly seconds: number;
}

/** Lines kept in memory until flushed, so that a step costs no system call. */
export interface MetricsLog {
  readonly add: (line: LogLine) => void;
  /** Appends what was added; complete lines or nothing. Faults SQ0601. */
  readonly flush: () => void;
}

/** JSON has no NaN: metrics that are none are written as strings, as everywhere in this project. */
const printLine = (line: LogLine): string =>
  JSON.stringify(line, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );

const stepOf = (text: string): { readonly step: number; readonly kind: unknown; readonly losses: unknown } | null => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("step" in value) || typeof value.step !== "number")
      return null;
    return {
      step: value.step,
      kind: "kind" in value ? value.kind : null,
      losses: "losses" in value ? value.losses : null,
    };
  } catch {
    return null;
  }
};

/** A point of the loss curve, from a kept line. */
export interface CurvePoint {
  readonly step: number;
  readonly losses: readonly number[];
}

const readCurve = (
  kept: readonly { readonly step: number; readonly kind: unknown; readonly losses: unknown }[],
  labels: readonly string[],
) =>
  kept.flatMap(({ step, kind, losses }): readonly CurvePoint[] => {
    if (kind !== "step" || typeof losses !== "object" || losses === null) return [];
    const values = new Map<string, unknown>(Object.entries(losses));
    return [{ step, losses: labels.map((label) => Number(values.get(label) ?? NaN)) }];
  });

const append = (file: string, text: string): void => {
  refusedAs(unwritableRun, `can't write "${file}"`, () => {
    const fd = fs.openSync(file, "a");
    try {
      const { size } = fs.fstatSync(fd);
      const bytes = Buffer.from(text);
      try {
        for (let done = 0; done < bytes.length;) done += fs.writeSync(fd, bytes, done);
      } catch (error) {
        // What got through before the disk was full would be half a line.
        fs.ftruncateSync(fd, size);
        throw error;
      }
    } finally {
      fs.closeSync(fd);
    }
  });
};

/**
 * Opens `metrics.jsonl`. A new run starts it afresh; one resumed after `update` updates (null: new) keeps the lines up
 * to there, so that what was logged behind the checkpoint is not there twice. Returns the curve so far. Faults SQ0601.
 */
export const openLog = (
  file: string,
  update: number | null,
  labels: readonly string[],
  disk: Disk,
): { readonly log: MetricsLog; readonly curve: CurvePoint[] } => {
  const old = refusedAs(unwritableRun, `can't continue "${file}"`, () =>
    update === null || !fs.existsSync(file) ? "" : fs.readFileSync(file, "utf8"),
  );
  const lines = old.split("\n").flatMap((text) => {
    const parsed = stepOf(text);
    return parsed === null || parsed.step > (update ?? 0) || parsed.kind === "final" ? [] : [{ text, parsed }];
  });
  replaceFile(file, [new TextEncoder().encode(lines.map(({ text }) => `${text}\n`).join(""))], disk, unwritableRun);
  let waiting = "";
  return {
    curve: readCurve(
      lines.map(({ parsed }) => parsed),
      labels,
    ),
    log: {
      add: (line) => {
        waiting += `${printLine(line)}\n`;
      },
      flush: () => {
        if (waiting === "") return;
        append(file, waiting);
        waiting = "";
      },
    },
  };
};
