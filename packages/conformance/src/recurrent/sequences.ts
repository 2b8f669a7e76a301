/** The sequences that a program is tried on, and the windows that it learns from. */
import type { Choices } from "../generate/choices.js";

export interface Horizon {
  readonly back: number;
  readonly ahead: number;
  readonly burnIn: number;
}

export interface Sequences {
  readonly rows: number;
  /** How many rows are learnt from together; null: all of them. */
  readonly batch: number | null;
  /** The first step of inputs over time. */
  readonly start: number;
  /** The last step of each row, and of the arrays. */
  readonly last: readonly number[];
  readonly end: number;
  readonly ragged: boolean;
  readonly horizon: Horizon | null;
}

export type DrawSequences = (choices: Choices) => Sequences;

/** A batch of sequences, now and then with a window, to be evaluated at once. */
export const oneBatch: DrawSequences = (choices) => {
  const rows = choices.pick([2, 1, 3]);
  const start = choices.chance(0.2) ? 0 : 1;
  const end = choices.pick([3, 4, 2, 1, 5, 6]);
  const ragged = choices.chance(0.4);
  const last = Array.from({ length: rows }, (_, row) => (ragged && (row > 0 || choices.chance(0.3)) ? 1 + choices.below(end) : end));
  const horizon = choices.chance(0.2) ? { back: choices.pick([2, 1, 3]), ahead: choices.pick([0, 1, 2]), burnIn: choices.pick([0, 0, 1, 2]) } : null;
  return { rows, batch: null, start, last, end, ragged, horizon };
};

/** A data file, from which batches are learnt window by window. */
export const inWindows: DrawSequences = (choices) => {
  const batch = choices.pick([2, 1, 4]);
  // A rest of samples that fill no batch is left out.
  const rows = choices.pick([batch, 2 * batch, batch + 1]);
  const end = choices.pick([4, 6, 5, 3, 6, 7, 8, 4, 2, 1]);
  const ragged = choices.chance(0.4);
  const last = Array.from({ length: rows }, () => (ragged ? 1 + choices.below(end) : end));
  const horizon = { back: choices.pick([2, 1, 3, 2, 4, 2, 1, 3, 5, 9]), ahead: choices.pick([0, 0, 1, 2, 3]), burnIn: choices.pick([0, 0, 0, 1, 2, 5]) };
  return { rows, batch, start: 1, last, end, ragged, horizon };
};

/** The same of sequences that begin with step 0. */
export const inWindowsFromZero: DrawSequences = (choices) => {
  const drawn = inWindows(choices);
  return { ...drawn, start: 0, last: drawn.last.map((end) => end - 1), end: drawn.end - 1 };
};

/** What is noted of the windows of a program. */
export const windowTagsOf = ({ batch, rows, last, horizon }: Sequences): readonly string[] => {
  if (horizon === null) return [];
  const { back, ahead, burnIn } = horizon;
  const longest = Math.max(...last);
  const met: readonly (readonly [string, boolean])[] = [
    ["windows", true], ["burn-in", burnIn > 0], ["window ahead", ahead > 0],
    ...(batch === null ? [] : [
      ["back 1", back === 1], ["back that divides T", back > 1 && back < longest && last.every((T) => T % back === 0)], ["back that does not divide T", longest > back && last.some((T) => T % back !== 0)],
      ["back of T or more", back >= longest], ["burn-in beyond back", burnIn > back], ["ahead of back or more", ahead >= back], ["several batches", rows >= 2 * batch],
    ] as const),
  ];
  return met.flatMap(([tag, holds]) => (holds ? [tag] : []));
};
/** Those that programs in windows of a data file have beside those of all programs over time. */
export const WINDOW_TAGS: readonly string[] = [
  "windows", "burn-in", "window ahead", "back 1", "back that divides T", "back that does not divide T", "back of T or more", "burn-in beyond back", "ahead of back or more", "several batches",
];
