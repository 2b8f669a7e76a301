import type { Attributes } from "./op.js";

/** What is known of one directive. Positional arguments fill the attributes in order; `define` takes `name = expression` (metrics). */
export interface DirectiveRecord<A = unknown> {
  readonly name: string;
  readonly doc: string;
  readonly attributes: Attributes<A>;
  readonly form: "arguments" | "definition" | "transforms";
  /** May it stand more than once in a program? */
  readonly repeats: boolean;
  /** The work that gives it meaning, if that is still to come; its use is then a coded "not yet". */
  readonly later: string | null;
}
