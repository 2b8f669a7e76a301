import path from "node:path";
import type * as E from "fp-ts/lib/Either.js";
import type { Diagnostics, Span } from "@sequent/ir";
import { unknownFileKind } from "./diagnostics.js";
import { Fault, attempt } from "./fault.js";
import { quote } from "./array.js";
import type { DataArray, DataSet } from "./array.js";
import { readBytes, replaceFile } from "./files.js";
import { decodeCsv, encodeCsv } from "./csv.js";
import { decodeInputs } from "./json.js";
import { decodeNpy, encodeNpy } from "./npy.js";
import { decodeNpz, encodeNpz } from "./npz.js";
import { arraysOf, decodeSafetensors, encodeSafetensors, toStored } from "./safetensors.js";
import { decodePlainText } from "./text.js";

/** One kind of data file; a kind is added by adding a record. */
interface FileKind {
  readonly decode: (bytes: Uint8Array, file: string) => DataSet;
  readonly encode: ((arrays: readonly DataArray[]) => readonly Uint8Array[]) | null;
}

const stem = (file: string): string => path.basename(file, path.extname(file));
const single = (array: DataArray): DataSet => new Map([[array.name, array]]);

const KINDS: ReadonlyMap<string, FileKind> = new Map<string, FileKind>([
  [".npz", { decode: (bytes) => decodeNpz(bytes), encode: (arrays) => encodeNpz(arrays) }],
  [
    ".npy",
    {
      decode: (bytes, file) => single(decodeNpy(bytes, stem(file))),
      encode: (arrays) => arrays.slice(0, 1).map(encodeNpy),
    },
  ],
  [".csv", { decode: decodeCsv, encode: (arrays) => [new TextEncoder().encode(encodeCsv(arrays))] }],
  [
    ".safetensors",
    {
      decode: (bytes) => arraysOf(decodeSafetensors(bytes)),
      encode: (arrays) =>
        encodeSafetensors({
          metadata: new Map(),
          tensors: new Map(arrays.map((a) => [a.name, toStored(a.shape, a.data)])),
        }),
    },
  ],
  [".json", { decode: (bytes, file) => decodeInputs(bytes, file), encode: null }],
  [".txt", { decode: (bytes, file) => single(decodePlainText(bytes, stem(file), file)), encode: null }],
]);

const kindOf = (file: string): FileKind => {
  const kind = KINDS.get(path.extname(file).toLowerCase());
  if (kind !== undefined) return kind;
  throw new Fault(unknownFileKind, `${quote(file)} ends in none of ${[...KINDS.keys()].join(", ")}`);
};

/**
 * Reads the arrays of a data file, whose ending says its kind. Left (SQ0501…SQ0516) at `at`, the directive that names
 * it.
 */
export const readData = (file: string, at: Span): E.Either<Diagnostics, DataSet> =>
  attempt(at, () => kindOf(file).decode(readBytes(file), file));

/** Writes arrays to a file whose ending says its kind, as a whole or not at all. Left SQ0502, SQ0515, SQ0540. */
export const writeData = (file: string, arrays: readonly DataArray[], at: Span): E.Either<Diagnostics, void> =>
  attempt(at, () => {
    const { encode } = kindOf(file);
    if (encode === null) throw new Fault(unknownFileKind, `files like ${quote(file)} are read and not written`);
    replaceFile(file, encode(arrays));
  });
