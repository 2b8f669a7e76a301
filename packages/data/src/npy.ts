import type { Values } from "@sequent/ir";
import { damagedArray, unsupportedElements } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { ELEMENT_BYTES, bytesOf, countElements, decodeElements, elementOf } from "./elements.js";
import type { Element } from "./elements.js";
import { arrayOf, printShape, quote } from "./array.js";
import type { DataArray } from "./array.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const KNOWN: ReadonlyMap<string, Element> = new Map<string, Element>(
  (["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"] as const).map((e) => [e, e]),
);

interface Header {
  readonly element: Element;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly start: number;
}

const headerText = (
  bytes: Uint8Array,
  fail: (why: string) => never,
): { readonly text: string; readonly start: number } => {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) fail("it does not start as an .npy array does");
  const major = bytes[6] ?? 0;
  if (major < 1 || major > 3) fail(`its format version is ${String(major)}, and 1 to 3 are known`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = major === 1 ? 10 : 12;
  if (bytes.length < from) fail("it is cut off in its header");
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (from + length > bytes.length)
    fail(`its header claims ${String(length)} bytes and ${String(bytes.length - from)} are there`);
  if (length > 1_000_000) fail(`its header claims ${String(length)} bytes`);
  return { text: new TextDecoder().decode(bytes.subarray(from, from + length)), start: from + length };
};

/** The header is a Python literal with three fixed keys, so that patterns are enough to read it. */
const parseHeader = (bytes: Uint8Array, name: string, fail: (why: string) => never): Header => {
  const { text, start } = headerText(bytes, fail);
  const shapeText = /['"]shape['"]\s*:\s*\(([^()]*)\)/.exec(text)?.[1] ?? fail("its header names no shape");
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1] ?? fail("its header does not say its order");
  const descr =
    /['"]descr['"]\s*:\s*(?:'([^']*)'|"([^"]*)"|(\[))/.exec(text) ?? fail("its header names no element type");
  const type = descr[1] ?? descr[2] ?? "a record";
  const match = /^([<>|=]?)(.+)$/.exec(type);
  const element = KNOWN.get(match?.[2] ?? "");
  if (element === undefined) {
    throw new Fault(
      unsupportedElements,
      `array ${quote(name)} holds elements of type ${quote(type)}, not numbers of a known size`,
    );
  }
  const parts = shapeText.split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  const shape = parts.map((part) =>
    /^\d{1,15}L?$/.test(part) ? parseInt(part, 10) : fail(`its shape is (${shapeText.slice(0, 80)})`),
  );
  if (shape.length > 32) fail("it has more than 32 axes");
  return { element, bigEndian: match?.[1] === ">", fortran: order === "True", shape, start };
};

/** Row-major values of a column-major array. */
const fromFortran = <V extends Values>(source: V, target: V, shape: readonly number[]): V => {
  const strides: number[] = [];
  let stride = 1;
  for (const dim of shape) {
    strides.push(stride);
    stride *= dim;
  }
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < target.length; i++) {
    target[i] = source[at] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const step = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      at += step;
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next;
        break;
      }
      at -= step * next;
      index[axis] = 0;
    }
  }
  return target;
};

const rowMajor = (data: Values, shape: readonly number[]): Values => {
  if (data instanceof Int32Array) return fromFortran(data, new Int32Array(data.length), shape);
  if (data instanceof Float32Array) return fromFortran(data, new Float32Array(data.length), shape);
  return fromFortran(data, new Float64Array(data.length), shape);
};

/**
 * Reads an .npy array (versions 1 to 3; booleans, integers and floats, either byte order and axis order). Faults
 * SQ0504, SQ0505, SQ0506.
 */
export const decodeNpy = (bytes: Uint8Array, name: string): DataArray => {
  const fail = (why: string): never => {
    throw new Fault(damagedArray, `array ${quote(name)} can't be read: ${why}`);
  };
  const { element, bigEndian, fortran, shape, start } = parseHeader(bytes, name, fail);
  const count = countElements(shape) ?? fail(`its shape is ${printShape(shape)}`);
  const needed = count * ELEMENT_BYTES[element];
  if (bytes.length - start !== needed) {
    fail(`shape ${printShape(shape)} needs ${String(needed)} bytes and ${String(bytes.length - start)} are there`);
  }
  const data = decodeElements(element, bytes.subarray(start), bigEndian, name, shape);
  return arrayOf(element, name, shape, fortran && shape.length > 1 ? rowMajor(data, shape) : data);
};

/** Writes an .npy array, version 1, row-major, little-endian: `<f4`, `<f8` or `<i4`. */
export const encodeNpy = (array: DataArray): Uint8Array => {
  const comma = array.shape.length === 1 ? "," : "";
  const literal = `{'descr': '<${elementOf(array.data)}', 'fortran_order': False, 'shape': (${array.shape.join(", ")}${comma}), }`;
  // Header and data start at a multiple of 64, as numpy wants for mapping into memory.
  const length = Math.ceil((10 + literal.length + 1) / 64) * 64 - 10;
  const data = bytesOf(array.data);
  const out = new Uint8Array(10 + length + data.length);
  out.set(MAGIC);
  out[6] = 1;
  new DataView(out.buffer).setUint16(8, length, true);
  out.set(new TextEncoder().encode(`${literal.padEnd(length - 1)}\n`), 10);
  out.set(data, 10 + length);
  return out;
};
