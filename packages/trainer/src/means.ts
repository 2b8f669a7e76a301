/** Sums and what they are sums of, kept so that a resumed run goes on with exactly the same numbers. */
export interface Means {
  /** How often was added. */
  count: number;
  readonly sums: Float64Array;
  /** The total weight of each; a statement that counts nowhere in a window has none there. */
  readonly weights: Float64Array;
}

export const noMeans = (size: number): Means => ({ count: 0, sums: new Float64Array(size), weights: new Float64Array(size) });

/** Adds values, each with its weight. What has no weight does not matter. */
export const addTo = (means: Means, values: ArrayLike<number>, weight: number | ArrayLike<number> = 1): void => {
  means.count += 1;
  for (let i = 0; i < means.sums.length; i++) {
    const own = typeof weight === "number" ? weight : (weight[i] ?? 0);
    if (own === 0) continue;
    means.weights[i] = (means.weights[i] ?? 0) + own;
    means.sums[i] = (means.sums[i] ?? 0) + (values[i] ?? NaN) * own;
  }
};

/** The means; NaN of nothing. */
export const readMeans = (means: Means): readonly number[] => Array.from(means.sums, (sum, i) => sum / (means.weights[i] ?? 0));

export const clearMeans = (means: Means): void => {
  means.count = 0;
  means.sums.fill(0);
  means.weights.fill(0);
};

/** Doubles survive JSON exactly. Weights stand behind a null, where they are not the count. */
export const printMeans = ({ count, sums, weights }: Means): string =>
  JSON.stringify(weights.every((weight) => weight === count) ? [count, ...sums] : [count, ...sums, null, ...weights]);

const areNumbers = (values: readonly unknown[]): values is readonly number[] => values.every((v) => typeof v === "number");

/** Reads what `printMeans` wrote; null if it is anything else. */
export const parseMeans = (text: string): Means | null => {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(values)) return null;
  const list: readonly unknown[] = values;
  const gap = list.indexOf(null);
  const head = gap < 0 ? list : list.slice(0, gap);
  if (head.length === 0 || !areNumbers(head)) return null;
  const [count = 0, ...sums] = head;
  const weights = gap < 0 ? sums.map(() => count) : list.slice(gap + 1);
  if (!areNumbers(weights) || weights.length !== sums.length) return null;
  return { count, sums: Float64Array.from(sums), weights: Float64Array.from(weights) };
};
