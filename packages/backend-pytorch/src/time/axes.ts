/** The stacked axes of ranges with a fixed end: all steps that some reader looks at, of which each sees a part. */
import { intersectSteps, isNow, operandsOf, readType } from "@sequent/ir";
import type { Context, Interval, NodeId, Operand, Program } from "@sequent/ir";
import { sweep } from "./read.js";

/** An axis of steps: of all `steps` a reader at t sees those in `on`. */
export interface Axis {
  readonly steps: Interval;
  readonly on: Interval;
}

/** Whether an axis is a stack of steps. */
export const hasExtent = (program: Program, id: NodeId): boolean => (program.types ?? [])[id]?.[0]?.shape.some((size) => typeof size === "string") === true;
const shapeOf = (program: Program, x: Operand): readonly (number | string)[] => {
  const [type] = (program.types ?? [])[x.node] ?? [];
  return type === undefined ? [] : readType(type, x.at).shape;
};
/** The size of the stacked axis of what is read, as its type says it: `0..t-1`. */
export const extentOf = (program: Program, x: Operand): string | null => shapeOf(program, x).find((size): size is string => typeof size === "string") ?? null;
/** Which of the features it is. */
export const stackedAxisOf = (program: Program, x: Operand): number => shapeOf(program, x).findIndex((size) => typeof size === "string");
export const isFixedRange = (at: Context): boolean => at.tag === "range" && !(at.on.lower.from === "t" && at.on.upper.from === "t");

/** What reads `x` there, or the value of a node itself: wherever they meet their axes are one. */
type Place = string;

/**
 * The axis of each range and of each value that is made of one. Where several meet in an op, a reader sees the same steps of all of them, so
 * that the axis holds those that all have. `isOwn` says of a range whether a loop stacks it of its own values, step by step.
 */
export const axesOf = (program: Program, stepsOf: (id: NodeId) => Interval | null, isOwn: (reader: NodeId, x: Operand) => boolean): ((x: Operand) => Axis | null) => {
  const parent = new Map<Place, Place>();
  const root = (place: Place): Place => {
    let at = place;
    for (let next = parent.get(at); next !== undefined && next !== at; next = parent.get(at)) at = next;
    return at;
  };
  const known = new Map<Place, Axis>();
  const join = (a: Place, b: Place): void => {
    const [from, to] = [root(a), root(b)];
    if (from === to) return;
    const [one, other] = [known.get(from), known.get(to)];
    if (one !== undefined) known.set(to, other === undefined ? one : { ...other, steps: intersectSteps(one.steps, other.steps) });
    parent.set(from, to);
  };
  const placeOf = (x: Operand): Place => (x.at.tag === "range" ? `${String(x.node)} ${JSON.stringify(x.at.on)}` : String(x.node));
  program.nodes.forEach((node, id) => {
    const sizes = (program.types ?? [])[id]?.[0]?.shape ?? [];
    const byExtent = new Map<string, Place>();
    const meet = (extent: string, place: Place): void => {
      const other = byExtent.get(extent);
      if (other === undefined) byExtent.set(extent, place);
      else join(place, other);
    };
    if (node.tag !== "param" && node.tag !== "input") for (const size of sizes) if (typeof size === "string") meet(size, String(id));
    for (const x of operandsOf(node)) {
      const [type] = (program.types ?? [])[x.node] ?? [];
      if (type === undefined || isOwn(id, x) || x.at.tag === "fan") continue;
      const has = stepsOf(x.node), place = placeOf(x);
      if (x.at.tag === "range" && isFixedRange(x.at) && has !== null && !known.has(root(place))) known.set(root(place), { steps: sweep(x.at.on, has), on: x.at.on });
      if (x.at.tag === "range" || isNow(x.at) || x.at.tag === "over") for (const size of readType(type, x.at).shape) if (typeof size === "string") meet(size, place);
    }
  });
  return (x) => {
    if (x.at.tag === "range" ? !isFixedRange(x.at) : !isNow(x.at) || !hasExtent(program, x.node)) return null;
    return known.get(root(placeOf(x))) ?? null;
  };
};
