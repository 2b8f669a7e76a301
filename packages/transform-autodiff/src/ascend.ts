/** `$`: from an objective to what it ascends through. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, diagnose, invariant, noPath, pathsOf, read } from "@sequent/ir";
import type { Diagnostic, Env, NodeId, Objective, Operand, Piece, Program, Several, TableBuilder } from "@sequent/ir";
import { SEVERAL_INSTANTS } from "./diagnostics.js";
import { expandForRules } from "./expand.js";
import { createPrimal } from "./primal.js";
import type { Primal } from "./primal.js";
import { sweep } from "./reverse.js";
import { countOf, div } from "./vocabulary.js";

export type Seed = readonly [NodeId, Piece];

const valueOf = (objective: Objective): NodeId => {
  invariant(objective.value !== null, "losses are chosen before differentiation");
  return objective.value;
};

/** ±1 / count at each instance of the objective. */
const seedAt = (b: TableBuilder, value: NodeId, sign: 1 | -1): Seed => {
  const one = b.constant(sign);
  const seed = b.isStatic(read(value)) ? one : div(b, one, countOf(b, read(value)));
  return [value, { on: null, value: seed }];
};

export interface Seeded {
  readonly seeds: readonly Seed[];
  /** Gradients along the statement, by node. */
  readonly found: ReadonlyMap<NodeId, Operand>;
}

/** Where the gradient of an objective starts: at its value, or, for `x $ J`, at each x with what arrives there from J. */
export const seedsOf = (b: TableBuilder, primal: Primal, objective: Objective): E.Either<Diagnostic, Seeded> => {
  const value = valueOf(objective);
  if (objective.tag === "match") return E.right({ seeds: [seedAt(b, value, 1)], found: new Map() });
  if (objective.from.length === 0) return E.right({ seeds: [seedAt(b, value, -1)], found: new Map() });
  const paths = pathsOf({ size: primal.program.nodes.length, isTimed: (id) => primal.variesAt(id).time, sourcesOf: primal.sourcesOf }, objective.from, value);
  if (paths.several !== null) {
    return E.left(reportSeveral(primal, objective, paths.several));
  }
  const members = new Set(objective.from.map((x) => x.node));
  const found = new Map<NodeId, Operand>();
  if (paths.missing.length === 0) {
    const leaf = (node: NodeId): boolean => members.has(node);
    sweep({ b, primal, useful: paths.on, leaf, counts: paths.counts, found }, null, [seedAt(b, value, -1)]);
  }
  const lost = objective.from.find((x) => !found.has(x.node));
  if (lost !== undefined) return E.left(reportNoPath(primal, objective, lost));
  const seeds = [...members].flatMap((node): readonly Seed[] => {
    const gradient = found.get(node);
    return gradient === undefined ? [] : [[node, { on: null, value: gradient }]];
  });
  return E.right({ seeds, found });
};

/** `g_t`, `g_{t-1}`. */
const stepName = (name: string, step: number): string => `\`${name}_${step === 0 ? "t" : `{t${step > 0 ? "+" : ""}${String(step)}}`}\``;

const reportSeveral = (primal: Primal, objective: Objective, { node, steps }: Several): Diagnostic => {
  const named = primal.program.names.find((one) => one.node === node && one.adjointOf === null);
  const name = named?.name ?? "a value";
  const where = steps === null ? `\`${name}\` over a range of steps, or at a fixed one` : `\`${name}\` at several steps, ${steps.map((step) => stepName(name, step)).join(" and ")}`;
  const labels = [{ at: objective.span, text: "ascended here" }, ...(named === undefined ? [] : [{ at: named.span, text: "on the way at several steps" }])];
  return diagnose(SEVERAL_INSTANTS, `not yet: the ways to the objective lead through ${where}`, labels, {
    help: "From one instance of the left side alone, each of those steps has a gradient of its own at every step of the objective. A bare `$ J` ascends through all instances.",
  });
};

const reportNoPath = (primal: Primal, objective: Objective, x: Operand): Diagnostic => {
  const name = primal.program.names.find((one) => one.node === x.node && one.adjointOf === null)?.name ?? "the left side";
  const dollar = objective.text.indexOf("$");
  const at = { file: objective.span.file, from: objective.span.from + dollar, to: objective.span.from + dollar + 1 };
  const written = objective.span.to - objective.span.from === objective.text.length && dollar >= 0;
  const fixes = written ? [{ title: "train toward the value: =>", edits: [{ at, text: "=>" }], unsafe: false }] : [];
  return diagnose(noPath, `the objective does not depend on ${name}, or only where there is no derivative`, [{ at: objective.span, text: "ascended here" }], {
    help: "Did you mean `=>`?",
    fixes,
  });
};

/** What is wrong with the `$` of a program whose losses are chosen. */
export const checkAscents = (program: Program, env: Env): readonly Diagnostic[] => {
  const ascents = program.objectives.filter((one) => one.tag === "ascend" && one.from.length > 0);
  if (ascents.length === 0) return [];
  const expanded = expandForRules(program, env);
  const primal = createPrimal(expanded, env);
  const scratch = createBuilder(expanded, env);
  return ascents.flatMap((objective) => {
    const seeds = seedsOf(scratch, primal, objective);
    return E.isLeft(seeds) ? [seeds.left] : [];
  });
};
