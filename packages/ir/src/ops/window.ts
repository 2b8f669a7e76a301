/** Attributes and shapes of what slides a window over [channels, length] or [channels, height, width]. */
import * as t from "io-ts/lib/index.js";
import { custom } from "../attributes-codec.js";
import type { AttrValue } from "../program.js";
import { samePadding, windows } from "../kernels/window.js";
import type { Window } from "../kernels/window.js";
import type { DimVar, Solver } from "../solver.js";
import { nth, sizeOfDim } from "./support.js";

/** One number for all spatial axes, or one for each. */
export type Sizes = number | readonly number[];
export type Pad = Sizes | "same" | "valid";

const isCount = (least: number) => (u: unknown): u is number => typeof u === "number" && Number.isInteger(u) && u >= least;
const isSizes = (least: number) => (u: unknown): u is Sizes =>
  isCount(least)(u) || (Array.isArray(u) && u.length > 0 && u.every(isCount(least)));
const guarded = <A>(name: string, is: (u: unknown) => u is A): t.Type<A, unknown> =>
  new t.Type<A, unknown>(name, is, (u, c) => (is(u) ? t.success(u) : t.failure(u, c)), (a) => a);

export const sizes = custom(guarded("sizes", isSizes(1)), "a positive integer, or one for each axis");
const sizesOrNot = guarded("sizes or null", (u): u is Sizes | null => u === null || isSizes(1)(u));
export const optionalSizes = (doc: string) => custom(sizesOrNot, "a positive integer, or one for each axis, or nothing")(doc, null);
const isPad = (u: unknown): u is Pad => u === "same" || u === "valid" || isSizes(0)(u);
export const pad = custom(guarded("pad", isPad), "same, valid, or a number of zeros on each side");

export interface WindowAttrs {
  readonly kernel: Sizes;
  /** null: as the kernel. */
  readonly stride: Sizes | null;
  readonly pad: Pad;
}

const perAxis = (value: Sizes, spatial: number): readonly number[] =>
  typeof value === "number" ? Array.from({ length: spatial }, () => value) : value;

/** The window over `spatial` axes. `same` pads so that a stride of 1 keeps the size. */
export const windowOf = ({ kernel, stride, pad: around }: WindowAttrs, spatial: number): Window => {
  const extents = perAxis(kernel, spatial);
  const padding = around === "same" ? extents.map(samePadding)
    : perAxis(around === "valid" ? 0 : around, spatial).map((n) => [n, n] as const);
  return { kernel: extents, stride: perAxis(stride ?? kernel, spatial), padding };
};
/** The attributes again, for the ops of the gradient. */
export const windowAttrs = ({ kernel, stride, pad: around }: WindowAttrs): Readonly<Record<string, AttrValue>> => ({
  kernel, stride: stride ?? kernel, pad: around,
});

/** Whether each list of sizes, if it is a list, has one entry for each spatial axis; says so if not. */
export const fitsRank = (s: Solver, name: string, attrs: WindowAttrs, spatial: number): boolean => {
  if (spatial !== 1 && spatial !== 2) {
    s.fail(`${name} wants [channels, length] or [channels, height, width], found ${String(spatial + 1)} axes`);
    return false;
  }
  const lists = [attrs.kernel, attrs.stride, attrs.pad].filter((v) => Array.isArray(v));
  const fits = lists.every((v) => v.length === spatial);
  if (!fits) s.fail(`${name} has ${String(spatial)} spatial axes here: kernel, stride and pad want one number, or one for each`);
  return fits;
};

/** States the sizes of the result along the spatial axes; true once all are known. */
export const slide = (s: Solver, name: string, w: Window, from: readonly DimVar[], to: readonly DimVar[]): boolean => {
  let known = true;
  from.forEach((d, i) => {
    const kernel = nth(w.kernel, i), stride = nth(w.stride, i), padding = nth(w.padding, i), out = nth(to, i);
    const size = sizeOfDim(s, d), result = sizeOfDim(s, out);
    if (size !== null) {
      const count = windows(size, kernel, stride, padding);
      if (count < 1) s.fail(`${name}: a window of ${String(kernel)} does not fit into ${String(size)}`);
      else s.equalDims(out, s.dim(count));
    } else if (stride === 1 && result !== null) s.equalDims(d, s.dim(result + kernel - 1 - padding[0] - padding[1]));
    else known = false;
  });
  return known;
};
