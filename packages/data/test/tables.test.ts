import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOWHERE } from "@sequent/ir";
import { dataArray, decodeCsv, cutText, decodePlainText, encodeCsv, readData, withOneVocabulary } from "../src/index.js";
import { fixture, refusal, right, utf8 } from "./helpers.js";

const table = (text: string) =>
  Object.fromEntries(
    [...decodeCsv(utf8(text), "t.csv")].map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, data: [...data] },
    ]),
  );
const refused = (text: string): string => refusal(() => decodeCsv(utf8(text), "t.csv"));

describe("tables", () => {
  it("reads columns by name, integers apart from floats", () => {
    expect(table("a,b\n1,0.5\n-2,1e3\n")).toEqual({
      a: { dtype: "int", shape: [2], data: [1, -2] },
      b: { dtype: "float", shape: [2], data: [0.5, 1000] },
    });
  });
  it("gathers numbered columns in the order of their numbers", () => {
    expect(table("X_1,y,X_0\n1.5,3,2\n")).toEqual({
      X: { dtype: "float", shape: [1, 2], data: [2, 1.5] },
      y: { dtype: "int", shape: [1], data: [3] },
    });
    expect(table("X[0],X[1]\n1,2\n3,4\n")).toEqual({ X: { dtype: "int", shape: [2, 2], data: [1, 2, 3, 4] } });
    expect(table("X[0]\n1\n")).toEqual({ X: { dtype: "int", shape: [1, 1], data: [1] } });
  });
  it("leaves labels that do not start at 0 alone", () => {
    expect(Object.keys(table("h_1,h_2\n1,2\n"))).toEqual(["h_1", "h_2"]);
  });
  it("takes quotes, spaces, a byte-order mark, and any line end", () => {
    const plain = { "a b": { dtype: "int", shape: [2], data: [1, 3] }, c: { dtype: "int", shape: [2], data: [2, 4] } };
    expect(table('\ufeff"a b", c\r\n1, "2"\r\n 3 ,4\r\n\r\n')).toEqual(plain);
    expect(table('"a b",c\r1,2\r3,4')).toEqual(plain);
    expect(table("a\n")).toEqual({ a: { dtype: "int", shape: [0], data: [] } });
  });
  it("does not take integers beyond 32 bits for integers", () => {
    expect(table("a\n2147483648\n")).toEqual({ a: { dtype: "float", shape: [1], data: [2147483648] } });
  });
  it.each([
    ["", "SQ0507 t.csv: it is empty"],
    ["a,b\n1,2\n3\n", "SQ0507 t.csv:3: the line has 1 field, and the header names 2"],
    ["a,b\n1,2,3\n", "SQ0507 t.csv:2: the line has 3 fields, and the header names 2"],
    ["a,b\n\n1,2\n", "SQ0507 t.csv:2: the line is empty, and the header names 2"],
    ["1,2\n3,4\n", 'SQ0507 t.csv:1: the first line names the columns, and column 1 is the number "1"'],
    ["a,\n1,2\n", "SQ0507 t.csv:1: the first line names the columns, and column 2 has no name"],
    ['a\n"1\n', "SQ0507 t.csv:2: a quote is not closed"],
    ["a,b\n1,\n", 'SQ0508 t.csv:2: column 2 ("b") has no value'],
    ["a\nNaN\n", 'SQ0508 t.csv:2: column 1 ("a") has no value but "NaN"'],
    ["a\n1\ncat\n", 'SQ0509 t.csv:3: column 1 ("a") is "cat", which is no finite number'],
    ["a\n0x10\n", 'SQ0509 t.csv:2: column 1 ("a") is "0x10", which is no finite number'],
    ["a\n1e999\n", 'SQ0509 t.csv:2: column 1 ("a") is "1e999", which is no finite number'],
    ["X_0,X_2\n1,2\n", 'SQ0510 t.csv:1: the columns of "X" have no number 1'],
    ["X[1]\n1\n", 'SQ0510 t.csv:1: the columns of "X" have no number 0'],
    ["X_0,X[0]\n1,2\n", 'SQ0510 t.csv:1: the columns of "X" have number 0 twice'],
    ["a,a\n1,2\n", 'SQ0514 t.csv:1: column "a" occurs twice'],
    ["X,X_0\n1,2\n", 'SQ0514 t.csv:1: column "X" occurs twice'],
  ])("refuses %j", (text, message) => {
    expect(refused(text)).toBe(message);
  });
  it("refuses what is no text, and survives a line of 1 MB", () => {
    expect(refusal(() => decodeCsv(Uint8Array.of(0xff, 0xfe, 0x00), "t.csv"))).toBe(
      "SQ0507 t.csv: it is no UTF-8 text",
    );
    expect(refused(`a\n${"1".repeat(1_000_000)}\n`)).toMatch(/^SQ0509 t.csv:2: .{0,200}$/);
    for (const filler of ["a", '""', '","'])
      expect(refused(`a\n"${filler.repeat(3_000_000)}"\n`)).toMatch(/^SQ050[79] t.csv:2: .{0,400}$/);
    expect(refused(`${"a".repeat(1_000_000)}\n1,2\n`)).toMatch(/^SQ0507 .{0,200}$/);
  });
  it("writes what it reads", () => {
    const column = fc.oneof(
      fc.float64Array({ minLength: 6, maxLength: 6, noNaN: true, noDefaultInfinity: true }),
      fc.int32Array({ minLength: 6, maxLength: 6 }),
    );
    fc.assert(
      fc.property(column, column, (a, b) => {
        const arrays = [dataArray('a"b', [6], a), dataArray("x y", [2 * 3, 1], b), dataArray("X", [6, 1], a)];
        expect([...decodeCsv(utf8(encodeCsv(arrays)), "t.csv").values()]).toEqual(arrays);
      }),
    );
  });
  it("any text is read or refused with a code", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', ",", "\n", "a", "1", "_", "0", "[", "]", " ", ".") }),
        (text) => {
          expect(refused(text)).toMatch(/^(accepted|SQ05\d\d t\.csv)/);
        },
      ),
    );
  });
});

describe("text", () => {
  it("is classes of its characters in Unicode order", () => {
    const text = decodePlainText(utf8("b😀ab"), "story", "story.txt");
    expect(text).toEqual({
      name: "story",
      dtype: "int",
      shape: [1, 4],
      data: Int32Array.of(1, 2, 0, 1),
      vocabulary: ["a", "b", "😀"],
    });
  });
  it("is cut into sequences; several have one vocabulary", () => {
    const [a, b] = withOneVocabulary([decodePlainText(utf8("abcabcab"), "a", "a.txt"), decodePlainText(utf8("xa"), "b", "b.txt")]);
    expect([a?.name, b?.name, b?.vocabulary, [...(b?.data ?? [])]]).toEqual(["a", "a", ["a", "b", "c", "x"], [3, 0]]);
    const cut = a === undefined ? undefined : cutText(a, 3);
    expect([cut?.shape, [...(cut?.data ?? [])]]).toEqual([[2, 3], [0, 1, 2, 0, 1, 2]]);
    expect(refusal(() => b === undefined ? null : cutText(b, 3))).toBe('SQ0517 the text "a" has 2 characters, and a sequence 3');
  });
  it("refuses nothing and what is no UTF-8", () => {
    expect(refusal(() => decodePlainText(new Uint8Array(0), "t", "t.txt"))).toBe('SQ0516 "t.txt" is empty');
    expect(refusal(() => decodePlainText(Uint8Array.of(0x80), "t", "t.txt"))).toBe('SQ0516 "t.txt" is no UTF-8 text');
  });
});

describe("files", () => {
  it("are read by their ending", () => {
    expect([...right(readData(fixture("stored.npz"), NOWHERE)).keys()]).toContain("f4_le_C");
    expect([...right(readData(fixture("v1.npy"), NOWHERE)).keys()]).toEqual(["v1"]);
    expect([...right(readData(fixture("torch.safetensors"), NOWHERE)).keys()]).toContain("bfloat16");
  });
});
