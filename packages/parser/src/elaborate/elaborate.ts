/** From the syntax tree to an untyped program. */
import * as E from "fp-ts/lib/Either.js";
import { isNonEmpty } from "fp-ts/lib/Array.js";
import type { ReaderEither } from "fp-ts/lib/ReaderEither.js";
import type { Diagnostics, Env, NodeId, Operand, Program } from "@sequent/ir";
import { createBuilder, EMPTY } from "@sequent/ir";
import { stem } from "../syntax/tree.js";
import type * as syntax from "../syntax/tree.js";
import { addComposed, addConstants, addDeclared, addMacro, checkInlining, createFunctions, isTransform } from "./functions.js";
import { declare } from "./declare.js";
import { badGradient, laterParameter, noEffect, unusedFunction } from "./diagnostics.js";
import { knownDirectives, optimize, rowOf } from "./directives.js";
import { evaluate } from "./evaluate.js";
import { metricOf, objectivesOf } from "./goals.js";
import { lintNames, lintScope, lintUnused } from "./lints/index.js";
import { printName, referenceOf, timedKey } from "./names.js";
import { planOf } from "./plan.js";
import type { Plan } from "./plan.js";
import { createReporter, removal, unsafe } from "./report.js";
import { resolve } from "./resolve.js";
import { runPlan } from "./run.js";
import { here, lookupOf } from "./session.js";
import type { Frame, Functions, Session } from "./session.js";

const createSession = (env: Env, text: string): Session => ({
  env, text, b: createBuilder(EMPTY, env), report: createReporter(env), lookup: lookupOf(env),
  registered: new Map(), weights: [], copies: new Map(), copyCounts: new Map(),
  inputs: new Map(), treatments: [], streams: new Map(), treated: new Map(), call: null, renewals: [], collectors: [], depth: 0, stepwise: false,
});

/** The equations of a program, untyped; or everything that is wrong with it. `text` is what the tree was parsed from. Linear time. */
export const elaborate = (tree: syntax.Program, text: string): ReaderEither<Env, Diagnostics, Program> => (env) => {
  const s = createSession(env, text);
  const program = elaborateProgram(s, tree);
  const errors = [...s.report.errors].sort((a, b) => (a.labels[0]?.at.from ?? 0) - (b.labels[0]?.at.from ?? 0));
  return isNonEmpty(errors) ? E.left(errors) : E.right(program);
};

const elaborateProgram = (s: Session, tree: syntax.Program): Program => {
  const statements: (syntax.Flow | syntax.Define | syntax.Compose | syntax.Declaration)[] = [];
  const macros: syntax.Macro[] = [];
  const directives: syntax.Directive[] = [];
  for (const statement of tree.statements) {
    if (statement.tag === "macro") macros.push(statement);
    else if (statement.tag === "directive") directives.push(statement);
    else statements.push(statement);
  }
  const known = knownDirectives(s, directives);
  const metrics = known.filter(({ record }) => record.form === "definition");
  const readers = metrics.flatMap(({ directive }) => directive.args.map((arg) => arg.value));
  const plan = planOf({ statements, formals: [], results: [], readers, isTransform: isTransform(s) }, s.report);
  const functions = createFunctions(null);
  addConstants(functions, plan);
  addComposed(s, functions, plan.composed);
  for (const macro of macros) addMacro(s, functions, macro);
  const data = addDeclared(s, functions, plan.declarations);
  for (const definition of functions.defined.values()) {
    if (definition.tag === "macro") addDeclared(s, definition.owner, definition.plan.declarations);
  }
  checkInlining(s, functions);

  const frame: Frame = {
    plan, functions, prefix: "", call: null, formals: [], values: plan.links.map(() => []), states: new Map(), reserved: new Map(),
    seeds: new Map<string, Operand>(), closed: false, later: 0,
  };
  runPlan(s, frame);
  s.call = null;
  refuseTargets(s, plan);
  const objectives = objectivesOf(s, frame, plan.goals);
  s.stepwise = false;
  for (const flow of plan.bare) for (const e of flow.head) runBare(s, frame, e);
  const rows = known.flatMap((one) => (one.record.form === "arguments" ? rowOf(s, functions, one) : []));
  const measured = metrics.flatMap(({ directive }) => metricOf(s, frame, directive));
  const trains = plan.goals.length > 0;
  optimize(s, functions, known.find(({ record }) => record.form === "transforms")?.directive ?? null, trains);
  const declared = declare(s, functions, data, (name) => nodesOf(s, frame, name));

  lintAll(s, plan, functions, new Set(data.flatMap(({ names }) => names.map(stem))), trains);
  return s.b.finish({ declared, objectives, metrics: measured, treatments: s.treatments, directives: rows });
};

/** What has no equation here: gradients, which only a macro gives, and parameters. */
const refuseTargets = (s: Session, plan: Plan): void => {
  for (const target of [...plan.gradients, ...plan.links].flatMap((link) => link.targets)) {
    if (target.tag === "adjoint") {
      s.report.problem(badGradient, "a custom gradient belongs in a macro body", target.span, "a gradient", {
        help: "Make the function a macro, and give its gradient there: `^y * 2 -> ^x`.",
      });
    } else if (target.tag === "qualified") s.report.problem(laterParameter, "a parameter has no equation of its own", target.span, "a parameter");
  }
};

/** A call that stands alone is for its effect. */
const runBare = (s: Session, frame: Frame, e: syntax.Expr): void => {
  const errors = s.report.errors.length;
  evaluate(s, frame, e);
  if (s.report.errors.length === errors) s.report.problem(noEffect, "this call has no effect", e.span, "its result has no name");
};

/** The states and inputs of a declared name, with time and without; an input that nothing reads is none. */
const nodesOf = (s: Session, frame: Frame, name: syntax.Name): readonly NodeId[] => {
  const ref = referenceOf(name, frame.plan.timed);
  if (ref === null) return [];
  here(s, name.span);
  const keys = new Set([ref.key, timedKey(ref.label), ref.label]);
  return [...keys].flatMap((key) => frame.states.get(key) ?? s.inputs.get(key)?.node ?? []);
};

const lintAll = (s: Session, plan: Plan, functions: Functions, declared: ReadonlySet<string>, trains: boolean): void => {
  lintScope({ s, plan, functions });
  for (const definition of functions.defined.values()) {
    if (definition.tag !== "macro") continue;
    lintScope({ s, plan: definition.plan, functions: definition.owner });
    lintUnused(s, definition.plan);
  }
  lintNames(s, plan, declared, trains);
  if (trains) lintFunctions(s, plan, functions);
};

const lintFunctions = (s: Session, plan: Plan, functions: Functions): void => {
  const used = new Set<object>();
  const use = (scope: Functions, names: readonly syntax.Name[]): void => {
    for (const name of names) {
      const found = resolve(s, scope, name);
      if (found.tag === "defined") used.add(found.definition);
      else if (found.tag === "op" && found.declared !== null) used.add(found.declared);
    }
  };
  use(functions, plan.called);
  for (const definition of functions.defined.values()) if (definition.tag === "macro") use(definition.owner, definition.plan.called);
  const report = (name: string, span: syntax.Name["span"], statement: { readonly span: syntax.Name["span"] } | undefined): void => {
    const fixes = statement === undefined ? [] : [unsafe("remove it", removal(s.text, statement.span))];
    s.report.problem(unusedFunction, `nothing applies \`${name}\``, span, "unused", { fixes });
  };
  for (const [name, declared] of functions.declared) {
    const statement = plan.declarations.find((one) => one.names.some((other) => other.span === declared.span));
    if (!used.has(declared)) report(name, declared.span, statement);
  }
  for (const [name, definition] of functions.defined) {
    const statement = definition.tag === "macro" ? definition.macro : plan.composed.find((one) => printName(one.name) === name);
    if (!used.has(definition)) report(name, definition.span, statement);
  }
};
