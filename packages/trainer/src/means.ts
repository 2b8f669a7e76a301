/** Sums and their count, kept so that a resumed run goes on with exactly the same numbers. */
export interface Means {
  count: number;
  readonly sums: Float64Array;
}

export const noMeans = (size: number): Means => ({ count: 0, sums: new Float64Array(size) });

export const addTo = (means: Means, values: ArrayLike<number>, weight = 1): void => {
  means.count += weight;
  for (let i = 0; i < means.sums.length; i++) means.sums[i] = (means.sums[i] ?? 0) + (values[i] ?? NaN) * weight;
};

/** The means; NaN of nothing. */
export const readMeans = (means: Means): readonly number[] => Array.from(means.sums, (sum) => sum / means.count);

export const clearMeans = (means: Means): void => {
  means.count = 0;
  means.sums.fill(0);
};

/** Doubles survive JSON exactly. */
export const printMeans = (means: Means): string => JSON.stringify([means.count, ...means.sums]);

/** Reads what `printMeans` wrote; null if it is anything else. */
export const parseMeans = (text: string): Means | null => {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(values) || values.length === 0 || !values.every((v): v is number => typeof v === "number"))
    return null;
  const [count = 0, ...sums] = values;
  return { count, sums: Float64Array.from(sums) };
};
