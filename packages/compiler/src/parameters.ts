/** Files of parameter values. */
import { arraysOf, attempt, decodeInputs, decodeSafetensors, readBytes } from "@sequent/data";
import type { DataSet } from "@sequent/data";
import type { Diagnostics, Span } from "@sequent/ir";
import { isCarried } from "@sequent/trainer";
import type * as E from "fp-ts/lib/Either.js";
import path from "node:path";

/** Reads `.json` (`{"M_1.weight": [[…]]}`) or else safetensors, such as a checkpoint, of which what windows have carried is left out. Left SQ0501, SQ0505, SQ0511…SQ0514. */
export const readParameters = (file: string, at: Span): E.Either<Diagnostics, DataSet> =>
  attempt(at, () =>
    path.extname(file).toLowerCase() === ".json" ? decodeInputs(readBytes(file), file) : withoutCarried(arraysOf(decodeSafetensors(readBytes(file)))),
  );

const withoutCarried = (arrays: DataSet): DataSet => new Map([...arrays].filter(([name]) => !isCarried(name)));
