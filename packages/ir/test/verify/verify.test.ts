import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import type { Env, Node, Pass, Program } from "../../src/index.js";
import { compose, createBuilder, EMPTY, facts, float, moment, ops, read, run, verify } from "../../src/index.js";

const env: Env = {
  ops: new Map(ops.map((op) => [op.name, op] as const)),
  transforms: new Map(), losses: new Map(), initialisers: new Map(), directives: new Map(),
  facts: new Map(facts.map((fact) => [fact.name, fact] as const)),
  note: () => undefined,
};
const typed: Program = { ...EMPTY, types: [], varies: [] };
/** exp(x) + 1, typed. */
const small = (): Program => {
  const b = createBuilder(typed, env);
  const x = read(b.node({ tag: "input", name: "x" }));
  b.name(b.op("core.add", [b.op("core.exp", [x]), b.constant(1)]), "y", null);
  return b.finish();
};
const wrong = (program: Program, names: readonly string[] = []): readonly string[] => verify(program, env, names).map((d) => d.message);
const replace = (program: Program, id: number, node: Node): Program => ({ ...program, nodes: program.nodes.map((n, k) => (k === id ? node : n)) });

describe("the verifier", () => {
  it("accepts what the builder makes", () => {
    expect(wrong(small(), ["structure", "typed"])).toEqual([]);
  });

  const exp: Node = { tag: "op", op: "core.exp", attrs: {}, ins: [read(0)] };
  it.each<[string, (p: Program) => Program, RegExp]>([
    ["an id out of range", (p) => replace(p, 1, { ...exp, ins: [read(99)] }), /no equation 99/],
    ["a parameter out of range", (p) => replace(p, 1, { tag: "param", param: 3 }), /no parameter 3/],
    ["an op that is not registered", (p) => replace(p, 1, { ...exp, op: "acme.fft" }), /acme.fft/],
    ["attributes that do not decode", (p) => replace(p, 1, { ...exp, attrs: { slope: 1 } }), /slope/],
    ["the wrong number of operands", (p) => replace(p, 1, { ...exp, ins: [] }), /takes 1 operands/],
    ["a pick of a result that is not there", (p) => replace(p, 1, { tag: "pick", of: 0, result: 1 }), /no result 1/],
    ["a short column", (p) => ({ ...p, spans: [] }), /column spans/],
    ["two states of one name", (p) => ({ ...p, names: [...p.names, ...p.names] }), /two states/],
    ["all instances read by no collective", (p) => replace(p, 1, { ...exp, ins: [{ ...read(0), at: { tag: "over", axes: "both" } }] }), /collective/],
    ["a value that reads itself", (p) => replace(p, 1, { ...exp, ins: [read(3)] }), /instantaneous cycle: .*y/],
    ["a name of no equation", (p) => ({ ...p, names: p.names.map((n) => ({ ...n, node: 77 })) }), /row 77/],
  ])("finds %s", (_, change, message) => {
    expect(wrong(change(small())).join("\n")).toMatch(message);
  });

  it("lets a value read itself at another step", () => {
    const p = small();
    const last = read(3, { tag: "at", time: moment("t", -1) });
    expect(wrong(replace(p, 1, { ...exp, ins: [last] }))).toEqual([]);
  });

  it("finds types that the rules do not give", () => {
    const p = small();
    const types = p.types!.map((own, id) => (id === 1 ? [float(3)] : own));
    expect(wrong({ ...p, types }, ["typed"]).join("\n")).toMatch(/core.exp/);
    expect(wrong({ ...p, types: [] }, ["typed"]).join("\n")).toMatch(/column types/);
  });

  it("is linear and does not recurse", () => {
    const b = createBuilder(typed, env);
    let x = read(b.node({ tag: "input", name: "x" }));
    for (let k = 0; k < 50_000; k += 1) x = b.op("core.tanh", [x]);
    expect(wrong(b.finish(), ["typed"])).toEqual([]);
  });
});

describe("pipelines", () => {
  const pass = (name: string, requires: readonly string[], provides: readonly string[], breaks: readonly string[] = []): Pass =>
    ({ name, doc: "", requires, provides, breaks, run: (p) => () => E.right(p) });

  it("are checked when composed", () => {
    const good = compose("g", [pass("a", [], ["typed"]), pass("b", ["typed"], ["done"], ["typed"])]);
    expect(good).toMatchObject({ right: { gives: ["done"] } });
    const bad = compose("b", [pass("b", ["typed"], []), pass("a", [], ["typed"])]);
    expect(bad).toMatchObject({ left: [{ code: "SQ0351", message: expect.stringContaining("typed"), help: expect.stringContaining("`a`") }] });
    expect(E.isLeft(compose("c", [pass("a", [], ["typed"]), pass("b", [], [], ["typed"]), pass("c", ["typed"], [])]))).toBe(true);
    expect(E.isRight(compose("d", [pass("b", ["typed"], [])], ["typed"]))).toBe(true);
  });

  it("dump after each pass, and blame the pass that breaks its word", () => {
    const liar = pass("liar", [], ["typed"]);
    const composed = compose("x", [pass("idle", [], []), liar]);
    if (E.isLeft(composed)) throw new Error("it composes");
    const seen: string[] = [];
    const result = run(composed.right, EMPTY, { verify: true, dump: (name) => seen.push(name) })(env);
    expect(seen).toEqual(["00-start", "01-idle", "02-liar"]);
    expect(result).toMatchObject({ left: [{ code: "SQ0352", message: expect.stringContaining("after the pass liar") }] });
    expect(run(composed.right, small(), { verify: true })(env)).toMatchObject({ _tag: "Right" });
  });
});
