/** What is wrong with the domains that were found, and why, told where it begins. */
import { diagnose, EPISODE, holdsStep, intersectSteps, isBefore, isEmptySteps, moment, operandsOf, pieceSteps, printMoment, printSteps, readableOn, sameSteps, shiftMoment } from "@sequent/ir";
import type { Diagnostic, Domain, Fix, Interval, Label, Moment, NodeId, Operand, Piece, Program } from "@sequent/ir";
import * as D from "./diagnostics.js";
import type { Direction, Found } from "./direction.js";
import { giveStart, mendStart, moveBoundary, moveInside, nearestStep, readInstead, readTheOnlyStep } from "./mend.js";
import type { Component, Read } from "./reads.js";
import { firstOfData } from "./short-windows.js";
import { localName, printRead, speakOfLast } from "./speech.js";
import type { Speech } from "./speech.js";

type At = (id: NodeId) => Domain;

/** What a read of a circle does, at its place. */
const labelOf = (read: Read): readonly Label[] => {
  if (read.span === null) return [];
  const steps = (n: number): string => `${String(n)} step${n === 1 ? "" : "s"}`;
  const [least, most] = [read.least, read.most];
  const text = !Number.isFinite(least) && !Number.isFinite(most) ? "a fixed step"
    : !Number.isFinite(least) || !Number.isFinite(most) ? "a whole range"
    : least !== most ? "a range" : most === 0 ? "the same step" : most < 0 ? `${steps(-most)} back` : `${steps(most)} ahead`;
  return [{ at: read.span, text }];
};

/** A circle of reads that no order of steps computes. */
export const circleProblem = (found: Exclude<Found, { tag: "runs" }>, speech: Speech): Diagnostic => {
  const reads = found.tag === "mixed" ? [...found.past, ...found.future] : found.cycle;
  const [first] = reads;
  const labels = reads.flatMap(labelOf).filter(({ at }, k, all) => all.findIndex((one) => one.at.from === at.from && one.at.file === at.file) === k);
  const at = labels.length > 0 ? labels : [{ at: speech.spanOf(first?.from ?? 0), text: "on this circle" }];
  switch (found.tag) {
    case "fixed":
      return diagnose(D.throughAFixedStep, "a value at every step needs a fixed step of what is computed from it", at, { help: `The circle: ${speech.way(found.cycle)}.` });
    case "zero":
      return diagnose(D.notCausal, "a value needs itself: the reads come back to the same step", at, { help: `The circle: ${speech.way(found.cycle)}.` });
    case "mixed":
      return diagnose(D.mixedDirections, "a recurrence looks back on one way and ahead on another", at, {
        help: `To the past: ${speech.way(found.past)}. To the future: ${speech.way(found.future)}.`,
      });
  }
};

type Cases = Extract<Program["nodes"][number], { tag: "cases" }>;

/** A recurrence of which some value never comes about. Null: all of it does. */
export const startProblem = (program: Program, component: Component, direction: Direction, at: At, speech: Speech): Diagnostic | null => {
  const inside = new Set(component.nodes);
  const states = component.nodes.flatMap((id): readonly (readonly [NodeId, Cases])[] => {
    const node = program.nodes[id];
    return node?.tag === "cases" ? [[id, node]] : [];
  });
  const lost = component.nodes.find((id) => (program.varies ?? [])[id]?.time === true && isEmptySteps(at(id).time ?? EPISODE));
  if (lost === undefined) return null;
  const bases = states.flatMap(([id, node]) => node.pieces.filter((piece) => !inside.has(piece.value.node)).map((piece) => [id, piece] as const));
  if (bases.length === 0) return withoutBoundary(program, component, direction, speech);
  const starts = bases.some(([, { on }]) => on === null || (direction === "forward" ? on.lower.from === "0" : on.upper.from === "T"));
  if (!starts) return atWrongEnd(bases, direction, speech);
  return stuck(program, component, bases, direction, at, speech);
};

const withoutBoundary = (program: Program, component: Component, direction: Direction, speech: Speech): Diagnostic => {
  // The state that is read at another step is the one to give.
  const carried = component.reads.find((read) => read.most !== 0 && speech.nameOf(read.to) !== null);
  const id = carried?.to ?? component.nodes.find((node) => speech.nameOf(node) !== null) ?? component.nodes[0] ?? 0;
  const name = speech.nameOf(id) ?? "it";
  const span = speech.spanOf(id);
  const first = direction === "forward" ? moment("0") : moment("T", 1);
  const boundary = `0 -> ${printRead(localName(name), { tag: "at", time: first })}`;
  const fixes = giveStart(program, id, name, first);
  const way = direction === "forward" ? "looks back and has no first value" : "looks ahead and has no last value";
  return diagnose(D.noBoundary, `\`${name}\` ${way}`, [{ at: span, text: "computed from itself at another step" }], {
    help: `A boundary equation gives it: \`${boundary}\`.`, fixes,
  });
};

const atWrongEnd = (bases: readonly (readonly [NodeId, Piece])[], direction: Direction, speech: Speech): Diagnostic => {
  const [id, piece] = bases[0] ?? [0, null];
  const name = speech.nameOf(id) ?? "it";
  const given = piece?.on === null || piece === null ? "" : printRead(name, { tag: "at", time: piece.on.lower });
  const first = direction === "forward" ? moment("0") : moment("T", 1);
  const wanted = printRead(localName(name), { tag: "at", time: first });
  return diagnose(D.wrongEnd, `\`${name}\` looks ${direction === "forward" ? "back" : "ahead"}, and \`${given}\` is at the other end`,
    [{ at: piece?.written?.target ?? speech.spanOf(id), text: direction === "forward" ? "it starts at the first step" : "it starts at the last step" }],
    { help: `Give \`${wanted}\`.`, fixes: piece === null || bases.length > 1 ? [] : moveBoundary(name, piece, first) });
};

/** Where a boundary equation reads, at its own step, what is elsewhere: the step that is meant, the nearest if it must be guessed. */
const readElsewhere = (piece: Piece, at: At, speech: Speech): { readonly help: string; readonly fixes: readonly Fix[] } => {
  const { value, on } = piece, { time } = at(value.node), name = speech.nameOf(value.node);
  if (on === null || time === null || isEmptySteps(time) || value.at.tag !== "at" || value.at.time.from !== "t") return { help: speech.whereabouts(value, at) ?? "What it is given by has no such step", fixes: [] };
  const read = shiftMoment(on.lower, value.at.time.plus), step = printMoment(read);
  if (name === null) return { help: `What it is given by has the steps ${printSteps(time)}, and is read at step ${step}`, fixes: [] };
  const ends = [...new Set([time.lower, time.upper].map((m) => printRead(localName(name), { tag: "at", time: m })))];
  return {
    help: `At that step \`${printRead(localName(name), value.at)}\` is \`${printRead(localName(name), { tag: "at", time: read })}\`, and \`${localName(name)}\` exists at ${printSteps(time)}. Name the step that is meant: ${ends.map((one) => `\`${one}\``).join(", or ")}`,
    fixes: readInstead(value, name, { tag: "at", time: nearestStep(read, time) }),
  };
};

/** The recurrence gets no further than its boundary: the value that meets nothing. */
const stuck = (program: Program, component: Component, bases: readonly (readonly [NodeId, Piece])[], direction: Direction, at: At, speech: Speech): Diagnostic => {
  const [first] = bases[0] ?? [component.nodes[0] ?? 0];
  const name = speech.nameOf(first) ?? "it";
  const texts = new Set<string>();
  for (const id of component.nodes) {
    const node = program.nodes[id];
    if (node?.tag !== "op" || !isEmptySteps(at(id).time ?? EPISODE)) continue;
    for (const x of operandsOf(node)) {
      const text = speech.whereabouts(x, at);
      const { time } = at(x.node);
      if (text !== null && time !== null && !isEmptySteps(time)) texts.add(text);
    }
  }
  const has = at(first).time;
  const lost = bases.find(([, piece]) => isEmptySteps(pieceSteps(piece, at) ?? EPISODE));
  if (has !== null && isEmptySteps(has) && lost !== undefined) {
    const [id, piece] = lost, { help, fixes } = readElsewhere(piece, at, speech);
    const given = piece.on === null ? name : printRead(localName(name), { tag: "at", time: piece.on.lower });
    return diagnose(D.neverStarts, `\`${localName(name)}\` never starts: \`${given}\` is given by what does not exist there`, [{ at: piece.written?.target ?? speech.spanOf(id), text: "given here" }], { help: `${help}.`, fixes });
  }
  return diagnose(D.neverStarts, `\`${name}\` never gets beyond ${has === null ? "its boundary" : printSteps(has)}`,
    [{ at: speech.spanOf(first), text: "its next step needs a value that is not there" }], {
      help: [...texts].map((text) => `${text}.`).join(" "), fixes: mendStart(program, component, bases, direction, name, at),
    });
};

/** Boundary equations may give one step on either side of an episode; by the states that they are of. */
export const outsideProblems = (program: Program, speech: Speech): ReadonlyMap<NodeId, Diagnostic> =>
  new Map(program.nodes.flatMap((node, id): readonly (readonly [NodeId, Diagnostic])[] => {
    if (node.tag !== "cases") return [];
    const out = node.pieces.find(({ on }) => on !== null && ((on.lower.from === "0" && on.lower.plus < -1) || (on.upper.from === "T" && on.upper.plus > 1)));
    if (out?.on === null || out === undefined) return [];
    const name = speech.nameOf(id) ?? "it";
    const text = printRead(name, { tag: "at", time: out.on.lower.from === "0" ? out.on.lower : out.on.upper });
    return [[id, diagnose(D.tooFarOut, `\`${text}\` is beyond the steps that can be given`, [{ at: out.written?.target ?? speech.spanOf(id), text: "given there" }], {
      fixes: moveInside(name, node.pieces, out),
    })]];
  }));

/** A fixed step that a value surely does not have, or a range of fixed steps of which it does not have all. */
const misses = (x: Operand, at: At): boolean => {
  const { time } = at(x.node);
  const on: Interval | null = x.at.tag === "at" ? { lower: x.at.time, upper: x.at.time } : x.at.tag === "range" ? x.at.on : null;
  if (time === null || on === null || on.lower.from === "t" || on.upper.from === "t") return false;
  // A step counted from the other end than the interval's may lie in it, for a T of the right size.
  if (on.lower.from !== on.upper.from) return false;
  const before = on.lower.from === time.lower.from && isBefore(on.lower, time.lower), after = on.upper.from === time.upper.from && isBefore(time.upper, on.upper);
  return before || after || (isEmptySteps(time) && !holdsStep(time, on.lower));
};

/** A boundary equation whose own value does not exist at the step that it is for. */
export const boundaryProblem = (program: Program, id: NodeId, at: At, speech: Speech): Diagnostic | null => {
  const node = program.nodes[id];
  const lost = node?.tag !== "cases" ? undefined : node.pieces.find((piece) => {
    const steps = pieceSteps(piece, at), { time } = at(piece.value.node);
    // What holds at other steps, too, is no boundary equation.
    const isBoundary = piece.on !== null && sameSteps(piece.on, { lower: piece.on.lower, upper: piece.on.lower }) && node.pieces.every((one) => one === piece || one.value.node !== piece.value.node || one.written?.target.from !== piece.written?.target.from);
    return isBoundary && time !== null && !isEmptySteps(time) && ((steps !== null && isEmptySteps(steps)) || misses(piece.value, at));
  });
  if (lost?.on === null || lost === undefined) return null;
  const name = speech.nameOf(id) ?? "it", given = printRead(localName(name), { tag: "at", time: lost.on.lower });
  const { help, fixes } = readElsewhere(lost, at, speech);
  return diagnose(D.noInstance, `\`${given}\` is given by what does not exist there`, [{ at: lost.written?.target ?? speech.spanOf(id), text: "given here" }], { help: `${help}.`, fixes });
};

/** A step that is named by its number and that none of the sequences reaches. */
export const beyondProblem = (program: Program, id: NodeId, at: At, longest: number, speech: Speech): Diagnostic | null => {
  const node = program.nodes[id];
  const isBeyond = (m: Moment): boolean => m.from === "0" && m.plus > longest;
  const far = (node === undefined ? [] : operandsOf(node)).find((x) =>
    at(x.node).time !== null && (x.at.tag === "at" ? isBeyond(x.at.time) : x.at.tag === "range" && (isBeyond(x.at.on.lower) || isBeyond(x.at.on.upper))));
  if (far === undefined) return null;
  const name = speech.nameOf(far.node) ?? "it";
  const inside = cut(far.at, isBeyond, longest);
  return diagnose(D.beyondTheData, `\`${printRead(name, far.at)}\` is beyond the data: the longest sequence ends at step ${String(longest)}`, [{ at: far.span ?? speech.spanOf(id), text: "read here" }], {
    help: speakOfLast(longest, firstOfData(program, at)), fixes: inside === null ? [] : readInstead(far, name, inside),
  });
};

/** The same read within the data: a step beyond them is the last, a range that ends beyond ends there, and one beyond altogether is as many last steps; null where that is a guess. */
const cut = (at: Operand["at"], isBeyond: (m: Moment) => boolean, longest: number): Operand["at"] | null => {
  const last = (m: Moment): Moment => (isBeyond(m) ? moment("T") : m);
  if (at.tag === "at") return { tag: "at", time: last(at.time) };
  if (at.tag !== "range") return null;
  const { lower, upper } = at.on;
  if (!isBeyond(lower)) return { tag: "range", on: { lower, upper: last(upper) } };
  const before = upper.plus - lower.plus;
  return upper.from === "0" && before < longest ? { tag: "range", on: { lower: moment("T", -before), upper: moment("T") } } : null;
};

/** The nearest step that there is, or the part of a range. */
const withinSteps = (at: Operand["at"], time: Interval): Operand["at"] | null => {
  if (at.tag === "at") return { tag: "at", time: nearestStep(at.time, time) };
  if (at.tag !== "range") return null;
  const within = (m: Moment): Moment => (holdsStep(time, m) ? m : nearestStep(m, time));
  const on = { lower: within(at.on.lower), upper: within(at.on.upper) };
  return isBefore(on.lower, on.upper) ? { tag: "range", on } : null;
};

/** An equation without any step, if all that it reads has some. */
export const emptyProblem = (program: Program, id: NodeId, at: At, speech: Speech): Diagnostic | null => {
  const node = program.nodes[id];
  if (node === undefined) return null;
  const reads = operandsOf(node);
  if (reads.some((x) => isEmptySteps(at(x.node).time ?? EPISODE))) return null;
  const labels = [{ at: speech.spanOf(id), text: "no step has all of it" }];
  const lost = node.tag === "cases" || node.tag === "sum" ? undefined : reads.find((x) => misses(x, at));
  if (lost !== undefined) {
    const name = speech.nameOf(lost.node) ?? "it";
    const { time } = at(lost.node);
    const instead = time === null || isEmptySteps(time) ? null : withinSteps(lost.at, time);
    const fixes = instead === null ? [] : readInstead(lost, name, instead);
    return diagnose(D.noInstance, `\`${printRead(name, lost.at)}\` does not ${lost.at.tag === "range" ? "all exist" : "exist"}`, [{ at: lost.span ?? speech.spanOf(id), text: "read here" }], {
      help: `${speech.whereabouts(lost, at) ?? "It is not there"}.`, fixes,
    });
  }
  const { time } = at(id);
  if (time === null || !isEmptySteps(time)) return null;
  const texts = reads.flatMap((x) => speech.whereabouts(x, at) ?? []);
  const steps = reads.reduce<Interval>((all, x) => {
    const { time: own } = at(x.node);
    const found = own === null ? null : readableOn(x.at, own);
    return found === null ? all : intersectSteps(all, found);
  }, EPISODE);
  const about = texts.map((text) => `${text}.`).join(" ");
  return diagnose(D.noInstance, `\`${speech.nameOf(id) ?? "this"}\` has no step: ${isEmptySteps(steps) ? "what it reads is never there together" : "it is given where nothing is"}`, labels, {
    help: about, fixes: readTheOnlyStep(reads, at, speech.nameOf),
  });
};
