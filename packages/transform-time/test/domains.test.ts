import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { moment, printSteps } from "@sequent/ir";
import type { Operand } from "@sequent/ir";
import { at, domainOf, fixed, programOf, right, shift, timed } from "./support.js";
import type { Equations } from "./support.js";

const range = (lower: ["t" | "0" | "T", number], upper: ["t" | "0" | "T", number]): Operand["at"] => ({ tag: "range", on: { lower: moment(...lower), upper: moment(...upper) } });
const domain = (given: Equations, name: string): string => {
  const on = domainOf(right(timed(programOf(given))), name);
  return on === null ? "no time" : printSteps(on);
};
const codes = (given: Equations): readonly string[] => {
  const result = timed(programOf(given));
  return E.isLeft(result) ? result.left.map((one) => one.code) : [];
};

describe("domains", () => {
  it("of what reads inputs alone are where all of them are", () => {
    expect(domain({ inputs: ["x"], states: { a: [["x", shift(0)]] } }, "a")).toBe("1..T");
    expect(domain({ inputs: ["x"], states: { a: [["x", shift(-3)], ["x", shift(0)]] } }, "a")).toBe("4..T");
    expect(domain({ inputs: ["x"], states: { a: [["x", shift(2)], ["x", shift(-1)]] } }, "a")).toBe("2..T-2");
  });
  it("of what reads a range up to a fixed end leave out steps that would see nothing of it", () => {
    const beyond: Equations = { inputs: ["x"], boundaries: { b: [at("T", 1)] }, states: { b: [["b", shift(1)], ["x", shift(0)]], a: [["b", range(["t", 1], ["T", 0])]] } };
    expect(domain(beyond, "a")).toBe("0..T-1");
    const past: Equations = { inputs: ["x"], boundaries: { f: [at("0", -1)] }, states: { f: [["f", shift(-1)]], a: [["f", range(["0", 0], ["t", -1])], ["x", shift(0)]] } };
    expect(domain(past, "a")).toBe("1..T");
  });
  it("of a forward recurrence begin at its boundary and end with its inputs", () => {
    const rnn: Equations = { inputs: ["x"], boundaries: { h: [at("0")] }, states: { h: [["h", shift(-1)], ["x", shift(0)]] } };
    expect(domain(rnn, "h")).toBe("0..T");
    const late: Equations = { inputs: ["x"], boundaries: { h: [at("0")] }, states: { h: [["h", shift(-1)], ["x", shift(2)]] } };
    expect(domain(late, "h")).toBe("0..T-2");
  });
  it("of a backward recurrence end at its boundary", () => {
    expect(domain({ inputs: ["x"], boundaries: { b: [at("T", 1)] }, states: { b: [["b", shift(1)], ["x", shift(0)]] } }, "b")).toBe("1..T+1");
    expect(domain({ inputs: ["x"], boundaries: { b: [at("T")] }, states: { b: [["b", shift(1)], ["x", shift(-1)]] } }, "b")).toBe("2..T");
  });
  it("without an input reach over the whole episode, and no further", () => {
    expect(domain({ inputs: [], boundaries: { f: [at("0"), at("0", 1)] }, states: { f: [["f", shift(-1)], ["f", shift(-2)]] } }, "f")).toBe("0..T");
    expect(domain({ inputs: [], boundaries: { f: [at("T", 1)] }, states: { f: [["f", shift(1)]] } }, "f")).toBe("0..T+1");
  });
  it("of several states in one recurrence agree with each other", () => {
    const two: Equations = { inputs: ["x"], boundaries: { a: [at("0")] }, states: { a: [["b", shift(-1)], ["x", shift(0)]], b: [["a", shift(0)]] } };
    expect(domain(two, "a")).toBe("0..T");
    expect(domain(two, "b")).toBe("0..T");
  });
  it("of a range reach as far as one of its elements", () => {
    expect(domain({ inputs: ["x"], states: { a: [["x", range(["t", -3], ["t", 0])]] } }, "a")).toBe("1..T");
    expect(domain({ inputs: ["x"], states: { a: [["x", range(["t", -1], ["t", 1])]] } }, "a")).toBe("0..T");
    expect(domain({ inputs: ["x"], states: { a: [["x", range(["0", 0], ["t", 0])]] } }, "a")).toBe("1..T");
  });
  it("of what reads fixed steps alone are no steps at all", () => {
    expect(domain({ inputs: ["x"], states: { a: [["x", shift(0)], ["x", fixed("T")]] } }, "a")).toBe("1..T");
  });
});

describe("what no order of steps computes", () => {
  const x = { inputs: ["x"] } as const;
  it("is told by its code", () => {
    expect(codes({ ...x, states: { h: [["h", shift(-1)], ["x", shift(0)]] } })).toEqual(["SQ0321"]);
    expect(codes({ ...x, boundaries: { h: [at("T")] }, states: { h: [["h", shift(-1)], ["x", shift(0)]] } })).toEqual(["SQ0322"]);
    expect(codes({ ...x, boundaries: { h: [at("0", -1)] }, states: { h: [["h", shift(-1)], ["x", shift(0)]] } })).toEqual(["SQ0323"]);
    expect(codes({ ...x, boundaries: { f: [at("0")] }, states: { f: [["f", shift(-1)], ["f", shift(-2)]] } })).toEqual(["SQ0323"]);
    expect(codes({ ...x, states: { a: [["x", fixed("0")], ["x", shift(0)]] } })).toEqual(["SQ0324"]);
    expect(codes({ ...x, boundaries: { h: [at("0", -2)] }, states: { h: [["h", shift(-1)], ["x", shift(0)]] } })).toContain("SQ0325");
    expect(codes({ ...x, boundaries: { a: [at("0")] }, states: { a: [["b", shift(1)], ["x", shift(0)]], b: [["a", shift(-1)]] } })).toEqual(["SQ0326"]);
    expect(codes({ ...x, boundaries: { h: [at("0")] }, states: { h: [["h", shift(-1)], ["h", shift(1)]] } })).toEqual(["SQ0327"]);
    expect(codes({ ...x, boundaries: { h: [at("0")] }, states: { h: [["h", shift(-1)], ["h", fixed("T")]] } })).toEqual(["SQ0328"]);
  });
  it("is told once, where it begins", () => {
    const chain: Equations = { ...x, states: { h: [["h", shift(-1)], ["x", shift(0)]], a: [["h", shift(0)]], b: [["a", shift(-1)]] } };
    expect(codes(chain)).toEqual(["SQ0321"]);
  });
  it("prints the circle with its offsets, in the user's names", () => {
    const result = timed(programOf({ ...x, boundaries: { a: [at("0")] }, states: { a: [["b", shift(2)], ["x", shift(0)]], b: [["a", shift(-2)]] } }));
    expect(E.isLeft(result) ? result.left[0].help : "").toMatch(/a_t <- b_\{t\+2\} <- a_t|b_t <- a_\{t-2\} <- b_t/);
  });
});
