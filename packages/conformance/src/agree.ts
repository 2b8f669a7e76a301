/** Whether two evaluators found the same numbers. */

/** |a − b| ≤ tolerance · max(1, |b|), NaN equals NaN, and an infinity equals itself. */
export const near = (a: number, b: number, tolerance: number): boolean => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  return a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
};

/** All numbers near each other, and as many of them. A value that all instances share may stand for each. */
export const agree = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-9): boolean => {
  if (a.length === 0 || b.length % a.length !== 0) return a.length === b.length;
  for (let k = 0; k < b.length; k += 1) if (!near(a[k % a.length] ?? NaN, b[k] ?? NaN, tolerance)) return false;
  return true;
};
