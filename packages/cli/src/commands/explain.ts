import { catalogue, diagnose, nearest } from "@sequent/compiler";
import type { DiagnosticRecord } from "@sequent/compiler";
import type { Command } from "commander";
import { cliDiagnostics, unknownCode } from "../diagnostics.js";
import { EXIT, json, out, Stop } from "../terminal.js";

/** All codes, those of the command line included. */
export const allDiagnostics: readonly DiagnosticRecord[] = [...catalogue, ...cliDiagnostics].sort((a, b) => (a.code < b.code ? -1 : 1));

const explained = (record: DiagnosticRecord): string => {
  const fix = record.fix.tag === "offered" ? "Fix: `sequent fix` mends it." : `No fix: ${record.fix.why}.`;
  const [example] = record.examples;
  const shown = example === undefined ? "" : `\nFor example:\n\n${example.trimEnd().split("\n").map((line) => `    ${line}`).join("\n")}\n`;
  return `${record.code}: ${record.title} (${record.severity})\n\n${record.explain}\n${shown}\n${fix}\n`;
};

/** `explain CODE`, or the list of all. */
const explain = (code: string | undefined, options: { readonly json?: true }): number => {
  if (code === undefined) {
    out(options.json === true ? json(allDiagnostics) : allDiagnostics.map((one) => `${one.code}  ${one.severity.padEnd(5)}  ${one.title}\n`).join(""));
    return EXIT.ok;
  }
  const wanted = code.toUpperCase();
  const record = allDiagnostics.find((one) => one.code === wanted);
  if (record === undefined) {
    const near = nearest(wanted, allDiagnostics.map((one) => one.code));
    const help = near === null ? unknownCode.explain : `Did you mean ${near}? ${unknownCode.explain}`;
    const file = `explain ${code}`;
    const at = { file, from: 8, to: file.length };
    throw new Stop(EXIT.diagnostics, [diagnose(unknownCode, `there is no code ${JSON.stringify(code)}`, [{ at, text: "given here" }], { help })], new Map([[file, file]]));
  }
  out(options.json === true ? json(record) : explained(record));
  return EXIT.ok;
};

export const addExplain = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  program.command("explain [code]").description("Explain a diagnostic's code, or list all codes.")
    .option("--json", "as JSON")
    .action((code: string | undefined, options: { readonly json?: true }) => run(() => explain(code, options)));
};
