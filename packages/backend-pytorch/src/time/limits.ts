/** How many steps sequences must have for the text to be right, by what is written. */
import { crossing, operandsOf } from "@sequent/ir";
import type { Program } from "@sequent/ir";

/** The steps of the shortest sequence of which each range has an element: a window does not tell, for it reads what stood before it. */
export const stepsOfRanges = ({ nodes, domains = [] }: Program): number => nodes.flatMap(operandsOf).reduce((least, x) => {
  const has = x.at.tag === "range" ? (domains[x.node]?.time ?? null) : null;
  return has !== null && has.lower.from === "0" && has.upper.from === "T" ? Math.max(least, has.lower.plus - has.upper.plus) : least;
}, 1);

/** The steps of the shortest sequence that the text can do with, by what is written. */
export const stepsWanted = (program: Program): number => crossing(program).least;

