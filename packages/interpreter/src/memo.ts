/** The values found so far, by equation, group and step, each dropped after its last counted read. */
import { allocate } from "@sequent/ir";
import type { NodeId, Tensor, Window } from "@sequent/ir";
import type { Group } from "./groups.js";
import { KEEP, SAMPLE, STEP } from "./rules.js";
import type { Plan, Rule } from "./rules.js";

const mark = (): Tensor => ({ shape: [], rows: 0, batched: false, data: allocate("f32", 0) });
/** In place of a value: the instance does not exist; it does, but its value was dropped; it is being computed. */
export const ABSENT = mark(), GONE = mark(), BUSY = mark();

export interface Memo {
  /** The place of an instance among those of its equation, or −1 where there can be none. */
  readonly slot: (rule: Rule, group: number, step: number) => number;
  readonly get: (id: NodeId, slot: number) => Tensor | undefined;
  readonly set: (id: NodeId, slot: number, value: Tensor) => void;
  /** One of the counted reads of an instance has happened. */
  readonly release: (rule: Rule, slot: number) => void;
  readonly pin: (rule: Rule, slot: number) => void;
}

export const createMemo = (plan: Plan, groups: readonly Group[], window: Window): Memo => {
  const { lower, first } = window;
  let last = lower;
  for (const group of groups) last = Math.max(last, group.end + 1);
  const span = last - lower + 1;
  const cells: (Tensor | undefined)[][] = plan.rules.map(() => []);
  const left: Uint8Array[] = [];
  for (const rule of plan.rules) {
    if (rule === undefined) continue;
    const size = rule.kind === STEP ? groups.length * span : rule.kind === SAMPLE ? groups.length : 1;
    cells[rule.id] = new Array<Tensor | undefined>(size);
    if (rule.uses < KEEP) left[rule.id] = new Uint8Array(size).fill(rule.uses);
  }
  return {
    slot: (rule, group, step) => {
      if (rule.kind !== STEP) return rule.kind === SAMPLE ? group : 0;
      if (step < (rule.primal ? lower : first) || step > (groups[group]?.end ?? 0) + 1) return -1;
      return group * span + step - lower;
    },
    get: (id, slot) => cells[id]?.[slot],
    set: (id, slot, value) => {
      const own = cells[id];
      if (own !== undefined) own[slot] = value;
    },
    release: (rule, slot) => {
      const counts = left[rule.id];
      if (counts === undefined || slot < 0) return;
      const now = counts[slot] ?? KEEP;
      if (now === KEEP) return;
      counts[slot] = now - 1;
      const own = cells[rule.id];
      if (now === 1 && own !== undefined && own[slot] !== ABSENT) own[slot] = GONE;
    },
    pin: (rule, slot) => {
      const counts = left[rule.id];
      if (counts !== undefined && slot >= 0) counts[slot] = KEEP;
    },
  };
};
