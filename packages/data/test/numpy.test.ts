import fs from "node:fs";
import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataArray, decodeNpy, decodeNpz, encodeNpy, encodeNpz } from "../src/index.js";
import { fixture, fixtureBytes, joinChunks, refusal, utf8 } from "./helpers.js";

interface Expected {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
const expected = new Map<string, Expected>(
  Object.entries(JSON.parse(fs.readFileSync(fixture("expected.json"), "utf8"))),
);

describe("arrays that numpy wrote", () => {
  it.each(["stored.npz", "deflated.npz"])("%s: every element type, byte order and axis order", (file) => {
    const arrays = decodeNpz(fixtureBytes(file));
    expect([...arrays.keys()]).toEqual([...expected.keys()]);
    for (const [name, array] of arrays) {
      expect({ name, shape: array.shape, data: [...array.data] }).toEqual({ name, ...expected.get(name) });
      expect(array.dtype).toBe(/^(f|half|scalar|empty)/.test(name) ? "float" : "int");
    }
  });
  it("keeps f8 in double precision and f4 in single", () => {
    const arrays = decodeNpz(fixtureBytes("stored.npz"));
    expect(arrays.get("f8_be_F")?.data).toBeInstanceOf(Float64Array);
    expect(arrays.get("f4_be_F")?.data).toBeInstanceOf(Float32Array);
  });
  it.each([1, 2, 3])("format version %i", (version) => {
    const array = decodeNpy(fixtureBytes(`v${String(version)}.npy`), "a");
    expect([array.shape, ...array.data]).toEqual([[2, 3], 0, 1, 2, 3, 4, 5]);
  });
  it("refuses strings, and integers beyond 32 bits with their place", () => {
    expect(refusal(() => decodeNpz(fixtureBytes("strings.npz")))).toMatch(
      /^SQ0505 array "names" holds elements of type "<U1"/,
    );
    expect(refusal(() => decodeNpz(fixtureBytes("large.npz")))).toBe(
      'SQ0506 array "x" holds 2147483648 at x[1], beyond 32 bits',
    );
  });
});

const shapes = fc.array(fc.nat(4), { maxLength: 4 });
const arrays = shapes.chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  const exactly = { minLength: length, maxLength: length };
  return fc
    .oneof(fc.float64Array(exactly), fc.float32Array(exactly), fc.int32Array(exactly))
    .map((data) => dataArray("x", shape, data));
});

describe("writing", () => {
  it("reads back bit by bit what it wrote, stored and deflated", () => {
    fc.assert(
      fc.property(fc.array(arrays, { maxLength: 4 }), fc.boolean(), (some, compress) => {
        const named = some.map((array, i) => ({ ...array, name: `a${String(i)}` }));
        const back = decodeNpz(joinChunks(encodeNpz(named, compress)));
        expect([...back.values()]).toEqual(named);
        for (const { name, data } of named) {
          const other = back.get(name)?.data;
          expect(
            Buffer.from(other?.buffer ?? new ArrayBuffer(0)).equals(
              Buffer.from(data.buffer, data.byteOffset, data.byteLength),
            ),
          ).toBe(true);
        }
      }),
    );
  });
  it("gives the same bytes for the same arrays", () => {
    const x = dataArray("x", [3], Float64Array.of(1, NaN, -0));
    expect(joinChunks(encodeNpz([x]))).toEqual(joinChunks(encodeNpz([x])));
  });
});

const header = (literal: string, body = new Uint8Array(0)): Uint8Array => {
  const text = utf8(literal);
  return joinChunks([
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8),
    text,
    body,
  ]);
};

describe("hostile arrays", () => {
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["empty", new Uint8Array(0)],
    ["garbage", utf8("\u0000\u0001binary garbage that is no array")],
    ["unknown version", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 9, 0, 0, 0, 0, 0)],
    ["a header of 10^9 bytes", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 0, 0xca, 0x9a, 0x3b, 1, 2)],
    ["no shape", header("{'descr': '<f4', 'fortran_order': False}")],
    ["negative shape", header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", new Uint8Array(4))],
    ["huge shape", header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}")],
    ["huge shape times zero", header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999, 0)}")],
    [
      "more than is there",
      header("{'descr': '<f8', 'fortran_order': True, 'shape': (1000000, 1000)}", new Uint8Array(8)),
    ],
    ["less than is there", header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", new Uint8Array(8))],
    [
      "1000 axes",
      header(`{'descr': '<f4', 'fortran_order': False, 'shape': (${"1,".repeat(1000)})}`, new Uint8Array(4)),
    ],
  ];
  it.each(cases)("%s", (_, bytes) => {
    expect(refusal(() => decodeNpy(bytes, "a"))).toMatch(/^SQ0504 array "a" can't be read: \S/);
  });
  it.each(["|O", "<c8", "<M8[s]", "|S3", "<f16", "x"])("element type %s", (type) => {
    const bytes = header(`{'descr': '${type}', 'fortran_order': False, 'shape': (1,)}`, new Uint8Array(16));
    expect(refusal(() => decodeNpy(bytes, "a"))).toMatch(/^SQ0505/);
  });
  it("records", () => {
    const bytes = header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", new Uint8Array(4));
    expect(refusal(() => decodeNpy(bytes, "a"))).toMatch(/^SQ0505/);
  });
});

describe("hostile archives", () => {
  const archive = joinChunks(
    encodeNpz([dataArray("x", [100], new Float64Array(100)), dataArray("y", [3], Int32Array.of(1, 2, 3))], true),
  );
  it("is refused, cut off anywhere", () => {
    for (let length = 0; length < archive.length; length++) {
      expect(refusal(() => decodeNpz(archive.subarray(0, length)))).toMatch(/^SQ0503 /);
    }
  });
  it("is refused with a code or read, any byte changed", () => {
    for (let at = 0; at < archive.length; at++) {
      for (const flip of [0xff, 0x01, 0x80]) {
        const changed = archive.slice();
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(refusal(() => decodeNpz(changed))).toMatch(/^(SQ05\d\d |accepted)/);
      }
    }
  });
  it("is refused with a code, random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(refusal(() => decodeNpz(bytes))).toMatch(/^SQ0503/);
      }),
    );
  });
  it("does not unpack more than an entry declares, nor believe a huge declaration", () => {
    const bomb = joinChunks(encodeNpz([dataArray("x", [4_000_000], new Float64Array(4_000_000))], true));
    expect(bomb.length).toBeLessThan(40_000);
    expect(refusal(() => decodeNpz(bomb, 1_000_000))).toMatch(
      /^SQ0515 the archive of \d+ bytes claims to unpack to 32000128/,
    );
    const view = new DataView(bomb.buffer);
    const directory = bomb.length - 22 - 46 - "x.npy".length;
    expect(view.getUint32(directory, true)).toBe(0x02014b50);
    view.setUint32(directory + 24, 1000, true);
    expect(refusal(() => decodeNpz(bomb))).toBe(
      `SQ0503 the archive can't be read: "x.npy" does not unpack to the 1000 bytes that it claims`,
    );
    view.setUint32(directory + 24, 0x7fffffff, true);
    expect(refusal(() => decodeNpz(bomb))).toMatch(/^SQ0503 .*"x.npy" has 32000128 bytes and claims 2147483647/);
    view.setUint32(directory + 24, 0xfffffffe, true);
    expect(refusal(() => decodeNpz(bomb))).toMatch(/^SQ0515/);
  });
  it("refuses a name that occurs twice, and entries that are no arrays", () => {
    const x = dataArray("x", [1], Float64Array.of(1));
    expect(refusal(() => decodeNpz(joinChunks(encodeNpz([x, x]))))).toMatch(/^SQ0514 "x.npy" occurs twice/);
    const renamed = Buffer.from(joinChunks(encodeNpz([x])))
      .toString("latin1")
      .replaceAll("x.npy", "x.txt");
    expect(refusal(() => decodeNpz(new Uint8Array(Buffer.from(renamed, "latin1"))))).toMatch(
      /^SQ0503 "x.txt" in the archive is no .npy array/,
    );
  });
  it("checks the checksum", () => {
    const stored = joinChunks(encodeNpz([dataArray("x", [1], Float64Array.of(1))]));
    const at = 30 + "x.npy".length + encodeNpy(dataArray("x", [1], Float64Array.of(1))).length - 1;
    stored[at] = (stored[at] ?? 0) ^ 1;
    expect(refusal(() => decodeNpz(stored))).toMatch(/checksum of "x.npy" does not fit/);
    expect(zlib.crc32("a")).toBe(0xe8b7be43);
  });
});
