/** Parameters at the start, by their initialisers. */
import * as E from "fp-ts/lib/Either.js";
import { allocate, invariant, sizeOf } from "@sequent/ir";
import type { Env, Param, ParamId, Precision, Program, Tensor } from "@sequent/ir";

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
  program.params.forEach((param, id: ParamId) => {
    const original = param.of === null ? undefined : values[param.of];
    if (param.role === "copy" && original !== undefined) values[id] = { ...original, data: original.data.slice() };
  });
  return values;
};

const initial = (program: Program, env: Env, param: Param, seed: number, precision: Precision): Tensor => {
  const initialiser = env.initialisers.get(param.init.name);
  invariant(initialiser !== undefined, `no initialiser is registered as ${param.init.name}`);
  const attrs = initialiser.attributes.decode(param.init.attrs);
  invariant(E.isRight(attrs), `${param.name}: ${E.isLeft(attrs) ? attrs.left : ""}`);
  const shape = shapeOf(param);
  const fanShape = param.init.fanOf === null ? shape : shapeOf(program.params[param.init.fanOf] ?? param);
  const data = allocate(precision, sizeOf(shape));
  initialiser.fill({ seed, stream: param.name, shape, fanShape, attrs: attrs.right }, data);
  return { shape, rows: 1, batched: false, data };
};
