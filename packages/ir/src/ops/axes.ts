/** Axes by number: −1 is the last, and a scalar has none to reduce. */
import { permute } from "../kernels/indexing.js";
import type { Tensor } from "../tensor.js";

/** An axis counted from the front. */
export const lastAxis = (axis: number, rank: number): number => (axis < 0 ? Math.max(rank + axis, 0) : axis);

/** Exchanges an axis and the last; done twice, nothing. */
export const toLast = (x: Tensor, axis: number): Tensor => {
  const rank = x.shape.length, at = lastAxis(axis, rank);
  if (at >= rank - 1) return x;
  return permute(x, x.shape.map((_, i) => (i === at ? rank - 1 : i === rank - 1 ? at : i)));
};
