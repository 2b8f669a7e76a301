/** Rows that end at the same step: every value exists for all of them or for none, so that one instance serves them. */
import { BEFORE, FIRST_STEP, invariant, WHOLE } from "@sequent/ir";
import type { Program, Tensor, Values, Window } from "@sequent/ir";
import type { Batch } from "./batch.js";

export interface Group {
  /** Which rows of the batch. */
  readonly rows: Int32Array;
  readonly samples: Int32Array;
  /** T: the last step of the sequence, or of the window that cuts it. */
  readonly end: number;
  /** Whether the window ends before the sequence. */
  readonly cut: boolean;
}

const timedInputs = (program: Program): readonly string[] =>
  program.nodes.flatMap((node) => (node.tag === "input" && node.time === true ? [node.name] : []));

/** The first step of the sequences of a batch. */
export const startOf = (program: Program, batch: Batch): number => {
  const starts = timedInputs(program).flatMap((name) => (batch.inputs.has(name) ? [batch.from?.get(name) ?? FIRST_STEP] : []));
  return starts.length === 0 ? FIRST_STEP : Math.min(...starts);
};

/** The last step of each row. */
const lastSteps = (program: Program, batch: Batch): Int32Array => {
  if (batch.last !== undefined) return batch.last;
  for (const name of timedInputs(program)) {
    const input = batch.inputs.get(name);
    if (input !== undefined) return new Int32Array(batch.rows).fill((batch.from?.get(name) ?? FIRST_STEP) + (input.shape[0] ?? 0) - 1);
  }
  return new Int32Array(batch.rows);
};

/** The groups of a batch in a window, by their ends; rows whose sequence has ended before it are left out. */
export const groupsOf = (program: Program, batch: Batch, window: Window): readonly Group[] => {
  const last = lastSteps(program, batch);
  const found = new Map<string, { readonly end: number; readonly cut: boolean; readonly rows: number[] }>();
  last.forEach((step, row) => {
    if (window.first > BEFORE && step < window.first) return;
    const cut = step > window.last;
    const end = cut ? window.last : step;
    const key = `${String(end)}${cut ? "+" : ""}`;
    const group = found.get(key);
    if (group === undefined) found.set(key, { end, cut, rows: [row] });
    else group.rows.push(row);
  });
  return [...found.values()].sort((a, b) => a.end - b.end).map(({ end, cut, rows }) => {
    const list = Int32Array.from(rows);
    return { end, cut, rows: list, samples: list.map((row) => batch.samples[row] ?? row) };
  });
};

/** All rows as one group, for what has no time. */
export const wholeGroup = (batch: Batch): Group => ({
  rows: Int32Array.from({ length: batch.rows }, (_, k) => k), samples: batch.samples, end: WHOLE.last, cut: false,
});

export const like = (data: Values, length: number): Values =>
  data instanceof Int32Array ? new Int32Array(length) : data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);

/** Rows of a tensor: `length` elements of each from `start` on, `size` apart. */
const take = (x: Tensor, rows: Int32Array, size: number, start: number, length: number): Values => {
  const [first = 0] = rows;
  if (rows.length === 1) return x.data.subarray(first * size + start, first * size + start + length);
  const data = like(x.data, rows.length * length);
  for (let r = 0; r < rows.length; r += 1) {
    const from = (rows[r] ?? 0) * size + start;
    if (length > 8) data.set(x.data.subarray(from, from + length), r * length);
    else for (let i = 0; i < length; i += 1) data[r * length + i] = x.data[from + i] ?? 0;
  }
  return data;
};

/** The rows of a group. */
export const rowsOf = (x: Tensor, group: Group): Tensor => {
  if (!x.batched || group.rows.length === x.rows) return x;
  const size = x.data.length / x.rows;
  return { shape: x.shape, rows: group.rows.length, batched: true, data: take(x, group.rows, size, 0, size) };
};

/** The rows of a group at position `index` of the first axis. */
export const rowsAt = (x: Tensor, group: Group, index: number): Tensor => {
  const [steps = 0, ...shape] = x.shape;
  invariant(index >= 0 && index < steps, "a step outside the data");
  const size = x.data.length / x.rows;
  const length = size / steps;
  return { shape, rows: group.rows.length, batched: true, data: take(x, group.rows, size, index * length, length) };
};
