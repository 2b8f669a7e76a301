/** A generated program, compiled, with its inputs: what two evaluators are compared on. */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { inputArrays } from "@sequent/conformance";
import type { Generated, Mutation } from "@sequent/conformance";
import { createInterpreter } from "@sequent/interpreter";
import type { Batch } from "@sequent/interpreter";
import { read, run } from "@sequent/ir";
import type { Diagnostic, Env, NodeId, Program, Tensor } from "@sequent/ir";
import { elaborate, parse } from "@sequent/parser";
import { compileFully } from "../../src/compile.js";
import type { Compiled } from "../../src/compile.js";
import { perRow } from "../../src/evaluate.js";
import { checking, training } from "../../src/pipelines.js";
import { environment } from "../../src/registry.js";

export interface Subject {
  readonly generated: Generated;
  readonly compiled: Compiled;
  /** Differentiated and expanded: what the interpreter runs. */
  readonly trained: Program;
  readonly batch: Batch;
  readonly seed: number;
}

export const vocabularyOf = (env: Env) => ({
  ops: [...env.ops.values()], transforms: [...new Set(env.transforms.values())], losses: [...env.losses.values()],
});

/** Nodes that the user named, whose gradients are wanted. */
const namedFloats = (program: Program): readonly NodeId[] =>
  program.names.filter((one) => one.adjointOf === null && program.types?.[one.node]?.[0]?.dtype === "float").map((one) => one.node);

const tensorOf = (shape: readonly number[], data: readonly number[], int: boolean): Tensor =>
  ({ shape: shape.slice(1), rows: shape[0] ?? 1, batched: true, data: int ? Int32Array.from(data) : Float64Array.from(data) });

export const batchOf = (generated: Generated, seed: number, grids: boolean): Batch => {
  const types = new Map(generated.inputs.map((one) => [one.name, one.type]));
  const arrays = [...inputArrays(generated, seed, grids)];
  const inputs = new Map(arrays.map(([name, { shape, data }]) => [name, tensorOf(shape, data, types.get(name)?.dtype === "int")]));
  return { inputs, rows: generated.rows, samples: Int32Array.from({ length: generated.rows }, (_, r) => r) };
};

export interface Conditions {
  readonly seed: number;
  /** Whether some inputs lie on a grid, where ties and kinks are met. */
  readonly grids: boolean;
}

/** Left: what was said of it. Every diagnostic but a note is a fault of the generator or of the compiler. */
export const subjectOf = (generated: Generated, env: Env, { seed, grids }: Conditions): E.Either<readonly Diagnostic[], Subject> => {
  const { result, notes } = compileFully(generated.text, "program.seq", { env });
  const lints = notes.filter((one) => one.severity !== "note");
  if (E.isLeft(result)) return result;
  if (lints.length > 0) return E.left(lints);
  const trained = trainedFrom(result.right.program, env);
  if (E.isLeft(trained)) return trained;
  return E.right({ generated, compiled: result.right, trained: trained.right, batch: batchOf(generated, seed, grids), seed });
};

const trainedFrom = (program: Program, env: Env): E.Either<readonly Diagnostic[], Program> =>
  run(training({ wanted: namedFloats(program) }), program, { given: checking().gives })(env);

/** The same program by a compiler with a mistake: its records, and what it makes of the text. */
export interface Mutant<S = Subject> {
  readonly env: Env;
  readonly trained: (subject: S) => Program | null;
}

export const mutantOf = (mutation: Mutation, base: Env): Mutant => {
  const { change } = mutation;
  const env = change.tag === "pass" ? base : environment(change.apply(vocabularyOf(base)));
  const staged = (stage: string) => (program: Program): Program => (change.tag === "pass" && change.stage === stage ? change.apply(program) : program);
  const trained = ({ generated }: Subject): Program | null => {
    const { program: tree } = parse(generated.text, "program.seq");
    const made = pipe(
      elaborate(tree, generated.text)(env),
      E.map(staged("elaborate")),
      E.chainW((program) => run(checking(), program)(env)),
      E.map(staged("choose-losses")),
      E.chainW((program) => trainedFrom(program, env)),
    );
    return E.isRight(made) ? made.right : null;
  };
  return { env, trained };
};

/** What is compared. Gradients are of the loss that is minimised; parameters are those after two Updates. */
export interface Observation {
  readonly values: ReadonlyMap<string, Tensor>;
  readonly loss: number;
  readonly after: ReadonlyMap<string, Tensor>;
}

const isInput = (program: Program, id: NodeId): boolean => program.nodes[id]?.tag === "input";

/** All states, inputs aside. */
export const stateNames = ({ compiled: { program } }: Subject): readonly string[] =>
  program.names.filter((one) => one.adjointOf === null && program.nodes[one.node]?.tag === "op").map((one) => one.name);

/** Nodes of the gradient of a state: the ordinary one, and those along `$` that have not gone over into it. */
const gradientNodes = (program: Program, node: NodeId): readonly NodeId[] => [
  ...new Set(program.names.flatMap((one) => {
    if (one.adjointOf?.node !== node) return [];
    const objective = one.adjointOf.along === null ? null : program.objectives[one.adjointOf.along];
    return objective === null || (objective?.tag === "ascend" && objective.from.every((x) => x.node !== node)) ? [one.node] : [];
  })),
];

/** States and inputs that are floats, and weights: all that has a gradient. */
export const adjointNames = ({ compiled: { program } }: Subject): readonly string[] =>
  program.names.filter((one) => one.adjointOf === null && program.types?.[one.node]?.[0]?.dtype === "float"
    && (program.nodes[one.node]?.tag === "op" || isInput(program, one.node))).map((one) => one.name);
export const weightNames = ({ compiled: { program } }: Subject): readonly string[] =>
  program.params.filter((one) => one.role === "weight").map((one) => one.name);
export const gradientNames = (subject: Subject): readonly string[] => [...adjointNames(subject), ...weightNames(subject)].map((name) => `^${name}`);

export const UPDATES = 2;

/** The interpreter's view; `trained` may be another program of the same names (a mutated one). */
export const observe = (subject: Subject, env: Env, trained: Program = subject.trained): Observation => {
  const interpreter = createInterpreter(trained, env, { seed: subject.seed, precision: "f64" });
  const first = new Map<string, NodeId>();
  for (const one of trained.names) if (one.adjointOf === null && !first.has(one.name)) first.set(one.name, one.node);
  const paramNode = new Map(trained.nodes.flatMap((node, id): [string, NodeId][] => (node.tag === "param" ? [[trained.params[node.param]?.name ?? "", id]] : [])));
  const rows: { readonly name: string; readonly nodes: readonly NodeId[] }[] = stateNames(subject).map((name) => ({ name, nodes: [first.get(name) ?? 0] }));
  for (const name of gradientNames(subject)) {
    const node = first.get(name.slice(1)) ?? paramNode.get(name.slice(1));
    if (node !== undefined) rows.push({ name, nodes: gradientNodes(trained, node) });
  }
  const wanted = rows.flatMap((row) => row.nodes.map((node) => read(node)));
  const loss = trained.loss ?? null;
  const found = interpreter.update(loss === null ? wanted : [...wanted, loss], subject.batch);
  for (let k = 1; k < UPDATES; k += 1) interpreter.update([], subject.batch);
  const params = interpreter.params();
  let at = 0;
  const values = new Map<string, Tensor>();
  for (const { name, nodes } of rows) {
    const value = sum(nodes.flatMap((node, k) => {
      const term = found[at + k];
      return term === undefined ? [] : [perRow(trained, node, term, subject.batch.rows)];
    }));
    at += nodes.length;
    if (value !== null) values.set(name, value);
  }
  return {
    values,
    loss: loss === null ? 0 : (found[at]?.data[0] ?? NaN),
    after: new Map(trained.params.flatMap((param, id): [string, Tensor][] => (params[id] === undefined ? [] : [[param.name, params[id]]]))),
  };
};

const sum = (terms: readonly Tensor[]): Tensor | null => {
  const [first, ...rest] = terms;
  if (first === undefined) return null;
  return rest.reduce((a, b) => ({ ...a, data: Float64Array.from(a.data, (x, k) => x + (b.data[k] ?? 0)) }), first);
};

/** Finite, and so small that rounding stays far below the tolerance. */
export const isTame = (observation: Observation, limit = 1e4): boolean => {
  const fine = (one: Tensor): boolean => one.data.every((x) => Math.abs(x) <= limit);
  return [...observation.values.values()].every(fine) && [...observation.after.values()].every(fine);
};
