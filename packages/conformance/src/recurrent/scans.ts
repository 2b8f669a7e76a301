/** Recurrences: in both directions, of one or several states, with lags, boundaries and cells of many kinds. */
import { moment } from "@sequent/ir";
import { anyConstant, anySignal, beside, fresh, inputWithoutTime, layerOf, noteSpan, push, readAt, stepAt, supportOf, termOf, widthOf } from "./draft.js";
import type { Direction, Read, Signal, Support, TimeDraft } from "./draft.js";
import { now, partsOf } from "./equation.js";
import type { Part, Term } from "./equation.js";

export interface Feature {
  readonly name: string;
  readonly add: (draft: TimeDraft) => void;
}

/** A recurrence that is being made: which way it runs, where it begins, and what drives it. */
export interface Scan {
  readonly direction: Direction;
  readonly lag: number;
  /** The boundaries stand at the edges `base`, `base` − 1, …, one for each lag. */
  readonly base: number;
  readonly drivers: readonly Read[];
  readonly support: Support;
}

export const behind = (direction: Direction, steps: number): number => (direction === "forward" ? -steps : steps);
/** A state some steps before, in the direction of the scan. */
export const before = (scan: Scan, name: string, steps: number): Term => ({ name, at: now(behind(scan.direction, steps)) });
export const here = (name: string): Term => ({ name, at: now() });

/** What drives a recurrence: signals nearby, and now and then a vector without time. */
const driversOf = (draft: TimeDraft): readonly Read[] => {
  const { choices } = draft;
  if (choices.chance(0.06)) {
    draft.tags.add("state without inputs");
    return [];
  }
  const reads = [readAt(anySignal(draft), choices.pick([0, 0, 0, 1, -1]))];
  if (choices.chance(0.2)) reads.push(readAt(anyConstant(draft)));
  return reads;
};

/** The least T at which the boundaries stand on their own side, and one step at least is the recurrence's own. */
const noteStart = (draft: TimeDraft, { direction, base, support }: Pick<Scan, "direction" | "base" | "support">): void => {
  draft.least = Math.max(draft.least, base + 1);
  noteSpan(draft, direction === "forward" ? { first: base + 1, last: support.last } : { first: support.first, last: -base - 1 });
};

export const planScan = (draft: TimeDraft, direction: Direction, drivers: readonly Read[], lag: number): Scan => {
  const support = supportOf(drivers);
  noteSpan(draft, support);
  const edge = direction === "forward" ? support.first : -support.last;
  // One boundary at least stands just before the first step that the equation holds at; with more, some may stand at such steps.
  const least = Math.max(edge - 1, lag - 2);
  const base = lag > 1 && draft.choices.chance(draft.inWindows ? 0.25 : 0.5) ? least + 1 : least;
  if (lag > 1) draft.tags.add("lag >= 2");
  draft.tags.add(`${direction} scan`);
  noteStart(draft, { direction, base, support });
  if (base - lag + 1 === -1) draft.tags.add("boundary outside the sequence");
  if (direction === "backward" && base >= 0) draft.tags.add("_T");
  return { direction, lag, base, drivers, support };
};

/** The equations at the steps where a recurrence begins. */
export const boundaries = (draft: TimeDraft, scan: Scan, name: string, size: number): void => {
  for (let k = scan.lag - 1; k >= 0; k -= 1) push(draft, partsOf`${boundaryValue(draft, size, scan.drivers.length === 0)} -> ${{ name, at: stepAt(scan.direction, scan.base - k) }}`, false);
};

/** A number, which says nothing of the state's size; what is learnt; what an input or another state gives. */
const boundaryValue = (draft: TimeDraft, size: number, sized: boolean): readonly Part[] => {
  const { choices } = draft;
  switch (sized ? 3 : choices.below(7)) {
    case 0:
    case 1:
      return ["0"];
    case 2:
      return ["0.5"];
    case 3:
      draft.tags.add("learnt boundary");
      return partsOf`[1, ${"0.5"}] --[${layerOf(draft, size)}|tanh]`;
    case 4:
      draft.tags.add("boundary from an input");
      return [termOf(readAt(inputWithoutTime(draft, size)))];
    case 5:
      draft.tags.add("boundary from an input");
      return partsOf`${termOf(readAt(anyConstant(draft)))} --[${layerOf(draft, size)}|tanh]`;
    default: {
      const fixed = fixedRead(draft);
      draft.tags.add("boundary from a fixed step");
      return partsOf`${termOf(fixed)} --[${layerOf(draft, size)}|tanh]`;
    }
  }
};

/** A signal at its first or last step, where it exists whatever T is. */
export const fixedRead = (draft: TimeDraft): Read => {
  const { choices } = draft;
  const of = anySignal(draft, (one) => one.first <= 1 && one.last >= 0);
  const at = choices.pick(["first", "last", "last"]) === "first" ? moment("0", Math.max(of.first, choices.below(2))) : moment("T");
  draft.tags.add("fixed step");
  if (at.from === "T") draft.tags.add("_T");
  return { of, at };
};

/** Notes a state of the recurrence as a signal: from its boundaries on to where its equation ends. */
export const finish = (draft: TimeDraft, scan: Scan, name: string, size: number, ahead = 0): Signal => {
  const { direction, support } = scan;
  const edge = scan.base - scan.lag + 1;
  const signal: Signal = {
    name, size, timed: true,
    first: direction === "forward" ? edge : support.first,
    last: direction === "forward" ? support.last : -edge,
    reach: direction === "forward" ? reachOf(draft, scan) + ahead : Infinity,
    scans: new Set([...support.scans, direction]),
  };
  noteSpan(draft, signal);
  if (signal.scans.size > 1) draft.tags.add("mixed directions");
  draft.signals.push(signal);
  return signal;
};
/** Boundaries count, too: what begins with the last step knows of it ever after. */
const reachOf = (draft: TimeDraft, scan: Scan): number => {
  let most = scan.support.reach + Math.max(0, scan.base);
  for (const { parts, defines } of draft.body.slice(-12)) {
    if (defines) continue;
    for (const part of parts) {
      if (typeof part === "string" || "step" in part) continue;
      const signal = draft.signals.find((one) => one.name === part.name);
      if (signal !== undefined && signal.timed) most = Math.max(most, part.at !== null && !("lower" in part.at) && part.at.from === "T" ? Infinity : signal.reach + 2);
      else if (signal !== undefined) most = Math.max(most, signal.reach);
    }
  }
  return most;
};

/** h and its drivers side by side: what a cell sees. */
const seen = (scan: Scan, name: string): readonly Part[] =>
  beside([...(scan.lag > 1 ? [before(scan, name, 1), before(scan, name, scan.lag)] : [before(scan, name, 1)]), ...scan.drivers.map(termOf)]);

type Cell = (draft: TimeDraft, scan: Scan) => void;

const simple: Cell = (draft, scan) => {
  const name = fresh(draft, "h"), size = widthOf(draft);
  const activation = draft.choices.pick(["tanh", "sigmoid"]);
  // With a long lag alone the states of one parity never meet those of the other.
  const inputs = scan.lag > 1 && draft.choices.chance(0.4) ? beside([before(scan, name, scan.lag), ...scan.drivers.map(termOf)]) : seen(scan, name);
  push(draft, partsOf`${inputs} --[${layerOf(draft, size)}|${activation}]-> ${here(name)}`);
  boundaries(draft, scan, name, size);
  finish(draft, scan, name, size);
};

const gated: Cell = (draft, scan) => {
  // Nothing else would say how wide it is.
  if (scan.drivers.length === 0) {
    simple(draft, scan);
    return;
  }
  const name = fresh(draft, "h"), gate = fresh(draft, "g"), made = fresh(draft, "n"), size = widthOf(draft);
  push(draft, partsOf`${seen(scan, name)} --[${layerOf(draft, size)}|sigmoid]-> ${here(gate)}`);
  push(draft, partsOf`${beside([partsOf`(${here(gate)} * ${before(scan, name, 1)})`, ...scan.drivers.map(termOf)])} --[${layerOf(draft, size)}|tanh]-> ${here(made)}`);
  push(draft, partsOf`(1 - ${here(gate)}) * ${before(scan, name, scan.lag)} + ${here(gate)} * ${here(made)} -> ${here(name)}`);
  boundaries(draft, scan, name, size);
  finish(draft, scan, name, size);
};

const lstm: Cell = (draft, scan) => {
  const h = fresh(draft, "h"), c = fresh(draft, "m"), f = fresh(draft, "f"), g = fresh(draft, "g"), size = widthOf(draft);
  draft.tags.add("several states");
  push(draft, partsOf`${seen(scan, h)} --[${layerOf(draft, size)}|sigmoid]-> ${here(f)}`);
  push(draft, partsOf`${seen(scan, h)} --[${layerOf(draft, size)}|tanh]-> ${here(g)}`);
  push(draft, partsOf`0.5 * ${here(f)} * ${before(scan, c, 1)} + (1 - ${here(f)}) * ${here(g)} -> ${here(c)}`);
  push(draft, partsOf`${here(f)} * tanh(${here(c)}) -> ${here(h)}`);
  boundaries(draft, scan, c, size);
  boundaries(draft, scan, h, size);
  finish(draft, scan, c, size);
  finish(draft, scan, h, size);
};

/** Two states, the second of which reads the first at the same step. */
const pair: Cell = (draft, scan) => {
  const a = fresh(draft, "h"), b = fresh(draft, "h"), size = widthOf(draft), other = widthOf(draft);
  draft.tags.add("several states");
  push(draft, partsOf`${beside([before(scan, a, 1), before(scan, b, scan.lag), ...scan.drivers.map(termOf)])} --[${layerOf(draft, size)}|tanh]-> ${here(a)}`);
  push(draft, partsOf`${beside([here(a), before(scan, b, 1)])} --[${layerOf(draft, other)}|tanh]-> ${here(b)}`);
  boundaries(draft, scan, a, size);
  boundaries(draft, scan, b, other);
  finish(draft, scan, a, size);
  finish(draft, scan, b, other);
};

/** Nothing learnt: a decaying average. */
const decay: Cell = (draft, scan) => {
  const of = anySignal(draft, (one) => one.first <= draft.start && one.last >= 0);
  const own = planScan(draft, scan.direction, [readAt(of)], scan.lag);
  const name = fresh(draft, "h");
  push(draft, partsOf`0.5 * ${before(own, name, own.lag)} + 0.5 * tanh(${here(of.name)}) -> ${here(name)}`);
  boundaries(draft, own, name, of.size);
  finish(draft, own, name, of.size);
};

/** The mean over its own last steps. */
const ownRange: Cell = (draft, scan) => {
  const name = fresh(draft, "h"), size = widthOf(draft);
  const far = now(behind(scan.direction, scan.lag + 1)), near = now(behind(scan.direction, 1));
  const range = { name, at: scan.direction === "forward" ? { lower: far, upper: near } : { lower: near, upper: far } };
  draft.tags.add("range").add("range of its own state");
  push(draft, partsOf`${beside([partsOf`mean(${range}, axis=0)`, ...scan.drivers.map(termOf)])} --[${layerOf(draft, size)}|tanh]-> ${here(name)}`);
  boundaries(draft, scan, name, size);
  finish(draft, scan, name, size);
};

/** The mean over all its own past. */
const ownHistory: Cell = (draft, scan) => {
  const own = { ...scan, lag: 1, base: Math.max(0, scan.base) };
  noteStart(draft, own);
  const name = fresh(draft, "h"), size = widthOf(draft);
  const near = now(behind(own.direction, 1));
  const range = { name, at: own.direction === "forward" ? { lower: moment("0"), upper: near } : { lower: near, upper: moment("T") } };
  draft.tags.add("range").add("range of its own state");
  if (own.direction === "backward") draft.tags.add("_T");
  push(draft, partsOf`${beside([partsOf`mean(${range}, axis=0)`, ...own.drivers.map(termOf)])} --[${layerOf(draft, size)}|tanh]-> ${here(name)}`);
  boundaries(draft, own, name, size);
  finish(draft, own, name, size);
};

/** A value that reads the state's next step, and that the state reads two steps later: computed ahead of itself. */
const aheadOfItself: Cell = (draft, scan) => {
  const a = fresh(draft, "h"), b = fresh(draft, "u"), size = widthOf(draft), other = widthOf(draft);
  const own: Scan = { ...scan, lag: 2, base: Math.max(scan.base, 1) };
  draft.tags.add("lag >= 2").add("several states").add("skewed states");
  noteStart(draft, own);
  if (own.direction === "backward") draft.tags.add("_T");
  push(draft, partsOf`${beside([before(own, b, 2), ...own.drivers.map(termOf)])} --[${layerOf(draft, size)}|tanh]-> ${here(a)}`);
  push(draft, partsOf`${before(own, a, -1)} --[${layerOf(draft, other)}|tanh]-> ${here(b)}`);
  boundaries(draft, own, a, size);
  const state = finish(draft, own, a, size);
  const forward = own.direction === "forward";
  draft.signals.push({
    ...state, name: b, size: other, reach: state.reach + 1,
    first: forward ? Math.max(0, state.first - 1) : state.first + 1, last: forward ? state.last - 1 : Math.min(0, state.last + 1),
  });
};

const CELLS: readonly [Cell, ...Cell[]] = [simple, gated, simple, lstm, pair, decay, ownRange, ownHistory, aheadOfItself];

export const scan = (direction: Direction): Feature => ({
  name: `${direction} scan`,
  add: (draft) => {
    const { choices } = draft;
    const picked = choices.pick(CELLS);
    const lag = choices.pick(draft.inWindows ? [1, 1, 2, 2, 2, 3] : [1, 1, 1, 2, 2, 3]);
    picked(draft, planScan(draft, direction, driversOf(draft), lag));
  },
});
