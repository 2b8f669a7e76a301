/** Equations over time with their contexts as data, so that they can be shifted, and mirrored in time. */
import { moment, printMoment } from "@sequent/ir";
import type { Interval, Moment } from "@sequent/ir";

/** A state where it stands in an equation: at a step, over several, or without time. */
export interface Term {
  readonly name: string;
  readonly at: Moment | Interval | null;
}
/** The step itself, `t`. */
export interface Step {
  readonly step: number;
}
export type Part = string | Term | Step;

/** A line of a program. Only those that define a state may be shifted; lines of macros are indented. */
export interface Equation {
  readonly parts: readonly Part[];
  readonly defines: boolean;
}

export const now = (plus = 0): Moment => moment("t", plus);

/** Strings and terms as they stand: line`${x} --[F]-> ${y}`. */
export const partsOf = (strings: TemplateStringsArray, ...terms: readonly (Part | readonly Part[])[]): readonly Part[] =>
  strings.flatMap((text, k): readonly Part[] => {
    const term = terms[k];
    return [...(text === "" ? [] : [text]), ...(term === undefined ? [] : isParts(term) ? term : [term])];
  });
const isParts = (term: Part | readonly Part[]): term is readonly Part[] => Array.isArray(term);

export const isRange = (at: Moment | Interval): at is Interval => "lower" in at;

const contextOf = (at: Term["at"]): string => {
  if (at === null) return "";
  const text = isRange(at) ? `${printMoment(at.lower)}..${printMoment(at.upper)}` : printMoment(at);
  return /^(?:t|T|\d+)$/.test(text) ? `_${text}` : `_{${text}}`;
};
export const render = ({ parts }: Equation): string => parts.map(textOf).join("");
const textOf = (part: Part): string => {
  if (typeof part === "string") return part;
  if ("step" in part) return part.step === 0 ? "t" : `(t ${part.step > 0 ? "+" : "-"} ${String(Math.abs(part.step))})`;
  return `${part.name}${contextOf(part.at)}`;
};

const moved = (change: (m: Moment) => Moment, swap: boolean) => (equation: Equation): Equation => ({
  ...equation,
  parts: equation.parts.map((part) => {
    if (typeof part === "string") return part;
    if ("step" in part) return { step: change(now(part.step)).plus };
    if (part.at === null) return part;
    if (!isRange(part.at)) return { ...part, at: change(part.at) };
    const lower = change(part.at.lower), upper = change(part.at.upper);
    return { ...part, at: swap ? { lower: upper, upper: lower } : { lower, upper } };
  }),
});

/** The same equation, written for a later step. */
export const shifted = (by: number): ((equation: Equation) => Equation) => {
  const move = moved((m) => (m.from === "t" ? now(m.plus + by) : m), false);
  return (equation) => (equation.defines ? move(equation) : equation);
};

/** The equation of a sequence that runs the other way: step s is step T − s. */
export const mirrored = moved((m) => moment(m.from === "t" ? "t" : m.from === "0" ? "T" : "0", m.plus === 0 ? 0 : -m.plus), true);
