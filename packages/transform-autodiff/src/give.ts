/**
 * What a use of a value gives back to one step of it: a reader at step `from` reads `x` at step `to`, both counted from the objective's own, and
 * the gradient of a place stands at the place's own steps (of a value without time: at the objective's). So the reader's gradient at a step goes
 * to x so many steps later, `to - from`. Read at a fixed step, x gets it there alone. A range gives back to all of its steps; here, what its
 * elements of that one step have: where the first or last value is repeated, several of them.
 */
import { holdsStep, moment, stepNumbers } from "@sequent/ir";
import type { Context, Interval, NodeId, Operand, Piece, TableBuilder } from "@sequent/ir";
import type { PlacedUse } from "./places.js";
import type { Primal } from "./primal.js";
import { restrict, shiftAll } from "./transpose.js";
import { add, where } from "./vocabulary.js";

export const giveTo = (b: TableBuilder, primal: Primal, { x, gradient, on, from, to }: PlacedUse): Piece => {
  const later = to - from;
  const moved = (g: Operand): Operand => ({ node: g.node, at: { tag: "at", time: moment("t", later === 0 ? 0 : -later) }, old: false });
  if (x.at.tag === "range") {
    const given = restrict(b, gradient, on), seen: Operand = { node: clockOf(b, primal, x.node), at: x.at, old: false };
    const here = add(b, b.op("core.time", []), b.constant(later));
    const part = where(b, b.op("core.eq", [seen, here]), given, b.constant(0));
    return { on: null, value: { node: part.node, at: { tag: "fan", of: x.node, range: x.at.on }, old: false } };
  }
  const isFixed = x.at.tag === "at" && x.at.time.from !== "t" && primal.variesAt(x.node).time;
  if (!isFixed) return { on: on === null ? null : shiftAll(on, later), value: moved(gradient) };
  return { on: { lower: x.at.time, upper: x.at.time }, value: moved(restrict(b, gradient, on)) };
};

const BEFORE: Interval = { lower: moment("0", -1), upper: moment("0", -1) }, BEHIND: Interval = { lower: moment("T", 1), upper: moment("T", 1) };

const END: Context = { tag: "at", time: moment("T") }, AFTER: Context = { tag: "at", time: moment("T", 1) };

/** The number of each step of a value, as a value of the same shape and steps: a range of it has the steps of a range of the value. */
const clockOf = (b: TableBuilder, primal: Primal, node: NodeId): NodeId => {
  const steps = primal.domainAt(node)?.time ?? null;
  const pieces: Piece[] = [{ on: null, value: stepNumbers(b, node) }];
  const has = (on: Interval): boolean => steps !== null && holdsStep(steps, on.lower);
  if (has(BEFORE)) pieces.push({ on: BEFORE, value: b.constant(-1) });
  if (has(BEHIND)) pieces.push({ on: BEHIND, value: b.op("core.expand_as", [{ ...add(b, b.op("core.time", []), b.constant(1)), at: END }, { node, at: AFTER, old: false }], { axes: [] }) });
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only.value.node : b.node({ tag: "cases", pieces });
};
