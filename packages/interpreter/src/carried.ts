/** What one window hands to the next: values at the steps that will be read, constants from then on. */
import { invariant, sizeOf } from "@sequent/ir";
import type { NodeId, Tensor, Window } from "@sequent/ir";
import { like, rowsOf } from "./groups.js";
import type { Group } from "./groups.js";
import type { Machine } from "./machine.js";
import type { Plan } from "./rules.js";

/** A value at one step for all rows of the batch; `there` is 1 where it exists. */
export interface Entry {
  readonly node: NodeId;
  readonly step: number;
  readonly value: Tensor;
  readonly there: Int32Array;
}

export interface Carried {
  readonly entries: readonly Entry[];
  readonly read: (node: NodeId, step: number, group: Group) => Tensor | null;
}

const keyOf = (node: NodeId, step: number): string => `${String(node)} ${String(step)}`;

export const carriedOf = (entries: readonly Entry[]): Carried => {
  const byKey = new Map(entries.map((one) => [keyOf(one.node, one.step), one]));
  return {
    entries,
    read: (node, step, group) => {
      const entry = byKey.get(keyOf(node, step));
      // Rows of one group have ended together so far, and so agree.
      return entry === undefined || entry.there[group.rows[0] ?? 0] !== 1 ? null : rowsOf(entry.value, group);
    },
  };
};

/** Records at the end of a window what the next one, which computes from `lower` on, will read before that. */
export const record = (plan: Plan, machine: Machine, window: Window, next: Window, old: Carried | null, rows: number): Carried => {
  const entries: Entry[] = [];
  for (const [node, { lag, fixed }] of plan.recorded) {
    const steps = new Set(fixed.filter((step) => step < next.lower));
    for (let step = next.lower - lag; step < next.lower; step += 1) steps.add(step);
    for (const step of steps) {
      const entry = step < window.lower ? old?.entries.find((one) => one.node === node && one.step === step) : entryOf(machine, node, step, rows);
      if (entry !== undefined) entries.push(entry);
    }
  }
  return carriedOf(entries);
};

/** The value in all groups that have it; undefined where none has. */
const entryOf = (machine: Machine, node: NodeId, step: number, rows: number): Entry | undefined => {
  const found = machine.groups.flatMap((group, g) => {
    const value = machine.demand(node, g, step);
    return value === null ? [] : [{ group, value }];
  });
  const [first] = found;
  if (first === undefined) return undefined;
  const { shape } = first.value;
  const size = sizeOf(shape);
  const data = like(first.value.data, rows * size);
  const there = new Int32Array(rows);
  for (const { group, value } of found) {
    invariant(sizeOf(value.shape) === size, "instances of one value differ in shape");
    group.rows.forEach((row, r) => {
      const from = value.batched ? r * size : 0;
      data.set(value.data.subarray(from, from + size), row * size);
      there[row] = 1;
    });
  }
  return { node, step, value: { shape, rows, batched: true, data }, there };
};
