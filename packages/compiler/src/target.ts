/** The interpreter as a target of the trainer. */
import type { Batch as DataBatch } from "@sequent/data";
import { createInterpreter } from "@sequent/interpreter";
import type { Batch, Interpreter, Options } from "@sequent/interpreter";
import { createBuilder, invariant, read } from "@sequent/ir";
import type { Env, NodeId, Operand, Program, Tensor } from "@sequent/ir";
import type { Target } from "@sequent/trainer";
import { countOf } from "@sequent/transform-autodiff";
import { nameCarried, readCarried } from "./carried.js";

/** A target whose state is the interpreter's parameters, by qualified name. */
export interface InterpreterTarget extends Target {
  readonly interpreter: Interpreter;
}

const meanOf = (node: NodeId | null): Operand => {
  invariant(node !== null, "a statement has no mean: choose its loss first");
  return read(node);
};

/** A batch as the interpreter takes it. */
export const batchOf = (batch: DataBatch): Batch => {
  const { tensors: inputs, rows, samples, from, last, window } = batch;
  return { inputs, rows, samples, from, ...(last === null ? {} : { last }), ...(window === null ? {} : { window }) };
};

/** The program with the number of instances that each mean is of; null for one that is of all rows, or of no instance in particular. */
const withCounts = (program: Program, env: Env, means: readonly Operand[]): { readonly program: Program; readonly counts: readonly (Operand | null)[] } => {
  if (program.varies?.some((one) => one.time) !== true) return { program, counts: means.map(() => null) };
  const b = createBuilder(program, env);
  const counts = means.map((mean) => {
    const node = program.nodes[mean.node];
    const [of] = node?.tag === "op" ? node.ins : [];
    return of?.at.tag === "over" ? countOf(b, read(of.node)) : null;
  });
  return { program: b.finish(), counts };
};

export const interpreterTarget = (given: Program, env: Env, options: Options): InterpreterTarget => {
  const losses = given.objectives.map((objective) => meanOf(objective.mean));
  const metrics = given.metrics.map((metric) => meanOf(metric.mean));
  const { program, counts } = withCounts(given, env, [...losses, ...metrics]);
  const interpreter = createInterpreter(program, env, options);
  const scalars = (values: readonly Tensor[]): number[] => values.map((value) => value.data[0] ?? NaN);
  const known = counts.flatMap((one) => one ?? []);
  /** Counts in the order of their means, from the values of those that are computed. */
  const countsIn = (values: readonly number[], from: number, to: number, rows: number): readonly number[] => {
    let k = counts.slice(0, from).filter((one) => one !== null).length;
    return counts.slice(from, to).map((one) => (one === null ? rows : (values[k++] ?? 0)));
  };
  return {
    interpreter,
    statements: program.objectives.map((objective) => objective.text),
    metrics: program.metrics.map((metric) => metric.name),
    step: (batch, update) => {
      interpreter.setUpdates(update);
      const values = scalars(interpreter.update([...losses, ...known], batchOf(batch)));
      if (known.length === 0) return { losses: values };
      return { losses: values.slice(0, losses.length), counts: countsIn(values.slice(losses.length), 0, losses.length, batch.rows) };
    },
    evaluate: (batch) => {
      const all = losses.length + metrics.length;
      const values = scalars(interpreter.evaluate([...losses, ...metrics, ...known], batchOf(batch), "eval"));
      const means = { losses: values.slice(0, losses.length), metrics: values.slice(losses.length, all) };
      if (known.length === 0) return means;
      const found = values.slice(all);
      return { ...means, counts: countsIn(found, 0, losses.length, batch.rows), metricCounts: countsIn(found, losses.length, all, batch.rows) };
    },
    state: () => new Map(program.params.map((param, id) => [param.name, parameter(interpreter, id)])),
    load: (state) => {
      program.params.forEach((param, id) => {
        const value = state.get(param.name);
        invariant(value !== undefined, `the state has no ${param.name}`);
        interpreter.setParam(id, value);
      });
    },
    carried: () => nameCarried(program, interpreter.carried()),
    loadCarried: (carried) => {
      const entries = readCarried(program, carried);
      if (entries !== null) interpreter.setCarried(entries);
      return entries !== null;
    },
  };
};

const parameter = (interpreter: Interpreter, id: number): Tensor => {
  const value = interpreter.params()[id];
  invariant(value !== undefined, `there is no parameter ${String(id)}`);
  return value;
};
