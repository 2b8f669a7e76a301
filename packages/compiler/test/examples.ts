/** The programs of examples/, compiled. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { compileFully, createRenderer } from "../src/index.js";
import type { Compilation, Compiled, CompileOptions, Diagnostics } from "../src/index.js";

export const folder = path.resolve(import.meta.dirname, "../../../examples");
export const names = readdirSync(folder).filter((name) => name !== "data" && !name.includes("."));
/** Everything that compiling an example says. */
export const compilation = (name: string, options: CompileOptions = {}): Compilation => {
  const file = path.join(folder, name, "main.seq");
  return compileFully(readFileSync(file, "utf8"), file, options);
};

/** What a Right holds; a Left fails the test with the diagnostics as a user sees them. */
export const right = <A>(result: E.Either<Diagnostics, A>, sources: ReadonlyMap<string, string> = new Map()): A => {
  if (E.isLeft(result)) throw new Error(result.left.map(createRenderer(sources).render).join("\n"));
  return result.right;
};

export const compileExample = (name: string, options: CompileOptions = {}): Compiled => {
  const { result, sources } = compilation(name, options);
  return right(result, sources);
};

/**
 * Those whose rounding errors double every few updates, whoever computes: a linear recurrence over 70 steps with eigenvalues of modulus 1
 * (copying, with weights moved by 1e-7, is another curve after 40 updates). Their curves are compared in f64.
 */
export const SENSITIVE: ReadonlySet<string> = new Set(["copying"]);

/** As it is compared over many steps: of sequences a batch is small, and those of a large model that reads a text are half as long, for the interpreter's sake. */
export const compileForCurves = (name: string, set: readonly { readonly key: string; readonly value: string }[] = []): Compiled => {
  const compiled = compileExample(name, { set });
  if (!compiled.inputs.some((input) => input.timed)) return compiled;
  const weights = compiled.program.params.reduce((sum, { type }) => sum + (type?.shape ?? []).reduce<number>((a, b) => a * (typeof b === "number" ? b : 1), 1), 0);
  const isLarge = weights > 100_000, length = compiled.settings.data?.length ?? null;
  const shorter = isLarge && length !== null ? [{ key: "data.length", value: String(Math.ceil(length / 2)) }] : [];
  return compileExample(name, { set: [...set, { key: "batch", value: isLarge ? "2" : "8" }, ...shorter] });
};
