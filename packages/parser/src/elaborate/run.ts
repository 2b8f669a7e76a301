/** Computes the links and states of a scope, in the order of its plan. */
import type { Interval, Moment, Piece, Written } from "@sequent/ir";
import { EPISODE, isFixed, isNow, moment, read } from "@sequent/ir";
import { applyFunction } from "./apply.js";
import { results } from "./diagnostics.js";
import { earlier, evaluateAll, rowOf } from "./evaluate.js";
import type { Value } from "./evaluate.js";
import { removable } from "./plan.js";
import type { Equation, Link, Plan, State } from "./plan.js";
import { removal } from "./report.js";
import { here } from "./session.js";
import type { Frame, Session } from "./session.js";

export const runPlan = (s: Session, frame: Frame): void => {
  const { plan } = frame;
  const stepwise = linksOverTime(plan);
  const outer = s.stepwise;
  for (const step of plan.steps) {
    s.call = frame.call;
    if (step.tag === "link") {
      const link = plan.links[step.link];
      s.stepwise = outer || stepwise.has(step.link);
      if (link !== undefined) frame.values[step.link] = valuesOf(s, frame, link);
      s.stepwise = outer;
      continue;
    }
    const state = plan.states.get(step.key);
    if (state === undefined) continue;
    const [first] = state.equations;
    if (first !== undefined) here(s, first.target.span);
    if (step.tag === "reserve") rowOf(s, frame, state);
    else if (frame.states.get(state.key) === undefined) frame.states.set(state.key, makeState(s, frame, state));
  }
};

/** The links that give a state at every step. */
const linksOverTime = (plan: Plan): ReadonlySet<number> => {
  const found = new Set<number>();
  for (const state of plan.states.values()) {
    for (const { holds, link } of state.equations) if (holds.tag === "general" || plan.lifted.has(state.key)) found.add(link);
  }
  return found;
};

/** The values of a link, one per target. Of a function's results trailing ones may be left out. */
export const valuesOf = (s: Session, scope: Frame, link: Link): readonly Value[] => {
  const frame = link.shift === 0 ? scope : { ...scope, later: link.shift };
  const given = evaluateAll(s, frame, link.inputs);
  if (given.length === 0) return link.targets.map(() => null);
  const values = link.through === null ? given : applyFunction(s, frame, link.through, given, link.inputs, link.span);
  if (values === null) return link.targets.map(() => null);
  const called = link.through !== null || link.inputs.some((e) => e.tag === "call");
  if (values.length < link.targets.length || (values.length > link.targets.length && !called)) {
    const many = (n: number, what: string): string => `${String(n)} ${what}${n === 1 ? "" : "s"}`;
    s.report.problem(results, `${many(values.length, "value")} for ${many(link.targets.length, "name")}`, link.span, "here");
    return link.targets.map(() => null);
  }
  return values;
};

const valueOf = (frame: Frame, equation: Equation): Value => frame.values[equation.link]?.[equation.result] ?? null;

const makeState = (s: Session, frame: Frame, state: State): number | null => {
  const pieces = piecesOf(s, frame, state);
  const row = frame.reserved.get(state.key);
  if (pieces === null) return null;
  const [only] = pieces;
  const alias = only !== undefined && pieces.length === 1 && only.on === null && isNow(only.value.at) && !only.value.old ? only.value : null;
  let node: number;
  // What is written twice is two states, each with its own gradient; a state under a second name stays one.
  if (alias !== null && row === undefined) node = s.b.own(alias).node;
  else if (row === undefined) node = s.b.node({ tag: "cases", pieces });
  else {
    s.b.define(row, { tag: "cases", pieces });
    node = row;
  }
  s.b.name(read(node), frame.prefix + state.label, null);
  return node;
};

/** One piece per boundary equation, and the general equation on the steps between; null after an error. */
const piecesOf = (s: Session, frame: Frame, state: State): readonly Piece[] | null => {
  const boundaries: { readonly at: Moment; readonly of: Omit<Piece, "on"> }[] = [];
  let general: Omit<Piece, "on"> | null = null;
  for (const equation of state.equations) {
    const value = valueOf(frame, equation);
    if (value === null) return null;
    const written = writtenAt(s, frame, equation);
    if (equation.holds.tag === "moment") boundaries.push({ at: equation.holds.at, of: { value, written } });
    else general = { value: equation.holds.tag === "general" ? earlier(value, equation.holds.shift - (frame.plan.links[equation.link]?.shift ?? 0)) : value, written };
  }
  // Equations hold from 0 to T; beyond, there are boundary equations alone. What reads nothing but the same step holds there by itself.
  // A name without time for a value at a fixed step has none either.
  const isPlain = state.equations[0]?.holds.tag === "plain";
  if (boundaries.length === 0) return general === null ? null : [{ ...general, on: isNow(general.value.at) || (isPlain && isFixed(general.value.at)) ? null : EPISODE }];
  boundaries.sort((a, b) => (a.at.from === b.at.from ? a.at.plus - b.at.plus : a.at.from === "0" ? -1 : 1));
  const pieces = boundaries.map(({ at, of }): Piece => ({ ...of, on: { lower: at, upper: at } }));
  if (general === null) return pieces;
  const of = general;
  return [...pieces, ...between(boundaries.map(({ at }) => at)).map((on): Piece => ({ ...of, on }))];
};

/** No line is indented further. */
const INDENTED = 200;

/** Where an equation stands, and how a statement before it is set apart: on a line of its own, unless others stand there. */
const writtenAt = (s: Session, frame: Frame, { target, link }: Equation): Written => {
  const own = frame.plan.links[link], statement = own?.statement.span ?? target.span;
  const isLast = own !== undefined && own.targets.length === 1 && own.span.to === statement.to;
  const before = s.text.slice(Math.max(0, statement.from - INDENTED), statement.from);
  const indent = before.slice(before.lastIndexOf("\n") + 1);
  return { target: target.span, statement, separator: indent.trim() === "" ? `\n${indent}` : " ; ", own: isLast ? removal(s.text, removable(own)).at : null };
};

/** The steps 0 to T that no boundary equation takes, given the boundaries in order. */
const between = (boundaries: readonly Moment[]): readonly Interval[] => {
  const out: Interval[] = [];
  let lower = moment("0");
  for (const at of boundaries) {
    const outside = at.from === "0" ? at.plus < 0 : at.plus > 0;
    if (outside) continue;
    const upper = moment(at.from, at.plus - 1);
    const empty = lower.from === upper.from && upper.plus < lower.plus;
    if (!empty) out.push({ lower, upper });
    lower = moment(at.from, at.plus + 1);
  }
  const pastEnd = lower.from === "T" && lower.plus > 0;
  return pastEnd ? out : [...out, { lower, upper: moment("T") }];
};
