/** What each value varies over: the least solution of the rule at each equation, found forwards. */
import { operandsOf, variesOf } from "@sequent/ir";
import type { Column, Env, NodeId, Program, Varies } from "@sequent/ir";

const STATIC: Varies = { space: { tag: "static" }, time: false };

const same = (a: Varies, b: Varies): boolean => a.time === b.time && a.space.tag === b.space.tag;

/** Static until something it reads is not: a recurrence is static only if all of it is. Linear: a value changes at most twice. */
export const variesIn = (program: Program, env: Env): Column<Varies> => {
  const { nodes } = program;
  const readers: NodeId[][] = nodes.map(() => []);
  nodes.forEach((node, id) => {
    for (const operand of operandsOf(node)) readers[operand.node]?.push(id);
  });
  const varies: Varies[] = nodes.map(() => STATIC);
  const queue = nodes.map((_, id) => id);
  const queued = new Uint8Array(nodes.length).fill(1);
  for (const id of queue) {
    queued[id] = 0;
    const node = nodes[id];
    if (node === undefined) continue;
    const now = variesOf(node, node.tag === "op" ? (env.ops.get(node.op) ?? null) : null, (of) => varies[of] ?? STATIC);
    if (same(now, varies[id] ?? STATIC)) continue;
    varies[id] = now;
    for (const reader of readers[id] ?? []) {
      if (queued[reader] === 1) continue;
      queued[reader] = 1;
      queue.push(reader);
    }
  }
  return varies;
};
