import { describe, expect, it } from "vitest";
import { float, moment, read } from "@sequent/ir";
import type { Interval, Operand, Program } from "@sequent/ir";
import type { Draft, World } from "./support.js";
import { adjointOf, at, codesOf, differentiated, draft, evaluator, noise, STEPS, worldOf, worstError } from "./support.js";

const LAST = 5;
const from = (lower: [("0" | "T"), number], upper: [("0" | "T"), number]): Interval => ({ lower: moment(...lower), upper: moment(...upper) });
const FIRST = from(["0", 0], ["0", 0]), REST = from(["0", 1], ["T", 0]), END = from(["T", 0], ["T", 0]), BEFORE = from(["0", 0], ["T", -1]);

/** Inputs over time exist from step 1 on, as data does. */
const world = (program: Program): World => ({
  ...worldOf(program, 2, LAST),
  input: (name, t, length) => (name.startsWith("x") && t === 0 ? null : noise(length, name.length * 7 + name.charCodeAt(0) + 31 * t)),
});

/** s_t = step(s_{t-1}) with s_0 given, or s_t = step(s_{t+1}) with s_T given. */
const scan = (d: Draft, name: string, size: number, start: Operand, shift: 1 | -1, step: (s: Operand) => Operand): Operand => {
  const row = d.b.reserve(float(size), STEPS);
  const next = step(at(read(row), shift));
  const [first, rest] = shift === -1 ? [FIRST, REST] : [END, BEFORE];
  d.b.define(row, { tag: "cases", pieces: [{ on: first, value: start }, { on: rest, value: next }] });
  return d.named(read(row), name);
};

const cell = (d: Draft, name: string) => (x: Operand) => (h: Operand): Operand =>
  d.op("tanh", [d.dense(d.op("concat", [h, x]), name, 3)]);

describe("the adjoint of a recurrence is a recurrence the other way", () => {
  it("forward in time", () => {
    const d = draft();
    const x = d.input("x", float(2), STEPS), y = d.input("xy", float(2), STEPS);
    const h = scan(d, "h", 3, d.op("tanh", [d.weight("h0", 3)]), -1, cell(d, "C")(x));
    d.match(d.dense(h, "P", 2), y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, world(program))).toBeLessThan(1e-8);
  });

  it("backward in time, from the end", () => {
    const d = draft();
    const x = d.input("x", float(2), STEPS), y = d.input("xy", float(2), STEPS);
    const per = d.input("q", float(3));
    const b = scan(d, "b", 3, d.op("tanh", [d.dense(per, "S", 3)]), 1, (s) => cell(d, "C")(at(x, 1))(s));
    d.match(d.dense(b, "P", 2), y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, world(program))).toBeLessThan(1e-8);
  });

  it("both directions over one trunk, with reads of neighbours", () => {
    const d = draft();
    const x = d.input("x", float(2), STEPS), y = d.input("xy", float(2), STEPS);
    const e = d.op("tanh", [d.dense(x, "E", 2)]);
    const h = scan(d, "h", 3, d.weight("h0", 3), -1, cell(d, "F")(e));
    const b = scan(d, "b", 3, d.weight("b0", 3), 1, (s) => cell(d, "B")(at(e, 1))(s));
    const p = d.dense(d.op("concat", [h, at(h, -1), b]), "P", 2);
    d.match(p, y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, world(program))).toBeLessThan(1e-8);
  });

  it("a GRU, layered", () => {
    const d = draft();
    const x = d.input("x", float(2), STEPS), y = d.input("xy", float(2), STEPS);
    const gate = (h: Operand, v: Operand, f: string, name: string): Operand => d.op(f, [d.dense(d.op("concat", [h, v]), name, 3)]);
    const gru = (name: string, v: Operand) => (h: Operand): Operand => {
      const r = gate(h, v, "sigmoid", `${name}.R`), z = gate(h, v, "sigmoid", `${name}.Z`);
      const l = gate(d.op("mul", [h, r]), v, "tanh", `${name}.H`);
      return d.op("add", [d.op("mul", [h, d.op("sub", [d.b.constant(1), z])]), d.op("mul", [z, l])]);
    };
    const zero = d.op("mul", [d.b.constant(0), d.weight("zero", 3)]);
    const h1 = scan(d, "h_1", 3, zero, -1, gru("G1", x));
    const h2 = scan(d, "h_2", 3, zero, -1, gru("G2", h1));
    d.match(d.dense(h2, "P", 2), y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, world(program))).toBeLessThan(1e-8);
  });

  it("the last step alone, and the first", () => {
    const d = draft();
    const x = d.input("x", float(2), STEPS), y = d.input("z", float(3));
    const h = scan(d, "h", 3, d.weight("h0", 3), -1, cell(d, "C")(x));
    const last = d.op("tanh", [read(h.node, { tag: "at", time: moment("T") })]);
    const second = d.op("exp", [read(h.node, { tag: "at", time: moment("0", 1) })]);
    d.match(d.op("add", [last, second]), y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, world(program))).toBeLessThan(1e-8);
  });

  it("a value per sample that every step reads", () => {
    const d = draft();
    const x = d.input("x", float(2), STEPS), y = d.input("xy", float(3), STEPS), q = d.input("q", float(3));
    const code = d.op("tanh", [d.dense(q, "Q", 3)]);
    const h = scan(d, "h", 3, code, -1, (s) => d.op("add", [cell(d, "C")(x)(s), d.op("mul", [code, s])]));
    d.match(h, y, "mse");
    const program = differentiated(d.finish());
    expect(worstError(program, world(program))).toBeLessThan(1e-8);
  });
});

describe("x_t $ J_t over time", () => {
  it("follows this instance of x and no other", () => {
    const d = draft();
    const x = d.input("x", float(2), STEPS);
    const v = d.op("tanh", [d.dense(x, "V", 2)]);
    // J_t reads v_t and v_{t-1}; only v_t counts
    d.ascend([v], d.op("sum", [d.op("mul", [v, d.op("exp", [at(v, -1)])])]));
    const program = differentiated(d.finish());
    const same = draft();
    const x2 = same.input("x", float(2), STEPS);
    const v2 = same.op("tanh", [same.dense(x2, "V", 2)]);
    same.ascend([], same.op("sum", [same.op("mul", [v2, same.op("detach", [same.op("exp", [at(v2, -1)])])])]));
    const held = differentiated(same.finish());
    const expected = worstErrorBetween(program, held);
    expect(expected).toBeLessThan(1e-12);
  });

  it("tells apart the steps of a value that lies on the way at several", () => {
    // w_t and w_{t-1} both hold v_t: J_t = w_t * w_{t-1} with w_t = exp(v_t) + tanh(v_{t+1}), so v_t counts in exp(v_t) * w_{t-1} and w_t * tanh(v_t) alone
    const build = (whole: boolean): Program => {
      const d = draft();
      const v = d.named(d.op("tanh", [d.dense(d.input("x", float(3), STEPS), "V", 3)]), "v");
      const held = (one: Operand): Operand => (whole ? d.op("detach", [one]) : one);
      const w = d.op("add", [d.op("exp", [v]), d.op("tanh", [at(v, 1)])]);
      const now = whole ? d.op("add", [d.op("exp", [v]), held(d.op("tanh", [at(v, 1)]))]) : w;
      const before = whole ? d.op("add", [held(d.op("exp", [at(v, -1)])), d.op("tanh", [v])]) : at(w, -1);
      d.ascend(whole ? [] : [v], d.op("sum", [d.op("mul", [now, before])]));
      return differentiated(d.finish());
    };
    expect(worstErrorBetween(build(false), build(true))).toBeLessThan(1e-12);
  });

  it("is a coded error where all instances are read together", () => {
    const d = draft();
    const v = d.named(d.op("tanh", [d.dense(d.input("x", float(3), STEPS), "V", 3)]), "v");
    d.ascend([v], d.op("sum", [d.op("exp", [d.op("normalize", [v])])]));
    expect(codesOf(d.finish())).toEqual(["SQ0407"]);
  });
});


const worstErrorBetween = (a: Program, b: Program): number => {
  let worst = 0;
  a.nodes.forEach((node, id) => {
    if (node.tag !== "param" || a.params[node.param]?.role !== "weight") return;
    const other = b.names.find((n) => n.name === `^${a.params[node.param]?.name ?? ""}`)?.node ?? -1;
    const p = evaluator(a, world(a))(adjointOf(a, id))?.data ?? [NaN], q = evaluator(b, world(b))(other)?.data ?? [NaN];
    p.forEach((x, k) => (worst = Math.max(worst, Math.abs(x - (q[k] ?? NaN)))));
    if (p.every((x) => x === 0)) worst = Infinity;
  });
  return worst;
};
