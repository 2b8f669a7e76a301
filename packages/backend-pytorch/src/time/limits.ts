/** What of a program over time the backend has no words for yet: told, never printed wrong. */
import { crossing, diagnose, NOWHERE, operandsOf } from "@sequent/ir";
import type { Diagnostic, Env, Program } from "@sequent/ir";
import { laterRecurrence } from "../diagnostics.js";
import { isOverTime } from "./plan.js";
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
    if (of !== null) told.push(diagnose(laterRecurrence, `the gradient that ${of} states is made of steps that autograd has not come to`, [{ at: span, text: "in this statement" }], { help: "`--grad explicit` and the interpreter take it." }));
  }
  return told;
};

/** The steps of the shortest sequence of which each range has an element: a window does not tell, for it reads what stood before it. */
export const stepsOfRanges = ({ nodes, domains = [] }: Program): number => nodes.flatMap(operandsOf).reduce((least, x) => {
  const has = x.at.tag === "range" ? (domains[x.node]?.time ?? null) : null;
  return has !== null && has.lower.from === "0" && has.upper.from === "T" ? Math.max(least, has.lower.plus - has.upper.plus) : least;
}, 1);

/** The steps of the shortest sequence that the text can do with, by what is written. */
export const stepsWanted = (program: Program): number => crossing(program).least;

