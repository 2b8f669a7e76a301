/** At which steps each value is wanted, from the goals backwards. */
import { AROUND, hullSteps, intersectSteps, isBefore, isEmptySteps, sameSteps, shiftSteps, stepsRead } from "@sequent/ir";
import type { Context, Domain, Env, Interval, NodeId, Operand, Piece, Program } from "@sequent/ir";
import type { Direction } from "./direction.js";

const domainOf = (program: Program, id: NodeId): Domain => program.domains?.[id] ?? { space: { tag: "static" }, time: null };

/** The steps of a value that a context reads for a reader at `steps` (null: a reader without time). */
const readBy = (at: Context, steps: Interval | null): Interval => {
  switch (at.tag) {
    case "over":
      return AROUND;
    case "at":
      return at.time.from === "t" ? (steps === null ? AROUND : shiftSteps(steps, at.time.plus)) : { lower: at.time, upper: at.time };
    case "range":
    case "fan": {
      // Elements beyond the ends repeat the first or the last, which are then wanted too: a range keeps all between.
      const { lower, upper } = stepsRead(at);
      const from = lower.from === "t" ? (steps === null ? AROUND : shiftSteps(steps, lower.plus)).lower : lower;
      const to = upper.from === "t" ? (steps === null ? AROUND : shiftSteps(steps, upper.plus)).upper : upper;
      return { lower: from, upper: to };
    }
  }
};

export interface Needed {
  readonly isWanted: (id: NodeId) => boolean;
  readonly stepsOf: (id: NodeId) => Interval | null;
  /** Of a value over time at these steps of who wants it, or all; null: at all. */
  readonly want: (x: Operand, reader?: Interval | null) => void;
  /** Hands on what is wanted of these nodes to what they read; all their readers come before. */
  readonly passOn: (nodes: readonly NodeId[], direction: Direction | null) => void;
}

export const createNeeded = (program: Program, env: Env): Needed => {
  const wanted = new Uint8Array(program.nodes.length);
  const steps: (Interval | null)[] = program.nodes.map(() => null);
  const put = (x: Operand, reader: Interval | null, on: Interval | null): boolean => {
    const { time } = domainOf(program, x.node);
    const before = steps[x.node] ?? null, wasWanted = wanted[x.node] === 1;
    wanted[x.node] = 1;
    if (time === null) return !wasWanted;
    const from = on === null ? reader : reader === null ? on : intersectSteps(reader, on);
    if (from !== null && isEmptySteps(from)) return !wasWanted;
    const found = readBy(x.at, from);
    // A range is clipped to what there is; one end alone may lie outside.
    const now = intersectSteps(found, time);
    const nearest = isBefore(found.upper, time.lower) ? time.lower : time.upper;
    const clipped = isEmptySteps(now) ? { lower: nearest, upper: nearest } : now;
    const all = before === null ? clipped : hullSteps(before, clipped);
    steps[x.node] = all;
    return !wasWanted || before === null || !sameSteps(before, all);
  };
  const reads = (id: NodeId): readonly (readonly [Operand, Interval | null])[] => {
    const node = program.nodes[id];
    if (node === undefined) return [];
    if (node.tag === "cases" || node.tag === "sum") return node.pieces.map((piece: Piece) => [piece.value, piece.on] as const);
    if (node.tag === "pick") return [[{ node: node.of, at: { tag: "at", time: { from: "t", plus: 0 } }, old: false }, null]];
    return node.tag === "op" ? node.ins.map((x) => [x, null] as const) : [];
  };
  /** A recurrence is wanted from its boundary on. */
  const widen = (id: NodeId, direction: Direction): void => {
    const { time } = domainOf(program, id), now = steps[id];
    if (time === null || now === null || now === undefined) return;
    steps[id] = direction === "forward" ? { lower: time.lower, upper: now.upper } : { lower: now.lower, upper: time.upper };
  };
  /** Its values depend on all instances that there are, whichever are wanted. */
  const isOverBatch = (id: NodeId): boolean => {
    const node = program.nodes[id];
    return node?.tag === "op" && env.ops.get(node.op)?.overBatch === true;
  };
  return {
    isWanted: (id) => wanted[id] === 1,
    stepsOf: (id) => steps[id] ?? null,
    want: (x, reader = null) => { put(x, reader, null); },
    passOn: (nodes, direction) => {
      const rounds = direction === null ? 1 : 2 * nodes.length + 2;
      for (let round = 0; round < rounds; round += 1) {
        let changed = false;
        for (const id of nodes) {
          if (wanted[id] !== 1) continue;
          if (direction !== null) widen(id, direction);
          if (isOverBatch(id)) steps[id] = domainOf(program, id).time;
          for (const [x, on] of reads(id)) changed = put(x, steps[id] ?? null, on) || changed;
        }
        if (!changed) return;
      }
    },
  };
};
