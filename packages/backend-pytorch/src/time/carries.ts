/**
 * What a gradient reads of other steps, in a text that autograd runs backward. Backward the steps of a loop are visited from its last to its first,
 * so that what step t + 1 has found can come to step t as the gradient of a value that step t hands on: a carry. Forward it is 0 and nobody reads
 * it; of g_{t+1} the gradient that reaches the carry at t is g_{t+1}, and the one that t gives to the carry that it was given is g_t. Of g_{t+2}
 * there is a second carry, which hands on what comes by the first.
 */
import { NEVER, read, shiftMoment } from "@sequent/ir";
import type { Call, CallId, Interval, NodeId, Operand, Program, TableBuilder } from "@sequent/ir";

export interface Carry {
  /** What is handed on at this step, what the call is given of the step before, and what the call makes of it. */
  readonly node: NodeId;
  readonly given: Operand;
  readonly within: NodeId;
  /** The gradient that reaches it. */
  readonly seed: NodeId;
  /** Whose value, of how many steps later, that is. */
  readonly of: NodeId;
  readonly steps: number;
}

export interface Carries {
  /** The value of a node so many steps later. */
  readonly later: (of: NodeId, steps: number) => Operand;
  /** The list grows while what they give back is made. */
  readonly all: readonly Carry[];
  /** Closes the circle: what the call makes, given `results`, it makes of all that it is given. */
  readonly close: (results: readonly NodeId[] | null) => void;
}

export interface CarriesOf {
  readonly id: CallId;
  readonly call: Call;
  /** The steps of the call. */
  readonly on: Interval;
  /** 1: later steps have greater numbers, as they have in a loop that runs forward; -1: lesser ones. */
  readonly ahead: 1 | -1;
}

export const createCarries = (b: TableBuilder, program: Program, { id, call, on, ahead }: CarriesOf): Carries => {
  const all: Carry[] = [];
  const start = ahead === 1 ? { lower: shiftMoment(on.lower, -1), upper: shiftMoment(on.lower, -1) } : { lower: shiftMoment(on.upper, 1), upper: shiftMoment(on.upper, 1) };
  const steps: Interval = ahead === 1 ? { ...on, lower: start.lower } : { ...on, upper: start.upper };
  const make = (of: NodeId, lag: number): Carry => {
    const [type] = (program.types ?? [])[of] ?? [];
    b.within(call.parent, call.span);
    const node = b.reserve(type, { space: { tag: "data" }, time: true }, { space: { tag: "data" }, time: steps });
    const given: Operand = { node, at: { tag: "at", time: { from: "t", plus: -ahead } }, old: false };
    b.within(id, call.span);
    const seed = b.reserve(type, { space: { tag: "data" }, time: false }, { space: { tag: "data" }, time: null });
    b.define(seed, { tag: "input", name: `^${call.instance}.carry#${String(all.length)}` });
    const carry = { node, given, within: b.op("core.here", [given]).node, seed, of, steps: lag };
    all.push(carry);
    return carry;
  };
  const later = (of: NodeId, lag: number): Operand => {
    if (lag > 1) later(of, lag - 1);
    return read((all.find((one) => one.of === of && one.steps === lag) ?? make(of, lag)).seed);
  };
  return {
    later, all,
    close: (results) => {
      for (const { node, within } of all) {
        // A circle that nothing else closes is one of all results, for they come from one call.
        const tied = (results ?? []).map((result) => ({ on: NEVER, value: read(result) }));
        b.define(node, { tag: "cases", pieces: [{ on: start, value: b.constant(0) }, { on, value: read(within) }, ...tied] });
      }
    },
  };
};
