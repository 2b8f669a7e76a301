import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataArray, decodeInputs, decodeNested, encodeRows, encodeTensor } from "../src/index.js";
import { refusal, utf8 } from "./helpers.js";

const inputs = (text: string) => decodeInputs(utf8(text), "in.json");
const refused = (text: string): string => refusal(() => inputs(text));

describe("values as JSON", () => {
  it("reads nested arrays; whole numbers are integers", () => {
    const arrays = inputs('{"x": [[1, 2.5], ["NaN", "-Infinity"]], "y": [3, 0]}');
    expect(arrays.get("x")).toEqual(dataArray("x", [2, 2], Float64Array.of(1, 2.5, NaN, -Infinity)));
    expect(arrays.get("y")).toEqual(dataArray("y", [2], Int32Array.of(3, 0)));
  });
  it("keeps the order of names, and finds them behind any space", () => {
    const text = `{"10": 1, "2":{"from":0,"data":[[1]]}, "__proto__"${" ".repeat(200)}: 3, "a:b": 4}`;
    expect([...inputs(text).keys()]).toEqual(["10", "2", "__proto__", "a:b"]);
  });
  it("turns [time][batch] into [batch][time], and back", () => {
    const arrays = inputs('{"h": {"from": 2, "data": [[[1], [2]], [[3], [4]], [[5], [6]]]}}');
    expect(arrays.get("h")).toEqual({ ...dataArray("h", [2, 3, 1], Int32Array.of(1, 3, 5, 2, 4, 6)), from: 2 });
    const row = (value: number) => ({ shape: [1], rows: 1, batched: false, data: Int32Array.of(value) });
    expect([[row(1), row(2)], [row(3), null]].map(encodeRows)).toEqual([[[1], [2]], [[3], null]]);
  });
  it("takes null where a sequence has no step, in place of a number or of an array", () => {
    const { data, nulls } = inputs('{"h": {"from": 1, "data": [[[1, 2], [3, 4]], [[5, 6], null], [[7, null], null]]}}').get("h") ?? {};
    expect(data).toEqual(Int32Array.of(1, 2, 5, 6, 7, 0, 3, 4, 0, 0, 0, 0));
    expect(nulls).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1));
  });
  it("goes round, NaN and infinities included", () => {
    const arbitrary = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }).chain((shape) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return fc.float64Array({ minLength: length, maxLength: length }).map((data) => ({ shape, data }));
    });
    fc.assert(
      fc.property(arbitrary, ({ shape, data }) => {
        const [rows = 0, ...rest] = shape;
        const back = decodeNested(encodeTensor({ shape: rest, rows, batched: true, data }), "x");
        expect(back.shape).toEqual(shape);
        expect(Float64Array.from(back.data)).toEqual(data);
      }),
    );
  });
  it("writes what all rows share without a batch axis", () => {
    expect(encodeTensor({ shape: [2], rows: 1, batched: false, data: Float64Array.of(1, Infinity) })).toEqual([
      1,
      "Infinity",
    ]);
    expect(encodeTensor({ shape: [], rows: 1, batched: false, data: Float64Array.of(2) })).toBe(2);
  });
  it.each([
    ["", /^SQ0512 in.json: it is no JSON/],
    ["[1]", /^SQ0512 in.json: it is no JSON object/],
    ['{"x": [1, null]}', /^SQ0512 x\[1\] is null, not a number/],
    ['{"x": [1, "nan"]}', /^SQ0512 x\[1\] is the string "nan"/],
    ['{"x": [1, {}]}', /^SQ0512 x\[1\] is an object/],
    ['{"x": true}', /^SQ0512 x is the boolean true/],
    ['{"x": [[1, 2], [3]]}', /^SQ0513 x\[1\] has 1 elements where the first has 2/],
    ['{"x": [[1], 2]}', /^SQ0513 x\[1\] is the number 2 where others are arrays/],
    ['{"x": [1, [2]]}', /^SQ0513 x\[1\] is an array where others are numbers/],
    ['{"x": 1, "x": 2}', /^SQ0514 in.json: "x" occurs twice/],
    ['{"h": {"from": 0.5, "data": [[1]]}}', /^SQ0512 in.json: "from" of "h" is the number 0.5/],
    ['{"h": {"from": 0, "data": [1]}}', /^SQ0512 in.json: "data" of "h" is no array \[time\]\[batch\]/],
    [`{"x": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`, /^SQ0512 "x" is nested more than 32 deep/],
    ["[".repeat(1_000_000), /^SQ0512 in.json: it is no JSON/],
  ])("refuses %.40j", (text, message) => {
    expect(refused(text)).toMatch(message);
  });
});
