/** `eval -t pytorch`: the same values from the emitted program. */
import { identifier, runJobs } from "@sequent/backend-pytorch";
import type { Job, JobResult, Numbers, Snapshot } from "@sequent/backend-pytorch";
import { bareBatch, bind, wholeBatch } from "@sequent/data";
import type { Batch, BoundData } from "@sequent/data";
import type { Series } from "@sequent/interpreter";
import { allocate, demandOrder, diagnose, existenceOf, horizonOf, read, sizeOf } from "@sequent/ir";
import type { Diagnostics, Existence, Interval, Moment, NodeId, Tensor } from "@sequent/ir";
import { directionsOf } from "@sequent/transform-time";
import * as E from "fp-ts/lib/Either.js";
import type { Compiled } from "./compile.js";
import { pytorchStopped } from "./diagnostics.js";
import { toTrainable } from "./compile.js";
import { checkParameters } from "./bind-parameters.js";
import { checkShown, isBatched, primal, trainsOnTooFew } from "./evaluate.js";
import type { Request } from "./evaluate.js";
import { emitPytorch } from "./pytorch.js";
import type { Value } from "./shown.js";
import { updateInWindows } from "./update-in-windows.js";

const numbersOf = (shape: readonly number[], data: Tensor["data"]): Numbers => ({ shape, data, int: data instanceof Int32Array });

/** An input over time, which is kept sample by sample, step by step. */
const timeFirst = ({ shape: [steps = 1, ...shape], rows, data }: Tensor): Numbers => {
  const size = sizeOf(shape);
  const moved = data instanceof Int32Array ? new Int32Array(data.length) : new Float64Array(data.length);
  for (let row = 0; row < rows; row += 1) {
    for (let step = 0; step < steps; step += 1) {
      const from = (row * steps + step) * size;
      moved.set(data.subarray(from, from + size), (step * rows + row) * size);
    }
  }
  return numbersOf([steps, rows, ...shape], moved);
};

/**
 * What stands in [time, batch, …] for each step; null where a row does not have it. A `gradient` is zero at the steps of a value that nothing
 * wanted, and which were not computed.
 */
const seriesOf = ({ shape: [count = 0, rows = 1, ...shape], data }: Tensor, { lower, upper }: Interval, batch: Batch, gradient: boolean, isThere: (row: number, step: number) => boolean): Series => {
  const size = sizeOf(shape);
  const lastOf = (row: number): number => batch.last?.[row] ?? 0;
  const stepAt = (m: Moment, row: number): number => (m.from === "T" ? lastOf(row) : 0) + m.plus;
  const all = Array.from({ length: rows }, (_, row) => row);
  const first = Math.min(...all.map((row) => stepAt(lower, row))), last = Math.max(...all.map((row) => stepAt(upper, row)));
  const rowAt = (t: number, row: number): Tensor | null => {
    const k = t - stepAt(lower, row);
    if (k < 0 || t > stepAt(upper, row) || !isThere(row, t)) return null;
    if (k >= count) return gradient ? { shape, rows: 1, batched: true, data: new Float64Array(size) } : null;
    const at = (k * rows + row) * size;
    return { shape, rows: 1, batched: true, data: data.slice(at, at + size) };
  };
  return { from: first, steps: Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => all.map((row) => rowAt(first + k, row))) };
};

/** An emitted program with its inputs, and what becomes of its result. */
export interface Prepared {
  readonly job: Job;
  readonly read: (result: JobResult | undefined) => E.Either<Diagnostics, ReadonlyMap<string, Value>>;
}

/** The program of a request as PyTorch; `done`: Updates that its parameters have behind them. Left: as `evaluate`, and SQ07xx for what PyTorch can't. */
export const prepareForPytorch = (compiled: Compiled, request: Request, gradients: "autograd" | "explicit" = "autograd", done = 0): E.Either<Diagnostics, Prepared> => {
  const trainable = toTrainable(compiled);
  if (E.isLeft(trainable)) return trainable;
  const wrong = checkShown(trainable.right, request) ?? checkParameters(trainable.right, request.params, request.at.params);
  if (wrong !== null) return E.left(wrong);
  const states = request.show.map((name) => name.replace(/^\^/, "")).filter((name) => compiled.program.names.some((one) => one.name === name));
  const adjoints = request.show.flatMap((name) => (name.startsWith("^") ? [name.slice(1)] : []));
  const bound = compiled.inputs.length === 0 ? E.right({ batch: bareBatch([...(request.inputs?.values() ?? [])][0]?.shape[0] ?? 1), ragged: false })
    : E.map((data: BoundData) => ({ batch: wholeBatch(data), ragged: data.ragged }))(
        bind(request.inputs ?? new Map(), compiled.inputs, request.at.inputs, { precision: request.precision, allowNonFinite: true }));
  if (E.isLeft(bound)) return bound;
  const { batch, ragged } = bound.right;
  // Autograd gives what reaches the stacked states of a loop, not what flows from one of its steps to the next: our equations give both.
  const recurrent = directionsOf(compiled.program);
  const loops = adjoints.some((name) => recurrent.has(primal(compiled.program, name) ?? -1));
  const emitted = emitPytorch(compiled, { name: "program", folder: null, show: states, gradients: loops ? "explicit" : gradients, adjoints, ragged, ...(batch.last === null ? {} : { shortest: Math.min(...batch.last) }) });
  if (E.isLeft(emitted)) return emitted;
  const { files, model, padded } = emitted.right;
  const few = trainsOnTooFew(compiled, request, batch.rows);
  if (few !== null) return E.left(few);
  const timed = [...batch.tensors].flatMap(([name]) => (batch.from.has(name) ? [identifier(name)] : []));
  // In Python `x'` is `x_prime`, and time is the first axis.
  const inputs: Record<string, Numbers> = Object.fromEntries([...batch.tensors].map(([name, x]) =>
    [identifier(name), batch.from.has(name) ? timeFirst(x) : numbersOf([x.rows, ...x.shape], x.data)]));
  if (batch.last !== null) inputs["lengths"] = numbersOf([batch.rows], batch.last);
  const parameters = Object.fromEntries([...request.params].map(([name, { shape, data }]) => [name, { shape, data }]));
  const job: Job = {
    files, inputs, timed, parameters, rows: batch.rows, seed: compiled.settings.seed, dtype: request.precision, steps: [done + request.steps], done, mode: request.mode,
    show: request.show, shown: new Map([...compiled.inputs.map(({ name }) => [name, identifier(name)] as const), ...model.renamed, ...model.shown]), adjoints: model.adjoints,
    signs: new Map(model.statements.map((one) => [one.label, one.sign])),
  };
  const isThere = (node: NodeId | null) => (row: number, step: number): boolean => {
    const last = batch.last?.[row];
    if (padded === null || node === null || last === undefined || last >= padded) return true;
    existence ??= existenceOf(compiled.program, demandOrder(compiled.program.nodes, compiled.program.names.map((one) => read(one.node))));
    return existence.has(node, step, last);
  };
  let existence: Existence | null = null;
  const valueOf = (name: string, value: Snapshot["values"] extends ReadonlyMap<string, infer V> ? V | undefined : never): Value => {
    const node = primal(compiled.program, name.replace(/^\^/, ""));
    const batched = node !== null && isBatched(compiled.program, node);
    const data = allocate(request.precision, value?.data.length ?? 0);
    data.set(value?.data ?? []);
    const shape = value?.shape ?? [];
    const steps = model.steps.get(name.replace(/^\^/, ""));
    if (steps !== undefined) return seriesOf({ shape, rows: 1, batched: false, data }, steps, batch, name.startsWith("^"), isThere(node));
    const rows = Array.from({ length: shape[0] ?? 1 }, (_, row) => row), size = data.length / Math.max(1, rows.length);
    if (batched && !rows.every((row) => isThere(node)(row, 0))) return rows.map((row) => (isThere(node)(row, 0) ? { shape: shape.slice(1), rows: 1, batched, data: data.slice(row * size, (row + 1) * size) } : null));
    return batched ? { shape: shape.slice(1), rows: shape[0] ?? 1, batched, data } : { shape, rows: 1, batched, data };
  };
  return E.right({
    job,
    read: (result) => {
      if (result?.tag !== "done") return E.left([diagnose(pytorchStopped, `the emitted program failed: ${result?.message ?? "without a word"}`, [
        { at: { file: compiled.file, from: 0, to: 0 }, text: "emitted from this program" },
      ], { help: pytorchStopped.explain })]);
      return E.right(new Map(request.show.map((name): [string, Value] => [name, valueOf(name, result.snapshots[0]?.values.get(name))])));
    },
  });
};

/** The values asked for, by name. Left: as `evaluate`, and SQ07xx for what PyTorch can't. */
export const evaluateInPytorch = async (
  compiled: Compiled, request: Request, gradients: "autograd" | "explicit" = "autograd",
): Promise<E.Either<Diagnostics, ReadonlyMap<string, Value>>> => {
  // Windows are `train.py`'s: its Updates come first.
  const isInWindows = request.steps > 0 && horizonOf(compiled.program) !== null && compiled.inputs.some((input) => input.timed);
  const params = isInWindows ? await updateInWindows(compiled, request, gradients) : E.right(request.params);
  if (E.isLeft(params)) return params;
  const prepared = prepareForPytorch(compiled, isInWindows ? { ...request, params: params.right, steps: 0 } : request, gradients, isInWindows ? request.steps : 0);
  if (E.isLeft(prepared)) return prepared;
  const results = await runJobs([prepared.right.job], { at: request.at.inputs, jobSeconds: 3600, seconds: 3600 });
  return E.isLeft(results) ? results : prepared.right.read(results.right[0]);
};
