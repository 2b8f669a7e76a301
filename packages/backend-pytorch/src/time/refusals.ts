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
/** All else that short rows lack, or have at other places, is computed: `shortRow` of transform-time tells. */
const SHORT = "in those that are shorter a statement, a metric, a function of the whole batch, or a state that is shown finds a value at steps that longer ones do not have, such as `1 -> h_{T-1}` before the first, or a function of the whole batch finds none";
const ORDER = "the iterations of its loop have no common order that is printed", PLACE = "its place depends on how long the sequence is";

export const REFUSALS = [
  { what: "a gradient that a macro states for itself, from other steps than its result's", why: "an `autograd.Function` is given the gradient of one step", instead: EXPLICIT },
  { what: "sequences of fewer than", why: SHORT, instead: "The interpreter counts what there is." },
  { what: "windows of fewer than", why: SHORT, instead: "The interpreter counts what there is." },
  { what: "values of a recurrence that read each other within one iteration", why: ORDER, instead: INTERPRETER, unseen: true },
  { what: "a range of a recurrence's own values whose fixed end is counted from the other end", why: PLACE, instead: INTERPRETER, unseen: true },
  { what: "a state of which some equation holds in a part of the loop alone", why: ORDER, instead: INTERPRETER, unseen: true },
  { what: "a recurrence without steps of its own", why: "all its steps are counted from one end of a sequence, so that it is a few iterations and no loop", instead: INTERPRETER },
  { what: "a fixed step that lies outside of what there is", why: PLACE, instead: INTERPRETER, unseen: true },
  { what: "steps that only the length of a sequence tells", why: PLACE, instead: INTERPRETER, unseen: true },
  { what: "a range whose steps only the length of a sequence tells", why: PLACE, instead: INTERPRETER, unseen: true },
] as const satisfies readonly Refusal[];

export type Refused = (typeof REFUSALS)[number]["what"];

export const refusal = (what: Refused): Refusal => REFUSALS.find((one) => one.what === what) ?? { what, why: "", instead: INTERPRETER };
