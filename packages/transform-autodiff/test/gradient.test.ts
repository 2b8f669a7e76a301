import { describe, expect, it } from "vitest";
import { float } from "@sequent/ir";
import { adjointOf, differentiated, draft, evaluator, worldOf, worstError } from "./support.js";

describe("gradients of weights agree with central differences", () => {
  it("of an MLP toward a vector", () => {
    const d = draft();
    const x = d.input("x", float(4)), y = d.input("y", float(2));
    const h = d.named(d.op("tanh", [d.dense(x, "M_1", 5)]), "h_1");
    const p = d.named(d.dense(h, "M_2", 2), "p");
    d.match(p, y);
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
    expect(program.names.map((n) => n.name)).toEqual(expect.arrayContaining(["^h_1", "^p", "^M_1.weight", "^M_2.bias"]));
    // ^p is (p − y) / count at each instance
    const world = worldOf(program), value = evaluator(program, world);
    const [pv, yv, gv] = [p.node, y.node, adjointOf(program, p.node)].map((n) => value(n)?.data ?? []);
    (pv ?? []).forEach((v, k) => { expect(gv?.[k]).toBeCloseTo((v - (yv?.[k] ?? 0)) / 3, 12); });
  });

  it("with a shared subexpression, tied parameters, and products of both", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const h = d.op("tanh", [d.dense(x, "M", 3)]);
    const twice = d.op("tanh", [d.dense(h, "M", 3)]);
    const p = d.op("add", [d.op("mul", [h, twice]), h]);
    d.match(p, y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });

  it("through a static value that batched ones read, and through a scalar parameter", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const w = d.op("exp", [d.weight("s.weight", 3)]), c = d.weight("c.weight");
    d.match(d.op("mul", [d.op("mul", [x, w]), d.op("add", [c, d.op("tanh", [c])])]), y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });

  it("through a mean over the batch", () => {
    const d = draft();
    const x = d.input("x", float(3)), y = d.input("y", float(3));
    const h = d.op("tanh", [d.dense(x, "M", 3)]);
    const centre = d.op("average", [d.b.all(h)]);
    const p = d.op("mul", [d.op("sub", [h, centre]), h]);
    d.match(p, y, "mse");
    d.ascend([], d.op("sum", [d.op("mul", [centre, d.op("exp", [centre])])]));
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });

  it("of losses with weights, several objectives, and a bare ascent", () => {
    const d = draft();
    const x = d.input("x", float(4)), y = d.input("y", float(3)), w = d.input("w");
    const h = d.op("tanh", [d.dense(x, "H", 3)]);
    d.match(h, y, "huber", d.op("mul", [w, w]), { delta: 0.3 });
    d.match(d.op("sigmoid", [d.dense(h, "P", 3)]), d.op("sigmoid", [y]), "bce", d.b.constant(0.5));
    d.match(d.op("softmax", [d.dense(h, "Q", 3)]), d.op("softmax", [y]));
    d.ascend([], d.op("sum", [d.op("mul", [h, x.node === y.node ? h : d.op("exp", [h])])]));
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });

  it("of an objective that all instances share", () => {
    const d = draft();
    const w = d.weight("w.weight", 3);
    d.ascend([], d.op("neg", [d.op("sum", [d.op("mul", [w, w])])]));
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program))).toBeLessThan(1e-8);
  });

  it("of batch 1", () => {
    const d = draft();
    const x = d.input("x", float(1)), y = d.input("y", float(1));
    d.match(d.op("tanh", [d.dense(x, "M", 1)]), y);
    const program = differentiated(d.finish());
    expect(worstError(program, worldOf(program, 1))).toBeLessThan(1e-8);
  });
});

describe("what gets no gradient", () => {
  it("detached values, targets and weights", () => {
    const d = draft();
    const x = d.input("x", float(3));
    const h = d.op("tanh", [d.dense(x, "M", 3)]), g = d.op("tanh", [d.dense(x, "N", 3)]);
    d.match(d.op("mul", [h, d.op("detach", [g])]), d.op("exp", [g]), "mse", d.op("sum", [g]));
    const program = differentiated(d.finish());
    const value = evaluator(program, worldOf(program));
    const of = (name: string): number => {
      const node = program.names.find((n) => n.name === `^${name}`)?.node ?? -1;
      return Math.max(...[...(value(node)?.data ?? [NaN])].map(Math.abs));
    };
    expect(of("N.weight")).toBe(0);
    expect(of("M.weight")).toBeGreaterThan(0);
  });

  it("a wanted value that the loss does not depend on has a gradient of zero; a wanted input has its own", () => {
    const d = draft();
    const x = d.input("x", float(2)), y = d.input("y", float(2)), z = d.input("z", float(2));
    d.match(d.dense(x, "M", 2), y);
    const program = differentiated(d.finish(), [x.node, z.node]);
    const world = worldOf(program), value = evaluator(program, world);
    expect([...(value(adjointOf(program, z.node))?.data ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(Math.abs(value(adjointOf(program, x.node))?.data[0] ?? 0)).toBeGreaterThan(1e-6);
  });
});

describe("size", () => {
  it("differentiates a chain of 100,000 equations, each once", () => {
    const d = draft();
    const x = d.input("x", float(2));
    let h = d.dense(x, "M", 2);
    for (let k = 0; k < 100_000; k += 1) h = d.op(k % 2 === 0 ? "tanh" : "neg", [h]);
    d.match(h, x);
    const program = d.finish();
    const done = differentiated(program);
    // tanh adds three equations, neg one; nothing else grows
    expect(done.nodes.length - program.nodes.length).toBeLessThan(50_000 * 4 + 100);
  });
});
