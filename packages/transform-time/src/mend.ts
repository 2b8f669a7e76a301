/** Edits that mend what is wrong with steps: boundary equations that are added or moved, reads of a step that is there. */
import { intersectSteps, isBefore, isEmptySteps, moment, operandsOf, operandsOfObjective, readableOn, sameSteps } from "@sequent/ir";
import type { Domain, Fix, Interval, Moment, NodeId, Operand, Piece, Program, Span, Written } from "@sequent/ir";
import type { Direction } from "./direction.js";
import type { Component } from "./reads.js";
import { localName, printRead } from "./speech.js";

type At = (id: NodeId) => Domain;

const NONE: readonly Fix[] = [];
const stepOf = (name: string, time: Moment): string => printRead(localName(name), { tag: "at", time });
const fix = (title: string, ...edits: Fix["edits"]): readonly Fix[] => [{ title, edits, unsafe: false }];

/** The one step that a piece holds at; null for a longer one. */
const onlyStep = ({ on }: Piece): Moment | null => (on !== null && sameSteps(on, { lower: on.lower, upper: on.lower }) ? on.lower : null);

/** Puts boundary equations before a statement. */
const start = (name: string, steps: readonly Moment[], { statement, separator }: Written): readonly Fix[] => {
  const equations = steps.map((m) => `0 -> ${stepOf(name, m)}`);
  return fix(`start with ${equations.map((one) => `\`${one}\``).join(", ")}`, { at: { ...statement, to: statement.from }, text: equations.map((one) => one + separator).join("") });
};

/** A state's own equation, or its first one. */
const writtenOf = (program: Program, id: NodeId): Written | undefined => {
  const node = program.nodes[id];
  if (node?.tag !== "cases") return undefined;
  return (node.pieces.find((piece) => onlyStep(piece) === null) ?? node.pieces[0])?.written;
};

/** The boundary equation that a state lacks altogether, before the state's own. */
const addBoundary = (program: Program, id: NodeId, name: string, at: Moment): readonly Fix[] => {
  const written = writtenOf(program, id);
  return written === undefined ? NONE : start(name, [at], written);
};

/** What all that has one name in a scope is called: copies are counted, `h.2`. */
const wholeName = (name: string): string => name.replace(/\.\d+$/, "");

/** Where an equation gives the name without a context, which is another state, and nothing reads that one: a boundary that lacks its step. */
const withoutStep = (program: Program, id: NodeId, name: string): Span | null => {
  const read = new Set([
    ...program.nodes.flatMap(operandsOf), ...program.objectives.flatMap(operandsOfObjective), ...program.metrics.map((one) => one.value),
  ].map((x) => x.node));
  const found = program.names.find((one) =>
    one.adjointOf === null && one.node !== id && wholeName(one.name) === wholeName(name) && program.varies?.[one.node]?.time === false && !read.has(one.node));
  return found?.span ?? null;
};

/** The first value of a state that has none: its step for an equation that lacks it, else a boundary equation. */
export const giveStart = (program: Program, id: NodeId, name: string, at: Moment): readonly Fix[] => {
  const target = withoutStep(program, id, name), text = stepOf(name, at);
  return target === null ? addBoundary(program, id, name, at) : fix(`give \`${text}\``, { at: target, text });
};

/** Another step for a boundary equation. */
export const moveBoundary = (name: string, piece: Piece, to: Moment): readonly Fix[] => {
  const text = stepOf(name, to);
  return piece.written === undefined ? NONE : fix(`give \`${text}\``, { at: piece.written.target, text });
};

/** Another step for a read. */
export const readInstead = (x: Operand, name: string, at: Operand["at"]): readonly Fix[] => {
  const text = printRead(localName(name), at);
  return x.span === undefined ? NONE : fix(`read \`${text}\``, { at: x.span, text });
};

/** The step of an interval that is nearest to one outside of it. */
export const nearestStep = (m: Moment, on: Interval): Moment => (isBefore(m, on.lower) ? on.lower : on.upper);

/** A read, at each reader's own step, of a value that one step alone has: that step is meant. */
export const readTheOnlyStep = (reads: readonly Operand[], at: At, nameOf: (id: NodeId) => string | null): readonly Fix[] => {
  for (const x of reads) {
    const { time } = at(x.node), name = nameOf(x.node);
    const only = time === null || isEmptySteps(time) ? null : onlyStep({ on: time, value: x });
    if (only !== null && name !== null && x.at.tag === "at" && x.at.time.from === "t") return readInstead(x, name, { tag: "at", time: only });
  }
  return NONE;
};

/** A step around the episode for a boundary equation beyond it: the nearest that is not given yet. */
export const moveInside = (name: string, pieces: readonly Piece[], piece: Piece): readonly Fix[] => {
  const given = onlyStep(piece);
  if (given === null) return NONE;
  const taken = new Set(pieces.flatMap((one) => { const m = onlyStep(one); return m?.from === given.from ? [m.plus] : []; }));
  const inward = given.from === "0" ? 1 : -1;
  let plus = -inward;
  while (taken.has(plus)) plus += inward;
  return moveBoundary(name, piece, moment(given.from, plus));
};

/** The steps at which a recurrence finds all that it reads from outside. */
const outsideSteps = (program: Program, component: Component, at: At): Interval => {
  const inside = new Set(component.nodes);
  let steps: Interval = { lower: moment("0", -1), upper: moment("T", 1) };
  for (const id of component.nodes) {
    const node = program.nodes[id];
    if (node?.tag !== "op") continue;
    for (const x of operandsOf(node)) {
      const { time } = at(x.node);
      const found = inside.has(x.node) || time === null ? null : readableOn(x.at, time);
      if (found !== null) steps = intersectSteps(steps, found);
    }
  }
  return steps;
};

/**
 * A recurrence whose boundary is too far from the steps at which its inputs are there has it moved next to them; one that looks several steps
 * away is given as many first values.
 */
export const mendStart = (program: Program, component: Component, bases: readonly (readonly [NodeId, Piece])[], direction: Direction, name: string, at: At): readonly Fix[] => {
  const [first] = bases;
  const written = first?.[1].written;
  if (first === undefined || written === undefined || bases.some(([id]) => id !== first[0])) return NONE;
  const [from, along] = direction === "forward" ? ["0", 1] as const : ["T", -1] as const;
  const given = bases.flatMap(([, piece]) => { const m = onlyStep(piece); return m?.from === from ? [{ piece, plus: m.plus * along }] : []; });
  if (given.length < bases.length) return NONE;
  // Steps are counted along the direction from here on.
  const outside = outsideSteps(program, component, at);
  const end = direction === "forward" ? outside.lower : outside.upper;
  const last = Math.max(...given.map((one) => one.plus)), least = Math.min(...given.map((one) => one.plus));
  const lag = Math.max(...component.reads.map((read) => (direction === "forward" ? -read.least : read.most)));
  const isCounted = Number.isFinite(lag) && lag <= MOST;
  // With as many first values as it looks back, from the least on, the recurrence goes on at the step behind them.
  const gap = end.from === from ? end.plus * along - (isCounted ? least + lag : last + 1) : 0;
  if (gap > 0) {
    const moves = given.flatMap(({ piece, plus }) => moveBoundary(name, piece, moment(from, (plus + gap) * along)));
    return moves.length < given.length ? NONE : fix(moves.map((one) => one.title).join(", "), ...moves.flatMap((one) => one.edits));
  }
  const missing = isCounted ? Array.from({ length: lag }, (_, k) => least + k).filter((plus) => given.every((one) => one.plus !== plus)) : [];
  return missing.length === 0 ? NONE : start(name, missing.map((plus) => moment(from, plus * along)), written);
};

/** Nobody writes more boundary equations than these by hand. */
const MOST = 16;
