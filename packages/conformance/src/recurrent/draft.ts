/** A program over time while it is being generated: its signals, and at which steps each exists. */
import { moment } from "@sequent/ir";
import type { Interval, Moment } from "@sequent/ir";
import type { Choices } from "../generate/choices.js";
import { classOf, declareLayer, emptyDraft, float, number, word } from "../generate/draft.js";
import type { Draft } from "../generate/draft.js";
import { now, partsOf } from "./equation.js";
import type { Equation, Part, Term } from "./equation.js";

export type Direction = "forward" | "backward";

/** A vector at each step from `first` to T + `last`, or without time. */
export interface Signal {
  readonly name: string;
  readonly size: number;
  readonly timed: boolean;
  readonly first: number;
  readonly last: number;
  /** How many steps ahead of its own it needs to know: what a window must look ahead; Infinity if it needs the end. */
  readonly reach: number;
  /** The directions of the scans that it depends on. */
  readonly scans: ReadonlySet<Direction>;
}

export interface Input {
  readonly name: string;
  readonly size: number;
  readonly classes: number | null;
  readonly timed: boolean;
  /** Whether it is read by targets and weights alone: then a loss's gradient is not its derivative along it. */
  readonly held: boolean;
}

export interface TimeDraft {
  readonly base: Draft;
  readonly choices: Choices;
  readonly tags: Set<string>;
  /** The first step of the inputs over time. */
  readonly start: number;
  /** Whether it learns from windows of a data file: then ranges of a fixed length stand for those whose length varies. */
  readonly inWindows: boolean;
  readonly macros: Equation[];
  readonly body: Equation[];
  readonly inputs: Input[];
  readonly signals: Signal[];
  /** The least T at which every boundary stands on its own side of the sequence. */
  least: number;
  /** The least T at which every value and statement exists at some step. */
  span: number;
  /** Cells that may be used again. */
  readonly cells: { readonly name: string; readonly size: number; readonly input: number; count: number }[];
}

export const emptyTimeDraft = (choices: Choices, rows: number, start: number, inWindows: boolean): TimeDraft => {
  const base = emptyDraft(choices, rows);
  return { base, choices, tags: base.tags, start, inWindows, macros: [], body: [], inputs: [], signals: [], least: 1, span: 1, cells: [] };
};

export const NO_SCANS: ReadonlySet<Direction> = new Set();
export const widthOf = (draft: TimeDraft): number => 1 + draft.choices.below(3);
export const layerOf = (draft: TimeDraft, size: number): string => declareLayer(draft.base, size);
export const fresh = (draft: TimeDraft, stem: string): string => word(draft.base, stem);

const declare = (draft: TimeDraft, stem: string, size: number, given: { readonly timed: boolean; readonly held: boolean; readonly classes?: number }): string => {
  const name = fresh(draft, stem);
  const classes = given.classes ?? null;
  draft.base.declarations.push(`${name} : ${classes === null ? `[${String(size)}]` : `class[${String(classes)}]`}`);
  draft.inputs.push({ name, size, classes, timed: given.timed, held: given.held });
  if (size === 1 && classes === null) draft.tags.add("width 1");
  return name;
};
const noted = (draft: TimeDraft, signal: Signal): Signal => {
  draft.signals.push(signal);
  return signal;
};

export const inputOverTime = (draft: TimeDraft, size: number): Signal =>
  noted(draft, { name: declare(draft, "x", size, { timed: true, held: false }), size, timed: true, first: draft.start, last: 0, reach: 0, scans: NO_SCANS });
export const inputWithoutTime = (draft: TimeDraft, size: number): Signal => {
  draft.tags.add("input without time");
  return noted(draft, { name: declare(draft, "z", size, { timed: false, held: false }), size, timed: false, first: 0, last: 0, reach: 0, scans: NO_SCANS });
};
/** What targets and weights are made of. */
export const target = (draft: TimeDraft, size: number, timed: boolean): Term =>
  ({ name: declare(draft, "y", size, { timed, held: true }), at: timed ? now() : null });
export const classTarget = (draft: TimeDraft, classes: number, timed: boolean): Term =>
  ({ name: declare(draft, "c", 1, { timed, held: true, classes }), at: timed ? now() : null });

export const isOverTime = (one: Signal): boolean => one.timed;
/** Some signal over time: mostly one that there is, seldom a new input. */
export const anySignal = (draft: TimeDraft, fits: (one: Signal) => boolean = isOverTime): Signal => {
  const [first, ...rest] = draft.signals.filter((one) => one.timed && fits(one)).reverse();
  if (first === undefined || draft.choices.chance(0.12)) return inputOverTime(draft, widthOf(draft));
  return draft.choices.pick([first, ...rest]);
};
/** Some vector without time. */
export const anyConstant = (draft: TimeDraft): Signal => {
  const [first, ...rest] = draft.signals.filter((one) => !one.timed);
  if (first === undefined || draft.choices.chance(0.3)) return inputWithoutTime(draft, widthOf(draft));
  return draft.choices.pick([first, ...rest]);
};

/** A read of a signal at an offset, at a fixed step, or over a range. */
export interface Read {
  readonly of: Signal;
  readonly at: Moment | Interval | null;
}
export const termOf = ({ of, at }: Read): Term => ({ name: of.name, at });
export const readAt = (of: Signal, plus = 0): Read => ({ of, at: of.timed ? now(plus) : null });

/** The steps t at which all reads exist, how far ahead they look, and what they depend on. */
export interface Support {
  readonly first: number;
  readonly last: number;
  readonly reach: number;
  readonly scans: ReadonlySet<Direction>;
}
export const supportOf = (reads: readonly Read[]): Support => {
  let first = 0, last = 0, reach = 0;
  const scans = new Set<Direction>();
  for (const { of, at } of reads) {
    for (const one of of.scans) scans.add(one);
    if (at === null) {
      reach = Math.max(reach, of.reach);
      continue;
    }
    const [lower, upper] = "lower" in at ? [at.lower, at.upper] : [at, at];
    // No element lies beyond a fixed end.
    if (upper.from === "t") first = Math.max(first, (lower.from === "0" ? Math.max(of.first, lower.plus) : of.first) - upper.plus);
    if (lower.from === "t") last = Math.min(last, (upper.from === "T" ? Math.min(of.last, upper.plus) : of.last) - lower.plus);
    reach = Math.max(reach, upper.from === "T" ? Infinity : of.reach + (upper.from === "t" ? upper.plus : upper.plus + 1));
  }
  return { first, last, reach, scans };
};

export const noteSpan = (draft: TimeDraft, { first, last }: Pick<Support, "first" | "last">): void => { draft.span = Math.max(draft.span, first - last); };

/** Whether any reader is asked for at some step: `0` to T at least once T is 1. */
export const isSomewhere = ({ first, last }: Support): boolean => first <= 1 + last;

export const push = (draft: TimeDraft, parts: readonly Part[], defines = true): void => {
  draft.body.push({ parts, defines });
};

/** A state that is not recurrent, made of these reads. */
export const define = (draft: TimeDraft, reads: readonly Read[], size: number, equation: (result: Term) => readonly Part[]): Signal => {
  const support = supportOf(reads);
  noteSpan(draft, support);
  const timed = reads.some(({ of, at }) => of.timed && at !== null && ("lower" in at ? at.lower.from === "t" || at.upper.from === "t" : at.from === "t"));
  const name = fresh(draft, timed ? "v" : "q");
  push(draft, equation({ name, at: timed ? now() : null }), timed);
  return noted(draft, { name, size, timed, ...support });
};

/** Dense of some reads side by side. */
export const layered = (draft: TimeDraft, reads: readonly Read[], size: number, activation: string | null): Signal => {
  const layer = layerOf(draft, size);
  return define(draft, reads, size, (result) => partsOf`${beside(reads.map(termOf))} --[${activation === null ? layer : `${layer}|${activation}`}]-> ${result}`);
};
export const beside = (terms: readonly (Part | readonly Part[])[]): readonly Part[] =>
  terms.flatMap((term, k): readonly Part[] => [...(k === 0 ? [] : [" | "]), ...(isList(term) ? term : [term])]);
const isList = (term: Part | readonly Part[]): term is readonly Part[] => Array.isArray(term);

/** The step that is `edge` steps inside of the end at which a scan begins: 0 + edge, or T − edge. */
export const stepAt = (direction: Direction, edge: number): Moment => (direction === "forward" ? moment("0", edge) : moment("T", edge === 0 ? 0 : -edge));

/** Signals that no statement depends on; inputs over time must be read with `t` somewhere, else they would have none. */
export const unread = (draft: TimeDraft): ReadonlySet<string> => {
  const inputs = new Set(draft.inputs.flatMap((one) => (one.timed ? [one.name] : [])));
  const counts = (part: Part): part is Term => {
    if (typeof part === "string" || "step" in part) return false;
    if (!inputs.has(part.name) || part.at === null) return true;
    return "lower" in part.at ? part.at.lower.from === "t" || part.at.upper.from === "t" : part.at.from === "t";
  };
  /** What each state's equations read; under "" what statements read. */
  const reads = new Map<string, string[]>();
  for (const { parts } of draft.body) {
    const defines = parts.some((part) => typeof part === "string" && part.includes("->"));
    const last = parts.at(-1), state = defines && last !== undefined && typeof last !== "string" && "name" in last ? last.name : "";
    const list = reads.get(state) ?? [];
    for (const part of defines ? parts.slice(0, -1) : parts) if (counts(part)) list.push(part.name);
    reads.set(state, list);
  }
  const live = new Set<string>();
  const waiting = [""];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const one of reads.get(name) ?? []) {
      if (live.has(one)) continue;
      live.add(one);
      waiting.push(one);
    }
  }
  return new Set(draft.signals.flatMap(({ name }) => (live.has(name) ? [] : [name])));
};

export { classOf, float, number };
