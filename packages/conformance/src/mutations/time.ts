/** Planted mistakes about time: a wrong shift, boundary, range or mask; gradients that are lost on their way back. */
import type { Context, Interval, Moment, Node, Operand, Piece, Program } from "@sequent/ir";
import { moment } from "@sequent/ir";
import { computed, inOp, inPass } from "./mutation.js";
import type { Mutation } from "./mutation.js";

type Change = (x: Operand) => Operand | null;

/** The first operand for which `change` has another, in the order of the table; the program as it is without one. */
const changedRead = (program: Program, tags: readonly Node["tag"][], change: Change, every = false): Program => {
  let done = false;
  const swap = (x: Operand): Operand => {
    const other = done && !every ? null : change(x);
    done ||= other !== null;
    return other ?? x;
  };
  const nodes = program.nodes.map((node): Node => {
    if (!tags.includes(node.tag)) return node;
    if (node.tag === "op") return { ...node, ins: node.ins.map(swap) };
    return node.tag === "cases" || node.tag === "sum" ? { ...node, pieces: node.pieces.map((piece) => ({ ...piece, value: swap(piece.value) })) } : node;
  });
  return { ...program, nodes };
};

const changedPieces = (program: Program, tag: "cases" | "sum", change: (pieces: readonly Piece[]) => readonly Piece[] | null): Program => {
  let done = false;
  const nodes = program.nodes.map((node): Node => {
    const other = done || node.tag !== tag ? null : change(node.pieces);
    if (other === null || node.tag !== tag) return node;
    done = true;
    return { ...node, pieces: other };
  });
  return { ...program, nodes };
};

const offset = (at: Context): number | null => (at.tag === "at" && at.time.from === "t" ? at.time.plus : null);
const reading = (x: Operand, at: Context): Operand => ({ ...x, at });
const relative = (plus: number): Context => ({ tag: "at", time: moment("t", plus) });
const fixed = (x: Operand, from: Moment["from"]): Moment | null => (x.at.tag === "at" && x.at.time.from === from ? x.at.time : null);
const ranges = (change: (on: Interval) => Interval | null): Change => (x) => {
  if (x.at.tag !== "range") return null;
  const on = change(x.at.on);
  return on === null ? null : reading(x, { tag: "range", on });
};
const later = (m: Moment, by: number): Moment => moment(m.from, m.plus + by);
const single = ({ on }: Piece): Moment | null => (on !== null && on.lower.from === on.upper.from && on.lower.plus === on.upper.plus ? on.lower : null);
const withoutFirst = (drops: (piece: Piece) => boolean) => (pieces: readonly Piece[]): readonly Piece[] | null => {
  const at = pieces.findIndex(drops);
  return at < 0 || pieces.length === 1 ? null : pieces.filter((_, k) => k !== at);
};

const values: readonly Mutation[] = [
  inPass("elaborate", "forward scan", "a read of the step before reads the one before that", (program) =>
    changedRead(program, ["op"], (x) => (offset(x.at) === -1 ? reading(x, relative(-2)) : null))),
  inPass("elaborate", "backward scan", "a read of the step after reads the one after that", (program) =>
    changedRead(program, ["op"], (x) => (offset(x.at) === 1 ? reading(x, relative(2)) : null))),
  inPass("elaborate", "lag >= 2", "a lag of two or more is one too short", (program) =>
    changedRead(program, ["op"], (x) => ((offset(x.at) ?? 0) <= -2 ? reading(x, relative((offset(x.at) ?? 0) + 1)) : null))),
  inPass("elaborate", "forward scan", "a boundary at the first step holds one step later", (program) => changedPieces(program, "cases", (pieces) => {
    const at = pieces.findIndex((piece) => single(piece)?.from === "0");
    if (at < 0) return null;
    return pieces.map((piece, k) => (piece.on === null ? piece
      : k === at ? { ...piece, on: { lower: later(piece.on.lower, 1), upper: later(piece.on.upper, 1) } }
        : k === at + 1 && piece.on.lower.from === "0" ? { ...piece, on: { lower: later(piece.on.lower, 1), upper: piece.on.upper } } : piece));
  })),
  inPass("elaborate", "several states", "a boundary takes the value of the first state's", (program) => {
    const first = program.nodes.flatMap((node) => (node.tag === "cases" ? node.pieces.filter((piece) => single(piece) !== null) : []))[0];
    return first === undefined ? program : changedPieces(program, "cases", (pieces) => {
      const at = pieces.findIndex((piece) => single(piece) !== null && piece.value.node !== first.value.node);
      return at < 0 ? null : pieces.map((piece, k) => (k === at ? { ...piece, value: first.value } : piece));
    });
  }),
  inPass("elaborate", "_T", "the last step is the last but one", (program) =>
    changedRead(program, ["op"], (x) => (fixed(x, "T") === null ? null : reading(x, { tag: "at", time: moment("T", -1) })))),
  inPass("elaborate", "range of a fixed length", "a range begins one step late", (program) =>
    changedRead(program, ["op"], ranges((on) => (on.lower.from === "t" && on.upper.from === "t" && on.lower.plus < on.upper.plus ? { lower: later(on.lower, 1), upper: later(on.upper, 1) } : null)), true)),
  inPass("elaborate", "range of the past", "a range of the past leaves the present out", (program) =>
    changedRead(program, ["op"], ranges((on) => (on.lower.from === "0" && on.upper.from === "t" ? { lower: on.lower, upper: later(on.upper, -1) } : null)), true)),
  inPass("elaborate", "range of all steps", "a range of all steps leaves the last out", (program) =>
    changedRead(program, ["op"], ranges((on) => (on.upper.from === "T" && on.lower.from === "0" ? { lower: on.lower, upper: later(on.upper, -1) } : null)), true)),
  inPass("elaborate", "target of the next step", "a target of the next step is that of this", (program) => ({
    ...program, objectives: program.objectives.map((one) => (one.tag === "match" && offset(one.target.at) === 1 ? { ...one, target: reading(one.target, relative(0)) } : one)),
    nodes: program.nodes.map((node): Node => (node.tag === "op" ? { ...node, ins: node.ins.map((x) => (offset(x.at) === 1 && program.nodes[x.node]?.tag === "input" ? reading(x, relative(0)) : x)) } : node)),
  })),
  inOp("core.average", null, "an average that counts one instance more", (op) => computed(op, (of) => (ins, attrs, run) => {
    const n = ins[0]?.rows ?? 1;
    return of(ins, attrs, run).map((x) => ({ ...x, data: x.data.map((v) => (v * n) / (n + 1)) }));
  })),
  inOp("core.time", "the step as a number", "steps counted from 0", (op) => computed(op, (of) => (ins, attrs, run) => of(ins, attrs, run).map((x) => ({ ...x, data: x.data.map((v) => v - 1) })))),
];

const gradients: readonly Mutation[] = [
  inPass("differentiate", "forward scan", "the gradient that comes from the step after is dropped", (program) =>
    changedPieces(program, "sum", withoutFirst(({ value }) => (offset(value.at) ?? 0) >= 1))),
  inPass("differentiate", "backward scan", "the gradient that comes from the step before is dropped", (program) =>
    changedPieces(program, "sum", withoutFirst(({ value }) => (offset(value.at) ?? 0) <= -1))),
  inPass("differentiate", "forward scan", "the gradient that comes from the step after is read one step late", (program) =>
    changedRead(program, ["sum"], (x) => ((offset(x.at) ?? 0) >= 1 ? reading(x, relative((offset(x.at) ?? 0) + 1)) : null))),
  inPass("differentiate", "range", "the gradient of a range that begins one step later", (program) =>
    changedRead(program, ["op", "cases", "sum"], (x) => (x.at.tag === "fan" && x.at.range.lower.from === "t" ? reading(x, { ...x.at, range: { lower: later(x.at.range.lower, 1), upper: later(x.at.range.upper, 1) } }) : null), true)),
  inPass("differentiate", "range", "a range without gradient", (program) => changedPieces(program, "sum", (pieces) => {
    const kept = pieces.filter(({ value }) => value.at.tag !== "fan");
    return kept.length < pieces.length ? kept : null;
  })),
  inPass("differentiate", "fixed step", "the gradient of a fixed step goes to the step beside it", (program) => changedPieces(program, "sum", (pieces) => {
    const at = pieces.findIndex((piece) => single(piece) !== null);
    return at < 0 ? null : pieces.map((piece, k) => (k === at && piece.on !== null ? { ...piece, on: { lower: later(piece.on.lower, piece.on.lower.from === "T" ? -1 : 1), upper: later(piece.on.upper, piece.on.upper.from === "T" ? -1 : 1) } } : piece));
  })),
];

/** Mistakes of compilers about time; of what runs a program there are more in the tests: a forgotten mask, a value carried one step late. */
export const timeMutations: readonly Mutation[] = [...values, ...gradients];
