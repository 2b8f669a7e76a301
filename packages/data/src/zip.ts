import zlib from "node:zlib";
import { damagedArchive, duplicateName, tooLargeUnpacked } from "./diagnostics.js";
import { Fault } from "./fault.js";
import { quote } from "./array.js";

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** All entries together may take this much memory unpacked. */
export const UNPACKED_LIMIT = 2 ** 31;

interface Listed {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly at: number;
}

const fail = (why: string): never => {
  throw new Fault(damagedArchive, `the archive can't be read: ${why}`);
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Where the list of entries stands; the record that says so is the last thing in the file but for a comment. */
const findDirectory = (view: DataView): { readonly at: number; readonly count: number; readonly end: number } => {
  const last = view.byteLength - 22;
  let end = last;
  while (end >= 0 && end >= last - 65535 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0 || end < last - 65535) fail("it has no end record, so it is no zip archive or cut off");
  const count = view.getUint16(end + 10, true);
  const at = view.getUint32(end + 16, true);
  if (count !== 0xffff && at !== 0xffffffff) return { at, count, end };
  if (end < 20 || view.getUint32(end - 20, true) !== 0x07064b50) return { at, count, end };
  const big = u64(view, end - 12);
  if (big + 56 > end || view.getUint32(big, true) !== 0x06064b50)
    fail("its zip64 end record is not where it should be");
  return { at: u64(view, big + 48), count: u64(view, big + 32), end };
};

/** Sizes and offset that do not fit 32 bits stand in an extra field, in this order, only those that are needed. */
const widen = (
  view: DataView,
  from: number,
  to: number,
  sizes: readonly [number, number, number],
): [number, number, number] => {
  const wide: [number, number, number] = [...sizes];
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const i of [0, 1, 2] as const) {
      if (wide[i] !== 0xffffffff) continue;
      if (field + 8 > to) fail("a zip64 field is cut off");
      wide[i] = u64(view, field);
      field += 8;
    }
  }
  return wide;
};

const listEntries = (bytes: Uint8Array): readonly Listed[] => {
  const view = viewOf(bytes);
  const { at: start, count, end } = findDirectory(view);
  const entries: Listed[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50)
      fail(`entry ${String(i + 1)} of ${String(count)} is not listed`);
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    if (extraEnd > end) fail("its list of entries is cut off");
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    if ((view.getUint16(at + 8, true) & 1) !== 0) fail(`${quote(name)} is encrypted`);
    const narrow = [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ] as const;
    const [unpacked, packed, local] = widen(view, nameEnd, extraEnd, narrow);
    entries.push({
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed,
      unpacked,
      at: local,
    });
    at = extraEnd + view.getUint16(at + 32, true);
  }
  return entries;
};

const inflate = (entry: Listed, packed: Uint8Array): Uint8Array => {
  if (entry.unpacked === 0 && entry.packed === 0) return new Uint8Array(0);
  try {
    // Never unpacks more than was declared, and grows only as bytes come, so a lie costs nothing.
    return zlib.inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.unpacked) });
  } catch {
    return fail(`${quote(entry.name)} does not unpack to the ${String(entry.unpacked)} bytes that it claims`);
  }
};

const unpack = (bytes: Uint8Array, entry: Listed): Uint8Array => {
  const view = viewOf(bytes);
  if (entry.at + 30 > bytes.length || view.getUint32(entry.at, true) !== 0x04034b50)
    fail(`${quote(entry.name)} is not where it should be`);
  const from = entry.at + 30 + view.getUint16(entry.at + 26, true) + view.getUint16(entry.at + 28, true);
  if (from + entry.packed > bytes.length) fail(`${quote(entry.name)} is cut off`);
  const packed = bytes.subarray(from, from + entry.packed);
  if (entry.method !== 0 && entry.method !== 8)
    fail(`${quote(entry.name)} is packed by method ${String(entry.method)}, not deflate`);
  const whole = entry.method === 0 ? packed : inflate(entry, packed);
  if (whole.length !== entry.unpacked)
    fail(`${quote(entry.name)} has ${String(whole.length)} bytes and claims ${String(entry.unpacked)}`);
  if (zlib.crc32(whole) !== entry.crc) fail(`the checksum of ${quote(entry.name)} does not fit`);
  return whole;
};

/**
 * Reads a zip archive (stored and deflated entries, zip64), bounded by `limit` bytes unpacked. Faults SQ0503, SQ0514,
 * SQ0515.
 */
export const readZip = (bytes: Uint8Array, limit: number = UNPACKED_LIMIT): readonly ZipEntry[] => {
  if (bytes.length < 22) fail("it is shorter than the shortest archive");
  const listed = listEntries(bytes);
  const seen = new Set<string>();
  let total = 0;
  for (const entry of listed) {
    if (seen.has(entry.name)) throw new Fault(duplicateName, `${quote(entry.name)} occurs twice in the archive`);
    seen.add(entry.name);
    total += entry.unpacked;
  }
  if (total > limit) {
    throw new Fault(
      tooLargeUnpacked,
      `the archive of ${String(bytes.length)} bytes claims to unpack to ${String(total)}; the limit is ${String(limit)}`,
    );
  }
  return listed.map((entry) => ({ name: entry.name, bytes: unpack(bytes, entry) }));
};

const put = (sizes: readonly (readonly [value: number, bytes: 2 | 4])[]): Uint8Array => {
  const out = new Uint8Array(sizes.reduce((sum, [, size]) => sum + size, 0));
  const view = viewOf(out);
  let at = 0;
  for (const [value, size] of sizes) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return out;
};

/**
 * Writes a zip archive as chunks; the same entries give the same bytes (no clock). At most 65,534 entries and 4 GiB.
 * Faults SQ0515.
 */
export const writeZip = (entries: readonly ZipEntry[], compress: boolean): readonly Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, bytes } of entries) {
    const label = new TextEncoder().encode(name);
    const body = compress ? zlib.deflateRawSync(bytes) : bytes;
    // Version 2.0, names in UTF-8, method, midnight of 1 January 1980.
    const shared = [
      [20, 2],
      [0x800, 2],
      [compress ? 8 : 0, 2],
      [0, 2],
      [33, 2],
      [zlib.crc32(bytes), 4],
    ] as const;
    const sizes = [
      [body.length, 4],
      [bytes.length, 4],
      [label.length, 2],
      [0, 2],
    ] as const;
    chunks.push(put([[0x04034b50, 4], ...shared, ...sizes]), label, body);
    directory.push(
      put([[0x02014b50, 4], [20, 2], ...shared, ...sizes, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]),
      label,
    );
    at += 30 + label.length + body.length;
  }
  const listed = directory.reduce((sum, chunk) => sum + chunk.length, 0);
  if (at + listed >= 2 ** 32 - 1 || entries.length >= 0xffff) {
    throw new Fault(tooLargeUnpacked, "the arrays are too large for one .npz file; write several, or .safetensors");
  }
  const count = entries.length;
  return [
    ...chunks,
    ...directory,
    put([
      [0x06054b50, 4],
      [0, 2],
      [0, 2],
      [count, 2],
      [count, 2],
      [listed, 4],
      [at, 4],
      [0, 2],
    ]),
  ];
};
