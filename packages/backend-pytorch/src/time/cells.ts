/**
 * Recurrences that PyTorch has a kernel for, recognised by their structure: whatever they are called, and in whatever order they are written.
 * A cell is one record; to add one, say which states it has and how a step makes them of affine functions of h and x.
 */
import { intersectSteps, invariant, isNow, operandsOf, pieceSteps, sameSteps, shiftSteps } from "@sequent/ir";
import type { Domain, Interval, Node, NodeId, Operand, OpName, Program } from "@sequent/ir";
import { isLong } from "./slices.js";
import type { Loop } from "./plan.js";

/** Columns of a weight that stand on a part of what a layer reads. */
export interface Columns {
  readonly weight: NodeId;
  readonly from: number;
  readonly to: number;
  /** Whether the weight has no others. */
  readonly whole: boolean;
}
/** W_h h + W_x x + b. */
export interface Affine {
  readonly carried: Columns;
  /** One for each part of x, in the order of `inputs`. */
  readonly inputs: readonly (Columns & { readonly value: Operand })[];
  readonly biases: readonly NodeId[];
}
export interface Match {
  /** The kernel: `torch.lstm`. */
  readonly kernel: string;
  /** The state that the kernel gives at all steps, and all states in the order of their starting values. */
  readonly output: NodeId;
  readonly states: readonly NodeId[];
  /** What x is put together of. */
  readonly inputs: readonly Operand[];
  /** In the order of the kernel's rows. */
  readonly gates: readonly Affine[];
  /** Layers outside of the loop that the kernel does too. */
  readonly absorbed: ReadonlySet<NodeId>;
}

/** What a record looks at: one step of a loop. */
interface Step {
  /** The op at a node, with its inputs, if it is this one and computed in this step. */
  readonly op: (id: NodeId, name: OpName) => readonly NodeId[] | null;
  /** The value of a state at this step, and whether a node stands for one at the step before. */
  readonly next: (state: NodeId) => NodeId;
  readonly isBefore: (id: NodeId, reader: NodeId, state: NodeId) => boolean;
}
interface Cell {
  readonly kernel: string;
  readonly states: number;
  /** Given the states, the output first: the nodes of the gates' affine functions, in the kernel's order; null: it is another cell. */
  readonly gates: (step: Step, states: readonly NodeId[]) => readonly NodeId[] | null;
}

const only = (found: readonly NodeId[] | null): NodeId | null => (found?.length === 1 ? (found[0] ?? null) : null);
/** h = act(W [h, x] + b). */
const elman = (kernel: string, activation: OpName): Cell => ({
  kernel, states: 1,
  gates: (step, [h]) => {
    const gate = h === undefined ? null : only(step.op(step.next(h), activation));
    return gate === null ? null : [gate];
  },
});

/** c = f c + i g, h = o tanh(c); f, i, o sigmoids and g a tanh of affine functions (Hochreiter and Schmidhuber 1997, Gers et al. 2000). */
const lstm: Cell = {
  kernel: "torch.lstm", states: 2,
  gates: (step, [h, c]) => {
    if (h === undefined || c === undefined) return null;
    const products = step.op(step.next(h), "core.mul"), terms = step.op(step.next(c), "core.add");
    if (products === null || terms === null) return null;
    const gate = (id: NodeId): NodeId | null => only(step.op(id, "core.sigmoid"));
    const o = products.map(gate).find((one) => one !== null) ?? null;
    const squashed = products.find((id) => only(step.op(id, "core.tanh")) === c);
    let f: NodeId | null = null, i: NodeId | null = null, g: NodeId | null = null;
    for (const term of terms) {
      const factors = step.op(term, "core.mul");
      if (factors === null) return null;
      const kept = factors.findIndex((id) => step.isBefore(id, term, c));
      const [a, b] = factors;
      if (a === undefined || b === undefined) return null;
      if (kept >= 0) f = gate(kept === 0 ? b : a);
      else {
        i = gate(a) ?? gate(b);
        g = only(step.op(gate(a) === null ? a : b, "core.tanh"));
      }
    }
    if (o === null || squashed === undefined || f === null || i === null || g === null) return null;
    return new Set([i, f, g, o]).size === 4 ? [i, f, g, o] : null;
  },
};

export const CELLS: readonly Cell[] = [elman("torch.rnn_tanh", "core.tanh"), elman("torch.rnn_relu", "core.relu"), lstm];

const sizeAt = (program: Program, id: NodeId): number | null => {
  const shape = (program.types ?? [])[id]?.[0]?.shape;
  return shape?.length === 1 && typeof shape[0] === "number" ? shape[0] : null;
};
const paramAt = (program: Program, x: Operand | undefined): NodeId | null => (x !== undefined && program.nodes[x.node]?.tag === "param" ? x.node : null);
const keyOf = (x: Operand): string => `${String(x.node)} ${JSON.stringify(x.at)}`;

/** The cell that a loop is; null: none. `isRead` says whether anything outside of the loop reads a node. */
export const cellOf = (program: Program, loop: Loop, isRead: (id: NodeId) => boolean): Match | null => {
  const inside = new Set(loop.order);
  const home = program.callOf[loop.order[0] ?? -1] ?? null;
  if (loop.order.some((id) => (program.callOf[id] ?? null) !== home || (loop.skews.get(id) ?? 0) !== 0)) return null;
  const cases = loop.order.filter((id) => program.nodes[id]?.tag === "cases");
  for (const cell of CELLS) {
    if (cases.length !== cell.states) continue;
    for (const states of cell.states === 1 ? [cases] : [cases, cases.toReversed()]) {
      const found = matched(program, loop, inside, cell, states);
      if (found !== null && loop.order.every((id) => id === found.output || !isRead(id))) return found;
    }
  }
  return null;
};

const matched = (program: Program, loop: Loop, inside: ReadonlySet<NodeId>, cell: Cell, states: readonly NodeId[]): Match | null => {
  const used = new Set<NodeId>(states);
  const back = loop.direction === "forward" ? -1 : 1;
  const [output] = states;
  if (output === undefined) return null;
  const isPrevious = (x: Operand): boolean => x.at.tag === "at" && x.at.time.from === "t" && x.at.time.plus === back;
  const nodeAt = (id: NodeId): Node | undefined => program.nodes[id];
  const next = (state: NodeId): NodeId => {
    const node = nodeAt(state);
    const main = node?.tag === "cases" ? node.pieces.find((piece) => inside.has(piece.value.node) && isNow(piece.value.at)) : undefined;
    return main?.value.node ?? state;
  };
  // A state is its start at one step, and what the loop makes of it at all others.
  for (const state of states) {
    const node = nodeAt(state);
    if (node?.tag !== "cases" || node.pieces.length !== 2 || next(state) === state) return null;
    const start = node.pieces.find((piece) => !inside.has(piece.value.node));
    if (start?.on === null || start === undefined || isLong(start.on) || start.on.lower.plus !== start.on.upper.plus || sizeAt(program, state) === null) return null;
  }
  const step: Step = {
    next,
    op: (id, name) => {
      const node = nodeAt(id);
      if (node?.tag !== "op" || node.op !== name || !inside.has(id)) return null;
      used.add(id);
      // A state at this step is the state itself.
      return node.ins.map((x) => (isNow(x.at) ? (states.find((state) => state === x.node || next(state) === x.node) ?? x.node) : x.node));
    },
    isBefore: (id, reader, state) => {
      const node = nodeAt(reader);
      return id === state && node?.tag === "op" && node.ins.some((x) => x.node === state && isPrevious(x));
    },
  };
  const gates = cell.gates(step, states);
  if (gates === null) return null;
  const order: Operand[] = [];
  const absorbed = new Set<NodeId>();
  const found = gates.map((gate) => affineOf(program, gate, inside, used, absorbed, (x) => x.node === output && isPrevious(x), order));
  const whole = found.flatMap((one) => one ?? []);
  if (whole.length < gates.length || used.size !== inside.size || whole.some((one) => (one.biases.length === 0) !== (whole[0]?.biases.length === 0))) return null;
  // Each gate reads all of x, each part once.
  if (order.length === 0 || whole.some((one) => one.inputs.length !== order.length || new Set(one.inputs.map((part) => keyOf(part.value))).size !== order.length)) return null;
  const sorted = whole.map((one) => ({ ...one, inputs: order.flatMap((x) => one.inputs.find((part) => keyOf(part.value) === keyOf(x)) ?? []) }));
  return { kernel: cell.kernel, output, states, inputs: order, gates: sorted, absorbed };
};

/** The sum of dense layers at a node; null: it is something else, or reads what changes in the loop beside h. */
const affineOf = (
  program: Program, id: NodeId, inside: ReadonlySet<NodeId>, used: Set<NodeId>, absorbed: Set<NodeId>, isCarried: (x: Operand) => boolean, order: Operand[],
): Affine | null => {
  const carried: Columns[] = [], inputs: (Columns & { readonly value: Operand })[] = [], biases: NodeId[] = [];
  const walk = (at: NodeId): boolean => {
    const node = program.nodes[at];
    if (node?.tag !== "op" || (program.callOf[at] ?? null) !== (program.callOf[id] ?? null)) return false;
    (inside.has(at) ? used : absorbed).add(at);
    if (node.op === "core.add") return node.ins.every((x) => isNow(x.at) && walk(x.node));
    if (node.op !== "core.dense") return false;
    const [x, w, b] = node.ins;
    const weight = paramAt(program, w), bias = paramAt(program, b);
    if (x === undefined || weight === null || (b !== undefined && bias === null)) return false;
    const source = program.nodes[x.node];
    const isConcat = source?.tag === "op" && source.op === "core.concat" && isNow(x.at);
    if (isConcat) (inside.has(x.node) ? used : absorbed).add(x.node);
    const parts = isConcat ? operandsOf(source) : [x];
    let from = 0;
    for (const value of parts) {
      const size = sizeAt(program, value.node);
      if (size === null) return false;
      const columns = { weight, from, to: from + size, whole: parts.length === 1 };
      from += size;
      if (isCarried(value)) carried.push(columns);
      else {
        if (inside.has(value.node) || program.varies?.[value.node]?.time !== true || value.at.tag !== "at" || value.at.time.from !== "t") return false;
        inputs.push({ ...columns, value });
        if (!order.some((one) => keyOf(one) === keyOf(value))) order.push(value);
      }
    }
    if (bias !== null) biases.push(bias);
    return true;
  };
  const [first] = walk(id) ? carried : [];
  return first === undefined || carried.length > 1 ? null : { carried: first, inputs, biases };
};

/** The steps that the recurrence itself makes, without the one that it starts from. */
export const stepsOfCell = (program: Program, match: Match, stepsOf: (id: NodeId) => Interval | null): Interval => {
  const node = program.nodes[match.output], at = (id: NodeId): Domain => program.domains?.[id] ?? { space: { tag: "static" }, time: null };
  const piece = node?.tag === "cases" ? node.pieces.find((one) => one.on === null || isLong(one.on)) : undefined;
  const whole = stepsOf(match.output), steps = piece === undefined ? null : pieceSteps(piece, at);
  invariant(whole !== null && steps !== null, "a recurrence has steps");
  return intersectSteps(steps, whole);
};

/** Whether all that reads the output of a cell outside of it reads steps that the recurrence makes. */
export const isStartUnread = (program: Program, match: Match, loop: Loop, stepsOf: (id: NodeId) => Interval | null): boolean => {
  const own = stepsOfCell(program, match, stepsOf), inside = new Set(loop.order);
  return program.nodes.every((node, id) => inside.has(id) || stepsOf(id) === null || operandsOf(node).every((x) => {
    if (x.node !== match.output) return true;
    const on = stepsOf(id);
    if (on === null || x.at.tag !== "at" || node.tag === "cases" || node.tag === "sum") return false;
    const read = x.at.time.from === "t" ? shiftSteps(on, x.at.time.plus) : { lower: x.at.time, upper: x.at.time };
    return sameSteps(intersectSteps(read, own), read);
  }));
};
