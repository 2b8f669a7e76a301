// Packs every built package, unpacks the tarballs into a plain node_modules folder outside the workspace, and imports each
// in plain Node, without the source condition: what a user would get. The command is run from there as well.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { packages } from "../packages.table.js";

const root = path.dirname(import.meta.dirname);
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const there = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-smoke-"));
const modules = path.join(there, "node_modules");
const names = Object.keys(packages);
const manifest = (name) => JSON.parse(fs.readFileSync(path.join(root, "packages", name, "package.json"), "utf8"));

try {
  fs.mkdirSync(path.join(modules, "@sequent"), { recursive: true });
  const folders = names.map((name) => `./packages/${name}`);
  execFileSync(npm, ["pack", "--silent", "--ignore-scripts", "--pack-destination", there, ...folders], { cwd: root });
  for (const name of names) {
    execFileSync("tar", ["-xzf", `sequent-${name}-${manifest(name).version}.tgz`], { cwd: there });
    fs.renameSync(path.join(there, "package"), path.join(modules, "@sequent", name));
  }
  for (const name of outsiders()) {
    fs.cpSync(path.join(root, "node_modules", name), path.join(modules, name), { recursive: true });
  }

  let failed = 0;
  for (const name of names.filter((name) => manifest(name).exports !== undefined)) {
    if (!imports(`@sequent/${name}`)) failed++;
  }
  if (!runs()) failed++;
  console.log(`smoke: ${names.length + 1 - failed} of ${names.length + 1} work as packed`);
  if (failed > 0) process.exitCode = 1;
} finally {
  fs.rmSync(there, { recursive: true, force: true });
}

/** Everything outside @sequent that the packages depend on, transitively. */
function outsiders() {
  const found = new Set();
  const todo = names.map((name) => path.join(root, "packages", name));
  for (let folder = todo.pop(); folder !== undefined; folder = todo.pop()) {
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (name.startsWith("@sequent/") || found.has(name)) continue;
      found.add(name);
      todo.push(path.join(root, "node_modules", name));
    }
  }
  return found;
}

function imports(name) {
  return succeeds(name, process.execPath, ["--input-type=module", "-e", `await import(${JSON.stringify(name)})`]);
}

function runs() {
  const bin = path.join(modules, "@sequent", "cli", manifest("cli").bin.sequent);
  return succeeds("sequent --version", process.execPath, [bin, "--version"]);
}

function succeeds(what, command, args) {
  try {
    execFileSync(command, args, { cwd: there, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
    return true;
  } catch (error) {
    console.log(`smoke: ${what} fails as packed\n${error.stderr}`);
    return false;
  }
}
