import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What a newcomer does: clone, install, run. No build step in between, and no network but npm's.
const root = path.resolve(import.meta.dirname, "../../..");
// Not what npm, nx and vitest say to their own children.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NX_|VITEST|NODE_)/.test(name)));

describe("sequent in a fresh clone", () => {
  let clone = "";
  const bundle = () => path.join(clone, "packages/cli/dist/sequent.cjs");
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, { cwd: clone, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const sequent = (...args: readonly string[]): string => run("npx", "--no-install", "sequent", ...args);
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "packages/cli/package.json"), "utf8")) as { version: string };

  beforeAll(() => {
    clone = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-clone-"));
    execFileSync("git", ["clone", "--quiet", "--no-hardlinks", root, clone], { stdio: "inherit" });
    run("npm", "ci", "--ignore-scripts", "--prefer-offline", "--silent");
  }, 300_000);

  afterAll(() => {
    fs.rmSync(clone, { recursive: true, force: true });
  });

  test("runs without a build step, after npm ci alone", () => {
    expect(fs.existsSync(bundle())).toBe(false);
    expect(sequent("--version").trim()).toBe(version);
    expect(fs.existsSync(bundle())).toBe(true);
  }, 60_000);

  test("bundles again after an edit, and only then", () => {
    const before = fs.statSync(bundle()).ino;
    sequent("--version");
    expect(fs.statSync(bundle()).ino).toBe(before);
    const later = new Date(Date.now() + 1000);
    fs.utimesSync(path.join(clone, "packages/ir/src/index.ts"), later, later);
    sequent("--version");
    expect(fs.statSync(bundle()).ino).not.toBe(before);
  }, 60_000);

  test("runs its bundle where there are no sources", () => {
    fs.rmSync(path.join(clone, "packages/cli/src"), { recursive: true });
    expect(sequent("--version").trim()).toBe(version);
  }, 60_000);
});
