/** Runs an emitted training script in the terminal that it is started from. */
import { spawn } from "node:child_process";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { diagnose } from "@sequent/ir";
import type { Diagnostics, Span } from "@sequent/ir";
import { noPython } from "../train/diagnostics.js";
import { findPython, runPython } from "./python.js";

export interface ScriptOptions {
  readonly python?: string;
  /** Where the script runs, and what its relative paths mean. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly at?: Span;
}

const INTERRUPTED = 130;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs `train.py` of a folder; what it says goes straight to the terminal. A signal to this process reaches it, and it stops with a
 * checkpoint. Gives its exit code (0; 1 with its own message; 130 interrupted). Left SQ0731 without Python or what the script imports.
 */
export const runScript = async (folder: string, args: readonly string[], options: ScriptOptions = {}): Promise<E.Either<Diagnostics, number>> => {
  const python = options.python ?? findPython();
  const env = options.env ?? process.env;
  const refuse = (message: string): E.Either<Diagnostics, never> => {
    const at = options.at ?? { file: "", from: 0, to: 0 };
    return E.left([diagnose(noPython, message, [{ at, text: noPython.title }], { help: noPython.explain })]);
  };
  const probe = "import importlib.util as u; print(*[m for m in ('torch', 'numpy', 'safetensors') if u.find_spec(m) is None])";
  const probed = await runPython(python, ["-c", probe], 60_000, env);
  if (probed.reason !== null) return refuse(`can't run ${python}: ${probed.reason}`);
  const missing = probed.stdout.trim();
  if (probed.code !== 0 || missing !== "") return refuse(`${python} has no module ${missing === "" ? "of any kind: it does not run" : missing.replaceAll(" ", ", ")}`);
  return new Promise((resolve) => {
    const child = spawn(python, [path.resolve(folder, "train.py"), ...args], { cwd: options.cwd, env, stdio: "inherit" });
    // The terminal sends Ctrl-C to both; this process waits until the script has kept its checkpoint.
    const pass = (signal: NodeJS.Signals): void => {
      if (signal === "SIGTERM") child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, pass);
    const end = (result: E.Either<Diagnostics, number>): void => {
      for (const signal of SIGNALS) process.off(signal, pass);
      resolve(result);
    };
    child.on("error", (error) => {
      end(refuse(`can't run ${python}: ${error.message}`));
    });
    child.on("close", (code) => {
      end(E.right(code ?? INTERRUPTED));
    });
  });
};
