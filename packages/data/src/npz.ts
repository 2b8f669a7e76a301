import { damagedArchive, duplicateName } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { quote } from "./array.js";
import type { DataArray, DataSet } from "./array.js";
import { decodeNpy, encodeNpy } from "./npy.js";
import { UNPACKED_LIMIT, readZip, writeZip } from "./zip.js";

/** Reads the arrays of an .npz archive, in its order. Faults SQ0503…SQ0506, SQ0514, SQ0515. */
export const decodeNpz = (bytes: Uint8Array, limit: number = UNPACKED_LIMIT): DataSet => {
  const arrays = new Map<string, DataArray>();
  for (const entry of readZip(bytes, limit)) {
    if (!entry.name.endsWith(".npy"))
      throw new Fault(damagedArchive, `${quote(entry.name)} in the archive is no .npy array`);
    const name = entry.name.slice(0, -4);
    if (arrays.has(name)) throw new Fault(duplicateName, `array ${quote(name)} occurs twice in the archive`);
    arrays.set(name, decodeNpy(entry.bytes, name));
  }
  return arrays;
};

/** Writes an .npz archive that numpy reads, as chunks; stored, or deflated on wish. */
export const encodeNpz = (arrays: Iterable<DataArray>, compress = false): readonly Uint8Array[] =>
  writeZip(
    [...arrays].map((array) => ({ name: `${array.name}.npy`, bytes: encodeNpy(array) })),
    compress,
  );
