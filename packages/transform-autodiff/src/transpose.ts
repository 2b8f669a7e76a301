/** Where a contribution to a gradient goes: the transpose of each context (`at t-k` ↔ `at t+k`, `range` ↔ `fan`, shared ↔ total). */
import { CompilerBug, isNow, moment, NOW } from "@sequent/ir";
import type { Interval, Moment, Operand, Piece, TableBuilder, Varies } from "@sequent/ir";
import { totalOf, totalOverTime } from "./vocabulary.js";

const shift = (m: Moment, by: number): Moment => moment(m.from, m.plus + by);
export const shiftAll = (on: Interval, by: number): Interval => ({ lower: shift(on.lower, by), upper: shift(on.upper, by) });

/** An equal value that is read at the reader's own step. */
export const atHere = (b: TableBuilder, x: Operand): Operand => {
  if (isNow(x.at) || x.at.tag === "over") return x;
  return { node: b.node({ tag: "cases", pieces: [{ on: null, value: x }] }), at: NOW, old: false };
};

export const restrict = (b: TableBuilder, x: Operand, on: Interval | null): Operand => (on === null ? x : b.join([{ on, value: x }]));

/** A reader's use of `x`: `gradient` is per instance of the reader, which reads `x` on the steps `on` only (null: on all). */
export interface Use {
  readonly x: Operand;
  readonly gradient: Operand;
  readonly on: Interval | null;
  /** What `x.node` and the reader vary over. */
  readonly source: Varies;
  readonly reader: Varies;
}

/** The term that a use adds to the gradient of `x.node`, at all of its steps. */
export const transpose = (b: TableBuilder, { x, source, gradient, reader, on }: Use): Piece => {
  switch (x.at.tag) {
    case "over":
      return { on: null, value: restrict(b, gradient, on) };
    case "range":
      return { on: null, value: { node: restrict(b, gradient, on).node, at: { tag: "fan", of: x.node, range: x.at.on }, old: false } };
    case "fan":
      throw new CompilerBug("a fan is made by differentiation, which happens once");
    case "at":
      if (!source.time) return { on: null, value: sumOver(b, restrict(b, gradient, on), source, reader) };
      if (x.at.time.from === "t") return shifted(gradient, x.at.time.plus, on);
      return { on: { lower: x.at.time, upper: x.at.time }, value: reader.time ? totalOverTime(b, restrict(b, gradient, on)) : gradient };
  }
};

const shifted = (gradient: Operand, by: number, on: Interval | null): Piece => ({
  on: on === null ? null : shiftAll(on, by),
  value: { node: gradient.node, at: { tag: "at", time: moment("t", by === 0 ? 0 : -by) }, old: false },
});

/** Sums over the axes that the reader has and the source lacks. */
const sumOver = (b: TableBuilder, gradient: Operand, source: Varies, reader: Varies): Operand => {
  if (source.space.tag === "static") return reader.space.tag === "static" ? gradient : totalOf(b, gradient);
  return reader.time ? totalOverTime(b, gradient) : gradient;
};
