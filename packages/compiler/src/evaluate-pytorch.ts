/** `eval -t pytorch`: the same values from the emitted program. */
import { identifier, runJobs } from "@sequent/backend-pytorch";
import type { Numbers } from "@sequent/backend-pytorch";
import { bareBatch, bind, wholeBatch } from "@sequent/data";
import { allocate, diagnose } from "@sequent/ir";
import type { Diagnostics, Tensor } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import type { Compiled } from "./compile.js";
import { pytorchStopped } from "./diagnostics.js";
import { toTrainable } from "./compile.js";
import { checkParameters } from "./bind-parameters.js";
import { checkShown, isBatched, primal, trainsOnTooFew } from "./evaluate.js";
import type { Request } from "./evaluate.js";
import { emitPytorch } from "./pytorch.js";

const numbersOf = (shape: readonly number[], data: Tensor["data"]): Numbers => ({ shape, data, int: data instanceof Int32Array });

/** The values asked for, by name. Left: as `evaluate`, and SQ07xx for what PyTorch can't. */
export const evaluateInPytorch = async (
  compiled: Compiled, request: Request, gradients: "autograd" | "explicit" = "autograd",
): Promise<E.Either<Diagnostics, ReadonlyMap<string, Tensor>>> => {
  const trainable = toTrainable(compiled);
  if (E.isLeft(trainable)) return trainable;
  const wrong = checkShown(trainable.right, request) ?? checkParameters(trainable.right, request.params, request.at.params);
  if (wrong !== null) return E.left(wrong);
  const states = request.show.map((name) => name.replace(/^\^/, "")).filter((name) => compiled.program.names.some((one) => one.name === name));
  const adjoints = request.show.flatMap((name) => (name.startsWith("^") ? [name.slice(1)] : []));
  const emitted = emitPytorch(compiled, { name: "program", folder: null, show: states, gradients, adjoints });
  if (E.isLeft(emitted)) return emitted;
  const bound = compiled.inputs.length === 0 ? E.right(bareBatch([...(request.inputs?.values() ?? [])][0]?.shape[0] ?? 1))
    : E.map((data: Parameters<typeof wholeBatch>[0]) => wholeBatch(data))(
        bind(request.inputs ?? new Map(), compiled.inputs, request.at.inputs, { precision: request.precision, allowNonFinite: true }));
  if (E.isLeft(bound)) return bound;
  const { files, model } = emitted.right;
  const batch = bound.right;
  const few = trainsOnTooFew(compiled, request, batch.rows);
  if (few !== null) return E.left(few);
  // In Python `x'` is `x_prime`.
  const inputs = Object.fromEntries([...batch.tensors].map(([name, x]) => [identifier(name), numbersOf([x.rows, ...x.shape], x.data)]));
  const parameters = Object.fromEntries([...request.params].map(([name, { shape, data }]) => [name, { shape, data }]));
  const results = await runJobs([{
    files, inputs, parameters, rows: batch.rows, seed: compiled.settings.seed, dtype: request.precision, steps: [request.steps], mode: request.mode,
    show: request.show, shown: new Map([...compiled.inputs.map(({ name }) => [name, identifier(name)] as const), ...model.renamed, ...model.shown]), adjoints: model.adjoints, signs: new Map(model.statements.map((one) => [one.label, one.sign])),
  }], { at: request.at.inputs, jobSeconds: 3600, seconds: 3600 });
  if (E.isLeft(results)) return results;
  const [result] = results.right;
  if (result?.tag !== "done") return E.left([diagnose(pytorchStopped, `the emitted program failed: ${result?.message ?? "without a word"}`, [
    { at: { file: compiled.file, from: 0, to: 0 }, text: "emitted from this program" },
  ], { help: pytorchStopped.explain })]);
  const values = result.snapshots[0]?.values;
  return E.right(new Map(request.show.map((name): [string, Tensor] => {
    const value = values?.get(name);
    const node = primal(compiled.program, name.replace(/^\^/, ""));
    const batched = node !== null && isBatched(compiled.program, node);
    const data = allocate(request.precision, value?.data.length ?? 0);
    data.set(value?.data ?? []);
    const shape = value?.shape ?? [];
    return [name, batched ? { shape: shape.slice(1), rows: shape[0] ?? 1, batched, data } : { shape, rows: 1, batched, data }];
  })));
};
