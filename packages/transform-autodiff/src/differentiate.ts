/** The pass that adds adjoint equations, the loss, and the update equations. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, invariant, NOW, NOWHERE } from "@sequent/ir";
import type {
  Diagnostic, Diagnostics, Env, Name, NodeId, ObjectiveId, Operand, ParamId, Pass, Program, TableBuilder,
} from "@sequent/ir";
import { seedsOf } from "./ascend.js";
import type { Seed } from "./ascend.js";
import { expandForRules } from "./expand.js";
import { everyWay } from "./places.js";
import { createPrimal, reachedFrom, reaching, weightsOf } from "./primal.js";
import type { Primal } from "./primal.js";
import { sweep } from "./reverse.js";
import { addStatistics, addUpdates, weightGradients } from "./updates.js";
import { neg } from "./vocabulary.js";

export interface DifferentiateOptions {
  /** Nodes whose gradient is wanted for itself; it is zero where the loss does not depend on them. */
  readonly wanted?: readonly NodeId[];
  /** Weights that move whether or not an objective reaches them: of a part of a program those that the whole moves. */
  readonly moving?: readonly ParamId[];
}

/** `^x` is the gradient of the loss that is minimised: all `=>` minus all `$`, each averaged over its own valid instances. */
export const differentiateFor = (options: DifferentiateOptions = {}): Pass => ({
  name: "differentiate",
  doc: "Adds the adjoint equations ^x, the loss, and the next value of every parameter.",
  requires: ["typed", "losses"],
  provides: ["differentiated"],
  breaks: [],
  run: (program) => (env) => differentiateProgram(program, env, options),
});
export const differentiate: Pass = differentiateFor();

interface Along {
  readonly objective: ObjectiveId;
  readonly found: ReadonlyMap<NodeId, readonly Operand[]>;
}

const differentiateProgram = (written: Program, env: Env, options: DifferentiateOptions): E.Either<Diagnostics, Program> => {
  const program = expandForRules(addStatistics(written, env), env);
  const primal = createPrimal(program, env);
  const b = createBuilder(program, env, { states: "shared" });
  const errors: Diagnostic[] = [];
  const seeds: Seed[] = [];
  const alongs: Along[] = [];
  program.objectives.forEach((objective, id) => {
    b.within(null, objective.span);
    const along = seedsOf(b, primal, objective);
    if (E.isLeft(along)) {
      errors.push(along.left);
      return;
    }
    seeds.push(...along.right.seeds);
    if (along.right.found.size > 0) alongs.push({ objective: id, found: along.right.found });
  });
  const found = sweepAll(b, primal, seeds, options.wanted ?? []);
  const zero = new Set([...weightsOf(program), ...(options.wanted ?? [])]);
  const names = [...program.names, ...adjointNames(b, primal, found, zero, alongs)];
  if (errors.length === 0) errors.push(...addUpdates(b, program, env, new Map([...unreached(b, primal, options.moving ?? []), ...weightGradients(program, found)])));
  const [first, ...rest] = errors;
  if (first !== undefined) return E.left([first, ...rest]);
  const loss = lossOf(b, program);
  return E.right(b.finish({ names, loss, updates: b.updates() }));
};

/** The ordinary flow, on the ways from a weight (or a wanted node) to an objective. */
const sweepAll = (b: TableBuilder, primal: Primal, seeds: readonly Seed[], wanted: readonly NodeId[]): Map<NodeId, Operand> => {
  const from = reachedFrom(primal, [...weightsOf(primal.program), ...wanted]);
  const to = reaching(primal, seeds.map(([node]) => node));
  const found = new Map<NodeId, Operand>();
  const useful = (node: NodeId): boolean => from[node] === 1 && to[node] === 1;
  sweep({ b, primal, ...everyWay(primal, useful), found }, null, 0, seeds);
  return found;
};

const adjointNames = (
  b: TableBuilder,
  primal: Primal,
  found: ReadonlyMap<NodeId, Operand>,
  zero: ReadonlySet<NodeId>,
  alongs: readonly Along[],
): readonly Name[] => {
  const used = new Set(primal.program.names.map((one) => one.name));
  const names: Name[] = [];
  const put = (of: Name, suffix: string, node: NodeId, along: ObjectiveId | null): void => {
    let name = `^${of.name}${suffix}`;
    for (let k = 2; used.has(name); k += 1) name = `^${of.name}${suffix}.${String(k)}`;
    used.add(name);
    names.push({ name, node, adjointOf: { node: of.node, along }, span: of.span });
  };
  for (const of of [...primal.program.names, ...parameterNames(primal.program)]) {
    if (of.adjointOf !== null) continue;
    const gradient = found.get(of.node);
    if (gradient !== undefined) put(of, "", gradient.node, null);
    else if (zero.has(of.node)) put(of, "", zeros(b, primal, of.node), null);
    for (const along of alongs) {
      const part = along.found.get(of.node);
      if (part !== undefined) put(of, `.along_${String(along.objective + 1)}`, b.sum(part).node, along.objective);
    }
  }
  return names;
};

/** Parameters are known by their own names, so that `^M_1.weight` is the raw summed gradient. */
const parameterNames = (program: Program): readonly Name[] => {
  const named = new Set(program.names.map((one) => one.node));
  return program.nodes.flatMap((node, id): readonly Name[] => {
    const param = node.tag === "param" && !named.has(id) ? program.params[node.param] : undefined;
    return param === undefined ? [] : [{ name: param.name, node: id, adjointOf: null, span: param.span }];
  });
};

/** Gradients of 0. */
const unreached = (b: TableBuilder, primal: Primal, params: readonly ParamId[]): readonly (readonly [ParamId, Operand])[] =>
  params.flatMap((param) => {
    const node = primal.program.nodes.findIndex((one) => one.tag === "param" && one.param === param);
    return node < 0 || primal.program.params[param]?.role !== "weight" ? [] : [[param, { node: zeros(b, primal, node), at: NOW, old: false }] as const];
  });

const zeros = (b: TableBuilder, primal: Primal, node: NodeId): NodeId => {
  b.within(null, primal.program.spans[node] ?? NOWHERE);
  const row = b.reserve(primal.typeAt(node), primal.variesAt(node), primal.domainAt(node));
  b.define(row, { tag: "sum", pieces: [] });
  return row;
};

const lossOf = (b: TableBuilder, program: Program): Operand | null => {
  const terms = program.objectives.map((objective): Operand => {
    invariant(objective.mean !== null, "losses are chosen before differentiation");
    const mean = { node: objective.mean, at: NOW, old: false };
    return objective.tag === "match" ? mean : neg(b, mean);
  });
  return terms.length === 0 ? null : b.sum(terms);
};
