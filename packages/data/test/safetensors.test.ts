import fs from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arraysOf, decodeSafetensors, encodeSafetensors, fromStored, toStored } from "../src/index.js";
import type { StoredTensor, TensorFile } from "../src/index.js";
import { fixture, fixtureBytes, joinChunks, refusal, utf8 } from "./helpers.js";

describe("a file that torch wrote", () => {
  const bytes = new Uint8Array(fixtureBytes("torch.safetensors"));
  it("reads every element type", () => {
    const expected: unknown = JSON.parse(fs.readFileSync(fixture("torch.json"), "utf8"));
    const arrays = arraysOf(decodeSafetensors(bytes));
    expect(Object.fromEntries([...arrays].map(([name, { data }]) => [name, [...data]]))).toEqual(expected);
  });
  it("keeps metadata", () => {
    expect(Object.fromEntries(decodeSafetensors(bytes).metadata)).toEqual({
      made: "by torch",
      "10": "ten",
      "2": "two",
    });
  });
  it("goes round bit by bit", () => {
    const file = decodeSafetensors(bytes);
    expect(decodeSafetensors(joinChunks(encodeSafetensors(file)))).toEqual(file);
  });
});

const sizes = new Map([
  ["F16", 2],
  ["BF16", 2],
  ["F32", 4],
  ["F64", 8],
  ["I8", 1],
  ["I16", 2],
  ["I32", 4],
  ["I64", 8],
  ["U8", 1],
  ["BOOL", 1],
]);
const names = fc.oneof(
  fc.string(),
  fc.constantFrom("10", "2", "__proto__", "constructor", 'a"b\\', "é\u0000", "toString"),
);
const stored: fc.Arbitrary<StoredTensor> = fc
  .tuple(fc.constantFrom(...sizes.keys()), fc.array(fc.nat(3), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1) * (sizes.get(dtype) ?? 1);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ dtype, shape, bytes: data }));
  });
const files: fc.Arbitrary<TensorFile> = fc
  .tuple(
    fc.array(
      fc.tuple(
        names.filter((name) => name !== "__metadata__"),
        stored,
      ),
    ),
    fc.array(fc.tuple(names, fc.string())),
  )
  .map(([tensors, metadata]) => ({ tensors: new Map(tensors), metadata: new Map(metadata) }));

describe("writing", () => {
  it("goes round bit by bit, with the order of the names, for every element type and any name", () => {
    fc.assert(
      fc.property(files, (file) => {
        const back = decodeSafetensors(joinChunks(encodeSafetensors(file)));
        expect([...back.tensors.keys()]).toEqual([...file.tensors.keys()]);
        for (const [name, tensor] of file.tensors) {
          const other = back.tensors.get(name);
          expect([other?.dtype, other?.shape, Buffer.from(other?.bytes ?? []).toString("hex")]).toEqual([
            tensor.dtype,
            tensor.shape,
            Buffer.from(tensor.bytes).toString("hex"),
          ]);
        }
        expect(new Map(back.metadata)).toEqual(new Map(file.metadata));
      }),
    );
  });
  it("keeps NaN payloads and signed zeros of computed values", () => {
    const data = new Float32Array(Uint32Array.of(0x7fc00001, 0xffc00000, 0x80000000, 1).buffer);
    const file = { metadata: new Map(), tensors: new Map([["x", toStored([4], data)]]) };
    const back = decodeSafetensors(joinChunks(encodeSafetensors(file))).tensors.get("x");
    expect(back === undefined ? null : [...new Uint32Array(fromStored("x", back).data.buffer)]).toEqual([
      0x7fc00001, 0xffc00000, 0x80000000, 1,
    ]);
  });
});

const fileOf = (header: string, body = new Uint8Array(0), claimed = BigInt(utf8(header).length)): Uint8Array => {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, claimed, true);
  return joinChunks([length, utf8(header), body]);
};
const tensor = (shape: string, from: number, to: number, dtype = "F32"): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${String(from)},${String(to)}]}`;

describe("hostile files", () => {
  const eight = new Uint8Array(8);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["empty", new Uint8Array(0)],
    ["a header of 10^9 bytes", fileOf("{}", eight, 10n ** 9n)],
    ["a header of 2^64-1 bytes", fileOf("{}", eight, 2n ** 64n - 1n)],
    ["no JSON", fileOf("{]")],
    ["nested a million deep", fileOf("[".repeat(1_000_000))],
    ["nested and closed", fileOf(`{"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`)],
    ["an array", fileOf("[]")],
    ["no object", fileOf('{"x":3}')],
    ["negative shape", fileOf(`{"x":${tensor("[-2]", 0, 8)}}`, eight)],
    ["fractional shape", fileOf(`{"x":${tensor("[0.5]", 0, 2)}}`, eight)],
    ["huge shape", fileOf(`{"x":${tensor("[1e300,1e300]", 0, 8)}}`, eight)],
    ["huge shape times zero", fileOf(`{"x":${tensor("[1e12,1e12,0]", 0, 0)}}`)],
    ["shape and bytes differ", fileOf(`{"x":${tensor("[3]", 0, 8)}}`, eight)],
    ["offsets outside", fileOf(`{"x":${tensor("[4]", 0, 16)}}`, eight)],
    ["negative offsets", fileOf(`{"x":${tensor("[2]", -8, 0)}}`, eight)],
    ["backward offsets", fileOf(`{"x":${tensor("[2]", 8, 0)}}`, eight)],
    ["overlap", fileOf(`{"x":${tensor("[2]", 0, 8)},"y":${tensor("[1]", 4, 8)}}`, eight)],
    ["hole", fileOf(`{"x":${tensor("[1]", 4, 8)}}`, eight)],
    ["bytes of no tensor", fileOf(`{"x":${tensor("[1]", 0, 4)}}`, eight)],
    ["metadata that is no text", fileOf('{"__metadata__":{"a":1}}')],
    ["metadata that is no object", fileOf('{"__metadata__":null}')],
  ];
  it.each(cases)("%s", (_, bytes) => {
    expect(refusal(() => decodeSafetensors(bytes))).toMatch(/^SQ0511 \S/);
  });
  it("refuses a name that occurs twice, also when written differently", () => {
    const twice = `{"x":${tensor("[1]", 0, 4)},"\\u0078":${tensor("[1]", 4, 8)}}`;
    expect(refusal(() => decodeSafetensors(fileOf(twice, eight)))).toMatch(/^SQ0514 tensor "x" occurs twice/);
  });
  it("refuses element types without meaning", () => {
    expect(refusal(() => decodeSafetensors(fileOf(`{"x":${tensor("[8]", 0, 8, "F8_E4M3")}}`, eight)))).toMatch(
      /^SQ0505 .*F8_E4M3/,
    );
  });
  it("is refused with a code, cut off anywhere", () => {
    const bytes = fixtureBytes("torch.safetensors");
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(() => decodeSafetensors(bytes.subarray(0, length)))).toMatch(/^SQ0511/);
    }
  });
});
