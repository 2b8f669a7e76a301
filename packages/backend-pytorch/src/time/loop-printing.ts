/** A loop while it is printed: where its iterations stand, what they keep in lists and variables, and what they take of the outside. */
import { shiftMoment, shiftSteps, stepsRead } from "@sequent/ir";
import type { Interval, Moment, NodeId, Operand } from "@sequent/ir";
import { at, atom, LEVEL } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Scribe } from "../model/body.js";
import type { Item } from "../model/scope.js";
import type { Gather } from "./gather.js";
import type { Own } from "./iterations.js";
import type { Loop } from "./plan.js";
import type { Horizon } from "./read.js";
import type { Source, State } from "./write-loop.js";

/** In which iteration each item stands. */
export interface Places {
  readonly isForward: boolean;
  /** Iteration s computes instance s + skew. */
  readonly skewOf: (id: NodeId) => number;
  readonly skewAt: (item: Item) => number;
  /** How many iterations ago what an item reads was computed. */
  readonly ago: (x: Operand, item: Item) => number;
}

export interface Printing extends Places {
  readonly scribe: Scribe;
  readonly own: Own;
  /** The iterations that the loop is written for. */
  readonly main: Interval;
  readonly states: ReadonlyMap<NodeId, State>;
  readonly gathers: ReadonlyMap<string, Gather>;
  /** What the loop takes of the outside step by step, by what it is. */
  readonly sources: Map<string, Source>;
  /** What an iteration reads of a state's list, by its text, and what it is called where it is given to the step. */
  readonly reads: Map<string, string>;
  /** Iterations in front of the loop or behind it are those of the longest row. */
  readonly placed: Horizon;
  /** The iteration in front of the loop or behind it that is being printed; null: the loop's own. */
  fixedAt: Moment | null;
  /** The end of each row whose value is being read. */
  endAt: Moment | null;
}

export const placesOf = (loop: Loop, own: Own): Places => {
  const isForward = loop.direction === "forward";
  const skewOf = (id: NodeId): number => loop.skews.get(id) ?? own.skewOfCall(id);
  const skewAt = (item: Item): number => (item.tag === "node" ? skewOf(item.id) : own.skewOfCallItem(item.id));
  const ago = (x: Operand, item: Item): number => {
    const nearest = x.at.tag === "at" ? x.at.time : x.at.tag === "over" ? null : isForward ? stepsRead(x.at).upper : stepsRead(x.at).lower;
    return nearest?.from === "t" ? (isForward ? 1 : -1) * (skewOf(x.node) - skewAt(item) - nearest.plus) : 0;
  };
  return { isForward, skewOf, skewAt, ago };
};

/** The step of a node in the iteration that is being printed; null: each in turn. */
export const stepHere = ({ fixedAt, skewOf }: Printing, id: NodeId): Moment | null => (fixedAt === null ? null : shiftMoment(fixedAt, skewOf(id)));

/** The steps of a node in the loop's own iterations. */
export const mainOf = ({ main, skewOf }: Printing, id: NodeId): Interval => shiftSteps(main, skewOf(id));

/** Whether its iterations are counted from the end of each row, so that each of them is one step of all rows. */
export const isFromEnds = ({ main }: Printing): boolean => main.lower.from === "T";

/** The variable of what the loop takes step by step; what is taken twice has one. */
export const sourceOf = ({ scribe, sources }: Printing, key: string, wanted: string, code: () => Code, views = false): Code => {
  const known = sources.get(key);
  if (known !== undefined) return atom(known.variable);
  const variable = scribe.names.take(wanted);
  sources.set(key, { code: at(code(), LEVEL.atom), variable, views });
  return atom(variable);
};
