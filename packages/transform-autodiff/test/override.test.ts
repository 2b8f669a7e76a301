import { describe, expect, it } from "vitest";
import { float, read } from "@sequent/ir";
import type { NodeId, Operand, Override, Program } from "@sequent/ir";
import type { Draft } from "./support.js";
import { differentiated, draft, evaluator, worldOf, worstError } from "./support.js";

const NOGRAD: Override = { tag: "transform", transform: "nograd", attrs: {} };
const FROZEN: Override = { tag: "transform", transform: "frozen", attrs: {} };

const layer = (d: Draft, x: Operand, name: string): Operand => d.op("tanh", [d.dense(x, name, 3)]);
const through = (d: Draft, x: Operand, override: Override, body: (x: Operand) => Operand): Operand => {
  const [out] = d.inside({ of: "F", ins: [x], override }, () => [body(x)]);
  if (out === undefined) throw new Error("a call gives what its body gives");
  return out;
};
const gradient = (program: Program, name: string): readonly number[] => {
  const node = program.names.find((one) => one.name === `^${name}`)?.node ?? -1;
  return [...(evaluator(program, worldOf(program))(node)?.data ?? [NaN])];
};
const isZero = (values: readonly number[]): boolean => values.every((x) => x === 0);

/** x → A → F(B) → C, B under an override. */
const chain = (override: Override | null): Program => {
  const d = draft();
  const x = d.input("x", float(3)), y = d.input("y", float(3));
  const h = layer(d, x, "A");
  const g = override === null ? layer(d, h, "B") : through(d, h, override, (v) => layer(d, v, "B"));
  d.match(layer(d, g, "C"), y, "mse");
  return differentiated(d.finish());
};

describe("transforms of one use", () => {
  const plain = chain(null);
  it("nograd gives no ^In and keeps the Update", () => {
    const program = chain(NOGRAD);
    expect(isZero(gradient(program, "A.weight"))).toBe(true);
    expect(gradient(program, "B.weight")).toEqual(gradient(plain, "B.weight"));
    expect(gradient(program, "C.bias")).toEqual(gradient(plain, "C.bias"));
  });
  it("frozen gives no Update and keeps ^In", () => {
    const program = chain(FROZEN);
    expect(isZero(gradient(program, "B.weight"))).toBe(true);
    expect(isZero(gradient(program, "B.bias"))).toBe(true);
    expect(gradient(program, "A.weight")).toEqual(gradient(plain, "A.weight"));
  });
  it("concern that use alone: a second use of the same function is trained", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const h = layer(d, x, "B");
    const held = through(d, h, FROZEN, (v) => layer(d, v, "B"));
    d.match(held, y, "mse");
    const program = differentiated(d.finish());
    expect(isZero(gradient(program, "B.weight"))).toBe(false);
  });
  it("nest: nograd inside frozen stops both, frozen inside nograd likewise", () => {
    for (const [outer, inner] of [[NOGRAD, FROZEN], [FROZEN, NOGRAD]] as const) {
      const d = draft();
      const x = d.input("x", float(3)), y = d.input("y", float(3));
      const h = layer(d, x, "A");
      const g = through(d, h, outer, (u) => layer(d, through(d, layer(d, u, "B"), inner, (v) => layer(d, v, "D")), "E"));
      d.match(layer(d, g, "C"), y, "mse");
      const program = differentiated(d.finish());
      const zero = (name: string): boolean => isZero(gradient(program, `${name}.weight`));
      expect(zero("A")).toBe(true);
      expect(zero("C")).toBe(false);
      // nograd outside: B lies before frozen D, which passes gradients; frozen outside: nothing inside is updated
      expect([zero("B"), zero("D"), zero("E")]).toEqual(outer === NOGRAD ? [false, true, false] : [true, true, true]);
    }
  });
});

/** A call whose body states its own ^In. */
const custom = (d: Draft, x: Operand, body: (x: Operand) => Operand, back: (g: Operand, x: Operand, y: Operand) => Operand): Operand => {
  const seed = d.b.reserve(d.b.typeOf(x), { space: { tag: "data" }, time: false });
  d.b.define(seed, { tag: "input", name: `^F.y#${String(seed)}` });
  const seeds: NodeId[] = [seed];
  const ins: Operand[] = [];
  const override: Override = { tag: "custom", seeds, ins, params: [] };
  return through(d, x, override, (v) => {
    const y = body(v);
    ins.push(back(read(seed), v, y));
    return y;
  });
};

describe("gradients by hand", () => {
  it("a rule that equals the ordinary one gives the ordinary gradients", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const h = layer(d, x, "A");
    const square = custom(d, h, (v) => d.op("mul", [v, v]), (g, v) => d.op("mul", [g, d.op("add", [v, v])]));
    d.match(layer(d, square, "C"), y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });
  it("crosses what has no derivative: straight through", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const h = d.named(layer(d, x, "A"), "h");
    const b = d.named(custom(d, h, (v) => d.op("gt", [v, d.b.constant(0)]), (g) => g), "b");
    d.match(layer(d, b, "C"), y, "mse");
    const program = differentiated(d.finish());
    expect(gradient(program, "h")).toEqual(gradient(program, "b"));
    expect(isZero(gradient(program, "A.weight"))).toBe(false);
  });
  it("a parameter in the body is still updated in the usual way, and may have a rule of its own", () => {
    for (const byHand of [false, true]) {
      const d = draft();
      const x = d.input("x", float(3)), y = d.input("y", float(3));
      const h = layer(d, x, "A"), w = d.weight("s.scale");
      const seed = d.b.reserve(float(3), { space: { tag: "data" }, time: false });
      d.b.define(seed, { tag: "input", name: "^F.y" });
      const ins: (Operand | null)[] = [], params: { param: number; gradient: Operand }[] = [];
      const out = through(d, h, { tag: "custom", seeds: [seed], ins, params }, (v) => {
        const scaled = d.op("mul", [v, w]);
        ins.push(d.op("mul", [read(seed), w]));
        const node = d.b.nodeAt(w.node);
        if (byHand && node.tag === "param") params.push({ param: node.param, gradient: d.op("sum", [d.op("mul", [read(seed), v])]) });
        return scaled;
      });
      d.match(d.op("tanh", [out]), y, "mse");
      const program = differentiated(d.finish());
      expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
    }
  });
  it("inside a nograd call it gives nothing to the outside", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const h = layer(d, x, "A");
    const out = through(d, h, NOGRAD, (u) => custom(d, u, (v) => d.op("exp", [v]), (g) => g));
    d.match(layer(d, out, "C"), y, "mse");
    expect(isZero(gradient(differentiated(d.finish()), "A.weight"))).toBe(true);
  });
});
