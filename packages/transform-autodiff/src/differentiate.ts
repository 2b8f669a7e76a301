/** The pass that adds adjoint equations, the loss, and the update equations. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, diagnose, invariant, NOW, NOWHERE, read } from "@sequent/ir";
import type {
  Diagnostic, Diagnostics, Env, Name, NodeId, Objective, ObjectiveId, Operand, Pass, Piece, Program, TableBuilder,
} from "@sequent/ir";
import { weightsOf } from "./choose-losses.js";
import { NO_PATH, SEVERAL_INSTANTS } from "./diagnostics.js";
import { expand } from "./expand.js";
import { pathsOf } from "./objective-paths.js";
import { createPrimal, reachedFrom, reaching } from "./primal.js";
import type { Primal } from "./primal.js";
import { sweep } from "./reverse.js";
import { addStatistics, addUpdates, weightGradients } from "./updates.js";
import { countOf, div, neg } from "./vocabulary.js";

export interface DifferentiateOptions {
  /** Nodes whose gradient is wanted for itself; it is zero where the loss does not depend on them. */
  readonly wanted?: readonly NodeId[];
}

/** `^x` is the gradient of the loss that is minimised: all `=>` minus all `$`, each averaged over its own valid instances. */
export const differentiateFor = (options: DifferentiateOptions = {}): Pass => ({
  name: "differentiate",
  doc: "Adds the adjoint equations ^x, the loss, and the next value of every parameter.",
  requires: ["typed", "losses"],
  provides: ["differentiated"],
  breaks: [],
  run: (program) => (env) => differentiateProgram(program, env, options),
});
export const differentiate: Pass = differentiateFor();

type Seed = readonly [NodeId, Piece];
interface Along {
  readonly objective: ObjectiveId;
  readonly found: ReadonlyMap<NodeId, Operand>;
}

const differentiateProgram = (written: Program, env: Env, options: DifferentiateOptions): E.Either<Diagnostics, Program> => {
  const program = expand(addStatistics(written, env), env, (op) => op.autodiff.tag !== "expand");
  const primal = createPrimal(program, env);
  const b = createBuilder(program, env);
  const errors: Diagnostic[] = [];
  const seeds: Seed[] = [];
  const alongs: Along[] = [];
  program.objectives.forEach((objective, id) => {
    b.within(null, objective.span);
    const along = seedsOf(b, primal, objective, id);
    if (E.isLeft(along)) {
      errors.push(along.left);
      return;
    }
    seeds.push(...along.right.seeds);
    if (along.right.found.size > 0) alongs.push({ objective: id, found: along.right.found });
  });
  const found = sweepAll(b, primal, seeds, options.wanted ?? []);
  const zero = new Set([...weightsOf(program), ...(options.wanted ?? [])]);
  const names = [...program.names, ...adjointNames(b, primal, found, zero, alongs)];
  if (errors.length === 0) errors.push(...addUpdates(b, program, env, weightGradients(program, found)));
  const [first, ...rest] = errors;
  if (first !== undefined) return E.left([first, ...rest]);
  const loss = lossOf(b, program);
  return E.right(b.finish({ names, loss, updates: b.updates() }));
};

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

interface Seeded {
  readonly seeds: readonly Seed[];
  readonly found: ReadonlyMap<NodeId, Operand>;
}

const seedsOf = (b: TableBuilder, primal: Primal, objective: Objective, id: ObjectiveId): E.Either<Diagnostic, Seeded> => {
  const value = valueOf(objective);
  if (objective.tag === "match") return E.right({ seeds: [seedAt(b, value, 1)], found: new Map() });
  if (objective.from.length === 0) return E.right({ seeds: [seedAt(b, value, -1)], found: new Map() });
  const paths = pathsOf(primal, objective.from, value);
  if (paths.several !== null) {
    return E.left(
      diagnose(SEVERAL_INSTANTS, "not yet: the objective reads one value at several instants", [{ at: objective.span, text: "ascended here" }]),
    );
  }
  const members = new Set(objective.from.map((x) => x.node));
  const found = new Map<NodeId, Operand>();
  if (paths.missing.length === 0) {
    const leaf = (node: NodeId): boolean => members.has(node);
    sweep({ b, primal, useful: paths.on, leaf, counts: paths.counts, found }, null, [seedAt(b, value, -1)]);
  }
  const lost = objective.from.find((x) => !found.has(x.node));
  if (lost !== undefined) return E.left(noPath(primal, objective, lost, id));
  const seeds = [...members].flatMap((node): readonly Seed[] => {
    const gradient = found.get(node);
    return gradient === undefined ? [] : [[node, { on: null, value: gradient }]];
  });
  return E.right({ seeds, found });
};

const noPath = (primal: Primal, objective: Objective, x: Operand, _id: ObjectiveId): Diagnostic => {
  const name = primal.program.names.find((one) => one.node === x.node && one.adjointOf === null)?.name ?? "the left side";
  const dollar = objective.text.indexOf("$");
  const at = { file: objective.span.file, from: objective.span.from + dollar, to: objective.span.from + dollar + 1 };
  const written = objective.span.to - objective.span.from === objective.text.length && dollar >= 0;
  const fixes = written ? [{ title: "train toward the value: =>", edits: [{ at, text: "=>" }], unsafe: false }] : [];
  return diagnose(NO_PATH, `the objective does not depend on ${name}, or only where there is no derivative`, [{ at: objective.span, text: "ascended here" }], {
    help: "Did you mean `=>`?",
    fixes,
  });
};

/** The ordinary flow, on the ways from a weight (or a wanted node) to an objective. */
const sweepAll = (b: TableBuilder, primal: Primal, seeds: readonly Seed[], wanted: readonly NodeId[]): Map<NodeId, Operand> => {
  const from = reachedFrom(primal, [...weightsOf(primal.program), ...wanted]);
  const to = reaching(primal, seeds.map(([node]) => node));
  const found = new Map<NodeId, Operand>();
  const useful = (node: NodeId): boolean => from[node] === 1 && to[node] === 1;
  sweep({ b, primal, useful, leaf: () => false, counts: () => true, found }, null, seeds);
  return found;
};

const adjointNames = (
  b: TableBuilder,
  primal: Primal,
  found: ReadonlyMap<NodeId, Operand>,
  zero: ReadonlySet<NodeId>,
  alongs: readonly Along[],
): readonly Name[] => {
  const used = new Set(primal.program.names.map((one) => one.name));
  const names: Name[] = [];
  const put = (of: Name, suffix: string, node: NodeId, along: ObjectiveId | null): void => {
    let name = `^${of.name}${suffix}`;
    for (let k = 2; used.has(name); k += 1) name = `^${of.name}${suffix}.${String(k)}`;
    used.add(name);
    names.push({ name, node, adjointOf: { node: of.node, along }, span: of.span });
  };
  for (const of of primal.program.names) {
    if (of.adjointOf !== null) continue;
    const gradient = found.get(of.node);
    if (gradient !== undefined) put(of, "", gradient.node, null);
    else if (zero.has(of.node)) put(of, "", zeros(b, primal, of.node), null);
    for (const along of alongs) {
      const part = along.found.get(of.node);
      if (part !== undefined) put(of, `.along_${String(along.objective + 1)}`, part.node, along.objective);
    }
  }
  return names;
};

const zeros = (b: TableBuilder, primal: Primal, node: NodeId): NodeId => {
  b.within(null, primal.program.spans[node] ?? NOWHERE);
  const row = b.reserve(primal.typeAt(node), primal.variesAt(node));
  b.define(row, { tag: "sum", pieces: [] });
  return row;
};

const lossOf = (b: TableBuilder, program: Program): Operand | null => {
  const terms = program.objectives.map((objective): Operand => {
    invariant(objective.mean !== null, "losses are chosen before differentiation");
    const mean = { node: objective.mean, at: NOW, old: false };
    return objective.tag === "match" ? mean : neg(b, mean);
  });
  return terms.length === 0 ? null : b.sum(terms);
};
