/** What of a program over time the backend has no words for yet: told, never printed wrong. */
import { diagnose, NOWHERE, operandsOf } from "@sequent/ir";
import type { Diagnostic, Env, Interval, Moment, NodeId, Program, Span } from "@sequent/ir";
import { laterRecurrence } from "../diagnostics.js";
import { isOverTime } from "./plan.js";
import { refusal } from "./refusals.js";
import type { Refused } from "./refusals.js";
import { partGradients, unstated } from "./stated.js";

export interface Form {
  /** The program differentiated, where our own equations give the gradients; null: autograd. */
  readonly equations: Program | null;
}

export const limitsOf = (program: Program, env: Env, form: Form): readonly Diagnostic[] => {
  if (!isOverTime(program)) return [];
  const told: Diagnostic[] = [];
  if (form.equations === null) {
    const stated = partGradients(program, env), [call] = unstated(stated, env);
    const { of, span } = (call === undefined ? undefined : stated.program.calls[call]) ?? { of: null, span: NOWHERE };
    if (of !== null) told.push(refused("a gradient that a macro states for itself, from other steps than its result's", span, "in this statement", `: that of ${of}`));
  }
  return told;
};

export const refused = (what: Refused, at: Span, label: string, detail = ""): Diagnostic =>
  diagnose(laterRecurrence, `${what}${detail}`, [{ at, text: label }], { help: refusal(what).instead });

/** Some sequence is shorter than the text can do with. */
export const tooFew = (at: Span, least: number, of: "sequences" | "windows" = "sequences"): Diagnostic =>
  refused(`${of} of fewer than`, at, of === "windows" ? "the steps of this overlap in them" : "the steps of this overlap in the shortest sequence", ` ${String(least)} steps here`);

/** Steps counted from both ends stand where they are written if a sequence has so many steps; the node that asks for most, if one asks for several. */
export const tooShort = (program: Program): { readonly at: NodeId | null; readonly least: number } => {
  const most: { at: NodeId | null; least: number } = { at: null, least: 1 };
  const domain = (id: NodeId): Interval | null => (program.domains ?? [])[id]?.time ?? null;
  program.nodes.forEach((node, at) => {
    const ask = (least: number): void => { if (least > most.least) Object.assign(most, { at, least }); };
    const inside = (m: Moment, has: Interval): void => {
      if (m.from === "0" && has.upper.from === "T") ask(m.plus - has.upper.plus);
      if (m.from === "T" && has.lower.from === "0") ask(has.lower.plus - m.plus);
    };
    for (const x of operandsOf(node)) {
      const has = domain(x.node);
      if (has === null || x.at.tag === "over" || x.at.tag === "fan") continue;
      const [lower, upper] = x.at.tag === "at" ? [x.at.time, x.at.time] : [x.at.on.lower, x.at.on.upper];
      inside(lower, has);
      inside(upper, has);
      // A range needs one element at least.
      if (x.at.tag === "range" && has.lower.from === "0" && has.upper.from === "T") ask(has.lower.plus - has.upper.plus);
      if (lower.from === "0" && upper.from === "T") ask(lower.plus - upper.plus);
    }
    const own = domain(at);
    if (node.tag !== "cases" || own === null) return;
    for (const { on } of node.pieces) {
      if (on === null || on.lower.from !== on.upper.from) continue;
      inside(on.lower, own);
      inside(on.upper, own);
    }
  });
  return most;
};

/** The steps of the shortest sequence of which each range has an element: a window does not tell, for it reads what stood before it. */
export const stepsOfRanges = ({ nodes, domains = [] }: Program): number => nodes.flatMap(operandsOf).reduce((least, x) => {
  const has = x.at.tag === "range" ? (domains[x.node]?.time ?? null) : null;
  return has !== null && has.lower.from === "0" && has.upper.from === "T" ? Math.max(least, has.lower.plus - has.upper.plus) : least;
}, 1);

/** The steps of the shortest sequence that the text can do with, by what is written. */
export const stepsWanted = (program: Program): number => tooShort(program).least;

