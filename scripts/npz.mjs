// Reads and writes the few kinds of .npz array that our data scripts need, byte for byte the same each time.
import { unzipSync, zipSync } from "fflate";

const kinds = { "<f4": Float32Array, "|u1": Uint8Array };

/** The bytes of an .npz file; `arrays` maps a name to `{ shape, data }`, data a Float32Array or a Uint8Array. */
export function writeNpz(arrays) {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)]);
  return zipSync(Object.fromEntries(files), { level: 9, mtime: new Date(1980, 0, 1), os: 0 });
}

/** The arrays of an .npz file, as `writeNpz` takes them. */
export function readNpz(bytes) {
  const files = Object.entries(unzipSync(bytes));
  return Object.fromEntries(files.map(([name, file]) => [name.replace(/\.npy$/, ""), readNpy(file)]));
}

function writeNpy({ shape, data }) {
  const [descr] = Object.entries(kinds).find(([, kind]) => data instanceof kind);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const magic = [0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8];
  return Buffer.concat([Buffer.from(magic), Buffer.from(header), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

function readNpy(file) {
  const end = 10 + file[8] + 256 * file[9];
  const header = Buffer.from(file.subarray(10, end)).toString("latin1");
  const shape = /'shape': \(([^)]*)\)/.exec(header)[1].split(",").filter((n) => n.trim() !== "").map(Number);
  const kind = kinds[/'descr': '([^']*)'/.exec(header)[1]];
  return { shape, data: new kind(file.slice(end).buffer) };
}
