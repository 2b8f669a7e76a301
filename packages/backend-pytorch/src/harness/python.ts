/** Where Python is, and running it. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** The folder and all above it. */
export const upwards = (folder: string): readonly string[] => {
  const found = [path.resolve(folder)];
  for (let at = found[0] ?? "/"; path.dirname(at) !== at;) found.push((at = path.dirname(at)));
  return found;
};

const isFile = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;

/**
 * The Python that runs what is emitted: $SEQUENT_PYTHON, else the nearest `.venv` at or above the current folder or this package, else
 * `python3` of the PATH.
 */
export const findPython = (env: NodeJS.ProcessEnv = process.env, folder: string = process.cwd()): string => {
  const chosen = env["SEQUENT_PYTHON"];
  if (chosen !== undefined && chosen !== "") return chosen;
  const places = [...upwards(folder), ...upwards(import.meta.dirname)];
  const files = places.flatMap((place) => [path.join(place, ".venv/bin/python"), path.join(place, ".venv/Scripts/python.exe")]);
  return files.find(isFile) ?? "python3";
};

/** How a process ended: its exit code, or null where it never began (`reason`) or was stopped (`late`). */
export interface Ended {
  readonly code: number | null;
  readonly reason: string | null;
  readonly late: boolean;
  readonly stdout: string;
  /** The last of what it said on stderr. */
  readonly stderr: string;
}

const TAIL = 4000;

/** Runs Python and collects what it says; stops it after `ms`. */
export const runPython = (python: string, args: readonly string[], ms: number, env: NodeJS.ProcessEnv = process.env): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(python, [...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, ms);
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-TAIL)));
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: null, reason: error.message, late: false, stdout, stderr });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, reason: null, late, stdout, stderr });
    });
  });
