import * as E from "fp-ts/lib/Either.js";
import type { Diagnostic, Moment, Operand, Program } from "@sequent/ir";
import { classOf, float, moment, printType, read } from "@sequent/ir";
import { describe, expect, it } from "vitest";
import type { DataTypes } from "../src/index.js";
import { infer, inferDiagnostics, printSignature, signature } from "../src/index.js";
import { at, board, idOf, shifted, steps, testEnv } from "./programs.js";

const solve = (program: Program, data?: DataTypes, notes: Diagnostic[] = []): E.Either<readonly Diagnostic[], Program> =>
  infer(data === undefined ? {} : { data }).run(program)(testEnv(notes));
const solved = (program: Program, data?: DataTypes, notes?: Diagnostic[]): Program => {
  const result = solve(program, data, notes);
  if (E.isLeft(result)) throw new Error(result.left.map((d) => `${d.code} ${d.message}`).join("\n"));
  return result.right;
};
const failed = (program: Program, data?: DataTypes): readonly Diagnostic[] => {
  const result = solve(program, data);
  if (E.isRight(result)) throw new Error("it was expected to fail");
  return result.left;
};
const typeOf = (program: Program, name: string): string => printType(program.types![idOf(program, name)]![0]!);
const paramOf = (program: Program, name: string): string => printType(program.params.find((p) => p.name === name)!.type!);
const env = testEnv();

describe("shapes", () => {
  it("of an MLP follow from its input and its target, and hidden widths get the default, with a note", () => {
    const m = board(env);
    const x = m.input("X"), y = m.input("y");
    m.declare(x, [784]);
    m.declare(y, [], 10);
    const h = m.name(m.b.op("core.relu", [m.dense("M_1", x)]), "h");
    const p = m.name(m.b.op("core.softmax", [m.dense("M_2", h)]), "p");
    m.match(p, m.b.op("core.one_hot", [y]));
    const notes: Diagnostic[] = [];
    const program = solved(m.finish(), undefined, notes);
    expect(["X", "y", "h", "p"].map((name) => typeOf(program, name))).toEqual(["[784]", "class[10]", "[64]", "[10]"]);
    expect(["M_1.weight", "M_1.bias", "M_2.weight"].map((name) => paramOf(program, name))).toEqual(["[64, 784]", "[64]", "[10, 64]"]);
    expect(notes.map((n) => [n.code, n.severity])).toEqual([["SQ0311", "note"]]);
    expect(printSignature(signature(program))).toBe("X : [784]\ny : class[10]\n");
  });

  it("take @default_width", () => {
    const m = board(env);
    const x = m.input("X"), y = m.input("y");
    m.declare(x, [4]);
    m.declare(y, [2]);
    m.match(m.dense("B", m.dense("A", x)), y);
    const span = { file: "main.seq", from: 0, to: 0 };
    const program = solved(m.finish({ directives: [{ name: "default_width", positional: [16], named: {}, span }] }));
    expect(paramOf(program, "A.weight")).toBe("[16, 4]");
  });

  it("flow backwards, from a weight to an undeclared input", () => {
    const m = board(env);
    const x = m.input("X"), z = m.input("Z");
    m.declare(z, [3]);
    const product = m.name(m.b.op("core.add", [x, z]), "s");
    const program = solved(m.finish());
    expect(typeOf(program, "X")).toBe("[3]");
    expect(product.node).toBe(idOf(program, "s"));
  });

  it("of data bind to inputs, without samples and, for a timed name, steps", () => {
    const m = board(env);
    m.name(m.b.op("core.exp", [m.input("a")]), "u");
    m.name(m.b.op("core.exp", [m.input("x", true)]), "v");
    const data: DataTypes = new Map([
      ["a", { shape: [100, 8, 8], dtype: "float", classes: null }],
      ["x", { shape: [100, 50, 3], dtype: "float", classes: null }],
    ]);
    const program = solved(m.finish(), data);
    expect(printSignature(signature(program))).toBe("a : [8, 8]\nx_t : [3]\n");
    expect(program.varies![idOf(program, "v")]).toEqual({ space: { tag: "data" }, time: true });
    expect(program.varies![idOf(program, "u")]).toEqual({ space: { tag: "data" }, time: false });
  });

  it("of what reads a range between two fixed steps have no time, whichever step reads it", () => {
    const m = board(env);
    const x = m.input("x", true);
    m.declare(x, [3]);
    const range = (lower: Moment, upper: Moment): Operand => ({ ...x, at: { tag: "range", on: { lower, upper } } });
    m.name(m.b.op("core.mean", [range(moment("0", 1), moment("T"))], { axis: 0 }), "whole");
    m.name(m.b.op("core.mean", [range(moment("0", 1), moment("t"))], { axis: 0 }), "past");
    const program = solved(m.finish());
    expect(program.varies![idOf(program, "whole")]!.time).toBe(false);
    expect(program.varies![idOf(program, "past")]!.time).toBe(true);
  });

  it("of a recurrence with a scalar boundary are those of its step", () => {
    const m = board(env);
    const x = m.input("x", true), y = m.input("y", true);
    m.declare(x, [3]);
    m.declare(y, [2]);
    const h = read(m.b.reserve());
    const cat = m.b.op("core.concat", [shifted(h, -1), x]);
    const next = m.b.op("core.tanh", [m.dense("C", cat)]);
    m.b.define(h.node, {
      tag: "cases",
      pieces: [
        { on: { lower: moment("0"), upper: moment("0") }, value: m.b.constant(0) },
        { on: { lower: moment("0", 1), upper: moment("T") }, value: next },
      ],
    });
    m.name(h, "h");
    m.match(m.name(m.dense("D", h), "p"), y);
    const program = solved(m.finish());
    expect(typeOf(program, "h")).toBe("[64]");
    expect(paramOf(program, "C.weight")).toBe("[64, 67]");
    expect(program.varies![h.node]!.time).toBe(true);
  });

  it("of a recurrence without inputs are those of its layer, not of its scalar boundary", () => {
    const m = board(env);
    const h = read(m.b.reserve());
    const next = m.b.op("core.tanh", [m.dense("F", shifted(h, -1), 8)]);
    m.b.define(h.node, {
      tag: "cases",
      pieces: [
        { on: { lower: moment("0"), upper: moment("0") }, value: m.b.constant(0) },
        { on: { lower: moment("0", 1), upper: moment("T") }, value: next },
      ],
    });
    m.name(h, "h");
    m.name(m.b.op("core.sum", [shifted(h, 0)]), "s");
    const program = solved(m.finish());
    expect(typeOf(program, "h")).toBe("[8]");
    expect(paramOf(program, "F.weight")).toBe("[8, 8]");
  });

  it("of ranges have a leading axis: a number, or the range itself", () => {
    const m = board(env);
    const x = m.input("x", true);
    m.declare(x, [3]);
    const all = at(x, { tag: "range", on: { lower: moment("0"), upper: moment("t") } });
    m.name(m.b.op("core.exp", [steps(x, -3, 0)]), "four");
    m.name(m.b.op("core.exp", [all]), "past");
    m.name(m.b.op("core.sum", [all], { axis: 0 }), "sum");
    const program = solved(m.finish());
    expect(typeOf(program, "four")).toBe("[4, 3]");
    expect(typeOf(program, "past")).toBe("[0..t, 3]");
    expect(typeOf(program, "sum")).toBe("[3]");
  });

  it("of an output that is trained toward a reward are []", () => {
    const m = board(env);
    const o = m.input("O", true), r = m.input("r", true);
    m.declare(o, [4]);
    m.declare(r, []);
    const v = m.name(m.dense("V", m.b.op("core.tanh", [m.dense("H", o)])), "V");
    const later = m.b.op("core.mul", [m.b.constant(0.5), shifted(v, 1)]);
    m.match(v, m.b.op("core.add", [shifted(r, 1), later]));
    const program = solved(m.finish());
    expect(typeOf(program, "V")).toBe("[]");
    expect(paramOf(program, "V.weight")).toBe("[1, 64]");
    const objective = program.objectives[0]!;
    expect(objective.tag === "match" && objective.from.node).toBe(idOf(program, "V"));
  });

  it("of an output with a vector target stay vectors", () => {
    const m = board(env);
    const x = m.input("X"), y = m.input("y");
    m.declare(x, [4]);
    m.declare(y, [3]);
    m.match(m.name(m.dense("M", x), "p"), m.b.op("core.mul", [y, m.b.constant(2)]));
    expect(typeOf(solved(m.finish()), "p")).toBe("[3]");
  });

  it("of a class that indexes decide the width of what it indexes", () => {
    const m = board(env);
    const x = m.input("X"), a = m.input("a"), g = m.input("g");
    m.declare(x, [4]);
    m.declare(a, [], 5);
    m.declare(g, []);
    const q = m.name(m.dense("Q", x), "q");
    m.match(m.b.op("core.index", [q, a]), g);
    expect(typeOf(solved(m.finish()), "q")).toBe("[5]");
  });
});

describe("what does not fit", () => {
  it("names both places that disagree", () => {
    const m = board(env);
    const x = m.input("X"), y = m.input("y");
    m.declare(x, [4]);
    m.declare(y, [10]);
    m.match(m.name(m.dense("M", x, 5), "p"), y);
    const [d, ...more] = failed(m.finish());
    expect(more).toEqual([]);
    expect(d!.code).toBe("SQ0301");
    expect(d!.message).toMatch(/p => y: the sizes (5 and 10|10 and 5) differ/);
    // the objective, the declaration of y, and the layer
    expect(d!.labels.map((label) => label.at.from).sort()).toEqual([40, 50, 60]);
  });

  it("says what to write for [n] with [n, 1]", () => {
    const m = board(env);
    const a = m.input("a"), c = m.input("c");
    m.declare(a, [10]);
    m.declare(c, [10, 1]);
    m.b.op("core.sub", [a, c]);
    const [d] = failed(m.finish());
    expect(d!.code).toBe("SQ0302");
    expect(d!.help).toContain("reshape(…, [10])");
    expect(d!.help).toContain("a is [10], c is [10, 1]");
  });

  it("tells declarations and data apart", () => {
    const m = board(env);
    const x = m.input("X");
    m.declare(x, [784]);
    const [d] = failed(m.finish(), new Map([["X", { shape: [100, 64], dtype: "float", classes: null }]]));
    expect(d!.code).toBe("SQ0312");
    expect(d!.message).toBe("the array X is [100 samples, 64], and [784] is declared");
    expect(d!.labels.map((label) => label.text)).toEqual(["declared as [784]"]);
  });

  it("says what undeclared inputs are by their arrays", () => {
    const m = board(env);
    const x = m.input("X"), y = m.input("y");
    m.declare(y, [4]);
    m.match(m.name(m.dense("M", x, 5), "p"), y);
    const [d] = failed(m.finish(), new Map([["X", { shape: [100, 64], dtype: "float", classes: null }]]));
    expect(d!.code).toBe("SQ0301");
    expect(d!.help).toContain("By the data X is [100 samples, 64].");
  });

  it("refuses a float as a class", () => {
    const m = board(env);
    const x = m.input("X");
    m.declare(x, [4]);
    m.b.op("core.one_hot", [m.b.op("core.exp", [x])]);
    expect(failed(m.finish())[0]!.code).toBe("SQ0303");
  });

  it("refuses other numbers of classes", () => {
    const m = board(env);
    const q = m.input("q"), a = m.input("a");
    m.declare(q, [3]);
    m.declare(a, [], 4);
    m.b.op("core.index", [q, a]);
    expect(failed(m.finish())[0]!.message).toMatch(/3|4/);
  });

  it("refuses a vector as objective, and a class as a vector's target", () => {
    const m = board(env);
    const x = m.input("X"), y = m.input("y");
    m.declare(x, [4]);
    m.declare(y, [], 3);
    m.match(m.dense("M", x, 3), y);
    m.ascend(x);
    expect(failed(m.finish()).map((d) => d.code).sort()).toEqual(["SQ0309", "SQ0310"]);
  });

  it("asks for the shape of an input in the user's words", () => {
    const m = board(env);
    m.dense("M", m.input("X"));
    const [d] = failed(m.finish());
    expect(d!.code).toBe("SQ0306");
    expect(d!.message).toContain("X : [?]");
    expect(d!.help).toContain("@data");
  });

  it("never takes a default for an output", () => {
    const m = board(env);
    const x = m.input("X");
    m.declare(x, [4]);
    m.name(m.b.op("core.softmax", [m.dense("M_2", m.dense("M_1", x))]), "p");
    const [d, ...more] = failed(m.finish());
    expect(more).toEqual([]);
    expect(d!.code).toBe("SQ0307");
    expect(d!.help).toContain("M_2 : dense[10]");
  });

  it("asks for what is defined by itself alone", () => {
    const m = board(env);
    const a = read(m.b.reserve());
    m.b.define(a.node, { tag: "cases", pieces: [{ on: null, value: m.b.op("core.exp", [shifted(a, -1)]) }] });
    m.name(a, "a");
    expect(failed(m.finish())[0]!.code).toMatch(/SQ030[78]/);
  });

  it("has a record for each code, with three examples", () => {
    expect(new Set(inferDiagnostics.map((d) => d.code)).size).toBe(inferDiagnostics.length);
    for (const record of inferDiagnostics) expect(record.examples.length).toBeGreaterThanOrEqual(3);
  });
});

describe("size", () => {
  it("100,000 equations, deep and in any order, are solved without recursion", () => {
    const m = board(env);
    const x = m.input("X");
    let chain = x;
    for (let k = 0; k < 100_000; k += 1) chain = m.b.op(k % 2 === 0 ? "core.tanh" : "core.neg", [chain]);
    m.declare(chain, [7]);
    const started = process.cpuUsage();
    const program = solved(m.finish());
    expect(program.types![x.node]).toEqual([float(7)]);
    expect(process.cpuUsage(started).user).toBeLessThan(10_000_000);
    expect(classOf(3).classes).toBe(3);
  });
});
