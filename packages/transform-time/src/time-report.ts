/** What is known of time in a program, for people: each state's steps and direction, and the instances that statements leave out. */
import { isBefore, printSteps, shiftMoment } from "@sequent/ir";
import type { Env, Interval, NodeId, Operand, Program } from "@sequent/ir";
import { directionOf } from "./direction.js";
import { componentsOf, isRecurrence } from "./reads.js";
import { printRead, speechOf } from "./speech.js";

export interface StateReport {
  /** As the user calls it: `h_t`. */
  readonly name: string;
  /** `0..T`. */
  readonly steps: string;
  readonly direction: "forward" | "backward" | "all steps at once";
}

export interface StatementReport {
  readonly text: string;
  /** Where the statement counts; null: it has no time. */
  readonly steps: string | null;
  /** Steps at which its left side exists and the statement does not, each with the reason. */
  readonly leftOut: readonly { readonly steps: string; readonly why: string }[];
}

export interface TimeReport {
  readonly states: readonly StateReport[];
  readonly statements: readonly StatementReport[];
}

/** The parts of one interval that another does not cover. */
const outside = (of: Interval, covered: Interval): readonly Interval[] => {
  const parts: Interval[] = [];
  if (isBefore(of.lower, covered.lower)) parts.push({ lower: of.lower, upper: shiftMoment(covered.lower, -1) });
  if (isBefore(covered.upper, of.upper)) parts.push({ lower: shiftMoment(covered.upper, 1), upper: of.upper });
  return parts;
};

/** The direction of each value that is part of a recurrence. */
export const directionsOf = (program: Program): ReadonlyMap<NodeId, "forward" | "backward"> => {
  const directions = new Map<NodeId, "forward" | "backward">();
  for (const component of componentsOf(program)) {
    const found = isRecurrence(component) ? directionOf(component) : null;
    if (found?.tag === "runs") for (const id of component.nodes) directions.set(id, found.direction);
  }
  return directions;
};

/** Whether each recurrence can be computed step by step. */
export const isInSteps = (program: Program, env: Env): boolean => componentsOf(program, env).every((one) => !isRecurrence(one) || directionOf(one).tag === "runs");

/** Requires the facts `timed` and `losses`. */
export const timeReport = (program: Program): TimeReport => {
  const speech = speechOf(program);
  const directions = directionsOf(program);
  const stepsOf = (id: NodeId): Interval | null => (program.domains ?? [])[id]?.time ?? null;
  const states = program.names.flatMap((one): readonly StateReport[] => {
    const steps = stepsOf(one.node);
    if (one.adjointOf !== null || steps === null) return [];
    return [{ name: `${one.name}_t`, steps: printSteps(steps), direction: directions.get(one.node) ?? "all steps at once" }];
  });
  const statements = program.objectives.map((objective): StatementReport => {
    const steps = objective.value === null ? null : stepsOf(objective.value);
    const reads: readonly Operand[] = objective.tag === "match" ? [objective.from, objective.target] : [...objective.from, objective.objective];
    const [left] = reads;
    const own = left === undefined ? null : stepsOf(left.node);
    if (steps === null || own === null) return { text: objective.text, steps: steps === null ? null : printSteps(steps), leftOut: [] };
    const limiting = reads.flatMap((x) => {
      const on = stepsOf(x.node), name = speech.nameOf(x.node);
      return on === null || name === null || outside(own, on).length === 0 ? [] : [`\`${printRead(name, x.at)}\` exists at ${printSteps(on)}`];
    });
    const why = limiting.length > 0 ? limiting.join(", ") : "something that it reads does not exist there";
    return { text: objective.text, steps: printSteps(steps), leftOut: outside(own, steps).map((part) => ({ steps: printSteps(part), why })) };
  });
  return { states, statements };
};
