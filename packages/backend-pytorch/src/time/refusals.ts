/** What of a program over time PyTorch is not written for yet, a record each: what SQ0905 says, explains, and is tested by. */

export interface Refusal {
  /** How its message begins. */
  readonly what: string;
  readonly why: string;
  readonly instead: string;
  /** No program is known that comes to it: told in place of a wrong text, should there be one. */
  readonly unseen?: true;
}

const EXPLICIT = "`--grad explicit` and the interpreter take it.", INTERPRETER = "The interpreter takes it.";
const ORDER = "the iterations of its loop have no common order that is printed", PLACE = "its place depends on how long the sequence is";

export const REFUSALS = [
  { what: "a gradient that a macro states for itself, from other steps than its result's", why: "an `autograd.Function` is given the gradient of one step", instead: EXPLICIT },
  { what: "sequences of fewer than", why: "steps that are counted from their two ends overlap or do not exist", instead: "The interpreter leaves out what does not exist." },
  { what: "windows of fewer than", why: "steps that are counted from the two ends of a sequence overlap in its windows", instead: "The interpreter leaves out what does not exist." },
  { what: "values of a recurrence that read each other within one iteration", why: ORDER, instead: INTERPRETER, unseen: true },
  { what: "a range of a recurrence's own values whose fixed end is counted from the other end", why: PLACE, instead: INTERPRETER, unseen: true },
  { what: "a state of which some equation holds in a part of the loop alone", why: ORDER, instead: INTERPRETER, unseen: true },
  { what: "a recurrence without steps of its own", why: ORDER, instead: INTERPRETER, unseen: true },
  { what: "a fixed step that lies outside of what there is", why: PLACE, instead: INTERPRETER, unseen: true },
  { what: "steps that only the length of a sequence tells", why: PLACE, instead: INTERPRETER, unseen: true },
  { what: "a range whose steps only the length of a sequence tells", why: PLACE, instead: INTERPRETER, unseen: true },
] as const satisfies readonly Refusal[];

export type Refused = (typeof REFUSALS)[number]["what"];

export const refusal = (what: Refused): Refusal => REFUSALS.find((one) => one.what === what) ?? { what, why: "", instead: INTERPRETER };
