/** Reads of several steps at once, and their transposes. */
import { allocate, indexing, invariant, momentAt, nearestSteps, sizeOf, transposed } from "@sequent/ir";
import type { Moment, Tensor, Values } from "@sequent/ir";
import { like } from "./groups.js";
import type { Asking, Found } from "./machine.js";
import { SAMPLE, STEP } from "./rules.js";
import type { Plan, Range, Read, Rule } from "./rules.js";

export interface Ranges {
  /** The elements that a reader at `step` finds, stacked along a new leading axis. */
  readonly stack: (read: Read, group: number, step: number) => Found;
  /** What the readers of a range add to the gradient of its element at `step`. */
  readonly fan: (read: Read, group: number, step: number) => Found;
  readonly release: (read: Read, group: number, step: number) => void;
}

/** A list of steps while it is being found. */
interface Search {
  readonly steps: number[];
  next: number;
  done: boolean;
}

export const createRanges = (plan: Plan, ask: Asking): Ranges => {
  const found: readonly Map<string, readonly number[]>[] = plan.ranges.map(() => new Map());
  const searches: readonly Map<string, Search>[] = plan.ranges.map(() => new Map());
  const endOf = (group: number): number => ask.groups[group]?.end ?? 0;
  const stepOf = (m: Moment, group: number, step: number): number => momentAt(m, step, endOf(group));
  const keyOf = (group: number, step: number): string => `${String(group)} ${String(step)}`;

  /** The steps that exist from `lower` to `upper`; undefined: one has to be asked first. */
  const existing = (range: Range, rule: Rule, group: number, step: number): readonly number[] | undefined => {
    const [lower, upper] = boundsOf(range, group, step);
    const key = keyOf(group, step);
    const search: Search = searches[range.id]?.get(key) ?? { steps: [], next: lower, done: false };
    for (; search.next <= upper; search.next += 1) {
      const there = ask.exists(rule, group, search.next);
      if (there === undefined) {
        searches[range.id]?.set(key, search);
        return undefined;
      }
      if (there) search.steps.push(search.next);
    }
    searches[range.id]?.delete(key);
    return search.steps;
  };
  /** The first and the last step that may be an element: a range without a fixed length keeps the `keep` nearest its reader. */
  const boundsOf = (range: Range, group: number, step: number): readonly [number, number] => {
    const lower = stepOf(range.on.lower, group, step), upper = stepOf(range.on.upper, group, step);
    if (range.fixed || range.keep === Infinity) return [lower, upper];
    return nearestSteps(range.on, lower, upper, range.keep);
  };
  /** Elements beyond the ends take the boundary around the episode if there is one, else they repeat the first or the last. */
  const padded = (range: Range, rule: Rule, group: number, step: number, there: readonly number[]): readonly number[] | undefined => {
    const lower = stepOf(range.on.lower, group, step), upper = stepOf(range.on.upper, group, step);
    const [first = 0] = there, last = there.at(-1) ?? 0;
    if (there.length === upper - lower + 1) return there;
    const before = first > lower ? ask.exists(rule, group, -1) : false;
    const after = last < upper ? ask.exists(rule, group, endOf(group) + 1) : false;
    if (before === undefined || after === undefined) return undefined;
    return Array.from({ length: upper - lower + 1 }, (_, k) => {
      const at = lower + k;
      if (at < first) return before ? -1 : first;
      return at > last ? (after ? endOf(group) + 1 : last) : (there.findLast((s) => s <= at) ?? first);
    });
  };
  /** The steps of the elements that a reader finds; none: it does not exist. */
  const elements = (range: Range, group: number, step: number): readonly number[] | undefined => {
    const key = keyOf(group, step);
    const known = found[range.id]?.get(key);
    if (known !== undefined) return known;
    const rule = ask.rule(range.of);
    const there = existing(range, rule, group, step);
    if (there === undefined) return undefined;
    const all = range.fixed && there.length > 0 ? padded(range, rule, group, step, there) : there;
    if (all !== undefined) found[range.id]?.set(key, all);
    return all;
  };
  const rangeOf = (read: Read): Range => {
    invariant(read.range !== null, "a range without its ends");
    return read.range;
  };

  const stack = (read: Read, group: number, step: number): Found => {
    const range = rangeOf(read), rule = ask.rule(range.of);
    const steps = elements(range, group, step);
    if (steps === undefined) return undefined;
    if (steps.length === 0) return null;
    const parts: Tensor[] = [];
    for (const at of steps) {
      const x = ask.fetch(rule, group, at);
      if (x === undefined) return undefined;
      if (x !== null) parts.push(x);
    }
    return stackOf(parts);
  };

  /** From which steps a reader can see `step`; one without steps of its own sees it from nowhere else. */
  const readersAt = (range: Range, reader: Rule, group: number, step: number): readonly [number, number] => {
    if (reader.kind !== STEP) return [0, 0];
    const { lower, upper } = transposed(range.on);
    return [Math.max(stepOf(lower, group, step), ask.window.first), Math.min(stepOf(upper, group, step), endOf(group) + 1)];
  };
  const fan = (read: Read, group: number, step: number): Found => {
    const range = rangeOf(read), reader = ask.rule(read.node);
    const [from, to] = readersAt(range, reader, group, step);
    const terms: { readonly g: Tensor; readonly at: number }[] = [];
    for (let s = from; s <= to; s += 1) {
      const steps = elements(range, group, s);
      if (steps === undefined) return undefined;
      const [first = 0] = steps;
      const direct = step - first;
      // Where nothing repeats, the place of a step is its distance from the first.
      const single = !range.fixed && steps[direct] === step;
      if (!single && !steps.includes(step)) continue;
      const g = ask.fetch(reader, group, s);
      if (g === undefined) return undefined;
      if (g === null) continue;
      if (single) terms.push({ g, at: direct });
      else steps.forEach((at, k) => { if (at === step) terms.push({ g, at: k }); });
    }
    return terms.length === 0 ? null : sumOfRows(terms, ask);
  };
  const release = (read: Read, group: number, step: number): void => {
    const range = rangeOf(read);
    if (read.access === "range") for (const at of new Set(elements(range, group, step))) ask.release(ask.rule(range.of), group, at);
    else {
      const reader = ask.rule(read.node);
      if (reader.kind === SAMPLE) return;
      const [from, to] = readersAt(range, reader, group, step);
      for (let s = from; s <= to; s += 1) if (elements(range, group, s)?.includes(step) === true) ask.release(reader, group, s);
    }
  };
  return { stack, fan, release };
};

const stackOf = (parts: readonly Tensor[]): Tensor => {
  const [first] = parts;
  invariant(first !== undefined, "a range without elements");
  const size = sizeOf(first.shape), n = parts.length;
  const rows = parts.reduce((most, x) => Math.max(most, x.rows), 1);
  const data: Values = like(first.data, rows * n * size);
  parts.forEach((x, k) => {
    const wide = x.shape.length === first.shape.length ? x : indexing.expandTo(x, first.shape);
    for (let r = 0; r < rows; r += 1) {
      const from = wide.batched ? r * size : 0;
      data.set(wide.data.subarray(from, from + size), (r * n + k) * size);
    }
  });
  return { shape: [n, ...first.shape], rows, batched: parts.some((x) => x.batched), data };
};

const sumOfRows = (terms: readonly { readonly g: Tensor; readonly at: number }[], ask: Asking): Tensor => {
  const [{ g: first } = { g: undefined }] = terms;
  invariant(first !== undefined, "a transpose without terms");
  const shape = first.shape.slice(1), size = sizeOf(shape);
  const rows = terms.reduce((most, { g }) => Math.max(most, g.rows), 1);
  const data = allocate(ask.precision, rows * size);
  for (const { g, at } of terms) {
    const n = g.shape[0] ?? 1;
    for (let r = 0; r < rows; r += 1) {
      const from = ((g.batched ? r * n : 0) + at) * size;
      for (let i = 0; i < size; i += 1) data[r * size + i] = (data[r * size + i] ?? 0) + (g.data[from + i] ?? 0);
    }
  }
  return { shape, rows, batched: terms.some(({ g }) => g.batched), data };
};
