/** What type rules, references and adjoint rules share. */
import type { Builder } from "../builder.js";
import { invariant } from "../diagnostic.js";
import type { Map1, Map2, Map3 } from "../kernels/elementwise.js";
import { defineOp } from "../define-codec.js";
import type { AnyOp, Attributes, Autodiff, Forward, Reference, Run, Site } from "../op.js";
import type { AttrValue } from "../program.js";
import type { DimVar, Solver, TypeRule, TypeVar } from "../solver.js";
import type { Tensor } from "../tensor.js";
import { NOW } from "../time.js";
import type { Operand } from "../time.js";

/** `defineOp` for an op with attributes: they come first, so that what follows knows their types. */
export const withAttributes = <A>(attributes: Attributes<A>) => (given: Omit<Parameters<typeof defineOp<A>>[0], "attributes">): AnyOp =>
  defineOp<A>({ ...given, attributes });

/** The i-th of what an op's record promises to be there. */
export const nth = <A>(list: readonly A[], i: number): A => {
  const found = list[i];
  invariant(found !== undefined, `an op was given ${String(list.length)} of at least ${String(i + 1)} operands`);
  return found;
};

/** An axis counted from the front; null if there is none of that number. */
export const axisAt = (axis: number, rank: number): number | null => {
  const at = axis < 0 ? rank + axis : axis;
  return at >= 0 && at < rank ? at : null;
};

/** It is 0 where all its inputs are, where one of them is, and where the first one is. */
export const vanishTogether = (zero: readonly boolean[]): boolean => zero.length > 0 && zero.every(Boolean);
export const vanishWithAny = (zero: readonly boolean[]): boolean => zero.some(Boolean);
export const vanishWithFirst = ([first]: readonly boolean[]): boolean => first === true;

// Types ----------------------------------------------------------------------------------------------------------------------------

/** Operands of one shape, or scalars; the result has that shape. Unknown shapes are taken from neighbours in the last round only. */
export const broadcast = (s: Solver, ins: readonly TypeVar[], out: TypeVar): boolean => {
  const open = ins.filter((v) => s.dims(v)?.length !== 0);
  const [only] = open;
  if (only === undefined) {
    s.setDims(out, []);
    return true;
  }
  if (open.length === 1) {
    s.equalShapes(only, out);
    return true;
  }
  const known = open.filter((v) => s.dims(v) !== null);
  for (const v of known) s.equalShapes(v, out);
  if (known.length === open.length) return true;
  const settled = s.dims(out);
  const taken = settled !== null && (settled.length === 0 || s.last);
  if (taken) for (const v of open) s.equalShapes(v, out);
  return taken;
};

/** Elementwise with scalar broadcast; the result is a float. */
export const elementwise: TypeRule<unknown> = (s, ins, outs) => {
  s.setDtype(nth(outs, 0), "float");
  return broadcast(s, ins, nth(outs, 0));
};

/** A float of the shape of the first input. */
export const likeFirst: TypeRule<unknown> = (s, ins, outs) => {
  s.setDtype(nth(outs, 0), "float");
  s.equalShapes(nth(ins, 0), nth(outs, 0));
  return true;
};

/** A float without the last axis of its input. */
export const withoutLast: TypeRule<unknown> = (s, ins, outs) => {
  s.setDtype(nth(outs, 0), "float");
  const dims = s.dims(nth(ins, 0));
  if (dims === null) return false;
  s.setDims(nth(outs, 0), dims.slice(0, -1));
  return true;
};

/** A float scalar. */
export const scalar: TypeRule<unknown> = (s, _, outs) => {
  s.setDtype(nth(outs, 0), "float");
  s.setDims(nth(outs, 0), []);
  return true;
};

/** A float scalar of operands that broadcast with one another. */
export const scalarOfPair: TypeRule<unknown> = (s, ins, outs) => {
  s.setDtype(nth(outs, 0), "float");
  s.setDims(nth(outs, 0), []);
  const a = nth(ins, 0), b = nth(ins, 1);
  const da = s.dims(a), db = s.dims(b);
  if (da?.length === 0 || db?.length === 0) return da !== null && db !== null;
  if ((da !== null && db !== null) || (s.last && (da !== null || db !== null))) {
    s.equalShapes(a, b);
    return true;
  }
  return false;
};

/** The last dimension of a value of known rank 1 or more. */
export const lastDim = (dims: readonly DimVar[]): DimVar => nth(dims, dims.length - 1);

/** The number of a dimension, or null while it is unknown (or a range's extent, which no op of fixed sizes takes). */
export const sizeOfDim = (s: Solver, d: DimVar): number | null => {
  const value = s.valueOf(d);
  return typeof value === "number" ? value : null;
};

/** The dimensions of a value whose rank the rule knows, made on the first call. */
export const dimsOfRank = (s: Solver, v: TypeVar, rank: number): readonly DimVar[] => {
  const known = s.dims(v);
  if (known !== null) {
    if (known.length === rank) return known;
    s.fail(`${String(rank)} axes are wanted here, and ${String(known.length)} are there`);
    return Array.from({ length: rank }, () => s.freshDim());
  }
  const dims = Array.from({ length: rank }, () => s.freshDim());
  s.setDims(v, dims);
  return dims;
};

/** `[8, ?]`: a shape in a message. */
export const shapeText = (s: Solver, v: TypeVar): string => {
  const dims = s.dims(v);
  return dims === null ? "[…]" : `[${dims.map((d) => String(s.valueOf(d) ?? "?")).join(", ")}]`;
};

// References -----------------------------------------------------------------------------------------------------------------------

export const primitive = <A>(reference: (ins: readonly Tensor[], attrs: A, run: Run) => Tensor): Forward<A> => {
  const several: Reference<A> = (ins, attrs, run) => [reference(ins, attrs, run)];
  return { tag: "primitive", reference: several };
};
export const unary = (map: Map1): Forward<unknown> => primitive((ins, _, run) => map(nth(ins, 0), run.precision));
export const binary = (map: Map2): Forward<unknown> => primitive((ins, _, run) => map(nth(ins, 0), nth(ins, 1), run.precision));
export const ternary = (map: Map3): Forward<unknown> =>
  primitive((ins, _, run) => map(nth(ins, 0), nth(ins, 1), nth(ins, 2), run.precision));

// Adjoints -------------------------------------------------------------------------------------------------------------------------

/** A site whose one result has a gradient g. */
export interface Reached<A> extends Site<A> {
  readonly g: Operand;
  readonly x: Operand;
  readonly y: Operand;
}
type Instance<A> = (b: Builder, site: Reached<A>) => readonly (Operand | null)[];

const reached = <A>(build: Instance<A>) => (b: Builder, site: Site<A>): readonly (Operand | null)[] => {
  const g = site.gradient[0] ?? null;
  if (g === null) return site.ins.map(() => null);
  return build(b, { ...site, g, x: nth(site.ins, 0), y: nth(site.outs, 0) });
};

/** The rule of an op with one result: ^In of each input; `total` where a sum over all instances is cheaper at once. */
export const rule = <A>(instance: Instance<A>, total?: Instance<A>): Autodiff<A> =>
  total === undefined
    ? { tag: "rule", instance: reached(instance) }
    : { tag: "rule", instance: reached(instance), total: reached(total) };

/** The rule of an op with one input. */
export const slope = <A>(build: (b: Builder, site: Reached<A>) => Operand): Autodiff<A> => rule((b, site) => [build(b, site)]);

export const none = (why: string): { readonly tag: "none"; readonly why: string } => ({ tag: "none", why });
/** Of ops that adjoints are made of. */
export const ONCE = none("made by differentiation, which happens once");

// Terms of adjoints ----------------------------------------------------------------------------------------------------------------

export const add = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.add", [x, y]);
export const sub = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.sub", [x, y]);
export const mul = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.mul", [x, y]);
export const div = (b: Builder, x: Operand, y: Operand): Operand => b.op("core.div", [x, y]);
export const neg = (b: Builder, x: Operand): Operand => b.op("core.neg", [x]);
export const scale = (b: Builder, x: Operand, by: number): Operand => mul(b, x, b.constant(by));
export const where = (b: Builder, c: Operand, x: Operand, y: Operand): Operand => b.op("core.where", [c, x, y]);
export const rankOf = (b: Builder, x: Operand): number => b.typeOf(x).shape.length;
export const sumAll = (b: Builder, x: Operand): Operand => (rankOf(b, x) === 0 ? x : b.op("core.sum_to_scalar", [x]));

/** The gradient of an operand that may have been broadcast: summed to a scalar if it is one and `g` is not. */
export const fit = (b: Builder, g: Operand, x: Operand): Operand => (rankOf(b, x) === 0 ? sumAll(b, g) : g);

/** `x` in the shape and at the instances of `like`; `axes` are those of `like` that `x` lacks (a scalar lacks all). */
export const expandAs = (b: Builder, x: Operand, like: Operand, axes: readonly number[] = []): Operand =>
  b.op("core.expand_as", [x, like], { axes: [...axes] });

/** `x`, which lacks an axis of `like`, ready for elementwise use with it: scalars are broadcast anyway. */
export const along = (b: Builder, x: Operand, like: Operand, axis: number): Operand =>
  rankOf(b, x) === 0 ? x : expandAs(b, x, like, [axis]);

/** The value of a collective's operand at one instance. */
export const each = (x: Operand): Operand => ({ ...x, at: NOW });

/** The sizes of a value whose shape has been solved. */
export const sizesOf = (b: Builder, x: Operand): readonly number[] =>
  b.typeOf(x).shape.map((d) => {
    invariant(typeof d === "number", `a size is wanted, ${String(d)} was found`);
    return d;
  });
export const list = (sizes: readonly number[]): AttrValue => [...sizes];
