import * as E from "fp-ts/lib/Either.js";
import fc from "fast-check";
import type { Attrs, AttrValue, Context, Env, Interval, Moment, Node, Operand, OpName, Piece, Program, Space, TensorType } from "@sequent/ir";
import { EMPTY, NOWHERE, ops, print } from "@sequent/ir";
import { describe, expect, it } from "vitest";
import { readProgram } from "../../src/index.js";
import { environment, outcome } from "../elaborate/setup.js";

const env: Env = environment([]);

/** Without spans, which are the printed text's. */
const bare = (program: Program): unknown => JSON.parse(JSON.stringify({ ...program, spans: program.spans.length }, (key, value: unknown) => {
  if (key === "span" || key === "written") return undefined;
  if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return `number ${Object.is(value, -0) ? "-0" : String(value)}`;
}));
const back = (program: Program): unknown => {
  const text = print(program, env);
  const result = readProgram(text, env, "00-start.seq");
  if (E.isLeft(result)) throw new Error(`${result.left.map((d) => `${d.code} ${d.message} ${text.slice(d.labels[0]?.at.from, d.labels[0]?.at.to)}`).join("\n")}\n${text}`);
  expect(print(result.right, env)).toBe(text);
  return bare(result.right);
};

const offset = fc.integer({ min: -3, max: 3 });
const moment: fc.Arbitrary<Moment> = fc.record({ from: fc.constantFrom("t", "0", "T"), plus: offset });
const interval: fc.Arbitrary<Interval> = fc.tuple(moment, moment)
  .map(([a, b]) => (a.from === b.from && a.plus > b.plus ? { lower: b, upper: a } : { lower: a, upper: b }));
const context: fc.Arbitrary<Context> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Context>({ tag: "at", time: { from: "t", plus: 0 } }) },
  { weight: 3, arbitrary: moment.map((time): Context => ({ tag: "at", time })) },
  interval.map((on): Context => ({ tag: "range", on })),
  interval.map((range): Context => ({ tag: "fan", of: 0, range })),
  fc.constantFrom("time", "batch", "both").map((axes): Context => ({ tag: "over", axes })),
);
const number = fc.oneof(fc.integer({ min: -5, max: 100 }), fc.double(), fc.constantFrom(1e21, 5e-324, -0, 0.1, 1e-7));
const word = fc.constantFrom("kernel", "pad", "init", "log_std", "x", "weird key", "a_b", "t", "none", "Über", "__proto__x", "1");
const leaf: fc.Arbitrary<AttrValue> = fc.oneof(number, fc.constantFrom(null, true, false), fc.string(), fc.string({ unit: "binary" }));
const value: fc.Arbitrary<AttrValue> = fc.letrec<{ value: AttrValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, leaf, fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(word, tie("value"), { maxKeys: 2 })),
})).value;
const attrs: fc.Arbitrary<Attrs> = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, fc.dictionary(word, value, { maxKeys: 3 }));
const NAMES = ["h", "h_1", "h_2", "x'", "log_std", "Enc_1.c", "Enc.h_1", "^h", "^h_1", "^Enc_1.c", "n3", "M.weight", "t", "a b", "", "Enc_a.x", "o''",
  "return", "h_01", "F_T.x", "^", "old", "none", "input", "A", "é", "q_12", "h.2", "^h.2"];
const maybe = <A>(a: fc.Arbitrary<A>): fc.Arbitrary<A | null> => fc.option(a, { nil: null });

const type: fc.Arbitrary<TensorType> = fc.record({
  shape: fc.array(fc.oneof(fc.nat(9), fc.constant<"0..t">("0..t")), { maxLength: 3 }),
  kind: fc.constantFrom("float", "int", "class", "opaque"),
  n: fc.nat(9),
}).map(({ shape, kind, n }): TensorType => {
  if (kind === "class") return { shape, dtype: "int", classes: n };
  return { shape, dtype: kind === "opaque" ? { opaque: n } : kind === "int" ? "int" : "float", classes: null };
});
const space: fc.Arbitrary<Space> = fc.oneof(
  fc.constantFrom<Space>({ tag: "static" }, { tag: "data" }),
  fc.nat(2).map((id): Space => ({ tag: "rollout", env: id })),
  fc.nat(2).map((id): Space => ({ tag: "replay", buffer: id })),
);

const opNode = (operand: fc.Arbitrary<Operand>): fc.Arbitrary<Node> =>
  fc.constantFrom(...ops).chain((op) =>
    fc.tuple(attrs, fc.array(operand, { minLength: Math.max(0, op.inputs.length - (op.variadic ? 0 : 1)), maxLength: op.inputs.length + 2 }))
      .map(([given, ins]): Node => ({ tag: "op", op: op.name, attrs: given, ins })));

/** Any tables whose ids are in range; what they mean does not matter to print and reader. */
const anyProgram: fc.Arbitrary<Program> = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 3 })).chain(([n, p]) => {
  const id = fc.nat(n - 1), param = fc.nat(p - 1);
  const operand: fc.Arbitrary<Operand> = fc.record({ node: id, at: context, old: fc.boolean() });
  const piece: fc.Arbitrary<Piece> = fc.record({ on: maybe(interval), value: operand });
  const foreign: fc.Arbitrary<OpName> = fc.constantFrom("acme.fft", "acme.FFT_2", "a b.c");
  const node: fc.Arbitrary<Node> = fc.oneof(
    { weight: 4, arbitrary: opNode(operand) },
    fc.tuple(fc.string(), fc.boolean()).map(([name, time]): Node => (time ? { tag: "input", name, time } : { tag: "input", name })),
    param.map((of): Node => ({ tag: "param", param: of })),
    fc.tuple(id, fc.nat(3)).map(([of, result]): Node => ({ tag: "pick", of, result })),
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces): Node => ({ tag: "cases", pieces })),
    fc.array(piece, { maxLength: 3 }).map((pieces): Node => ({ tag: "sum", pieces })),
    number.map((x): Node => ({ tag: "op", op: "core.constant", attrs: { value: x }, ins: [] })),
    fc.tuple(foreign, attrs, fc.array(operand, { maxLength: 2 })).map(([op, a, ins]): Node => ({ tag: "op", op, attrs: a, ins })),
  );
  const text = fc.string();
  const record = fc.record({ name: fc.constantFrom("match", "huber", "no word", "core.x"), attrs });
  const column = <A>(a: fc.Arbitrary<A>): fc.Arbitrary<A[]> => fc.array(a, { minLength: n, maxLength: n });
  const span = fc.constant(NOWHERE);
  const names = fc.uniqueArray(fc.record({
    name: fc.constantFrom(...NAMES), node: id, adjointOf: maybe(fc.record({ node: id, along: maybe(fc.nat(3)) })), span,
  }), { selector: (name) => name.name, maxLength: 8 });
  const params = fc.uniqueArray(fc.constantFrom("M.weight", "M.bias", "Enc_1.R.weight", "no name", "h", "M_2.layer_norm.weight"), { minLength: p, maxLength: p })
    .chain((list) => fc.tuple(...list.map((name) => fc.record({
      name: fc.constant(name), role: fc.constantFrom<"weight" | "slot">("weight", "slot"), of: maybe(param), span,
      init: fc.tuple(record, maybe(param)).map(([r, fanOf]) => ({ ...r, fanOf })),
      renewedBy: maybe(record.map((r) => ({ transform: r.name, attrs: r.attrs }))), type: maybe(type),
    }))));
  const override = fc.oneof(
    fc.constant(null),
    fc.tuple(record).map(([r]) => ({ tag: "transform" as const, transform: r.name, attrs: r.attrs })),
    fc.record({
      tag: fc.constant("custom" as const), seeds: fc.array(id, { maxLength: 2 }), ins: fc.array(maybe(operand), { maxLength: 2 }),
      params: fc.array(fc.record({ param, gradient: operand }), { maxLength: 2 }),
    }),
  );
  const base = { text, value: maybe(id), mean: maybe(id), span };
  const objective = fc.oneof(
    fc.record({ ...base, tag: fc.constant("match" as const), from: operand, target: operand, loss: record, weight: maybe(operand) }),
    fc.record({ ...base, tag: fc.constant("ascend" as const), from: fc.array(operand, { maxLength: 2 }), objective: operand }),
  );
  const few = <A>(a: fc.Arbitrary<A>): fc.Arbitrary<A[]> => fc.array(a, { maxLength: 2 });
  const tables = fc.record({
    nodes: column(node), callOf: column(maybe(fc.nat(2))), spans: column(span), names, params,
    calls: few(fc.record({
      instance: text, of: text, parent: maybe(fc.nat(2)), formals: few(text), ins: few(operand), outs: few(operand), override, span,
    })),
    resources: few(fc.record({
      name: text, tag: fc.constantFrom<"env" | "buffer">("env", "buffer"), spec: text, attrs, order: fc.constantFrom<"sample" | "slot">("sample", "slot"),
    })),
    declared: few(fc.record({
      node: id, shape: maybe(fc.array(fc.nat(9), { maxLength: 2 })), dtype: fc.constantFrom<"int" | "float" | null>("int", "float", null), classes: maybe(fc.nat(9)), span,
    })),
    objectives: few(objective),
    metrics: few(fc.record({ name: text, value: operand, mean: maybe(id), span })),
    treatments: few(fc.tuple(record, few(param)).map(([r, of]) => ({ transform: r.name, attrs: r.attrs, params: of, span: NOWHERE }))),
    directives: few(fc.record({ name: fc.constantFrom("batch", "param", "a b", "directive", "optim"), positional: few(value), named: attrs, span })),
    sinks: few(id),
  });
  const optional = fc.record({
    types: column(few(type)), varies: column(fc.record({ space, time: fc.boolean() })), domains: column(fc.record({ space, time: maybe(interval) })),
    updates: few(fc.record({ param, next: operand })), loss: maybe(operand),
    schedule: fc.record({
      steps: few(fc.oneof(
        fc.record({ tag: fc.constantFrom("line" as const, "map" as const, "collect" as const), nodes: few(id) }),
        fc.record({
          tag: fc.constant("scan" as const), direction: fc.constantFrom("forward" as const, "backward" as const),
          nodes: few(fc.record({ node: id, skew: fc.integer({ min: -3, max: 3 }) })), lag: maybe(fc.nat(9)),
        }),
      )), needed: column(maybe(interval)),
    }),
  }, { requiredKeys: [] });
  // A domain's space is what the value varies over.
  const fitted = optional.map(({ domains, ...more }) =>
    domains === undefined ? more : { ...more, domains: domains.map(({ time }, k) => ({ space: more.varies?.[k]?.space ?? ({ tag: "static" } as const), time })) });
  return fc.tuple(tables, fitted).map(([a, b]): Program => ({ ...a, ...b }));
});

describe("a printed stage reads back", () => {
  it("to the identical program, whatever it holds", () => {
    fc.assert(fc.property(anyProgram, (program) => {
      expect(back(program)).toEqual(bare(program));
    }), { numRuns: 400, seed: 7 });
  });

  it.each([
    "X : [784] ; y : class[10]\nX --[M_1|relu]-> h --[M_2|softmax]-> p => one_hot(y)\n@metric accuracy = mean(argmax(p) == y)\n@batch 64\n",
    "x : [3]\nEnc: h_{t-1}, x_t\n    h_{t-1}|x_t --[C|tanh]-> c_t\n    return c_t\n0 -> h_0\nh_{t-1}, x_t --[Enc_1]-> h_t --[D]-> p_t => y_t\ny : [2]\n",
    "x : [2]\nsum(x_{t-3..t}, axis=0) -> s_t\nx_{0..t} -> all_t\nx_T - x_1 -> d\n",
    "x : [4]\nStep: a\n    (a > 0) -> b\n    ^b * (abs(a) <= 1) -> ^a\n    return b\nx --[M|Step]-> h $ sum(h)\nM : dense[3]\n",
    "x : [2] ; y : [2]\n-x ^ 2 -> u\nu|x --[M|sigmoid]-> p =[0.5*mse]=> y\n@optim clip_grad(1) adam(lr=1e-3)\n",
  ])("after elaboration: %#", (text) => {
    const { program, all } = outcome(text);
    if (program === null) throw new Error(all.map((d) => d.message).join("\n"));
    expect(program.nodes.length).toBeGreaterThan(3);
    expect(back(program)).toEqual(bare(program));
  });

  it("in the words of its author", () => {
    const { program } = outcome("x : [3]\n0 -> h_0\n0.5 * h_{t-1} + x_t -> h_t\n");
    const lines = print(program!, env).split("\n");
    expect(lines).toContain('input("x", time=true) -> x_t');
    expect(lines.some((line) => line.endsWith("* h_{t-1} -> n2") || / \* h_\{t-1\} -> n\d+$/.test(line))).toBe(true);
    expect(lines.some((line) => /^cases\(on\("0\.\.0", n\d+\), .*\) -> h_t$/.test(line))).toBe(true);
  });

  it("in linear time: 100,000 equations", () => {
    const nodes: Node[] = [{ tag: "input", name: "x" }];
    for (let k = 0; k < 100_000; k += 1) nodes.push({ tag: "op", op: "core.tanh", attrs: {}, ins: [{ node: k, at: { tag: "at", time: { from: "t", plus: 0 } }, old: false }] });
    const program: Program = { ...EMPTY, nodes, callOf: nodes.map(() => null), spans: nodes.map(() => NOWHERE) };
    const started = process.cpuUsage();
    const result = readProgram(print(program, env), env);
    expect(E.isRight(result) && result.right.nodes.length).toBe(100_001);
    expect(process.cpuUsage(started).user).toBeLessThan(10_000_000);
  });
});

describe("what is no printed stage", () => {
  const codes = (text: string): readonly string[] => {
    const result = readProgram(text, env, "x.seq");
    return E.isLeft(result) ? result.left.map((d) => d.code) : [];
  };
  it.each([
    "X --[M]-> p => y\n", "", "@stage\ninput(\"x\") -> x\nx + y -> z\n", "@stage\nfrobnicate(1) -> x\n", "@stage\n1 -> x ; 2 -> x\n",
    "@stage\n1 -> x\n@objective \"o\" match from=x\n", "@stage\n@param \"p\" weird\n", "@stage\n1 + 2 + 3 -> x\n", "@stage\n1 -> x ; @type foo\n",
  ])("is told with a code: %j", (text) => {
    expect(codes(text)[0]).toMatch(/^SQ0361$/);
  });
  it("is told by the parser where it is no notation", () => {
    expect(codes("@stage\n1 -> -> x\n")[0]).toMatch(/^SQ01/);
  });
});
