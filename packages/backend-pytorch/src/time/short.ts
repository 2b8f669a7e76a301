/** Rows that are shorter than the text is written for: they are computed as longer ones are, and means leave out what they do not have. */
import type { Interval, NodeId, Program } from "@sequent/ir";
import { leastOfLong } from "@sequent/transform-time";
import { atom } from "../model/code.js";
import type { Code } from "../model/code.js";

/** Whether an input says which rows are so long: the text compares their lengths. */
export const isOfLengths = (program: Program, id: NodeId): boolean => {
  const node = program.nodes[id];
  return node?.tag === "input" && leastOfLong(node.name) !== null;
};

export const givenByLengths = ({ nodes }: Program): ReadonlyMap<NodeId, Code> => new Map(nodes.flatMap((node, id): [NodeId, Code][] => {
  const least = node.tag === "input" ? leastOfLong(node.name) : null;
  return least === null ? [] : [[id, { ...atom(`(lengths >= ${String(least)})`), boolean: true }]];
}));

/** What a mean counts that leaves out short rows: the steps of each row that is so long, or, without time, the row. */
export interface LongRows {
  readonly least: number;
  readonly on: Interval | null;
}

/** Of the mean `div(total(…), maximum(total(counted), 1))` of `countInWindow`; null: it is another one. */
export const longRowsOf = ({ nodes }: Program, mean: NodeId): LongRows | null => {
  const read = (id: NodeId, op: string, k: number): NodeId => { const node = nodes[id]; return node?.tag === "op" && node.op === op ? (node.ins[k]?.node ?? -1) : -1; };
  const counted = read(read(read(mean, "core.div", 1), "core.maximum", 0), "core.total", 0), node = nodes[counted];
  const [piece] = node?.tag === "sum" ? node.pieces : [], input = nodes[piece?.value.node ?? counted];
  const least = input?.tag === "input" ? leastOfLong(input.name) : null;
  return least === null ? null : { least, on: piece?.on ?? null };
};
