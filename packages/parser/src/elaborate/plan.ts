/**
 * What a scope (the program, or a macro's body) defines, and in which order it can be computed: made once per scope, before anything is
 * inlined. A flow is taken apart into links, and each link into the equations of the states that it defines.
 */
import type { Moment, Span } from "@sequent/ir";
import { stem } from "../syntax/tree.js";
import type { Compose, Declaration, Define, Expr, Flow, Name, Target } from "../syntax/tree.js";
import { doubleDefinition, notAContext } from "./diagnostics.js";
import { isRelative, isStep, printName, referenceOf, saysTime } from "./names.js";
import type { Place, Reference } from "./names.js";
import { arrange } from "./order.js";
import type { Step } from "./order.js";
import type { Reporter } from "./report.js";
import { visitFunction, visitValue } from "./visit.js";
import type { Visitor } from "./visit.js";

export interface Read {
  readonly name: Name;
  readonly ref: Reference;
}

/** One arrow that defines: `inputs` through a function (or none) into `targets`. */
export interface Link {
  readonly inputs: readonly Expr[];
  readonly through: Expr | null;
  readonly targets: readonly Target[];
  readonly reads: readonly Read[];
  /** Does it say `t`, itself or in a context? */
  readonly readsTime: boolean;
  /** Its target is `x_{t+shift}`: everything that it reads is read so many steps earlier, for the equation is the one for `x_t`. */
  readonly shift: number;
  readonly span: Span;
  readonly statement: Flow | Define;
}

/** What goes with a link: the whole statement if the link is all of it; else its arrow. */
export const removable = (link: Link): Span =>
  link.statement.tag === "flow" && link.statement.links.length > 1 ? link.span : link.statement.span;

/** Where an equation holds: a state without time, every step (`x_{t+shift}`), or one moment. */
export type Holds =
  | { readonly tag: "plain" }
  | { readonly tag: "general"; readonly shift: number }
  | { readonly tag: "moment"; readonly at: Moment };

/** The equation that takes the `result`-th value of a link. */
export interface Equation {
  readonly holds: Holds;
  readonly link: number;
  readonly result: number;
  readonly target: Name;
}

export interface State {
  readonly key: string;
  readonly label: string;
  readonly equations: readonly Equation[];
}

/** A training statement, with the values it starts from. */
export type Goal =
  | { readonly tag: "match"; readonly from: readonly Expr[]; readonly loss: Expr | null; readonly wanted: readonly Expr[]; readonly readsTime: boolean; readonly statement: Flow }
  | { readonly tag: "ascend"; readonly from: readonly Expr[]; readonly objective: Expr; readonly readsTime: boolean; readonly statement: Flow };

export interface Plan {
  readonly formals: readonly Name[];
  readonly formalAt: ReadonlyMap<string, number>;
  readonly results: readonly Expr[];
  /** Stems that have time. */
  readonly timed: ReadonlySet<string>;
  readonly links: readonly Link[];
  readonly states: ReadonlyMap<string, State>;
  /** States without a context whose equations read `t`: they have time. */
  readonly lifted: ReadonlySet<string>;
  readonly steps: readonly Step[];
  readonly goals: readonly Goal[];
  /** Links into `^x`. */
  readonly gradients: readonly Link[];
  /** Calls that stand alone. */
  readonly bare: readonly Flow[];
  readonly composed: readonly Compose[];
  readonly declarations: readonly Declaration[];
  /** Every read of data, goals and results included. */
  readonly reads: readonly Read[];
  readonly called: readonly Name[];
  /** All occurrences of a name, by its stem. */
  readonly occurrences: ReadonlyMap<string, readonly Name[]>;
}

type Body = Flow | Define | Compose | Declaration;
interface Scope {
  readonly statements: readonly Body[];
  readonly formals: readonly Name[];
  readonly results: readonly Expr[];
  /** Expressions elsewhere that read this scope's states: metrics. */
  readonly readers: readonly Expr[];
  readonly isTransform: (name: Name) => boolean;
}

interface Draft {
  readonly inputs: readonly Expr[];
  readonly through: Expr | null;
  readonly targets: readonly Target[];
  readonly span: Span;
  readonly statement: Flow | Define;
}

interface Parts {
  readonly drafts: readonly Draft[];
  readonly goals: readonly Goal[];
  readonly bare: readonly Flow[];
  readonly composed: readonly Compose[];
  readonly declarations: readonly Declaration[];
}

const takeApart = (statements: readonly Body[]): Parts => {
  const drafts: Draft[] = [];
  const goals: Goal[] = [];
  const bare: Flow[] = [];
  const composed: Compose[] = [];
  const declarations: Declaration[] = [];
  for (const statement of statements) {
    if (statement.tag === "compose") composed.push(statement);
    else if (statement.tag === "declaration") declarations.push(statement);
    else if (statement.tag === "define") {
      const { targets, values, span } = statement;
      drafts.push({ inputs: values, through: null, targets, span, statement });
    } else {
      if (statement.links.length === 0) bare.push(statement);
      let from: readonly Expr[] = statement.head;
      for (const link of statement.links) {
        if (link.tag === "match") goals.push({ tag: "match", from, loss: link.loss, wanted: link.wanted, readsTime: false, statement });
        else if (link.tag === "ascend") goals.push({ tag: "ascend", from, objective: link.objective, readsTime: false, statement });
        else {
          drafts.push({ inputs: from, through: link.through, targets: link.targets, span: link.span, statement });
          from = link.targets;
        }
      }
    }
  }
  return { drafts, goals, bare, composed, declarations };
};

/** All names of a scope, before it is known which have time. */
interface Names {
  readonly data: readonly Name[];
  readonly called: readonly Name[];
}
type Collect = (walk: (v: Visitor) => void) => Names;
/** One visitor serves all links, of which a program has thousands. */
const collector = (isTransform: Scope["isTransform"]): Collect => {
  let data: Name[] = [];
  let called: Name[] = [];
  const visitor: Visitor = { data: (name) => data.push(name), called: (name) => called.push(name), adjoint: () => undefined, isTransform };
  return (walk) => {
    data = [];
    called = [];
    walk(visitor);
    return { data, called };
  };
};

const walkGoal = (goal: Goal, v: Visitor): void => {
  for (const e of goal.from) visitValue(e, v);
  if (goal.tag === "ascend") { visitValue(goal.objective, v); return; }
  if (goal.loss !== null) visitValue(goal.loss, v);
  for (const e of goal.wanted) visitValue(e, v);
};

const readsSteps = (data: readonly Name[]): boolean => data.some((name) => isStep(name) || isRelative(name));

export const planOf = (scope: Scope, report: Reporter): Plan => {
  const parts = takeApart(scope.statements);
  const collect = collector(scope.isTransform);
  const perLink = parts.drafts.map((draft) =>
    collect((v) => {
      for (const e of draft.inputs) visitValue(e, v);
      if (draft.through !== null) visitFunction(draft.through, v);
    }),
  );
  const others = collect((v) => {
    for (const goal of parts.goals) walkGoal(goal, v);
    for (const flow of parts.bare) for (const e of flow.head) visitValue(e, v);
    for (const compose of parts.composed) visitFunction(compose.body, v);
    for (const e of scope.results) visitValue(e, v);
    for (const e of scope.readers) visitValue(e, v);
  });

  const goals = parts.goals.map((goal): Goal => ({ ...goal, readsTime: readsSteps(collect((v) => { walkGoal(goal, v); }).data) }));

  const timed = new Set<string>();
  const occurrences = new Map<string, Name[]>();
  const occur = (name: Name): void => {
    const base = stem(name);
    if (saysTime(name)) timed.add(base);
    const list = occurrences.get(base);
    if (list === undefined) occurrences.set(base, [name]);
    else list.push(name);
  };
  for (const name of scope.formals) occur(name);
  for (const { data } of perLink) data.forEach(occur);
  others.data.forEach(occur);
  for (const draft of parts.drafts) for (const target of draft.targets) if (target.tag === "name") occur(target);
  for (const declaration of parts.declarations) declaration.names.forEach(occur);

  const formalAt = new Map(scope.formals.map((name, i) => [printName(name), i]));
  const refer = (data: readonly Name[]): readonly Read[] => {
    const reads: Read[] = [];
    for (const name of data) {
      if (isStep(name) || (formalAt.size > 0 && formalAt.has(printName(name)))) continue;
      const ref = referenceOf(name, timed);
      if (ref === null) report.problem(notAContext, `\`${printName(name)}\` has a subscript that is no context`, name.span, "read here");
      else reads.push({ name, ref });
    }
    return reads;
  };

  const links: Link[] = [];
  const gradients: Link[] = [];
  parts.drafts.forEach((draft, i) => {
    const { inputs, through, targets, span, statement } = draft;
    const data = perLink[i]?.data ?? [];
    const readsTime = readsSteps(data);
    const link = { inputs, through, targets, reads: refer(data), readsTime, shift: shiftOf(targets, timed), span, statement };
    (targets.some((target) => target.tag === "adjoint") ? gradients : links).push(link);
  });
  const states = define(links, timed, formalAt, scope.formals, report);
  const { lifted, steps } = arrange(links, states, report);
  const all = [...links, ...gradients].flatMap((link) => link.reads);
  for (const read of refer(others.data)) all.push(read);
  const called = perLink.flatMap((names) => names.called);
  for (const name of others.called) called.push(name);
  return {
    formals: scope.formals, formalAt, results: scope.results, timed, links, states, lifted, steps, goals, gradients,
    bare: parts.bare, composed: parts.composed, declarations: parts.declarations, reads: all, called, occurrences,
  };
};

/** The equations of each state; of two for one instance the first counts and the second is an error. */
const define = (
  links: readonly Link[], timed: ReadonlySet<string>, formalAt: ReadonlyMap<string, number>, formals: readonly Name[], report: Reporter,
): ReadonlyMap<string, State> => {
  const states = new Map<string, { key: string; label: string; equations: Equation[] }>();
  const twice = (target: Name, first: Span): void =>
    report.problem(doubleDefinition, `\`${printName(target)}\` is defined twice`, target.span, "again here", {
      labels: [{ at: first, text: "defined here" }],
    });
  links.forEach((link, index) => {
    link.targets.forEach((target, result) => {
      if (target.tag !== "name") return;
      const ref = referenceOf(target, timed);
      if (ref === null) {
        report.problem(notAContext, `\`${printName(target)}\` has a subscript that is no context`, target.span, "defined here");
        return;
      }
      const formal = formals.length === 0 ? undefined : formals[formalAt.get(printName(target)) ?? -1];
      if (formal !== undefined) { twice(target, formal.span); return; }
      const holds = holdsAt(ref.place);
      if (holds === null) return;
      const state = states.get(ref.key) ?? { key: ref.key, label: ref.label, equations: [] };
      states.set(ref.key, state);
      const first = state.equations.find((other) => sameInstance(other.holds, holds));
      if (first !== undefined) { twice(target, first.target.span); return; }
      state.equations.push({ holds, link: index, result, target });
    });
  });
  return states;
};

/** How much later than `t` the first target holds that holds at every step. */
const shiftOf = (targets: readonly Target[], timed: ReadonlySet<string>): number => {
  for (const target of targets) {
    const place = target.tag === "name" ? referenceOf(target, timed)?.place : undefined;
    if (place?.tag === "at" && place.time.from === "t") return place.time.plus;
  }
  return 0;
};

/** Null for a range, which the parser has refused. */
const holdsAt = (place: Place): Holds | null => {
  if (place.tag === "plain") return place;
  if (place.tag === "range") return null;
  return place.time.from === "t" ? { tag: "general", shift: place.time.plus } : { tag: "moment", at: place.time };
};

const sameInstance = (a: Holds, b: Holds): boolean => {
  if (a.tag === "moment" && b.tag === "moment") return a.at.from === b.at.from && a.at.plus === b.at.plus;
  return a.tag === b.tag;
};
