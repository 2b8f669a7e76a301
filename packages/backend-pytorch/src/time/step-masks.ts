/** Which steps of a row an equation holds for, as values: what is computed one step at a time can choose by them. */
import { invariant, moment, sameSteps } from "@sequent/ir";
import type { Call, Interval, Moment, NodeId, Operand, TableBuilder } from "@sequent/ir";

export interface StepMasks {
  /** 1 at the steps of an interval, of steps that lie in another one. */
  readonly on: (steps: Interval, among: Interval) => Operand;
  /** 1 up to a step. */
  readonly until: (last: Moment) => Operand;
  /** Those of a step alone, which each row has but once. */
  readonly ofOneStep: () => ReadonlySet<NodeId>;
  /** Whether some step is counted from the first one of the sequence. */
  readonly areFromFirst: () => boolean;
  /** What they are called. */
  readonly names: () => ReadonlyMap<NodeId, string>;
}

export const createMasks = (b: TableBuilder, call: Call): StepMasks => {
  const single = new Set<NodeId>(), names = new Map<NodeId, string>();
  let fromFirst = false;
  const named = (mask: Operand, name: string): Operand => {
    names.set(mask.node, name);
    return mask;
  };
  const clock = (): Operand => b.op("core.time", []);
  /** A step as a number: each row's own, if it is counted from the end. */
  const numberOf = ({ from, plus }: Moment): Operand => {
    if (from === "0") {
      fromFirst = true;
      return b.constant(plus);
    }
    const last: Operand = { ...clock(), at: { tag: "at", time: moment("T") } };
    return plus === 0 ? last : b.op("core.add", [last, b.constant(plus)]);
  };
  return {
    ofOneStep: () => single,
    areFromFirst: () => fromFirst,
    names: () => names,
    until: (last) => {
      b.within(call.parent, call.span);
      return named(b.op("core.le", [clock(), numberOf(last)]), "inside");
    },
    on: (steps, among) => {
      b.within(call.parent, call.span);
      const { lower, upper } = steps;
      if (sameSteps(steps, { lower, upper: lower })) {
        const mask = named(b.op("core.eq", [clock(), numberOf(lower)]), lower.from === "T" ? "last" : "first");
        single.add(mask.node);
        return mask;
      }
      const from = lower.from === among.lower.from && lower.plus === among.lower.plus ? null : b.op("core.ge", [clock(), numberOf(lower)]);
      const to = upper.from === among.upper.from && upper.plus === among.upper.plus ? null : b.op("core.le", [clock(), numberOf(upper)]);
      invariant(from !== null || to !== null, "a part of the steps");
      return named(from === null || to === null ? (from ?? to ?? clock()) : b.op("core.mul", [from, to]), "part");
    },
  };
};
