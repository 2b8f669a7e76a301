import asciichart from "asciichart";
import type { CurvePoint } from "./metrics-log.js";

const COLOURS = [
  asciichart.blue,
  asciichart.yellow,
  asciichart.green,
  asciichart.magenta,
  asciichart.cyan,
  asciichart.red,
];

/**
 * A series as exactly `width` points: means of neighbours where there are more, straight lines where there are fewer.
 */
export const resample = (series: readonly number[], width: number): readonly number[] => {
  const n = series.length;
  return Array.from({ length: width }, (_, i) => {
    if (n > width) {
      const from = Math.floor((i * n) / width);
      const to = Math.max(from + 1, Math.floor(((i + 1) * n) / width));
      return series.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    }
    const at = width > 1 ? (i * (n - 1)) / (width - 1) : 0;
    const left = Math.floor(at);
    const a = series[left] ?? 0;
    return a + ((series[left + 1] ?? a) - a) * (at - left);
  });
};

/** Four significant digits, short. */
export const printNumber = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
};

/** The loss curve, one line a statement, `columns` wide; empty if there are not two points to draw. */
export const drawCurve = (
  curve: readonly CurvePoint[],
  labels: readonly string[],
  columns: number,
  colour: boolean,
): string => {
  const points = curve.filter((point) => point.losses.every(Number.isFinite));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2 || labels.length === 0) return "";
  const width = Math.max(16, Math.min(columns, 100) - 14);
  const series = labels.map((_, k) => [
    ...resample(
      points.map((point) => point.losses[k] ?? 0),
      width,
    ),
  ]);
  // The library counts rows from zero, which overflows for large values in a narrow range; so it gets them from their
  // least.
  const least = Math.min(...series.flat());
  const colours = colour ? labels.map((_, k) => COLOURS[k % COLOURS.length]) : [];
  const plot = asciichart.plot(
    series.map((values) => values.map((v) => v - least)),
    {
      height: 10,
      colors: colours,
      format: (value) => printNumber(value + least).padStart(10),
    },
  );
  const legend = labels.map((label, k) => `${asciichart.colored("──", colours[k])} ${label}`).join("   ");
  const range = `step ${String(first.step)}`.padEnd(width - String(last.step).length) + String(last.step);
  return `${plot.replace(/[ \t]+$/gm, "")}\n${" ".repeat(12)}${range}\n${" ".repeat(12)}${legend}\n`;
};
