/** Pipelines: lists of passes that are checked when composed, and how they are run. */
import * as E from "fp-ts/lib/Either.js";
import type { Either } from "fp-ts/lib/Either.js";
import { isNonEmpty } from "fp-ts/lib/ReadonlyArray.js";
import type { ReaderEither } from "fp-ts/lib/ReaderEither.js";
import type { Diagnostic, Diagnostics } from "./diagnostic.js";
import { diagnose, invariant } from "./diagnostic.js";
import type { Env, Pass, Pipeline } from "./pass.js";
import { brokenFact, missingFact } from "./pipeline-diagnostics.js";
import type { Program } from "./program.js";
import { structure } from "./verify/structure.js";

/** The facts that hold after a pass, given those before. */
const after = (facts: ReadonlySet<string>, pass: Pass): ReadonlySet<string> => {
  const broken = new Set(pass.breaks);
  return new Set([...facts].filter((fact) => !broken.has(fact)).concat(pass.provides));
};

/** A pipeline from `given` facts on; Left: the passes that find a fact missing, and what would provide it. */
export const compose = (name: string, passes: readonly Pass[], given: readonly string[] = []): Either<Diagnostics, Pipeline> => {
  let facts: ReadonlySet<string> = new Set(given);
  const wrong: Diagnostic[] = [];
  for (const pass of passes) {
    for (const fact of pass.requires) {
      if (facts.has(fact)) continue;
      const provider = passes.find((other) => other.provides.includes(fact));
      const help = provider === undefined ? "No pass of this pipeline provides it." : `\`${provider.name}\` provides it, and must come before.`;
      wrong.push(diagnose(missingFact, `the pass ${pass.name} requires the fact ${fact}, which does not hold there`, [], { help }));
    }
    facts = after(facts, pass);
  }
  return isNonEmpty(wrong) ? E.left(wrong) : E.right({ name, passes, gives: [...facts] });
};

export interface RunOptions {
  /** Facts that hold at the start: those that the program was read with. */
  readonly given?: readonly string[];
  /** Verifies structure and all facts after each pass. */
  readonly verify?: boolean;
  /** Called after each pass with `01-infer`, and before the first with `00-start`. */
  readonly dump?: (name: string, program: Program) => void;
}

const number = (k: number): string => String(k).padStart(2, "0");

/** Runs the passes in order; the first that fails ends the run. A pass that breaks its word is a compiler bug, told with the pass's name. */
export const run = (pipeline: Pipeline, program: Program, options: RunOptions = {}): ReaderEither<Env, Diagnostics, Program> => (env) => {
  let current = program;
  let facts: ReadonlySet<string> = new Set(options.given ?? []);
  options.dump?.(`${number(0)}-start`, current);
  for (const [k, pass] of pipeline.passes.entries()) {
    const result = pass.run(current)(env);
    if (E.isLeft(result)) return result;
    current = result.right;
    facts = after(facts, pass);
    options.dump?.(`${number(k + 1)}-${pass.name}`, current);
    if (options.verify !== true) continue;
    const found = verify(current, env, facts);
    if (isNonEmpty(found)) return E.left([diagnose(brokenFact, `after the pass ${pass.name}: ${found[0].message}`, found[0].labels, { help: found[0].help })]);
  }
  return E.right(current);
};

/** What is wrong with a program that is said to have these facts; structure is checked first, and alone if it is broken. */
export const verify = (program: Program, env: Env, facts: Iterable<string>): readonly Diagnostic[] => {
  const broken = structure.verify(program, env);
  if (broken.length > 0) return broken;
  return [...facts].flatMap((name) => {
    const fact = env.facts.get(name);
    invariant(fact !== undefined, `no fact is registered as ${name}`);
    return fact.verify(program, env);
  });
};
