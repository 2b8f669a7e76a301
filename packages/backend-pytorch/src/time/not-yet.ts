/** What the printing of a program over time turns out to have no words for; `emit` tells it as SQ0905. */
export class NotYet extends Error {}

export function printable(condition: boolean, what: string): asserts condition {
  if (!condition) throw new NotYet(what);
}
