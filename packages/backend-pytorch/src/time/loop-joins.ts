/** Within an iteration: a state, of which one piece holds, and a sum of adjoints, to which the terms that exist add up. */
import { holdsStep, intersectSteps, invariant, isBefore, isEmptySteps, read, sameSteps, shiftMoment } from "@sequent/ir";
import type { Interval, Moment, NodeId, Operand, Piece } from "@sequent/ir";
import { add, at, atom, call, LEVEL } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Join } from "../model/body.js";
import type { Item } from "../model/scope.js";
import { gathered, gatherKey } from "./gather.js";
import type { Gather } from "./gather.js";
import { missingOf } from "./iterations.js";
import { padded } from "./join.js";
import { isFromEnds, mainOf, sourceOf, stepHere } from "./loop-printing.js";
import type { Printing } from "./loop-printing.js";
import { existsHere, ofRows, rowsFrom, rowsUntil, validHere } from "./loop-rows.js";
import { keptIn, nameOf } from "./loop-values.js";
import { isBatched, stepsOfPiece } from "./reading.js";
import { stepsIn } from "./slices.js";
import { padValue, spreadStep, zerosOf } from "./step.js";
import { placeholder } from "./write-loop.js";

/** How the value of an operand is written. */
type Terms = (operand: Operand, item: Item) => Code;

export const joinIn = (p: Printing, id: NodeId, node: Join, terms: Terms): Code => (node.tag === "cases" ? stateIn : sumIn)(p, id, node, terms);

const covers = (on: Interval, whole: Interval): boolean => sameSteps(intersectSteps(on, whole), whole);
const sameMoment = (a: Moment, b: Moment): boolean => a.from === b.from && a.plus === b.plus;

/** Whether a piece holds in the iteration that is being printed. */
const isHere = (p: Printing, id: NodeId, piece: Piece): boolean => {
  const on = stepsOfPiece(p.scribe.emission, id, piece), here = stepHere(p, id);
  if (isEmptySteps(on)) return false;
  return here === null ? covers(on, mainOf(p, id)) : !isBefore(here, on.lower) && !isBefore(on.upper, here);
};
/** The piece of a state that holds in the iteration that is being printed. */
export const pieceHere = (p: Printing, id: NodeId, node: Join): Piece | undefined => node.pieces.find((piece) => isHere(p, id, piece));

/** A last value of a state, at a step counted from the end. */
interface End {
  readonly piece: Piece;
  readonly at: Moment;
}
/** The last values of a state, first to last, where each row has them at steps of its own. */
const endsOf = (p: Printing, id: NodeId, node: Join): readonly End[] => isFromEnds(p) || p.scribe.reading.horizon.last === null || !isBatched(p.scribe.emission, id) ? []
  : node.pieces.flatMap((piece) => stepsIn(stepsOfPiece(p.scribe.emission, id, piece)).flatMap((m) => (m.from === "T" ? [{ piece, at: m }] : []))).sort((a, b) => a.at.plus - b.at.plus);

const stateIn = (p: Printing, id: NodeId, node: Join, terms: Terms): Code => {
  const { scribe, own } = p, { emission } = scribe, here = stepHere(p, id), item: Item = { tag: "node", id };
  const piece = pieceHere(p, id, node);
  invariant(piece !== undefined, "one equation of a state holds in all of a loop's iterations");
  const ends = endsOf(p, id, node);
  const given = ({ piece: of, at: end }: End): Code => {
    p.endAt = end;
    const value = spreadStep(scribe, id, of, terms(of.value, item));
    p.endAt = null;
    return emission.time.isTimed(of.value.node) && !own.has(of.value.node) ? atom(scribe.reading.horizon.variable("end", value.text)) : value;
  };
  if (p.isForward && ends.length > 0) return throughEnds(p, id, node, piece, ends, { given, own: () => spreadStep(scribe, id, piece, terms(piece.value, item)) });
  const isEnd = here !== null && ends.some((end) => sameMoment(end.at, here));
  const value = isEnd ? given({ piece, at: here }) : spreadStep(scribe, id, piece, terms(piece.value, item));
  if (here !== null) {
    // Of shorter rows this is behind some end.
    const comesBefore = (end: Piece): boolean => here.from === "0" && node.pieces.indexOf(piece) < node.pieces.indexOf(end);
    return ends.reduce((all, end) => { const mask = isBefore(here, end.at) && !comesBefore(end.piece) ? rowsUntil(p, id, here, end.at) : null; return mask === null ? all : call("torch.where", mask, given(end), all); }, value);
  }
  const state = p.states.get(id), valid = validHere(p, id, stepsOfPiece(emission, id, piece)), before = state?.before ?? null;
  // What it ends in may be the loop's own value of that step, which no value behind it is.
  const isOwnEnd = ends.some((end) => own.has(end.piece.value.node));
  if (valid === null || (state === undefined && !isOwnEnd)) return value;
  // Behind the end of its row a state stays as it is; before its beginning, if it runs backward and has one last value.
  if (ends.length < 2 && !isOwnEnd) return before === null ? value : call("torch.where", valid, value, placeholder(before));
  const [outermost, ...others] = ends.toReversed();
  const last = others.reduce((after, end) => { const until = validHere(p, id, { lower: end.at, upper: end.at }); return until === null ? after : call("torch.where", until, given(end), after); }, outermost === undefined ? value : given(outermost));
  return call("torch.where", valid, value, last);
};

/** A state that runs forward to last values that are given, or have equations of their own: each row comes to them at steps of its own, and stays as it is behind them. */
const throughEnds = (p: Printing, id: NodeId, node: Join, piece: Piece, ends: readonly End[], { given, own }: { readonly given: (end: End) => Code; readonly own: () => Code }): Code => {
  const here = stepHere(p, id), [first] = ends, steps = p.scribe.emission.time.stepsOf(id);
  // At its first step there is none before it.
  const before = here !== null && (steps === null || !isBefore(steps.lower, here)) ? null : (p.states.get(id)?.before ?? null);
  /** The rows that have not gone beyond a step counted from their end. */
  const until = (end: Moment): Code | null => (here === null ? validHere(p, id, { lower: end, upper: end }) : rowsFrom(p, id, here, end));
  const comesBefore = (end: End): boolean => here?.from === "0" && node.pieces.indexOf(piece) < node.pieces.indexOf(end.piece);
  const later = ends.filter((end) => here?.from !== "T" || !isBefore(end.at, here));
  const value = here?.from === "T" && first !== undefined && !isBefore(here, first.at) ? null : own();
  const behind = before === null ? null : atom(placeholder(before));
  const through = later.reduceRight<Code | null>((all, end) => {
    const one = value !== null && comesBefore(end) ? value : given(end), mask = until(end.at);
    return mask === null || all === null ? one : call("torch.where", mask, one, all);
  }, behind);
  const mask = value === null || first === undefined ? null : until(shiftMoment(first.at, -1));
  if (value === null) return through ?? own();
  return mask === null || through === null ? value : call("torch.where", mask, value, through);
};

/** A term of a sum, and which rows have it; null: all. */
interface Term {
  readonly code: Code;
  readonly mask: Code | null;
}
const always = (code: Code): Term => ({ code, mask: null });

const sumIn = (p: Printing, id: NodeId, node: Join, terms: Terms): Code => {
  const here = stepHere(p, id);
  const found = node.pieces.flatMap((piece): Term | readonly [] => {
    const gather = p.gathers.get(gatherKey(piece.value));
    if (gather !== undefined) return gatheredTerm(p, id, gather) ?? [];
    if (here !== null) return termAt(p, id, piece, here, terms) ?? [];
    return (p.own.has(piece.value.node) ? ownTerm(p, id, piece, terms) : othersTerm(p, id, node, piece, terms)) ?? [];
  });
  // Terms that exist on the same steps have one mask.
  const masks = new Map(found.flatMap(({ mask }) => (mask === null ? [] : [[mask.text, mask]])));
  const masked = [...masks].map(([text, mask]) => call("torch.where", mask, found.flatMap((term) => (term.mask?.text === text ? [term.code] : [])).reduce(add), "0.0"));
  const [first, ...rest] = [...found.flatMap((term) => (term.mask === null ? [term.code] : [])), ...masked];
  return first === undefined ? zerosOf(p.scribe, id) : rest.reduce(add, first);
};

/** What readers of a range have given back to this step. */
const gatheredTerm = (p: Printing, id: NodeId, gather: Gather): Term | null => {
  const { scribe } = p, here = stepHere(p, id);
  const on = intersectSteps(gather.own, scribe.emission.time.stepsOf(id) ?? gather.own);
  if (here !== null) return holdsStep(on, here) ? always(ofRows(p, id, here, on, gathered(scribe, gather, here))) : null;
  const value = sourceOf(p, `${gather.variable} ${String(p.skewOf(id))}`, `${gather.variable}_t`, () => gathered(scribe, gather, mainOf(p, id)), true);
  const valid = existsHere(p, id, on);
  return always(valid === null ? value : call("torch.where", valid, value, "0.0"));
};

/** A term in an iteration in front of the loop or behind it. */
const termAt = (p: Printing, id: NodeId, piece: Piece, here: Moment, terms: Terms): Term | null => {
  const { scribe } = p, isFan = piece.value.at.tag === "fan" && !p.own.has(piece.value.node);
  if (!(isHere(p, id, piece) || mayEndHere(p, id, piece, here)) || (isFan && isBeyond(p, piece.value, here))) return null;
  const value = isFan ? atom(`${at(padValue(scribe, (one) => keptIn(scribe, one), piece, { lower: here, upper: here }, p.placed), LEVEL.atom)}[0]`)
    : spreadStep(scribe, id, piece, terms(piece.value, { tag: "node", id }));
  return always(ofRows(p, id, here, stepsOfPiece(scribe.emission, id, piece), value));
};
/** Whether a row may end so early that a term which is counted from its end exists at a step of the longest row that is counted otherwise. */
const mayEndHere = (p: Printing, id: NodeId, piece: Piece, here: Moment): boolean => {
  const { scribe: { emission, reading } } = p, on = stepsOfPiece(emission, id, piece);
  if (on.lower.from !== "T" || isEmptySteps(on) || isFromEnds(p) || !isBatched(emission, id)) return false;
  return here.from === "0" ? reading.horizon.short : reading.horizon.last !== null && here.plus <= on.upper.plus;
};
/** Whether no reader's range looks at a step. */
const isBeyond = ({ scribe }: Printing, x: Operand, here: Moment): boolean => {
  const axis = x.at.tag === "fan" ? scribe.emission.time.axisOf(read(x.node))?.steps : undefined;
  return axis !== undefined && !holdsStep(axis, here);
};

/** A term of the loop's own. */
const ownTerm = (p: Printing, id: NodeId, piece: Piece, terms: Terms): Term | null => {
  const { scribe, isForward } = p, item: Item = { tag: "node", id };
  const on = stepsOfPiece(scribe.emission, id, piece), by = p.ago(piece.value, item);
  if (!isWithin(p, on, mainOf(p, id), by)) return null;
  const state = p.states.get(piece.value.node);
  // At the loop's first steps there is nothing yet, which adds nothing.
  if (state !== undefined && by > 0) state.zeros = Math.max(state.zeros, missingOf(on, mainOf(p, id), isForward));
  return { code: spreadStep(scribe, id, piece, terms(piece.value, item)), mask: existsHere(p, id, on) };
};
/** Whether a term exists in the loop's own iterations: there may be nothing yet of what is read of earlier ones, and each row may have an end of its own. */
const isWithin = (p: Printing, on: Interval, whole: Interval, by: number): boolean => {
  if (isEmptySteps(on)) return false;
  const { isForward, scribe } = p;
  const rows = scribe.reading.horizon.last !== null && !isFromEnds(p);
  if (rows && on.lower.from === "T") return true;
  const lower = by > 0 && isForward && on.lower.from === whole.lower.from ? whole.lower : on.lower;
  const upper = (by > 0 && !isForward && on.upper.from === whole.upper.from) || (rows && on.upper.from === "T") ? whole.upper : on.upper;
  return covers({ lower, upper }, whole);
};

/** A term that others have made: as it is if it exists in all iterations, else with zeros where it does not. */
const othersTerm = (p: Printing, id: NodeId, node: Join, piece: Piece, terms: Terms): Term | null => {
  const { scribe } = p, { emission, reading: { horizon, rows } } = scribe, whole = mainOf(p, id);
  const on = stepsOfPiece(emission, id, piece);
  if (piece.value.at.tag !== "fan" && (horizon.last === null || isFromEnds(p)) && covers(on, whole)) return always(spreadStep(scribe, id, piece, terms(piece.value, { tag: "node", id })));
  const byRow = horizon.last !== null && !isFromEnds(p) && on.lower.from === "T" && !isEmptySteps(on);
  if (!byRow && isEmptySteps(intersectSteps(on, whole))) return null;
  const value = (one: Piece, steps: Interval): Code => padValue(scribe, (of) => keptIn(scribe, of), one, steps);
  return always(sourceOf(p, `pad ${String(id)} ${String(node.pieces.indexOf(piece))}`, nameOf(scribe, piece.value), () => padded({ emission, id, node, on: whole, rows, horizon, value }, piece) ?? atom("0")));
};
