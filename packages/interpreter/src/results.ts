/** Values as those outside see them: rows of the batch in their order. */
import { invariant, sizeOf } from "@sequent/ir";
import type { NodeId, Tensor } from "@sequent/ir";
import type { Batch, Rows, Series } from "./batch.js";
import { like } from "./groups.js";
import type { Machine } from "./machine.js";
import { STATIC, STEP } from "./rules.js";

const rowOf = (x: Tensor, r: number): Tensor => {
  const size = sizeOf(x.shape), from = x.batched ? r * size : 0;
  return { shape: x.shape, rows: 1, batched: false, data: x.data.slice(from, from + size) };
};

/** The value at a step in each row. */
const rowsAt = (machine: Machine, id: NodeId, batch: Batch, step: number): (Tensor | null)[] => {
  const rows: (Tensor | null)[] = new Array<Tensor | null>(batch.rows).fill(null);
  machine.groups.forEach((group, g) => {
    const found = machine.demand(id, g, step);
    if (found !== null) group.rows.forEach((row, r) => { rows[row] = rowOf(found, r); });
  });
  return rows;
};

/** A value without time: one tensor if every row has it, else row by row. */
export const valueOf = (machine: Machine, id: NodeId, batch: Batch): Tensor | Rows => {
  if (machine.rule(id).kind === STATIC || machine.groups.length === 1) {
    const found = machine.demand(id, 0, 0);
    const complete = machine.rule(id).kind === STATIC || machine.groups[0]?.rows.length === batch.rows;
    if (found !== null && complete) return found;
  }
  const rows = rowsAt(machine, id, batch, 0);
  const there = rows.flatMap((row) => row ?? []);
  const [first] = there;
  if (first === undefined || there.length < rows.length || there.some((row) => row.shape.join() !== first.shape.join())) return rows;
  const size = sizeOf(first.shape);
  const data = like(first.data, there.length * size);
  there.forEach((row, r) => { data.set(row.data, r * size); });
  return { shape: first.shape, rows: there.length, batched: true, data };
};

/** All instances of a value over time. */
export const seriesOf = (machine: Machine, id: NodeId, batch: Batch): Series => {
  invariant(machine.rule(id).kind === STEP, "a value without time has no series");
  const { window, groups } = machine;
  const last = groups.reduce((most, group) => Math.max(most, group.end + 1), window.lower);
  const steps: Rows[] = [];
  let from = window.first;
  for (let step = window.first; step <= last; step += 1) {
    const rows = rowsAt(machine, id, batch, step);
    if (steps.length === 0 && rows.every((row) => row === null)) from = step + 1;
    else steps.push(rows);
  }
  while (steps.at(-1)?.every((row) => row === null) === true) steps.pop();
  return { from, steps };
};
