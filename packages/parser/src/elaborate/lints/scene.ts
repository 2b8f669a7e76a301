/** What a lint looks at: one scope, with what its text says of who makes a value and what part a value plays. */
import type { AnyOp, Edit } from "@sequent/ir";
import { contextOf, instanceOf, stem, ungroup } from "../../syntax/tree.js";
import type { Call, Expr, Flow, Name } from "../../syntax/tree.js";
import { isTransform } from "../functions.js";
import { isCapitalised, printName, referenceOf, stateOf } from "../names.js";
import type { Goal, Link, Plan, State } from "../plan.js";
import { resolve } from "../resolve.js";
import type { Functions, Session } from "../session.js";
import { visitFunction } from "../visit.js";

export interface Scene {
  readonly s: Session;
  readonly plan: Plan;
  readonly functions: Functions;
}
export type Lint = (scene: Scene) => void;

export const textOf = ({ s }: Scene, e: { readonly span: Expr["span"] }): string => s.text.slice(e.span.from, e.span.to);

/** The state that a name means; null for an input, and for what is no data. */
export const stateAt = ({ plan }: Scene, name: Name): State | null => {
  const ref = referenceOf(name, plan.timed);
  return ref === null ? null : stateOf(plan.states, ref);
};

/** k of `x_{t+k}`; null at any other context. */
export const offsetOf = (name: Name): number | null => {
  const at = contextOf(name);
  return at?.tag === "at" && at.time.origin === "t" ? at.time.offset : null;
};

/** The name `label` in the context of another. */
export const inContextOf = (name: Name, label: string): string => printName({ ...name, base: label, primes: 0 });
export const shifted = (name: Name, by: number): string => {
  const offset = offsetOf(name);
  return printName(offset === null ? name : { ...name, subscript: { tag: "at", time: { origin: "t", offset: offset + by } } });
};

/** The arrow that makes a value at all steps that are no boundary. */
export const makerOf = (scene: Scene, name: Name): Link | null => {
  const equations = stateAt(scene, name)?.equations ?? [];
  const equation = equations.find(({ holds }) => holds.tag !== "moment") ?? equations[0];
  return equation === undefined ? null : (scene.plan.links[equation.link] ?? null);
};

/** Names and macros that are followed to the function which makes a value; further away nobody reads a program either. */
const HOPS = 16;

/** The function that is applied last, through compositions, transforms and macros; null where the text does not say. */
export const lastFunction = (scene: Scene, e: Expr, hops = HOPS): readonly AnyOp[] | null => {
  const f = ungroup(e);
  if (f.tag === "bar") {
    const last = f.parts.at(-1);
    return last === undefined ? null : lastFunction(scene, last, hops);
  }
  if (f.tag === "call") return lastOfCall(scene, f, hops);
  if (f.tag !== "name" || hops === 0) return null;
  const found = resolve(scene.s, scene.functions, f);
  if (found.tag === "op") return found.ops;
  if (found.tag !== "defined" || !found.definition.usable) return null;
  const { definition } = found;
  if (definition.tag === "composed") return lastFunction({ ...scene, functions: definition.owner }, definition.body, hops - 1);
  const [result] = definition.plan.results;
  return result === undefined ? null : lastOfValue({ s: scene.s, plan: definition.plan, functions: definition.owner }, result, hops - 1);
};

const lastOfCall = (scene: Scene, call: Call, hops: number): readonly AnyOp[] | null => {
  if (call.callee.tag !== "name") return lastFunction(scene, call.callee, hops);
  const [first] = call.args;
  return lastFunction(scene, isTransform(scene.s)(call.callee) && first !== undefined ? first.value : call.callee, hops);
};

/** The function whose result a value is. */
export const lastOfValue = (scene: Scene, e: Expr, hops = HOPS): readonly AnyOp[] | null => {
  const value = ungroup(e);
  if (value.tag === "call") return lastOfCall(scene, value, hops);
  const link = value.tag === "name" && hops > 0 && !scene.plan.formalAt.has(printName(value)) ? makerOf(scene, value) : null;
  if (link === null) return null;
  if (link.through !== null) return lastFunction(scene, link.through, hops);
  const [only] = link.inputs;
  return only === undefined || link.inputs.length > 1 ? null : lastOfValue(scene, only, hops - 1);
};

/** The functions with parameters that a link applies, without the transforms around them: `Q` of `target(Q, every=500)`. */
export const parametrised = (scene: Scene, link: Link): readonly string[] => {
  const called: Name[] = [];
  const visitor = { data: () => undefined, adjoint: () => undefined, called: (name: Name) => called.push(name), isTransform: isTransform(scene.s) };
  const calls = link.through === null ? link.inputs.filter((e) => ungroup(e).tag === "call") : [link.through];
  for (const e of calls) visitFunction(e, visitor);
  return called.flatMap((name) => {
    const found = resolve(scene.s, scene.functions, name);
    const own = found.tag === "defined" || (found.tag === "op" && (found.declared !== null || isCapitalised(name) || instanceOf(name) !== null));
    return own ? [printName(name)] : [];
  });
};

/** Are both made by the same functions with parameters, and by one at least? */
export const sameMaker = (scene: Scene, a: Name, b: Name): boolean => {
  const [one, other] = [a, b].map((name) => {
    const link = makerOf(scene, name);
    return link === null ? [] : parametrised(scene, link);
  });
  return one !== undefined && other !== undefined && one.length > 0 && one.join() === other.join();
};

/** A function of environments, unless the program has one of its own by this name. */
export const isEnvironments = (scene: Scene, e: Expr | null, name: string): boolean => {
  const f = e === null ? null : ungroup(e);
  const callee = f?.tag === "call" ? f.callee : f;
  return callee?.tag === "name" && stem(callee) === name && resolve(scene.s, scene.functions, callee).tag === "later";
};

/** The whole flow, or what follows the arrow before its goal, written anew as a statement of its own. */
export const rewriteGoal = ({ s }: Scene, goal: Goal, text: string): Edit => {
  const { span, links } = goal.statement;
  const before = links.at(-2);
  if (before === undefined) return { at: span, text };
  const line = s.text.slice(s.text.lastIndexOf("\n", span.from - 1) + 1, span.from);
  const separator = line.trim() === "" ? `\n${line}` : " ; ";
  return { at: { ...span, from: before.span.to }, text: separator + text };
};

/** `=>`, or `=[loss]=>` as it was written. */
export const arrowOf = (scene: Scene, goal: Extract<Goal, { tag: "match" }>): string => (goal.loss === null ? "=>" : `=[${textOf(scene, goal.loss)}]=>`);

export const goalLink = (flow: Flow): Flow["links"][number] | undefined => flow.links.at(-1);
