/** The ways out of a command: results on standard output, everything else on standard error. */
import { createRenderer, diagnose, systemReason } from "@sequent/compiler";
import type { Diagnostic } from "@sequent/compiler";
import fs from "node:fs";
import { unwritableOutput } from "./diagnostics.js";

/** Ends the command with a code; what there is to say has been said, unless there are diagnostics. */
export class Stop extends Error {
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  constructor(exitCode: number, diagnostics: readonly Diagnostic[] = [], sources: ReadonlyMap<string, string> = new Map()) {
    super("stop");
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
    this.sources = sources;
  }
}

/** What exit codes mean; 130 is an interrupted run whose checkpoint is kept. */
export const EXIT = { ok: 0, diagnostics: 1, usage: 2, interrupted: 130 } as const;

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** Writes at once, so that nothing is lost at exit and a full disk is seen. A reader that has gone ends the command quietly. */
const writeTo = (fd: number, text: string): void => {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else if (code === "EPIPE") throw new Stop(EXIT.ok);
      else throw error;
    }
  }
};

/** A result, for people or programs. */
export const out = (text: string): void => {
  try {
    writeTo(1, text);
  } catch (error) {
    const reason = systemReason(error);
    if (error instanceof Stop || reason === null) throw error;
    throw new Stop(EXIT.diagnostics, [diagnose(unwritableOutput, `can't write to standard output: ${reason}`, [])]);
  }
};

/** Progress and diagnostics; where even that can't be written there is nobody left to tell. */
export const err = (text: string): void => {
  try {
    writeTo(2, text);
  } catch {
    // Nobody reads it.
  }
};

export const colourful = (): boolean => process.stderr.isTTY && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb";

export type Sources = ReadonlyMap<string, string>;

/** Prints diagnostics for people, on standard error, and how many there were of each kind if there were many. */
export const complain = (diagnostics: readonly Diagnostic[], sources: Sources): void => {
  const { render } = createRenderer(sources, { colour: colourful() });
  err(diagnostics.map(render).join("\n"));
};

/** JSON has no NaN; numbers that are none are written as strings. */
export const json = (value: unknown): string =>
  `${JSON.stringify(value, (_, one: unknown) => (typeof one === "number" && !Number.isFinite(one) ? String(one) : one), 2)}\n`;

/** The same for programs, on standard output. */
export const reportJson = (diagnostics: readonly Diagnostic[], sources: Sources, more: Readonly<Record<string, unknown>> = {}): void => {
  const { toJson } = createRenderer(sources);
  out(json({ ok: !diagnostics.some((one) => one.severity === "error"), ...more, diagnostics: diagnostics.map(toJson) }));
};
