/** The reference evaluator: values by demand, each computed once, no schedule. */
import { demandOrder, horizonOf, invariant, read, windowAt, WHOLE } from "@sequent/ir";
import type { Env, NodeId, Operand, ParamId, Program, Tensor, Window } from "@sequent/ir";
import type { Batch, Mode, Options, Rows, Series } from "./batch.js";
import { carriedOf, record } from "./carried.js";
import type { Carried, Entry } from "./carried.js";
import { groupsOf, startOf, wholeGroup } from "./groups.js";
import { createMachine } from "./machine.js";
import type { Machine } from "./machine.js";
import { seriesOf, valueOf } from "./results.js";
import { kindOf, planOf, STEP } from "./rules.js";
import type { Plan } from "./rules.js";
import { initialState } from "./state.js";
import { compute, plan, present } from "./untimed.js";
import type { Step } from "./untimed.js";

export interface Interpreter {
  /** The values of the parameters now, by ParamId; slots, copies and statistics too. */
  readonly params: () => readonly Tensor[];
  readonly setParam: (id: ParamId, value: Tensor) => void;
  /** The number of Updates done. */
  readonly updates: () => number;
  readonly setUpdates: (count: number) => void;
  /** What the last window has left for the next one. */
  readonly carried: () => readonly Entry[];
  readonly setCarried: (entries: readonly Entry[]) => void;
  /** Values without time. A row that has none (its sequence has no such step) is NaN. */
  readonly evaluate: (wanted: readonly Operand[], batch: Batch, mode: Mode) => readonly Tensor[];
  /** Values with or without time, by node; rows of their own where some row has none. */
  readonly observe: (wanted: readonly NodeId[], batch: Batch, mode: Mode) => readonly (Tensor | Rows | Series)[];
  /** One Update in train mode; gives `wanted` as they were before it. */
  readonly update: (wanted: readonly Operand[], batch: Batch) => readonly Tensor[];
}

/** What is known of a list of wanted values: the steps of a program without time, or the rules of one with it. */
type Prepared = { readonly tag: "untimed"; readonly steps: readonly Step[] } | { readonly tag: "timed"; readonly plan: Plan };

export const createInterpreter = (program: Program, env: Env, options: Options): Interpreter => {
  const params = initialState(program, env, options.seed, options.precision);
  const prepared = new Map<string, Prepared>();
  const horizon = horizonOf(program);
  let updates = 0;
  let carried: Carried | null = null;

  const prepare = (wanted: readonly NodeId[]): Prepared => {
    const key = wanted.join(",");
    const known = prepared.get(key);
    if (known !== undefined) return known;
    const operands = wanted.map((node) => read(node));
    const timed = demandOrder(program.nodes, operands).some((id) => kindOf(program, id) === STEP);
    const made: Prepared = timed ? { tag: "timed", plan: planOf(program, env, wanted, horizon) } : { tag: "untimed", steps: plan(program, env, operands) };
    prepared.set(key, made);
    return made;
  };
  const machineFor = (made: Plan, batch: Batch, mode: Mode, window: Window): Machine => {
    const timed = made.rules.some((rule) => rule?.kind === STEP);
    const groups = timed ? groupsOf(program, batch, window) : [wholeGroup(batch)];
    const before = window.lower === WHOLE.lower ? null : carried;
    return createMachine(made, { program, params, batch, groups, window, carried: before, mode, options, updates });
  };
  /** Evaluates over time, and records what the next window reads. */
  const overTime = <A>(made: Plan, batch: Batch, mode: Mode, take: (machine: Machine) => A): A => {
    if (batch.window === undefined || horizon === null) return take(machineFor(made, batch, mode, WHOLE));
    const start = startOf(program, batch);
    const window = windowAt(horizon, start, batch.window);
    const machine = machineFor(made, batch, mode, window);
    const taken = take(machine);
    carried = record(made, machine, window, windowAt(horizon, start, batch.window + 1), batch.window === 0 ? null : carried, batch.rows);
    return taken;
  };
  const evaluate = (wanted: readonly Operand[], batch: Batch, mode: Mode): readonly Tensor[] => {
    const ids = wanted.map((x) => x.node);
    const made = prepare(ids);
    if (made.tag === "untimed") return compute(made.steps, wanted, { program, params, batch, mode, options, updates });
    return overTime(made.plan, batch, mode, (machine) => ids.map((id) => {
      invariant(machine.rule(id).kind !== STEP, "a value over time has no single tensor");
      return filled(valueOf(machine, id, batch));
    }));
  };
  const nexts = (program.updates ?? []).map((update) => update.next);
  return {
    params: () => params,
    setParam: (id, value) => {
      params[id] = value;
    },
    updates: () => updates,
    setUpdates: (count) => {
      updates = count;
    },
    carried: () => carried?.entries ?? [],
    setCarried: (entries) => {
      carried = carriedOf(entries);
    },
    evaluate,
    observe: (wanted, batch, mode) => {
      const made = prepare(wanted);
      if (made.tag === "untimed") return evaluate(wanted.map((node) => read(node)), batch, mode);
      return overTime(made.plan, batch, mode, (machine) =>
        wanted.map((id) => (machine.rule(id).kind === STEP ? seriesOf(machine, id, batch) : valueOf(machine, id, batch))));
    },
    update: (wanted, batch) => {
      const values = evaluate([...wanted, ...nexts], batch, "train");
      (program.updates ?? []).forEach((update, k) => {
        params[update.param] = present(values[wanted.length + k], update.next.node);
      });
      updates += 1;
      return values.slice(0, wanted.length);
    },
  };
};

/** Rows that have no value as NaN. */
const filled = (value: Tensor | Rows): Tensor => {
  if ("data" in value) return value;
  const first = value.find((row) => row !== null) ?? null;
  const size = first?.data.length ?? 1;
  const data = new Float64Array(value.length * size).fill(NaN);
  value.forEach((row, r) => { if (row !== null) data.set(row.data, r * size); });
  return { shape: first?.shape ?? [], rows: value.length, batched: true, data };
};
