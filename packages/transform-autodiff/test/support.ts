/** Programs built by hand, and an evaluator by demand over rows and steps: slow, and as plain as the definition. */
import * as E from "fp-ts/lib/Either.js";
import {
  createBuilder, EMPTY, float, invariant, losses, moment, NOWHERE, ops, read, sizeOf,
} from "@sequent/ir";
import type {
  Attrs, Call, Context, Diagnostic, Env, Node, NodeId, Objective, Operand, Param, Program, Run, TableBuilder, Tensor, TensorType, Varies,
} from "@sequent/ir";
import { chooseLosses, differentiateFor, transforms } from "../src/index.js";

export const notes: Diagnostic[] = [];
export const env: Env = {
  ops: new Map(ops.map((op) => [op.name, op])),
  transforms: new Map(transforms.flatMap((one) => [one.name, ...one.aliases].map((name) => [name, one] as const))),
  losses: new Map(losses.map((one) => [one.name, one])),
  initialisers: new Map(),
  directives: new Map(),
  facts: new Map(),
  note: (diagnostic) => notes.push(diagnostic),
};

export const SAMPLES: Varies = { space: { tag: "data" }, time: false };
export const STEPS: Varies = { space: { tag: "data" }, time: true };

export interface Draft {
  readonly b: TableBuilder;
  readonly input: (name: string, type?: TensorType, varies?: Varies) => Operand;
  readonly weight: (name: string, ...shape: number[]) => Operand;
  readonly statistic: (name: string, ...shape: number[]) => Operand;
  readonly op: (name: string, ins: readonly Operand[], attrs?: Attrs) => Operand;
  readonly dense: (x: Operand, name: string, out: number) => Operand;
  readonly named: (x: Operand, name: string) => Operand;
  readonly inside: (call: Partial<Call> & Pick<Call, "of">, body: () => readonly Operand[]) => readonly Operand[];
  readonly match: (from: Operand, target: Operand, loss?: string, weight?: Operand | null, attrs?: Attrs) => void;
  readonly ascend: (from: readonly Operand[], objective: Operand) => void;
  readonly finish: (more?: Partial<Program>) => Program;
}

export const draft = (): Draft => {
  const b = createBuilder({ ...EMPTY, types: [], varies: [] }, env);
  const objectives: Objective[] = [];
  const weights = new Map<string, Operand>();
  const calls: number[] = [];
  const base = { text: "", value: null, mean: null, span: NOWHERE } as const;
  const parameter = (role: Param["role"]) => (name: string, ...shape: number[]): Operand => {
    const known = weights.get(name);
    if (known !== undefined) return known;
    const param: Param = {
      name, role, of: null, init: { name: "fan", attrs: {}, fanOf: null }, renewedBy: null, type: float(...shape), span: NOWHERE,
    };
    const made = b.readParam(b.param(param));
    weights.set(name, made);
    b.name(made, name, null);
    return made;
  };
  const weight = parameter("weight");
  const named = (x: Operand, name: string): Operand => {
    b.name(x, name, null);
    return x;
  };
  return {
    b,
    weight,
    statistic: parameter("statistic"),
    named,
    op: (name, ins, attrs = {}) => b.op(`core.${name}`, ins, attrs),
    input: (name, type = float(), varies = SAMPLES) => {
      const row = b.reserve(type, varies);
      b.define(row, { tag: "input", name });
      return named(read(row), name);
    },
    dense: (x, name, out) => {
      const width = Number(b.typeOf(x).shape.at(-1) ?? 1);
      return b.op("core.dense", [x, weight(`${name}.weight`, out, width), weight(`${name}.bias`, out)], { features: out });
    },
    inside: (given, body) => {
      const parent = calls.at(-1) ?? null;
      const id = b.call({ instance: given.of, parent, ins: [], outs: [], formals: [], override: null, span: NOWHERE, ...given });
      calls.push(id);
      b.within(id, NOWHERE);
      const outs = body();
      calls.pop();
      b.within(parent, NOWHERE);
      b.setCall(id, { instance: given.of, parent, ins: [], formals: [], override: null, span: NOWHERE, ...given, outs });
      return outs;
    },
    match: (from, target, loss = "match", w = null, attrs = {}) => {
      objectives.push({ ...base, tag: "match", from, target, loss: { name: loss, attrs }, weight: w });
    },
    ascend: (from, objective) => {
      objectives.push({ ...base, tag: "ascend", from, objective });
    },
    finish: (more = {}) => b.finish({ objectives, ...more }),
  };
};

export const right = <A>(result: E.Either<readonly Diagnostic[], A>): A => {
  invariant(E.isRight(result), E.isLeft(result) ? result.left.map((d) => `${d.code} ${d.message}`).join("; ") : "");
  return result.right;
};
export const withLosses = (program: Program, registries: Env = env): Program => right(chooseLosses.run(program)(registries));
export const differentiated = (program: Program, wanted: readonly NodeId[] = [], registries: Env = env): Program =>
  right(differentiateFor({ wanted }).run(withLosses(program, registries))(registries));
export const codesOf = (program: Program): readonly string[] => {
  const chosen = chooseLosses.run(program)(env);
  const result = E.isLeft(chosen) ? chosen : differentiateFor().run(chosen.right)(env);
  return E.isLeft(result) ? result.left.map((d) => d.code) : [];
};

/** Numbers without a pattern, between −1 and 1. */
export const noise = (count: number, seed: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => {
    const x = Math.sin((k + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });

export interface World {
  readonly rows: number;
  /** The last step; the first is 0. */
  readonly last: number;
  /** The values of an input at a step, row by row; null where there is none. */
  readonly input: (name: string, t: number, length: number) => ArrayLike<number> | null;
  readonly params: Float64Array[];
  readonly update?: number;
}

export const worldOf = (program: Program, rows = 3, last = 0): World => ({
  rows,
  last,
  input: (name, t, length) => noise(length, name.length * 7 + name.charCodeAt(0) + 31 * t),
  params: program.params.map((param, id) =>
    param.role === "weight" ? noise(sizeOf((param.type?.shape ?? []).map(Number)), id + 1) : new Float64Array(sizeOf((param.type?.shape ?? []).map(Number))),
  ),
});

type Value = Tensor | null;

const typeShape = (program: Program, id: NodeId): number[] => {
  const [type] = program.types?.[id] ?? [];
  return (type?.shape ?? []).map(Number);
};

export const evaluator = (program: Program, world: World): ((node: NodeId, t?: number) => Value) => {
  const memo = new Map<string, Value>();
  const bound = (m: { from: string; plus: number }, t: number): number => (m.from === "0" ? 0 : m.from === "T" ? world.last : t) + m.plus;
  const shapeOf = (id: NodeId): number[] => typeShape(program, id);
  const timed = (id: NodeId): boolean => (program.varies ?? [])[id]?.time === true;
  const varies = (id: NodeId): boolean => (program.varies ?? [])[id]?.space.tag === "data";
  const readAt = (x: Operand, t: number): Value => {
    const at: Context = x.at;
    if (at.tag === "at") return value(x.node, bound(at.time, t));
    invariant(at.tag === "over", "the evaluator of the tests reads no ranges");
    return null;
  };
  const stack = (parts: readonly Tensor[]): Tensor => {
    const [first] = parts;
    invariant(first !== undefined, "no instance");
    if (!first.batched) return first;
    const data = new Float64Array(parts.reduce((n, p) => n + p.data.length, 0));
    let at = 0;
    for (const part of parts) {
      data.set(part.data, at);
      at += part.data.length;
    }
    return { ...first, rows: parts.length * first.rows, data };
  };
  const rowOf = (x: Tensor, row: number): Tensor => {
    const size = x.data.length / x.rows, start = x.batched ? row * size : 0;
    return { ...x, rows: 1, data: Float64Array.from(x.data.slice(start, start + size)) };
  };
  /** All instances of the operands of a collective, at the steps where all of them exist. */
  const gather = (node: Extract<Node, { tag: "op" }>, row: number | null): Tensor[] => {
    const steps = node.ins.some((x) => timed(x.node)) ? Array.from({ length: world.last + 1 }, (_, t) => t) : [0];
    const found = steps.map((t) => node.ins.map((x) => (x.at.tag === "over" ? value(x.node, t) : readAt(x, t))));
    const whole = found.filter((row): row is Tensor[] => row.every((x) => x !== null));
    return node.ins.map((_, k) => stack(whole.flatMap((found) => found[k] ?? []).map((x) => (row === null ? x : rowOf(x, row)))));
  };
  const compute = (id: NodeId, t: number): Value => {
    const node = program.nodes[id];
    invariant(node !== undefined, "a node");
    const shape = shapeOf(id);
    const rows = varies(id) ? world.rows : 1;
    switch (node.tag) {
      case "input": {
        const data = world.input(node.name, t, rows * sizeOf(shape));
        return data === null ? null : { shape, rows, batched: true, data: Float64Array.from(data) };
      }
      case "param":
        return { shape, rows: 1, batched: false, data: world.params[node.param] ?? new Float64Array() };
      case "op": {
        const over = node.ins.some((x) => x.at.tag === "over");
        const perRow = node.ins.some((x) => x.at.tag === "over" && x.at.axes === "time") && rows > 1;
        const op = env.ops.get(node.op);
        invariant(op?.forward.tag === "primitive", `${node.op} is no primitive`);
        const attrs = op.attributes.decode(node.attrs);
        invariant(E.isRight(attrs), node.op);
        const run: Run = {
          precision: "f64", mode: "train", types: program.types?.[id] ?? [], rows, batched: varies(id), seed: 0,
          update: world.update ?? 0, t, samples: Int32Array.from({ length: rows }, (_, k) => k),
        };
        const apply = (ins: readonly Value[], of: Run): Value => {
          const whole = ins.filter((x) => x !== null);
          return whole.length < ins.length ? null : (op.forward.tag === "primitive" ? op.forward.reference(whole, attrs.right, of)[0] : null) ?? null;
        };
        if (!over) return apply(node.ins.map((x) => readAt(x, t)), run);
        if (!perRow) return apply(gather(node, null), run);
        const parts = Array.from({ length: rows }, (_, row) => apply(gather(node, row), { ...run, rows: 1 }));
        return { ...stack(parts.flatMap((x) => (x === null ? [] : [{ ...x, batched: true }]))), rows, batched: true };
      }
      case "cases": {
        const piece = node.pieces.find((p) => p.on === null || (t >= bound(p.on.lower, t) && t <= bound(p.on.upper, t)));
        const found = piece === undefined ? null : readAt(piece.value, t);
        return found === null ? null : spread(found, shape, rows);
      }
      case "sum": {
        const total = new Float64Array(rows * sizeOf(shape));
        for (const piece of node.pieces) {
          if (piece.on !== null && (t < bound(piece.on.lower, t) || t > bound(piece.on.upper, t))) continue;
          const term = readAt(piece.value, t);
          if (term !== null) spread(term, shape, rows).data.forEach((x, k) => (total[k] = (total[k] ?? 0) + x));
        }
        return { shape, rows, batched: varies(id), data: total };
      }
      case "pick":
        throw new Error("no op of the tests has several results");
    }
  };
  const spread = (x: Tensor, shape: readonly number[], rows: number): Tensor => {
    const size = sizeOf(shape);
    const data = Float64Array.from({ length: rows * size }, (_, k) => {
      const row = x.batched ? Math.floor(k / size) : 0;
      const own = x.data.length / x.rows;
      return x.data[row * own + (own === 1 ? 0 : k % size)] ?? 0;
    });
    return { shape, rows, batched: rows > 1 || x.batched, data };
  };
  const value = (id: NodeId, t = 0): Value => {
    const step = timed(id) ? t : 0;
    if (step < 0 || step > world.last) return null;
    const key = `${String(id)}@${String(step)}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const found = compute(id, step);
    memo.set(key, found);
    return found;
  };
  return value;
};

export const scalar = (program: Program, world: World, x: Operand | null | undefined): number => {
  invariant(x !== null && x !== undefined, "a scalar");
  return evaluator(program, world)(x.node)?.data[0] ?? NaN;
};

export const adjointOf = (program: Program, node: NodeId, along: number | null = null): NodeId => {
  const found = program.names.find((one) => one.adjointOf?.node === node && one.adjointOf.along === along);
  invariant(found !== undefined, `no adjoint of ${String(node)}`);
  return found.node;
};

/** The greatest difference between ^M of all weights and central differences of the loss, relative to max(1, |gradient|). */
export const worstError = (program: Program, world: World, loss: (p: World) => number = (w) => scalar(program, w, program.loss)): number => {
  let worst = 0;
  const value = evaluator(program, world);
  program.nodes.forEach((node, id) => {
    if (node.tag !== "param" || program.params[node.param]?.role !== "weight") return;
    const gradient = value(adjointOf(program, id))?.data;
    const data = world.params[node.param];
    invariant(gradient !== undefined && data !== undefined, "a gradient");
    expectShape(program, adjointOf(program, id), id);
    for (let k = 0; k < data.length; k += 1) {
      const x = data[k] ?? 0, h = 1e-5;
      data[k] = x + h;
      const up = loss(world);
      data[k] = x - h;
      const down = loss(world);
      data[k] = x;
      const g = gradient[k] ?? NaN;
      worst = Math.max(worst, Number.isNaN(g) ? Infinity : Math.abs(g - (up - down) / (2 * h)) / Math.max(1, Math.abs(g)));
    }
  });
  return worst;
};

const expectShape = (program: Program, adjoint: NodeId, of: NodeId): void => {
  const a = JSON.stringify(typeShape(program, adjoint)), b = JSON.stringify(typeShape(program, of));
  invariant(a === b, `an adjoint has the shape ${a}, what it belongs to ${b}`);
};

export const at = (x: Operand, plus: number): Operand => read(x.node, { tag: "at", time: moment("t", plus) });
