/** Writing results into folders. */
import { attempt, environment, makeFolder, print, refusedAs, replaceFile } from "@sequent/compiler";
import type { Program } from "@sequent/compiler";
import * as E from "fp-ts/lib/Either.js";
import path from "node:path";
import { unwritableOutput } from "./diagnostics.js";
import { EXIT, Stop } from "./terminal.js";

const NOWHERE = { file: "", from: 0, to: 0 };

const orStop = (body: () => void): void => {
  const result = attempt(NOWHERE, body);
  if (E.isLeft(result)) throw new Stop(EXIT.diagnostics, result.left.map((one) => ({ ...one, labels: [] })));
};

/** Makes a folder with those above it. Stops with SQ0803. */
export const makeOutputFolder = (folder: string): void => {
  orStop(() => { refusedAs(unwritableOutput, `can't make the folder ${JSON.stringify(folder)}`, () => { makeFolder(folder); }); });
};

/** Writes a file whole or not at all, and the folders above it. Stops with SQ0803. */
export const writeText = (file: string, text: string): void => {
  makeOutputFolder(path.dirname(file));
  orStop(() => { replaceFile(file, [new TextEncoder().encode(text)], undefined, unwritableOutput); });
};

/** Writes each stage as `DIR/NN-pass.seq`. */
export const createDump = (folder: string): ((name: string, program: Program) => void) => {
  const env = environment();
  return (name, program) => {
    writeText(path.join(folder, `${name}.seq`), print(program, env));
  };
};
