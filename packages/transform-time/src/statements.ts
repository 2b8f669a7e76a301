/** Training statements and metrics that hold at no step, and states with a gap. */
import { diagnose, EPISODE, intersectSteps, isEmptySteps, isBefore, moment, operandsOfObjective, pieceSteps, printSteps, readableOn } from "@sequent/ir";
import type { Diagnostic, Domain, Interval, Moment, NodeId, Operand, Program, Span } from "@sequent/ir";
import * as D from "./diagnostics.js";
import type { Direction } from "./direction.js";
import { mendStart, moveBoundary } from "./mend.js";
import type { Component } from "./reads.js";
import { localName, printRead, speechOf } from "./speech.js";
import type { Speech } from "./speech.js";

type At = (id: NodeId) => Domain;

interface Statement {
  /** Whether it counts where all that it reads is, and nowhere else: what it ascends and what a metric shows may be looked at elsewhere. */
  readonly isMatch: boolean;
  readonly text: string;
  readonly span: Span;
  readonly reads: readonly Operand[];
}

export const statementsOf = (program: Program): readonly Statement[] => [
  ...program.objectives.map((one): Statement => ({ isMatch: one.tag === "match", text: one.text, span: one.span, reads: operandsOfObjective(one) })),
  ...program.metrics.map((one): Statement => ({ isMatch: false, text: `@metric ${one.name}`, span: one.span, reads: [one.value] })),
];

/** Where the last step is `last`: T counted from 0. */
const within = (on: Interval, last: number): Interval => {
  const fixed = (m: Moment): Moment => (m.from === "T" ? moment("0", last + m.plus) : m);
  return { lower: fixed(on.lower), upper: fixed(on.upper) };
};

/** The steps at which all of the reads are there; null where they have no time. */
export const stepsOfAll = (reads: readonly Operand[], at: At): Interval | null => {
  let steps: Interval | null = null;
  for (const x of reads) {
    const { time } = at(x.node);
    const found = time === null ? null : readableOn(x.at, time);
    if (found !== null) steps = intersectSteps(steps ?? EPISODE, found);
  }
  return steps;
};

/** Of a program with domains, the statements that hold nowhere in sequences of which the longest ends at step `longest`. */
export const statementsBeyond = (program: Program, longest: number): readonly Diagnostic[] =>
  statementProblems(program, (id) => program.domains?.[id] ?? { space: { tag: "static" }, time: null }, longest, new Set(), speechOf(program));

/** Statements without any instance; `longest` is the last step of the longest sequence, null where no data are at hand. `doubtful` have been told of. */
export const statementProblems = (program: Program, at: At, longest: number | null, doubtful: ReadonlySet<NodeId>, speech: Speech): readonly Diagnostic[] =>
  statementsOf(program).flatMap(({ text, span, reads }): readonly Diagnostic[] => {
    if (reads.some((x) => doubtful.has(x.node))) return [];
    const steps = stepsOfAll(reads, at);
    const missing = reads.find((x) => {
      const { time } = at(x.node);
      if (time === null || longest === null || x.at.tag !== "at" || x.at.time.from === "t") return false;
      const m = within({ lower: x.at.time, upper: x.at.time }, longest).lower, on = within(time, longest);
      return isBefore(m, on.lower) || isBefore(on.upper, m);
    });
    const never = steps !== null && isEmptySteps(steps);
    const tooShort = !never && longest !== null && (missing !== undefined || (steps !== null && isEmptySteps(within(steps, longest))));
    if (!never && !tooShort) return [];
    const whereabouts = reads.flatMap((x) => speech.whereabouts(x, at) ?? []).map((one) => `${one}.`).join(" ");
    const labels = [{ at: span, text: "no step has all of it" }];
    if (never) return [diagnose(D.noInstance, `\`${text}\` holds at no step`, labels, { help: whereabouts })];
    return [diagnose(D.beyondTheData, `\`${text}\` holds at no step of the data: the longest sequence ends at step ${String(longest)}`, labels, { help: whereabouts })];
  });

/** Whether one interval surely ends before another begins, with a step between. */
const isApart = (before: Interval, after: Interval): boolean => before.upper.from === after.lower.from && before.upper.plus + 1 < after.lower.plus;

/** Of a state, two pieces that are next to each other and leave steps between them without a value. */
export const gapProblem = (program: Program, id: NodeId, component: Component, direction: Direction | null, at: At, speech: Speech): Diagnostic | null => {
  const node = program.nodes[id];
  if (node?.tag !== "cases") return null;
  const parts = node.pieces.flatMap((piece) => {
    const on = pieceSteps(piece, at);
    return on === null || isEmptySteps(on) ? [] : [{ piece, on }];
  }).sort((a, b) => (isBefore(a.on.lower, b.on.lower) ? -1 : isBefore(b.on.lower, a.on.lower) ? 1 : 0));
  for (const [k, after] of parts.entries()) {
    const before = parts[k - 1];
    if (before === undefined || !isApart(before.on, after.on)) continue;
    const name = speech.nameOf(id) ?? "it";
    const gap = { lower: moment(before.on.upper.from, before.on.upper.plus + 1), upper: moment(after.on.lower.from, after.on.lower.plus - 1) };
    // The end that is one boundary equation moves next to the other.
    const alone = (on: Interval): boolean => on.lower.from === on.upper.from && on.lower.plus === on.upper.plus;
    const given = parts.filter(({ on }) => alone(on)).map(({ piece }) => [id, piece] as const);
    const fixes = direction !== null ? mendStart(program, component, given, direction, name, at) : alone(before.on) ? moveBoundary(name, before.piece, gap.upper) : alone(after.on) ? moveBoundary(name, after.piece, gap.lower) : [];
    const at0 = (alone(before.on) ? before : after).piece.written?.target ?? speech.spanOf(id);
    const text = gap.lower.plus === gap.upper.plus && gap.lower.from === gap.upper.from ? printRead(localName(name), { tag: "at", time: gap.lower }) : `${localName(name)} at ${printSteps(gap)}`;
    return diagnose(D.gap, `nothing gives \`${text}\``, [{ at: at0, text: "given here, apart from the rest" }], {
      help: `\`${name}\` exists at ${printSteps(before.on)}, and then from ${printSteps({ lower: after.on.lower, upper: after.on.lower })} on.`, fixes,
    });
  }
  return null;
};
