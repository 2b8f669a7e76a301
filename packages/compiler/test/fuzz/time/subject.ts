/** A generated program over time, compiled, with its sequences, and what the interpreter makes of it. */
import { arraysOverTime } from "@sequent/conformance";
import type { GeneratedOverTime, Mutation } from "@sequent/conformance";
import type { DataArray, DataSet } from "@sequent/data";
import { createInterpreter } from "@sequent/interpreter";
import type { Batch, Interpreter, Rows, Series } from "@sequent/interpreter";
import { run } from "@sequent/ir";
import type { Diagnostic, Env, NodeId, Program, Tensor } from "@sequent/ir";
import { elaborate, parse } from "@sequent/parser";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { compileFully } from "../../../src/compile.js";
import type { Compiled } from "../../../src/compile.js";
import { checking, training } from "../../../src/pipelines.js";
import { environment } from "../../../src/registry.js";
import { isSeries, isTensor, sumLike } from "../../../src/shown.js";
import type { Value } from "../../../src/shown.js";
import { vocabularyOf } from "../subject.js";
import type { Mutant } from "../subject.js";

export interface TimeSubject {
  readonly generated: GeneratedOverTime;
  readonly compiled: Compiled;
  readonly arrays: DataSet;
  /** Differentiated and expanded. */
  readonly trained: Program;
  readonly batch: Batch;
  readonly seed: number;
}

/** The arrays as data have them, with lengths if they are ragged. */
export const dataOf = (generated: GeneratedOverTime, seed: number, filler: number | null = null): DataSet => {
  const arrays: DataArray[] = [];
  const found = arraysOverTime(generated, seed, filler);
  for (const { name, classes, timed } of generated.inputs) {
    const { shape = [], data = [] } = found.get(name) ?? {};
    arrays.push({
      name, shape, ...(classes === null ? { dtype: "float", data: Float64Array.from(data) } : { dtype: "int", data: Int32Array.from(data) }),
      ...(timed && generated.start !== 1 ? { from: generated.start } : {}),
    });
    const lengths = Int32Array.from(generated.last, (last) => last - generated.start + 1);
    if (timed && generated.ragged) arrays.push({ name: `${name}_length`, dtype: "int", shape: [generated.rows], data: lengths });
  }
  return new Map(arrays.map((one) => [one.name, one]));
};

/** The arrays as the interpreter takes them, padding and all. */
export const batchOver = (generated: GeneratedOverTime, arrays: DataSet): Batch => {
  const { rows, start, last } = generated;
  const inputs = new Map<string, Tensor>();
  for (const { name } of generated.inputs) {
    const array = arrays.get(name);
    if (array !== undefined) inputs.set(name, { shape: array.shape.slice(1), rows, batched: true, data: array.data });
  }
  const from = new Map(generated.inputs.flatMap(({ name, timed }): [string, number][] => (timed ? [[name, start]] : [])));
  return { inputs, rows, samples: Int32Array.from({ length: rows }, (_, r) => r), from, last: Int32Array.from(last) };
};

const isSized = (program: Program, node: NodeId): boolean => (program.types ?? [])[node]?.[0]?.shape.every((size) => typeof size === "number") === true;

/** States that can be seen from outside, inputs aside; not those whose size depends on the step. */
export const statesOf = (program: Program): readonly string[] => [...new Set(program.names.flatMap((one) => {
  const tag = program.nodes[one.node]?.tag;
  return one.adjointOf === null && !one.name.includes(".") && (tag === "op" || tag === "cases") && isSized(program, one.node) ? [one.name] : [];
}))];
/** Running statistics, which Updates change too. */
export const statisticsOf = (program: Program): readonly string[] => program.params.flatMap((one) => (one.role === "statistic" ? [one.name] : []));
export const weightsOf = (program: Program): readonly string[] => program.params.flatMap((one) => (one.role === "weight" ? [one.name] : []));

/** What is compared: states, and gradients of weights and of inputs that are no targets. */
export const comparedNames = ({ compiled: { program }, generated }: TimeSubject): readonly string[] => [
  ...statesOf(program), ...weightsOf(program).map((name) => `^${name}`),
  ...generated.inputs.flatMap((one) => (one.classes === null && !one.held && program.nodes.some((node) => node.tag === "input" && node.name === one.name) ? [`^${one.name}`] : [])),
];

const nodeOf = (program: Program, name: string): NodeId => {
  const found = program.names.find((one) => one.name === name && one.adjointOf === null);
  if (found !== undefined) return found.node;
  return program.nodes.findIndex((node) => node.tag === "param" && program.params[node.param]?.name === name);
};

const floats = (program: Program): readonly NodeId[] => program.names.flatMap((one) => (one.adjointOf === null && program.types?.[one.node]?.[0]?.dtype === "float" ? [one.node] : []));

export const trainedFrom = (program: Program, env: Env): E.Either<readonly Diagnostic[], Program> =>
  run(training({ wanted: floats(program) }), program, { given: checking().gives })(env);

/** Lints of random programs; what they give at some step need not count anywhere, and `unread-boundaries.test.ts` holds that lint to its word. */
export const lintsOf = (notes: readonly Diagnostic[]): readonly Diagnostic[] => notes.filter((one) => one.severity !== "note" && one.code !== "SQ0332");

/** Left: what was said of it; every diagnostic but a note is a fault of the generator or of the compiler. */
export const timeSubject = (generated: GeneratedOverTime, env: Env, seed = 7, filler: number | null = null): E.Either<readonly Diagnostic[], TimeSubject> => {
  const arrays = dataOf(generated, seed, filler);
  const { result, notes } = compileFully(generated.text, "program.seq", { env, arrays });
  if (E.isLeft(result)) return result;
  const lints = lintsOf(notes);
  if (lints.length > 0) return E.left(lints);
  const trained = trainedFrom(result.right.program, env);
  return E.map((program: Program): TimeSubject => ({ generated, compiled: result.right, arrays, trained: program, batch: batchOver(generated, arrays), seed }))(trained);
};

/** The same program by a compiler with a mistake. */
export const timeMutant = (mutation: Mutation, base: Env): Mutant<TimeSubject> => {
  const { change } = mutation;
  const env = change.tag === "pass" ? base : environment(change.apply(vocabularyOf(base)));
  const staged = (stage: string) => (program: Program): Program => (change.tag === "pass" && change.stage === stage ? change.apply(program) : program);
  const trained = ({ generated }: TimeSubject): Program | null => {
    const { program: tree } = parse(generated.text, "program.seq");
    const starts = new Map(generated.inputs.flatMap(({ name, timed }): [string, number][] => (timed ? [[name, generated.start]] : [])));
    const made = pipe(
      elaborate(tree, generated.text)(env),
      E.map(staged("elaborate")),
      E.chainW((program) => run(checking({ starts }), program)(env)),
      E.map(staged("choose-losses")),
      E.chainW((program) => trainedFrom(program, env)),
      E.map(staged("differentiate")),
    );
    return E.isRight(made) ? made.right : null;
  };
  return { env, trained };
};

export interface TimeObservation {
  /** States, then gradients of states that have one, of inputs and of weights. */
  readonly values: ReadonlyMap<string, Value>;
  readonly loss: number;
  readonly after: ReadonlyMap<string, Tensor>;
}

const UPDATES = 2;

/** Nodes of the ordinary gradient of a state, with those along `$` that are part of it. */
const gradientNodes = (program: Program, node: NodeId): readonly NodeId[] => [...new Set(program.names.flatMap((one) => {
  if (one.adjointOf?.node !== node) return [];
  const objective = one.adjointOf.along === null ? null : program.objectives[one.adjointOf.along];
  return objective === null || (objective?.tag === "ascend" && objective.from.every((x) => x.node !== node)) ? [one.node] : [];
}))];

export const interpreterOf = (subject: TimeSubject, env: Env, program: Program = subject.trained): Interpreter =>
  createInterpreter(program, env, { seed: subject.seed, precision: "f64" });

/** Values of names (`h`, `^h`, `F.weight`) before any Update. */
export const valuesOf = (program: Program, interpreter: Interpreter, names: readonly string[], batch: Batch): ReadonlyMap<string, Value> => {
  const rows = names.map((name) => {
    const node = nodeOf(program, name.replace(/^\^/, ""));
    return { name, like: node, nodes: name.startsWith("^") ? gradientNodes(program, node) : [node] };
  });
  const wanted = [...new Set(rows.flatMap((row) => [row.like, ...row.nodes]))].filter((node) => node >= 0);
  const found = interpreter.observe(wanted, batch, "train");
  const byNode = new Map(wanted.map((node, k) => [node, found[k]]));
  return new Map(rows.flatMap(({ name, like, nodes }): [string, Value][] => {
    const terms = nodes.flatMap((node): Value[] => { const term = byNode.get(node); return term === undefined ? [] : [term]; }), value = byNode.get(like);
    if (value === undefined) return [];
    if (!name.startsWith("^")) return [[name, value]];
    if (isTensor(value)) return [[name, zeroPlus(value, terms)]];
    return [[name, sumLike(value, terms, "f64")]];
  }));
};

/** The sum of gradients of a value without time; rows that have none have zero. */
const zeroPlus = (like: Tensor, terms: readonly Value[]): Tensor => {
  const data = new Float64Array(like.data.length), size = data.length / like.rows;
  for (const term of terms) {
    if (isTensor(term)) for (let i = 0; i < data.length; i += 1) data[i] = (data[i] ?? 0) + (term.data[term.data.length === data.length ? i : i % Math.max(1, term.data.length)] ?? 0);
    else if (!isSeries(term)) term.forEach((row, r) => { row?.data.forEach((x, i) => { data[r * size + i] = (data[r * size + i] ?? 0) + x; }); });
  }
  return { ...like, data };
};

export const observeOverTime = (subject: TimeSubject, env: Env, names: readonly string[], program: Program = subject.trained, batch: Batch = subject.batch): TimeObservation => {
  const interpreter = interpreterOf(subject, env, program);
  const values = valuesOf(program, interpreter, names, batch);
  const loss = program.loss ?? null;
  const [found] = interpreter.update(loss === null ? [] : [loss], batch);
  for (let k = 1; k < UPDATES; k += 1) interpreter.update([], batch);
  const params = interpreter.params();
  return {
    values, loss: loss === null ? 0 : (found?.data[0] ?? NaN),
    after: new Map(program.params.flatMap((param, id): [string, Tensor][] => (params[id] === undefined ? [] : [[param.name, params[id]]]))),
  };
};

/** All numbers of a value in order, step by step, row by row; what does not exist is left out. */
export const numbersIn = (value: Value | undefined): readonly number[] => {
  if (value === undefined) return [];
  if (isTensor(value)) return [...value.data];
  return (isSeries(value) ? value.steps.flat() : value).flatMap((row) => (row === null ? [] : [...row.data]));
};

export const rowAt = (value: Series | Rows, step: number, row: number): Tensor | null => ("steps" in value ? value.steps[step - value.from]?.[row] : value[row]) ?? null;

/** Where two values differ; null if nowhere. Which instances exist is compared, too. */
export const differ = (a: Value, b: Value, near: (x: number, y: number) => boolean): string | null => {
  if (isSeries(a) || isSeries(b)) {
    if (!isSeries(a) || !isSeries(b)) return "one has time, the other not";
    const from = Math.min(a.from, b.from), to = Math.max(a.from + a.steps.length, b.from + b.steps.length);
    const rows = Math.max(0, ...[...a.steps, ...b.steps].map((step) => step.length));
    for (let t = from; t < to; t += 1) {
      for (let r = 0; r < rows; r += 1) {
        const [x, y] = [rowAt(a, t, r), rowAt(b, t, r)];
        const where = `at step ${String(t)}, row ${String(r)}`;
        if (x === null || y === null) {
          if (x !== y) return `${where}: ${x === null ? "nothing" : `[${[...x.data].join(", ")}]`} and ${y === null ? "nothing" : `[${[...y.data].join(", ")}]`}`;
        } else if (x.data.length !== y.data.length || x.data.some((v, i) => !near(v, y.data[i] ?? NaN))) return `${where}: [${[...x.data].join(", ")}] and [${[...y.data].join(", ")}]`;
      }
    }
    return null;
  }
  const [x, y] = [numbersIn(a), numbersIn(b)];
  const same = x.length === y.length || (x.length > 0 && y.length % x.length === 0) || (y.length > 0 && x.length % y.length === 0);
  const long = Math.max(x.length, y.length);
  for (let k = 0; k < long; k += 1) if (!same || !near(x[k % x.length] ?? NaN, y[k % y.length] ?? NaN)) return `[${x.slice(0, 12).join(", ")}] and [${y.slice(0, 12).join(", ")}]`;
  return null;
};

/** Finite, and so small that rounding stays far below the tolerance. */
export const isTameOverTime = (one: TimeObservation, limit = 1e4): boolean =>
  Number.isFinite(one.loss) && [...one.values.values()].every((value) => numbersIn(value).every((x) => Math.abs(x) <= limit)) && [...one.after.values()].every(({ data }) => data.every((x) => Math.abs(x) <= limit));
