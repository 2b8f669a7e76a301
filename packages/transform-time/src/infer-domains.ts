/** The pass that finds where values over time exist, and refuses what no order of steps computes. */
import * as E from "fp-ts/lib/Either.js";
import { isNonEmpty } from "fp-ts/lib/ReadonlyArray.js";
import { FIRST_STEP, frozen, moment, operandsOf } from "@sequent/ir";
import type { Diagnostic, Diagnostics, Domain, Env, Pass, Program } from "@sequent/ir";
import { produce } from "immer";
import { beyondProblem, boundaryProblem, circleProblem, emptyProblem, outsideProblems, startProblem } from "./check.js";
import { directionOf } from "./direction.js";
import { createDomains } from "./domains.js";
import type { Part } from "./domains.js";
import { lackedByRows } from "./lacked-by-rows.js";
import { componentsOf, isRecurrence } from "./reads.js";
import { gapProblem, statementProblems } from "./statements.js";
import { shortFirstWindow, shortWindows } from "./short-windows.js";
import { speechOf } from "./speech.js";
import { unreadBoundaries } from "./unread-boundaries.js";

export interface DomainOptions {
  /** The first step of an input over time, where it is not 1. */
  readonly starts?: ReadonlyMap<string, number>;
  /** The last step of an input over time that ends with no sequence. */
  readonly ends?: ReadonlyMap<string, number>;
  /** What windows are too short for has been told of the whole program, and so have boundaries that nobody reads. */
  readonly isOfWindows?: boolean;
  /** The program is of windows that begin at a step behind the first. Some values exist nowhere there, which is told of the whole. */
  readonly part?: Part;
  /** The step that stands for step 0, with which an episode begins: what reads others has no earlier one. */
  readonly opening?: number;
  /** The last step of the longest sequence, where the data are known. */
  readonly longest?: number;
  /** The same of the shortest. */
  readonly shortest?: number;
}

export const inferDomains = (options: DomainOptions = {}): Pass => ({
  name: "infer-domains",
  doc: "Finds the steps at which each value exists, and that every recurrence runs in one direction.",
  requires: ["typed"],
  provides: ["timed"],
  breaks: [],
  run: (program) => (env) => inferIn(program, env, options),
});

const isOverTime = (program: Program): boolean => program.varies?.some((one) => one.time) === true;

const inferIn = (program: Program, env: Env, options: DomainOptions): E.Either<Diagnostics, Program> => {
  if (!isOverTime(program)) return E.right(withDomains(program, program.nodes.map((_, id): Domain => ({ space: program.varies?.[id]?.space ?? { tag: "static" }, time: null }))));
  const speech = speechOf(program);
  const domains = createDomains(program, (name) => ({ lower: moment("0", options.starts?.get(name) ?? FIRST_STEP), upper: options.ends?.has(name) === true ? moment("0", options.ends.get(name)) : moment("T") }), options.part ?? null, options.opening ?? 0);
  const outside = outsideProblems(program, speech), problems: Diagnostic[] = [];
  // Whatever depends on a value that is in doubt is not judged.
  const doubtful = new Set<number>();
  for (const component of componentsOf(program, env)) {
    const doubt = component.nodes.some((id) => readsOf(program, id).some((of) => doubtful.has(of)));
    const direction = isRecurrence(component) ? directionOf(component) : null;
    const found = direction === null ? null : direction.tag === "runs" ? direction.direction : undefined;
    const problem = found === undefined && direction !== null && direction.tag !== "runs" ? circleProblem(direction, speech) : null;
    if (found !== undefined) domains.settle(component, found);
    const gap = found === undefined ? [] : component.nodes.flatMap((id) => gapProblem(program, id, component, found, domains.at, speech) ?? boundaryProblem(program, id, domains.at, speech) ?? []);
    const wrong = problem ?? (doubt ? null : found === null
      ? emptyProblem(program, component.nodes[0] ?? 0, domains.at, speech) ?? (options.longest === undefined ? null : beyondProblem(program, component.nodes[0] ?? 0, domains.at, options.longest, speech))
      : found === undefined ? null : startProblem(program, component, found, domains.at, speech)) ?? (doubt ? null : gap[0] ?? null);
    // A boundary beyond all steps is why its state never starts, or has a gap; what mends that mends it.
    const out = component.nodes.flatMap((id) => outside.get(id) ?? []), [far] = out;
    if (far !== undefined && wrong !== null && !doubt && problem === null) problems.push(wrong.fixes.length > 0 && out.length === 1 ? { ...far, fixes: wrong.fixes } : far);
    else problems.push(...out, ...(wrong !== null && !doubt ? [wrong] : []));
    if (wrong !== null || doubt) for (const id of component.nodes) doubtful.add(id);
  }
  problems.push(...statementProblems(program, domains.at, null, doubtful, speech));
  const isTold = options.isOfWindows === true || options.part !== undefined;
  if (problems.length === 0 && !isTold) problems.push(...shortWindows(program, domains.at, options.longest ?? null, speech));
  if (isNonEmpty(problems) && options.part === undefined) return E.left(problems);
  const timed = withDomains(program, domains.all());
  if (isTold) return E.right(timed);
  const [lacked, ...more] = options.shortest === undefined ? [] : lackedByRows(timed, env, options.shortest, speech);
  const [small] = lacked !== undefined ? [] : shortFirstWindow(timed, options.longest ?? null, speech);
  if (small !== undefined) return E.left([small]);
  if (lacked !== undefined) return E.left([lacked, ...more]);
  for (const one of unreadBoundaries(timed, env, speech)) env.note(one);
  return E.right(timed);
};

const readsOf = (program: Program, id: number): readonly number[] => {
  const node = program.nodes[id];
  return node === undefined ? [] : operandsOf(node).map((x) => x.node);
};

const withDomains = (program: Program, domains: readonly Domain[]): Program => produce(program, (draft) => { Object.assign(draft, frozen({ domains })); });
