/** What of a program over time the backend has no words for yet: told, never printed wrong. */
import { crossing, diagnose, NOWHERE, operandsOf } from "@sequent/ir";
import type { Diagnostic, Env, Program, Span } from "@sequent/ir";
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

/** The steps of the shortest sequence of which each range has an element: a window does not tell, for it reads what stood before it. */
export const stepsOfRanges = ({ nodes, domains = [] }: Program): number => nodes.flatMap(operandsOf).reduce((least, x) => {
  const has = x.at.tag === "range" ? (domains[x.node]?.time ?? null) : null;
  return has !== null && has.lower.from === "0" && has.upper.from === "T" ? Math.max(least, has.lower.plus - has.upper.plus) : least;
}, 1);

/** The steps of the shortest sequence that the text can do with, by what is written. */
export const stepsWanted = (program: Program): number => crossing(program).least;

