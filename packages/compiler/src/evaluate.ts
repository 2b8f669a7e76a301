/** `eval`: values, gradients and updates of a program on given inputs. */
import { bareBatch, bind, wholeBatch } from "@sequent/data";
import type { DataSet } from "@sequent/data";
import { createInterpreter, startOf } from "@sequent/interpreter";
import type { Batch, Interpreter, Mode } from "@sequent/interpreter";
import { allocate, diagnose, horizonOf, nearest, sizeOf, windowsOf } from "@sequent/ir";
import type { Diagnostics, NodeId, Operand, ParamId, Precision, Program, Span, Tensor } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { stepless, toTrainable } from "./compile.js";
import type { Compiled } from "./compile.js";
import { bindParameters } from "./bind-parameters.js";
import { noInputs, noLoss, unknownShown } from "./diagnostics.js";
import { tooFewRows } from "./least-rows.js";
import { isTensor, sumLike } from "./shown.js";
import type { Value } from "./shown.js";
import { batchOf } from "./target.js";

/** Where the parts of a request stand, for diagnostics. */
export interface Places {
  readonly inputs: Span;
  readonly params: Span;
  /** The place of a name in the list of shown ones. */
  readonly shown: (name: string) => Span;
}

export interface Request {
  /** `[batch][…shape]` by name; null: none were given. */
  readonly inputs: DataSet | null;
  /** Values of parameters by name, those left out keep their initial ones. */
  readonly params: DataSet;
  readonly precision: Precision;
  /** Updates on the inputs as one batch, before anything is shown. */
  readonly steps: number;
  readonly mode: Mode;
  readonly show: readonly string[];
  readonly at: Places;
}

/** The names that can be shown: outputs first. */
export const showable = (program: Program): readonly string[] => {
  const named = program.names.filter((one) => one.adjointOf === null).map((one) => one.name);
  const losses = program.objectives.length > 0 ? ["loss"] : [];
  return [...losses, ...program.metrics.map((one) => one.name), ...new Set([...named, ...program.params.map((one) => one.name)])];
};

/** What is shown when nothing is asked for: what training and metrics look at, and the loss. */
export const shownByDefault = (program: Program): readonly string[] => {
  const nameOf = (x: Operand): string[] => program.names.filter((one) => one.node === x.node && one.adjointOf === null).slice(0, 1).map((one) => one.name);
  const predicted = program.objectives.flatMap((one) => (one.tag === "match" ? nameOf(one.from) : one.from.flatMap(nameOf)));
  const readers = new Set(program.nodes.flatMap((node) => (node.tag === "op" ? node.ins.map((x) => x.node) : [])));
  const ends = program.names.filter((one) => one.adjointOf === null && !readers.has(one.node) && program.nodes[one.node]?.tag === "op").map((one) => one.name);
  return [...new Set([...(predicted.length > 0 ? predicted : ends), ...(program.objectives.length > 0 ? ["loss"] : [])])];
};

/** One thing to show: the values of all `nodes`, summed; for gradients `like` is what they are of: zero where it exists and they don't. */
type Shown =
  | { readonly tag: "values"; readonly nodes: readonly NodeId[]; readonly like: NodeId | null }
  | { readonly tag: "param"; readonly param: ParamId };

/** The node of a state or parameter; null without one. */
export const primal = (program: Program, name: string): NodeId | null => {
  const found = program.names.find((one) => one.name === name && one.adjointOf === null);
  if (found !== undefined) return found.node;
  const param = program.params.findIndex((one) => one.name === name);
  const node = param < 0 ? -1 : program.nodes.findIndex((one) => one.tag === "param" && one.param === param);
  return node < 0 ? null : node;
};

/** A context behind a name: a state is shown at all of its steps. */
const CONTEXT = /_(?:[tT]|\d+|\{.*\})$/;

const unknown = (program: Program, name: string, at: Span): Diagnostics => {
  const known = showable(program);
  const bare = name.replace(/^\^/, ""), whole = bare.replace(CONTEXT, "");
  const isState = whole !== bare && known.includes(whole), isTimed = isState && program.varies?.[primal(program, whole) ?? -1]?.time === true;
  const near = isState ? whole : (nearest(bare, known) ?? (whole === bare ? null : nearest(whole, known)));
  const meant = `Did you mean \`${name.startsWith("^") ? "^" : ""}${near ?? ""}\`?`;
  const help = near === null ? `There is ${known.slice(0, 20).join(", ")}.` : isTimed ? `${meant} It is shown at all of its steps.` : meant;
  return [diagnose(unknownShown, `there is nothing called ${bare} to show`, [{ at, text: "no state, parameter or metric" }], { help })];
};

/**
 * The gradient of the loss that is minimised. Along a `$` the gradients of what lies on its paths are kept apart, for they pass no
 * parameter by; they are part of the gradient all the same, but at the left side itself, where they have gone over into the ordinary flow.
 */
const gradientOf = (program: Program, node: NodeId): Shown => {
  const own = program.names.filter((one) => one.adjointOf?.node === node);
  const nodes = own.filter((one) => {
    const along = one.adjointOf?.along ?? null;
    const objective = along === null ? null : program.objectives[along];
    return objective === null || (objective?.tag === "ascend" && !objective.from.some((x) => x.node === node));
  });
  return { tag: "values", nodes: [...new Set(nodes.map((one) => one.node))], like: node };
};

const shownOf = (program: Program, name: string, at: Span): E.Either<Diagnostics, Shown> => {
  const trained = program.objectives.length > 0;
  const refuse = (): E.Either<Diagnostics, Shown> =>
    E.left([diagnose(noLoss, `${name}: the program has no training statement`, [{ at, text: "asked for here" }], { help: noLoss.explain })]);
  if (name.startsWith("^")) {
    const node = primal(program, name.slice(1));
    if (node === null) return E.left(unknown(program, name, at));
    return trained ? E.right(gradientOf(program, node)) : refuse();
  }
  const param = program.params.findIndex((one) => one.name === name);
  if (param >= 0) return E.right({ tag: "param", param });
  const node = primal(program, name);
  if (node !== null) return E.right({ tag: "values", nodes: [node], like: null });
  const metric = program.metrics.find((one) => one.name === name)?.mean ?? null;
  if (metric !== null) return E.right({ tag: "values", nodes: [metric], like: null });
  if (name !== "loss") return E.left(unknown(program, name, at));
  return program.loss === undefined || program.loss === null ? refuse() : E.right({ tag: "values", nodes: [program.loss.node], like: null });
};

const bindInputs = (compiled: Compiled, request: Request): E.Either<Diagnostics, Batch> => {
  const { inputs } = compiled;
  const endless = stepless(compiled);
  if (endless !== null) return E.left(endless);
  const [first] = inputs;
  if (first === undefined) {
    const given = request.inputs === null ? undefined : [...request.inputs.values()][0];
    return E.right(batchOf(bareBatch(given?.shape[0] ?? 1)));
  }
  if (request.inputs === null) {
    const names = inputs.map((one) => one.name).join(", ");
    return E.left([diagnose(noInputs, `no values are given for ${names}`, first.places.slice(0, 1).map((at) => ({ at, text: "an input" })), { help: noInputs.explain })]);
  }
  const bound = bind(request.inputs, inputs, request.at.inputs, { precision: request.precision, allowNonFinite: true });
  return E.map((data: Parameters<typeof wholeBatch>[0]) => batchOf(wholeBatch(data)))(bound);
};

/** The sum of values of one shape, in double where they are several. */
const sum = (values: readonly Tensor[], precision: Precision): Tensor => {
  const [first] = values;
  if (first === undefined || values.length === 1) return first ?? { shape: [], rows: 1, batched: false, data: allocate(precision, 1) };
  const data = allocate(precision, first.data.length);
  for (const value of values) for (let i = 0; i < data.length; i += 1) data[i] = (data[i] ?? 0) + (value.data[i] ?? 0);
  return { ...first, data };
};

/** Whether a typed program's value has a row for each sample. */
export const isBatched = (program: Program, node: NodeId): boolean => {
  const varies = program.varies?.[node];
  return varies !== undefined && varies.space.tag !== "static";
};

/** A zero that the evaluator keeps once stands for each row of what varies. */
export const perRow = (program: Program, node: NodeId, value: Tensor, rows: number): Tensor => {
  if (value.batched || !isBatched(program, node)) return value;
  const size = value.data.length;
  const data = value.data instanceof Int32Array ? new Int32Array(size * rows) : allocate(value.data instanceof Float64Array ? "f64" : "f32", size * rows);
  for (let row = 0; row < rows; row += 1) data.set(value.data, row * size);
  return { ...value, rows, batched: true, data };
};

const zeros = (program: Program, like: NodeId, batch: Batch, precision: Precision): Tensor => {
  const [type] = program.types?.[like] ?? [];
  const shape = (type === undefined ? [] : type.shape).map(Number);
  const batched = isBatched(program, like);
  const rows = batched ? batch.rows : 1;
  return { shape, rows, batched, data: allocate(precision, rows * sizeOf(shape)) };
};

/** What is wrong with the names asked for, before anything is computed; null if nothing is. */
export const checkShown = (program: Program, request: Request): Diagnostics | null => {
  for (const name of request.show) {
    const one = shownOf(program, name, request.at.shown(name));
    if (E.isLeft(one)) return one.left;
  }
  return null;
};

/** What wants more samples than there are, if anything is computed in train mode. */
export const trainsOnTooFew = (compiled: Compiled, request: Request, rows: number): Diagnostics | null =>
  request.mode === "eval" && request.steps === 0 ? null : tooFewRows(compiled, rows, { at: request.at.inputs, text: "the samples", mends: false });

/** The values asked for, by name, in the order asked. Left: what is wrong with the program, the values, or a name. */
export const evaluate = (compiled: Compiled, request: Request): E.Either<Diagnostics, ReadonlyMap<string, Value>> => {
  const wanted = request.show.flatMap((name) => (name.startsWith("^") ? (primal(compiled.program, name.slice(1)) ?? []) : []));
  const differentiated = toTrainable(compiled, wanted);
  if (E.isLeft(differentiated)) return differentiated;
  const program = differentiated.right;
  const shown: (readonly [string, Shown])[] = [];
  for (const name of request.show) {
    const one = shownOf(program, name, request.at.shown(name));
    if (E.isLeft(one)) return one;
    shown.push([name, one.right]);
  }
  if (request.steps > 0 && program.objectives.length === 0) {
    return E.left([diagnose(noLoss, "updates need a training statement, and the program has none", [{ at: { file: compiled.file, from: 0, to: 0 }, text: "in this program" }])]);
  }
  const batch = bindInputs(compiled, request);
  if (E.isLeft(batch)) return batch;
  const wrong = trainsOnTooFew(compiled, request, batch.right.rows);
  if (wrong !== null) return E.left(wrong);
  const interpreter = createInterpreter(program, compiled.env, { seed: compiled.settings.seed, precision: request.precision });
  const unfit = bindParameters(interpreter, program, request.params, request.precision, request.at.params);
  if (unfit !== null) return E.left(unfit);
  const windows = windowsIn(program, batch.right);
  for (let step = 0; step < request.steps; step += 1) interpreter.update([], windows === null ? batch.right : { ...batch.right, window: step % windows });
  return E.right(valuesOf(program, interpreter, shown, batch.right, request));
};

/** How many windows the sequences of a batch have; null without `@horizon`. */
const windowsIn = (program: Program, batch: Batch): number | null => {
  const horizon = horizonOf(program);
  if (horizon === null || batch.last === undefined) return null;
  return windowsOf(horizon, Math.max(...batch.last) - startOf(program, batch) + 1);
};

const valuesOf = (
  program: Program, interpreter: Interpreter, shown: readonly (readonly [string, Shown])[], batch: Batch, request: Request,
): ReadonlyMap<string, Value> => {
  const needed = shown.flatMap(([, one]): readonly NodeId[] => (one.tag === "param" ? [] : [...one.nodes, ...(one.like === null ? [] : [one.like])]));
  const nodes = [...new Set(needed)];
  const values = interpreter.observe(nodes, batch, request.mode);
  const byNode = new Map(nodes.map((node, k) => [node, values[k]]));
  return new Map(shown.map(([name, one]): [string, Value] => {
    if (one.tag === "param") return [name, sum([interpreter.params()[one.param]].flatMap((value) => value ?? []), request.precision)];
    const found = one.nodes.flatMap((id): Value[] => { const value = byNode.get(id); return value === undefined ? [] : [value]; });
    const like = one.like === null ? undefined : byNode.get(one.like);
    if (like !== undefined && !isTensor(like)) return [name, sumLike(like, found, request.precision)];
    if (one.nodes.length === 0 && one.like !== null) return [name, zeros(program, one.like, batch, request.precision)];
    const tensors = one.nodes.flatMap((id): Tensor[] => {
      const value = byNode.get(id);
      return value === undefined || !isTensor(value) ? [] : [perRow(program, id, value, batch.rows)];
    });
    const [first] = found;
    if (first !== undefined && tensors.length < found.length) return [name, first];
    return [name, sum(tensors, request.precision)];
  }));
};
