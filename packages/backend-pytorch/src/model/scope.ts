/** The program's nodes sorted into scopes: the top level, and the body of each macro or composed function. */
import { invariant, operandsOf } from "@sequent/ir";
import type { Call, CallId, Node, NodeId, Operand, Program } from "@sequent/ir";
import type { Lowerings } from "../lowerings/lowering.js";
import type { TimePlan } from "../time/plan.js";

/** What stands in a scope: a node of its own, or the call of a function as one unit. */
export type Item = { readonly tag: "node"; readonly id: NodeId } | { readonly tag: "call"; readonly id: CallId };

/** Tells items apart: calls count down from -1. */
export const keyOf = ({ tag, id }: Item): number => (tag === "node" ? id : -1 - id);

export interface Scopes {
  /** The items of a scope that are wanted, each after what it reads, otherwise in the order of the user's text. */
  readonly itemsOf: (scope: CallId | null) => readonly Item[];
  /** What gives a node's value within a scope; null if it comes from outside (an argument) or is written where it is used. */
  readonly giver: (scope: CallId | null, node: NodeId) => Item | null;
  /** The transforms of one use between an item and its scope, innermost first. */
  readonly wrappers: (item: Item, scope: CallId | null) => readonly CallId[];
  /** The loop that an item is part of, if the loop stands in this scope. */
  readonly loopOf: (scope: CallId | null, item: Item) => number | null;
}

/** Parameters, inputs and ops that their lowering says so of (constants) are no item: they are written where they are used. */
export const isInline = (node: Node, lowerings: Lowerings): boolean =>
  node.tag === "param" || node.tag === "input" || (node.tag === "op" && lowerings.get(node.op)?.inline === true);

/** A transform's call is no scope of its own: what is inside stands in the scope around it. */
const isWrapper = (call: Call): boolean => call.override?.tag === "transform";

export const sortScopes = (program: Program, lowerings: Lowerings, wanted: readonly NodeId[], time: TimePlan, kept: ReadonlySet<NodeId>): Scopes => {
  const isItem = (id: NodeId): boolean => {
    const node = program.nodes[id];
    return node !== undefined && (!isInline(node, lowerings) || (kept.has(id) && node.tag === "op"));
  };
  const parentOf = (id: CallId): CallId | null => {
    const call = program.calls[id];
    invariant(call !== undefined, `there is no call ${String(id)}`);
    return call.parent;
  };
  const scopeOf = (id: CallId | null): CallId | null => {
    let scope = id;
    for (let call = scope === null ? undefined : program.calls[scope]; call !== undefined && isWrapper(call); ) {
      scope = call.parent;
      call = scope === null ? undefined : program.calls[scope];
    }
    return scope;
  };
  const giver = (scope: CallId | null, node: NodeId): Item | null => {
    if (!isItem(node)) return null;
    let inner: CallId | null = null;
    for (let at = scopeOf(program.callOf[node] ?? null); ; at = scopeOf(parentOf(at))) {
      if (at === scope) return inner === null ? { tag: "node", id: node } : { tag: "call", id: inner };
      if (at === null) return null;
      inner = at;
    }
  };
  const wrappers = (item: Item, scope: CallId | null): readonly CallId[] => {
    const found: CallId[] = [];
    let at = item.tag === "call" ? parentOf(item.id) : (program.callOf[item.id] ?? null);
    while (at !== null && at !== scope) {
      found.push(at);
      at = parentOf(at);
    }
    return found;
  };
  const byScope = new Map<CallId | null, Map<number, Item>>();
  for (const id of wanted) {
    if (!isItem(id)) continue;
    let at = scopeOf(program.callOf[id] ?? null);
    let item: Item = { tag: "node", id };
    for (;;) {
      const items = byScope.get(at) ?? new Map<number, Item>();
      byScope.set(at, items);
      items.set(keyOf(item), item);
      if (at === null) break;
      item = { tag: "call", id: at };
      at = scopeOf(parentOf(at));
    }
  }
  // A loop stands where all of its nodes are; the calls there that hold some of them are applied step by step.
  const loopAt = new Map<string, number>();
  time.loops.forEach((loop, k) => {
    const around = loop.order.map((node) => {
      const chain: (CallId | null)[] = [];
      for (let at = scopeOf(program.callOf[node] ?? null); at !== null; at = scopeOf(parentOf(at))) chain.push(at);
      return [...chain, null];
    });
    const home = around[0]?.find((scope) => around.every((chain) => chain.includes(scope))) ?? null;
    for (const node of loop.order) {
      const item = giver(home, node);
      if (item !== null) loopAt.set(`${String(home)} ${item.tag}${String(item.id)}`, k);
    }
  });
  const loopOf = (scope: CallId | null, item: Item): number | null => loopAt.size === 0 ? null : (loopAt.get(`${String(scope)} ${item.tag}${String(item.id)}`) ?? null);
  const sorted = new Map<CallId | null, readonly Item[]>();
  for (const [scope, items] of byScope) sorted.set(scope, order(program, scope, [...items.values()], giver, placeIn(program), (item) => loopOf(scope, item)));
  return { itemsOf: (scope) => sorted.get(scope) ?? [], giver, wrappers, loopOf };
};

export const readsOf = (program: Program, item: Item): readonly Operand[] => {
  if (item.tag === "call") return program.calls[item.id]?.ins ?? [];
  const node = program.nodes[item.id];
  return node === undefined ? [] : operandsOf(node);
};

const placeIn = (program: Program) => (item: Item): number =>
  (item.tag === "call" ? program.calls[item.id]?.span.from : program.spans[item.id]?.from) ?? 0;

/**
 * Topological, and among those that are ready the first by place (a binary heap); their place in the text if none is given. The items of a
 * loop read each other in a circle: they stay together.
 */
export const order = (
  program: Program, scope: CallId | null, items: readonly Item[], giver: Scopes["giver"], placeOf = placeIn(program),
  loopOf: (item: Item) => number | null = () => null,
): readonly Item[] => {
  const groups: Item[][] = [];
  const index = new Map<number, number>();
  const ofLoop = new Map<number, number>();
  for (const item of items) {
    const loop = loopOf(item);
    const known = loop === null ? undefined : ofLoop.get(loop);
    const group = known ?? groups.push([]) - 1;
    if (loop !== null) ofLoop.set(loop, group);
    groups[group]?.push(item);
    index.set(keyOf(item), group);
  }
  const readers: number[][] = groups.map(() => []);
  const missing = groups.map((group, k) => {
    let sources = 0;
    for (const item of group) {
      for (const operand of readsOf(program, item)) {
        const from = giver(scope, operand.node);
        const source = from === null ? undefined : index.get(keyOf(from));
        if (source === undefined || source === k) continue;
        const list = readers[source];
        // One that reads another twice waits for it once.
        if (list === undefined || list.at(-1) === k) continue;
        list.push(k);
        sources += 1;
      }
    }
    return sources;
  });
  const place = groups.map((group) => Math.min(...group.map(placeOf)));
  const heap = createHeap((a, b) => (place[a] ?? 0) - (place[b] ?? 0) || a - b);
  missing.forEach((count, k) => {
    if (count === 0) heap.push(k);
  });
  const sorted: Item[] = [];
  for (let k = heap.pop(); k !== null; k = heap.pop()) {
    sorted.push(...(groups[k] ?? []));
    for (const reader of readers[k] ?? []) {
      const left = (missing[reader] ?? 0) - 1;
      missing[reader] = left;
      if (left === 0) heap.push(reader);
    }
  }
  invariant(sorted.length === items.length, "a scope's items depend on each other in a circle");
  return sorted;
};

const createHeap = (compare: (a: number, b: number) => number) => {
  const heap: number[] = [];
  const less = (i: number, j: number): boolean => compare(heap[i] ?? 0, heap[j] ?? 0) < 0;
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j] ?? 0, heap[i] ?? 0];
  };
  return {
    push: (value: number): void => {
      let i = heap.push(value) - 1;
      for (let up = (i - 1) >> 1; i > 0 && less(i, up); i = up, up = (i - 1) >> 1) swap(i, up);
    },
    pop: (): number | null => {
      const top = heap[0];
      const last = heap.pop();
      if (top === undefined || last === undefined) return null;
      if (heap.length === 0) return top;
      heap[0] = last;
      for (let i = 0; ; ) {
        const left = 2 * i + 1;
        let least = i;
        if (left < heap.length && less(left, least)) least = left;
        if (left + 1 < heap.length && less(left + 1, least)) least = left + 1;
        if (least === i) return top;
        swap(i, least);
        i = least;
      }
    },
  };
};
