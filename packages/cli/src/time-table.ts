/** `check --time`: the steps and direction of each state, the window, and the instances that statements leave out. */
import { horizonOf, timeReport } from "@sequent/compiler";
import type { Program } from "@sequent/compiler";

/** Columns as wide as their longest entry. */
const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => (row[k] ?? "").length)));
  return rows.map((row) => row.map((text, k) => text.padEnd(widths[k] ?? 0)).join("  ").trimEnd());
};

/** As `@horizon` is written with names, whichever way the program gives it; without what is none. */
const windowOf = (program: Program): string => {
  const horizon = horizonOf(program);
  if (horizon === null) return "window: the whole sequence";
  const { back, ahead, burnIn } = horizon;
  return `window: back=${String(back)}${ahead === 0 ? "" : ` ahead=${String(ahead)}`}${burnIn === 0 ? "" : ` burn_in=${String(burnIn)}`}`;
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
