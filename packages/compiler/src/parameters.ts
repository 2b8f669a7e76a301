/** Files of parameter values. */
import { arraysOf, attempt, decodeInputs, decodeSafetensors, readBytes } from "@sequent/data";
import type { DataSet } from "@sequent/data";
import type { Diagnostics, Span } from "@sequent/ir";
import type * as E from "fp-ts/lib/Either.js";
import path from "node:path";

/** Reads `.json` (`{"M_1.weight": [[…]]}`) or else safetensors. Left SQ0501, SQ0505, SQ0511…SQ0514. */
export const readParameters = (file: string, at: Span): E.Either<Diagnostics, DataSet> =>
  attempt(at, () =>
    path.extname(file).toLowerCase() === ".json" ? decodeInputs(readBytes(file), file) : arraysOf(decodeSafetensors(readBytes(file))),
  );
