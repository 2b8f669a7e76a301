// The test command: builds, type-checks, lints, tests and smoke-tests every package, and makes the Python environment that
// the tests of the PyTorch target run in. Its last line adds up the tests of all packages: "N passed, N failed".
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { packages } from "../packages.table.js";

const root = path.dirname(import.meta.dirname);
const env = { ...process.env, NX_DAEMON: "false", NX_NO_CLOUD: "true", NX_TUI: "false" };
if (!process.stdout.isTTY) Object.assign(env, { NO_COLOR: "1", FORCE_COLOR: "0" });
const folders = [
  ...Object.keys(packages).map((name) => `packages/${name}`),
  ...fs.readdirSync(path.join(root, "extensions")).map((name) => `extensions/${name}`),
];
const reports = folders.map((name) => ({ name, file: path.join(root, name, "reports", "vitest.json") }));
const failed = [];

const run = (what, command, args) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", (error) => console.error(`${what}: ${error.message}`));
    child.on("close", (code) => {
      if (code !== 0) failed.push(what);
      resolve();
    });
  });
const node = (what, ...args) => run(what, process.execPath, args);
const nx = (...targets) =>
  node(targets.join(", "), path.join("node_modules", "nx", "dist", "bin", "nx.js"), "run-many", "-t", ...targets, "--parallel=2");

/** What the packages' reports say; a test file that could not be run counts as one failed test. */
function tally() {
  const sum = { passed: 0, failed: 0 };
  for (const { name, file } of reports) {
    if (!fs.existsSync(file)) {
      console.error(`${name}: its tests left no report`);
      sum.failed++;
      continue;
    }
    const report = JSON.parse(fs.readFileSync(file, "utf8"));
    sum.passed += report.numPassedTests;
    sum.failed += report.numFailedTests;
    sum.failed += report.testResults.filter((t) => t.status === "failed" && !t.assertionResults.some((a) => a.status === "failed")).length;
  }
  return sum;
}

for (const { file } of reports) fs.rmSync(file, { force: true });
await node("package table", "scripts/sync-packages.mjs", "--check");
await node("data sets", "scripts/make-data.mjs", "--check");
await Promise.all([run("Python environment", "bash", ["scripts/python-env.sh"]), nx("build", "typecheck", "lint", "smoke")]);
await nx("test");

const sum = tally();
if (failed.length > 0) console.log(`\nnot right: ${failed.join("; ")}`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = failed.length > 0 || sum.failed > 0 ? 1 : 0;
