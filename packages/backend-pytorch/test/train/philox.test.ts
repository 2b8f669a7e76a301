import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as E from "fp-ts/lib/Either.js";
import fc from "fast-check";
import {
  allocate, drawRows, EMPTY, fansOf, fillNormal, fillUniform, initialise, INITIALISERS, permutation, philoxWords, plainSplit,
  stratifiedSplit, streamKey,
} from "@sequent/ir";
import type { Attrs, Param, Program } from "@sequent/ir";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPython } from "../../src/harness/python.js";
import { drawsOfInitial, printableInitialisers, printInitial } from "../../src/train/initial.js";
import { drawsIn, printPhilox } from "../../src/train/philox.js";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sequent-philox-"));
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const METHODS = ["at", "uniform", "normal", "dropout_mask", "dropout"].map((name) => `Noise.${name}`);
const param = (name: string, shape: readonly number[], init: string, attrs: Attrs, fanOf: number | null): Param => ({
  name, role: "weight", of: null, init: { name: init, attrs, fanOf }, renewedBy: null,
  type: { shape, dtype: "float", classes: null }, span: { file: "", from: 0, to: 0 },
});
/** Each initialiser on several shapes, with and without attributes. */
const WEIGHTS: readonly Param[] = [
  param("M_1.weight", [5, 7], "uniform_fan_in", {}, null), param("M_1.bias", [5], "uniform_fan_in", {}, 0),
  param("U.weight", [4, 3], "uniform", {}, null), param("V.weight", [4, 3], "uniform", { a: -0.5, b: 1e-3 }, null),
  param("N.weight", [3, 3], "normal", {}, null), param("N_2.weight", [2, 3, 3], "normal", { mean: 0.25, std: 0.02 }, null),
  param("O.weight", [6, 4], "orthogonal", {}, null), param("O_2.weight", [4, 6], "orthogonal", { gain: 1.41 }, null),
  param("O_3.weight", [8, 2, 3, 3], "orthogonal", {}, null), param("X.weight", [6, 4], "xavier_uniform", { gain: 2 }, null),
  param("Y.weight", [6, 4, 3, 3], "xavier_normal", {}, null), param("K.weight", [6, 4], "kaiming_uniform", { a: 0.2, mode: "fan_out" }, null),
  param("L.weight", [6, 4, 3], "kaiming_normal", {}, null), param("Z.weight", [3], "zeros", {}, null),
  param("I.weight", [3], "ones", {}, null), param("C.weight", [3], "constant", { c: -2.5 }, null),
  param("R.bias", [7], "chrono", { steps: 50, sign: -1 }, null),
];
const program: Program = { ...EMPTY, params: WEIGHTS };
const SEEDS = [0, 7, 4294967295];

const DRIVER = String.raw`
import json, sys
import torch
from torch import nn
import initial, philox
cases = json.load(open(sys.argv[1]))
out = {}
out["words"] = [philox.philox(c["seed"], c["stream"], c["count"], c["sample"], c["update"])[0].tolist() for c in cases["words"]]
out["normals"] = [philox.normals(c["seed"], c["stream"], c["count"], c["sample"], c["update"])[0].tolist() for c in cases["words"]]
out["orders"] = [philox.permutation(seed, epoch, n).tolist() for seed, epoch, n in cases["orders"]]
out["splits"] = [[part.tolist() for part in philox.split(seed, test, torch.tensor(labels))] for seed, test, labels in cases["splits"]]
class Part(nn.Module):
    pass
def build(dtype):
    model = nn.Module()
    for name, shape in cases["params"]:
        owner, leaf = name.split(".")
        if not hasattr(model, owner):
            model.add_module(owner, Part())
        getattr(model, owner).register_parameter(leaf, nn.Parameter(torch.empty(shape, dtype=dtype)))
    return model
for dtype in ("float64", "float32"):
    out[dtype] = []
    for seed in cases["seeds"]:
        model = build(getattr(torch, dtype))
        initial.initialize(model, seed)
        out[dtype].append({k: v.double().flatten().tolist() for k, v in model.state_dict().items()})
    torch.set_default_dtype(getattr(torch, dtype))
    noise = philox.Noise(3, 5, torch.tensor([4, 0, 9]))
    out["noise " + dtype] = {
        "uniform": noise.uniform("s", 2, 3), "normal": noise.normal("s", 5), "scalar": noise.normal("s"),
        "mask": noise.dropout_mask("s", 0.3, 40),
        "all": noise.dropout_mask("s", 1.0, 4), "dropout": noise.dropout(torch.ones(3, 8), "s", 0.25), "off": noise.dropout(torch.ones(3, 8), "s", 0.25, False),
        "compiled": torch.compile(lambda n: n.normal("s", 5), backend="eager")(noise),
    }
    out["noise " + dtype] = {k: v.double().flatten().tolist() for k, v in out["noise " + dtype].items()}
json.dump(out, sys.stdout)
`;

/** By Inductor: streams of several widths in one graph. */
const COMPILED = String.raw`
import json, sys
import torch
import philox
def draws(rows, update):
    noise = philox.Noise(7, update, rows)
    return philox.philox(7, "a", 8, rows, update), philox.philox(7, "b", 64, rows, update), noise.at(torch.arange(3)).dropout_mask("c", 0.3, 33)
given = torch.tensor([0, 4, 900, 7, 5, 3]), torch.tensor(4000000000)
json.dump([(a != b).sum().item() for a, b in zip(torch.compile(draws)(*given), draws(*given), strict=True)], sys.stdout)
`;

interface Output {
  readonly words: number[][];
  readonly normals: number[][];
  readonly orders: number[][];
  readonly splits: [number[], number[]][];
  readonly float64: Record<string, number[]>[];
  readonly float32: Record<string, number[]>[];
  readonly "noise float64": Record<string, number[]>;
  readonly "noise float32": Record<string, number[]>;
}

const u32 = fc.nat(0xffffffff);
const draws = fc.sample(
  fc.record({ seed: u32, stream: fc.string({ unit: "grapheme", maxLength: 12 }), count: fc.integer({ min: 1, max: 9 }), sample: u32, update: u32 }),
  { numRuns: 200, seed: 1 },
);
const orders: readonly (readonly [number, number, number])[] = [[0, 0, 1], [1, 3, 100], [9, 2, 1797]];
const labels = Array.from({ length: 203 }, (_, i) => (i * i) % 7);
const splits: readonly (readonly [number, number, readonly number[]])[] = [
  [0, 0.2, labels], [5, 0.5, labels], [3, 0, labels], [4, 0.31, labels.map(() => 0)],
];
let python: Output;

beforeAll(() => {
  const philox = printPhilox(["philox", "permutation", "split", ...METHODS, ...drawsOfInitial(program)]);
  const initial = printInitial(program);
  fs.writeFileSync(path.join(folder, "philox.py"), philox ?? "");
  fs.writeFileSync(path.join(folder, "initial.py"), initial ?? "");
  fs.writeFileSync(path.join(folder, "driver.py"), DRIVER);
  const cases = { words: draws, orders, splits, seeds: SEEDS, params: WEIGHTS.map((weight) => [weight.name, weight.type?.shape ?? []]) };
  fs.writeFileSync(path.join(folder, "cases.json"), JSON.stringify(cases));
  const run = execFileSync(findPython(), ["driver.py", "cases.json"], { cwd: folder, encoding: "utf8" });
  python = JSON.parse(run) as Output;
});

const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-300, Math.abs(b));

describe("philox.py", () => {
  it("gives the words of random keys and counters", () => {
    draws.forEach(({ seed, stream, count, sample, update }, k) => {
      expect(python.words[k]).toEqual([...philoxWords(streamKey(seed, stream), { sample, update, t: 0 }, count)]);
    });
  });
  it("gives the same words compiled", () => {
    const run = spawnSync(findPython(), ["-c", COMPILED], { cwd: folder, encoding: "utf8" });
    expect(run.status, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual([0, 0, 0]);
  }, 300_000);
  it("gives normal numbers to 1e-14", () => {
    draws.forEach(({ seed, stream, count, sample, update }, k) => {
      const ours = new Float64Array(count);
      fillNormal(streamKey(seed, stream), { sample, update, t: 0 }, ours);
      ours.forEach((z, i) => {
        expect(relative(python.normals[k]?.[i] ?? NaN, z)).toBeLessThan(1e-14);
      });
    });
  });
  it("gives the orders of epochs and splits", () => {
    expect(python.orders).toEqual(orders.map(([seed, epoch, n]) => [...permutation(seed, epoch, n)]));
    splits.forEach(([seed, test, classes], k) => {
      const { train, test: held } = stratifiedSplit(seed, test, classes);
      expect(python.splits[k]).toEqual([[...train], [...held]]);
    });
    expect(python.splits[3]?.[1]).toEqual([...plainSplit(4, 0.31, labels.length).test]);
  });
  it.each(["f64", "f32"] as const)("draws for each row by its sample in %s", (precision) => {
    const got = python[precision === "f64" ? "noise float64" : "noise float32"];
    const key = streamKey(3, "s");
    const rows = (fill: Parameters<typeof drawRows>[0], size: number): number[] => [...drawRows(fill, key, [4, 0, 9], 5, 0, size, precision)];
    const close = (a: number[] | undefined, b: number[]): void => {
      expect(a?.length).toBe(b.length);
      b.forEach((z, i) => {
        expect(relative(a?.[i] ?? NaN, z)).toBeLessThan(precision === "f64" ? 1e-14 : 1e-7);
      });
    };
    expect(got["uniform"]).toEqual(rows(fillUniform, 6));
    close(got["normal"], rows(fillNormal, 5));
    close(got["compiled"], rows(fillNormal, 5));
    close(got["scalar"], rows(fillNormal, 1));
    const kept = allocate(precision, 1);
    kept[0] = 1 / (1 - 0.3);
    expect(got["mask"]).toEqual(rows(fillUniform, 40).map((u) => (u < 1 - 0.3 ? (kept[0] ?? 0) : 0)));
    expect(got["all"]).toEqual(new Array<number>(12).fill(0));
    const third = allocate(precision, 1);
    third[0] = 1 / 0.75;
    expect(got["dropout"]).toEqual(rows(fillUniform, 8).map((u) => (u < 0.75 ? (third[0] ?? 0) : 0)));
    expect(got["off"]).toEqual(new Array<number>(24).fill(1));
  });
  it("has only what is used, and names no part that it lacks", () => {
    expect(printPhilox([])).toBeNull();
    const text = printPhilox(drawsIn("x = noise.dropout(x, \"s\", 0.5)"));
    expect(text).toContain("def dropout_mask");
    expect(text).not.toContain("def normal");
    const body = /def philox\([\s\S]*?\n\n\n/.exec(`${text ?? ""}\n\n\n`)?.[0].trimEnd() ?? "";
    expect(body.split("\n").length).toBeLessThanOrEqual(40);
  });
});

describe("initial.py", () => {
  const exact = ["uniform_fan_in", "uniform", "xavier_uniform", "kaiming_uniform", "zeros", "ones", "constant"];
  it("knows every initialiser", () => {
    for (const { name } of INITIALISERS) expect(printableInitialisers.has(name), name).toBe(true);
    expect(new Set(WEIGHTS.map((weight) => weight.init.name))).toEqual(new Set(INITIALISERS.map(({ name }) => name)));
  });
  it.each(["f64", "f32"] as const)("gives our initial values in %s", (precision) => {
    SEEDS.forEach((seed, k) => {
      for (const weight of WEIGHTS) {
        const shape = (weight.type?.shape ?? []).map(Number);
        const owner = weight.init.fanOf === null ? weight : (WEIGHTS[weight.init.fanOf] ?? weight);
        const fanShape = (owner.type?.shape ?? []).map(Number);
        const init = INITIALISERS.find(({ name }) => name === weight.init.name);
        if (init === undefined) throw new Error("no initialiser");
        const ours = initialise(init, weight.init.attrs, seed, weight.name, shape, fanShape, precision);
        if (E.isLeft(ours)) throw new Error(ours.left);
        const theirs = python[precision === "f64" ? "float64" : "float32"][k]?.[weight.name] ?? [];
        expect(theirs.length).toBe(ours.right.length);
        if (exact.includes(init.name)) expect(theirs, weight.name).toEqual([...ours.right]);
        else ours.right.forEach((value, i) => {
          expect(Math.abs((theirs[i] ?? NaN) - value), weight.name).toBeLessThan(precision === "f64" ? 1e-14 : 1e-6);
        });
      }
    });
  });
  it("has fans that follow the weight", () => {
    expect(fansOf([5, 7])).toEqual({ fanIn: 7, fanOut: 5 });
    expect(printInitial(program)).toContain('uniform_fan_in(state, seed, "M_1.bias", 7)');
    expect(printInitial(EMPTY)).toBeNull();
  });
});
