/** `check --time`: the steps and direction of each state, the window, and the instances that statements leave out. */
import { horizonOf, printHorizon, timeReport } from "@sequent/compiler";
import type { Program } from "@sequent/compiler";

/** Columns as wide as their longest entry. */
const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => (row[k] ?? "").length)));
  return rows.map((row) => row.map((text, k) => text.padEnd(widths[k] ?? 0)).join("  ").trimEnd());
};

const windowOf = (program: Program): string => {
  const horizon = horizonOf(program);
  return `window: ${horizon === null ? "the whole sequence" : printHorizon(horizon)}`;
};

export const printTimeReport = (program: Program): string => {
  const { states, statements } = timeReport(program);
  if (states.length === 0) return "no state changes with t\n";
  const lines = [
    windowOf(program),
    ...table([["state", "steps", "direction"], ...states.map(({ name, steps, direction }) => [name, steps, direction])]),
    ...statements.flatMap(({ text, steps, leftOut }) => [
      `${text}: ${steps === null ? "counts once a sample" : `counts at ${steps}`}`,
      ...leftOut.map((part) => `  left out: ${part.steps}, for ${part.why}`),
    ]),
  ];
  return `${lines.join("\n")}\n`;
};
