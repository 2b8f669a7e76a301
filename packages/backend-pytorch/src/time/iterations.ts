/** Which iterations a loop has: those in which all of its items have an instance, and a few in front of it and behind it. */
import { EPISODE, intersectSteps, invariant, isBefore, isEmptySteps, isNow, operandsOf, shiftMoment, shiftSteps } from "@sequent/ir";
import type { Interval, Moment, NodeId, Operand, Piece } from "@sequent/ir";
import type { Scribe } from "../model/body.js";
import { outsOf } from "../model/body.js";
import { callAt } from "../model/emission.js";
import { readsOf } from "../model/scope.js";
import type { Item } from "../model/scope.js";
import type { Loop } from "./plan.js";
import { stepsOfPiece } from "./reading.js";
import { isLong, stepsIn } from "./slices.js";

/** How many of the first iterations a term lacks. */
export const missingOf = (on: Interval, whole: Interval, isForward: boolean): number =>
  isForward ? (on.lower.from === whole.lower.from ? Math.max(0, on.lower.plus - whole.lower.plus) : 0)
    : on.upper.from === whole.upper.from ? Math.max(0, whole.upper.plus - on.upper.plus) : 0;

/** What a loop computes: the nodes of its items, and what its calls give. */
export const itemsByNode = (scribe: Scribe, loop: Loop, items: readonly Item[]) => {
  const { emission, around } = scribe;
  const { program } = emission;
  const givers = new Map<NodeId, Item>();
  const callSkews = new Map<number, number>();
  for (const item of items) {
    if (item.tag === "node") givers.set(item.id, item);
    else {
      for (const id of outsOf(callAt(program, item.id))) givers.set(id, item);
      const inner = loop.order.find((id) => emission.scopes.giver(around.scope, id)?.tag === "call" && emission.scopes.giver(around.scope, id)?.id === item.id);
      callSkews.set(item.id, inner === undefined ? 0 : (loop.skews.get(inner) ?? 0));
    }
  }
  const readers = new Map<NodeId, Item[]>();
  for (const item of items) for (const x of readsOf(program, item)) readers.set(x.node, [...(readers.get(x.node) ?? []), item]);
  return {
    has: (id: NodeId): boolean => givers.has(id),
    giver: (id: NodeId): Item | null => givers.get(id) ?? null,
    skewOfCall: (id: NodeId): number => { const item = givers.get(id); return item?.tag === "call" ? (callSkews.get(item.id) ?? 0) : 0; },
    skewOfCallItem: (id: number): number => callSkews.get(id) ?? 0,
    isAlias: (id: NodeId): boolean => {
      const [reader, ...more] = readers.get(id) ?? [];
      const node = reader?.tag === "node" ? program.nodes[reader.id] : undefined;
      if (more.length > 0 || node?.tag !== "cases" || scribe.readOutside(id, items)) return false;
      return operandsOf(node).every((x) => x.node !== id || isNow(x.at));
    },
  };
};
export type Own = ReturnType<typeof itemsByNode>;

/** After all that is read of the same iteration. */
export const iterationOrder = ({ emission }: Scribe, items: readonly Item[], giver: Own["giver"], ago: (x: Operand, item: Item) => number): readonly Item[] => {
  const done = new Set<Item>(), opened = new Set<Item>(), sorted: Item[] = [];
  const stack = [...items].reverse();
  for (let item = stack.at(-1); item !== undefined; item = stack.at(-1)) {
    if (done.has(item) || opened.has(item)) {
      stack.pop();
      if (!done.has(item)) sorted.push(item);
      done.add(item);
      continue;
    }
    opened.add(item);
    for (const x of readsOf(emission.program, item)) {
      const from = giver(x.node);
      if (from !== null && from !== item && !opened.has(from) && ago(x, item) === 0) stack.push(from);
    }
  }
  return sorted;
};

/** The steps at which an item's own equation holds, shifted to iterations; of a state each piece's. */
const stepsOfItem = (scribe: Scribe, item: Item, isAmong: (piece: Piece) => boolean = () => true): readonly Interval[] => {
  const { emission } = scribe;
  if (item.tag === "call") {
    const steps = emission.time.stepsOfCall(item.id);
    return steps === null ? [] : [steps];
  }
  const steps = emission.time.stepsOf(item.id);
  if (steps === null) return [];
  const node = emission.program.nodes[item.id];
  if (node?.tag === "cases") return node.pieces.filter(isAmong).map((piece) => stepsOfPiece(emission, item.id, piece)).filter((on) => !isEmptySteps(on));
  return [steps];
};

/** Of the steps at which an item's equations hold those of the one that holds at most, where all are counted from one end. */
const longestOf = (steps: readonly Interval[]): readonly Interval[] => {
  const [first, ...others] = steps;
  return first === undefined ? [] : [others.reduce((most, on) => (stepsIn(on).length > stepsIn(most).length ? on : most), first)];
};

/** The iterations in which every item has its instance: those that the loop is written for. */
export const mainSteps = (
  scribe: Scribe, items: readonly Item[], skewAt: (item: Item) => number, has: Own["has"], ago: (x: Operand, item: Item) => number, isForward: boolean,
): Interval => {
  let main = shiftSteps(EPISODE, 0);
  let first = true;
  const ownSteps = items.map((item) => ({ item, steps: stepsOfItem(scribe, item) }));
  const areFew = !ownSteps.some(({ steps }) => steps.some(isLong));
  const isOwn = (piece: Piece): boolean => has(piece.value.node);
  for (const { item, steps: holding } of ownSteps) {
    for (const on of areFew ? longestOf(stepsOfItem(scribe, item, isOwn)) : holding.filter(isLong)) {
      const here = shiftSteps(on, -skewAt(item));
      main = first ? here : intersectSteps(main, here);
      first = false;
    }
    // A term of a sum exists in all of them, or in none.
    const node = item.tag === "node" ? scribe.emission.program.nodes[item.id] : undefined, steps = item.tag === "node" ? scribe.emission.time.stepsOf(item.id) : null;
    if (node?.tag !== "sum" || steps === null || item.tag !== "node") continue;
    const isRagged = !areFew && scribe.reading.horizon.last !== null;
    for (const piece of node.pieces) {
      const on = stepsOfPiece(scribe.emission, item.id, piece);
      if (!has(piece.value.node) || isEmptySteps(on)) continue;
      const isEarlier = ago(piece.value, item) > 0;
      let { lower, upper } = steps;
      if (isLong(on) || areFew) {
        if (!(isEarlier && isForward)) lower = on.lower;
        if (!((isEarlier && !isForward) || isRagged)) upper = on.upper;
      } else if (on.lower.from === "0") lower = shiftMoment(on.upper, 1);
      else if (!isRagged) upper = shiftMoment(on.lower, -1);
      const here = shiftSteps({ lower, upper }, -skewAt(item));
      main = { lower: isBefore(main.lower, here.lower) ? here.lower : main.lower, upper: isBefore(here.upper, main.upper) ? here.upper : main.upper };
    }
  }
  invariant(!first && !isEmptySteps(main), "a loop has an iteration in which all of its items exist");
  // With fewer steps than this an iteration before the loop would be one behind it, too.
  scribe.reading.horizon.asks(main);
  for (const end of rowEnds(scribe, items, skewAt)) scribe.reading.horizon.asks({ lower: shiftMoment(main.lower, 1), upper: end });
  return main;
};

/** The iterations of terms that each row has at a step counted from its own end: they must be the loop's own. */
const rowEnds = (scribe: Scribe, items: readonly Item[], skewAt: (item: Item) => number): readonly Moment[] => (scribe.reading.horizon.last === null ? [] : items.flatMap((item) => {
  const node = item.tag === "node" ? scribe.emission.program.nodes[item.id] : undefined;
  if (node?.tag !== "sum" || item.tag !== "node") return [];
  return node.pieces.map((piece) => stepsOfPiece(scribe.emission, item.id, piece)).filter((on) => !isLong(on) && !isEmptySteps(on) && on.lower.from === "T").map((on) => shiftMoment(on.lower, -skewAt(item)));
}));

export const existsAt = (scribe: Scribe, item: Item, m: Moment): boolean =>
  stepsOfItem(scribe, item).some((on) => !isBefore(m, on.lower) && !isBefore(on.upper, m));

/** The iterations before and after the loop, at which only some of the items exist. */
export const fixedSteps = (scribe: Scribe, items: readonly Item[], skewAt: (item: Item) => number, main: Interval, isForward: boolean) => {
  let from = main.lower, to = main.upper;
  for (const item of items) {
    for (const on of stepsOfItem(scribe, item)) {
      const here = shiftSteps(on, -skewAt(item));
      if (here.lower.from === from.from && isBefore(here.lower, from)) from = here.lower;
      if (here.upper.from === to.from && isBefore(to, here.upper)) to = here.upper;
    }
  }
  const front = stepsIn({ lower: from, upper: shiftMoment(main.lower, -1) });
  const back = stepsIn({ lower: shiftMoment(main.upper, 1), upper: to });
  return isForward ? { early: front, late: back } : { early: back.toReversed(), late: front.toReversed() };
};
