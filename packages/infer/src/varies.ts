/** What each value varies over: the least solution of the rule at each equation, found forwards. */
import { operandsOf, readersOf, variesOf } from "@sequent/ir";
import type { Column, Env, NodeId, Program, Varies } from "@sequent/ir";

const STATIC: Varies = { space: { tag: "static" }, time: false };

const same = (a: Varies, b: Varies): boolean => a.time === b.time && a.space.tag === b.space.tag;

/** Static until something it reads is not: a recurrence is static only if all of it is. Linear: a value changes at most twice. */
export const variesIn = (program: Program, env: Env): Column<Varies> => {
  const { nodes } = program;
  const readers = readersOf(nodes.length, (id) => {
    const node = nodes[id];
    return node === undefined ? [] : operandsOf(node);
  });
  const varies: Varies[] = nodes.map(() => STATIC);
  const at = (of: NodeId): Varies => varies[of] ?? STATIC;
  const queue = nodes.map((_, id) => id);
  const queued = new Uint8Array(nodes.length).fill(1);
  const enqueue = (id: NodeId): void => {
    if (queued[id] === 1) return;
    queued[id] = 1;
    queue.push(id);
  };
  for (const id of queue) {
    queued[id] = 0;
    const node = nodes[id];
    if (node === undefined) continue;
    const now = variesOf(node, node.tag === "op" ? (env.ops.get(node.op) ?? null) : null, at);
    if (same(now, at(id))) continue;
    varies[id] = now;
    readers(id, enqueue);
  }
  return varies;
};
