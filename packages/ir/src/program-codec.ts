/** Programs as JSON and back: the form for other programs; people read the printed one. */
import * as E from "fp-ts/lib/Either.js";
import type { Either } from "fp-ts/lib/Either.js";
import * as t from "io-ts/lib/index.js";
import type { Diagnostics } from "./diagnostic.js";
import { diagnose } from "./diagnostic.js";
import { notAProgram } from "./pipeline-diagnostics.js";
import type { Attrs, AttrValue, OpName, Program } from "./program.js";
import type { Extent } from "./type.js";

const list = t.readonlyArray;
const orNull = <A, O>(codec: t.Type<A, O>): t.UnionC<[t.Type<A, O>, t.NullC]> => t.union([codec, t.null]);

/** A string of which a test holds. */
const shaped = <A extends string>(name: string, holds: (text: string) => text is A): t.Type<A, unknown> =>
  new t.Type<A, unknown>(
    name,
    (u): u is A => typeof u === "string" && holds(u),
    (u, c) => (typeof u === "string" && holds(u) ? t.success(u) : t.failure(u, c)),
    (a) => a,
  );
const opName = shaped("OpName", (text): text is OpName => text.includes("."));
const extent = shaped("Extent", (text): text is Extent => text.includes(".."));
const id = t.refinement(t.number, (n) => Number.isInteger(n) && n >= 0, "Id");

// Attributes -----------------------------------------------------------------------------------------------------------------------

/** Nested deeper, an attribute was written by no one. */
const DEEPEST = 100;
/** Marks what JSON has no form for: numbers that are not finite, and records that have this very key. */
const MARK = "$";

const isRecord = (u: unknown): u is { readonly [key: string]: unknown } => typeof u === "object" && u !== null && !Array.isArray(u);
const isArray = (u: unknown): u is readonly unknown[] => Array.isArray(u);

const isEntry = (u: unknown): u is readonly [string, unknown] => isArray(u) && u.length === 2 && typeof u[0] === "string";

const encodeValue = (value: AttrValue): unknown => {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : { [MARK]: Object.is(value, -0) ? "-0" : String(value) };
  if (isArray(value)) return (value).map(encodeValue);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value as Attrs).map(([key, of]) => [key, encodeValue(of)] as const);
  return MARK in value ? { [MARK]: entries } : Object.fromEntries(entries);
};

/** The value, or undefined if it is none. */
const decodeValue = (u: unknown, depth: number): AttrValue | undefined => {
  if (depth > DEEPEST) return undefined;
  if (u === null || typeof u === "boolean" || typeof u === "number" || typeof u === "string") return u;
  if (isArray(u)) {
    const items = u.map((item) => decodeValue(item, depth + 1));
    return items.includes(undefined) ? undefined : (items as readonly AttrValue[]);
  }
  if (!isRecord(u)) return undefined;
  const marked = u[MARK];
  if (typeof marked === "string") return Number(marked);
  const given: readonly unknown[] = isArray(marked) ? marked : Object.entries(u);
  if (!given.every(isEntry)) return undefined;
  const entries = given.map(([key, of]) => [key, decodeValue(of, depth + 1)] as const);
  return entries.some(([, of]) => of === undefined) ? undefined : (Object.fromEntries(entries) as Attrs);
};

const value = new t.Type<AttrValue, unknown>(
  "AttrValue",
  (u): u is AttrValue => decodeValue(u, 0) !== undefined,
  (u, c) => {
    const decoded = decodeValue(u, 0);
    return decoded === undefined ? t.failure(u, c) : t.success(decoded);
  },
  encodeValue,
);
const attrs = new t.Type<Attrs, unknown>(
  "Attrs",
  (u): u is Attrs => isRecord(u) && decodeValue(u, 0) !== undefined,
  (u, c) => {
    const decoded = isRecord(u) ? decodeValue(u, 0) : undefined;
    return isRecord(decoded) ? t.success(decoded) : t.failure(u, c);
  },
  encodeValue,
);
const record = t.readonly(t.type({ name: t.string, attrs }));
const transform = { transform: t.string, attrs };

// Times and types ------------------------------------------------------------------------------------------------------------------

const span = t.readonly(t.type({ file: t.string, from: t.number, to: t.number }));
const moment = t.readonly(t.type({ from: t.keyof({ t: null, "0": null, T: null }), plus: t.number }));
const interval = t.readonly(t.type({ lower: moment, upper: moment }));
const context = t.union([
  t.readonly(t.type({ tag: t.literal("at"), time: moment })),
  t.readonly(t.type({ tag: t.literal("range"), on: interval })),
  t.readonly(t.type({ tag: t.literal("fan"), of: id, range: interval })),
  t.readonly(t.type({ tag: t.literal("over"), axes: t.keyof({ time: null, batch: null, both: null }) })),
]);
const operand = t.readonly(t.intersection([t.type({ node: id, at: context, old: t.boolean }), t.partial({ span })]));
const written = t.readonly(t.type({ target: span, statement: span, separator: t.string, own: t.union([span, t.null]) }));
const piece = t.readonly(t.intersection([t.type({ on: orNull(interval), value: operand }), t.partial({ written })]));
const dtype = t.union([t.literal("float"), t.literal("int"), t.readonly(t.type({ opaque: id }))]);
const type = t.readonly(t.type({ shape: list(t.union([t.number, extent])), dtype, classes: orNull(t.number) }));
const space = t.union([
  t.readonly(t.type({ tag: t.literal("static") })),
  t.readonly(t.type({ tag: t.literal("data") })),
  t.readonly(t.type({ tag: t.literal("rollout"), env: id })),
  t.readonly(t.type({ tag: t.literal("replay"), buffer: id })),
]);

// Tables ---------------------------------------------------------------------------------------------------------------------------

/** `time` is there and true, or it is not there. */
const input = t.readonly(t.intersection([t.type({ tag: t.literal("input"), name: t.string }), t.partial({ time: t.literal(true) })]));
const node = t.union([
  t.readonly(t.type({ tag: t.literal("op"), op: opName, attrs, ins: list(operand) })),
  input,
  t.readonly(t.type({ tag: t.literal("param"), param: id })),
  t.readonly(t.type({ tag: t.literal("pick"), of: id, result: id })),
  t.readonly(t.type({ tag: t.literal("cases"), pieces: list(piece) })),
  t.readonly(t.type({ tag: t.literal("sum"), pieces: list(piece) })),
]);
const name = t.readonly(t.type({
  name: t.string, node: id, adjointOf: orNull(t.readonly(t.type({ node: id, along: orNull(id) }))), span,
}));
const param = t.readonly(t.type({
  name: t.string,
  role: t.keyof({ weight: null, statistic: null, slot: null, copy: null }),
  of: orNull(id),
  init: t.readonly(t.type({ name: t.string, attrs, fanOf: orNull(id) })),
  renewedBy: orNull(t.readonly(t.type(transform))),
  type: orNull(type),
  span,
}));
const override = t.union([
  t.readonly(t.type({ tag: t.literal("transform"), ...transform })),
  t.readonly(t.type({
    tag: t.literal("custom"), seeds: list(id), ins: list(orNull(operand)), params: list(t.readonly(t.type({ param: id, gradient: operand }))),
  })),
]);
const call = t.readonly(t.type({
  instance: t.string, of: t.string, parent: orNull(id), formals: list(t.string), ins: list(operand), outs: list(operand),
  override: orNull(override), span,
}));
const resource = t.readonly(t.type({
  name: t.string, tag: t.keyof({ env: null, buffer: null, data: null }), spec: t.string, attrs,
  order: t.keyof({ sample: null, slot: null, total: null }),
}));
const declared = t.readonly(t.intersection([
  t.type({ node: id, shape: orNull(list(t.number)), dtype: orNull(t.keyof({ float: null, int: null })), classes: orNull(t.number), span }),
  t.partial({ written: span }),
]));
const goal = { text: t.string, value: orNull(id), mean: orNull(id), span };
const objective = t.union([
  t.readonly(t.type({ ...goal, tag: t.literal("match"), from: operand, target: operand, loss: record, weight: orNull(operand) })),
  t.readonly(t.type({ ...goal, tag: t.literal("ascend"), from: list(operand), objective: operand })),
]);
const metric = t.readonly(t.type({ name: t.string, value: operand, mean: orNull(id), span }));
const treatment = t.readonly(t.type({ ...transform, params: list(id), span }));
const directive = t.readonly(t.intersection([
  t.type({ name: t.string, positional: list(value), named: attrs, span }), t.partial({ written: t.readonly(t.record(t.string, span)) }),
]));

const scheduleStep = t.union([
  t.readonly(t.type({ tag: t.keyof({ line: null, map: null, collect: null }), nodes: list(id) })),
  t.readonly(t.type({
    tag: t.literal("scan"), direction: t.keyof({ forward: null, backward: null }),
    nodes: list(t.readonly(t.type({ node: id, skew: t.number }))), lag: orNull(t.number),
  })),
]);

const tables = {
  nodes: list(node), callOf: list(orNull(id)), spans: list(span), names: list(name), params: list(param), calls: list(call),
  resources: list(resource), declared: list(declared), objectives: list(objective), metrics: list(metric), treatments: list(treatment),
  directives: list(directive), sinks: list(id),
};
const stages = {
  types: list(list(type)),
  varies: list(t.readonly(t.type({ space, time: t.boolean }))),
  domains: list(t.readonly(t.type({ space, time: orNull(interval) }))),
  loss: orNull(operand),
  schedule: t.readonly(t.type({ steps: list(scheduleStep), needed: list(orNull(interval)) })),
  updates: list(t.readonly(t.type({ param: id, next: operand }))),
};
const codec = t.intersection([t.type(tables), t.partial(stages)]);

/** The version of this form; it changes when an older reader would misread a newer file. */
const FORMAT = "sequent-program-1";

/** Plain data for `JSON.stringify`; numbers that JSON lacks are kept. Linear. */
export const programToJson = (program: Program): unknown => ({ format: FORMAT, ...codec.encode(program) });

/** A program from parsed JSON; that its tables fit together is for the verifier. */
export const programFromJson = (u: unknown, file = ""): Either<Diagnostics, Program> => {
  const at = [{ at: { file, from: 0, to: 0 }, text: "" }];
  if (!isRecord(u) || u["format"] !== FORMAT) {
    return E.left([diagnose(notAProgram, `this is no serialised program: it lacks "format": "${FORMAT}"`, at)]);
  }
  const decoded = codec.decode(u);
  if (E.isRight(decoded)) {
    const { format: _, ...program } = decoded.right as Program & { readonly format: unknown };
    return E.right(program);
  }
  // Of a union every member complains; the longest path is what went furthest.
  const deepest = decoded.left.reduce((best, e) => (e.context.length > best.context.length ? e : best));
  const path = deepest.context.map((entry) => entry.key).filter((key) => key !== "" && !/^\d$/.test(key)).join(".");
  return E.left([diagnose(notAProgram, `this is no serialised program: ${path} is not as it should be`, at)]);
};
