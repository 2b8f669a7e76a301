/** The command as its users have it: the launcher, in a folder of its own. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

export const root = path.resolve(import.meta.dirname, "../../..");
export const launcher = path.join(root, "packages/cli/bin/sequent.js");

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const folders: string[] = [];
afterAll(() => { for (const one of folders) fs.rmSync(one, { recursive: true, force: true }); });

/** An empty folder with these files. */
export const folderWith = (files: Readonly<Record<string, string | Uint8Array>> = {}): string => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-cli-"));
  folders.push(folder);
  for (const [name, contents] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), contents);
  }
  return folder;
};

/** Runs it in a folder; `stdin` is what it reads. */
export const sequent = (folder: string, args: readonly string[], stdin = "", env: Readonly<Record<string, string>> = {}): Ran => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: folder, input: stdin, encoding: "utf8", env: { ...process.env, NO_COLOR: "1", ...env }, maxBuffer: 1 << 28,
  });
  return { code: status, out: stdout, err: stderr };
};

/** No command ever shows its insides. */
export const hasTrace = ({ out, err }: Ran): boolean => /\n {4}at |internal error|bug in Sequent/.test(out + err);
