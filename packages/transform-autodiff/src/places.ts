/** Where a sweep goes: each node once, at step 0, or the places on the ways of `x $ J`, a node at each of its steps. */
import { placeOf } from "@sequent/ir";
import type { NodeId, Operand, Paths, PlaceKey, Start } from "@sequent/ir";
import type { Primal } from "./primal.js";
import type { Region, Stop } from "./regions.js";

/** Which uses of a value a gradient flows along. */
export interface Ways {
  /** Nodes that get a gradient at all. */
  readonly useful: (node: NodeId) => boolean;
  /** Places that keep what they get: nothing flows on from them. */
  readonly leaf: (node: NodeId, step: number) => boolean;
  /** The step of what a reader (null: a unit, as its argument) at `step` reads as `x`; null where that use does not count. */
  readonly land: (reader: NodeId | null, step: number, x: Operand) => number | null;
  /** What a sweep over a region visits, for the body of a unit at this step; null: all of it, once. */
  readonly stopsIn: (region: Region, step: number) => readonly Stop[] | null;
}

/** The ordinary flow: every use counts, each instance of a node at its own step. */
export const everyWay = (useful: (node: NodeId) => boolean): Ways => ({
  useful,
  leaf: () => false,
  land: (_, __, x) => (useful(x.node) ? 0 : null),
  stopsIn: () => null,
});

export const waysAlong = (primal: Primal, paths: Paths): Ways => ({
  useful: paths.on,
  leaf: paths.isStart,
  land: paths.land,
  stopsIn: (region, step) => (paths.places === null ? null : stopsOf(primal, paths.places, region, step)),
});

const stopsOf = (primal: Primal, places: ReadonlyMap<PlaceKey, Start>, region: Region, step: number): readonly Stop[] => {
  const stops: Stop[] = [];
  for (const at of places.values()) {
    const vertex = region === null || at.step === step ? primal.regions.vertexIn(region, at.node) : null;
    if (vertex !== null) stops.push({ vertex, step: at.step });
  }
  return stops;
};

/** The unit at top level that a node lies in. */
const unitAround = (primal: Primal, node: NodeId): number | null => {
  const vertex = primal.regions.vertexIn(null, node);
  return vertex?.tag === "unit" ? vertex.call : null;
};

/** A node at which ways lead from one step to another within a unit; a unit's own rule gives one gradient for what it reads, so they may not. */
export const overStepsInUnit = (primal: Primal, paths: Paths): NodeId | null => {
  for (const [place, { node, step }] of paths.places ?? []) {
    const unit = paths.isStart(node, step) ? null : unitAround(primal, node);
    if (unit === null) continue;
    for (const x of primal.sourcesOf(node)) {
      const to = unitAround(primal, x.node) === unit ? paths.land(node, step, x) : null;
      if (to !== null && placeOf(node, to) !== place) return node;
    }
  }
  return null;
};
