/** The pass that decides what is computed when: once, for all steps at once, or step after step. */
import * as E from "fp-ts/lib/Either.js";
import { frozen, invariant, operandsOf, read } from "@sequent/ir";
import type { Env, NodeId, Operand, Pass, Program, Schedule, ScheduleStep } from "@sequent/ir";
import { produce } from "immer";
import { directionOf, skewsOf } from "./direction.js";
import type { Direction } from "./direction.js";
import { createNeeded } from "./needed.js";
import { componentsOf, isRecurrence } from "./reads.js";
import type { Component } from "./reads.js";

/** What training wants of a program: the means of statements and metrics, the loss, next values. */
export const goalsOf = (program: Program): readonly Operand[] => [
  ...program.objectives.flatMap((one) => (one.mean === null ? [] : [read(one.mean)])),
  ...program.metrics.flatMap((one) => (one.mean === null ? [] : [read(one.mean)])),
  ...(program.loss === null || program.loss === undefined ? [] : [program.loss]),
  ...(program.updates ?? []).map((update) => update.next),
];

/** A component as a unit of the schedule. */
interface Unit {
  readonly component: Component;
  readonly direction: Direction | null;
  readonly kind: ScheduleStep["tag"];
}

const unitOf = (program: Program, env: Env, component: Component): Unit => {
  if (isRecurrence(component)) {
    const found = directionOf(component);
    invariant(found.tag === "runs", "a recurrence without a direction reached the scheduler");
    return { component, direction: found.direction, kind: "scan" };
  }
  const id = component.nodes[0] ?? 0;
  const node = program.nodes[id];
  const collective = node?.tag === "op" && env.ops.get(node.op)?.collective === true;
  return { component, direction: null, kind: collective ? "collect" : (program.varies ?? [])[id]?.time === true ? "map" : "line" };
};

/** The order within one iteration: after what is read of the same iteration. */
const scanOf = ({ component, direction }: Unit): ScheduleStep => {
  invariant(direction !== null, "a scan has a direction");
  const skews = skewsOf(component, direction);
  const skew = (id: NodeId): number => skews.get(id) ?? 0;
  const back = direction === "forward" ? 1 : -1;
  // How many iterations ago what is read was computed: 0 is this one.
  const ago = (from: NodeId, to: NodeId, offset: number): number => back * (skew(to) - skew(from) - offset);
  const missing = new Map<NodeId, number>(component.nodes.map((id) => [id, 0]));
  const readers = new Map<NodeId, NodeId[]>();
  let lag = 0;
  for (const { from, to, least, most } of component.reads) {
    const offset = direction === "forward" ? most : least;
    const other = direction === "forward" ? least : most;
    lag = Math.max(lag, ago(from, to, offset), Number.isFinite(other) ? ago(from, to, other) : Infinity);
    if (ago(from, to, offset) !== 0) continue;
    missing.set(from, (missing.get(from) ?? 0) + 1);
    readers.set(to, [...(readers.get(to) ?? []), from]);
  }
  const ready = component.nodes.filter((id) => missing.get(id) === 0);
  const nodes: { readonly node: NodeId; readonly skew: number }[] = [];
  for (const id of ready) {
    nodes.push({ node: id, skew: skew(id) });
    for (const reader of readers.get(id) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  invariant(nodes.length === component.nodes.length, "a circle within one iteration");
  return { tag: "scan", direction, nodes, lag: Number.isFinite(lag) ? lag : null };
};

/** What can be done without a loop as early as possible, so that loops are few and short; then one loop, and on. */
const ORDER: readonly ScheduleStep["tag"][] = ["line", "map", "collect", "scan"];

export const scheduleFor = (program: Program, env: Env, wanted: readonly Operand[]): Schedule => {
  const units = componentsOf(program, env).map((component) => unitOf(program, env, component));
  const needed = createNeeded(program, env);
  for (const x of wanted) needed.want(x);
  for (const unit of units.toReversed()) needed.passOn(unit.component.nodes, unit.direction);
  const used = units.filter((unit) => unit.component.nodes.some(needed.isWanted));
  return { steps: arrange(program, used), needed: program.nodes.map((_, id) => needed.stepsOf(id)) };
};

const arrange = (program: Program, units: readonly Unit[]): readonly ScheduleStep[] => {
  const unitAt = new Map<NodeId, number>(units.flatMap((unit, k) => unit.component.nodes.map((id) => [id, k] as const)));
  const readers: number[][] = units.map(() => []);
  const missing = units.map(({ component }, k) => {
    const sources = new Set(component.nodes.flatMap((id) => readsOf(program, id)).map((id) => unitAt.get(id)).filter((of) => of !== undefined && of !== k));
    for (const source of sources) if (source !== undefined) readers[source]?.push(k);
    return sources.size;
  });
  const ready = new Map<ScheduleStep["tag"], number[]>(ORDER.map((kind) => [kind, []]));
  const add = (k: number): void => { ready.get(units[k]?.kind ?? "line")?.push(k); };
  missing.forEach((count, k) => { if (count === 0) add(k); });
  const steps: ScheduleStep[] = [];
  const finish = (k: number): void => {
    for (const reader of readers[k] ?? []) {
      missing[reader] = (missing[reader] ?? 0) - 1;
      if (missing[reader] === 0) add(reader);
    }
  };
  for (;;) {
    const kind = ORDER.find((one) => (ready.get(one)?.length ?? 0) > 0);
    if (kind === undefined) return steps;
    const queue = ready.get(kind) ?? [];
    if (kind === "scan") {
      const k = queue.shift() ?? 0;
      const unit = units[k];
      if (unit !== undefined) steps.push(scanOf(unit));
      finish(k);
      continue;
    }
    const nodes: NodeId[] = [];
    // What becomes ready on the way joins, if it is of this kind.
    for (const k of queue) {
      nodes.push(...(units[k]?.component.nodes ?? []));
      finish(k);
    }
    queue.length = 0;
    steps.push({ tag: kind, nodes });
  }
};

const readsOf = (program: Program, id: NodeId): readonly NodeId[] => {
  const node = program.nodes[id];
  return node === undefined ? [] : operandsOf(node).map((x) => x.node);
};

export const schedulePass: Pass = {
  name: "schedule",
  doc: "Decides what is computed once, for all steps at once, or step after step.",
  requires: ["timed"],
  provides: ["scheduled"],
  breaks: [],
  run: (program) => (env) => {
    const schedule = scheduleFor(program, env, goalsOf(program));
    return E.right(produce(program, (draft) => { Object.assign(draft, frozen({ schedule })); }));
  },
};
