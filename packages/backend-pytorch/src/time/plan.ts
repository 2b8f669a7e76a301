/** What the printing of a program over time goes by: the schedule, which loop a value is computed in, and which functions stay functions. */
import { demandOrder, hullSteps, intersectSteps, isEmptySteps, isNow, NEVER, operandsOf, read, readableOn, sameSteps, shiftSteps } from "@sequent/ir";
import type { CallId, Column, Context, Env, Interval, NodeId, Operand, Program, Schedule } from "@sequent/ir";
import { scheduleFor } from "@sequent/transform-time";
import { axesOf, extentOf, hasExtent, isFixedRange } from "./axes.js";
import type { Axis } from "./axes.js";
import { isLong } from "./slices.js";

/** A recurrence. */
export interface Loop {
  readonly direction: "forward" | "backward";
  /** Iteration s computes instance s + skew of a node. */
  readonly skews: ReadonlyMap<NodeId, number>;
  /** The order of the nodes within an iteration. */
  readonly order: readonly NodeId[];
}

export interface TimePlan {
  readonly loops: readonly Loop[];
  /** The loop that computes a node; null: none. */
  readonly loopOf: (id: NodeId) => number | null;
  /** The steps that a value is computed and kept for; null: it does not change with t, or is not wanted. */
  readonly stepsOf: (id: NodeId) => Interval | null;
  readonly isTimed: (id: NodeId) => boolean;
  /** The steps at which a function is applied, all that it reads and gives; null: without time. */
  readonly stepsOfCall: (id: CallId) => Interval | null;
  /** Whether the body of a function is computed once a step of a loop. */
  readonly isStepwise: (scope: CallId | null) => boolean;
  /** Whether a scope has values of all steps, each with its own: the top level, and functions of whole sequences; others see one instance. */
  readonly isWhole: (scope: CallId | null) => boolean;
  /** Whether a value has no time axis of its own, although it changes with t: a mask says what each step sees of it. */
  readonly isSwept: (id: NodeId) => boolean;
  /** What the stacked axis of a value is, whose size depends on the step: the range that made it, over the steps of what it reads. */
  readonly axisOf: (x: Operand) => Axis | null;
  /** Whether a loop's step sees exactly what it stacks of its own values, a range or what is made of one. */
  readonly isOwnStack: (reader: NodeId, x: Operand) => boolean;
  /** What a loop's step stacks of its own values along the axis that it reads of what others have made: it sees as many steps of both. */
  readonly ownBeside: (reader: NodeId, x: Operand) => Operand | null;
  /** Whether a value may be written where it is read, in place of a variable. */
  readonly mayFold: (id: NodeId, inLoop: boolean) => boolean;
}

export interface PlanOptions {
  /** Functions that are applied to whole sequences. */
  readonly sequences?: ReadonlySet<CallId>;
  readonly isWhole?: boolean;
}

export const isOverTime = (program: Program): boolean => program.varies?.some((one) => one.time) === true;

/** `isWhole`: values are computed at all steps that they have; in a short row any of them may be the one that is wanted of longer rows. */
export const planOf = (program: Program, env: Env, wanted: readonly Operand[], { sequences = NO_CALLS, isWhole = false }: PlanOptions = {}): TimePlan => {
  const schedule = scheduleFor(program, env, wanted);
  const { steps } = schedule, evened = evenOut(program, schedule);
  const needed = isWhole ? evened.map((on, id) => (on === null ? null : ((program.domains ?? [])[id]?.time ?? on))) : evened;
  const loops: Loop[] = [];
  const loopAt = new Map<NodeId, number>();
  for (const step of steps) {
    if (step.tag !== "scan") continue;
    for (const { node } of step.nodes) loopAt.set(node, loops.length);
    loops.push({ direction: step.direction, skews: new Map(step.nodes.map(({ node, skew }) => [node, skew])), order: step.nodes.map(({ node }) => node) });
  }
  const isTimed = (id: NodeId): boolean => (program.varies ?? [])[id]?.time === true;
  // What a function gives is computed for all the steps that any of it is wanted at.
  const stepsOfCalls = new Map<CallId, Interval>();
  const functionsAt = (call: CallId | null): readonly CallId[] => chainOf(program, call).filter((id) => program.calls[id]?.override?.tag !== "transform" && !sequences.has(id));
  const outermost = program.callOf.map((call) => functionsAt(call).at(-1) ?? null);
  program.nodes.forEach((_, id) => {
    const call = outermost[id] ?? null, steps = needed[id] ?? null;
    if (call !== null && steps !== null) stepsOfCalls.set(call, hullSteps(stepsOfCalls.get(call) ?? NEVER, steps));
  });
  // What of it reads but some of its arguments may be computed at more steps of a loop; a function is applied where it has all of them.
  for (const [call, steps] of stepsOfCalls) stepsOfCalls.set(call, (program.calls[call]?.ins ?? []).reduce((on, x) => {
    const has = isTimed(x.node) ? ((program.domains ?? [])[x.node]?.time ?? null) : null, found = has === null ? null : readableOn(x.at, has);
    return found === null ? on : intersectSteps(on, found);
  }, steps));
  const stepwise = new Set<CallId>();
  for (const node of loopAt.keys()) {
    for (const call of chainOf(program, program.callOf[node] ?? null)) {
      if (sequences.has(call)) break;
      stepwise.add(call);
    }
  }
  for (let id = 0; id < program.calls.length; id += 1) if (chainOf(program, id).some((call) => stepwise.has(call))) stepwise.add(id);
  const readers = uses(program);
  const stepsOf = (id: NodeId): Interval | null => {
    // An input is given whole.
    if (program.nodes[id]?.tag === "input") return (program.domains ?? [])[id]?.time ?? null;
    const call = outermost[id] ?? null;
    return isTimed(id) && call !== null ? (stepsOfCalls.get(call) ?? null) : (needed[id] ?? null);
  };
  // A loop stacks of its own values exactly what each of its steps sees; of what others have made it takes all.
  const stacked = new Map<NodeId, boolean>();
  const isOwn = (reader: NodeId, x: Operand): boolean => {
    const loop = loopAt.get(reader);
    return loop !== undefined && loopAt.get(x.node) === loop && (x.at.tag === "range" || (isNow(x.at) && isStacked(x.node)));
  };
  const isStacked = (id: NodeId): boolean => {
    const known = stacked.get(id), node = program.nodes[id];
    if (known !== undefined) return known;
    stacked.set(id, false);
    const found = node?.tag === "op" && hasExtent(program, id) && node.ins.some((x) => isOwn(id, x));
    stacked.set(id, found);
    return found;
  };
  const ownBeside = (reader: NodeId, x: Operand): Operand | null => {
    const extent = loopAt.has(reader) && !isOwn(reader, x) ? extentOf(program, x) : null;
    const node = program.nodes[reader];
    return extent === null || node === undefined ? null : (operandsOf(node).find((y) => isOwn(reader, y) && extentOf(program, y) === extent) ?? null);
  };
  const axisOf = axesOf(program, stepsOf, isOwn);
  const swept = sweptNodes(program, isTimed, (id) => loopAt.has(id), (id) => isAlong(program, env, id, axisOf));
  return {
    loops,
    loopOf: (id) => loopAt.get(id) ?? null,
    stepsOf,
    axisOf,
    isOwnStack: isOwn,
    ownBeside,
    isTimed,
    stepsOfCall: (id) => stepsOfCalls.get(functionsAt(id).at(-1) ?? id) ?? null,
    isStepwise: (scope) => scope !== null && stepwise.has(scope),
    isWhole: (scope) => scope === null || sequences.has(scope),
    isSwept: (id) => swept.has(id),
    // A value that a loop takes step by step, or of which a part is read, has a variable.
    mayFold: (id, inLoop) => inLoop || (!isTimed(id) ? !(readers.get(id) ?? []).some(({ reader }) => loopAt.has(reader)) : (readers.get(id) ?? []).every(({ reader, at }) => !loopAt.has(reader) && (isNow(at) || at.tag === "over") && sameOrNone(needed[reader] ?? null, needed[id] ?? null))),
  };
};
const NO_CALLS: ReadonlySet<CallId> = new Set();
const sameOrNone = (a: Interval | null, b: Interval | null): boolean => a === null || b === null || sameSteps(a, b);

/** The calls around a node, innermost first. */
export const chainOf = (program: Program, call: CallId | null): readonly CallId[] => {
  const found: CallId[] = [];
  for (let at = call; at !== null; at = program.calls[at]?.parent ?? null) found.push(at);
  return found;
};

interface Reader {
  readonly reader: NodeId;
  readonly at: Context;
}
const uses = (program: Program): ReadonlyMap<NodeId, readonly Reader[]> => {
  const found = new Map<NodeId, Reader[]>();
  program.nodes.forEach((node, reader) => {
    for (const x of operandsOf(node)) found.set(x.node, [...(found.get(x.node) ?? []), { reader, at: x.at }]);
  });
  return found;
};

const isWhole = (at: Context): boolean => at.tag === "range" && at.on.lower.from !== "t" && at.on.upper.from !== "t";

/** Whether an op works along a stacked axis of which each step sees another part, and keeps the axis: a softmax. */
const isAlong = (program: Program, env: Env, id: NodeId, axisOf: (x: Operand) => Axis | null): boolean => {
  const node = program.nodes[id];
  if (node?.tag !== "op" || !hasExtent(program, id)) return false;
  const given = env.ops.get(node.op)?.attributes.list.find((one) => one.name === "axis");
  const axis = node.attrs["axis"] ?? given?.default, shape = (program.types ?? [])[id]?.[0]?.shape ?? [];
  if (given === undefined || typeof axis !== "number" || typeof shape.at(axis) !== "string") return false;
  return node.ins.some((x) => { const on = axisOf(x)?.on; return on !== undefined && (on.lower.from === "t" || on.upper.from === "t"); });
};

/** Values that stand for all steps at once: read by ranges with a fixed end, and not yet reduced to what one step sees of them. */
const sweptNodes = (program: Program, isTimed: (id: NodeId) => boolean, isInLoop: (id: NodeId) => boolean, isPerStep: (id: NodeId) => boolean): ReadonlySet<NodeId> => {
  const swept = new Set<NodeId>();
  const isSweptRead = (x: Operand): boolean => isFixedRange(x.at) || (swept.has(x.node) && isNow(x.at));
  const order = demandOrder(program.nodes, program.nodes.map((_, id) => read(id)));
  for (const id of order) {
    const node = program.nodes[id];
    if (node?.tag !== "op" || !isTimed(id) || isInLoop(id) || isPerStep(id)) continue;
    const timed = node.ins.filter((x) => isTimed(x.node) && !(x.at.tag === "at" && x.at.time.from !== "t") && x.at.tag !== "over");
    const masked = timed.some((x) => !isWhole(x.at) && !(swept.has(x.node) && !hasExtent(program, x.node)));
    if (timed.length > 0 && timed.every(isSweptRead) && (hasExtent(program, id) || !masked)) swept.add(id);
  }
  return swept;
};

/**
 * The steps wanted of each value, where a loop computes all that exists in any of its iterations: so that its iterations are alike, and few
 * stand in front of it or behind it.
 */
const evenOut = (program: Program, { steps, needed }: Schedule): Column<Interval | null> => {
  const found = [...needed];
  /** Whether something is wanted at more steps than the schedule says, and so are the ranges that it reads. */
  let isWidened = false;
  const domain = (id: NodeId): Interval | null => (program.domains ?? [])[id]?.time ?? null;
  const want = (x: Operand, on: Interval): void => {
    const own = domain(x.node), before = found[x.node] ?? null;
    if (own === null || before === null || x.at.tag === "over" || x.at.tag === "fan" || (x.at.tag === "at" && x.at.time.from !== "t")) return;
    if (x.at.tag === "range") {
      if (isWidened) found[x.node] = own;
      return;
    }
    const now = intersectSteps(shiftSteps(on, x.at.time.plus), own);
    if (!isEmptySteps(now)) found[x.node] = hullSteps(before, now);
  };
  const passOn = (id: NodeId): void => {
    const on = found[id] ?? null, node = program.nodes[id];
    if (on === null || node === undefined) return;
    if (node.tag === "cases" || node.tag === "sum") for (const { value, on: own } of node.pieces) want(value, own === null ? on : intersectSteps(on, own));
    else for (const x of operandsOf(node)) want(x, on);
  };
  for (const step of steps.toReversed()) {
    if (step.tag !== "scan") {
      step.nodes.toReversed().forEach(passOn);
      continue;
    }
    const wanted = step.nodes.reduce<Interval>((all, { node, skew }) => {
      const on = found[node] ?? null;
      return on === null ? all : hullSteps(all, shiftSteps(on, -skew));
    }, NEVER);
    // Of a recurrence that is wanted at its end alone a loop is written all the same.
    isWidened ||= !isLong(wanted);
    const whole = isLong(wanted) ? wanted : step.nodes.reduce<Interval>((all, { node, skew }) => {
      const own = domain(node);
      return own === null || (found[node] ?? null) === null ? all : hullSteps(all, shiftSteps(own, -skew));
    }, NEVER);
    for (const { node, skew } of step.nodes) {
      const own = domain(node);
      if (own !== null && (found[node] ?? null) !== null) found[node] = intersectSteps(shiftSteps(whole, skew), own);
    }
    for (const { node } of step.nodes) passOn(node);
  }
  return found;
};

/** The plan of a program without time. */
export const NO_TIME: TimePlan = {
  loops: [], loopOf: () => null, stepsOf: () => null, isTimed: () => false, stepsOfCall: () => null, isStepwise: () => false, isWhole: (scope) => scope === null, isSwept: () => false, axisOf: () => null, isOwnStack: () => false, ownBeside: () => null,
  mayFold: () => true,
};
