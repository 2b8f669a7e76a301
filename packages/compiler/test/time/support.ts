/** Programs over time on given sequences: their losses and gradients by the interpreter, and by central differences. */
import { bind, wholeBatch } from "@sequent/data";
import type { DataArray, DataSet } from "@sequent/data";
import { createInterpreter } from "@sequent/interpreter";
import type { Batch, Interpreter } from "@sequent/interpreter";
import { invariant, NOWHERE, read, sizeOf } from "@sequent/ir";
import type { NodeId, Program, Tensor } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { compile, toTrainable } from "../../src/compile.js";
import { batchOf } from "../../src/target.js";

/** Numbers without a pattern, between −1 and 1. */
export const noise = (count: number, seed: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => {
    const x = Math.sin((k + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });

const seedOf = (name: string): number => Array.from(name).reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 1009;

export interface Sequences {
  readonly rows: number;
  readonly steps: number;
  /** Shapes of inputs over time, of one step. */
  readonly timed: Readonly<Record<string, readonly number[]>>;
  readonly plain?: Readonly<Record<string, readonly number[]>>;
  readonly lengths?: readonly number[];
  readonly from?: Readonly<Record<string, number>>;
}

export const arraysOf = ({ rows, steps, timed, plain = {}, lengths, from = {} }: Sequences): DataSet => {
  const arrays: DataArray[] = [];
  for (const [name, shape] of Object.entries(timed)) {
    const first = from[name] ?? 1, own = steps + 1 - first;
    const data = noise(rows * own * sizeOf(shape), seedOf(name));
    arrays.push({ name, dtype: "float", shape: [rows, own, ...shape], data, ...(first === 1 ? {} : { from: first }) });
    if (lengths !== undefined) arrays.push({ name: `${name}_length`, dtype: "int", shape: [rows], data: Int32Array.from(lengths, (n) => n + 1 - first) });
  }
  for (const [name, shape] of Object.entries(plain)) {
    arrays.push({ name, dtype: "float", shape: [rows, ...shape], data: noise(rows * sizeOf(shape), seedOf(name)) });
  }
  return new Map(arrays.map((one) => [one.name, one]));
};

export interface Subject {
  readonly program: Program;
  readonly interpreter: Interpreter;
  readonly batch: Batch;
  /** The node of a state, or of its gradient. */
  readonly node: (name: string) => NodeId;
}

export const subject = (text: string, arrays: DataSet, wanted: readonly string[] = []): Subject => {
  const compiled = compile(text, "test.seq", { arrays });
  if (E.isLeft(compiled)) throw new Error(compiled.left.map((one) => `${one.code} ${one.message}`).join("\n"));
  const find = (program: Program, name: string): NodeId => {
    const found = program.names.find((one) => one.name === name);
    invariant(found !== undefined, `there is no ${name} in ${program.names.map((one) => one.name).join(" ")}`);
    return found.node;
  };
  const trainable = toTrainable(compiled.right, wanted.map((name) => find(compiled.right.program, name)));
  if (E.isLeft(trainable)) throw new Error(JSON.stringify(trainable.left));
  const program = trainable.right;
  const interpreter = createInterpreter(program, compiled.right.env, { seed: 1, precision: "f64" });
  const bound = compiled.right.inputs.length === 0 ? null : bind(arrays, compiled.right.inputs, NOWHERE, { precision: "f64", allowNonFinite: true });
  invariant(bound !== null && E.isRight(bound), bound === null ? "no inputs" : JSON.stringify(bound));
  return { program, interpreter, batch: batchOf(wholeBatch(bound.right)), node: (name) => find(program, name) };
};

export const lossOf = ({ program, interpreter, batch }: Subject): number => {
  invariant(program.loss !== undefined && program.loss !== null, "no loss");
  return interpreter.evaluate([program.loss], batch, "train")[0]?.data[0] ?? NaN;
};

/** The gradients of the weights, by name. */
export const gradientsOf = ({ program, interpreter, batch }: Subject): ReadonlyMap<string, Tensor> => {
  const found = program.nodes.flatMap((node, id) => {
    const param = node.tag === "param" ? program.params[node.param] : undefined;
    const adjoint = program.names.find((one) => one.adjointOf?.node === id && one.adjointOf.along === null);
    return param?.role === "weight" && adjoint !== undefined ? [{ name: param.name, node: adjoint.node }] : [];
  });
  const values = interpreter.evaluate(found.map((one) => read(one.node)), batch, "train");
  return new Map(found.map((one, k) => [one.name, values[k] ?? { shape: [], rows: 1, batched: false, data: new Float64Array(1) }]));
};

/** The greatest difference between gradients of weights and central differences of the loss, relative to max(1, |gradient|). */
export const worstError = (one: Subject): number => {
  const gradients = gradientsOf(one);
  const { program, interpreter } = one;
  let worst = 0, weights = 0;
  program.params.forEach((param, id) => {
    if (param.role !== "weight") return;
    const value = interpreter.params()[id], gradient = gradients.get(param.name)?.data;
    invariant(value !== undefined && gradient !== undefined, `no gradient of ${param.name}`);
    for (let k = 0; k < value.data.length; k += 1) {
      const x = value.data[k] ?? 0, h = 1e-5;
      const at = (shifted: number): number => {
        value.data[k] = shifted;
        return lossOf(one);
      };
      const difference = (at(x + h) - at(x - h)) / (2 * h), g = gradient[k] ?? NaN;
      value.data[k] = x;
      weights += 1;
      worst = Math.max(worst, Number.isFinite(g) ? Math.abs(g - difference) / Math.max(1, Math.abs(g)) : Infinity);
    }
  });
  invariant(weights > 0, "a program without weights");
  return worst;
};
