/** Many states in one loop, with names of many lengths: steps with more arguments, results and targets than a line holds are laid out as ruff does. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ruff } from "@sequent/backend-pytorch";
import { expect, test } from "vitest";
import { compile, emitPytorch } from "../../src/index.js";
import { right } from "../examples.js";

/** States that each read one other. */
const programOf = (count: number, length: number): string => {
  const names = Array.from({ length: count }, (_, k) => `${String.fromCharCode(97 + k).repeat(length)}x`);
  const each = (line: (name: string, k: number) => string): string => names.map(line).join("");
  return `x : [3]\ny : [2]\n${each((_, k) => `W${String(k)} : dense[4]\n`)}${each((name) => `0 -> ${name}_0\n`)}`
    + `${each((name, k) => `${name}_{t-1}|${names.at(k - 1) ?? ""}_{t-1}|x_t --[W${String(k)}|tanh]-> ${name}_t\n`)}${names.map((name) => `${name}_t`).join("|")} --[M]-> p_t => y_t\n`;
};

test("steps of many states are laid out as ruff does", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-layout-"));
  try {
    for (const [count, length] of [[2, 30], [2, 45], [3, 20], [5, 10], [5, 14], [8, 7], [9, 6], [10, 1], [11, 1], [11, 4], [12, 1], [12, 20]] as const) for (const gradients of ["autograd", "explicit"] as const) {
      const place = path.join(root, `${String(count)}_${String(length)}_${gradients}`);
      fs.mkdirSync(place);
      const { files } = right(emitPytorch(right(compile(programOf(count, length), "p.seq")), { name: "p", folder: null, gradients }));
      for (const [file, text] of files) fs.writeFileSync(path.join(place, file), text);
      expect(ruff(place)).toBe("");
    }
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
}, 120_000);
