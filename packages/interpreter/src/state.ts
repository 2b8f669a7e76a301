/** Parameters at the start, by their initialisers. */
import * as E from "fp-ts/lib/Either.js";
import { initialise, invariant } from "@sequent/ir";
import type { Env, Param, Precision, Program, Tensor } from "@sequent/ir";

const shapeOf = (param: Param): readonly number[] => {
  const shape = param.type?.shape ?? [];
  return shape.map((dim) => {
    invariant(typeof dim === "number", `parameter ${param.name} has no fixed shape`);
    return dim;
  });
};

/** Drawn in double from the stream of the parameter's own name, then rounded; a copy starts equal to what it copies. */
export const initialState = (program: Program, env: Env, seed: number, precision: Precision): Tensor[] => {
  const values = program.params.map((param) => initial(program, env, param, seed, precision));
  program.params.forEach((param, id) => {
    const original = param.of === null ? undefined : values[param.of];
    if (param.role === "copy" && original !== undefined) values[id] = { ...original, data: original.data.slice() };
  });
  return values;
};

const initial = (program: Program, env: Env, param: Param, seed: number, precision: Precision): Tensor => {
  const initialiser = env.initialisers.get(param.init.name);
  invariant(initialiser !== undefined, `no initialiser is registered as ${param.init.name}`);
  const shape = shapeOf(param);
  const fanShape = param.init.fanOf === null ? shape : shapeOf(program.params[param.init.fanOf] ?? param);
  const data = initialise(initialiser, param.init.attrs, seed, param.name, shape, fanShape, precision);
  invariant(E.isRight(data), `${param.name}: ${E.isLeft(data) ? data.left : ""}`);
  return { shape, rows: 1, batched: false, data: data.right };
};
