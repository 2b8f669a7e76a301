/** Boundary equations that nothing which is trained or reported depends on. */
import { diagnose, intersectSteps, isEmptySteps, sameSteps } from "@sequent/ir";
import type { Diagnostic, Domain, Env, NodeId, Piece, Program, Written } from "@sequent/ir";
import * as D from "./diagnostics.js";
import { directionOf } from "./direction.js";
import { createNeeded } from "./needed.js";
import type { Needed } from "./needed.js";
import { componentsOf, isRecurrence } from "./reads.js";
import { localName, printRead } from "./speech.js";
import type { Speech } from "./speech.js";
import { statementsOf, stepsOfAll } from "./statements.js";

/** At which steps statements and metrics want each value of a program with domains. */
const neededBy = (program: Program, env: Env): Needed => {
  const needed = createNeeded(program, env);
  const at = (id: NodeId): Domain => program.domains?.[id] ?? { space: { tag: "static" }, time: null };
  for (const { isMatch, reads } of statementsOf(program)) {
    const steps = isMatch ? stepsOfAll(reads, at) : null;
    for (const x of reads) needed.want(x, steps);
  }
  for (const component of componentsOf(program, env).toReversed()) {
    const found = isRecurrence(component) ? directionOf(component) : null;
    needed.passOn(component.nodes, found?.tag === "runs" ? found.direction : null);
  }
  return needed;
};

/** A boundary equation of a macro is one for each call: one that reads it is enough. */
const keyOf = ({ target }: Written): string => `${target.file} ${String(target.from)}`;

/** The lints; a state that is wanted nowhere at all is told of by its name (SQ0212). */
export const unreadBoundaries = (program: Program, env: Env, speech: Speech): readonly Diagnostic[] => {
  const pieces = program.nodes.flatMap((node, id) => (node.tag !== "cases" ? [] : node.pieces.flatMap(({ on, written }: Piece) => (on === null || written === undefined ? [] : [{ id, on, written }]))));
  // The state's own equation may hold at one step before a boundary, but never there alone.
  const ofSteps = new Set(pieces.filter(({ on }) => !sameSteps(on, { lower: on.lower, upper: on.lower })).map(({ written }) => keyOf(written)));
  const boundaries = pieces.filter(({ written }) => !ofSteps.has(keyOf(written)));
  if (boundaries.length === 0 || program.objectives.length + program.metrics.length === 0) return [];
  const needed = neededBy(program, env);
  const isRead = ({ id, on }: (typeof boundaries)[number]): boolean => {
    const steps = needed.stepsOf(id);
    return !needed.isWanted(id) || steps === null || !isEmptySteps(intersectSteps(steps, on));
  };
  const read = new Set(boundaries.filter(isRead).map(({ written }) => keyOf(written)));
  const unread = new Map(boundaries.filter(({ written }) => !read.has(keyOf(written))).map((one) => [keyOf(one.written), one]));
  return [...unread.values()].map(({ id, on, written }) => {
    const text = printRead(localName(speech.nameOf(id) ?? "it"), { tag: "at", time: on.lower });
    const fixes = written.own === null ? [] : [{ title: "remove it", edits: [{ at: written.own, text: "" }], unsafe: true }];
    return diagnose(D.unreadBoundary, `nothing reads \`${text}\``, [{ at: written.target, text: "given for nothing" }], { fixes });
  });
};
