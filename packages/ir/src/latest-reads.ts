/** How late a value looks at each of those that it is made of. */
import { operandsOf } from "./program.js";
import type { Program } from "./program.js";
import { stepsRead } from "./time.js";
import type { Context, NodeId } from "./time.js";
import { longest } from "./way-lengths.js";

/** The last step that a reader looks at, relative to its own; a step counted from the beginning is behind it sooner or later. */
const lastOf = (at: Context): number => {
  if (at.tag === "over") return Infinity;
  const { from, plus } = at.tag === "at" ? at.time : stepsRead(at).upper;
  return from === "t" ? plus : from === "0" ? -Infinity : Infinity;
};

/** Of all that a value is made of, the last step that it depends on, relative to its own; Infinity: on all that come. What it depends on at the beginning alone is left out. */
export const latestReads = (program: Program, of: NodeId): ReadonlyMap<NodeId, number> =>
  longest([[of, 0]], program.nodes.flatMap((node, reader) => operandsOf(node).map((x) => [reader, x.node, lastOf(x.at)] as const)));
