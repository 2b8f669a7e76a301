// What docs/language.md decides where a reader might have expected something else.
import * as E from "fp-ts/lib/Either.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, decodeInputs, evaluate, float, format, print, printSignature, printType, readProgram, tensorOf } from "../src/index.js";
import type { Compiled, TensorType } from "../src/index.js";

const NOWHERE = { file: "", from: 0, to: 0 };
const FILE = "language.seq";

const compiled = (text: string): Compiled => {
  const result = compile(text, FILE);
  if (E.isLeft(result)) throw new Error(result.left.map((one) => `${one.code}: ${one.message}`).join("\n"));
  return result.right;
};
const codesOf = (text: string): readonly string[] => {
  const result = compile(text, FILE);
  return E.isLeft(result) ? result.left.map((one) => one.code) : result.right.notes.map((one) => one.code);
};

/** The values of one name after another, on the inputs, in f64. */
const values = (text: string, inputs: object, ...show: readonly string[]): readonly (readonly number[])[] => {
  const result = evaluate(compiled(text), {
    inputs: decodeInputs(Buffer.from(JSON.stringify(inputs)), "inputs"),
    params: new Map(), precision: "f64", steps: 0, mode: "train", show, at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE },
  });
  if (E.isLeft(result)) throw new Error(result.left.map((one) => one.message).join("\n"));
  return show.map((name) => Array.from(tensorOf(result.right.get(name)).data));
};

describe("lines", () => {
  const statement = (text: string): string => {
    const [objective] = compiled(text).program.objectives;
    return objective?.tag === "ascend" ? `ascend through ${objective.from.length}` : "other";
  };
  const head = "X : [3]\nM : dense[1]\nX --[M]-> h";
  test("a `$` continues the chain above", () => {
    expect(statement(`${head}\n$ sum(h)\n`)).toBe("ascend through 1");
  });
  test.each(["\n\n", "; ", "\n  # a remark\n\n"])("after %j it is bare", (between) => {
    expect(statement(`${head}${between}$ sum(h)\n`)).toBe("ascend through 0");
  });
  test("after a blank line it continues where it is indented more", () => {
    expect(statement(`${head}\n\n  $ sum(h)\n`)).toBe("ascend through 1");
  });
  test("after a chain that has ended it is bare", () => {
    const { objectives } = compiled(`${head} => 1\n$ sum(h)\n`).program;
    expect(objectives.map((one) => one.tag === "ascend" && one.from.length)).toEqual([false, 0]);
  });
});

describe("expressions", () => {
  const X = [[1, 2, 3, 4]];
  const of = (expression: string): readonly number[] => values(`X : [4]\n${expression} -> e\n`, { X }, "e")[0]!;
  test.each([
    ["X[1:3]", [2, 3]], ["X[:2]", [1, 2]], ["X[-2:]", [3, 4]], ["X[-3:-1]", [2, 3]], ["X[0]", [1]], ["X[-1]", [4]],
    ["reshape(X, shape=[2, 2])[-1, -2]", [3]],
    ["-X[1]^2", [-4]], ["2^3^0", [2]], ["1 - 2 - 3 + X[0]", [-3]], ["X[3] / 2 * 4", [8]],
    ["sum(X[2])", [3]], ["mean(X[2])", [3]], ["max(X[2])", [3]], ["sum(sum(X))", [10]],
    ["X[0] | 7 | X[1:3]", [1, 7, 2, 3]], ["[1, 2] | X[0]", [1, 2, 1]],
    ["(X[0] < X[1]) * (X[1] < 1)", [0]], ["X == 2", [0, 1, 0, 0]], ["max(X, 3)", [3, 3, 3, 4]],
  ])("%s", (expression, wanted) => {
    expect(of(expression)).toEqual(wanted);
  });
  test.each([
    ["comparisons do not chain", "1 < X < 2 -> e", "SQ0128"],
    ["a number has a digit after its point", "X * 3. -> e", "SQ0106"],
    ["[n] and [n, 1] are no operands of one another", "X + reshape(X, shape=[4, 1]) -> e", "SQ0302"],
    ["an output width is never defaulted", "X --[M]-> e", "SQ0307"],
    ["a hidden width is, with a note", "X --[M]-> h\nsum(h) -> e", "SQ0311"],
  ])("%s", (_, line, code) => {
    expect(codesOf(`X : [4]\n${line}\n`)).toContain(code);
  });
});

describe("a conflict within a macro names the calls that make it", () => {
  /** What is said of calls, each with the text that it is said of. */
  const said = (text: string): readonly string[] => {
    const result = compile(text, FILE);
    const [one] = E.isLeft(result) ? result.left : [];
    return (one?.labels ?? []).filter((label) => label.text.includes("call")).map(({ at, text: what }) => `${text.slice(text.lastIndexOf("\n", at.from) + 1, at.to)}: ${what}`);
  };
  const inputs = "x_t : [2] ; w_t : [3] ; y_t : [4]\n";
  test.each([
    ["by the parameters that they share", "B: a\n    a --[W|tanh]-> u\n    return u\nx_t --[B]-> c_t => y_t\nw_t --[B]-> d_t => y_t\n",
      ["w_t --[B: in this call of `B`", "x_t --[B: this call of `B` has the same parameters"]],
    ["and not those with parameters of their own", "B: a\n    a --[W|tanh]-> u\n    return u\nx_t --[B_1]-> c_t => y_t\nx_t --[B_2]-> e_t => y_t\nw_t --[B_1]-> d_t => y_t\n",
      ["w_t --[B_1: in this call of `B`", "x_t --[B_1: this call of `B` has the same parameters"]],
    ["by its own arguments", "B: a, b\n    return a + b\nx_t, x_t --[B]-> c_t\nx_t, w_t --[B]-> d_t\nc_t|d_t --[M]-> p_t => y_t\n", ["x_t, w_t --[B: in this call of `B`"]],
    ["one in another", "A: v\n    v --[W|tanh]-> u\n    return u\nB: a\n    a --[A]-> s\n    return s\nx_t --[B_1]-> c_t => y_t\nw_t --[nograd(B_1)]-> d_t => y_t\n",
      ["    a --[A: in this call of `A`", "w_t --[nograd(B_1: in this call of `B`", "x_t --[B_1: this call of `B` has the same parameters"]],
    ["of a composed function", "H := [W|tanh]\nx_t --[H]-> c_t => y_t\nw_t --[H]-> d_t => y_t\n", ["w_t --[H: in this call of `H`", "x_t --[H: this call of `H` has the same parameters"]],
    ["of a cell", "B: a_{t-1}, b\n    a_{t-1}|b --[W|tanh]-> a_t\n    return a_t\n0 -> c_0\n0 -> d_0\nc_{t-1}, x_t --[B]-> c_t => y_t\nd_{t-1}, w_t --[B]-> d_t => y_t\n",
      ["d_{t-1}, w_t --[B: in this call of `B`", "c_{t-1}, x_t --[B: 6 comes from this call of `B`"]],
    ["none without a macro", "x_t --[W|tanh]-> c_t => y_t\nw_t --[W]-> d_t => y_t\n", []],
  ])("%s", (_, text, wanted) => { expect(said(inputs + text)).toEqual(wanted); });
});

describe("an output that a scalar makes one", () => {
  const recurrence = "0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_T --[F]-> g => 1\n";
  const counter = "0 -> z_0\nz_{t-1} + sum(x_t) -> z_t\nz_T|z_T --[G]-> g => 1\n";
  test("is the one element of what its function gives, however wide that is given", () => {
    const { program } = compiled(`x : []\n${recurrence}`);
    const typeOf = (name: string) => program.types![program.names.find((one) => one.name === name)!.node]![0];
    expect(typeOf("g")).toEqual(float());
    expect(typeOf("h")).toEqual(float(64));
    expect(program.params.map(({ name, type }) => [name, type!.shape])).toContainEqual(["F.weight", [1, 64]]);
    expect(codesOf(`x : [2]\n${counter}`)).toEqual([]);
  });
  test.each([["a layer", "x --[G]-> g => 1\n"], ["two", "x --[F|tanh|G|sigmoid]-> g => 1\n"], ["an objective", "x --[F|tanh|G]-> g $ g\n"], ["a recurrence", recurrence], ["a recurrence of scalars", counter]])(
    "where the input of %s is of unknown shape, that is what is told", (_, text) => { expect(codesOf(text)).toEqual(["SQ0306"]); });
});

describe("declarations", () => {
  test("every type reads as it is printed, in the signature and in a program", () => {
    const size = fc.integer({ min: 1, max: 9 });
    const shape = fc.array(size, { maxLength: 3 });
    const type: fc.Arbitrary<TensorType> = fc.oneof(
      shape.map((of) => float(...of)),
      fc.record({ shape, dtype: fc.constant("int" as const), classes: fc.option(size, { nil: null }) }),
    );
    fc.assert(fc.property(type, (one) => {
      const { program, inputs, env } = compiled(`x : ${printType(one)}\nx -> e\n`);
      expect(printSignature(inputs)).toBe(`x : ${printType(one)}\n`);
      expect(program.types![program.names.find(({ name }) => name === "x")!.node]).toEqual([one]);
      const again = readProgram(print(program, env), env);
      expect(E.isRight(again) && again.right.types).toEqual(program.types);
      expect(E.isRight(again) && print(again.right, env)).toBe(print(program, env));
    }), { seed: 1, numRuns: 100 });
  });
  test("class[3][2] is two classes, bound, indexed and one-hot", () => {
    const text = "i : class[3][2]\nx : [3]\nx[i] -> e\none_hot(i) -> o\n";
    expect(values(text, { i: [[2, 0]], x: [[5, 6, 7]] }, "e", "o")).toEqual([[7, 5], [0, 0, 1, 1, 0, 0]]);
    expect(() => values(text, { i: [[3, 0]], x: [[5, 6, 7]] }, "e")).toThrow("class[3]");
    expect(format("i:class[3] [ 2 ]\n")).toEqual(E.right("i : class[3][2]\n"));
  });
});

describe("positions", () => {
  test.each([
    ["X[4] -> e", "there is no element 4 in [4]"], ["X[7] -> e", "there is no element 7 in [4]"], ["X[-5] -> e", "-5"], ["3 + 1 -> k\nX[k] -> e", "no element 4"],
    ["X[k] -> e\n9 -> k", "no element 9"], ["X[1.5] -> e", "1.5 is no position"], ["X[-1.5] -> e", "-1.5 is no position"],
    ["reshape(X, shape=[2, 2])[2, 0] -> e", "there is no element 2"], ["reshape(X, shape=[2, 2])[0, 2] -> e", "there is no element 2"],
    ["X --[M]-> h\nh[64] -> e", "there is no element 64 in [64]"], ["X --[M]-> h\nh[9] -> e\nN : dense[5]\nX --[N]-> g => h", "no element 9 in [5]"],
    ["F: u\n    return u[5]\nX --[F]-> e", "no element 5"],
  ])("%j is told where it stands", (lines, said) => {
    const text = `X : [4]\nM : dense\n${lines}\n`;
    const result = compile(text, FILE);
    const told = E.isLeft(result) ? result.left.filter((one) => one.code === "SQ0305") : [];
    expect(told.map((one) => one.message)).toEqual([expect.stringContaining(said)]);
    const at = told[0]!.labels[0]!.at;
    expect(text.slice(at.from, at.to)).toContain("[");
  });
  test("those that exist are read", () => {
    expect(values("X : [4]\n3 -> k\nX[k] -> a\nX[k - 4] -> b\nX[0] -> c\nX --[M]-> h\nh[63] -> d\n", { X: [[1, 2, 3, 4]] }, "a", "b", "c")).toEqual([[4], [4], [1]]);
  });
});

describe("widths", () => {
  test("states of two recurrences that only meet in a concatenation have the widths of their functions", () => {
    const { program } = compiled([
      "x_t : [5]", "y : class[3]", "F : dense[7]", "0 -> f_0", "f_{t-1}|x_t --[F|tanh]-> f_t", "0 -> b_{T+1}", "b_{t+1}|x_t --[B|tanh]-> b_t",
      "f_T|b_1 --[M|softmax]-> p => one_hot(y)", "",
    ].join("\n"));
    const shapeOf = (name: string) => program.types![program.names.find((one) => one.name === name)!.node]![0]!.shape;
    expect([shapeOf("f"), shapeOf("b")]).toEqual([[7], [64]]);
  });
  test("a hidden width is defaulted behind a custom gradient as elsewhere", () => {
    expect(codesOf("X : [4]\nStep: x\n    (x > 0) -> y\n    ^y -> ^x\n    return y\nX --[M|Step]-> h\nsum(h) -> e\n")).toEqual(["SQ0311"]);
  });
  test("the function that makes an output of open width is the one to declare", () => {
    const result = compile("X : [4]\ny : [2]\nX --[M_1]-> h --[M_2]-> p => y\n2 * X --[M_1]-> now\n", FILE);
    expect(E.isLeft(result) && result.left.map((one) => [one.code, /`(\w+) : dense/.exec(one.help)?.[1]])).toEqual([["SQ0307", "M_1"]]);
  });
});

describe("losses", () => {
  const X = [[0.5, -1], [2, 0.25], [-0.75, 1]], y = [[1, 0, 2], [0, -1, 1], [0.5, 0.5, 0.5]];
  const gradient = (arrow: string): readonly number[] => values(`X : [2]\ny : [3]\nX --[M]-> p ${arrow} y\n`, { X, y }, "^M.weight")[0]!;
  test("0.5*mse is the matching loss of the identity", () => {
    gradient("=[0.5*mse]=>").forEach((value, i) => { expect(value).toBeCloseTo(gradient("=>")[i]!, 14); });
  });
  test("mse sums over features and is averaged over samples", () => {
    const [p, loss] = values("X : [2]\ny : [3]\nX --[M]-> p =[mse]=> y\n", { X, y }, "p", "loss");
    expect(loss![0]).toBeCloseTo(p!.reduce((sum, value, i) => sum + (value - y.flat()[i]!) ** 2, 0) / 3, 14);
  });
  test("neither a target nor a weight gets a gradient", () => {
    const text = "X : [2]\nN : dense[3]\nX --[M]-> p\nX --[N]-> q\nsum(q) -> w\np =[w*mse]=> q\n";
    const [of, other] = values(text, { X }, "^N.weight", "^M.weight");
    expect(of!.every((value) => value === 0)).toBe(true);
    expect(other!.some((value) => value !== 0)).toBe(true);
  });
  test("the loss is all => minus all $", () => {
    const [p, loss] = values("X : [2]\ny : [3]\nX --[M]-> p => y\n\n$ 3 * sum(p)\n", { X, y }, "p", "loss");
    const parts = p!.map((value, i) => 0.5 * (value - y.flat()[i]!) ** 2 - 3 * value);
    expect(loss![0]).toBeCloseTo(parts.reduce((sum, part) => sum + part, 0) / 3, 13);
  });
});

describe("parameters", () => {
  const names = (text: string): readonly string[] => compiled(text).program.params.map((one) => one.name).filter((name) => name.endsWith("weight"));
  const program = (first: string, second: string): string =>
    `X : [3]\nF: x\n    x --[M]-> u\n    return u + x\nX --[${first}]-> a --[${second}]-> b\n`;
  test("the same instance twice is tied, two instances are not", () => {
    expect(names(program("F", "F"))).toEqual(["F.M.weight"]);
    expect(names(program("F_1", "F_2"))).toEqual(["F_1.M.weight", "F_2.M.weight"]);
  });
  test("a target with a known scalar and nothing larger makes its output a scalar", () => {
    const { program: typed } = compiled("X : [3]\nr : []\nX --[V]-> v => r\n");
    const v = typed.names.find((one) => one.name === "v")!.node;
    expect(typed.types![v]![0]!.shape).toEqual([]);
  });
});

describe("randomness", () => {
  const X = [[0], [0]];
  test("uniform draws have 24 bits", () => {
    const [u] = values("X : [1]\nuniform(50) + 0 * X[0] -> u\n", { X }, "u");
    expect(u).toHaveLength(100);
    for (const value of u!) expect([Number.isInteger(value * 2 ** 24), value >= 0, value < 1]).toEqual([true, true, true]);
  });
  test("one draw read twice is one draw, two draws are two, and samples differ", () => {
    const [once, twice, z] = values("X : [1]\nnormal(4) -> z\nz - z + 0 * X[0] -> once\nnormal(4) - normal(4) + 0 * X[0] -> twice\nz + 0 * X[0] -> shown\n", { X }, "once", "twice", "shown");
    expect(once!.every((value) => value === 0)).toBe(true);
    expect(twice!.every((value) => value !== 0)).toBe(true);
    expect(z!.slice(0, 4)).not.toEqual(z!.slice(4));
  });
});
