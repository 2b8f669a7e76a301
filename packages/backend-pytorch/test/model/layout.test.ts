/** Lines that are too long are laid out as ruff does. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { ruff } from "../../src/harness/index.js";
import { layOut, WIDTH } from "../../src/model/layout.js";

const LENGTHS = [6, 20, 40, 60, 75, 85, 95, 110];
const TAILS = [".to(torch.get_default_dtype())", ".to(torch.get_default_dtype()).mean()", ".to(torch.get_default_dtype()).mean(0)", ".float()", ".sum(-1)"];
/** Operands of so many letters, alone, with a bracket, and with operators of their own. */
const OPERANDS: readonly ((length: number) => string)[] = [
  (length) => "a".repeat(length),
  (length) => `${"a".repeat(length)}.argmax(-1)`,
  (length) => `${"a".repeat(length)}[:, None]`,
  (length) => `${"a".repeat(length)} + ${"d".repeat(length)}`,
  (length) => `${"a".repeat(length)} * ddd - ${"e".repeat(9)}`,
];

test("a comparison as a number", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-layout-"));
  try {
    const lines = LENGTHS.flatMap((a) => LENGTHS.flatMap((b) => OPERANDS.flatMap((operand) => TAILS.flatMap((tail) =>
      ["x =", "return"].map((left) => `    ${left} (${operand(a)} == ${"b".repeat(b)})${tail}`))))).filter((line) => line.length > WIDTH);
    expect(lines.length).toBeGreaterThan(2000);
    const functions = lines.map((line, k) => [`def f_${String(k)}():`, ...layOut(line)].join("\n"));
    fs.writeFileSync(path.join(folder, "lines.py"), `${functions.join("\n\n\n")}\n`);
    expect(ruff(folder, "E9")).toBe("");
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
