/** Programs over time that are written by hand, with the lengths of their sequences. */
import type { GeneratedOverTime } from "@sequent/conformance";
import type { Form } from "../fuzz/time/pytorch.js";

export interface Least {
  readonly text: string;
  /** The last step of each row. */
  readonly last: readonly number[];
  /** The first step of the arrays. */
  readonly start?: number;
  /** Steps of the arrays, beyond the longest row. */
  readonly end?: number;
  readonly forms?: readonly Form[];
}

export const generatedOf = ({ text, last, start = 1, end = Math.max(...last) }: Least): GeneratedOverTime => ({
  text, shifted: text, mirrored: null, rows: last.length, start, last, end, ragged: new Set([...last, end]).size > 1, batch: null, horizon: null, reach: new Map(), tags: new Set(),
  inputs: [...text.matchAll(/^([xyz])(?:_t)? : \[(\d)\]/gm)].map(([, name = "", size = "1"]) => ({ name, size: Number(size), classes: null, timed: name !== "z", held: name === "y" })),
});
