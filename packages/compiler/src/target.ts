/** The interpreter as a target of the trainer. */
import type { Batch as DataBatch } from "@sequent/data";
import { createInterpreter } from "@sequent/interpreter";
import type { Batch, Interpreter, Options } from "@sequent/interpreter";
import { invariant, read } from "@sequent/ir";
import type { Env, NodeId, Operand, Program, Tensor } from "@sequent/ir";
import type { Target } from "@sequent/trainer";

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
  const { tensors: inputs, rows, samples, from, last } = batch;
  return { inputs, rows, samples, from, ...(last === null ? {} : { last }) };
};

export const interpreterTarget = (program: Program, env: Env, options: Options): InterpreterTarget => {
  const interpreter = createInterpreter(program, env, options);
  const losses = program.objectives.map((objective) => meanOf(objective.mean));
  const metrics = program.metrics.map((metric) => meanOf(metric.mean));
  const scalars = (values: readonly Tensor[]): number[] => values.map((value) => value.data[0] ?? NaN);
  return {
    interpreter,
    statements: program.objectives.map((objective) => objective.text),
    metrics: program.metrics.map((metric) => metric.name),
    step: (batch, update) => {
      interpreter.setUpdates(update);
      return { losses: scalars(interpreter.update(losses, batchOf(batch))) };
    },
    evaluate: (batch) => {
      const values = scalars(interpreter.evaluate([...losses, ...metrics], batchOf(batch), "eval"));
      return { losses: values.slice(0, losses.length), metrics: values.slice(losses.length) };
    },
    state: () => new Map(program.params.map((param, id) => [param.name, parameter(interpreter, id)])),
    load: (state) => {
      program.params.forEach((param, id) => {
        const value = state.get(param.name);
        invariant(value !== undefined, `the state has no ${param.name}`);
        interpreter.setParam(id, value);
      });
    },
  };
};

const parameter = (interpreter: Interpreter, id: number): Tensor => {
  const value = interpreter.params()[id];
  invariant(value !== undefined, `there is no parameter ${String(id)}`);
  return value;
};
