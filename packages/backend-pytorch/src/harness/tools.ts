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

/** As a user would run it, with lines of 100 characters, and all of pycodestyle's E7; `rules` chooses others in place of these. */
export const ruff = (folder: string, rules?: string): string => {
  const own = ["--quiet", "--no-cache", "--isolated", "--line-length", "100", "."];
  return tool("ruff", folder, "check", ...(rules === undefined ? ["--extend-select", "E7"] : ["--select", rules]), ...own) + tool("ruff", folder, "format", "--check", "--diff", ...own);
};

/** PyTorch's types are read once, and kept beside what else is kept of this checkout: reading them takes 14 s, and our files one. */
const cache = (): readonly string[] => {
  const kept = upwards(import.meta.dirname).map((place) => path.join(place, "node_modules")).find((place) => fs.existsSync(place));
  return kept === undefined ? [] : ["--cache-dir", path.join(kept, ".cache", "mypy")];
};

/** Files of a folder, or all in it and below. */
export const mypy = (folder: string, ...files: readonly string[]): string => tool("mypy", folder, "--no-error-summary", ...cache(), ...(files.length > 0 ? files : ["."]));
