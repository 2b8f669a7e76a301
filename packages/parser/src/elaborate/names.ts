/** Names as the program writes them, and which state each means. */
import type { Interval, Moment } from "@sequent/ir";
import { printMoment } from "@sequent/ir";
import { stem } from "../syntax/tree.js";
import type { Name, Time } from "../syntax/tree.js";

export const momentOf = (time: Time): Moment => ({ from: time.origin, plus: time.offset });

const subscript = (text: string): string => (text.length === 1 || /^\d+$/.test(text) ? `_${text}` : `_{${text}}`);

/** A name with its context, in one spelling: `h_{t-1}`, `x_12`, `dense_M`. */
export const printName = (name: Name): string => {
  const s = name.subscript;
  if (s === null) return stem(name);
  if (s.tag === "instance") return `${stem(name)}_${s.name}`;
  if (s.tag === "range") return `${stem(name)}_{${printMoment(momentOf(s.from))}..${printMoment(momentOf(s.to))}}`;
  return stem(name) + subscript(printMoment(momentOf(s.time)));
};

/** Where a state is read or defined: it has no time, or at a moment, or over a range of them. */
export type Place =
  | { readonly tag: "plain" }
  | { readonly tag: "at"; readonly time: Moment }
  | { readonly tag: "range"; readonly on: Interval };

/** `key` tells states apart (`q`, `q_t`, `h_1`); `label` is what the user calls it, without time. */
export interface Reference {
  readonly key: string;
  readonly label: string;
  readonly place: Place;
}

const PLAIN: Place = { tag: "plain" };

export const timedKey = (label: string): string => `${label}_t`;

/** Does this occurrence say that the name has time? Numbers alone don't: they may be labels. */
export const saysTime = (name: Name): boolean => {
  const s = name.subscript;
  if (s === null || s.tag === "instance") return false;
  return s.tag === "range" || s.time.origin !== "0" || s.time.offset < 0;
};

/** Does this occurrence mean other instances at other steps? */
export const isRelative = (name: Name): boolean => {
  const s = name.subscript;
  if (s === null || s.tag === "instance") return false;
  return s.tag === "range" ? s.from.origin === "t" || s.to.origin === "t" : s.time.origin === "t";
};

/** Reads a name as data, given the stems that have time; null for a subscript that is no context. */
export const referenceOf = (name: Name, timed: ReadonlySet<string>): Reference | null => {
  const base = stem(name);
  const s = name.subscript;
  if (s === null) return { key: base, label: base, place: PLAIN };
  if (s.tag === "instance") return null;
  if (s.tag === "at" && !timed.has(base)) {
    const label = `${base}_${String(s.time.offset)}`;
    return { key: label, label, place: PLAIN };
  }
  const place: Place =
    s.tag === "range"
      ? { tag: "range", on: { lower: momentOf(s.from), upper: momentOf(s.to) } }
      : { tag: "at", time: momentOf(s.time) };
  return { key: timedKey(base), label: base, place };
};

/** `t` alone: the step as a number. */
export const isStep = (name: Name): boolean => name.base === "t" && name.primes === 0 && name.subscript === null;

export const isCapitalised = (name: Name): boolean => /^\p{Lu}/u.test(name.base);

/** The state that a read means: `q_t` is `q` where only that is defined. Null: nothing defines it. */
export const stateOf = <A>(states: ReadonlyMap<string, A>, ref: Reference): A | null =>
  states.get(ref.key) ?? (ref.key === timedKey(ref.label) ? (states.get(ref.label) ?? null) : null);
