/** Trains random programs window by window in the interpreter and in PyTorch, and prints what they cover: `node scripts/fuzz-coverage.mjs --windows [programs] [seed]`. */
import { coverageTable } from "@sequent/conformance";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { environment } from "../../../src/registry.js";
import { shownOf } from "./suite.js";
import { compareInWindows, makeInWindows, refusalInRun, runInWindows, windowCoverage } from "./windows.js";

const [count = "300", seed = "1"] = process.argv.slice(2);
const env = environment();
const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-windows-"));
try {
  const { asked, limits, faults } = makeInWindows({ autograd: Number(count), explicit: Number(count) }, Number(seed), env, root);
  const theirs = await runInWindows(root, asked);
  const told = (k: number): string | null => { const run = theirs[k]; return run === undefined ? null : refusalInRun(run); };
  const short = asked.filter((_, k) => told(k) !== null).length;
  const failures = asked.flatMap((one, k) => {
    if (told(k) !== null) return [];
    const why = compareInWindows(one, theirs[k]);
    return why === null ? [] : [`${one.form}: ${why}\n${shownOf(one.found.generated)}`];
  });
  const of = (form: string) => asked.filter((one, k) => one.form === form && told(k) === null);
  process.stdout.write(coverageTable(windowCoverage(env, of("autograd").map((one) => one.found.generated))));
  for (const [what, times] of [...limits].sort((a, b) => b[1] - a[1])) process.stdout.write(`${String(times)} replaced: ${what}\n`);
  if (short > 0) process.stdout.write(`${String(short)} replaced: windows of fewer steps than the script can do with\n`);
  process.stdout.write(`${String(of("autograd").length)} programs by autograd and ${String(of("explicit").length)} by equations: ${String(failures.length)} differ, ${String(faults.length)} do not compile\n`);
  for (const one of [...failures, ...faults].sort((a, b) => a.length - b.length).slice(0, Number(process.env["SHOW"] ?? 12))) process.stdout.write(`${one}\n`);
  process.exitCode = failures.length + faults.length === 0 ? 0 : 1;
} finally {
  if (process.env["KEEP"] === undefined) fs.rmSync(root, { recursive: true, force: true });
}
