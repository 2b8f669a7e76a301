import type { Program } from "@sequent/ir";
import { print } from "@sequent/ir";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { readProgram } from "../../src/index.js";
import { environment, programOf } from "./setup.js";

const env = environment([]);
const nodeOf = (p: Program, name: string): number => p.names.find((one) => one.name === name)?.node ?? -1;
const opsOf = (p: Program): number => p.nodes.filter((node) => node.tag === "op").length;

describe("a state is a row of its own", () => {
  it.each([
    ["two equations", "x : [2]\nx * 2 -> u\nx * 2 -> v"],
    ["in one statement", "x : [2]\nx * 2, x * 2 -> u, v"],
    ["through a function", "x : [2]\nx --[tanh]-> u\nx --[tanh]-> v"],
    ["numbers", "0.5 -> u\n0.5 -> v"],
    ["tied parameters", "x : [2]\nM : dense[2]\nx --[M]-> u\nx --[M]-> v"],
    ["over time", "x_t : [2]\n0 -> u_0\n0 -> v_0\nu_{t-1} + x_t -> u_t\nu_{t-1} + x_t -> v_t"],
  ])("%s", (_, text) => {
    const p = programOf(text);
    expect(nodeOf(p, "u")).not.toBe(nodeOf(p, "v"));
    expect(nodeOf(p, "u")).toBeGreaterThanOrEqual(0);
  });
  it("whether the expression stands before its equation or behind", () => {
    for (const text of ["x : [2]\n(x * 2) + 1 -> v\nx * 2 -> u\n", "x : [2]\nx * 2 -> u\n(x * 2) + 1 -> v\n"]) {
      const p = programOf(text);
      const v = p.nodes[nodeOf(p, "v")];
      expect(v?.tag === "op" && v.ins.some((x) => x.node === nodeOf(p, "u"))).toBe(false);
    }
  });
  it("but a second name is the same state", () => {
    const p = programOf("x : [2]\nx * 2 -> u\nu -> w\nx -> z");
    expect(nodeOf(p, "w")).toBe(nodeOf(p, "u"));
    expect(nodeOf(p, "z")).toBe(nodeOf(p, "x"));
  });
  it("expressions without a name are one", () => {
    expect(opsOf(programOf("x : [2]\ntanh(x) * tanh(x) -> u"))).toBe(2);
  });
});

it("every equation of a program adds rows, however often it was written, and reading back the printed program gives it again", () => {
  const expressions = ["x * 2", "tanh(x)", "x * 2 + tanh(x)", "tanh(x * 2)", "0.5", "x | x", "u_0 * 2"];
  fc.assert(fc.property(fc.array(fc.constantFrom(...expressions), { minLength: 1, maxLength: 8 }), (list) => {
    const p = programOf(["x : [2]", "x + 1 -> u_0", ...list.map((e, k) => `${e} -> v_${String(k)}`)].join("\n"));
    const rows = list.map((_, k) => nodeOf(p, `v_${String(k)}`));
    expect(new Set(rows).size).toBe(list.length);
    const again = readProgram(print(p, env), env);
    expect(E.isRight(again) && print(again.right, env)).toBe(print(p, env));
  }));
});
