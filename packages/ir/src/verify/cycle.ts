/** Values that read themselves at the same step. */
import { operandsOf } from "../program.js";
import type { Column, Node } from "../program.js";
import { stepsRead } from "../time.js";
import type { Context, NodeId } from "../time.js";

/** Whether a read sees the reader's own step: an edge of no shift, or a range around it. */
const readsNow = (at: Context): boolean => {
  switch (at.tag) {
    case "at":
      return at.time.from === "t" && at.time.plus === 0;
    case "over":
      return true;
    case "range":
    case "fan": {
      const { lower, upper } = stepsRead(at);
      return (lower.from !== "t" || lower.plus <= 0) && (upper.from !== "t" || upper.plus >= 0);
    }
  }
};

/** A cycle of reads at the same step, or null; linear. */
export const cycleNow = (nodes: Column<Node>): readonly NodeId[] | null => {
  const reads = nodes.map((node) => operandsOf(node).filter((x) => readsNow(x.at)).map((x) => x.node));
  const left = new Int32Array(nodes.length);
  const readers: number[][] = nodes.map(() => []);
  reads.forEach((list, id) => {
    left[id] = list.length;
    for (const of of list) readers[of]?.push(id);
  });
  const ready: number[] = [];
  left.forEach((count, id) => {
    if (count === 0) ready.push(id);
  });
  for (const id of ready) {
    for (const reader of readers[id] ?? []) {
      left[reader] = (left[reader] ?? 0) - 1;
      if (left[reader] === 0) ready.push(reader);
    }
  }
  const start = left.findIndex((count) => count > 0);
  if (start < 0) return null;
  // Whatever is left reads something that is left: following that ends in a cycle.
  const order = new Map<number, number>();
  const path: number[] = [];
  for (let at = start; ; at = reads[at]?.find((of) => (left[of] ?? 0) > 0) ?? start) {
    const before = order.get(at);
    if (before !== undefined) return [...path.slice(before), at];
    order.set(at, path.length);
    path.push(at);
  }
};
