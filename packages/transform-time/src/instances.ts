/** Values at one step, as equations without time: what stands before the first window. */
import { demandOrder, holdsStep, invariant, moment, NOWHERE, operandsOf, read } from "@sequent/ir";
import type { Env, NodeId, Operand, Program, TableBuilder } from "@sequent/ir";
import type { WindowProblem } from "./windows.js";

export interface Instances {
  /** The value at a step near the beginning; null: there is none. */
  readonly at: (id: NodeId, step: number) => Operand | null | WindowProblem;
  /** What a range has in place of an element before the first: the boundary around the sequence if there is one, else the first. */
  readonly nearest: (id: NodeId) => Operand | null | WindowProblem;
}

/** Steps beyond are not near the beginning: each has equations of its own, which would be many. */
const FARTHEST = 8;

/** `by`: how much later steps are in the program that is made. */
export const createInstances = (program: Program, env: Env, b: TableBuilder, by: number): Instances => {
  const known = new Map<string, Operand | null | WindowProblem>();
  const isTimed = (id: NodeId): boolean => (program.varies ?? [])[id]?.time === true;
  /** Values without time that are made of some at fixed steps. */
  const reading = new Uint8Array(program.nodes.length);
  for (const id of demandOrder(program.nodes, program.nodes.map((_, one) => read(one)))) {
    const node = program.nodes[id];
    if (node !== undefined && operandsOf(node).some((x) => isTimed(x.node) || reading[x.node] === 1)) reading[id] = 1;
  }
  const readsSteps = (id: NodeId): boolean => reading[id] === 1;
  const problem = (id: NodeId, message: string): WindowProblem => ({ at: program.spans[id] ?? NOWHERE, message });
  const lowerOf = (id: NodeId): number => {
    const time = (program.domains ?? [])[id]?.time;
    return time?.lower.from === "0" ? time.lower.plus : Infinity;
  };
  const make = (id: NodeId, step: number): Operand | null | WindowProblem => {
    const node = program.nodes[id];
    invariant(node !== undefined, `there is no node ${String(id)}`);
    if (step > FARTHEST) return problem(id, "a value far behind the beginning, wherever the window is");
    if (isTimed(id) && step < lowerOf(id)) return null;
    switch (node.tag) {
      case "input":
        return { node: id, at: { tag: "at", time: moment("0", step + by) }, old: false };
      case "cases":
      case "sum": {
        const pieces = node.pieces.filter((piece) => piece.on === null || holdsStep(piece.on, moment("0", step)));
        const values: Operand[] = [];
        for (const piece of pieces) {
          const value = operand(piece.value, step);
          if (value !== null && "message" in value) return value;
          if (value !== null) values.push(value);
        }
        return values.length === 0 ? null : b.sum(values);
      }
      case "op": {
        const fixed = env.ops.get(node.op)?.atStep;
        if (fixed !== undefined) return b.constant(fixed(step));
        if (node.attrs["time"] === true) return problem(id, "what is drawn before the first window");
        const ins: Operand[] = [];
        for (const x of operandsOf(node)) {
          const value = operand(x, step);
          if (value === null || "message" in value) return value;
          ins.push(value);
        }
        b.within(null, program.spans[id] ?? NOWHERE);
        // Equal equations of the program itself are changed later.
        return b.own(b.op(node.op, ins, node.attrs));
      }
      default:
        return problem(id, "what stands before the first window");
    }
  };
  const operand = (x: Operand, step: number): Operand | null | WindowProblem => {
    if (!isTimed(x.node)) return readsSteps(x.node) ? at(x.node, step) : x;
    if (x.at.tag !== "at" || x.at.time.from === "T") return problem(x.node, "what stands before the first window reads several steps, or the last");
    const value = at(x.node, x.at.time.plus + (x.at.time.from === "t" ? step : 0));
    if (value === null || "message" in value) return value;
    // A boundary that is one number for all elements has the shape of its state only where it is carried.
    const shape = ((program.types ?? [])[x.node]?.[0]?.shape ?? []).join();
    return b.typeOf(value).shape.join() === shape ? value : problem(x.node, "a value at a fixed step that depends on a boundary of another shape");
  };
  /** What `make` asks for, at its step. */
  const asked = (id: NodeId, step: number): readonly (readonly [NodeId, number])[] => {
    const node = program.nodes[id];
    if (node === undefined || step > FARTHEST || (isTimed(id) && step < lowerOf(id))) return [];
    const reads = node.tag === "cases" || node.tag === "sum"
      ? node.pieces.flatMap((piece) => (piece.on === null || holdsStep(piece.on, moment("0", step)) ? [piece.value] : []))
      : operandsOf(node);
    return reads.flatMap((x): readonly (readonly [NodeId, number])[] => {
      if (!isTimed(x.node)) return readsSteps(x.node) ? [[x.node, step]] : [];
      return x.at.tag !== "at" || x.at.time.from === "T" ? [] : [[x.node, x.at.time.plus + (x.at.time.from === "t" ? step : 0)]];
    });
  };
  const keyOf = (id: NodeId, step: number): string => `${String(id)} ${String(step)}`;
  /** With a stack of its own: a chain of equations may be long. */
  const at = (id: NodeId, step: number): Operand | null | WindowProblem => {
    const stack: (readonly [NodeId, number])[] = [[id, step]];
    const opened = new Set<string>();
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const key = keyOf(...top);
      const missing = known.has(key) || opened.has(key) ? [] : asked(...top).filter((one) => !known.has(keyOf(...one)));
      opened.add(key);
      if (missing.length > 0) stack.push(...missing);
      else {
        if (!known.has(key)) known.set(key, make(...top));
        stack.pop();
      }
    }
    return known.get(keyOf(id, step)) ?? null;
  };
  return {
    at,
    nearest: (id) => at(id, lowerOf(id) <= -1 ? -1 : lowerOf(id)),
  };
};
