/** What stands beside the equations: declarations, arrays, objectives, metrics, parameters, custom gradients. */
import type { CallId, NodeId, Operand, Program } from "@sequent/ir";
import type { ArrayType, DataTypes, Unknowns } from "./unknowns.js";

/** The input nodes that stand for gradients within custom rules: no data are bound to them. */
export const seedsOf = (program: Program): ReadonlySet<NodeId> => {
  const seeds = new Set<NodeId>();
  for (const call of program.calls) if (call.override?.tag === "custom") for (const seed of call.override.seeds) seeds.add(seed);
  return seeds;
};

/** The array's axes behind samples and, where the name occurs with `t`, steps. */
export const shapeOfSample = (array: ArrayType, timed: boolean): readonly number[] => array.shape.slice(timed ? 2 : 1);

const addParams = (u: Unknowns, program: Program): void => {
  program.params.forEach((param, id) => {
    const v = u.paramVar(id);
    u.store.by(u.addSource({ span: param.span, what: param.name }));
    u.store.setDtype(v, "float");
    if (param.type !== null) u.store.setDims(v, param.type.shape.map(u.store.dim));
    if (param.of !== null) u.store.equalShapes(v, u.paramVar(param.of));
  });
};

const addDeclared = (u: Unknowns, program: Program): void => {
  for (const { node, shape, dtype, classes, span } of program.declared) {
    const v = u.nodeVar(node);
    u.store.by(u.addSource({ span, what: "this declaration" }));
    if (shape !== null) u.store.setDims(v, shape.map(u.store.dim));
    if (dtype !== null) u.store.setDtype(v, dtype);
    if (classes === null) continue;
    u.store.setDtype(v, "int");
    u.store.equalDims(u.store.classes(v), u.store.dim(classes));
  }
};

const addData = (u: Unknowns, program: Program, data: DataTypes): void => {
  const seeds = seedsOf(program);
  program.nodes.forEach((node, id) => {
    if (node.tag !== "input" || seeds.has(id)) return;
    const array = data.get(node.name);
    if (array === undefined) return;
    const v = u.nodeVar(id);
    u.store.by(u.addSource({ span: null, what: `the array ${node.name} [${array.shape.join(", ")}]` }));
    u.store.setDims(v, shapeOfSample(array, node.time === true).map(u.store.dim));
    // Whole numbers in a file may stand for floats; only a declaration or a use makes them classes.
    if (array.classes === null) return;
    u.store.setDtype(v, "int");
    u.store.equalDims(u.store.classes(v), u.store.dim(array.classes));
  });
};

/** A value that must be one number per instance; its place is remembered, so that a clash is told in words of its own. */
const addScalar = (u: Unknowns, operand: Operand, program: Program, what: string, scalars: Set<number>): void => {
  const place = u.addSource({ span: program.spans[operand.node] ?? null, what });
  scalars.add(place);
  u.store.by(place);
  u.store.setDims(u.read(operand), []);
};

const addObjectives = (u: Unknowns, program: Program, scalars: Set<number>): void => {
  for (const objective of program.objectives) {
    if (objective.tag === "ascend") continue;
    if (objective.weight !== null) addScalar(u, objective.weight, program, "this weight", scalars);
    const from = u.read(objective.from), target = u.read(objective.target);
    const place = u.addSource({ span: objective.span, what: objective.text });
    u.addRule(place, [from, target], () => {
      const a = u.store.dims(from), b = u.store.dims(target);
      // A known scalar may differ; of a side that nothing else decides it is the shape.
      if ((a?.length === 0 || b?.length === 0) && !(u.store.last && (a === null || b === null))) return a !== null && b !== null;
      if ((a === null || b === null) && !(u.store.last && (a !== null || b !== null))) return false;
      u.store.equalShapes(from, target);
      return true;
    });
  }
};

/** What must be one number in the end: objectives and metrics. Stated once outputs that should be scalars have become scalars. */
export const addScalarGoals = (u: Unknowns, program: Program): ReadonlySet<number> => {
  const scalars = new Set<number>();
  for (const objective of program.objectives) {
    if (objective.tag === "ascend") addScalar(u, objective.objective, program, objective.text, scalars);
  }
  for (const metric of program.metrics) addScalar(u, metric.value, program, `@metric ${metric.name}`, scalars);
  return scalars;
};

const addOverride = (u: Unknowns, program: Program, id: CallId): void => {
  const call = program.calls[id];
  if (call?.override?.tag !== "custom") return;
  u.store.by(u.addSource({ span: call.span, what: `the gradient of ${call.of}` }));
  const same = (a: number, b: number): void => {
    u.store.equalShapes(a, b);
  };
  call.override.seeds.forEach((seed, k) => {
    const out = call.outs[k];
    if (out === undefined) return;
    same(u.nodeVar(seed), u.read(out));
    u.store.setDtype(u.nodeVar(seed), "float");
  });
  call.override.ins.forEach((gradient, k) => {
    const into = call.ins[k];
    if (gradient !== null && into !== undefined) same(u.read(gradient), u.read(into));
  });
  for (const { param, gradient } of call.override.params) same(u.read(gradient), u.paramVar(param));
};

const addUpdates = (u: Unknowns, program: Program): void => {
  for (const { param, next } of program.updates ?? []) {
    u.store.by(u.addSource({ span: program.params[param]?.span ?? null, what: `the next value of ${program.params[param]?.name ?? ""}` }));
    u.store.equalShapes(u.read(next), u.paramVar(param));
  }
};

/** States all of these; returns the places whose clashes mean that something is no scalar. */
export const addFacts = (u: Unknowns, program: Program, data: DataTypes): ReadonlySet<number> => {
  const scalars = new Set<number>();
  addDeclared(u, program);
  addData(u, program, data);
  addParams(u, program);
  program.calls.forEach((_, id) => { addOverride(u, program, id); });
  addUpdates(u, program);
  u.settle();
  addObjectives(u, program, scalars);
  u.settle();
  return scalars;
};
