import { describe, expect, it } from "vitest";
import { float } from "@sequent/ir";
import type { Operand, Program } from "@sequent/ir";
import type { Draft } from "./support.js";
import { adjointOf, codesOf, differentiated, draft, evaluator, worldOf, worstError } from "./support.js";

const layer = (d: Draft, x: Operand, name: string, out = 3): Operand => d.op("tanh", [d.dense(x, name, out)]);
const gradient = (program: Program, name: string): readonly number[] => {
  const node = program.names.find((one) => one.name === `^${name}`)?.node ?? -1;
  return [...(evaluator(program, worldOf(program))(node)?.data ?? [NaN])];
};
const isZero = (values: readonly number[]): boolean => values.every((x) => x === 0);

describe("x $ J", () => {
  it("trains what makes x and not what J puts on the way", () => {
    const d = draft();
    const z = d.input("z", float(3));
    const x = d.named(layer(d, z, "G"), "x");
    const p = d.op("sum", [layer(d, layer(d, x, "D"), "E")]);
    d.ascend([x], p);
    const program = differentiated(d.finish());
    expect(isZero(gradient(program, "D.weight"))).toBe(true);
    expect(isZero(gradient(program, "E.weight"))).toBe(true);

    const bare = draft();
    const x2 = layer(bare, bare.input("z", float(3)), "G");
    bare.ascend([], bare.op("sum", [layer(bare, layer(bare, x2, "D"), "E")]));
    const whole = differentiated(bare.finish());
    expect(worstError(whole, worldOf(whole))).toBeLessThan(1e-8);
    expect(gradient(program, "G.weight")).toEqual(gradient(whole, "G.weight"));
    expect(isZero(gradient(whole, "D.weight"))).toBe(false);
    // the gradient along the statement has a name of its own
    expect(program.names.some((n) => n.adjointOf?.node === x.node && n.adjointOf.along === 0)).toBe(true);
    expect(adjointOf(program, x.node, 0)).toBeGreaterThan(0);
  });

  it("goes through coefficients that depend on x", () => {
    const d = draft();
    const x = layer(d, d.input("z", float(3)), "G");
    const s = d.op("sum", [x]);
    d.ascend([x], d.op("mul", [s, d.op("exp", [s])]));
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });

  it("holds the other members of a tuple constant; together they give the whole gradient", () => {
    const build = (tuple: boolean): Program => {
      const d = draft();
      const x = layer(d, d.input("z", float(3)), "X"), y = layer(d, x, "Y");
      const J = d.op("sum", [d.op("mul", [x, d.op("mul", [y, y])])]);
      d.ascend(tuple ? [x, y] : [], J);
      return differentiated(d.finish());
    };
    const [tuple, bare] = [build(true), build(false)];
    expect(worstError(tuple, worldOf(tuple))).toBeLessThan(1e-8);
    gradient(bare, "X.weight").forEach((g, k) => { expect(gradient(tuple, "X.weight")[k]).toBeCloseTo(g, 12); });
  });

  it("of one member alone takes the way through the other, and leaves the other's own parameters", () => {
    const d = draft();
    const x = layer(d, d.input("z", float(3)), "X"), y = layer(d, x, "Y");
    d.ascend([x], d.op("sum", [d.op("mul", [x, d.op("mul", [y, y])])]));
    const program = differentiated(d.finish());
    expect(isZero(gradient(program, "Y.weight"))).toBe(true);
    expect(isZero(gradient(program, "X.weight"))).toBe(false);
  });

  it("and => add up", () => {
    const d = draft();
    const z = d.input("z", float(3)), y = d.input("y", float(3));
    const x = layer(d, z, "G");
    d.match(x, y, "mse");
    d.ascend([x], d.op("sum", [d.op("mul", [x, y])]));
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });

  it("is refused where there is no path, and where J is no scalar", () => {
    const none = draft();
    const z = none.input("z", float(3));
    none.ascend([layer(none, z, "G")], none.op("sum", [layer(none, z, "H")]));
    expect(codesOf(none.finish())).toEqual(["SQ0406"]);
    const cut = draft();
    const x = layer(cut, cut.input("z", float(3)), "G");
    cut.ascend([x], cut.op("sum", [cut.op("detach", [x])]));
    expect(codesOf(cut.finish())).toEqual(["SQ0406"]);
    const wide = draft();
    const w = layer(wide, wide.input("z", float(3)), "G");
    wide.ascend([w], w);
    expect(codesOf(wide.finish())).toEqual(["SQ0405"]);
  });
});
