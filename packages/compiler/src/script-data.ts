/** Data for the emitted training script, which reads `.npz`, `.safetensors`, `.csv` and `.txt`: arrays of other files are written beside it. */
import { writeData } from "@sequent/data";
import type { DataSet } from "@sequent/data";
import type { Diagnostics } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import path from "node:path";
import type { Compiled } from "./compile.js";

/** What the script reads by itself. */
const READ = new Set([".npz", ".safetensors", ".csv", ".txt"]);
const isRead = (file: string): boolean => READ.has(path.extname(file).toLowerCase());

/** Files that stand for those that the program names, by their full paths; null: the script reads those themselves. */
export interface ScriptData {
  readonly train: string | null;
  readonly test: string | null;
}

/** Writes what the script can't read as `data.npz` and `test.npz` into a folder that exists. Left: SQ0515, SQ0540. */
export const writeScriptData = (compiled: Compiled, folder: string): E.Either<Diagnostics, ScriptData> => {
  const { data } = compiled;
  if (data === null) return E.right({ train: null, test: null });
  const { setting } = data;
  const write = (file: string, arrays: DataSet | null, name: string): E.Either<Diagnostics, string | null> => {
    if (arrays === null || isRead(file)) return E.right(null);
    const full = path.resolve(folder, name);
    return E.map(() => full)(writeData(full, [...arrays.values()], setting.at));
  };
  const train = write(setting.path, data.train, "data.npz");
  if (E.isLeft(train)) return train;
  const test = write(typeof setting.test === "string" ? setting.test : "", data.test, "test.npz");
  return E.map((file: string | null): ScriptData => ({ train: train.right, test: file }))(test);
};
