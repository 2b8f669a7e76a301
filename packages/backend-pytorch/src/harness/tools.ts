/** What holds emitted text to the standard of its readers: ruff and mypy, beside the Python that runs it. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { findPython, upwards } from "./python.js";

/** What a tool says of a folder; nothing where it finds nothing. */
const tool = (name: string, folder: string, ...args: readonly string[]): string => {
  const { status, error, stdout, stderr } = spawnSync(path.join(path.dirname(findPython()), name), args, { cwd: folder, encoding: "utf8" });
  const said = `${error?.message ?? ""}${stdout}${stderr}`;
  return status === 0 && said === "" ? "" : `${folder}: ${said}`;
};

const RULES = ["--extend-select", "E7"];
const ruffIn = (folder: string, rules: readonly string[], places: readonly string[]): string => {
  const own = ["--quiet", "--no-cache", "--isolated", "--line-length", "100", ...places];
  return tool("ruff", folder, "check", ...rules, ...own) + tool("ruff", folder, "format", "--check", "--diff", ...own);
};

/** As a user would run it, with lines of 100 characters, and all of pycodestyle's E7; `rules` chooses others in place of these. */
export const ruff = (folder: string, rules?: string): string => ruffIn(folder, rules === undefined ? RULES : ["--select", rules], ["."]);

/** The same for each of many folders, which are read at once, and one by one where it finds anything. */
export const ruffEach = (folders: readonly string[]): ((folder: string) => string) => {
  const [first] = folders;
  const clean = new Set(first === undefined || ruffIn(first, RULES, folders) !== "" ? [] : folders);
  return (folder) => (clean.has(folder) ? "" : ruff(folder));
};

/** PyTorch's types are read once, and kept beside what else is kept of this checkout: reading them takes 14 s, and our files one. */
const cacheFolder = (): string | null => {
  const kept = upwards(import.meta.dirname).map((place) => path.join(place, "node_modules")).find((place) => fs.existsSync(place));
  return kept === undefined ? null : path.join(kept, ".cache", "mypy");
};

/** No mypy runs that long: whoever has left this behind has died. */
const STALE = 300_000;

/** Does what no two processes may do at once: mypy's cache knows files by their names alone, and two with a `model.py` would read each other's. */
const alone = <A>(place: string, work: () => A): A => {
  fs.mkdirSync(path.dirname(place), { recursive: true });
  for (;;) {
    try {
      fs.mkdirSync(place);
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const made = fs.statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > STALE) fs.rmSync(place, { recursive: true, force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  try {
    return work();
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
};

/** Files of a folder, or all in it and below. */
export const mypy = (folder: string, ...files: readonly string[]): string => {
  const cache = cacheFolder(), args = ["--no-error-summary", ...(files.length > 0 ? files : ["."])];
  return cache === null ? tool("mypy", folder, ...args) : alone(`${cache}.lock`, () => tool("mypy", folder, "--cache-dir", cache, ...args));
};
