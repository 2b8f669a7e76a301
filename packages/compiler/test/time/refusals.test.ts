/** What PyTorch is not written for yet is told, and never printed wrong (SQ0905, SQ0907). */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeData } from "@sequent/data";
import { NOWHERE } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import { emitPytorch } from "../../src/pytorch.js";
import { right } from "../examples.js";
import { arraysOf } from "./support.js";

const NET = "x_t : [2]\nF : dense[2]\ny_t : [2]\n", LOOP = "0 -> h_0\nh_{t-1}|x_t --[F|Keep]-> h_t\nh_t => y_t\n";
const keep = (lines: readonly string[], formals = "v"): string => `Keep: ${formals}\n    0 -> s_0\n    0.5*s_{t-1} + v -> s_t\n${lines.map((line) => `    ${line}\n`).join("")}    return s_t\n`;
const PROGRAMS: Readonly<Record<string, string>> = {
  "at fewer steps than its result": keep(["^s_t -> q_t", "0.5*q_{t+1} + q_t -> g_t", "g_t -> ^v"]) + LOOP,
  "to a last value that is computed": keep(["0.3*s_T -> g_{T+1}", "0.5*g_{t+1} + ^s_t -> g_t", "g_t -> ^v"]) + LOOP,
  "of a range of later ones": keep(["^s_t -> q_t", "mean(q_{t..t+2}, axis=0) -> g_t", "g_t -> ^v"]) + LOOP,
  "of earlier and later ones": `${keep(["0 -> g_{T+1}", "0.5*g_{t+1} + ^s_t -> g_t", "0 -> k_0", "0.5*k_{t-1} + ^s_t -> k_t", "g_t + k_t -> ^v"])}x_t --[F|Keep]-> h_t\nh_t => y_t\n`,
  "that is not 0 at steps that no statement comes to": `${keep(["1 -> g_{T+1}", "0.5*g_{t+1} + ^s_t -> g_t", "g_t -> ^v"])}z : [2]\n${LOOP.replace("h_t => y_t", "h_{T-1} => z")}`,
};

it.each(Object.entries(PROGRAMS))("refuses by autograd a stated gradient %s", (_, text) => {
  const compiled = compile(NET + text, "program.seq");
  if (E.isLeft(compiled)) throw new Error(compiled.left.map((one) => one.message).join("; "));
  const codes = (gradients: "autograd" | "explicit"): readonly string[] => E.match((found: readonly { readonly code: string }[]) => found.map((one) => one.code), () => ["printed"])(emitPytorch(compiled.right, { name: "program", folder: null, gradients }));
  expect(codes("autograd")).toEqual(["SQ0905"]);
  expect(codes("explicit")).toEqual(["printed"]);
});

it.each(["mean(x_{t-1000000..t}, axis=0)", "x_{t-999}"])("refuses windows of which more differ than anyone reads, at once: %s", (read) => {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-refusals-"));
  try {
    right(writeData(path.join(place, "data.npz"), [...arraysOf({ rows: 2, steps: 1000, timed: { x: [2], y: [2] } }).values()], NOWHERE));
    const compiled = right(compile(`@data "data.npz"\n@batch 2\n@horizon back=8\nx_t : [2]\ny_t : [2]\nx_t|${read} --[F|tanh]-> h_t => y_t\n`, path.join(place, "p.seq")));
    const emitted = emitPytorch(compiled, { name: "p", folder: place });
    expect(E.isLeft(emitted) ? emitted.left.map((one) => one.code) : ["printed"]).toEqual(["SQ0907"]);
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
});
