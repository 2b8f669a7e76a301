/** The functions that a scope defines: macros, composed functions, declarations; and whether they can be inlined. */
import type { Span } from "@sequent/ir";
import { ungroup } from "../syntax/tree.js";
import type { Compose, Declaration, Macro, Name } from "../syntax/tree.js";
import { attributeConflict, badType, doubleDefinition, recursion, tooLarge, trainingMacro } from "./diagnostics.js";
import { fillAttributes, numberOf } from "./attributes.js";
import { components, cycleIn } from "@sequent/ir";
import { printName } from "./names.js";
import { planOf } from "./plan.js";
import type { Plan } from "./plan.js";
import { resolve } from "./resolve.js";
import type { Definition, Functions, Session } from "./session.js";
import { visitFunction } from "./visit.js";

const MAX_EQUATIONS = 1_000_000;
const MAX_HEIGHT = 200;

export const createFunctions = (parent: Functions | null): Functions => ({ parent, defined: new Map(), declared: new Map(), constants: new Map() });

export const isTransform = (s: Session) => (name: Name): boolean => s.env.transforms.has(printName(name)) && !s.lookup.calls.has(printName(name));

const addDefinition = (s: Session, functions: Functions, at: Span, definition: Definition): void => {
  const first = functions.defined.get(definition.name);
  if (first === undefined) functions.defined.set(definition.name, definition);
  else {
    s.report.problem(doubleDefinition, `\`${definition.name}\` is defined twice`, at, "again here", {
      labels: [{ at: first.span, text: "defined here" }],
    });
  }
};

export const addComposed = (s: Session, functions: Functions, composed: readonly Compose[]): void => {
  for (const { name, body } of composed) {
    addDefinition(s, functions, name.span, { tag: "composed", name: printName(name), body, owner: functions, span: name.span, usable: true });
  }
};

export const addMacro = (s: Session, top: Functions, macro: Macro): void => {
  const owner = createFunctions(top);
  const { body, formals, results } = macro;
  const plan = planOf({ statements: body, formals, results, readers: [], isTransform: isTransform(s) }, s.report);
  for (const { statement } of plan.goals) {
    s.report.problem(trainingMacro, `\`${printName(macro.name)}\` trains something itself`, statement.span, "in its body", {
      help: "Give the value in `return` too, and write this where the macro is applied.",
    });
  }
  addComposed(s, owner, plan.composed);
  addConstants(owner, plan);
  addDefinition(s, top, macro.name.span, { tag: "macro", name: printName(macro.name), macro, plan, owner, span: macro.name.span, usable: true });
};

/** States without a context that are a known number. */
export const addConstants = (functions: Functions, plan: Plan): void => {
  for (const state of plan.states.values()) {
    const [equation] = state.equations;
    const link = equation === undefined ? undefined : plan.links[equation.link];
    const e = equation === undefined || link?.through !== null ? undefined : link.inputs[equation.result];
    const value = e === undefined || equation?.holds.tag !== "plain" || ungroup(e).tag === "name" ? null : numberOf(e, functions);
    if (value !== null) functions.constants.set(state.key, value);
  }
};

/** `M_1 : dense[128]`. Gives the declarations that are of data. */
export const addDeclared = (s: Session, functions: Functions, declarations: readonly Declaration[]): readonly Declaration[] =>
  declarations.filter((declaration) => {
    const { type } = declaration;
    const ops = type.tag === "kind" ? s.lookup.calls.get(type.name) : undefined;
    const op = ops?.[0];
    if (type.tag === "shape" || op === undefined) return true;
    if (type.shape !== null) s.report.problem(badType, `the function \`${type.name}\` has its attributes in one pair of brackets`, type.shape.span, "a shape");
    const attrs = fillAttributes(s, functions, type.name, op.attributes, type.args ?? [], {}, type.span);
    for (const name of attrs === null ? [] : declaration.names) {
      const first = functions.declared.get(printName(name));
      if (first === undefined) functions.declared.set(printName(name), { op, attrs: attrs ?? {}, span: name.span });
      else {
        s.report.problem(attributeConflict, `\`${printName(name)}\` is declared twice`, name.span, "again here", {
          labels: [{ at: first.span, text: "declared here" }],
        });
      }
    }
    return false;
  });

const calledBy = (s: Session, definition: Definition): readonly Name[] => {
  if (definition.tag === "macro") return definition.plan.called;
  const called: Name[] = [];
  const ignore = (): void => undefined;
  visitFunction(definition.body, { data: ignore, adjoint: ignore, called: (name) => called.push(name), isTransform: isTransform(s) });
  return called;
};

/** Forbids recursion, and towers that explode: sizes are known before anything is inlined. */
export const checkInlining = (s: Session, top: Functions): void => {
  const definitions: Definition[] = [];
  for (const definition of top.defined.values()) {
    if (definition.tag === "macro") definitions.push(...definition.owner.defined.values());
    definitions.push(definition);
  }
  const row = new Map(definitions.map((definition, i) => [definition, i]));
  const successors = definitions.map((definition) =>
    calledBy(s, definition).flatMap((name) => {
      const found = resolve(s, definition.owner, name);
      return found.tag === "defined" ? (row.get(found.definition) ?? []) : [];
    }),
  );
  const size = new Float64Array(definitions.length);
  const height = new Int32Array(definitions.length);
  for (const component of components(successors)) {
    const [i] = component;
    const definition = definitions[i ?? -1];
    if (i === undefined || definition === undefined) continue;
    if (component.length > 1 || successors[i]?.includes(i) === true) {
      reportRecursion(s, cycleIn(component, successors).flatMap((k) => definitions[k] ?? []));
      for (const k of component) forbid(definitions[k]);
      continue;
    }
    size[i] = 1 + (definition.tag === "macro" ? definition.plan.links.length : 0);
    for (const to of successors[i] ?? []) {
      size[i] = Math.min(Number.MAX_VALUE, (size[i] ?? 0) + (size[to] ?? 0));
      height[i] = Math.max(height[i] ?? 0, (height[to] ?? 0) + 1);
    }
    if ((size[i] ?? 0) <= MAX_EQUATIONS && (height[i] ?? 0) <= MAX_HEIGHT) continue;
    const below = (successors[i] ?? []).every((to) => definitions[to]?.usable === true);
    if (below) s.report.problem(tooLarge, `\`${definition.name}\` becomes too large when it is inlined`, definition.span, "here");
    forbid(definition);
  }
};

const forbid = (definition: Definition | undefined): void => {
  if (definition !== undefined) definition.usable = false;
};

const reportRecursion = (s: Session, cycle: readonly Definition[]): void => {
  const [first, ...others] = cycle;
  if (first === undefined) return;
  const names = [...cycle, first].map((one) => `\`${one.name}\``).join(" applies ");
  s.report.problem(recursion, `a macro can't apply itself: ${names}`, first.span, "defined here", {
    labels: others.map((one) => ({ at: one.span, text: "and this" })),
    help: "A recurrence over time is written with contexts: `h_{t-1} --[F]-> h_t`.",
  });
};
