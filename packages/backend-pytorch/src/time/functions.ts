/** Which functions stay functions over time: those of one instance, and those of whole sequences. */
import { hullSteps, intersectSteps, isEmptySteps, isNow, NEVER, operandsOf, shiftSteps } from "@sequent/ir";
import type { CallId, Context, Env, Interval, NodeId, Operand, Program } from "@sequent/ir";
import type { Emission } from "../model/emission.js";
import { hasExtent } from "./axes.js";
import { stepsOfPiece } from "./reading.js";
import type { TimePlan } from "./plan.js";
import { chainOf } from "./plan.js";
import { isZeroOf } from "./vanishing.js";
import { isLong } from "./slices.js";

export const sameRead = (a: Operand, b: Operand): boolean => a.node === b.node && JSON.stringify(a.at) === JSON.stringify(b.at);

/**
 * How the uses of a function run over time: not at all, for all steps at once, once a step of some loop, or on a whole sequence, with loops of
 * its own or reads of other steps; null: none of these alone.
 */
type Use = "line" | "map" | "step" | "sequence";

interface Functions {
  readonly program: Program;
  /** Those that are given whole sequences. */
  readonly sequences: ReadonlySet<CallId>;
}

export interface FunctionOptions {
  readonly mayBeSequence: boolean;
  /** Calls of which nothing but a gradient is left: they are functions; null: autograd takes none. */
  readonly gradients?: ReadonlyMap<CallId, unknown> | null;
}

/** A call over time whose stated gradient is not 0 where none comes: which instances there are, it does not know. */
const isRestless = (program: Program, env: Env, id: CallId): boolean => {
  const override = program.calls[id]?.override;
  if (override?.tag !== "custom") return false;
  const stated = [...override.ins.flatMap((x) => x ?? []), ...override.params.map((one) => one.gradient)];
  return !isZeroOf(program.nodes, env, new Set(override.seeds))(stated);
};

/**
 * A program in which a call is kept as a function only where its body is computed at one instance alone, for all steps at once or once in
 * each iteration of a loop around it, or from whole sequences, with all of its loops. The bodies of others stand in the scope around them. All
 * uses of one instance have one fate, for they are one module; one that is given sequences has one use.
 */
export const keepFunctions = (program: Program, env: Env, plan: TimePlan, { mayBeSequence, gradients }: FunctionOptions): Functions => {
  if (program.calls.length === 0) return { program, sequences: new Set() };
  const chain = (call: CallId | null): readonly CallId[] => chainOf(program, call);
  const bodies: NodeId[][] = program.calls.map(() => []);
  program.nodes.forEach((_, id) => { for (const call of chain(program.callOf[id] ?? null)) bodies[call]?.push(id); });
  const isSequence = (id: CallId): boolean => {
    const call = program.calls[id], body = bodies[id] ?? [];
    if (!mayBeSequence || call === undefined || call.override !== null) return false;
    const inside = new Set(body);
    for (const node of body) {
      const made = program.nodes[node], loop = plan.loopOf(node);
      if (made === undefined || hasExtent(program, node) || (made.tag === "op" && env.ops.get(made.op)?.effect === "draw")) return false;
      if (loop !== null && plan.loops[loop]?.order.every((one) => inside.has(one)) !== true) return false;
      for (const x of operandsOf(made)) {
        if (x.at.tag === "range" || x.at.tag === "fan" || x.at.tag === "over") return false;
        if (!inside.has(x.node) && plan.isTimed(x.node) && !call.ins.some((given) => given.node === x.node)) return false;
      }
    }
    // Something must tell how many steps there are.
    const isRead = new Set(body.flatMap((node): readonly NodeId[] => { const made = program.nodes[node]; return made === undefined ? [] : operandsOf(made).map((x) => x.node); }));
    return call.ins.some((x) => { const steps = plan.stepsOf(x.node); return isRead.has(x.node) && steps !== null && isLong(steps) && program.varies?.[x.node]?.space.tag === "data"; });
  };
  const restless = new Set(gradients === null ? [] : program.calls.flatMap((_, id) => (gradients?.has(id) !== true && (bodies[id] ?? []).some(plan.isTimed) && isRestless(program, env, id) ? chain(id) : [])));
  const useOf = (id: CallId): Use | null => (restless.has(id) ? null : instanceUseOf(id)) ?? (isSequence(id) ? "sequence" : null);
  const instanceUseOf = (id: CallId): Use | null => {
    const call = program.calls[id], body = bodies[id] ?? [];
    if (call === undefined) return null;
    if (!body.some(plan.isTimed)) return "line";
    const inside = new Set(body), seeds = new Set(call.override?.tag === "custom" ? call.override.seeds : []);
    const loops = new Set<number>(), skews = new Set<number>();
    for (const node of body) {
      const made = program.nodes[node];
      if (made === undefined || made.tag === "cases" || hasExtent(program, node)) return null;
      // Which instances there are, only what has whole sequences knows.
      if (made.tag === "op" && plan.isTimed(node) && env.ops.get(made.op)?.overBatch === true) return null;
      if (made.tag === "sum" && made.pieces.some((piece) => piece.on !== null)) return null;
      for (const x of operandsOf(made)) {
        if (inside.has(x.node) || seeds.has(x.node)) { if (!isNow(x.at)) return null; }
        else if (plan.isTimed(x.node) && !call.ins.some((given) => sameRead(given, x))) return null;
      }
      const loop = plan.loopOf(node);
      if (loop === null) continue;
      loops.add(loop);
      skews.add(plan.loops[loop]?.skews.get(node) ?? 0);
    }
    if (loops.size === 0) return call.ins.every((x) => x.at.tag === "at") ? "map" : null;
    const [loop] = loops;
    const isWithin = plan.loops[loop ?? 0]?.order.every((node) => inside.has(node)) === true;
    return loops.size > 1 || skews.size > 1 || isWithin ? null : "step";
  };
  const fates = new Map<string, Set<Use | null>>();
  const sequencesOf = new Map<string, number>();
  const keyOf = (id: CallId): string => program.calls[id]?.instance ?? "";
  const isFunction = (id: CallId): boolean => program.calls[id]?.override?.tag !== "transform";
  program.calls.forEach((_, id) => {
    if (!isFunction(id) || (bodies[id]?.length ?? 0) === 0) return;
    const use = useOf(id);
    fates.set(keyOf(id), (fates.get(keyOf(id)) ?? new Set<Use | null>()).add(use));
    if (use === "sequence") sequencesOf.set(keyOf(id), (sequencesOf.get(keyOf(id)) ?? 0) + 1);
  });
  const keeps = (id: CallId): boolean => {
    const fate = fates.get(keyOf(id));
    return !isFunction(id) || fate === undefined || (fate.size === 1 && !fate.has(null) && (sequencesOf.get(keyOf(id)) ?? 0) < 2);
  };
  const kept = (id: CallId | null): CallId | null => chain(id).find(keeps) ?? null;
  const sequences = new Set(program.calls.flatMap((_, id) => (keeps(id) && isFunction(id) && fates.get(keyOf(id))?.has("sequence") === true ? [id] : [])));
  return {
    program: { ...program, callOf: program.callOf.map(kept), calls: program.calls.map((call) => ({ ...call, parent: kept(call.parent) })) },
    sequences,
  };
};

/** The steps that a function of sequences reads of one that it is given. */
export const stepsGiven = (emission: Emission, call: CallId, input: NodeId): Interval | null => {
  const { program, time } = emission;
  const has = time.stepsOf(input);
  if (has === null) return null;
  const readAt = (context: Context, on: Interval | null): Interval =>
    context.tag !== "at" || on === null ? NEVER : context.time.from === "t" ? shiftSteps(on, context.time.plus) : { lower: context.time, upper: context.time };
  let found = NEVER;
  program.nodes.forEach((node, id) => {
    if (!chainOf(program, program.callOf[id] ?? null).includes(call)) return;
    const pieces = node.tag === "cases" || node.tag === "sum" ? node.pieces.map((piece) => ({ x: piece.value, on: stepsOfPiece(emission, id, piece) })) : operandsOf(node).map((x) => ({ x, on: time.stepsOf(id) }));
    for (const { x, on } of pieces) {
      if (x.node !== input || (on !== null && isEmptySteps(on))) continue;
      const read = intersectSteps(readAt(x.at, on), has);
      if (!isEmptySteps(read)) found = hullSteps(found, read);
    }
  });
  return isLong(found) ? found : has;
};

/** An emission in which what a function is given has the steps that it reads. */
export const withGiven = (emission: Emission, call: CallId, inputs: readonly NodeId[]): Emission => {
  const given = new Map(inputs.map((input) => [input, stepsGiven(emission, call, input)]));
  return { ...emission, time: { ...emission.time, stepsOf: (id) => given.get(id) ?? emission.time.stepsOf(id) } };
};
