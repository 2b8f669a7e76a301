/** What a loop keeps of its values: in a variable, for the next iteration, or in a list, of all of them. */
import type { NodeId, Operand } from "@sequent/ir";
import type { Scribe } from "../model/body.js";
import { outsOf, temporary } from "../model/body.js";
import { callAt, nameIn } from "../model/emission.js";
import { readsOf } from "../model/scope.js";
import type { Item } from "../model/scope.js";
import { gatherKey, gatherOf } from "./gather.js";
import type { Gather } from "./gather.js";
import type { Own } from "./iterations.js";
import type { State } from "./write-loop.js";

export const statesOf = (scribe: Scribe, items: readonly Item[], own: Own, ago: (x: Operand, item: Item) => number): Map<NodeId, State> => {
  const { emission, names, around } = scribe;
  const furthest = new Map<NodeId, number>();
  const ranged = new Set<NodeId>();
  for (const item of items) {
    for (const x of readsOf(emission.program, item)) {
      if (!own.has(x.node)) continue;
      if (x.at.tag === "fan") continue;
      if (x.at.tag === "range") ranged.add(x.node);
      furthest.set(x.node, Math.max(furthest.get(x.node) ?? 0, ago(x, item)));
    }
  }
  const states = new Map<NodeId, State>();
  const computed = items.flatMap((item) => (item.tag === "node" ? [item.id] : outsOf(callAt(emission.program, item.id))));
  for (const id of computed) {
    const kept = scribe.readOutside(id, items), lag = furthest.get(id) ?? 0;
    if (!kept && lag === 0 && !ranged.has(id)) continue;
    const base = nameIn(emission, around.scope, id) ?? temporary(emission, id);
    const variable = names.take(`${base}_t`);
    states.set(id, {
      id, variable, kept, zeros: 0, missed: 0,
      before: lag > 0 ? names.take(`${base}_before`) : null,
      list: kept || lag > 1 || ranged.has(id) ? names.take(`${base}_steps`) : null,
    });
  }
  // What is nothing but the value of a state has the state's variable.
  for (const item of items) {
    const node = item.tag === "node" ? emission.program.nodes[item.id] : undefined;
    const state = item.tag === "node" ? states.get(item.id) : undefined;
    if (node?.tag !== "cases" || state === undefined) continue;
    for (const piece of node.pieces) {
      const giver = own.giver(piece.value.node);
      if (giver?.tag === "call" && own.isAlias(piece.value.node) && !states.has(piece.value.node)) {
        states.set(piece.value.node, { id: piece.value.node, variable: state.variable, before: null, list: null, kept: false, zeros: 0, missed: 0 });
      }
    }
  }
  return states;
};

/** What the loop's own equations give back to ranges of its own states. */
export const gathersOf = (scribe: Scribe, items: readonly Item[], own: Own): ReadonlyMap<string, Gather> => {
  const gathers = new Map<string, Gather>();
  for (const item of items) {
    for (const x of readsOf(scribe.emission.program, item)) {
      if (x.at.tag !== "fan" || !own.has(x.node) || gathers.has(gatherKey(x))) continue;
      const base = nameIn(scribe.emission, scribe.around.scope, x.node) ?? temporary(scribe.emission, x.node);
      gathers.set(gatherKey(x), gatherOf(scribe, scribe.names.take(`${base}_sums`), x.node, x.at.range, x.at.of));
    }
  }
  return gathers;
};

/** What a loop is about, by the user's names: the states that it carries on; else the first value that has a name. */
export const subjectOf = ({ emission, around }: Scribe, states: readonly State[], items: readonly Item[]): readonly string[] => {
  const named = (ids: readonly NodeId[]): readonly string[] => [...new Set(ids.flatMap((id) => nameIn(emission, around.scope, id) ?? []))];
  const carried = named(states.filter((state) => state.before !== null).map((state) => state.id));
  return carried.length > 0 ? carried : named(items.flatMap((item) => (item.tag === "node" ? [item.id] : outsOf(callAt(emission.program, item.id))))).slice(0, 1);
};
