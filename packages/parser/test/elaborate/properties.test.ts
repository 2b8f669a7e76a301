import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equation, outcome, paramNames, programOf } from "./setup.js";

const LINES = [
  "0 -> h_0", "h_{t-1}|x_t -> c_t", "c_t --[R|sigmoid]-> r_t", "c_t --[Z|sigmoid]-> z_t", "x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t",
  "h_{t-1} * (1 - z_t) + z_t * l_t -> h_t", "h_t --[G]-> p_t => y_t", "a_{t-1} + b_{t-1} -> a_t", "0 -> a_0", "1 -> b_0", "a_{t-1} * b_{t-1} -> b_t",
  "a_t + b_t => w_t", "0.9 -> gamma", "gamma * A_{t+1} + p_t -> A_t", "0 -> A_T", "A_t => v_t",
];
const NAMES = ["h", "c", "r", "z", "l", "p", "a", "b", "gamma", "A", "x", "y", "w"];
const meaning = (text: string): unknown => {
  const p = programOf(text);
  return [NAMES.map((name) => equation(p, name)), paramNames(p), p.nodes.length, new Set(p.objectives.map((one) => one.text)), p.treatments[0]?.params.length];
};

describe("equations", () => {
  it("have no order", () => {
    const wanted = meaning(LINES.join("\n"));
    fc.assert(fc.property(fc.shuffledSubarray(LINES, { minLength: LINES.length }), (lines) => {
      expect(meaning(lines.join("\n"))).toEqual(wanted);
    }), { numRuns: 60, seed: 1 });
  });
  it("do not depend on what states are called", () => {
    const text = LINES.join("\n");
    fc.assert(fc.property(fc.shuffledSubarray(["h", "c", "r", "z", "l", "p"], { minLength: 6 }), (names) => {
      const map = new Map(["h", "c", "r", "z", "l", "p"].map((name, i) => [name, names[i] ?? name]));
      const renamed = text.replace(/\b([hcrzlp])_/g, (_, name: string) => `${map.get(name) ?? name}_`);
      const p = programOf(text), q = programOf(renamed);
      expect(q.nodes).toEqual(p.nodes);
      expect(q.names.map(({ name, node }) => [name, node])).toEqual(p.names.map(({ name, node }) => [map.get(name) ?? name, node]));
    }), { numRuns: 60, seed: 2 });
  });
  it("give a program or diagnostics, whatever the text", () => {
    const word = fc.constantFrom(..."X h_t h_{t-1} x_0 M relu p => -> --[ ]-> ( ) , | * + - 0.5 1 ^ $ => := : \n \n    return F t T _ [ ] { nograd clip_grad @metric = y".split(" "));
    fc.assert(fc.property(fc.array(word, { maxLength: 40 }), (words) => {
      expect(outcome(words.join(" ")).all).toBeInstanceOf(Array);
    }), { numRuns: 500, seed: 3 });
  });
});

describe("size", () => {
  const N = 30_000;
  it("a chain of definitions, however long and in whatever order, is one of nodes", () => {
    const lines = Array.from({ length: N }, (_, i) => `x_${i} + 1 -> x_${i + 1}`);
    expect(programOf(lines.reverse().join("\n")).nodes).toHaveLength(N + 2);
  });
  it("a flow may be as long", () => {
    const arrows = Array.from({ length: N }, (_, i) => `-> x_${i + 1}`);
    expect(programOf(`X * 2 ${arrows.join("\n")}`).nodes).toHaveLength(3);
  });
  it("a sum may be as long", () => {
    expect(programOf(`${Array.from({ length: N }, () => "X").join(" + ")} -> p`).nodes).toHaveLength(N);
  });
  it("a recurrence may go through as many states", () => {
    const name = (k: number): string => Array.from(String(k % N)).map((digit) => "abcdefghij"[Number(digit)]).join("") + "'";
    const lines = Array.from({ length: N }, (_, k) => `${name(k)}_${k === 0 ? "{t-1}" : "t"} + 1 -> ${name(k + 1)}_t`);
    expect(programOf(`0 -> ${name(0)}_0\n${lines.join("\n")}`).nodes).toHaveLength(N + 3);
  });
  it("macros nested deeply are refused, not overflown", () => {
    const lines = ["F_0: x\n    return x + 1"];
    for (let k = 1; k <= 5000; k += 1) lines.push(`F_${k}: x\n    return F_${k - 1}(x)`);
    expect(outcome(`${lines.join("\n")}\nX --[F_5000]-> p`).codes).toContain("SQ0238");
    const deep = `${"(".repeat(90)}x${")".repeat(90)}`;
    const calls = ["G_0: x\n    return x + 1", ...Array.from({ length: 199 }, (_, k) => `G_${k + 1}: x\n    return G_${k}(${deep})`)];
    expect(outcome(`${calls.join("\n")}\nX --[G_199]-> p`).all).toBeInstanceOf(Array);
    const outside = ["H_0: x\n    return x + 1", ...Array.from({ length: 150 }, (_, k) => `H_${k + 1}: x\n    return ${"-(".repeat(40)}H_${k}(x)${")".repeat(40)}`)];
    expect(outcome(`${outside.join("\n")}\nX --[H_150]-> p`).codes).toContain("SQ0238");
  });
});
