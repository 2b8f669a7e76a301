/** What statements count of a window: means over the instances at its first steps, and at the ends of sequences that are in it. */
import { createBuilder, FIRST_STEP, invariant, isBefore, isEmptySteps, moment, read, sameSteps, shiftMoment } from "@sequent/ir";
import type { Env, Horizon, Interval, Metric, NodeId, Objective, Operand, Program } from "@sequent/ir";
import { LONG_INPUT, WINDOW_INPUT } from "./windows.js";
import type { Mask, Windowed, WindowProblem } from "./windows.js";

export interface Counting {
  /** Null: whole sequences, of which all counts that there is. */
  readonly horizon: Horizon | null;
  readonly first: number;
  /** Statements that have a mask whatever this window is, by their numbers. */
  readonly masked?: ReadonlySet<number>;
  /** Whether the same program is that of the first window, too. */
  readonly hasBeginning: boolean;
  /** The last step that a row must have for a value to exist, of those that short ones have none of. */
  readonly lacking?: ReadonlyMap<NodeId, number>;
}

/** The steps of a window of whose rows the first stands at `first`. */
const everyStep = (first: number): Interval => ({ lower: moment("0", first), upper: moment("T") });

/** The statements that count at some steps of a window alone, whose domains `program` has: a mask says at which. */
export const countingByMask = (program: Program, whole: Program, { horizon, first }: { readonly horizon: Horizon; readonly first: number }): ReadonlySet<number> =>
  new Set(program.objectives.flatMap(({ value }, k) => {
    const on = value === null ? null : ((program.domains ?? [])[value]?.time ?? null), begins = value === null ? FIRST_STEP : ((whole.domains ?? [])[value]?.time?.lower.plus ?? FIRST_STEP);
    return on !== null && sameSteps(on, everyStep(first)) && begins === FIRST_STEP && horizon.ahead === 0 ? [] : [k];
  }));

const LOST = "what counts at step 0 and reads values before it";

/** Means over the instances that count in a window: objectives' at its first steps, and at the ends of sequences. */
export const countInWindow = (program: Program, whole: Program, env: Env, { horizon, first, masked: always = new Set(), hasBeginning, lacking = new Map() }: Counting): Pick<Windowed, "program" | "masks" | "counts"> | WindowProblem => {
  const b = createBuilder(program, env);
  const masks: Mask[] = [];
  const data = { tag: "data" } as const;
  const by = first - FIRST_STEP;
  /** 1 at the steps from `from` on that count, or, without time, where sequences end in the window. */
  const maskSteps = (from: number): Interval => ({ lower: moment("0", by + Math.min(from, FIRST_STEP)), upper: moment("T") });
  const maskOf = (from: number | null): Operand => {
    const known = masks.find((one) => one.from === from);
    if (known !== undefined) return read(known.input);
    const time = from === null ? null : maskSteps(from);
    const input = b.reserve({ shape: [], dtype: "float", classes: null }, { space: data, time: time !== null }, { space: data, time });
    b.define(input, { tag: "input", name: `${WINDOW_INPUT}${from === null ? "ends" : `counted ${String(from)}`}`, ...(time === null ? {} : { time: true }) });
    masks.push({ from, input });
    return read(input);
  };
  const one = b.constant(1), zero = b.constant(0);
  const total = (x: Operand): Operand => b.op("core.total", [b.all(x)]);
  const counts: (NodeId | null)[] = [];
  /** Rows that are long enough for a value to exist; null: all are. */
  const rowsWith = (value: NodeId): Operand | null => {
    const end = lacking.get(value);
    if (end === undefined) return null;
    const known = long.get(end);
    if (known !== undefined) return known;
    const input = b.reserve({ shape: [], dtype: "float", classes: null }, { space: data, time: false }, { space: data, time: null });
    b.define(input, { tag: "input", name: `${LONG_INPUT}${String(end)}` });
    long.set(end, read(input));
    return read(input);
  };
  const long = new Map<number, Operand>();
  const only = (conditions: readonly (Operand | null)[], value: Operand): Operand => conditions.reduceRight<Operand>((x, condition) => (condition === null ? x : b.op("core.where", [condition, x, zero])), value);
  const meanOf = (part: Operand, count: Operand): NodeId => b.op("core.div", [total(part), b.op("core.maximum", [count, one])]).node;
  /** Which instances count, of a value on such steps: those of a mask, in rows that are long enough. */
  const counting = (on: Interval | null, mask: Operand | null, rows: Operand | null): Operand => {
    if (mask !== null) return only([rows], mask);
    invariant(rows !== null, "what has no mask counts everywhere");
    return on === null ? rows : b.join([{ on, value: rows }]);
  };
  const stepsOf = (of: Program, id: NodeId): Interval | null => (of.domains ?? [])[id]?.time ?? null;
  const whenMasked = horizon === null ? new Set<number>() : new Set([...always, ...countingByMask(program, whole, { horizon, first })]);
  /** Of steps before the sequence a window has what it reads from there alone. */
  const isLost = (on: Interval | null, begins: number): boolean => hasBeginning && on?.lower.from === "0" && begins < Math.min(FIRST_STEP, on.lower.plus - by);
  const ofObjective = (objective: Objective, k: number): Objective | WindowProblem => {
    const { value, mean, span } = objective;
    const varies = value === null ? undefined : (program.varies ?? [])[value];
    b.within(null, span);
    if (mean === null || value === null || varies?.space.tag !== "data") {
      counts.push(null);
      return objective;
    }
    const on = stepsOf(program, value), begins = stepsOf(whole, value)?.lower.plus ?? FIRST_STEP;
    const rows = rowsWith(value), isMasked = whenMasked.has(k);
    if (!isMasked && rows === null) {
      counts.push(null);
      return objective;
    }
    if (isMasked && isLost(on, begins)) return { at: span, message: LOST };
    if (isMasked && on !== null && isEmptySteps(on)) {
      counts.push(zero.node);
      return { ...objective, value: zero.node, mean: zero.node };
    }
    const mask = isMasked ? maskOf(on === null ? null : begins) : null, steps = isMasked ? maskSteps(begins) : null;
    const both: Interval | null = on === null || steps === null ? on : { lower: isBefore(on.lower, steps.lower) ? steps.lower : on.lower, upper: isBefore(steps.upper, on.upper) ? steps.upper : on.upper };
    const at = counting(both, mask === null || both === null || steps === null || sameSteps(both, steps) ? mask : b.join([{ on: both, value: mask }]), rows);
    const count = total(at);
    counts.push(count.node);
    if (objective.tag === "ascend" && objective.from.length > 0 && both !== null) {
      // Each instance goes back to its own instances of the left side: it weighs as much as it does in the mean of those that count.
      const part = b.op("core.where", [at, read(value), zero]);
      const weighed = b.op("core.mul", [part, b.op("core.div", [b.op("core.count", [b.all(part)]), b.op("core.maximum", [count, one])])]);
      return { ...objective, value: weighed.node, mean: b.op("core.average", [b.all(weighed)]).node };
    }
    const made = meanOf(only([mask, rows], read(value)), count);
    // What is ascended or descended is the mean itself: where gradients start, all is counted.
    return { ...objective, value: made, mean: made };
  };
  /** Metrics are of whole sequences: only what the first window has later is left out. */
  const ofMetric = (metric: Metric): Metric | WindowProblem => {
    const node = metric.mean === null ? undefined : program.nodes[metric.mean];
    const [value] = node?.tag === "op" ? node.ins : [];
    const on = value === undefined ? null : stepsOf(program, value.node), begins = value === undefined ? null : (stepsOf(whole, value.node)?.lower ?? null);
    b.within(null, metric.span);
    const rows = value === undefined ? null : rowsWith(value.node);
    const mean = (x: Operand, steps: Interval | null): NodeId => (rows === null ? b.op("core.average", [b.all(x)]).node : meanOf(only([rows], x), total(counting(steps, null, rows))));
    if (value !== undefined && on === null && rows !== null) return { ...metric, mean: mean(read(value.node), null) };
    if (value === undefined || on === null || begins === null) return metric;
    if (isLost(on, begins.plus)) return { at: metric.span, message: LOST };
    if (on.lower.plus - by >= begins.plus) return rows === null ? metric : { ...metric, mean: mean(read(value.node), on) };
    const steps: Interval = { lower: shiftMoment(begins, by), upper: on.upper };
    return { ...metric, mean: mean(b.join([{ on: steps, value: read(value.node) }]), steps) };
  };
  const objectives: Objective[] = [];
  for (const [k, objective] of program.objectives.entries()) {
    const made = ofObjective(objective, k);
    if ("message" in made) return made;
    objectives.push(made);
  }
  const metrics: Metric[] = [];
  for (const metric of program.metrics) {
    const made = ofMetric(metric);
    if ("message" in made) return made;
    metrics.push(made);
  }
  return { program: b.finish({ objectives, metrics }), masks, counts };
};

