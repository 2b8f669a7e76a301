/** The emitted PyTorch of programs over time, in both forms, against the interpreter: with rows of one length and of several, in one process. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { mypy, ruffEach, runJobs } from "@sequent/backend-pytorch";
import type { DataSet } from "@sequent/data";
import { sizeOf } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile.js";
import type { Compiled } from "../../src/compile.js";
import { evaluate } from "../../src/evaluate.js";
import type { Request } from "../../src/evaluate.js";
import { prepareForPytorch } from "../../src/evaluate-pytorch.js";
import type { Prepared } from "../../src/evaluate-pytorch.js";
import { emitPytorch } from "../../src/pytorch.js";
import { isSeries, isTensor } from "../../src/shown.js";
import type { Value } from "../../src/shown.js";
import { DISGUISES, NEAR_MISSES } from "./cells.js";
import { BY_AUTOGRAD, PROGRAMS } from "./programs.js";

const STEPS = 6;
const ROWS = 3;
const LENGTHS = [6, 3, 4];

/** Numbers without a pattern, between -1 and 1. */
const noise = (count: number, seed: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => {
    const x = Math.sin((k + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });

const orThrow = <A>(result: E.Either<unknown, A>, what: string): A => {
  if (E.isLeft(result)) throw new Error(`${what}: ${JSON.stringify(result.left)}`);
  return result.right;
};

/** Inputs as data have them; what stands in padding is `filler`, and never read. */
const inputsOf = (compiled: Compiled, ragged: boolean, filler: number): DataSet => {
  const { program } = compiled;
  const found: [string, ReturnType<DataSet["get"]> & object][] = [];
  program.nodes.forEach((node, id) => {
    const type = program.types?.[id]?.[0];
    if (node.tag !== "input" || type === undefined) return;
    const shape = type.shape.map(Number), size = sizeOf(shape), steps = node.time === true ? STEPS : 1;
    const isInt = type.dtype === "int";
    const draw = noise(ROWS * steps * size, id + 1).map((x) => (isInt ? Math.floor((x + 1) / 2 * (type.classes ?? 3)) : x));
    if (node.time === true && ragged) for (let row = 0; row < ROWS; row += 1) draw.fill(isInt ? 0 : filler, (row * steps + (LENGTHS[row] ?? 0)) * size, (row + 1) * steps * size);
    const data = isInt ? Int32Array.from(draw) : draw;
    const whole = node.time === true ? [ROWS, STEPS, ...shape] : [ROWS, ...shape];
    found.push([node.name, { name: node.name, shape: whole, dtype: isInt ? "int" : "float", data }]);
    if (node.time === true && ragged) found.push([`${node.name}_length`, { name: `${node.name}_length`, shape: [ROWS], dtype: "int", data: Int32Array.from(LENGTHS) }]);
  });
  return new Map(found);
};

const NOWHERE = { file: "test", from: 0, to: 0 };
const requestOf = (compiled: Compiled, inputs: DataSet, hasStates: boolean): Request => {
  const { program } = compiled;
  const weights = program.params.filter((param) => param.role === "weight");
  const states = program.names.filter((one) => hasStates && one.adjointOf === null && !one.name.includes(".") && program.nodes[one.node]?.tag !== "input"
    && program.types?.[one.node]?.[0]?.shape.every((size) => typeof size === "number") === true);
  return {
    inputs, precision: "f64", steps: 0, mode: "train",
    params: new Map(weights.map(({ name, type }, k) => {
      const shape = (type?.shape ?? []).map(Number);
      return [name, { name, shape, dtype: "float" as const, data: noise(sizeOf(shape), 100 + k).map((x) => 0.7 * x) }];
    })),
    show: [...new Set(["loss", ...states.map((one) => one.name), ...weights.map((param) => `^${param.name}`)])],
    at: { inputs: NOWHERE, params: NOWHERE, shown: () => NOWHERE },
  };
};

/** All numbers of a value in order; what does not exist is left out. */
const numbersOf = (value: Value | undefined): readonly number[] => {
  if (value === undefined) return [];
  if (isTensor(value)) return [...value.data];
  return (isSeries(value) ? value.steps.flat() : value).flatMap((row) => (row === null ? [] : [...row.data]));
};

interface Case {
  readonly label: string;
  readonly compiled: Compiled;
  readonly request: Request;
  readonly prepared: Prepared;
}
const casesOf = (name: string, source: readonly string[], ragged: boolean, gradients: "autograd" | "explicit", hasStates = true): Case => {
  const text = `${source.join("\n")}\n`;
  const compiled = orThrow(compile(text, "program.seq"), name);
  const request = requestOf(compiled, inputsOf(compiled, ragged, ragged ? NaN : 0), hasStates);
  return { label: `${name}, ${gradients}${ragged ? ", ragged" : ""}`, compiled, request, prepared: orThrow(prepareForPytorch(compiled, request, gradients), name) };
};

const FORMS = [[false, "autograd"], [true, "autograd"], [false, "explicit"], [true, "explicit"]] as const;
const CASES = Object.entries(PROGRAMS).flatMap(([name, source]) => FORMS.map(([ragged, gradients]) => casesOf(name, source, ragged, gradients)));
const VALUES = Object.entries(BY_AUTOGRAD).flatMap(([name, source]) => [false, true].map((ragged) => casesOf(name, source, ragged, "autograd")));
// What is shown is computed step by step; here nothing is, so that kernels and hoisted products are seen.
const FAST = [...Object.entries(DISGUISES).map(([name, [, source]]) => [name, source] as const), ...Object.entries({ ...NEAR_MISSES, ...PROGRAMS })].flatMap(([name, source]) =>
  [false, true].map((ragged) => casesOf(`${name}, nothing shown`, source, ragged, "autograd", false)));

describe("PyTorch over time is the interpreter", async () => {
  const all = [...CASES, ...VALUES, ...FAST];
  const results = orThrow(await runJobs(all.map((one) => one.prepared.job)), "running");
  all.forEach(({ label, compiled, request, prepared }, k) => {
    it(label, () => {
      const found = orThrow(prepared.read(results[k]), label);
      const expected = orThrow(evaluate(compiled, request), label);
      for (const name of request.show) {
        const [ours, theirs] = [numbersOf(expected.get(name)), numbersOf(found.get(name))];
        expect(theirs.length, name).toBe(ours.length);
        theirs.forEach((x, i) => { expect(Math.abs(x - (ours[i] ?? NaN)) / Math.max(1, Math.abs(x)), `${name}[${String(i)}]`).toBeLessThan(1e-9); });
      }
    });
  });
});

describe("the text", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-time-"));
  it("is as ruff writes it, and mypy finds nothing", () => {
    const texts = [...CASES, ...FAST];
    texts.forEach(({ prepared }, k) => {
      const place = path.join(folder, `p${String(k)}`);
      fs.mkdirSync(place);
      for (const [file, text] of prepared.job.files) fs.writeFileSync(path.join(place, file), text);
    });
    const ruff = ruffEach(texts.map((_, k) => path.join(folder, `p${String(k)}`)));
    texts.forEach(({ label }, k) => {
      expect(ruff(path.join(folder, `p${String(k)}`)), label).toBe("");
    });
    // One program has all that others have.
    for (const k of [0, 3, CASES.length]) expect(mypy(path.join(folder, `p${String(k)}`), "model.py")).toBe("");
  }, 300_000);
  it("is the same for sixteen steps and four thousand", () => {
    const [first] = Object.values(PROGRAMS);
    const texts = [16, 4096].map((steps) => {
      const text = `${(first ?? []).join("\n")}\n`;
      const arrays: DataSet = new Map(["x", "y"].map((name, k) => [name, { name, shape: [2, steps, 3 - k], dtype: "float" as const, data: new Float64Array(2 * steps * (3 - k)) }]));
      return orThrow(emitPytorch(orThrow(compile(text, "p.seq", { arrays }), "p"), { name: "p", folder: null }), "p").files.get("model.py");
    });
    expect(texts[0]).toBe(texts[1]);
  });
});
