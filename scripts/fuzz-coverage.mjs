// Prints how many of the random programs that tests compare backends on contain each op, transform, loss and feature:
// node scripts/fuzz-coverage.mjs [programs=2000] [seed=1]
// With --time first: programs over time, each judged in PyTorch, too (1000 take some minutes); with --windows: each trained window by window;
// with --boundaries: so, too, with boundary equations wherever one may be written.
import fs from "node:fs";
import path from "node:path";
import { build } from "rolldown";

const TABLES = { "--time": ["time", "coverage-table.ts"], "--windows": ["time", "windows-table.ts"], "--boundaries": ["time", "boundaries-table.ts"] };
const table = TABLES[process.argv[2]] ?? ["coverage-table.ts"];
if (process.argv[2] in TABLES) process.argv.splice(2, 1);
const root = path.dirname(import.meta.dirname);
const file = path.join(root, "node_modules", ".cache", "sequent", "fuzz-coverage.mjs");
const { output } = await build({
  input: path.join(root, "packages", "compiler", "test", "fuzz", ...table),
  platform: "node",
  external: ["vitest"],
  write: false,
  logLevel: "warn",
  resolve: { conditionNames: ["@sequent/source", "node", "import", "default"] },
  output: { format: "esm", codeSplitting: false },
});
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, output[0].code);
await import(file);
// Python, which is kept warm, would wait for more.
process.exit();
