// What the documentation says is so: its programs compile, its tables are those of the records, its links lead somewhere.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, test } from "vitest";
import { compileFully, createRenderer } from "../src/index.js";

const root = path.resolve(import.meta.dirname, "../../..");
const pages = [
  "README.md",
  ...readdirSync(path.join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ...readdirSync(path.join(root, "packages")).map((name) => `packages/${name}/README.md`),
].filter((name) => existsSync(path.join(root, name)));
const textOf = (page: string): string => readFileSync(path.join(root, page), "utf8");

interface Block {
  readonly page: string;
  readonly line: number;
  /** The words behind the opening fence. */
  readonly info: readonly string[];
  readonly text: string;
}

const blocksOf = (page: string): readonly Block[] => {
  const blocks: Block[] = [];
  let open: { readonly fence: string; readonly line: number; readonly info: readonly string[]; readonly lines: string[] } | null = null;
  textOf(page).split("\n").forEach((line, i) => {
    const fence = /^(`{3,})(.*)$/.exec(line);
    if (open === null) {
      if (fence !== null) open = { fence: fence[1]!, line: i + 1, info: fence[2]!.trim().split(/\s+/), lines: [] };
    } else if (fence !== null && fence[1] === open.fence && fence[2] === "") {
      blocks.push({ page, line: open.line, info: open.info, text: `${open.lines.join("\n")}\n` });
      open = null;
    } else open.lines.push(line);
  });
  expect(open, `${page}: a fence is not closed`).toBeNull();
  return blocks;
};
const all = pages.flatMap(blocksOf);

describe("programs", () => {
  const programs = all.filter((block) => block.info[0] === "seq");
  test("there are some", () => {
    expect(programs.length).toBeGreaterThan(5);
  });
  // A block of programs stands for a file in the root folder; `seq SQ0901` is one that raises this code.
  test.each(programs.map((block) => [`${block.page}:${block.line}`, block] as const))("%s", (name, block) => {
    const file = path.join(root, name);
    const { result, notes, sources } = compileFully(block.text, file);
    const { render } = createRenderer(sources);
    const found = [...(E.isLeft(result) ? result.left : []), ...notes.filter((one) => one.severity === "lint")];
    const codes = block.info.slice(1);
    if (codes.length === 0) expect(found.map(render).join("\n")).toBe("");
    else expect(new Set(found.map((one) => one.code))).toEqual(new Set(codes));
  });
});

test("the generated pages are what the records say", () => {
  execFileSync(process.execPath, [path.join(root, "scripts", "docs.mjs"), "--check"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
});

test("the page of results is what its figures give", () => {
  execFileSync(process.execPath, [path.join(root, "scripts", "results.mjs"), "--check"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
});

test("every link within the project leads to a file, every code to an entry of the catalogue", () => {
  const entries = new Set([...textOf("docs/errors.md").matchAll(/^### (SQ\d{4}):/gm)].map((match) => match[1]));
  const lost: string[] = [];
  for (const page of pages) {
    const text = textOf(page);
    for (const [, to] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      const [file] = to!.split("#");
      if (/^[a-z]+:/.test(to!) || file === "") continue;
      if (!existsSync(path.resolve(root, path.dirname(page), file!))) lost.push(`${page}: ${to}`);
    }
    if (page !== "docs/errors.md") for (const [code] of text.matchAll(/(?<![…–])\bSQ\d{4}\b/g)) if (!entries.has(code)) lost.push(`${page}: ${code}`);
  }
  expect(lost).toEqual([]);
});

test("the commands of the README do what it says", { timeout: 600_000 }, () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sequent-readme-"));
  try {
    for (const name of ["examples", "node_modules", ".venv"]) symlinkSync(path.join(root, name), path.join(folder, name));
    let output = "";
    let ran = 0;
    for (const { info, text, line } of blocksOf("README.md")) {
      if (info[0] === "seq") writeFileSync(path.join(folder, /^# (\w+\.seq)/.exec(text)![1]!), text);
      else if (info[0] === "text") expect(output).toContain(text);
      else if (info[0] === "sh") {
        // Where the tests run, everything is installed; npx takes the command that is.
        const script = text.replaceAll("npm ci && ", "").replaceAll("npx sequent", "npx --no-install sequent");
        const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
        output = stdout + stderr;
        expect(status, `README.md:${line}\n${output}`).toBe(0);
        ran++;
      }
    }
    expect(ran).toBeGreaterThan(5);
    for (const run of ["two_spirals", "spirals", "deep", "spirals_in_pytorch"]) {
      const lines = readFileSync(path.join(folder, "runs", run, "metrics.jsonl"), "utf8").trim().split("\n");
      expect(JSON.parse(lines.at(-1)!), run).toMatchObject({ kind: "final" });
    }
    expect(readdirSync(path.join(folder, "build", "deep"))).toContain("model.py");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
