/** Where a sweep goes: each node once, at step 0, or the places on the ways of `x $ J`, a node at each of its steps. */
import { placeOf } from "@sequent/ir";
import type { Domain, NodeId, Operand, Paths, Piece, PlaceKey, Start, TableBuilder, Varies } from "@sequent/ir";
import type { Primal } from "./primal.js";
import { giveTo } from "./give.js";
import { transpose } from "./transpose.js";
import type { Use } from "./transpose.js";
import type { Region, Stop } from "./regions.js";

/** Which uses of a value a gradient flows along. */
export interface Ways {
  /** Nodes that get a gradient at all. */
  readonly useful: (node: NodeId) => boolean;
  /** Places that keep what they get: nothing flows on from them. */
  readonly leaf: (node: NodeId, step: number) => boolean;
  /** The steps of what a reader (null: a unit, as its argument) at `step` reads as `x`, as far as that use counts. */
  readonly land: (reader: NodeId | null, step: number, x: Operand) => readonly number[];
  /** The term that a use of `x` at one step adds to its gradient there. */
  readonly give: (b: TableBuilder, use: PlacedUse) => Piece;
  /** What a gradient of a node varies over, and where it exists. */
  readonly rowOf: (node: NodeId) => { readonly varies: Varies; readonly domain: Domain | undefined };
  /** Whether what has no time has a gradient of each step of the objective. */
  readonly perStep: boolean;
  /** What a sweep over a region visits, for the body of a unit at this step; null: all of it, once. */
  readonly stopsIn: (region: Region, step: number) => readonly Stop[] | null;
}

/** A reader at step `from` reads `x` at step `to`. */
export interface PlacedUse extends Use {
  readonly from: number;
  readonly to: number;
}

/** The ordinary flow: every use counts, each instance of a node at its own step. */
export const everyWay = (primal: Primal, useful: (node: NodeId) => boolean): Ways => ({
  useful,
  leaf: () => false,
  land: (_, __, x) => (useful(x.node) ? HERE : NOWHERE),
  give: transpose,
  rowOf: (node) => ({ varies: primal.variesAt(node), domain: primal.domainAt(node) }),
  perStep: false,
  stopsIn: () => null,
});

const HERE: readonly number[] = [0], NOWHERE: readonly number[] = [];

/** The ways to an objective, of which each instance of a value on them stands at a step of its own. */
export const waysAlong = (primal: Primal, paths: Paths, objective: NodeId): Ways => ({
  ...(paths.places === null ? everyWay(primal, paths.on) : {
    useful: paths.on,
    give: (b, use) => giveTo(b, primal, use),
    rowOf: (node) => ({
      varies: { ...primal.variesAt(node), time: true },
      domain: primal.variesAt(node).time ? primal.domainAt(node) : primal.domainAt(objective),
    }),
    perStep: true,
  }),
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
      const to = unitAround(primal, x.node) === unit ? paths.land(node, step, x) : [];
      if (to.some((at) => placeOf(node, at) !== place)) return node;
    }
  }
  return null;
};
