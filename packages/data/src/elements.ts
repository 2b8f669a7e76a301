import type { Values } from "@sequent/ir";
import { integerTooLarge } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { printIndex, quote } from "./array.js";

/** Element types of files, by kind and bytes: what npy calls `f4` and safetensors `F32`. */
export type Element = "b1" | "i1" | "u1" | "i2" | "u2" | "i4" | "u4" | "i8" | "u8" | "f2" | "bf2" | "f4" | "f8";

export const ELEMENT_BYTES: Readonly<Record<Element, number>> = {
  b1: 1,
  i1: 1,
  u1: 1,
  i2: 2,
  u2: 2,
  i4: 4,
  u4: 4,
  i8: 8,
  u8: 8,
  f2: 2,
  bf2: 2,
  f4: 4,
  f8: 8,
};

const BITS = new DataView(new ArrayBuffer(4));

/** The value of an IEEE half-precision number; exact. */
export const fromHalf = (bits: number): number => {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** The value of a bfloat16 number; exact. */
export const fromBrain = (bits: number): number => {
  BITS.setUint32(0, bits << 16);
  return BITS.getFloat32(0);
};

const swapBytes = (bytes: Uint8Array, size: number): void => {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
};

/** Products of dimensions; null if one is no whole number ≥ 0 or the bytes would not be countable. */
export const countElements = (shape: readonly number[]): number | null => {
  let count = 1;
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0 || dim > 2 ** 40) return null;
    count *= dim;
    if (count > 2 ** 50) return null;
  }
  return count;
};

const narrow = (wide: ArrayLike<number | bigint>, name: string, shape: readonly number[]): Int32Array => {
  const out = new Int32Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    const value = wide[i] ?? 0;
    if (value > 2147483647 || value < -2147483648) {
      throw new Fault(
        integerTooLarge,
        `array ${quote(name)} holds ${String(value)} at ${name}${printIndex(shape, i)}, beyond 32 bits`,
      );
    }
    out[i] = Number(value);
  }
  return out;
};

/**
 * Decodes elements to the in-memory form: integers as int32 (SQ0506 if one does not fit), f2, bf2 and f4 as f32, f8 as
 * f64.
 */
export const decodeElements = (
  element: Element,
  source: Uint8Array,
  bigEndian: boolean,
  name: string,
  shape: readonly number[],
): Values => {
  // A copy is aligned, ours to reverse, and lets the file's bytes go. Node runs on little-endian machines.
  const bytes = new Uint8Array(source);
  if (bigEndian) swapBytes(bytes, ELEMENT_BYTES[element]);
  const { buffer } = bytes;
  switch (element) {
    case "f8":
      return new Float64Array(buffer);
    case "f4":
      return new Float32Array(buffer);
    case "f2":
      return Float32Array.from(new Uint16Array(buffer), fromHalf);
    case "bf2":
      return Float32Array.from(new Uint16Array(buffer), fromBrain);
    case "i4":
      return new Int32Array(buffer);
    case "b1":
      return Int32Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
    case "u1":
      return Int32Array.from(bytes);
    case "i1":
      return Int32Array.from(new Int8Array(buffer));
    case "i2":
      return Int32Array.from(new Int16Array(buffer));
    case "u2":
      return Int32Array.from(new Uint16Array(buffer));
    case "u4":
      return narrow(new Uint32Array(buffer), name, shape);
    case "i8":
      return narrow(new BigInt64Array(buffer), name, shape);
    case "u8":
      return narrow(new BigUint64Array(buffer), name, shape);
  }
};

/** The element type that in-memory values are written as; exact. */
export const elementOf = (data: Values): "f4" | "f8" | "i4" =>
  data instanceof Float64Array ? "f8" : data instanceof Float32Array ? "f4" : "i4";

/** The bytes of a typed array, shared. */
export const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
