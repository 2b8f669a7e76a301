import type { Values } from "@sequent/ir";
import { damagedTensors, duplicateName, unsupportedElements } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { ELEMENT_BYTES, bytesOf, countElements, decodeElements, elementOf } from "./elements.js";
import type { Element } from "./elements.js";
import { arrayOf, printShape, quote } from "./array.js";
import type { DataArray, DataSet } from "./array.js";
import { parseObject } from "./json-text.js";

const ELEMENTS = new Map<string, Element>([
  ["BOOL", "b1"],
  ["U8", "u1"],
  ["I8", "i1"],
  ["I16", "i2"],
  ["U16", "u2"],
  ["I32", "i4"],
  ["U32", "u4"],
  ["I64", "i8"],
  ["U64", "u8"],
  ["F16", "f2"],
  ["BF16", "bf2"],
  ["F32", "f4"],
  ["F64", "f8"],
]);
const WRITTEN = { f4: "F32", f8: "F64", i4: "I32" } as const;
/** The limit of the format's own library. */
const MAX_HEADER = 100_000_000;

/** A tensor with its bytes as they stand in the file, so that every element type goes round bit by bit. */
export interface StoredTensor {
  /** As the format names it: `F32`, `BF16`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A safetensors file; both maps in the order of its header. */
export interface TensorFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const fail = (why: string): never => {
  throw new Fault(damagedTensors, `the safetensors file can't be read: ${why}`);
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((v) => typeof v === "number");

const readMetadata = (value: unknown): ReadonlyMap<string, string> => {
  const metadata = new Map<string, string>();
  if (!isRecord(value)) return fail("its __metadata__ is no object");
  for (const [key, text] of Object.entries(value)) {
    metadata.set(key, typeof text === "string" ? text : fail(`its __metadata__ ${quote(key)} is no string`));
  }
  return metadata;
};

interface Extent extends StoredTensor {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const readEntry = (name: string, value: unknown, body: Uint8Array): Extent => {
  if (!isRecord(value)) return fail(`tensor ${quote(name)} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !isNumbers(shape) || !isNumbers(offsets) || offsets.length !== 2) {
    return fail(`tensor ${quote(name)} lacks dtype, shape or data_offsets`);
  }
  const element = ELEMENTS.get(dtype);
  if (element === undefined)
    throw new Fault(unsupportedElements, `tensor ${quote(name)} holds elements of type ${quote(dtype)}`);
  const count = countElements(shape) ?? fail(`tensor ${quote(name)} has the shape ${printShape(shape).slice(0, 80)}`);
  const [from = -1, to = -1] = offsets;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from || to > body.length) {
    fail(`tensor ${quote(name)} claims bytes ${String(from)} to ${String(to)} of ${String(body.length)}`);
  }
  if (to - from !== count * ELEMENT_BYTES[element]) {
    fail(`tensor ${quote(name)} of type ${dtype} and shape ${printShape(shape)} has ${String(to - from)} bytes`);
  }
  return { name, dtype, shape, from, to, bytes: body.subarray(from, to) };
};

/** Tensors must fill the body without overlap or hole, as the format demands. */
const checkCover = (entries: readonly Extent[], size: number): void => {
  let at = 0;
  for (const entry of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (entry.from !== at)
      fail(`tensor ${quote(entry.name)} ${entry.from < at ? "overlaps another" : "leaves a hole before it"}`);
    at = entry.to;
  }
  if (at !== size) fail(`${String(size - at)} bytes belong to no tensor`);
};

/** Reads a safetensors file. Faults SQ0505, SQ0511, SQ0514. */
export const decodeSafetensors = (bytes: Uint8Array): TensorFile => {
  if (bytes.length < 8) fail("it is shorter than 8 bytes");
  const claimed = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (claimed > BigInt(bytes.length - 8))
    fail(`its header claims ${String(claimed)} bytes and ${String(bytes.length - 8)} are there`);
  const length = Number(claimed);
  if (length > MAX_HEADER) fail(`its header claims ${String(length)} bytes; the limit is ${String(MAX_HEADER)}`);
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const object = parseObject(
    header,
    (why) => fail(`its header: ${why}`),
    (name) => {
      throw new Fault(duplicateName, `tensor ${quote(name)} occurs twice in the safetensors file`);
    },
  );
  const body = bytes.subarray(8 + length);
  const entries = object.names
    .filter((name) => name !== "__metadata__")
    .map((name) => readEntry(name, object.get(name), body));
  checkCover(entries, body.length);
  return {
    metadata: object.names.includes("__metadata__") ? readMetadata(object.get("__metadata__")) : new Map(),
    tensors: new Map(entries.map(({ name, dtype, shape, bytes: own }) => [name, { dtype, shape, bytes: own }])),
  };
};

/**
 * Writes a safetensors file as chunks. Names keep their order in the header; the bytes stand by falling element size,
 * so that all are aligned.
 */
export const encodeSafetensors = (file: TensorFile): readonly Uint8Array[] => {
  const sizeOfElement = (tensor: StoredTensor): number => ELEMENT_BYTES[ELEMENTS.get(tensor.dtype) ?? "b1"];
  const laid = [...file.tensors].sort(([, a], [, b]) => sizeOfElement(b) - sizeOfElement(a));
  const offsets = new Map<string, readonly [number, number]>();
  let at = 0;
  for (const [name, { bytes }] of laid) {
    offsets.set(name, [at, at + bytes.length]);
    at += bytes.length;
  }
  const field = (name: string, value: unknown): string => `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  const fields = [...file.tensors].map(([name, { dtype, shape }]) =>
    field(name, { dtype, shape, data_offsets: offsets.get(name) }),
  );
  const metadata = [...file.metadata].map(([key, text]) => field(key, text));
  if (metadata.length > 0) fields.unshift(`"__metadata__":{${metadata.join(",")}}`);
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return [header, ...laid.map(([, { bytes }]) => bytes)];
};

/** The in-memory form of a stored tensor; narrower types widen, integers beyond 32 bits are a Fault SQ0506. */
export const fromStored = (name: string, tensor: StoredTensor): DataArray => {
  const element = ELEMENTS.get(tensor.dtype) ?? "b1";
  return arrayOf(element, name, tensor.shape, decodeElements(element, tensor.bytes, false, name, tensor.shape));
};

/** The stored form of in-memory values: F32, F64 or I32; the bytes are shared. */
export const toStored = (shape: readonly number[], data: Values): StoredTensor => ({
  dtype: WRITTEN[elementOf(data)],
  shape,
  bytes: bytesOf(data),
});

export const arraysOf = (file: TensorFile): DataSet =>
  new Map([...file.tensors].map(([name, tensor]) => [name, fromStored(name, tensor)]));
