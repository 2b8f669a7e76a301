/** Windows over sequences: `@horizon back=K ahead=F burn_in=n`. All arithmetic of windows stands here. */
import * as E from "fp-ts/lib/Either.js";
import { invariant } from "./diagnostic.js";
import { horizon } from "./directives/index.js";
import type { Attrs, AttrValue, Directive, Program } from "./program.js";
import type { Span } from "./span.js";

/** How long the part of a sequence is that one Update learns from, how far it looks ahead, and how many steps are computed again before it. */
export interface Horizon {
  readonly back: number;
  readonly ahead: number;
  readonly burnIn: number;
}

/** The step before the first: boundary equations alone give it. */
export const BEFORE = -1;

const attrsOf = (directive: Directive): Attrs => {
  const positional = directive.positional.map((value, k): [string, AttrValue] => [horizon.attributes.list[k]?.name ?? "", value]);
  return { ...Object.fromEntries(positional), ...directive.named };
};

/** A program's `@horizon` as it is written, the last one; null without one. */
export const horizonDirective = (program: Program): Directive | null => program.directives.findLast((one) => one.name === horizon.name) ?? null;

/** The program with windows of so many steps in place of those that it says; null: with whole sequences. */
export const withHorizon = (program: Program, back: number | null, span: Span): Program => {
  const rest = program.directives.filter((one) => one.name !== horizon.name);
  return { ...program, directives: back === null ? rest : [...rest, { name: horizon.name, positional: [], named: { back }, span }] };
};

/** What a program's `@horizon` says; null without one: sequences are learnt from as a whole. */
export const horizonOf = (program: Program): Horizon | null => {
  const directive = horizonDirective(program);
  if (directive === null) return null;
  const attrs = horizon.attributes.decode(attrsOf(directive));
  invariant(E.isRight(attrs), "a directive was checked before");
  return { back: attrs.right.back, ahead: attrs.right.ahead, burnIn: attrs.right.burn_in };
};

/** As it is written with names, without what is none: `back=32 burn_in=4`. */
export const printHorizon = ({ back, ahead, burnIn }: Horizon): string =>
  `back=${String(back)}${ahead === 0 ? "" : ` ahead=${String(ahead)}`}${burnIn === 0 ? "" : ` burn_in=${String(burnIn)}`}`;

/** Objectives count on steps `first`…`counts`; gradients flow on `first`…`last`; values are computed on `lower`…`last`, before it they are recorded. */
export interface Window {
  /** How many steps it begins behind the first window. */
  readonly behind: number;
  readonly lower: number;
  readonly first: number;
  readonly counts: number;
  readonly last: number;
}

/** The window that is a whole sequence. */
export const WHOLE: Window = { behind: 0, lower: BEFORE, first: BEFORE, counts: Infinity, last: Infinity };

/** Window number `number` (from 0) of sequences whose first step is `start`. The first one has what lies before it; so has one whose burn-in reaches there. */
export const windowAt = (horizon: Horizon, start: number, number: number): Window => {
  const from = start + number * horizon.back;
  const counts = from + horizon.back - 1;
  const opens = from - horizon.burnIn <= start;
  return { behind: from - start, lower: opens ? BEFORE : from - horizon.burnIn, first: number === 0 ? BEFORE : from, counts, last: counts + horizon.ahead };
};

/** How many windows a sequence of `steps` steps has. */
export const windowsOf = (horizon: Horizon | null, steps: number): number => (horizon === null ? 1 : Math.max(1, Math.ceil(steps / horizon.back)));
