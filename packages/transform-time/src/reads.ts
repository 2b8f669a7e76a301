/** The graph of reads between values over time, each with the offsets that it looks at. */
import { components, operandsOf, stepsRead } from "@sequent/ir";
import type { Context, Env, NodeId, Program, Span } from "@sequent/ir";

/** A read of one value over time by another: at the offsets `least`…`most` from the reader's own step; infinite where a fixed step is read. */
export interface Read {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly least: number;
  readonly most: number;
  /** Where the text says so. */
  readonly span: Span | null;
}

const EVERYWHERE = [-Infinity, Infinity] as const;
const offsetsOf = (at: Context): readonly [number, number] => {
  switch (at.tag) {
    case "at":
      return at.time.from === "t" ? [at.time.plus, at.time.plus] : EVERYWHERE;
    case "over":
      return EVERYWHERE;
    case "range":
    case "fan": {
      const { lower, upper } = stepsRead(at);
      return [lower.from === "t" ? lower.plus : -Infinity, upper.from === "t" ? upper.plus : Infinity];
    }
  }
};

/** The values over time that read each other in a circle, and the reads between them. */
export interface Component {
  readonly nodes: readonly NodeId[];
  readonly reads: readonly Read[];
}

/**
 * All equations in dependence order, those of a recurrence together. A collective or a fixed step read within a circle is part of it. What ops
 * over the whole batch read is known where the records are; later there is none in a circle.
 */
export const componentsOf = (program: Program, env?: Env): readonly Component[] => {
  const reads = program.nodes.map((node, from): readonly Read[] => {
    const isOverBatch = node.tag === "op" && env?.ops.get(node.op)?.overBatch === true;
    return operandsOf(node).map((x) => {
      const [least, most] = isOverBatch ? EVERYWHERE : offsetsOf(x.at);
      return { from, to: x.node, least, most, span: x.span ?? null };
    });
  });
  return components(reads.map((list) => list.map((read) => read.to))).map((rows): Component => {
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) return { nodes: rows, reads: (reads[only] ?? []).filter((read) => read.to === only) };
    const inside = new Set(rows);
    return { nodes: [...rows].sort((a, b) => a - b), reads: rows.flatMap((row) => (reads[row] ?? []).filter((read) => inside.has(read.to))) };
  });
};
export const isRecurrence = (component: Component): boolean => component.reads.length > 0;
