/** The pass `infer`: shapes, dtypes and classes of all values and parameters by unification, and what each value varies over. */
import { isNonEmpty } from "fp-ts/lib/ReadonlyArray.js";
import * as E from "fp-ts/lib/Either.js";
import { diagnose, frozen, invariant, solvedType, typeKey } from "@sequent/ir";
import type { Attrs, AttrValue, Diagnostic, Diagnostics, Env, Fix, Param, Pass, Program, Span, TensorType } from "@sequent/ir";
import { produce } from "immer";
import { unlikeArrays } from "./arrays.js";
import { blame, speechOf } from "./blame.js";
import type { Speech } from "./blame.js";
import * as D from "./diagnostics.js";
import { halfInputs } from "./half-inputs.js";
import { addFacts, addScalarGoals } from "./facts.js";
import { defaultWidths, missing, outputsOf } from "./missing.js";
import { scalarOutputs, scalarStates, squeeze, statesOfScalars } from "./scalar-outputs.js";
import { createUnknowns } from "./unknowns.js";
import type { DataTypes, Unknowns } from "./unknowns.js";
import { variesIn } from "./varies.js";

export interface InferOptions {
  /** The arrays that inputs will be bound to, if they are at hand. */
  readonly data?: DataTypes;
}

const NO_DATA: DataTypes = new Map();
/** Each round makes scalars of all outputs that want it; one that still wants it then never gets there. */
const MOST_ROUNDS = 8;

export const infer = (options: InferOptions = {}): Pass => ({
  name: "infer",
  doc: "Finds shapes, dtypes and classes by unification, and what each value varies over.",
  requires: [],
  provides: ["typed"],
  breaks: [],
  run: (program) => (env) => inferTypes(program, env, options.data ?? NO_DATA),
});

const inferTypes = (given: Program, env: Env, data: DataTypes): E.Either<Diagnostics, Program> => {
  const unlike = [...unlikeArrays(given, data), ...halfInputs(given, data)];
  if (isNonEmpty(unlike)) return E.left(unlike);
  let program = given;
  let u = createUnknowns(program, env);
  let scalars = addFacts(u, program, data);
  for (let round = 0; round < MOST_ROUNDS && u.store.clashes.length === 0; round += 1) {
    statesOfScalars(u, program, env);
    const vectors = scalarOutputs(u, program, env);
    if (vectors.length === 0) break;
    program = squeeze(program, vectors);
    u = createUnknowns(program, env);
    scalars = addFacts(u, program, data);
  }
  scalars = new Set([...scalars, ...addScalarGoals(u, program)]);
  u.settleLast();
  scalarStates(u, program, env);
  const outputs = outputsOf(program);
  const notes = defaultWidths(u, program, outputs, widthOf(program, env));
  u.settleLast();
  const speech = speechOf(program, env);
  const conflicts = [...blame(program, u, speech, scalars, data), ...classTargets(u, program, speech)];
  const wrong = conflicts.length > 0 ? conflicts : missing(u, program, outputs, speech);
  if (isNonEmpty(wrong)) return E.left(wrong);
  notes.forEach(env.note);
  return E.right(withTypes(u, program, env));
};

/** `p => y` of a vector and a class, which broadcast like any scalar but are never meant to. */
const classTargets = (u: Unknowns, program: Program, speech: Speech): readonly Diagnostic[] =>
  program.objectives.flatMap((objective) => {
    if (objective.tag !== "match") return [];
    const from = u.store.dims(u.read(objective.from)), target = u.read(objective.target);
    if (from === null || from.length === 0 || u.store.dims(target)?.length !== 0 || u.store.dtype(target) !== "int") return [];
    const name = speech.nameOf(objective.target.node) ?? "y";
    const message = `${objective.text}: the target ${name} is a class, the prediction is ${u.store.textOf(u.read(objective.from))}`;
    return [diagnose(D.targetIsClass, message, [{ at: objective.span, text: "a vector is trained toward a class" }],
      { help: `Write \`one_hot(${name})\`: a 1 at the place of the class.`, fixes: oneHot(objective.target.span) })];
  });

const oneHot = (at: Span | undefined): readonly Fix[] =>
  at === undefined ? [] : [{ title: "write `one_hot(…)` around it", edits: [{ at: { ...at, to: at.from }, text: "one_hot(" }, { at: { ...at, from: at.to }, text: ")" }], unsafe: false }];

/** The value of `@default_width`, as its record decodes it. */
const widthOf = (program: Program, env: Env): number => {
  const record = env.directives.get("default_width");
  const directive = program.directives.findLast((d) => d.name === "default_width");
  if (directive === undefined || record === undefined) return 64;
  const positional: Attrs = Object.fromEntries(
    directive.positional.flatMap((value, k): [string, AttrValue][] => {
      const attribute = record.attributes.list[k];
      return attribute === undefined ? [] : [[attribute.name, value]];
    }));
  const width = { ...positional, ...directive.named }["width"];
  return typeof width === "number" ? width : 64;
};

const withTypes = (u: Unknowns, program: Program, env: Env): Program => {
  const typeAt = (v: number): TensorType => {
    const type = solvedType(u.store, v);
    invariant(type !== null, "a type was left open without a diagnostic");
    return type;
  };
  // Long programs have few types: equal rows are one object.
  const rows = new Map<string, readonly TensorType[]>();
  const types = program.nodes.map((_, id) => {
    const own: TensorType[] = [];
    for (let k = 0; k < u.resultsOf(id); k += 1) own.push(typeAt(u.nodeVar(id) + k));
    const key = own.map(typeKey).join(" ");
    const known = rows.get(key);
    if (known === undefined) rows.set(key, own);
    return known ?? own;
  });
  const params = program.params.map((param, id): Param => ({ ...param, type: typeAt(u.paramVar(id)), span: param.span }));
  return produce(program, (draft) => {
    Object.assign(draft, frozen({ types, params, varies: variesIn(program, env) }));
  });
};
