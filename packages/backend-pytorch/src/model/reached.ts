/**
 * Which weights an Update may have no gradient of: those that a short batch has no step for. Our gradient of them is 0, and decay, momentum
 * and Adam's means go on; autograd has none, and PyTorch's optimizers pass the weight by.
 */
import { operandsOf } from "@sequent/ir";
import type { Call, Interval, Moment, NodeId, Operand, ParamId } from "@sequent/ir";
import { chainOf } from "../time/plan.js";
import type { Emission } from "./emission.js";

export interface Lacking {
  readonly weights: ReadonlySet<ParamId>;
  /** Some batch reaches no weight at all: its loss is a constant. */
  readonly all: boolean;
  /** Weights that some batch reaches, and those that each does. */
  readonly ever: ReadonlySet<ParamId>;
  readonly always: ReadonlySet<ParamId>;
}
export const NOTHING_LACKING: Lacking = { weights: new Set(), all: false, ever: new Set(), always: new Set() };

/** `least`: the last step of the shortest batch; `starts`: what stands for an input before the first window alone. */
export const lackingWeights = (emission: Emission, goals: readonly NodeId[], least: number, starts: ReadonlyMap<NodeId, Operand>): Lacking => {
  const ever = weightsBehind(emission, goals, null, starts), always = weightsBehind(emission, goals, least, new Map());
  return { weights: new Set([...ever].filter((param) => !always.has(param))), all: always.size === 0 && ever.size > 0, ever, always };
};

/** A value, at one step of the loop that computes it; null: as a whole, be it empty. */
type Instance = readonly [node: NodeId, step: number | null];

/**
 * The weights that gradients of the goals come to in a batch whose last step is T (null: in some batch). Outside of loops values are whole, and
 * gradients of zeros flow even through empty ones; what a loop makes is stacked, so that who reads it from outside has a part in all its steps.
 */
const weightsBehind = (emission: Emission, goals: readonly NodeId[], T: number | null, starts: ReadonlyMap<NodeId, Operand>): ReadonlySet<ParamId> => {
  const { program, env, time } = emission;
  const found = new Set<ParamId>(), seen = new Set<string>();
  const stack: Instance[] = [];
  const visit = (id: NodeId, step: number | null): void => {
    const key = `${String(id)} ${String(step)}`;
    if (seen.has(key)) return;
    seen.add(key);
    stack.push([id, step]);
  };
  const numberOf = ({ from, plus }: Moment, step: number | null): number => plus + (from === "T" ? (T ?? 0) : from === "t" ? (step ?? 0) : 0);
  /** Those steps of a value that its loop makes. */
  const visitAt = (id: NodeId, from: number, to: number): void => {
    const made = T === null || time.loopOf(id) === null ? null : time.stepsOf(id);
    if (made === null) visit(id, null);
    else for (let step = Math.max(from, numberOf(made.lower, null)); step <= Math.min(to, numberOf(made.upper, null)); step += 1) visit(id, step);
  };
  const readAt = ({ node, at }: Operand, reader: NodeId, step: number | null): void => {
    const isInside = step !== null && time.loopOf(node) === time.loopOf(reader);
    if (at.tag === "at" && (isInside || at.time.from !== "t")) visitAt(node, numberOf(at.time, step), numberOf(at.time, step));
    else if (at.tag === "range" && isInside) visitAt(node, numberOf(at.on.lower, step), numberOf(at.on.upper, step));
    else visitAt(node, -Infinity, Infinity);
  };
  const holds = (on: Interval | null, step: number | null): boolean => on === null || step === null || (numberOf(on.lower, null) <= step && step <= numberOf(on.upper, null));
  const follow = (id: NodeId, step: number | null): void => {
    const node = program.nodes[id];
    if (node === undefined) return;
    if (node.tag === "param" && program.params[node.param]?.role === "weight") found.add(node.param);
    for (const override of statedAround(emission, id)) {
      for (const x of override.ins) readAt(x, id, step);
      for (const param of override.params) found.add(param);
    }
    const start = starts.get(id);
    if (start !== undefined) visit(start.node, null);
    if (node.tag === "op" && env.ops.get(node.op)?.autodiff.tag === "none") return;
    const reads = node.tag === "cases" || node.tag === "sum" ? node.pieces.flatMap((piece) => (holds(piece.on, step) ? [piece.value] : [])) : operandsOf(node);
    for (const x of reads) if (!x.old && passes(emission, id, x)) readAt(x, id, step);
  };
  for (const goal of goals) visit(goal, null);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) follow(...next);
  return found;
};

/** The calls around a node, innermost first. */
const callsAround = ({ program }: Emission, node: NodeId): readonly Call[] => chainOf(program, program.callOf[node] ?? null).flatMap((id) => program.calls[id] ?? []);

/** Whether gradients pass a read: not into what `nograd` is given, nor to the parameters of what is `frozen`. */
const passes = (emission: Emission, reader: NodeId, x: Operand): boolean => {
  for (const { override, ins } of callsAround(emission, reader)) {
    const use = override?.tag === "transform" ? emission.transforms.get(override.transform)?.use : null;
    if (use === "detach inputs" && ins.some((given) => given.node === x.node)) return false;
    if (use === "detach parameters" && emission.program.nodes[x.node]?.tag === "param") return false;
  }
  return true;
};

/** What the macros around a node state gradients of by themselves. */
const statedAround = (emission: Emission, node: NodeId): readonly { readonly ins: readonly Operand[]; readonly params: readonly ParamId[] }[] =>
  callsAround(emission, node).flatMap(({ override, ins }) =>
    override?.tag === "custom" ? [{ ins: ins.filter((_, k) => (override.ins[k] ?? null) !== null), params: override.params.map(({ param }) => param) }] : []);
