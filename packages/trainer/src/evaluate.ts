import { gather } from "@sequent/data";
import type { BoundData } from "@sequent/data";
import { addTo, noMeans, readMeans } from "./means.js";
import type { Scores } from "./metrics-log.js";
import type { Target } from "./target.js";

const ROWS = 256;

/** Labels that can be keys: equal ones are numbered. */
export const uniqueLabels = (labels: readonly string[]): readonly string[] => {
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count === 1 ? label : `${label} (${String(count)})`;
  });
};

/** Values by label; of no values (nothing was computed yet) nothing. */
export const byLabel = (labels: readonly string[], values: ArrayLike<number>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    uniqueLabels(labels)
      .slice(0, values.length)
      .map((label, i) => [label, values[i] ?? NaN]),
  );

/**
 * Losses and metrics over samples, in batches of 256 whose means are weighted by their instances. `pause` runs between
 * batches; null if it says to stop.
 */
export const evaluateOn = async (
  target: Target,
  data: BoundData,
  samples: Int32Array,
  pause: () => Promise<boolean>,
): Promise<Scores | null> => {
  const losses = noMeans(target.statements.length);
  const metrics = noMeans(target.metrics.length);
  for (let from = 0; from < samples.length; from += ROWS) {
    const batch = gather(data, samples.slice(from, from + ROWS));
    const result = target.evaluate(batch);
    addTo(losses, result.losses, result.counts ?? batch.rows);
    addTo(metrics, result.metrics, result.metricCounts ?? batch.rows);
    if (!(await pause())) return null;
  }
  return {
    losses: byLabel(target.statements, readMeans(losses)),
    metrics: byLabel(target.metrics, readMeans(metrics)),
  };
};
