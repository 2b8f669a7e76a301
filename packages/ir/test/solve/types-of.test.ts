import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import type { AnyOp, Attrs, TensorType } from "../../src/index.js";
import { classOf, float } from "../../src/index.js";
import { ops } from "../../src/ops/index.js";
import { misfit, typesOf } from "../../src/solve.js";

const op = (name: string): AnyOp => ops.find((o) => o.name === name)!;
const types = (name: string, ins: readonly TensorType[], attrs: Attrs = {}): unknown => {
  const decoded = op(name).attributes.decode(attrs);
  if (E.isLeft(decoded)) throw new Error(decoded.left);
  const result = typesOf(op(name), ins, decoded.right);
  return E.isLeft(result) ? result.left : result.right;
};

describe("typesOf", () => {
  it.each(ops.map((o) => [o.name, o] as const))("determines the results of every sample of %s", (_, o) => {
    for (const sample of o.samples) {
      const attrs = o.attributes.decode(sample.attrs);
      expect(E.isRight(attrs)).toBe(true);
      if (E.isLeft(attrs)) continue;
      const ins = sample.ins.map((input) => input.type);
      const result = typesOf(o, ins, attrs.right);
      expect(result).toMatchObject({ _tag: "Right" });
      if (E.isLeft(result)) continue;
      expect(result.right).toHaveLength(o.results);
      expect(misfit(o, ins, result.right, attrs.right)).toBeNull();
    }
  });

  it("broadcasts scalars and nothing else", () => {
    expect(types("core.add", [float(3), float()])).toEqual([float(3)]);
    expect(types("core.add", [float(3), float(3, 1)])).toMatch(/^\[3(, 1)?\] and \[3(, 1)?\] differ$/);
    expect(types("core.add", [float(3), float(4)])).toMatch(/^(3 and 4|4 and 3) differ$/);
  });

  it("takes ranges of unknown length as they are", () => {
    expect(types("core.mul", [float("0..t", 2), float("0..t", 2)])).toEqual([float("0..t", 2)]);
    expect(types("core.sum", [float("0..t", 2)], { axis: 0 })).toEqual([float(2)]);
    expect(types("core.mul", [float("0..t"), float("t..T")])).toMatch(/0\.\.t/);
  });

  it("carries classes", () => {
    expect(types("core.one_hot", [classOf(7)])).toEqual([float(7)]);
    expect(types("core.argmax", [float(5)])).toEqual([classOf(5)]);
  });

  it("refuses a dense layer of another width", () => {
    expect(types("core.dense", [float(4), float(8, 3), float(8)])).toMatch(/^(3 and 4|4 and 3) differ$/);
    expect(misfit(op("core.exp"), [float(3)], [float(4)], {})).toMatch(/^(3 and 4|4 and 3) differ$/);
  });
});
