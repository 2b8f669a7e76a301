/** Which values a window reads from before its first step. */
import { extentOf, FIRST_STEP, isBefore, moment, NOWHERE, operandsOf, shiftMoment, statedGradients } from "@sequent/ir";
import type { Interval, Node, NodeId, Operand, Piece, Program } from "@sequent/ir";
import type { WindowProblem } from "./windows.js";

export interface Before {
  /** How many steps before a step each is read at the most; `padded`: by ranges, which repeat what is missing. */
  readonly shifted: ReadonlyMap<NodeId, { readonly steps: number; readonly padded: boolean }>;
  /** Values at fixed steps. */
  readonly fixed: ReadonlyMap<NodeId, ReadonlySet<number>>;
  readonly lag: number;
}

const NOTHING: Node = { tag: "input", name: "" };
const IN_SEQUENCE = moment("0", FIRST_STEP);
const OPEN_RANGE = "a range without a fixed length, of which a window keeps a part";

/** A piece for steps before the sequence. */
export const isBoundary = ({ on }: Piece): boolean => on !== null && isBefore(on.upper, IN_SEQUENCE);

/** Whether steps before the last of a sequence are read. */
export const isBeforeEnd = (at: Operand["at"]): boolean => (at.tag === "at" ? at.time.from === "T" && at.time.plus < 0 : at.tag === "range" && at.on.lower.from === "T" && at.on.lower.plus < 0);

/** How many. */
export const stepsBeforeEnd = (at: Operand["at"]): number => -(at.tag === "at" ? at.time.plus : at.tag === "range" ? at.on.lower.plus : 0);

/** What stated gradients read of values; what stands before their first step, as a step of its own does that is the window's first. */
export const readsOfGradients = (program: Program, gradients: ReadonlySet<NodeId>): readonly { readonly reader: NodeId; readonly value: Operand }[] => [...gradients].flatMap((reader) => {
  const node = program.nodes[reader];
  const pieces: readonly Piece[] = node === undefined ? [] : node.tag === "cases" ? node.pieces : operandsOf(node).map((value) => ({ on: null, value }));
  return pieces.flatMap(({ on, value }) => {
    const { at } = value, before = on?.lower.from === "0" ? Math.min(0, on.lower.plus - FIRST_STEP) : 0;
    if (gradients.has(value.node)) return [];
    return [{ reader, value: at.tag === "at" && at.time.from === "t" ? { ...value, at: { ...at, time: shiftMoment(at.time, before) } } : value }];
  });
});

export const readsBefore = (program: Program, reached: readonly NodeId[]): Before | WindowProblem => {
  const shifted = new Map<NodeId, { steps: number; padded: boolean }>();
  const fixed = new Map<NodeId, Set<number>>();
  /** What ranges look at before the first step, for they have readers there. */
  const looked = new Set<NodeId>();
  const problems: WindowProblem[] = [];
  const domainOf = (id: NodeId): Interval | null => (program.domains ?? [])[id]?.time ?? null;
  const refuse = (id: NodeId, message: string): void => { problems.push({ at: program.spans[id] ?? NOWHERE, message }); };
  const look = (reader: NodeId, { node, at }: Operand): void => {
    if ((program.varies ?? [])[node]?.time !== true) return;
    const note = (steps: number, padded: boolean): void => {
      const known = shifted.get(node);
      shifted.set(node, { steps: Math.max(steps, known?.steps ?? 0), padded: padded || known?.padded === true });
    };
    if (at.tag === "at" && at.time.from === "t" && at.time.plus < 0) note(-at.time.plus, false);
    // A window at the end of a sequence may begin behind it.
    if (isBeforeEnd(at) && program.nodes[node]?.tag === "input") refuse(reader, "data at a step before the last");
    else if (isBeforeEnd(at)) note(stepsBeforeEnd(at), at.tag === "range");
    if (at.tag === "at" && at.time.from === "0") fixed.set(node, (fixed.get(node) ?? new Set<number>()).add(at.time.plus));
    if (at.tag !== "range") return;
    const { lower, upper } = at.on;
    if (typeof extentOf(at.on) !== "number") refuse(reader, OPEN_RANGE);
    else if (lower.from === "0") refuse(reader, "a range of fixed steps");
    else if (lower.from === "t" && lower.plus < 0) note(-lower.plus, true);
    else if (lower.from === "t" && isBefore(shiftMoment(domainOf(reader)?.lower ?? IN_SEQUENCE, lower.plus), IN_SEQUENCE)) looked.add(node);
    else if (upper.from === "t" && lower.from !== "t") refuse(reader, "a range from the end of the sequence");
  };
  const { gradients } = statedGradients(program, reached);
  for (const x of readsOfGradients(program, gradients)) look(x.reader, x.value);
  const isEarlier = ({ at }: Operand): boolean => (at.tag === "at" ? at.time.from === "0" || at.time.plus < 0 : at.tag === "range" && (at.on.lower.from === "0" || at.on.lower.plus < 0));
  // The first window alone has what reaches results in front of it.
  for (const id of gradients) for (const x of operandsOf(program.nodes[id] ?? NOTHING)) if (gradients.has(x.node) && program.nodes[x.node]?.tag !== "cases" && isEarlier(x)) refuse(id, "what reaches an earlier step");
  for (const id of reached) {
    const node = program.nodes[id];
    if (node === undefined) continue;
    if (node.tag !== "cases") {
      for (const x of operandsOf(node)) look(id, x);
      continue;
    }
    for (const piece of node.pieces) {
      if (isBoundary(piece)) continue;
      if (piece.on?.lower.from === "0" && piece.on.lower.plus > FIRST_STEP) refuse(id, "a boundary at a step of the sequence itself");
      if (piece.on?.upper.from === "0") refuse(id, "a boundary at a step of the sequence itself");
      look(id, piece.value);
    }
  }
  for (const [node, { steps }] of shifted) if (looked.has(node)) shifted.set(node, { steps, padded: true });
  const [problem] = problems;
  if (problem !== undefined) return problem;
  const lag = [...shifted.values()].reduce((most, one) => Math.max(most, one.steps), 0);
  return { shifted, fixed, lag };
};
