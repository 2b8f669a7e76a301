/** What a type rule may ask and say of the types at one use of an op. Solved by unification over the whole program (solve.ts). */
import type { Dim, Dtype } from "./type.js";

/** A dimension, known or not: a row of the solver's table. */
export type DimVar = number & { readonly dimVar?: never };
/** The type of one value, known or not: likewise. */
export type TypeVar = number & { readonly typeVar?: never };

export interface Solver {
  /** The dimensions, or null while the rank is unknown. */
  readonly dims: (v: TypeVar) => readonly DimVar[] | null;
  readonly setDims: (v: TypeVar, dims: readonly DimVar[]) => void;
  /** One shape for both (dtype and classes stay apart). */
  readonly equalShapes: (a: TypeVar, b: TypeVar) => void;
  readonly dim: (value: Dim) => DimVar;
  readonly freshDim: () => DimVar;
  readonly valueOf: (d: DimVar) => Dim | null;
  readonly equalDims: (a: DimVar, b: DimVar) => void;
  readonly dtype: (v: TypeVar) => Dtype | null;
  readonly setDtype: (v: TypeVar, dtype: Dtype) => void;
  /** The number of classes of an integer value; it stays unknown where it is a plain integer. */
  readonly classes: (v: TypeVar) => DimVar;
  /** The number that a scalar is known to be, whatever the run; null for all others. */
  readonly literal: (v: TypeVar) => number | null;
  readonly setLiteral: (v: TypeVar, value: number) => void;
  /** What is wrong at this use, in the user's words: "conv2d wants an image [channels, height, width], found [64]". */
  readonly fail: (message: string) => void;
  /** True in the last round, when nothing else moves: operands of unknown shape may now be taken to have their neighbours'. */
  readonly last: boolean;
}

/**
 * Says all that the op implies of its inputs and results (inputs include the parameters). Called again whenever one of them becomes better
 * known, until it returns true: nothing more to say. It may run many times, so it states facts and never counts calls.
 */
export type TypeRule<A> = (s: Solver, ins: readonly TypeVar[], outs: readonly TypeVar[], attrs: A) => boolean;
