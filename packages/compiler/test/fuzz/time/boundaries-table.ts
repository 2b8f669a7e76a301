/** Trains programs with boundary equations at random, window by window, in the interpreter and in PyTorch: `node scripts/fuzz-coverage.mjs --boundaries [programs] [seed]`. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { environment } from "../../../src/registry.js";
import { boundaryProgram, decideFrom, inWindowsAtRandom } from "./boundaries.js";
import { askInWindows, compareInWindows, generatedFrom, runInWindows, windowCaseOf } from "./windows.js";
import type { AskedInWindows } from "./windows.js";

const [count = "900", seed = "1"] = process.argv.slice(2);
const env = environment(), decide = decideFrom(Number(seed));
const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-windows-"));
const asked: { readonly about: string; readonly made: AskedInWindows }[] = [], failures: string[] = [];
try {
  for (let k = 0; k < Number(count); k += 1) {
    const written = inWindowsAtRandom(decide, boundaryProgram(decide));
    const found = windowCaseOf(generatedFrom(written), env, path.join(root, String(k)));
    // Most are refused, as they should be.
    if (E.isLeft(found) || found.right === null) continue;
    const one = found.right;
    for (const form of ["autograd", "explicit"] as const) {
      const about = `${form}, rows end at ${written.last.join(", ")}, batches of ${String(written.batch)}\n${written.text}`;
      const made = E.tryCatch(() => askInWindows(one, form), String);
      if (E.isLeft(made)) failures.push(`${made.left}\n${about}`);
      else if (E.isLeft(made.right)) failures.push(`${made.right.left}\n${about}`);
      else asked.push({ about, made: made.right.right });
    }
  }
  const runs = await runInWindows(root, asked.map(({ made }) => made));
  asked.forEach(({ about, made }, k) => { const why = compareInWindows(made, runs[k]); if (why !== null) failures.push(`${why}\n${about}`); });
  process.stdout.write(`${String(asked.length)} trained, ${String(failures.length)} failed or differ\n`);
  for (const one of failures.sort((a, b) => a.length - b.length).slice(0, Number(process.env["SHOW"] ?? 12))) process.stdout.write(`${one}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  fs.rmSync(root, { recursive: true, force: true });
}
