import * as E from "fp-ts/lib/Either.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttrValue, Node, Program } from "../../src/index.js";
import { EMPTY, NOWHERE, classOf, float, moment, programFromJson, programToJson, read } from "../../src/index.js";

const through = (program: Program): unknown => {
  const result = programFromJson(JSON.parse(JSON.stringify(programToJson(program))));
  return E.isRight(result) ? result.right : result.left;
};
const later = { ...read(1, { tag: "at", time: moment("T", 1) }), span: { file: "main.seq", from: 3, to: 9 } };
const range = read(0, { tag: "range", on: { lower: moment("t", -3), upper: moment("t") } });
const written = { target: { file: "main.seq", from: 5, to: 8 }, statement: { file: "main.seq", from: 0, to: 8 }, separator: "\n", own: null };
const full: Program = {
  nodes: [
    { tag: "input", name: "x", time: true }, { tag: "input", name: "y" }, { tag: "param", param: 0 },
    { tag: "op", op: "core.elu", attrs: { alpha: -0, list: [1, "a", null, true, { k: 2 }] }, ins: [later, { ...range, old: true }] },
    { tag: "pick", of: 3, result: 0 },
    { tag: "cases", pieces: [{ on: null, value: read(0) }, { on: { lower: moment("0"), upper: moment("T", -1) }, value: read(1), written }] },
    { tag: "sum", pieces: [] },
  ],
  callOf: [null, null, null, 0, 0, null, null],
  spans: Array.from({ length: 7 }, () => ({ file: "main.seq", from: 1, to: 2 })),
  names: [{ name: "^h", node: 3, adjointOf: { node: 0, along: 0 }, span: NOWHERE }],
  params: [{
    name: "M.weight", role: "weight", of: null, init: { name: "orthogonal", attrs: { gain: Infinity }, fanOf: 0 },
    renewedBy: { transform: "ema", attrs: {} }, type: float(3, 4), span: NOWHERE,
  }],
  calls: [{
    instance: "E_1", of: "E", parent: null, formals: ["h"], ins: [later], outs: [range], span: NOWHERE,
    override: { tag: "custom", seeds: [1], ins: [null, later], params: [{ param: 0, gradient: range }] },
  }],
  resources: [{ name: "B", tag: "buffer", spec: "ring", attrs: {}, order: "slot" }],
  declared: [{ node: 0, shape: [3], dtype: "int", classes: 4, span: NOWHERE }],
  objectives: [
    { tag: "match", text: "p => y", value: null, mean: 3, span: NOWHERE, from: later, target: range, loss: { name: "match", attrs: {} }, weight: null },
    { tag: "ascend", text: "$ J", value: 2, mean: null, span: NOWHERE, from: [], objective: later },
  ],
  metrics: [{ name: "m", value: later, mean: null, span: NOWHERE }],
  treatments: [{ transform: "adam", attrs: { lr: 1e-3 }, params: [0], span: NOWHERE }],
  directives: [{ name: "batch", positional: [64], named: {}, span: NOWHERE }],
  sinks: [3],
  types: [[float("0..t", 2)], [classOf(3)], [], [{ shape: [], dtype: { opaque: 0 }, classes: null }], [], [], []],
  varies: Array.from({ length: 7 }, () => ({ space: { tag: "rollout", env: 0 }, time: true }) as const),
  domains: Array.from({ length: 7 }, () => ({ space: { tag: "data" }, time: null }) as const),
  updates: [{ param: 0, next: later }],
  loss: null,
  schedule: {
    steps: [{ tag: "map", nodes: [1, 2] }, { tag: "scan", direction: "backward", nodes: [{ node: 3, skew: -1 }], lag: null }],
    needed: Array.from({ length: 7 }, () => null),
  },
};

describe("the program codec", () => {
  it("keeps every table and column", () => {
    expect(through(full)).toStrictEqual(full);
    expect(through(EMPTY)).toStrictEqual(EMPTY);
  });

  it("keeps every attribute, numbers that JSON lacks included", () => {
    const value = fc.letrec<{ value: AttrValue }>((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, fc.double(), fc.constantFrom(NaN, -0, -Infinity, null, true), fc.string(), fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constant("$"), fc.string().filter((key) => key !== "__proto__")), tie("value"), { maxKeys: 3, noNullPrototype: true })),
    })).value;
    fc.assert(fc.property(value, (one) => {
      const program: Program = { ...EMPTY, directives: [{ name: "d", positional: [one], named: { one }, span: NOWHERE }] };
      expect(through(program)).toEqual(program);
    }), { numRuns: 300, seed: 3 });
  });

  it("tells what is no program, with a code and the part", () => {
    const broken = (change: (json: Record<string, unknown>) => void): unknown => {
      const json = JSON.parse(JSON.stringify(programToJson(full))) as Record<string, unknown>;
      change(json);
      return programFromJson(json, "p.json");
    };
    for (const u of [null, 3, "x", [], {}]) expect(programFromJson(u)).toMatchObject({ left: [{ code: "SQ0353" }] });
    expect(broken((json) => { json["format"] = "sequent-program-0"; })).toMatchObject({ left: [{ code: "SQ0353" }] });
    expect(broken((json) => { json["sinks"] = [-1]; })).toMatchObject({ left: [{ message: expect.stringContaining("sinks") }] });
    expect(broken((json) => { (json["nodes"] as Node[])[3] = { tag: "fft" } as never; })).toMatchObject({ left: [{ message: expect.stringContaining("nodes") }] });
    let deep: AttrValue = 1;
    for (let k = 0; k < 50_000; k += 1) deep = [deep];
    expect(broken((json) => { json["directives"] = [{ name: "d", positional: [deep], named: {}, span: NOWHERE }]; })).toMatchObject({ left: [{ code: "SQ0353" }] });
  });

  it("takes 100,000 equations, deep as they are", () => {
    const nodes: Node[] = [{ tag: "input", name: "x" }];
    for (let k = 0; k < 100_000; k += 1) nodes.push({ tag: "op", op: "core.tanh", attrs: {}, ins: [read(k)] });
    const program = { ...EMPTY, nodes, callOf: nodes.map(() => null), spans: nodes.map(() => NOWHERE) };
    const started = process.cpuUsage();
    expect(through(program)).toEqual(program);
    expect(process.cpuUsage(started).user).toBeLessThan(10_000_000);
  });
});
