import type { NodeId, Operand } from "./time.js";

/** Calls back with each reader of a node, in order. */
export type Readers = (node: NodeId, visit: (reader: NodeId) => void) => void;

/** Who reads each of `size` nodes, given what each reads. Two arrays for all, for a list per node would be most of a long program's memory. */
export const readersOf = (size: number, readsOf: (id: NodeId) => readonly Operand[]): Readers => {
  const ends = new Int32Array(size + 1);
  for (let id = 0; id < size; id += 1) for (const { node } of readsOf(id)) ends[node + 1] = (ends[node + 1] ?? 0) + 1;
  for (let id = 0; id < size; id += 1) ends[id + 1] = (ends[id + 1] ?? 0) + (ends[id] ?? 0);
  const readers = new Int32Array(ends[size] ?? 0);
  // Filling moves each node's start to its end, which is the next one's start.
  for (let id = 0; id < size; id += 1) {
    for (const { node } of readsOf(id)) {
      const at = ends[node] ?? 0;
      readers[at] = id;
      ends[node] = at + 1;
    }
  }
  return (node, visit) => {
    for (let at = node === 0 ? 0 : (ends[node - 1] ?? 0); at < (ends[node] ?? 0); at += 1) visit(readers[at] ?? 0);
  };
};
