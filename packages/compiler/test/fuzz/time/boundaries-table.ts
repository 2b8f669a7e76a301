/** Trains programs with boundary equations at random, window by window, in the interpreter and in PyTorch: `node scripts/fuzz-coverage.mjs --boundaries [programs] [seed]`. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { environment } from "../../../src/registry.js";
import { boundariesInWindows } from "./boundaries-windows.js";

const [count = "900", seed = "1"] = process.argv.slice(2);
const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-windows-"));
try {
  const { trained, failures } = await boundariesInWindows(Number(count), Number(seed), environment(), root);
  process.stdout.write(`${String(trained)} trained, ${String(failures.length)} failed or differ\n`);
  for (const one of failures.slice(0, Number(process.env["SHOW"] ?? 12))) process.stdout.write(`${one}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  fs.rmSync(root, { recursive: true, force: true });
}
