/** A small evaluator and reverse mode for the tables that ops' rules build: enough to hold the rules to their references. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder } from "../../src/build.js";
import type { TableBuilder } from "../../src/build.js";
import { add } from "../../src/kernels/elementwise.js";
import { ops } from "../../src/ops/index.js";
import type { AnyOp, Run, Sample, Site } from "../../src/op.js";
import type { Env } from "../../src/pass.js";
import { EMPTY } from "../../src/program.js";
import type { Attrs, Varies } from "../../src/program.js";
import { allocate, sizeOf } from "../../src/tensor.js";
import type { Precision, Tensor } from "../../src/tensor.js";
import { read } from "../../src/time.js";
import type { NodeId, Operand } from "../../src/time.js";
import type { TensorType } from "../../src/type.js";

export const byName = new Map(ops.map((op) => [op.name, op]));
export const env: Env = {
  ops: byName, transforms: new Map(), losses: new Map(), initialisers: new Map(), directives: new Map(), facts: new Map(), note: () => undefined,
};
export const must = <A>(x: A | undefined | null): A => {
  if (x === undefined || x === null) throw new Error("missing");
  return x;
};
export const opOf = (name: string): AnyOp => must(ops.find((op) => op.name === name));
export const decode = (op: AnyOp, attrs: Attrs): unknown => {
  const decoded = op.attributes.decode(attrs);
  if (E.isLeft(decoded)) throw new Error(decoded.left);
  return decoded.right;
};

const STATIC: Varies = { space: { tag: "static" }, time: false };
const DATA: Varies = { space: { tag: "data" }, time: false };
export interface Table {
  readonly b: TableBuilder;
  readonly values: Map<NodeId, Tensor>;
}
export const table = (): Table => ({ b: createBuilder({ ...EMPTY, types: [], varies: [], updates: [] }, env), values: new Map() });

let inputs = 0;
/** A value that is given. */
export const given = ({ b, values }: Table, type: TensorType, value: Tensor): Operand => {
  const id = b.reserve(type, value.batched ? DATA : STATIC);
  inputs += 1;
  b.define(id, { tag: "input", name: `input${String(inputs)}` });
  values.set(id, value);
  return read(id);
};

/** Applies an op, expanded where it has no reference of its own. */
export const apply = (b: TableBuilder, op: AnyOp, ins: readonly Operand[], attrs: Attrs): Operand => {
  const operands = op.collective ? ins.map(b.all) : ins;
  if (op.forward.tag === "primitive") return b.op(op.name, operands, attrs);
  const site: Site<unknown> = { attrs: decode(op, attrs), ins: operands, outs: [], gradient: [] };
  return must(op.forward.build(b, site)[0]);
};

export interface Settings {
  readonly precision: Precision;
  readonly mode: "train" | "eval";
  readonly rows: number;
}
export const F64: Settings = { precision: "f64", mode: "train", rows: 3 };
export const runOf = (settings: Settings, batched: boolean, types: readonly TensorType[]): Run => ({
  ...settings, types, batched, rows: batched ? settings.rows : 1, seed: 7, update: 2, t: 0,
  samples: Int32Array.from({ length: settings.rows }, (_, r) => r),
});

/** Computes everything in the table, in order, and gives the value of one operand. */
export const evaluate = ({ b, values }: Table, want: Operand, settings: Settings): Tensor => {
  for (let id = 0; id < b.size(); id++) {
    const node = b.nodeAt(id);
    if (values.has(id)) continue;
    const value = (x: Operand): Tensor => must(values.get(x.node));
    if (node.tag === "op") {
      const op = must(byName.get(node.op)), self = read(id);
      if (op.forward.tag !== "primitive") throw new Error(`${op.name} is not expanded`);
      const run = runOf(settings, !b.isStatic(self), [b.typeOf(self)]);
      values.set(id, must(op.forward.reference(node.ins.map(value), decode(op, node.attrs), run)[0]));
    } else if (node.tag === "sum") {
      values.set(id, node.pieces.map((p) => value(p.value)).reduce((x, y) => add(x, y, settings.precision)));
    }
  }
  return must(values.get(want.node));
};

/** Adjoints of `inputs` under the adjoint `seed` of `out`: static ones summed over all instances. */
export const differentiate = (b: TableBuilder, out: Operand, seed: Operand, inputs: readonly Operand[], total: boolean): readonly (Operand | null)[] => {
  const terms = new Map<NodeId, Operand[]>([[out.node, [seed]]]);
  const gradientOf = (id: NodeId): Operand | null => {
    const found = terms.get(id);
    return found === undefined ? null : b.sum(found);
  };
  for (let id = out.node; id >= 0; id--) {
    const node = b.nodeAt(id);
    if (node.tag !== "op" || !terms.has(id)) continue;
    const op = must(byName.get(node.op));
    if (op.autodiff.tag !== "rule") continue;
    const site: Site<unknown> = { attrs: decode(op, node.attrs), ins: node.ins, outs: [read(id)], gradient: [gradientOf(id)] };
    const instance = op.autodiff.instance(b, site);
    const whole = total ? op.autodiff.total?.(b, site) : undefined;
    node.ins.forEach((x, k) => {
      const own = instance[k] ?? null, shared = whole?.[k] ?? null, atStatic = b.isStatic(read(x.node));
      const term = atStatic && shared !== null ? shared
        : own !== null && atStatic && !b.isStatic(own) ? b.op("core.total", [b.all(own)]) : own;
      if (term !== null) terms.set(x.node, [...(terms.get(x.node) ?? []), term]);
    });
  }
  return inputs.map((x) => gradientOf(x.node));
};

/** A repeatable sequence in [0, 1). */
export const numbers = (seed: number): (() => number) => {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Random values of a sample's inputs. */
export const valuesOf = (one: Sample, settings: Settings, seed: number): readonly Tensor[] => {
  const next = numbers(seed);
  return one.ins.map(({ type, range = [-2, 2], batched = true }) => {
    const shape = type.shape.map(Number), rows = batched ? settings.rows : 1;
    const { classes } = type;
    const length = rows * sizeOf(shape);
    const data = classes === null
      ? allocate(settings.precision, length).map(() => range[0] + next() * (range[1] - range[0]))
      : Int32Array.from({ length }, () => Math.floor(next() * classes));
    return { shape, rows, batched, data };
  });
};
