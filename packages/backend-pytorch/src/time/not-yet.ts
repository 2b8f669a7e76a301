import type { Refused } from "./refusals.js";

/** What the printing of a program over time turns out to have no words for; `emit` tells it as SQ0905. */
export class NotYet extends Error {
  public readonly what: Refused;

  public constructor(what: Refused) {
    super(what);
    this.what = what;
  }
}

export function printable(condition: boolean, what: Refused): asserts condition {
  if (!condition) throw new NotYet(what);
}
