/** Which way a recurrence runs: by the sign of its cycles. */
import type { NodeId } from "@sequent/ir";
import type { Component, Read } from "./reads.js";

export type Direction = "forward" | "backward";

/** A recurrence that can be computed step by step, or the cycles that forbid it. */
export type Found =
  | { readonly tag: "runs"; readonly direction: Direction }
  /** Through a fixed step, or all steps at once. */
  | { readonly tag: "fixed"; readonly cycle: readonly Read[] }
  /** Around it no step is gained: every value on it needs itself. */
  | { readonly tag: "zero"; readonly cycle: readonly Read[] }
  | { readonly tag: "mixed"; readonly past: readonly Read[]; readonly future: readonly Read[] };

/**
 * The potentials that make every read look no further than `σ(from) + offset ≤ σ(to)`, or a cycle of sum ≥ 0. Longest paths by Bellman and
 * Ford; a little is added to each offset, so that a sum of 0 is found as well.
 */
const relax = (nodes: readonly NodeId[], reads: readonly Read[], offset: (read: Read) => number, little: number): readonly Read[] | ReadonlyMap<NodeId, number> => {
  const potential = new Map<NodeId, number>(nodes.map((node) => [node, 0]));
  const by = new Map<NodeId, Read>();
  let last: NodeId | null = null;
  for (let round = 0; round <= nodes.length; round += 1) {
    last = null;
    for (const read of reads) {
      const through = (potential.get(read.from) ?? 0) + offset(read) + little;
      if (through <= (potential.get(read.to) ?? 0)) continue;
      potential.set(read.to, through);
      by.set(read.to, read);
      last = read.to;
    }
    if (last === null) return potential;
  }
  // As many steps back as there are nodes end on the cycle.
  let at = last ?? 0;
  for (const _ of nodes) at = by.get(at)?.from ?? at;
  const cycle: Read[] = [];
  const start = at;
  do {
    const read = by.get(at);
    if (read === undefined) break;
    cycle.push(read);
    at = read.from;
  } while (at !== start);
  return cycle.reverse();
};

const isCycle = (found: readonly Read[] | ReadonlyMap<NodeId, number>): found is readonly Read[] => Array.isArray(found);

/** The shortest way of reads from one node to another. */
const wayBetween = (reads: readonly Read[], from: NodeId, to: NodeId): readonly Read[] => {
  if (from === to) return [];
  const by = new Map<NodeId, Read>();
  const queue = [from];
  for (const node of queue) {
    for (const read of reads) {
      if (read.from !== node || by.has(read.to)) continue;
      by.set(read.to, read);
      queue.push(read.to);
    }
    if (by.has(to)) break;
  }
  const way: Read[] = [];
  for (let read = by.get(to); read !== undefined; read = read.from === from ? undefined : by.get(read.from)) way.push(read);
  return way.reverse();
};

export const directionOf = ({ nodes, reads }: Component): Found => {
  const fixed = reads.find((read) => read.least === -Infinity && read.most === Infinity);
  if (fixed !== undefined) return { tag: "fixed", cycle: [fixed, ...wayBetween(reads, fixed.to, fixed.from)] };
  const little = 1 / (nodes.length + 1);
  const ahead = reads.find((read) => read.most === Infinity), behind = reads.find((read) => read.least === -Infinity);
  const forward = ahead === undefined ? relax(nodes, reads, (read) => read.most, little) : [ahead, ...wayBetween(reads, ahead.to, ahead.from)];
  if (!isCycle(forward)) return { tag: "runs", direction: "forward" };
  const backward = behind === undefined ? relax(nodes, reads, (read) => -read.least, little) : [behind, ...wayBetween(reads, behind.to, behind.from)];
  if (!isCycle(backward)) return { tag: "runs", direction: "backward" };
  if (sumOf(forward) === 0) return { tag: "zero", cycle: forward };
  if (sumOf(backward) === 0) return { tag: "zero", cycle: backward };
  return { tag: "mixed", past: backward, future: forward };
};

const sumOf = (cycle: readonly Read[]): number => cycle.reduce((sum, read) => sum + read.most, 0);

/**
 * How far ahead of the loop's own step each node is computed, so that every read finds a value that is there: 0 for all where no read goes
 * against the direction.
 */
export const skewsOf = ({ nodes, reads }: Component, direction: Direction): ReadonlyMap<NodeId, number> => {
  const found = direction === "forward" ? relax(nodes, reads, (read) => read.most, 0) : relax(nodes, reads, (read) => -read.least, 0);
  if (isCycle(found)) return new Map();
  return direction === "forward" ? found : new Map([...found].map(([node, skew]) => [node, skew === 0 ? 0 : -skew]));
};
