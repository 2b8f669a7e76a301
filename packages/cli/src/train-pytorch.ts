/** `train -t pytorch`: emits the program into the run's folder and runs it there. */
import { checkRun, courseOf, diagnose, emitPytorch, findPython, writeScriptData } from "@sequent/compiler";
import type { Compiled, ScriptData } from "@sequent/compiler";
import * as E from "fp-ts/lib/Either.js";
import { spawn } from "node:child_process";
import path from "node:path";
import { noPython, pythonFailed } from "./diagnostics.js";
import { makeOutputFolder, writeText } from "./dump.js";
import { complain, EXIT, Stop } from "./terminal.js";
import type { Sources } from "./terminal.js";

export interface PytorchRun {
  readonly name: string;
  readonly dtype: "f32" | "f64";
  readonly resume: boolean;
  readonly gradients: "autograd" | "explicit";
}

/** Runs a script with our own standard streams; Ctrl-C reaches it as it reaches us, and its exit code says the rest. */
const runScript = (python: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    const child = spawn(python, [...args], { stdio: "inherit" });
    child.on("error", (error) => { reject(new Stop(EXIT.diagnostics, [diagnose(noPython, `can't run ${python}: ${error.message}`, [], { help: noPython.explain })])); });
    child.on("close", (code, signal) => {
      process.off("SIGINT", ignore);
      resolve(signal === null ? (code ?? 1) : 130);
    });
  });

/** Writes the arrays that a script in this folder could not read itself. Stops with SQ0540, SQ0803. */
export const dataIn = (compiled: Compiled, folder: string, sources: Sources): ScriptData => {
  makeOutputFolder(folder);
  const data = writeScriptData(compiled, folder);
  if (E.isLeft(data)) throw new Stop(EXIT.diagnostics, data.left, sources);
  return data.right;
};

/** Exit codes are those of any run. Stops with SQ0803, SQ0809, SQ0810 and what emitting says. */
export const trainInPytorch = async (compiled: Compiled, sources: Sources, folder: string, run: PytorchRun): Promise<number> => {
  // What is wrong with data, batch or length is told as it is for any target, before Python starts.
  const course = courseOf(compiled, run.dtype, sources, compiled.env.note);
  if (E.isLeft(course)) throw new Stop(EXIT.diagnostics, [...compiled.notes, ...course.left], sources);
  // What is no run to go on with is refused before anything in its folder is written.
  const resumable = run.resume ? checkRun(folder, course.right.source, course.right.seed, course.right.at) : E.right(null);
  if (E.isLeft(resumable)) throw new Stop(EXIT.diagnostics, [...compiled.notes, ...resumable.left], sources);
  const code = path.join(folder, "pytorch");
  const data = dataIn(compiled, code, sources);
  const emitted = emitPytorch(compiled, { name: run.name, folder, absolute: true, gradients: run.gradients, data });
  if (E.isLeft(emitted)) throw new Stop(EXIT.diagnostics, [...compiled.notes, ...emitted.left], sources);
  complain(compiled.notes, sources);
  for (const [name, text] of emitted.right.files) writeText(path.join(code, name), text);
  const args = [path.join(code, "train.py"), "--out", folder, "--dtype", run.dtype === "f64" ? "float64" : "float32", ...(run.resume ? ["--resume"] : [])];
  const ended = await runScript(findPython(), args);
  if (ended === 0 || ended === EXIT.interrupted) return ended;
  throw new Stop(EXIT.diagnostics, [diagnose(pythonFailed, `the PyTorch program ended with exit code ${String(ended)}`, [{ at: course.right.at, text: "this run" }], { help: pythonFailed.explain })], sources);
};
