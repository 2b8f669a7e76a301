/** Trains random programs window by window in the interpreter and in PyTorch, and prints what they cover: `node scripts/fuzz-coverage.mjs --windows [programs] [seed]`. */
import { coverageTable } from "@sequent/conformance";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { environment } from "../../../src/registry.js";
import { shownOf } from "./suite.js";
import { compareInWindows, makeInWindows, runInWindows, windowCoverage } from "./windows.js";

const [count = "300", seed = "1"] = process.argv.slice(2);
const env = environment();
const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-windows-"));
try {
  const { asked, faults } = makeInWindows({ autograd: Number(count), explicit: Number(count) }, Number(seed), env, root);
  const theirs = await runInWindows(root, asked);
  const failures = asked.flatMap((one, k) => {
    const why = compareInWindows(one, theirs[k]);
    return why === null ? [] : [`${one.form}: ${why}\n${shownOf(one.found.generated)}`];
  });
  const of = (form: string) => asked.filter((one) => one.form === form);
  process.stdout.write(coverageTable(windowCoverage(env, of("autograd").map((one) => one.found.generated))));
  process.stdout.write(`${String(of("autograd").length)} programs by autograd and ${String(of("explicit").length)} by equations: ${String(failures.length)} differ, ${String(faults.length)} do not compile\n`);
  for (const one of [...failures, ...faults].sort((a, b) => a.length - b.length).slice(0, Number(process.env["SHOW"] ?? 12))) process.stdout.write(`${one}\n`);
  process.exitCode = failures.length + faults.length === 0 ? 0 : 1;
} finally {
  if (process.env["KEEP"] === undefined) fs.rmSync(root, { recursive: true, force: true });
}
