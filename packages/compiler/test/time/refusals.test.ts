/** Windows of which too many differ to print them are told, with what to write instead (SQ0704). */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeData } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { applyFixes } from "../../src/index.js";
import { emitPytorch } from "../../src/pytorch.js";
import { right } from "../examples.js";
import { arraysOf } from "./support.js";

it.each(["mean(x_{t-1000000..t}, axis=0)", "x_{t-999}"])("refuses windows of which more differ than anyone reads, at once: %s", (read) => {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-refusals-"));
  try {
    right(writeData(path.join(place, "data.npz"), [...arraysOf({ rows: 2, steps: 1000, timed: { x: [2], y: [2] } }).values()], NOWHERE));
    const text = `@data "data.npz"\n@batch 2\n@horizon back=8\nx_t : [2]\ny_t : [2]\nx_t|${read} --[F|tanh]-> h_t => y_t\n`;
    const emitted = (source: string) => emitPytorch(right(compile(source, path.join(place, "p.seq"))), { name: "p", folder: place });
    const found = emitted(text), told = E.isLeft(found) ? found.left : [];
    expect(told.map((one) => one.code)).toEqual(["SQ0704"]);
    expect(E.isRight(emitted(applyFixes(text, told, { unsafe: false }).text))).toBe(true);
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
});
