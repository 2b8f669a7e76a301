/** All instances of the operands of a collective, at the steps where all of them exist, one after the other in one buffer each. */
import { allocate, invariant, sizeOf } from "@sequent/ir";
import type { Tensor, Values } from "@sequent/ir";
import { like } from "./groups.js";
import type { Asking } from "./machine.js";
import { STATIC, STEP } from "./rules.js";
import type { Rule } from "./rules.js";

type Apply = (ins: readonly Tensor[], rows: number, samples: Int32Array) => Tensor;

export interface Gather {
  /** Takes what is there; false: an instance is not there yet and has been asked for. */
  readonly advance: () => boolean;
  readonly finish: (apply: Apply) => Tensor | null;
}

interface Buffer {
  shape: readonly number[];
  data: Values | null;
  length: number;
}

export const createGather = (rule: Rule, group: number, step: number, ask: Asking): Gather => {
  const operands = rule.reads.map((read) => ({ read, rule: ask.rule(read.node) }));
  const moving = operands.filter((x) => x.rule.kind !== STATIC);
  const axes = rule.reads[0]?.axes ?? "both";
  const overTime = axes !== "batch" && moving.some((x) => x.rule.kind === STEP);
  const groups = axes === "time" ? [group] : [...ask.groups.keys()];
  const buffers = operands.map((): Buffer => ({ shape: [], data: null, length: 0 }));
  const shared: Tensor[] = [];
  const rowsIn = (g: number): number => ask.groups[g]?.rows.length ?? 0;
  const lastOf = (g: number): number => (overTime ? (ask.groups[g]?.end ?? 0) + 1 : firstStep);
  const firstStep = overTime ? ask.window.first : step;
  const capacity = groups.reduce((sum, g) => sum + rowsIn(g) * (lastOf(g) - firstStep + 1), 0);
  let place = 0, at = firstStep, count = 0;

  const append = (buffer: Buffer, x: Tensor, rows: number): void => {
    const size = sizeOf(x.shape);
    if (buffer.data === null) {
      buffer.shape = x.shape;
      // All there is, in one piece.
      if (x.batched && rows === capacity) {
        buffer.data = x.data;
        buffer.length = x.data.length;
        return;
      }
      buffer.data = like(x.data, capacity * size);
    }
    if (x.batched) buffer.data.set(x.data, buffer.length);
    else for (let r = 0; r < rows; r += 1) buffer.data.set(x.data, buffer.length + r * size);
    buffer.length += rows * size;
  };
  /** One step of one group; null: something does not exist there; undefined: is not there yet. */
  const take = (g: number): readonly Tensor[] | null | undefined => {
    const values: Tensor[] = [];
    for (const x of moving) {
      const value = ask.fetch(x.rule, g, at);
      if (value === undefined || value === null) return value;
      values.push(value);
    }
    return values;
  };
  const releaseAt = (g: number): void => {
    for (const x of moving) if (x.read.counted) ask.release(x.rule, g, at);
  };
  const advance = (): boolean => {
    for (const x of operands) {
      if (x.rule.kind !== STATIC || shared.length >= operands.length - moving.length) continue;
      const value = ask.fetch(x.rule, 0, 0);
      if (value === undefined) {
        shared.length = 0;
        return false;
      }
      if (value !== null) shared.push(value);
    }
    if (moving.length === 0) return true;
    for (; place < groups.length; place += 1, at = firstStep) {
      const g = groups[place] ?? 0;
      for (; at <= lastOf(g); at += 1) {
        const values = take(g);
        if (values === undefined) return false;
        if (values === null) continue;
        count += rowsIn(g);
        let k = 0;
        operands.forEach((x, i) => {
          const buffer = buffers[i];
          if (x.rule.kind === STATIC || buffer === undefined) return;
          const value = values[k++];
          if (value !== undefined) append(buffer, value, rowsIn(g));
        });
        releaseAt(g);
      }
    }
    return true;
  };
  const gathered = (i: number, data: Values, rows: number): Tensor => ({ shape: buffers[i]?.shape ?? [], rows, batched: true, data });
  const whole = (): readonly Tensor[] => {
    let k = 0;
    return operands.map((x, i): Tensor => {
      if (x.rule.kind === STATIC) return shared[k++] ?? NOTHING;
      const buffer = buffers[i];
      if (buffer?.data === null || buffer === undefined) {
        return { shape: x.rule.shape ?? [], rows: 0, batched: true, data: allocate(ask.precision, 0) };
      }
      return gathered(i, buffer.data.subarray(0, buffer.length), count);
    });
  };
  /** The instances of row r of a buffer that holds all rows of each step. */
  const rowOf = (x: Tensor, r: number, rows: number): Tensor => {
    const size = sizeOf(x.shape), steps = x.rows / rows;
    const data = like(x.data, steps * size);
    for (let s = 0; s < steps; s += 1) data.set(x.data.subarray((s * rows + r) * size, (s * rows + r + 1) * size), s * size);
    return { ...x, rows: steps, data };
  };
  return {
    advance,
    finish: (apply) => {
      const ins = whole();
      const rows = rowsIn(group);
      if (axes !== "time" || rule.kind === STATIC) return apply(ins, 1, NO_SAMPLES);
      const each = Array.from({ length: rows }, (_, r) =>
        apply(ins.map((x, i) => (operands[i]?.rule.kind === STATIC ? x : rowOf(x, r, rows))), 1, NO_SAMPLES));
      return joined(each);
    },
  };
};

const NOTHING: Tensor = { shape: [], rows: 1, batched: false, data: new Float64Array(1) };
const NO_SAMPLES = new Int32Array(1);

/** Single rows as the rows of one tensor. */
export const joined = (each: readonly Tensor[]): Tensor => {
  const [first] = each;
  invariant(first !== undefined, "no rows");
  const size = sizeOf(first.shape);
  const data = like(first.data, each.length * size);
  each.forEach((x, r) => { data.set(x.data, r * size); });
  return { shape: first.shape, rows: each.length, batched: true, data };
};
