#!/usr/bin/env node
// Runs dist/sequent.cjs. In a checkout, where the sources stand beside it, it first bundles them again when they are newer,
// so that `npx sequent` needs no build step; an installed package has no sources and runs what it brought.
import fs from "node:fs";
import path from "node:path";
import { runBundle } from "./run-bundle.js";

const home = path.dirname(import.meta.dirname);
const target = path.join(home, "dist", "sequent.cjs");

if (!fs.existsSync(path.join(home, "src", "main.ts")) || !isStale() || (await rebundled())) runBundle(target);

async function rebundled() {
  try {
    const { bundle } = await import("./bundle.js");
    await bundle();
    return true;
  } catch (error) {
    console.error(`sequent: its sources could not be bundled\n${error.message}`);
    process.exitCode = 1;
    return false;
  }
}

function isStale() {
  const built = fs.statSync(target, { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return true;
  const packages = path.dirname(home);
  const roots = fs.readdirSync(packages).map((name) => path.join(packages, name, "src"));
  return [...roots, import.meta.dirname, path.join(packages, "..", "package-lock.json")].some((root) => isNewer(root, built));
}

// Folders count too: their date is the only trace of a file that was removed.
function isNewer(file, built) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (stat.mtimeMs > built) return true;
  // path.join would take longer than asking for the date.
  return stat.isDirectory() && fs.readdirSync(file).some((name) => isNewer(`${file}/${name}`, built));
}
