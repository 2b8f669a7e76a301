import { beforeEach, describe, expect, it } from "vitest";
import { float } from "@sequent/ir";
import type { Operand } from "@sequent/ir";
import type { Draft } from "./support.js";
import { codesOf, differentiated, draft, evaluator, notes, withLosses, worldOf, worstError } from "./support.js";

beforeEach(() => { notes.length = 0; });

/** x → M → activation → p, trained toward y. */
const trained = (activation: string | null, loss: string, target: (d: Draft, y: Operand) => Operand = (_, y) => y) => {
  const d = draft();
  const x = d.input("x", float(4)), y = target(d, d.input("y", float(3)));
  const s = d.dense(x, "M", 3);
  const p = activation === null ? s : d.op(activation, [s]);
  d.match(p, y, loss);
  const written = d.finish();
  const program = differentiated(written);
  const value = evaluator(program, worldOf(program));
  const of = (node: number): readonly number[] => [...(value(node)?.data ?? [])];
  const dense = program.nodes.findIndex((n) => n.tag === "op" && n.op === "core.dense");
  return { program, written, s: dense, p: of(p.node), y: of(y.node), of };
};
const inUnit = (d: Draft, y: Operand): Operand => d.op("sigmoid", [y]);

describe("the matching loss is computed from the pre-activation, where its gradient is p − y", () => {
  it.each([["softmax", "match", false], ["sigmoid", "match", true], ["exp", "match", true], ["softmax", "ce", false],
    ["sigmoid", "bce", true], ["exp", "poisson", true]] as const)("%s, %s", (activation, loss, unit) => {
    const { program, p, y, of } = trained(activation, loss, unit ? inUnit : (d, v) => d.op("softmax", [v]));
    // nothing divides by p: the activation itself is not on the way of the gradient
    const bias = program.names.find((n) => n.name === "^M.bias")?.node ?? -1;
    const expected = [0, 1, 2].map((k) => [0, 1, 2].reduce((sum, row) => sum + ((p[3 * row + k] ?? 0) - (y[3 * row + k] ?? 0)) / 3, 0));
    of(bias).forEach((g, k) => { expect(g).toBeCloseTo(expected[k] ?? NaN, 12); });
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
    expect(notes).toEqual([]);
  });

  it("stays finite where the prediction is 0 or 1", () => {
    const d = draft();
    const x = d.input("x", float(2)), y = d.input("y", float(2));
    const s = d.op("mul", [d.dense(x, "M", 2), d.b.constant(1e4)]);
    d.match(d.op("softmax", [s]), d.op("softmax", [y]), "ce");
    const program = differentiated(d.finish());
    const value = evaluator(program, worldOf(program));
    expect(Number.isFinite(value(program.loss?.node ?? -1)?.data[0])).toBe(true);
    expect([...(value(program.names.find((n) => n.name === "^M.weight")?.node ?? -1)?.data ?? [NaN])].every(Number.isFinite)).toBe(true);
  });
});

describe("other predictions", () => {
  it("after a linear function ½‖p − y‖², without a note", () => {
    const { program, p, y, of } = trained(null, "match");
    const expected = p.reduce((sum, v, k) => sum + 0.5 * (v - (y[k] ?? 0)) ** 2, 0) / 3;
    expect(of(program.loss?.node ?? -1)[0]).toBeCloseTo(expected, 12);
    expect(notes).toEqual([]);
  });
  it("after another function through its Jacobian, with a note", () => {
    const { program } = trained("tanh", "match");
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
    expect(notes.map((n) => n.code)).toContain("SQ0401");
  });
  it("a loss of probabilities on what is no activation's output is computed from the probabilities", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.op("softmax", [d.input("y", float(3))]);
    const p = d.op("mul", [d.op("softmax", [d.dense(x, "M", 3)]), d.b.constant(0.5)]);
    d.match(p, y, "ce");
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });
});

describe("means", () => {
  it("of a metric over all samples", () => {
    const d = draft();
    const x = d.input("x", float(3));
    const size = d.op("sum", [d.op("abs", [x])]);
    const program = withLosses(d.finish({ metrics: [{ name: "size", value: size, mean: null, span: { file: "", from: 0, to: 0 } }] }));
    const value = evaluator(program, worldOf(program));
    const mean = program.metrics[0]?.mean ?? -1;
    const all = [...(value(size.node)?.data ?? [])];
    expect(value(mean)?.data[0]).toBeCloseTo(all.reduce((a, b) => a + b, 0) / 3, 12);
  });
});

describe("mistakes", () => {
  it.each([["mes", {}, "SQ0402"], ["huber", { delta: -1 }, "SQ0403"], ["softmax_cross_entropy", {}, "SQ0404"]] as const)("%s", (loss, attrs, code) => {
    const d = draft();
    d.match(d.op("tanh", [d.dense(d.input("x", float(3)), "M", 3)]), d.input("y", float(3)), loss, null, attrs);
    expect(codesOf(d.finish())).toEqual([code]);
  });
  it("a vector as weight or metric", () => {
    const d = draft();
    const x = d.input("x", float(3));
    d.match(d.dense(x, "M", 3), x, "mse", x);
    expect(codesOf(d.finish())).toEqual(["SQ0405"]);
  });
});
