/** `$`: from an objective to what it ascends through. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, diagnose, invariant, nodeOf, noPath, pathsOf, placeOf, read } from "@sequent/ir";
import type { Diagnostic, Env, NodeId, Objective, Operand, Piece, PlaceKey, Program, Refusal, TableBuilder } from "@sequent/ir";
import { UNTOLD_INSTANTS } from "./diagnostics.js";
import { expandForRules } from "./expand.js";
import { overStepsInUnit, waysAlong } from "./places.js";
import { createPrimal } from "./primal.js";
import type { Primal } from "./primal.js";
import { sweep } from "./reverse.js";
import { countOf, div, totalOverTime } from "./vocabulary.js";

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
  /** Gradients along the statement, by node: those of all its steps that lie on the ways, each at the node's own step. */
  readonly found: ReadonlyMap<NodeId, readonly Operand[]>;
}

/** Where the gradient of an objective starts: at its value, or, for `x $ J`, at each x with what arrives there from J. */
export const seedsOf = (b: TableBuilder, primal: Primal, objective: Objective): E.Either<Diagnostic, Seeded> => {
  const value = valueOf(objective);
  if (objective.tag === "match") return E.right({ seeds: [seedAt(b, value, 1)], found: new Map() });
  if (objective.from.length === 0) return E.right({ seeds: [seedAt(b, value, -1)], found: new Map() });
  const flow = { size: primal.program.nodes.length, nodeAt: primal.nodeAt, isTimed: (id: NodeId) => primal.variesAt(id).time, sourcesOf: primal.sourcesOf };
  const paths = pathsOf(flow, objective.from, value);
  if (paths.refused !== null) return E.left(reportRefusal(primal, objective, paths.refused));
  const within = overStepsInUnit(primal, paths);
  if (within !== null) return E.left(reportRefusal(primal, objective, { node: within, why: "unit" }));
  const found = new Map<PlaceKey, Operand>();
  if (paths.missing.length === 0) sweep({ b, primal, ...waysAlong(primal, paths, value), found }, null, 0, [seedAt(b, value, -1)]);
  // What has no time has what comes to it from all steps of the objective.
  if (paths.places !== null) for (const [place, gradient] of found) if (!flow.isTimed(nodeOf(place))) found.set(place, totalOverTime(b, gradient));
  const members = new Map(paths.starts.map(({ node, step }) => [placeOf(node, step), node]));
  const lost = objective.from.find((_, k) => {
    const start = paths.starts[k];
    return start === undefined || !found.has(placeOf(start.node, start.step));
  });
  if (lost !== undefined) return E.left(reportNoPath(primal, objective, lost));
  const seeds = [...members].flatMap(([place, node]): readonly Seed[] => {
    const gradient = found.get(place);
    return gradient === undefined ? [] : [[node, { on: null, value: gradient }]];
  });
  return E.right({ seeds, found: byNode(found, members) });
};

/** A member has what the statement gives to it, not what passes its other steps. */
const byNode = (found: ReadonlyMap<PlaceKey, Operand>, members: ReadonlyMap<PlaceKey, NodeId>): ReadonlyMap<NodeId, readonly Operand[]> => {
  const own = new Set(members.values());
  const lists = new Map<NodeId, Operand[]>();
  for (const [place, gradient] of found) {
    const node = nodeOf(place);
    if (own.has(node) && !members.has(place)) continue;
    lists.set(node, [...(lists.get(node) ?? []), gradient]);
  }
  return lists;
};

type Why = Refusal["why"] | "unit";

/** What is refused, said of the value that it is about. */
const REASONS: Readonly<Record<Why, (name: string) => string>> = {
  member: (name) => `${name} stands at a fixed step on the left of $`,
  itself: (name) => `the objective is one for all steps, and one step of ${name} leads to others`,
  all: (name) => `the way to the objective reads all instances of ${name} together`,
  endless: (name) => `the way to the objective passes ${name} at as many steps as there are`,
  unit: (name) => `the way to the objective passes several steps of ${name} within one call that has a rule of its own`,
};

const reportRefusal = (primal: Primal, objective: Objective, { node, why }: { readonly node: NodeId; readonly why: Why }): Diagnostic => {
  const named = primal.program.names.find((one) => one.node === node && one.adjointOf === null);
  const labels = [{ at: objective.span, text: "ascended here" }, ...(named === undefined ? [] : [{ at: named.span, text: "on the way" }])];
  return diagnose(UNTOLD_INSTANTS, REASONS[why](named === undefined ? "a value" : `\`${named.name}\``), labels, {
    help: "A bare `$ J` ascends through every instance; `nograd(e)` holds a part of J constant.",
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
