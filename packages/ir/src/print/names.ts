/** How each equation is called in print: by the user's name where the notation can write it, else `n12`. */
import { printMoment } from "../extent.js";
import { operandsOf, operandsOfObjective } from "../program.js";
import type { Name, Program } from "../program.js";
import { isNow } from "../time.js";
import type { Interval, Moment, NodeId, Operand } from "../time.js";
import { generated, spell } from "./words.js";

export interface Naming {
  /** Of each equation, without context. */
  readonly idents: readonly string[];
  /** As it stands where it is defined: `h_t`. */
  readonly target: (id: NodeId) => string;
  readonly operand: (x: Operand) => string;
  /** The row of `names` that an equation's own name stands for, if it has one. */
  readonly own: ReadonlyMap<NodeId, Name>;
}

/** What a read names with a step of its own. */
const steppedIn = (x: Operand): readonly NodeId[] => {
  if (x.at.tag === "fan") return [x.node, x.at.of];
  return isNow(x.at) || x.at.tag === "over" ? [] : [x.node];
};

/** Equations that are read at another step, or have a step axis of their own: they are printed with `_t`. */
const timedNodes = (program: Program): readonly boolean[] => {
  const timed = program.nodes.map((node, id) => (node.tag === "input" ? node.time === true : (program.varies?.[id]?.time ?? false)));
  for (const node of program.nodes) for (const x of operandsOf(node)) for (const id of steppedIn(x)) timed[id] = true;
  return timed;
};

/** Equations that something reads at a step of its own, so that their name must take a context. */
const shiftedNodes = (program: Program): ReadonlySet<NodeId> => {
  const shifted = new Set<NodeId>();
  const see = (x: Operand | null): void => {
    if (x !== null) for (const id of steppedIn(x)) shifted.add(id);
  };
  for (const node of program.nodes) operandsOf(node).forEach(see);
  for (const { ins, outs, override } of program.calls) {
    [...ins, ...outs].forEach(see);
    if (override?.tag === "custom") [...override.ins, ...override.params.map((p) => p.gradient)].forEach(see);
  }
  for (const objective of program.objectives) operandsOfObjective(objective).forEach(see);
  for (const metric of program.metrics) see(metric.value);
  for (const update of program.updates ?? []) see(update.next);
  see(program.loss ?? null);
  return shifted;
};

/** `h_1` could be read as h at step 1, where there is an h. */
const stemOf = (name: string): string => name.replace(/_[0-9]+$/, "");

export const namingOf = (program: Program): Naming => {
  const shifted = shiftedNodes(program);
  const timed = timedNodes(program);
  const used = new Set<string>([...program.names.map((n) => n.name), ...program.params.map((p) => p.name)]);
  const taken = new Set<string>();
  const own = new Map<NodeId, Name>();
  const labelled = new Set<NodeId>();
  const idents = program.nodes.map((_, id) => generated(id));

  const claim = (id: NodeId, name: string): boolean => {
    const spelling = spell(name);
    if (spelling === null || taken.has(name)) return false;
    if (spelling.labelled && (shifted.has(id) || used.has(stemOf(name)))) return false;
    taken.add(name);
    idents[id] = name;
    if (spelling.labelled) labelled.add(id);
    return true;
  };
  program.nodes.forEach((node, id) => {
    const param = node.tag === "param" ? program.params[node.param] : undefined;
    if (param !== undefined) claim(id, param.name);
  });
  for (const name of program.names) {
    if (own.has(name.node) || program.nodes[name.node]?.tag === "param") continue;
    if (claim(name.node, name.name)) own.set(name.node, name);
  }

  const at = (id: NodeId, context: string): string => `${idents[id] ?? generated(id)}_${context}`;
  const moment = (m: Moment): string => {
    const text = printMoment(m);
    return m.plus === 0 || (m.from === "0" && m.plus > 0) ? text : `{${text}}`;
  };
  const target = (id: NodeId): string => (timed[id] === true && !labelled.has(id) ? at(id, "t") : (idents[id] ?? generated(id)));
  const range = (id: NodeId, { lower, upper }: Interval): string => at(id, `{${printMoment(lower)}..${printMoment(upper)}}`);
  const read = (x: Operand): string => {
    switch (x.at.tag) {
      case "at":
        return isNow(x.at) ? target(x.node) : at(x.node, moment(x.at.time));
      case "over":
        return x.at.axes === "both" ? `all(${target(x.node)})` : `all(${target(x.node)}, over="${x.at.axes}")`;
      case "range":
        return range(x.node, x.at.on);
      case "fan":
        return `fan(${target(x.node)}, ${range(x.at.of, x.at.range)})`;
    }
  };
  return { idents, target, own, operand: (x) => (x.old ? `old(${read(x)})` : read(x)) };
};
