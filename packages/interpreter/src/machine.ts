/** Values by demand: an explicit stack of instances that wait for what they read, so that a recurrence may be as long as memory allows. */
import { allocate, CompilerBug, FIRST_STEP, indexing, invariant, momentAt, shiftMoment, sizeOf } from "@sequent/ir";
import type { Interval, Moment, NodeId, Precision, Program, Run, Tensor, Window } from "@sequent/ir";
import type { Batch, Mode, Options } from "./batch.js";
import type { Carried } from "./carried.js";
import { createGather } from "./gather.js";
import type { Gather } from "./gather.js";
import { rowsAt, rowsOf } from "./groups.js";
import type { Group } from "./groups.js";
import { ABSENT, BUSY, createMemo, GONE } from "./memo.js";
import { createRanges } from "./ranges.js";
import { SAMPLE, STATIC, STEP } from "./rules.js";
import type { Plan, Read, Rule } from "./rules.js";
import { sumOf } from "./sum.js";

/** What one evaluation is of. */
export interface World {
  readonly program: Program;
  readonly params: readonly Tensor[];
  readonly batch: Batch;
  readonly groups: readonly Group[];
  readonly window: Window;
  readonly carried: Carried | null;
  readonly mode: Mode;
  readonly options: Options;
  readonly updates: number;
}

/** A value; null: it does not exist; undefined: it is not there yet, and has been asked for. */
export type Found = Tensor | null | undefined;

/** How the parts of the evaluator ask for instances. */
export interface Asking {
  readonly rule: (id: NodeId) => Rule;
  readonly fetch: (rule: Rule, group: number, step: number) => Found;
  /** Whether an instance exists; undefined as above. Its value may be gone by now. */
  readonly exists: (rule: Rule, group: number, step: number) => boolean | undefined;
  readonly release: (rule: Rule, group: number, step: number) => void;
  readonly groups: readonly Group[];
  readonly window: Window;
  readonly precision: Precision;
}

export interface Machine extends Asking {
  /** The value of an instance, or null. */
  readonly demand: (id: NodeId, group: number, step: number) => Tensor | null;
}

export const createMachine = (plan: Plan, world: World): Machine => {
  const { groups, window, batch, options } = world;
  const memo = createMemo(plan, groups, window);
  const zeros: (Tensor | undefined)[] = [];
  // The stack: instances that wait, each with its place in the memo and whatever it has gathered so far.
  let size = 1024, top = -1;
  let nodeAt = new Int32Array(size), groupAt = new Int32Array(size), stepAt = new Int32Array(size), slotAt = new Int32Array(size);
  const gathers: (Gather | undefined)[] = [];
  const doubled = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
    const wide = new Int32Array(size);
    wide.set(old);
    return wide;
  };
  const push = (id: NodeId, group: number, step: number, slot: number): void => {
    top += 1;
    if (top === size) {
      size *= 2;
      [nodeAt, groupAt, stepAt, slotAt] = [doubled(nodeAt), doubled(groupAt), doubled(stepAt), doubled(slotAt)];
    }
    nodeAt[top] = id;
    groupAt[top] = group;
    stepAt[top] = step;
    slotAt[top] = slot;
  };

  const ruleOf = (id: NodeId): Rule => {
    const rule = plan.rules[id];
    invariant(rule !== undefined, `there is no rule for node ${String(id)}`);
    return rule;
  };
  const groupOf = (group: number): Group => {
    const found = groups[group];
    invariant(found !== undefined, "there is no such group of rows");
    return found;
  };
  /** An instance outside the window: data are at hand, other values were recorded. */
  const before = (rule: Rule, group: number, step: number): Found => {
    if (!rule.primal && rule.numbers === null) return step < window.first && window.behind > 0 ? gradientBefore(rule, group, step) : null;
    if (step >= window.lower) return null;
    if (rule.numbers !== null && !rule.primal) {
      const numbered = before(ruleOf(rule.numbers), group, step);
      return numbered === null || numbered === undefined ? numbered : { ...numbered, data: allocate(options.precision, numbered.data.length).fill(step) };
    }
    if (rule.node.tag === "input") return inputAt(rule, group, step);
    return world.carried?.read(rule.id, step, groupOf(group)) ?? null;
  };
  const fetch = (rule: Rule, group: number, step: number): Found => {
    const slot = memo.slot(rule, group, step);
    if (slot < 0) return before(rule, group, step);
    const cell = memo.get(rule.id, slot);
    if (cell === undefined || cell === GONE) {
      memo.set(rule.id, slot, BUSY);
      push(rule.id, rule.kind === STATIC ? 0 : group, step, slot);
      return undefined;
    }
    if (cell === ABSENT) return null;
    if (cell === BUSY) throw new CompilerBug(`node ${String(rule.id)} needs itself at step ${String(step)}`);
    return cell;
  };
  const exists = (rule: Rule, group: number, step: number): boolean | undefined => {
    const slot = memo.slot(rule, group, step);
    if (slot >= 0 && memo.get(rule.id, slot) === GONE) return true;
    const found = fetch(rule, group, step);
    return found === undefined ? undefined : found !== null;
  };
  const release = (rule: Rule, group: number, step: number): void => {
    memo.release(rule, memo.slot(rule, group, step));
  };
  const asking: Asking = { rule: ruleOf, fetch, exists, release, groups, window, precision: options.precision };
  const ranges = createRanges(plan, asking);

  for (const read of plan.pinned) {
    const rule = ruleOf(read.node);
    groups.forEach((group, g) => { memo.pin(rule, memo.slot(rule, g, (read.access === "first" ? 0 : group.end) + read.plus)); });
  }
  for (const [id, { lag }] of world.batch.window === undefined ? [] : plan.recorded) {
    const rule = plan.rules[id];
    if (rule === undefined) continue;
    for (const g of groups.keys()) for (let k = window.counts - lag; k <= window.counts; k += 1) memo.pin(rule, memo.slot(rule, g, k));
  }

  const operand = (read: Read, group: number, step: number): Found => {
    switch (read.access) {
      case "now":
        return fetch(ruleOf(read.node), group, step);
      case "shift":
        return fetch(ruleOf(read.node), group, step + read.plus);
      case "first":
        return fetch(ruleOf(read.node), group, read.plus + (ruleOf(read.node).primal ? 0 : window.behind));
      case "last":
        return fetch(ruleOf(read.node), group, groupOf(group).end + read.plus);
      case "range":
        return ranges.stack(read, group, step);
      case "fan":
        return ranges.fan(read, group, step);
      case "over":
        throw new CompilerBug("a collective was read as an instance");
    }
  };
  const releaseRead = (read: Read, group: number, step: number): void => {
    if (!read.counted) return;
    if (read.access === "range" || read.access === "fan") ranges.release(read, group, step);
    else release(ruleOf(read.node), group, step + read.plus);
  };

  const inputAt = (rule: Rule, group: number, step: number): Tensor | null => {
    if (rule.node.tag !== "input") return null;
    const value = batch.inputs.get(rule.node.name);
    invariant(value !== undefined, `input ${rule.node.name} is not bound`);
    const rows = groupOf(group);
    if (rule.kind !== STEP) return rowsOf(value, rows);
    const index = step - (batch.from?.get(rule.node.name) ?? FIRST_STEP);
    return index < 0 || index >= (value.shape[0] ?? 0) || step > rows.end ? null : rowsAt(value, rows, index);
  };

  /** Equations hold on the steps 0…T; pieces say themselves where they do, and gradients go wherever a value was. */
  const holds = (rule: Rule, group: number, step: number): boolean => {
    if (rule.kind === STATIC) return true;
    const { end, cut } = groupOf(group);
    if (rule.kind === SAMPLE) return !rule.objective || (!cut && end <= window.counts);
    if (rule.objective && (step < window.first || step > window.counts)) return false;
    return !rule.primal || (step >= 0 && step <= end);
  };
  const holdsPiece = (rule: Rule, on: Interval | null, group: number, step: number): boolean => {
    // What is shared by all rows asks for none: a window may lie past the end of each.
    if (on === null && (!rule.primal || rule.kind !== STEP)) return true;
    const { end } = groupOf(group);
    if (on === null) return step >= 0 && step <= end;
    const own = rule.moves ? { lower: behind(on.lower), upper: behind(on.upper) } : on;
    return step >= momentAt(own.lower, step, end) && step <= momentAt(own.upper, step, end);
  };
  const behind = (at: Moment): Moment => (at.from === "0" ? shiftMoment(at, window.behind) : at);

  const run: { -readonly [K in keyof Run]: Run[K] } = {
    precision: options.precision, mode: world.mode, types: [], rows: 1, batched: false, seed: options.seed, update: world.updates, t: 0, samples: batch.samples,
  };
  const setRun = (rule: Rule, rows: number, samples: Int32Array, step: number): Run => {
    run.types = world.program.types?.[rule.id] ?? [];
    run.rows = rows;
    run.batched = rule.kind !== STATIC;
    run.t = rule.kind === STEP ? step : 0;
    run.samples = samples;
    return run;
  };
  const apply = (rule: Rule, ins: readonly Tensor[], rows: number, samples: Int32Array, step: number): Tensor => {
    const { forward } = rule;
    invariant(forward !== null, `${rule.node.tag === "op" ? rule.node.op : "?"} has no reference implementation; expand it first`);
    const [value] = forward(ins, rule.attrs, setRun(rule, rows, samples, step));
    invariant(value !== undefined, "an op gave no result");
    return value;
  };
  const valueOfOp = (rule: Rule, group: number, step: number): Found => {
    if (rule.collective) return collect(rule, group, step);
    if (rule.kind !== STATIC && !holds(rule, group, step)) return null;
    const value = valueAt(rule, group, step);
    if (value !== undefined && value !== null) for (const read of rule.reads) releaseRead(read, group, step);
    return value;
  };
  const valueAt = (rule: Rule, group: number, step: number): Found => {
    const { reads } = rule;
    const ins: Tensor[] = [];
    for (const read of reads) {
      const x = operand(read, group, step);
      if (x === undefined || x === null) return x;
      ins.push(x);
    }
    const rows = rule.kind === STATIC ? null : groupOf(group);
    return apply(rule, ins, rows?.rows.length ?? 1, rows?.samples ?? batch.samples, step);
  };
  const collect = (rule: Rule, group: number, step: number): Found => {
    const frame = top;
    const gather = gathers[frame] ?? createGather(rule, group, step, asking);
    gathers[frame] = gather;
    if (!gather.advance()) return undefined;
    gathers[frame] = undefined;
    return gather.finish((ins, rows, samples) => apply(rule, ins, rows, samples, step));
  };

  /** A value in the shape of its equation: a number may stand for a whole. */
  const shaped = (rule: Rule, x: Tensor): Tensor => {
    const { shape } = rule;
    return shape === null || x.shape.length === shape.length ? x : indexing.expandTo(x, shape);
  };
  /** What a gradient that a macro states finds before the window: nothing comes there, and its own equations see the window as a whole sequence. */
  const gradientBefore = (rule: Rule, group: number, step: number): Found => {
    const { node, steps } = rule;
    if (steps !== null && step < momentAt(behind(steps.lower), step, groupOf(group).end)) return null;
    if (node.tag === "sum") return zero(rule);
    if (node.tag === "op") return rule.collective ? null : valueAt(rule, group, step);
    const k = rule.on.findIndex((on) => on !== null && holdsPiece(rule, on, group, step)), read = rule.reads[k];
    const x = read === undefined ? null : operand(read, group, step);
    return x === undefined || x === null ? x : shaped(rule, x);
  };
  const valueOfCases = (rule: Rule, group: number, step: number): Found => {
    if (rule.objective && !holds(rule, group, step)) return null;
    for (let k = 0; k < rule.reads.length; k += 1) {
      const read = rule.reads[k];
      if (read === undefined || !holdsPiece(rule, rule.on[k] ?? null, group, step)) continue;
      const x = operand(read, group, step);
      if (x === undefined) return undefined;
      if (x === null) continue;
      releaseRead(read, group, step);
      return shaped(rule, x);
    }
    return null;
  };
  const zero = (rule: Rule): Tensor | null => {
    if (rule.shape === null) return null;
    return (zeros[rule.id] ??= { shape: rule.shape, rows: 1, batched: false, data: allocate(options.precision, sizeOf(rule.shape)) });
  };
  const valueOfSum = (rule: Rule, group: number, step: number): Found => {
    if (rule.objective && !holds(rule, group, step)) return null;
    if (rule.primal && rule.kind === STEP && (step < 0 || step > groupOf(group).end)) return null;
    const terms: Tensor[] = [];
    for (let k = 0; k < rule.reads.length; k += 1) {
      const read = rule.reads[k];
      if (read === undefined || (rule.kind === STEP && !holdsPiece(rule, rule.on[k] ?? null, group, step))) continue;
      const x = operand(read, group, step);
      if (x === undefined) return undefined;
      if (x !== null) terms.push(shaped(rule, x));
    }
    for (let k = 0; k < rule.reads.length; k += 1) {
      const read = rule.reads[k];
      if (read?.counted === true && holdsPiece(rule, rule.on[k] ?? null, group, step)) releaseRead(read, group, step);
    }
    const [only] = terms;
    if (only === undefined) return zero(rule);
    return terms.length === 1 ? only : sumOf(terms, only.shape, options.precision);
  };
  /** A short sequence may have none of a value. */
  const existence = groups.some(({ end }) => end < plan.regular) ? plan.existence() : null;
  const isThere = ({ id, kind, primal, within }: Rule, group: number, step: number): boolean => {
    if (kind === STATIC) return true;
    const { end } = groupOf(group);
    if (primal && existence !== null && existence.least(id) > end) return false;
    return kind !== STEP || within === null || (step >= momentAt(within.lower, step, end) && step <= momentAt(within.upper, step, end));
  };
  const valueOf = (rule: Rule, group: number, step: number): Found => {
    const { node } = rule;
    if (!isThere(rule, group, step)) return null;
    switch (node.tag) {
      case "input":
        return inputAt(rule, group, step);
      case "param":
        return world.params[node.param];
      case "op":
        return valueOfOp(rule, group, step);
      case "cases":
        return valueOfCases(rule, group, step);
      case "sum":
        return valueOfSum(rule, group, step);
      case "pick":
        throw new CompilerBug("ops with several results come with environments");
    }
  };
  const demand = (id: NodeId, group: number, step: number): Tensor | null => {
    const rule = ruleOf(id);
    for (;;) {
      const found = fetch(rule, group, step);
      if (found !== undefined) return found;
      while (top >= 0) {
        const frame = top;
        const waiting = ruleOf(nodeAt[frame] ?? 0);
        const value = valueOf(waiting, groupAt[frame] ?? 0, stepAt[frame] ?? 0);
        if (value === undefined) continue;
        memo.set(waiting.id, slotAt[frame] ?? 0, value ?? ABSENT);
        top -= 1;
      }
    }
  };
  return { ...asking, demand };
};
