import { existsSync, readFileSync, readdirSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import type { syntax } from "../../src/index.js";
import { format, parse, parseExpression, parseShowList, printExpr, printTarget } from "../../src/index.js";
import { bare } from "./generate.js";

const good = (text: string): readonly syntax.Statement[] => {
  const { program, diagnostics } = parse(text);
  expect(diagnostics, text).toEqual([]);
  return program.statements;
};
const codes = (text: string): string[] => parse(text).diagnostics.map((d) => d.code);
const expr = (text: string): syntax.Expr => {
  const result = parseExpression(text);
  if (E.isLeft(result)) throw new Error(result.left[0].message);
  return result.right;
};

/** An expression with all its parentheses, to see what binds to what. */
const full = (e: syntax.Expr): string => {
  switch (e.tag) {
    case "infix":
      return `(${full(e.first)}${e.rest.map((r) => ` ${r.op} ${full(r.right)}`).join("")})`;
    case "power":
      return `(${full(e.base)} ^ ${full(e.exponent)})`;
    case "negate":
      return `(-${full(e.of)})`;
    case "bar":
      return `(${e.parts.map(full).join(" | ")})`;
    case "group":
      return full(e.of);
    default:
      return printExpr(e);
  }
};

describe("precedence", () => {
  it.each([
    ["a + b * c", "(a + (b * c))"],
    ["-a^2", "(-(a ^ 2))"],
    ["a^b^c", "(a ^ (b ^ c))"],
    ["2^-x", "(2 ^ (-x))"],
    ["-a * b", "((-a) * b)"],
    ["a - b - c", "(a - b - c)"],
    ["a|b + c == d", "(a | ((b + c) == d))"],
    ["^y * abs(x) <= 1", "((^y * abs(x)) <= 1)"],
    ["x ^ ^y", "(x ^ ^y)"],
    ["(a + b) * c[i]", "((a + b) * c[i])"],
    ["h_{t-1} * (1 - z_t) + l_t", "((h_{t-1} * (1 - z_t)) + l_t)"],
  ])("%s is %s", (text, right) => {
    expect(full(expr(text))).toBe(right);
  });
});

const subscript = (text: string): unknown => {
  const e = expr(text);
  return e.tag === "name" ? e.subscript : e;
};
const at = (origin: string, offset: number): unknown => ({ tag: "at", time: { origin, offset } });

describe("names", () => {
  it.each([
    ["h_t", at("t", 0)], ["h_{t-1}", at("t", -1)], ["h_{ t + 2 }", at("t", 2)], ["h_12", at("0", 12)], ["h_{-1}", at("0", -1)],
    ["h_T", at("T", 0)], ["h_{T+1}", at("T", 1)], ["dense_M", { tag: "instance", name: "M" }], ["log_std", null],
    ["x_{t-3..t}", { tag: "range", from: { origin: "t", offset: -3 }, to: { origin: "t", offset: 0 } }],
    ["x_{0..T}", { tag: "range", from: { origin: "0", offset: 0 }, to: { origin: "T", offset: 0 } }],
  ])("%s", (text, right) => {
    expect(subscript(text)).toEqual(right);
  });

  it("keep words and primes before the context", () => {
    expect(expr("log_std''_{t-1}")).toMatchObject({ base: "log_std", primes: 2, subscript: at("t", -1) });
  });

  it("of macros take a single letter", () => {
    expect(codes("Enc: x_t\n    return x_t\nx_t --[Enc_a]-> y_t")).toEqual([]);
    expect(codes("x_t --[Foo_a]-> y_t")).toEqual(["SQ0113"]);
  });
});

describe("statements", () => {
  it("of the notation's own examples are read", () => {
    const text = `X --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)     # flow
O_t --[Policy|softmax]-> pi_t --[sample]-> a_t
V_t => V_t + A_t
pi_t $ A_t * log(pi_t[a_t])
0 -> h_0 ; h_1 := 0 ; 0.99 -> gamma
Enc: h_{t-1}, x_t
    h_{t-1}|x_t --[C|tanh]-> c_t
    return c_t
Policy := [P_1|tanh|P_2|tanh|P_3]
X : [784] ; y : class[10] ; M_1 : dense[128]
K : conv[32, kernel=3, stride=1, pad=same]
@env cartpole ; @horizon back=32 ; @batch 64
@data "digits.npz" test=0.2 seed=0 ; @train epochs=40 ; @metric accuracy = mean(argmax(p) == y)
@buffer B capacity=50000 batch=128
@epochs 4 minibatches 4
@optim adam(lr=1e-3)
reset() -> S_0, O_0
O_t --[Q]-> q_t --[eps_greedy(linear(1, 0.05, 10000))]-> a_t
S_{t-1}, a_{t-1} --[step]-> S_t, O_t, r_t, d_t
Add_B(O_{t-1}, a_{t-1}, r_t, O_t, d_t)
Get_B() -> o, a, r, o', d
o' --[target(Q, every=500)]-> q'
q[a] =[0.5*mse]=> r + gamma * (1 - d) * max(q')
x, y $ J

$ J_2
^y -> ^x
^y * x -> ^M
O_t --[clip_grad(P_1|tanh|P_2, c=1)]-> z_t
x : float ; r : []
x[1:3, :, i] -> y`;
    const statements = good(text);
    expect(statements).toHaveLength(37);
    expect(statements[8]).toMatchObject({ tag: "compose", name: { base: "Policy" }, body: { tag: "bar" } });
    expect(statements.at(-7)).toMatchObject({ tag: "flow", head: [], links: [{ tag: "ascend" }] });
  });

  it("go on over lines that start with an arrow", () => {
    const text = "X\n  # first\n  --[M_1]-> h\n\n-> g # and\n=[mse]=> y\n";
    expect(good(text)).toHaveLength(1);
    expect(bare(good(text))).toEqual(bare(good("X --[M_1]-> h -> g =[mse]=> y")));
  });

  it("with `$` alone are bare after a blank line, after `;` and after the end of a chain", () => {
    for (const text of ["x -> y\n\n$ y", "x -> y ; $ y", "x => y\n$ y", "x := y\n$ y", "@batch 4\n$ y"])
      expect(good(text).at(-1), text).toMatchObject({ head: [], links: [{ tag: "ascend" }] });
    for (const text of ["x -> y\n$ y", "x -> y\n\n  $ y"]) expect(good(text), text).toHaveLength(1);
  });

  it("have spans that cover their text", () => {
    const text = "\ufeffx -> y\r\n\r\nF: a # c\r\n\ta --[f]-> b\r\n\treturn b\r\n0 -> z";
    const statements = good(text);
    expect(statements.map((s) => text.slice(s.span.from, s.span.to))).toEqual([
      "x -> y", "F: a # c\r\n\ta --[f]-> b\r\n\treturn b", "0 -> z",
    ]);
  });
});

describe("recovery", () => {
  it("reports every bad statement once and reads the good ones", () => {
    const text = ["x -> y", "a + -> b", "f(x -> c", "y -> z ; 3 = x ; z -> w", "q => (r", "M : ", "@batch 64", "d ] e", "w -> v"].join("\n");
    const { program, diagnostics } = parse(text);
    const line = (d: (typeof diagnostics)[number]): number => text.slice(0, d.labels[0]?.at.from).split("\n").length;
    expect(diagnostics.map(line)).toEqual([2, 3, 4, 5, 6, 8]);
    expect(program.statements.map((s) => text.slice(s.span.from, s.span.to))).toEqual(["x -> y", "y -> z", "z -> w", "@batch 64", "w -> v"]);
  });

  it("does not cascade from the header of a macro into its body", () => {
    expect(codes("Enc h_{t-1}, x_t\n    h_{t-1}|x_t -> h_t\n    return h_t\nx -> y")).toEqual(["SQ0121"]);
    expect(codes("Enc: h_{t-1} x_t\n    h_{t-1}|x_t -> h_t\n    h_t + -> z\n    return h_t\nx -> y")).toEqual(["SQ0121", "SQ0121"]);
  });

  it("reads any text without an exception, and says something of what it leaves out", () => {
    const characters = "xyt_T{}()[]<>-=|$@^*/+.,:;'\"#\n\t 019\r→γ\\!~é";
    let seed = 12345;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % n;
    };
    for (let n = 0; n < 5000; n++) {
      const text = Array.from({ length: random(40) }, () => characters.charAt(random(characters.length))).join("");
      const { diagnostics } = parse(text);
      for (const d of diagnostics) expect(d.labels.length).toBeGreaterThan(0);
      const result = format(text);
      if (E.isRight(result)) expect(format(result.right), text).toEqual(result);
    }
  });
});

describe("size", () => {
  it("has no limit but for nesting", () => {
    const sum = `${"a + ".repeat(100_000)}a -> s`;
    expect(good(sum)[0]).toMatchObject({ head: [{ rest: { length: 100_000 } }] });
    const chain = `x ${"--[F|relu]-> x ".repeat(100_000)}`;
    expect(good(chain)[0]).toMatchObject({ links: { length: 100_000 } });
    expect(good("x -> y\n".repeat(100_000))).toHaveLength(100_000);
    expect(codes(`${"(".repeat(100_000)}x -> y`)).toEqual(["SQ0108"]);
    expect(codes(`${"x^".repeat(100_000)}x -> y`)).toEqual(["SQ0108"]);
    expect(codes("[".repeat(100_000))).toEqual(["SQ0108"]);
    expect(codes(`x -> ${"y".repeat(1_000_000)}`)).toEqual([]);
    expect(codes("? ".repeat(500_000))).toEqual(["SQ0102"]);
    expect(good("a : float ; ".repeat(50_000))).toHaveLength(50_000);
  });
});

describe("lists of names to show", () => {
  it("are read", () => {
    const list = parseShowList("p,^h_1, M_1.weight,^M_1.weight,loss,o'_{t-1}");
    expect(E.isRight(list) && list.right.map(printTarget)).toEqual(["p", "^h_1", "M_1.weight", "^M_1.weight", "loss", "o'_{t-1}"]);
    for (const bad of ["", "p,", "p q", "3", "p;q", "^", "p\nq"]) expect(E.isLeft(parseShowList(bad)), bad).toBe(true);
    for (const bad of ["", "a +", "a -> b", "a b", "a;b", "f(x"]) expect(E.isLeft(parseExpression(bad)), bad).toBe(true);
  });
});

describe("examples", () => {
  const folder = new URL("../../../../examples/", import.meta.url);
  const names = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/main.seq`, folder)));
  it.each(names)("%s has no syntax diagnostic, and keeps its meaning when formatted", (name) => {
    const text = readFileSync(new URL(`${name}/main.seq`, folder), "utf8");
    const result = format(text);
    expect(E.isRight(result) && bare(good(result.right))).toEqual(bare(good(text)));
  });
});
