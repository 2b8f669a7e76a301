/** Values of parameters from a file, given to an interpreter. */
import type { DataSet } from "@sequent/data";
import type { Interpreter } from "@sequent/interpreter";
import { allocate, diagnose, nearest } from "@sequent/ir";
import type { Diagnostics, ParamId, Precision, Program, Span } from "@sequent/ir";
import { unfittingParameter, unknownParameter } from "./diagnostics.js";

/** What is wrong with the values given for parameters, at the place that names their file; null if nothing is. */
export const checkParameters = (program: Program, params: DataSet, at: Span): Diagnostics | null => {
  for (const [name, array] of params) {
    const id = program.params.findIndex((one) => one.name === name);
    const label = { at, text: "in this file" };
    if (id < 0) {
      const near = nearest(name, program.params.map((one) => one.name));
      const help = near === null ? `There is ${program.params.map((one) => one.name).slice(0, 20).join(", ") || "none"}.` : `Did you mean \`${near}\`?`;
      return [diagnose(unknownParameter, `the program has no parameter ${JSON.stringify(name)}`, [label], { help })];
    }
    const shape = program.params[id]?.type?.shape ?? [];
    if (shape.join() !== array.shape.join()) {
      return [diagnose(unfittingParameter, `${name} is [${array.shape.join(", ")}] in the file, and [${shape.join(", ")}] in the program`, [label])];
    }
  }
  return null;
};

/** Sets the parameters that are given. Left out ones keep their values; a lagged copy equals what it copies. Gives what is wrong, or null. */
export const bindParameters = (interpreter: Interpreter, program: Program, params: DataSet, precision: Precision, at: Span): Diagnostics | null => {
  const wrong = checkParameters(program, params, at);
  if (wrong !== null) return wrong;
  const given = new Set<ParamId>();
  for (const [name, array] of params) {
    const id = program.params.findIndex((one) => one.name === name);
    const data = allocate(precision, array.data.length);
    data.set(array.data);
    interpreter.setParam(id, { shape: array.shape, rows: 1, batched: false, data });
    given.add(id);
  }
  program.params.forEach((param, id) => {
    const value = param.of === null || param.role !== "copy" || given.has(id) || !given.has(param.of) ? undefined : interpreter.params()[param.of];
    if (value !== undefined) interpreter.setParam(id, { ...value, data: value.data.slice() });
  });
  return null;
};
