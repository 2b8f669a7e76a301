/** Training statements and metrics that hold at no step, and states with a gap. */
import { crossing, demandOrder, diagnose, EPISODE, existenceOf, intersectSteps, isEmptySteps, isBefore, moment, momentAt, operandsOf, operandsOfObjective, pieceSteps, printSteps, read, readableOn } from "@sequent/ir";
import type { Diagnostic, Domain, Existence, Interval, Moment, NodeId, Operand, Program, Span } from "@sequent/ir";
import * as D from "./diagnostics.js";
import type { Direction } from "./direction.js";
import { mendStart, moveBoundary, readInstead } from "./mend.js";
import type { Component } from "./reads.js";
import { firstOfData } from "./short-windows.js";
import { localName, printRead, speakOfLast, speechOf } from "./speech.js";
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
export const statementsBeyond = (program: Program, longest: number): readonly Diagnostic[] => {
  const at: At = (id) => program.domains?.[id] ?? { space: { tag: "static" }, time: null }, speech = speechOf(program);
  const outside = statementProblems(program, at, longest, new Set(), speech);
  if (outside.length > 0 || longest >= crossing(program).least) return outside;
  // Where the two ends of the longest sequence cross, a value may be lacking within its interval, too.
  const reads = statementsOf(program).flatMap((one) => one.reads);
  const existence = existenceOf(program, demandOrder(program.nodes, reads), { from: longest });
  return statementsOf(program).flatMap((one): readonly Diagnostic[] => {
    const lost = one.reads.find((x) => existence.least(x.node) > longest);
    return lost === undefined ? [] : [lackedProblem(program, one, lost.node, existence, longest, speech)];
  });
};

/** A statement that reads what no sequence has, with the read of a fixed step that is why, if one is. */
const lackedProblem = (program: Program, { text, span }: Statement, lost: NodeId, { has, least }: Existence, longest: number, speech: Speech): Diagnostic => {
  const isMissed = ({ node, at }: Operand): boolean => at.tag === "at" && at.time.from !== "t" && least(node) <= longest && !has(node, momentAt(at.time, 0, longest), longest);
  const cause = demandOrder(program.nodes, [read(lost)]).flatMap((id) => operandsOf(program.nodes[id] ?? { tag: "param", param: 0 })).find(isMissed);
  const name = speech.nameOf(lost), causeName = cause === undefined ? null : speech.nameOf(cause.node);
  const why = cause?.span === undefined ? [] : [{ at: cause.span, text: "no sequence has this" }];
  const fixes = cause === undefined || causeName === null || cause.at.tag !== "at" || cause.at.time.from === "T" ? [] : readInstead(cause, causeName, { tag: "at", time: moment("T") });
  return diagnose(D.beyondTheData, `\`${text}\` holds at no step of the data: ${name === null ? "what it reads" : `\`${localName(name)}\``} is in sequences that reach step ${String(least(lost))}, and the longest ends at step ${String(longest)}`,
    [{ at: span, text: "no step has all of it" }, ...why], { help: speakOfLast(longest, firstOfData(program)), fixes });
};

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
    const tooShort = longest !== null && (missing !== undefined || (steps !== null && isEmptySteps(within(steps, longest))));
    if (!never && !tooShort) return [];
    const whereabouts = reads.flatMap((x) => speech.whereabouts(x, at) ?? []).map((one) => `${one}.`).join(" ");
    const labels = [{ at: span, text: "no step has all of it" }];
    if (never || longest === null) return [diagnose(D.noInstance, `\`${text}\` holds at no step`, labels, { help: whereabouts })];
    return [diagnose(D.beyondTheData, `\`${text}\` holds at no step of the data: the longest sequence ends at step ${String(longest)}`, labels, { help: `${whereabouts} ${speakOfLast(longest, firstOfData(program, at))}` })];
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
