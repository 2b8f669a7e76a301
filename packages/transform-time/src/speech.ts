/** How messages speak of values over time: in the user's names, with contexts. */
import { NOWHERE, printMoment, printSteps, stepsRead } from "@sequent/ir";
import type { Context, Domain, NodeId, Operand, Program, Span } from "@sequent/ir";
import type { Read } from "./reads.js";

export interface Speech {
  /** The user's name without a context, or null. */
  readonly nameOf: (id: NodeId) => string | null;
  readonly spanOf: (id: NodeId) => Span;
  /** `x_{t-1} exists at 2..T`; null for a value without a name. */
  readonly whereabouts: (x: Operand, at: (id: NodeId) => Domain) => string | null;
  /** `h_t <- b_{t+1} <- h_t`: named values on a way of reads, with the steps that they are read at. */
  readonly way: (reads: readonly Read[]) => string;
}

const braces = (text: string): string => (text.length === 1 || /^\d+$/.test(text) ? text : `{${text}}`);
const offsetName = (offset: number): string => braces(offset === 0 ? "t" : offset > 0 ? `t+${String(offset)}` : `t${String(offset)}`);

/** `x_{t-1}`, `x_{0..t}`. */
export const printRead = (name: string, at: Context): string => {
  if (at.tag === "at") return `${name}_${braces(printMoment(at.time))}`;
  if (at.tag === "over") return `${name} at all steps`;
  const { lower, upper } = stepsRead(at);
  return `${name}_{${printMoment(lower)}..${printMoment(upper)}}`;
};

/** What there is to read in sequences from step `start` on, of which the longest ends at such a step. */
export const speakOfLast = (longest: number, start: number): string => (longest > start ? "`_T` is the last step of each sequence."
  : "Every sequence has one step, which `_T` reads, and nothing lies before or behind it but what boundary equations give. If the data have more, their second axis is time: [samples, time, …].");

/** A name as it is written where it is defined: without the call that it belongs to, or the count of its copies. */
export const localName = (name: string): string => name.replace(/\.\d+$/, "").replace(/^.*\./, "");

export const speechOf = (program: Program): Speech => {
  const names = new Map<NodeId, { readonly name: string; readonly span: Span }>();
  for (const one of program.names) if (one.adjointOf === null && !names.has(one.node)) names.set(one.node, one);
  const nameOf = (id: NodeId): string | null => {
    const node = program.nodes[id];
    return names.get(id)?.name ?? (node?.tag === "input" ? node.name : null);
  };
  return {
    nameOf,
    spanOf: (id) => names.get(id)?.span ?? program.spans[id] ?? NOWHERE,
    whereabouts: (x, at) => {
      const name = nameOf(x.node), { time } = at(x.node);
      if (name === null || time === null) return null;
      return `\`${printRead(name, x.at)}\` is read, and \`${name}\` exists at ${printSteps(time)}`;
    },
    way: (reads) => {
      // Start at a value with a name, so that offsets count from it.
      const first = Math.max(0, reads.findIndex((read) => nameOf(read.from) !== null));
      const turned = [...reads.slice(first), ...reads.slice(0, first)];
      const parts = [`${nameOf(turned[0]?.from ?? -1) ?? "…"}_t`];
      let offset = 0;
      for (const read of turned) {
        const fixed = !Number.isFinite(read.least) || !Number.isFinite(read.most);
        offset += fixed ? 0 : read.most;
        const name = nameOf(read.to);
        if (fixed) parts.push(name === null ? "(a fixed step)" : `${name} at fixed steps`);
        else if (name !== null) parts.push(`${name}_${offsetName(offset)}`);
      }
      return parts.join(" <- ");
    },
  };
};
