/** `eval --steps` with `@horizon` on PyTorch: the Updates are those of the emitted `train.py`, from the same parameters, on the inputs as one batch. */
import { findPython, runPython } from "@sequent/backend-pytorch";
import { bind, dataArray, writeData } from "@sequent/data";
import type { BoundData, DataSet } from "@sequent/data";
import { diagnose, horizonOf } from "@sequent/ir";
import type { Diagnostics } from "@sequent/ir";
import { readCheckpoint, silentReporter, train } from "@sequent/trainer";
import * as E from "fp-ts/lib/Either.js";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { bindParameters } from "./bind-parameters.js";
import { toTrainable } from "./compile.js";
import type { Compiled } from "./compile.js";
import { pytorchStopped } from "./diagnostics.js";
import type { Request } from "./evaluate.js";
import { emitPytorch } from "./pytorch.js";
import { interpreterTarget } from "./target.js";

const HOUR = 3_600_000;

/** The program with its inputs as the file that the script reads. */
const onInputs = (compiled: Compiled, inputs: DataSet, rows: number, file: string): Compiled => ({
  ...compiled,
  data: { train: inputs, test: null, setting: { path: file, test: 0, seed: null, length: null, lengthAt: null, at: { file: "", from: 0, to: 0 } } },
  settings: { ...compiled.settings, batch: { value: rows, at: { file: compiled.file, from: 0, to: 0 } } },
});

/** The parameters after `request.steps` Updates, by name. Left: as `emitPytorch`, and SQ0731 or what the script says. */
export const updateInWindows = async (compiled: Compiled, request: Request, gradients: "autograd" | "explicit"): Promise<E.Either<Diagnostics, DataSet>> => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-eval-"));
  try {
    return await updateIn(root, compiled, request, gradients);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
};

const updateIn = async (root: string, compiled: Compiled, request: Request, gradients: "autograd" | "explicit"): Promise<E.Either<Diagnostics, DataSet>> => {
  const inputs = request.inputs ?? new Map<string, never>(), file = path.join(root, "data.npz"), out = path.join(root, "run");
  const bound = bind(inputs, compiled.inputs, request.at.inputs, { precision: request.precision, allowNonFinite: true });
  if (E.isLeft(bound)) return bound;
  const written = writeData(file, [...inputs.values()], request.at.inputs);
  if (E.isLeft(written)) return written;
  const own = onInputs(compiled, inputs, bound.right.samples, file);
  const emitted = emitPytorch(own, { name: "program", folder: root, absolute: true, gradients });
  if (E.isLeft(emitted)) return emitted;
  for (const [name, text] of emitted.right.files) fs.writeFileSync(path.join(root, name), text);
  const begun = await beginIn(out, own, request, bound.right);
  if (E.isLeft(begun)) return begun;
  const args = ["train.py", "--device", "cpu", "--dtype", request.precision === "f64" ? "float64" : "float32", "--steps", String(request.steps), "--out", out, "--resume"];
  const ended = await runPython(findPython(), [path.join(root, args[0] ?? ""), ...args.slice(1)], HOUR);
  if (ended.code !== 0) {
    return E.left([diagnose(pytorchStopped, `the emitted program failed: ${ended.reason ?? ended.stderr.trim()}`, [{ at: { file: compiled.file, from: 0, to: 0 }, text: "emitted from this program" }], { help: pytorchStopped.explain })]);
  }
  const names = new Set(compiled.program.params.map((param) => param.name));
  const { state } = readCheckpoint(path.join(out, "checkpoint.safetensors"));
  return E.right(new Map([...state].filter(([name]) => names.has(name)).map(([name, { shape, data }]) => [name, dataArray(name, shape, data)])));
};

/** A run of no Update, whose checkpoint has the parameters that are given. */
const beginIn = async (folder: string, compiled: Compiled, request: Request, data: BoundData): Promise<E.Either<Diagnostics, unknown>> => {
  const trainable = toTrainable(compiled);
  if (E.isLeft(trainable)) return trainable;
  const { seed } = compiled.settings;
  const target = interpreterTarget(trainable.right, compiled.env, { seed, precision: request.precision });
  const unfit = bindParameters(target.interpreter, trainable.right, request.params, request.precision, request.at.params);
  if (unfit !== null) return E.left(unfit);
  const split = { train: Int32Array.from({ length: data.samples }, (_, k) => k), test: new Int32Array(0) };
  return train(target, { tag: "data", data, split, batch: data.samples, horizon: horizonOf(compiled.program) },
    { length: { unit: "steps", count: 0 }, seed, folder, program: createHash("sha256").update(compiled.source).digest("hex"), resume: false, at: request.at.inputs }, silentReporter);
};
