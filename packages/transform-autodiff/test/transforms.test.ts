import { describe, expect, it } from "vitest";
import { float, NOWHERE } from "@sequent/ir";
import type { Attrs, ParamId, Program, Treatment } from "@sequent/ir";
import { defineOptimizer } from "../src/index.js";
import { codesOf, differentiated, draft, env, evaluator } from "./support.js";

const START = [0.5, -1, 2];
const treatment = (transform: string, attrs: Attrs = {}, params: readonly ParamId[] = [0]): Treatment => ({ transform, attrs, params, span: NOWHERE });

/** w toward a fixed point, in ½‖w − c‖². */
const program = (...treatments: readonly Treatment[]): Program => {
  const d = draft();
  const w = d.weight("w.weight", 3);
  const c = d.input("c", float(3));
  d.match(w, c);
  return differentiated(d.finish({ treatments }));
};

/** The weights after some Updates, and all parameters. */
const run = (p: Program, updates: number): { readonly w: readonly number[]; readonly params: readonly Float64Array[] } => {
  let params = p.params.map((param, id) =>
    id === 0 || param.role === "copy" ? Float64Array.from(START) : new Float64Array((param.type?.shape ?? []).reduce<number>((n, k) => n * Number(k), 1)));
  for (let update = 0; update < updates; update += 1) {
    const value = evaluator(p, { rows: 2, last: 0, input: () => [1, 0.25, -0.5, 1, 0.25, -0.5], params, update });
    const next = new Map((p.updates ?? []).map((one) => [one.param, value(one.next.node)?.data]));
    params = params.map((old, id) => Float64Array.from(next.get(id) ?? old));
  }
  return { w: [...(params[0] ?? [])], params };
};

/** What PyTorch 2.13's optimizers give after four steps on the same loss, in double precision. */
const PYTORCH: readonly (readonly [string, readonly Treatment[], readonly number[]])[] = [
  ["SGD(lr=0.1)", [treatment("sgd", { lr: 0.1 })], [0.67195, -0.570125, 1.14025]],
  ["SGD(momentum, weight_decay)", [treatment("sgd", { lr: 0.1, momentum: 0.9, weight_decay: 0.05 })],
    [0.8643040940625, -0.0029572162499998536, 0.005914432499999707]],
  ["SGD(nesterov)", [treatment("sgd", { lr: 0.1, momentum: 0.9, nesterov: true })], [0.953056045, 0.1326401125000001, -0.2652802250000002]],
  ["SGD(dampening)", [treatment("sgd", { lr: 0.1, momentum: 0.8, dampening: 0.3 })], [0.79278735, -0.268031625, 0.53606325]],
  ["Adam", [treatment("adam", { lr: 0.1 })], [0.8870845975601922, -0.6028353154297581, 1.601138410191864]],
  ["Adam(betas, eps, weight_decay)", [treatment("adam_opt", { lr: 0.1, beta1: 0.8, beta2: 0.99, eps: 1e-3, weight_decay: 0.1 })],
    [0.8725182081888038, -0.6052859940306952, 1.60230194626749]],
  ["AdamW", [treatment("adamw", { lr: 0.1 })], [0.8846378965556394, -0.5994771339858423, 1.5937763705502426]],
  ["RMSprop", [treatment("rmsprop", { lr: 0.1 })], [0.9721114812520306, 0.24774335176572604, -0.05133270800812301]],
  ["RMSprop(centered, momentum)", [treatment("rmsprop", { lr: 0.1, alpha: 0.9, momentum: 0.5, centered: true, weight_decay: 0.1, eps: 1e-4 })],
    [0.9398620551874509, 0.23803340780574894, 0.5399867675274258]],
  ["clip_grad_norm_ and SGD", [treatment("clip_grad", { c: 0.7 }), treatment("sgd", { lr: 0.1 })],
    [0.5493052327083391, -0.8767369182291519, 1.7534738364583038]],
];

describe("optimizers are PyTorch's", () => {
  it.each(PYTORCH)("%s", (_, treatments, expected) => {
    run(program(...treatments), 4).w.forEach((x, k) => { expect(Math.abs(x - (expected[k] ?? NaN))).toBeLessThan(1e-12); });
  });

  it("adam with lr=1e-3 is what a weight gets that nothing speaks of", () => {
    expect(run(program(), 3).w).toEqual(run(program(treatment("adam", { lr: 1e-3 })), 3).w);
  });

  it("clip_value bounds each element of the gradient", () => {
    const { w } = run(program(treatment("clip_value", { c: 0.3 }), treatment("sgd", { lr: 1 })), 1);
    expect(w).toEqual([0.8, -0.7, 1.7]);
  });

  it("gradients are treated before the optimizer, in whichever order they are written", () => {
    const a = program(treatment("sgd", { lr: 0.1 }), treatment("clip_grad", { c: 0.7 }));
    const b = program(treatment("clip_grad", { c: 0.7 }), treatment("sgd", { lr: 0.1 }));
    expect(run(a, 4).w).toEqual(run(b, 4).w);
  });
});

describe("learning rates that depend on the Update", () => {
  const rates = (call: string): readonly number[] => {
    const p = program(treatment("sgd", { lr: { call, args: [1, 0, 4] } }));
    const at = (n: number): number => (run(p, n).w[0] ?? NaN);
    // w moves by lr (c − w) with c = 1
    return [0, 1, 2, 3].map((n) => (at(n + 1) - at(n)) / (1 - at(n) || 1));
  };
  it("linear", () => { expect(rates("linear")[0]).toBeCloseTo(1, 12); });
  it("go from the first to the last value and stay", () => {
    const p = program(treatment("sgd", { lr: { call: "linear", args: [0.2, 0.1, 2] } }));
    const values = [0, 1, 2, 3, 4].map((n) => run(p, n).w[2] ?? NaN);
    const ratios = values.slice(1).map((x, k) => (x - (values[k] ?? 0)) / (-0.5 - (values[k] ?? 0)));
    [0.2, 0.15, 0.1, 0.1].forEach((lr, k) => { expect(ratios[k]).toBeCloseTo(lr, 12); });
  });
  it("cosine", () => {
    const p = program(treatment("sgd", { lr: { call: "cosine", args: [0.2, 0.1, 2] } }));
    const values = [0, 1, 2, 3].map((n) => run(p, n).w[2] ?? NaN);
    const ratios = values.slice(1).map((x, k) => (x - (values[k] ?? 0)) / (-0.5 - (values[k] ?? 0)));
    [0.2, 0.15, 0.1].forEach((lr, k) => { expect(ratios[k]).toBeCloseTo(lr, 12); });
  });
});

describe("lagged copies", () => {
  const lagged = (transform: string, attrs: Attrs): Program => {
    const d = draft();
    const w = d.weight("w.weight", 3), c = d.input("c", float(3));
    const copy = d.b.param({ ...d.b.paramAt(0), name: "copy", role: "copy", of: 0, renewedBy: { transform, attrs } });
    d.match(w, c);
    d.match(d.op("mul", [w, d.b.readParam(copy)]), c, "mse", d.b.constant(0));
    return differentiated(d.finish({ treatments: [treatment("sgd", { lr: 0.1 })] }));
  };
  const copyOf = (p: Program, n: number): readonly number[] => [...(run(p, n).params[1] ?? [])];

  it("ema goes tau of the way to the new value", () => {
    const p = lagged("ema", { tau: 0.25 });
    const w1 = run(p, 1).w;
    copyOf(p, 1).forEach((x, k) => { expect(x).toBeCloseTo((START[k] ?? 0) + 0.25 * ((w1[k] ?? 0) - (START[k] ?? 0)), 14); });
  });
  it("target takes the new value at every n-th Update, and gets none of its own", () => {
    const p = lagged("target", { every: 2 });
    expect(copyOf(p, 1)).toEqual(START);
    expect(copyOf(p, 2)).toEqual(run(p, 2).w);
    expect(copyOf(p, 3)).toEqual(run(p, 2).w);
    expect((p.updates ?? []).filter((one) => one.param === 1)).toHaveLength(1);
  });
});

describe("mistakes", () => {
  const codes = (...treatments: readonly Treatment[]): readonly string[] => {
    const d = draft();
    d.match(d.weight("w.weight", 3), d.input("c", float(3)));
    return codesOf(d.finish({ treatments }));
  };
  it("two optimizers, or one with two sets of attributes", () => {
    expect(codes(treatment("adam"), treatment("sgd"))).toEqual(["SQ0408"]);
    expect(codes(treatment("adam", { lr: 0.1 }), treatment("adam", { lr: 0.2 }))).toEqual(["SQ0408"]);
    expect(codes(treatment("adam", { lr: 0.1 }), treatment("adam_opt", { lr: 0.1 }))).toEqual([]);
  });
  it("attributes out of range", () => {
    expect(codes(treatment("sgd", { lr: -1 }))).toEqual(["SQ0409"]);
    expect(codes(treatment("sgd", { lr: { call: "linear", args: [1] } }))).toEqual(["SQ0409"]);
  });
});

describe("someone else's transform", () => {
  it("is a record in the registry", () => {
    const signed = defineOptimizer(
      { name: "signed", doc: "x − 0.1 sign(g).", attributes: { list: [], decode: env.transforms.get("nograd")?.attributes.decode ?? (() => { throw new Error(); }) } },
      (b, one) => b.op("core.sub", [one.value, b.op("core.mul", [b.constant(0.1), b.op("core.sign", [one.gradient])])]),
    );
    const more = { ...env, transforms: new Map([...env.transforms, ["signed", signed] as const]) };
    const d = draft();
    d.match(d.weight("w.weight", 3), d.input("c", float(3)));
    const p = differentiated(d.finish({ treatments: [treatment("signed")] }), [], more);
    expect(run(p, 1).w).toEqual([0.6, -0.9, 1.9]);
  });
});
