/** Which loops are computed by PyTorch's kernels, and what need not be printed then. */
import { demandOrder, operandsOf, read } from "@sequent/ir";
import type { Interval, NodeId, Program } from "@sequent/ir";
import type { ModelOptions } from "../model/emission.js";
import { cellOf, isStartUnread, stepsOfCell } from "./cells.js";
import type { Match } from "./cells.js";
import type { TimePlan } from "./plan.js";

/** A kernel gives a state without the value that it starts from, which is kept beside it only where something reads it. */
export const withoutStarts = (program: Program, time: TimePlan, cells: ReadonlyMap<NodeId, Match>, targets: readonly NodeId[]): TimePlan => {
  const own = new Map<NodeId, Interval>();
  for (const loop of time.loops) {
    const match = cells.get(loop.order[0] ?? -1);
    if (match !== undefined && !targets.includes(match.output) && isStartUnread(program, match, loop, time.stepsOf)) own.set(match.output, stepsOfCell(program, match, time.stepsOf));
  }
  return own.size === 0 ? time : { ...time, stepsOf: (id) => own.get(id) ?? time.stepsOf(id) };
};

/** The loops that PyTorch has kernels for, by each of their nodes. */
export const cellsIn = (program: Program, time: TimePlan, options: ModelOptions, targets: readonly NodeId[]): ReadonlyMap<NodeId, Match> => {
  const found = new Map<NodeId, Match>();
  const reached = new Set(demandOrder(program.nodes, targets.map((node) => read(node))));
  for (const loop of time.loops) {
    const inside = new Set(loop.order);
    const outside = new Set<NodeId>(targets);
    program.nodes.forEach((node, id) => { if (reached.has(id) && !inside.has(id)) for (const x of operandsOf(node)) outside.add(x.node); });
    const match = cellOf(program, loop, (id) => outside.has(id));
    // Where rows end early a kernel can't begin at each row's end; nor does anything hold a rectifier's state back behind it.
    if (match === null || (options.ragged && (match.kernel === "torch.rnn_relu" || loop.direction === "backward"))) continue;
    for (const id of loop.order) found.set(id, match);
  }
  return found;
};

/** Whether a layer is done within a kernel alone: nothing reads it but loops that are kernels, and other such layers. */
export const absorbedIn = (program: Program, order: readonly NodeId[], cells: ReadonlyMap<NodeId, Match>, targets: readonly NodeId[]): ((id: NodeId) => boolean) => {
  const found = new Set([...cells.values()].flatMap((match) => [...match.absorbed]));
  for (const id of targets) found.delete(id);
  for (const id of order.toReversed()) {
    const node = program.nodes[id];
    if (node === undefined || cells.has(id) || found.has(id)) continue;
    const stack = operandsOf(node).map((x) => x.node);
    for (let read = stack.pop(); read !== undefined; read = stack.pop()) {
      if (!found.delete(read)) continue;
      stack.push(...operandsOf(program.nodes[read] ?? { tag: "input", name: "" }).map((x) => x.node));
    }
  }
  return (id) => found.has(id);
};
