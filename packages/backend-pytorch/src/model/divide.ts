/** What is computed where: in `forward`, in `losses`, in `metrics`, before the first window. */
import { operandsOf } from "@sequent/ir";
import type { NodeId, Operand } from "@sequent/ir";
import type { Emission } from "./emission.js";
import { keyOf, readsOf } from "./scope.js";
import type { Item } from "./scope.js";

export interface Parts {
  readonly forward: readonly Item[];
  readonly losses: readonly Item[];
  readonly metrics: readonly Item[];
  /** What the values before the first window are made of. */
  readonly start: readonly Item[];
  /** What counts of instances are made of. */
  readonly countsOf: (counts: readonly NodeId[]) => readonly Item[];
  /** Values of the forward part that other parts read, or that are shown. */
  readonly crossing: readonly NodeId[];
}

/** What a statement or a metric comes to. */
interface Mean {
  readonly mean: NodeId;
}

/** `forward` has whatever parameters or functions are needed for; what follows from its values alone goes where it is needed. */
export const divide = (emission: Emission, goals: readonly Mean[], metrics: readonly Mean[], shown: readonly NodeId[], starting: readonly Operand[]): Parts => {
  const { program, scopes } = emission;
  const items = scopes.itemsOf(null);
  /** What the items need, up to what is known to be needed elsewhere with all that it needs. */
  const closure = (start: Iterable<Item>, elsewhere?: ReadonlySet<number>): ReadonlySet<number> => {
    const found = new Set<number>();
    const stack = [...start];
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const key = keyOf(item);
      if (found.has(key) || elsewhere?.has(key) === true) continue;
      found.add(key);
      for (const operand of readsOf(program, item)) {
        const giver = scopes.giver(null, operand.node);
        if (giver !== null) stack.push(giver);
      }
    }
    return found;
  };
  const isHeavy = (item: Item): boolean => {
    if (item.tag === "call") return true;
    const node = program.nodes[item.id];
    if (node?.tag !== "op") return false;
    if (emission.lowerings.get(node.op)?.forward === true) return true;
    // A recurrence that parameters have a part in, wherever they are read.
    if (emission.time.loopOf(item.id) !== null && emission.live[item.id] === 1) return true;
    return operandsOf(node).some((operand) => program.nodes[operand.node]?.tag === "param");
  };
  const itemOf = (node: NodeId): readonly Item[] => [scopes.giver(null, node)].flatMap((item) => item ?? []);
  const inStart = closure(starting.flatMap((x) => itemOf(x.node)));
  const elsewhere = inStart.size === 0 ? null : closure([...[...goals, ...metrics].flatMap((goal) => itemOf(goal.mean)), ...shown.flatMap(itemOf)]);
  const inForward = closure([...items.filter((item) => isHeavy(item) && (elsewhere?.has(keyOf(item)) ?? true)), ...shown.flatMap(itemOf)]);
  const outside = (kind: readonly Mean[]): readonly Item[] => {
    const needed = closure(kind.flatMap((goal) => itemOf(goal.mean)), inForward);
    return items.filter((item) => needed.has(keyOf(item)));
  };
  const [losses, measured] = [outside(goals), outside(metrics)];
  const crossing = new Set<NodeId>(shown.filter((node) => itemOf(node).length > 0));
  const cross = (node: NodeId): void => {
    if (itemOf(node).some((item) => inForward.has(keyOf(item)))) crossing.add(node);
  };
  for (const item of [...losses, ...measured]) for (const operand of readsOf(program, item)) cross(operand.node);
  for (const goal of [...goals, ...metrics]) cross(goal.mean);
  const start = items.filter((item) => inStart.has(keyOf(item)));
  const countsOf = (counts: readonly NodeId[]): readonly Item[] => { const needed = closure(counts.flatMap(itemOf)); return items.filter((item) => needed.has(keyOf(item))); };
  return { forward: items.filter((item) => inForward.has(keyOf(item))), losses, metrics: measured, start, countsOf, crossing: [...crossing] };
};
