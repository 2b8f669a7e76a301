import { describe, expect, it } from "vitest";
import { equation, outcome, paramNames, programOf, show } from "./setup.js";

describe("a multilayer perceptron", () => {
  const text = "X : [784]\ny : class[10]\nM_1 : dense[128]\nX --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)";
  const p = programOf(text);
  it("has one equation per name", () => {
    expect(equation(p, "h_1")).toBe('relu(dense{"features":128}(X, M_1.weight, M_1.bias))');
    expect(equation(p, "p")).toBe("softmax(dense(h_1, M_2.weight, M_2.bias))");
    expect(equation(p, "X")).toBe("input X");
  });
  it("has its parameters, the bias with the fan of its weight", () => {
    expect(paramNames(p)).toEqual(["M_1.bias", "M_1.weight", "M_2.bias", "M_2.weight"]);
    const bias = p.params.find((one) => one.name === "M_1.bias");
    expect(p.params[bias?.init.fanOf ?? -1]?.name).toBe("M_1.weight");
  });
  it("has one statement, by the matching loss, and adam by default", () => {
    expect(p.objectives).toHaveLength(1);
    expect(p.objectives[0]).toMatchObject({ tag: "match", loss: { name: "match", attrs: {} }, weight: null });
    expect(p.objectives[0]?.text).toBe("p => one_hot(y)");
    expect(p.treatments).toMatchObject([{ transform: "adam", attrs: { lr: 0.001 }, params: [0, 1, 2, 3] }]);
  });
  it("has its declarations", () => {
    expect(p.declared.map(({ shape, dtype, classes }) => ({ shape, dtype, classes }))).toEqual([
      { shape: [784], dtype: "float", classes: null },
      { shape: [], dtype: "int", classes: 10 },
    ]);
  });
  it("gives no note", () => expect(outcome(text).codes).toEqual([]));
});

const GRU = `0 -> h_0
h_{t-1}|x_t -> c_t
c_t --[R|sigmoid]-> r_t
c_t --[Z|sigmoid]-> z_t
x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t
h_{t-1} * (1 - z_t) + z_t * l_t -> h_t`;
const ENC = `Enc: h_{t-1}, x_t
    h_{t-1}|x_t -> c_t
    c_t --[R|sigmoid]-> r_t
    c_t --[Z|sigmoid]-> z_t
    x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t
    h_{t-1} * (1 - z_t) + z_t * l_t -> h_t
    return h_t
`;

describe("recurrence", () => {
  it("a GRU as equations reads its past through the cases of its state", () => {
    const p = programOf(GRU);
    expect(equation(p, "h")).toBe("{0..0: 0; 0+1..T: add(mul(h@t-1, sub(1, z)), mul(z, l))}");
    expect(equation(p, "c")).toBe("concat(h@t-1, x)");
    expect(equation(p, "x")).toBe("input x_t");
    expect(paramNames(p)).toEqual(["H.bias", "H.weight", "R.bias", "R.weight", "Z.bias", "Z.weight"]);
  });
  it("a GRU as a macro is one call with its own parameters", () => {
    const p = programOf(`${ENC}h_0 := 0\nh_{t-1},x_t --[Enc]-> h_t => y_t`);
    expect(equation(p, "h")).toBe("{0..0: 0; 0+1..T: Enc.h}");
    expect(equation(p, "Enc.h")).toBe("add(mul(h@t-1, sub(1, Enc.z)), mul(Enc.z, Enc.l))");
    expect(paramNames(p)[0]).toBe("Enc.H.bias");
    expect(p.calls).toMatchObject([{ instance: "Enc", of: "Enc", parent: null, formals: ["h", "x"], override: null }]);
    const inside = p.nodes.filter((_, i) => p.callOf[i] === 0).length;
    expect(inside).toBeGreaterThan(8);
  });
  it("a layered GRU has parameters per instance", () => {
    const p = programOf(`${ENC}0 -> h_0\n0 -> g_0\nh_{t-1},x_t --[Enc_1]-> h_t\ng_{t-1},h_t --[Enc_2]-> g_t => y_t`);
    expect(paramNames(p)).toHaveLength(12);
    expect(paramNames(p)).toContain("Enc_2.R.weight");
    expect(equation(p, "Enc_2.c")).toBe("concat(g@t-1, h)");
  });
  it("an instance used twice shares its parameters, and its calls are two", () => {
    const p = programOf(`${ENC}0 -> h_0\n0 -> g_0\nh_{t-1},x_t --[Enc]-> h_t\ng_{t-1},h_t --[Enc]-> g_t => y_t`);
    expect(paramNames(p)).toHaveLength(6);
    expect(p.calls.map((call) => call.instance)).toEqual(["Enc", "Enc"]);
  });
  it("an LSTM holds two states", () => {
    const p = programOf(`0 -> c_0\n0 -> h_0\nh_{t-1}|x_t -> p_t\np_t --[F|sigmoid]-> f_t\np_t --[I|sigmoid]-> i_t\np_t --[C|tanh]-> l_t
p_t --[O|sigmoid]-> o_t\nc_{t-1}*f_t + i_t*l_t -> c_t\ntanh(c_t)*o_t -> h_t => y_t`);
    expect(equation(p, "c")).toBe("{0..0: 0; 0+1..T: add(mul(c@t-1, f), mul(i, l))}");
    expect(equation(p, "h")).toBe("{0..0: 0; 0+1..T: mul(tanh(c), o)}");
  });
  it("runs backward in time too", () => {
    const p = programOf("0 -> A_T\nx_t + 0.9 * A_{t+1} -> A_t => y_t");
    expect(equation(p, "A")).toBe("{T..T: 0; 0..T-1: add(x, mul(0.9, A@t+1))}");
    const q = programOf("0 -> b_{T+1}\nx_t + b_{t+1} -> b_t => y_t");
    expect(equation(q, "b")).toBe("{T+1..T+1: 0; 0..T: add(x, b@t+1)}");
  });
  it("takes a boundary before the first step, and equations in any order", () => {
    const p = programOf("x_t + h_{t-1} -> h_t => y_t\n0 -> h_{-1}");
    expect(equation(p, "h")).toBe("{0-1..0-1: 0; 0..T: add(x, h@t-1)}");
  });
  it("normalises a shifted left side", () => {
    const p = programOf("h_t + x_t -> h_{t+1}\n0 -> h_0\nh_t => y_t");
    expect(equation(p, "h")).toBe("{0..0: 0; 0+1..T: add(h@t-1, x@t-1)}");
  });
  it("reads everything of an equation for a later step earlier: fixed steps, ranges, arguments and the step itself", () => {
    const p = programOf("max(x_{t+2..T}, axis=0) * t + x_1 -> h_{t+1}\nx_{t+1} -> g_{t+1}\nh_t * g_t => y_t");
    expect(equation(p, "h")).toBe('add(mul(max{"axis":0}(x@t+1..T), sub(time(), 1)), x@0+1)');
    const q = programOf("Keep: v_t, w_{t+1}\n    v_t + w_{t+1} -> u_{t+1}\n    return u_t\nx_t, z_{t+1} --[Keep]-> h_t\nh_t => y_t");
    expect(equation(q, "h")).toBe("add(x@t-1, z)");
  });
  it("holds equations from 0 to T, a name for another step included", () => {
    expect(equation(programOf("0 -> h_{-1}\nh_{t-1} + x_t -> h_t\nh_{t+1} -> g_t\ng_t => y_t"), "g")).toBe("{0..T: h@t+1}");
  });
  it("reads ranges and the last step", () => {
    const p = programOf("x_{t-3..t} --[M]-> p_t\nsum(p_T) => y");
    expect(equation(p, "p")).toBe("dense(x@t-3..t, M.weight, M.bias)");
    expect(show(p, (p.objectives[0] as never as { from: never }).from)).toBe("sum(p@T)");
  });
  it("a macro may hold its own state, apart at each call", () => {
    const p = programOf("Acc: x_t\n    0 -> s_0\n    s_{t-1} + x_t -> s_t\n    return s_t\na_t --[Acc]-> b_t --[Acc]-> c_t => y_t");
    expect(equation(p, "b")).toBe("{0..0: 0; 0+1..T: add(b@t-1, a)}".replaceAll("b@", "Acc.s@"));
    expect(equation(p, "c")).toContain("Acc.s.2@t-1, Acc.s");
  });
});

describe("names", () => {
  it("integers are labels unless the name occurs with t", () => {
    expect(equation(programOf("X * 2 -> h_0\nh_0 + 1 -> h_1 => y"), "h_1")).toBe("add(h_0, 1)");
    expect(equation(programOf("X_t * 2 -> h_t\nh_3 + 1 -> k => y"), "k")).toBe("add(h@0+3, 1)");
  });
  it("lifts a name whose equation reads t, and says so", () => {
    const { program, all } = outcome("x_t --[G]-> p\np + 1 -> q_t => y_t\np => z_t");
    expect(all.map((one) => one.code)).toEqual(["SQ0210"]);
    expect(program === null ? "" : equation(program, "q")).toBe("add(p, 1)");
  });
  it("reading a name without time at t is the same value at every step", () => {
    expect(equation(programOf("X --[M]-> q\nq_{t-1} + x_t -> p_t => y_t"), "p")).toBe("add(q, x)");
  });
  it("old reads what was recorded, and a name for it keeps that", () => {
    const p = programOf("X_t --[M]-> V_t\nold(V_t) + V_t -> G_t\nold(V_{t-1}) -> B_t\nV_t => G_t + B_t");
    expect(equation(p, "G")).toBe("add(old V, V)");
    expect(equation(p, "B")).toBe("{0..T: old V@t-1}");
  });
  it("t alone is the step", () => expect(equation(programOf("x_t * t -> p_t => y_t"), "p")).toBe("mul(x, time())"));
  it("a formal is matched whole, with whatever shift the caller gives", () => {
    const p = programOf("D: x_t\n    return x_t * 2\nx_{t-1} --[D]-> p_t => y_t");
    expect(equation(p, "p")).toBe("mul(x@t-1, 2)");
  });
});

describe("functions", () => {
  it("composition nests to any depth", () => {
    const p = programOf("P := [A|(relu|B)|tanh]\nX --[P|C]-> p => y");
    expect(equation(p, "p")).toBe(
      "dense(tanh(dense(relu(dense(X, P.A.weight, P.A.bias)), P.B.weight, P.B.bias)), C.weight, C.bias)");
    expect(p.calls.map((call) => call.of)).toEqual(["P"]);
  });
  it("the same name twice is tied", () => expect(paramNames(programOf("X --[M]-> a --[M]-> b => y"))).toEqual(["M.bias", "M.weight"]));
  it("a call is the arrow's mechanism", () => {
    expect(equation(programOf("softmax(M_1(X)) -> p => y"), "p")).toBe("softmax(dense(X, M_1.weight, M_1.bias))");
    expect(equation(programOf("X --[max(Z)]-> p => y"), "p")).toBe(equation(programOf("max(X, Z) -> p => y"), "p"));
    expect(equation(programOf("X --[leaky_relu(0.2)]-> p => y"), "p")).toBe('leaky_relu{"slope":0.2}(X)');
  });
  it("instances of a builtin have parameters of their own", () => {
    expect(paramNames(programOf("dense_M(X) -> h --[dense_N(bias=false)]-> p => y"))).toEqual(["dense_M.bias", "dense_M.weight", "dense_N.weight"]);
  });
  it("declares initialisers by name", () => {
    const p = programOf("M : dense[3, init=orthogonal(1.41)]\nX --[M]-> p => y");
    expect(p.params[0]?.init).toMatchObject({ name: "orthogonal", attrs: { gain: 1.41 } });
  });
  it("constants serve as attributes", () => {
    expect(equation(programOf("4 * 8 -> n\nM : dense[n]\nX --[M]-> p => y * n"), "p")).toContain('"features":32');
  });
});

describe("transforms", () => {
  it("nograd and frozen are calls around their function", () => {
    const p = programOf("X --[nograd(M)|frozen(F)]-> p => y");
    expect(p.calls.map(({ of, override }) => [of, override?.tag])).toEqual([["nograd", "transform"], ["frozen", "transform"]]);
  });
  it("target and ema replace parameters by lagged copies, one per argument list", () => {
    const p = programOf("x --[Q]-> a\nx --[target(Q, every=100)]-> b\nx' --[target(Q, 100)]-> c\nx --[ema(Q)]-> d\na => b + c + d");
    expect(paramNames(p)).toEqual(["Q.bias", "Q.bias.ema", "Q.bias.target", "Q.weight", "Q.weight.ema", "Q.weight.target"]);
    const copy = p.params.find((one) => one.name === "Q.weight.target");
    expect(copy).toMatchObject({ role: "copy", renewedBy: { transform: "target", attrs: { every: 100 } } });
    expect(p.params[copy?.of ?? -1]?.name).toBe("Q.weight");
    expect(p.treatments[0]?.params).toHaveLength(2);
  });
  it("clip_grad and an optimizer of its own concern the parameters", () => {
    const p = programOf("@optim sgd(0.1)\nX --[clip_grad(adam_opt(M, lr=0.5))|N]-> p => y");
    expect(p.treatments).toMatchObject([
      { transform: "adam", attrs: { lr: 0.5 }, params: [0, 1] },
      { transform: "clip_grad", params: [0, 1] },
      { transform: "sgd", attrs: { lr: 0.1 }, params: [2, 3] },
    ]);
  });
  it("nograd of an expression is a constant", () => {
    expect(equation(programOf("X --[M]-> h\nnograd(h * 2) + h -> p => y"), "p")).toBe("add(detach(mul(h, 2)), h)");
  });
});

describe("training statements", () => {
  it("a loss may have a weight, which may be a state", () => {
    const p = programOf("X --[M]-> p =[0.5*mse]=> y\np =[w*match]=> y\np =[huber(2)]=> y");
    expect(p.objectives.map((one) => (one.tag === "match" ? [one.loss.name, one.weight === null ? null : show(p, one.weight)] : []))).toEqual([
      ["mse", "0.5"], ["match", "w"], ["huber", null],
    ]);
  });
  it("ascends from what stands left of it, or through everything", () => {
    const p = programOf("X --[M]-> h --[N|softmax]-> p $ log(p[a])\n$ -sum(h)");
    expect(p.objectives.map((one) => (one.tag === "ascend" ? one.from.map((x) => show(p, x)) : []))).toEqual([["p"], []]);
  });
  it("metrics are values", () => {
    const p = programOf("@metric accuracy = mean(argmax(p) == y)\nX --[M|softmax]-> p => one_hot(y)");
    expect(p.metrics.map(({ name, value }) => [name, show(p, value)])).toEqual([["accuracy", "mean(eq(argmax(p), y))"]]);
  });
  it("a custom gradient overrides its macro's", () => {
    const p = programOf("Step: x\n    (x > 0) -> y\n    ^y * (abs(x) <= 1) -> ^x\n    return y\nX --[M|Step]-> p => q");
    const override = p.calls[0]?.override;
    expect(override?.tag).toBe("custom");
    if (override?.tag !== "custom") return;
    expect(override.seeds).toHaveLength(1);
    expect(override.ins.map((x) => (x === null ? null : show(p, x)))).toEqual([
      `mul(input ^Step.y#0, le(abs(dense(X, M.weight, M.bias)), 1))`,
    ]);
  });
});
