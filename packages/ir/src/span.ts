/** Half-open range of UTF-16 offsets in a source file; for blame only, never part of equality. */
export interface Span {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** The span of what has no text of its own: nodes that a pass made, programs built by hand. */
export const NOWHERE: Span = { file: "", from: 0, to: 0 };

/** From the start of the first to the end of the last. */
export const join = (first: Span, last: Span): Span => ({ file: first.file, from: first.from, to: last.to });
