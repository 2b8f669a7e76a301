import * as E from "fp-ts/lib/Either.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOWHERE } from "@sequent/ir";
import type { Values } from "@sequent/ir";
import {
  bind,
  chooseBatch,
  dataArray,
  describeArray,
  epochOrder,
  gather,
  splitSamples,
  wholeBatch,
} from "../src/index.js";
import type { DataSet, InputSignature } from "../src/index.js";
import { describeLeft, right } from "./helpers.js";

const set = (arrays: Readonly<Record<string, readonly [readonly number[], Values]>>): DataSet =>
  new Map(Object.entries(arrays).map(([name, [shape, data]]) => [name, dataArray(name, shape, data)]));
const input = (name: string, more: Partial<InputSignature> = {}): InputSignature => ({
  name,
  shape: [],
  dtype: "float",
  classes: null,
  timed: false,
  ...more,
});
const X = input("X", { shape: [2] });
const y = input("y", { dtype: "int", classes: 3 });
const f64 = { precision: "f64" } as const;
const good = set({ X: [[4, 2], Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7)], y: [[4], Int32Array.of(0, 1, 2, 0)] });
const refused = (data: DataSet, signature: readonly InputSignature[]): string =>
  describeLeft(bind(data, signature, NOWHERE, f64));

describe("binding", () => {
  it("gives batches in the precision of the run, with sample numbers", () => {
    const bound = right(bind(good, [X, y], NOWHERE, { precision: "f64" }));
    const batch = gather(bound, Int32Array.of(3, 1));
    expect(batch.tensors.get("X")).toEqual({ shape: [2], rows: 2, batched: true, data: Float64Array.of(6, 7, 2, 3) });
    expect(batch.tensors.get("y")).toEqual({ shape: [], rows: 2, batched: true, data: Int32Array.of(0, 1) });
    expect([...batch.samples]).toEqual([3, 1]);
    expect(wholeBatch(bound).rows).toBe(4);
  });
  it("takes whole numbers for floats, and copies wide rows as well as narrow ones", () => {
    const wide = set({ X: [[3, 20], Int32Array.from({ length: 60 }, (_, i) => i)] });
    const bound = right(bind(wide, [input("X", { shape: [20] })], NOWHERE, { precision: "f32" }));
    const tensor = gather(bound, Int32Array.of(2, 0)).tensors.get("X");
    expect(tensor?.data).toEqual(
      Float32Array.from([...Array.from({ length: 20 }, (_, i) => 40 + i), ...Array.from({ length: 20 }, (_, i) => i)]),
    );
  });
  it.each([
    [
      "a missing array",
      set({ x: [[1, 2], new Float64Array(2)] }),
      [X],
      'SQ0520 no data for the input "X"; did you mean "x"?',
    ],
    [
      "a far name",
      set({ weights: [[1, 2], new Float64Array(2)] }),
      [X],
      'SQ0520 no data for the input "X"; the data hold "weights"',
    ],
    ["no array at all", set({}), [X], 'SQ0520 no data for the input "X"; the data hold no array'],
    [
      "a shape",
      set({ X: [[4, 3], new Float64Array(12)] }),
      [X],
      'SQ0522 data "X" have the shape [4, 3], and the input wants [samples, 2]',
    ],
    [
      "a missing axis",
      set({ X: [[], new Float64Array(1)] }),
      [input("X")],
      'SQ0522 data "X" have the shape [], and the input wants [samples]',
    ],
    [
      "counts",
      set({ X: [[2, 2], new Float64Array(4)], y: [[3], new Int32Array(3)] }),
      [X, y],
      'SQ0521 "X" has 2 samples and "y" 3',
    ],
    [
      "floats for classes",
      set({ y: [[1], Float64Array.of(1)] }),
      [y],
      'SQ0523 data "y" are floats, and the input is class[3]',
    ],
    ["a large class", set({ y: [[2], Int32Array.of(0, 3)] }), [y], 'SQ0524 y[1] is 3, and "y" is class[3], 0..2'],
    ["a negative class", set({ y: [[1], Int32Array.of(-1)] }), [y], 'SQ0524 y[0] is -1, and "y" is class[3], 0..2'],
    [
      "NaN",
      set({ X: [[2, 2], Float64Array.of(0, 1, 2, NaN)] }),
      [X],
      'SQ0525 data "X" are not finite: sample 1, element [1] is NaN',
    ],
    ["no samples", set({ X: [[0, 2], new Float64Array(0)] }), [X], "SQ0527 the data hold no sample"],
    ["no inputs", set({}), [], "SQ0527 the program has no input that the data could bind to"],
  ] as const)("refuses %s", (_, data, signature, message) => {
    expect(refused(data, signature)).toBe(message);
  });
  it("refuses what f32 can't hold, and takes NaN where eval allows it", () => {
    const large = set({ X: [[1, 2], Float64Array.of(0, 1e300)] });
    expect(describeLeft(bind(large, [X], NOWHERE, { precision: "f32" }))).toMatch(
      /SQ0525 .* is 1e\+300, too large for f32/,
    );
    const nan = set({ X: [[1, 2], Float64Array.of(NaN, Infinity)] });
    expect(E.isRight(bind(nan, [X], NOWHERE, { ...f64, allowNonFinite: true }))).toBe(true);
  });
  it("reports every input that does not fit, and offers the near name where the input stands", () => {
    const at = { file: "main.seq", from: 10, to: 16 };
    const result = bind(set({ labels: [[1], Int32Array.of(0)] }), [X, input("lables", { places: [at] })], NOWHERE, f64);
    expect(E.isLeft(result) ? result.left.map((d) => [d.code, ...d.fixes.flatMap((fix) => fix.edits)]) : []).toEqual([
      ["SQ0520"],
      ["SQ0520", { at, text: "labels" }],
    ]);
  });
  it("takes ragged sequences; padding may be anything and becomes zero", () => {
    const timed = input("x", { timed: true, length: "x_length" });
    const values = Float64Array.of(1, NaN, NaN, 4, 5, NaN);
    const ragged = set({ x: [[2, 3], values], x_length: [[2], Int32Array.of(1, 2)] });
    const batch = wholeBatch(right(bind(ragged, [timed], NOWHERE, f64)));
    expect(batch.tensors.get("x")).toEqual({
      shape: [3],
      rows: 2,
      batched: true,
      data: Float64Array.of(1, 0, 0, 4, 5, 0),
    });
    expect(batch.last).toEqual(Int32Array.of(1, 2));
    expect(refused(set({ x: [[2, 3], values] }), [timed])).toBe(
      'SQ0525 data "x" are not finite: sample 0, element [1] is NaN',
    );
    const long = set({ x: [[2, 3], values], x_length: [[2], Int32Array.of(1, 4)] });
    expect(refused(long, [timed])).toBe('SQ0526 x_length[1] is 4, and "x" has 3 steps');
    // Only a conversion that loses nothing is advised.
    const lengths = (...values: number[]) => set({ x: [[2, 3], Float64Array.of(1, 2, 3, 4, 5, 6)], x_length: [[2], Float64Array.from(values)] });
    expect(refused(lengths(1, 2), [timed])).toBe('SQ0526 lengths "x_length" are floats, all of them whole: store them as integers (`x_length.astype(numpy.int64)`)');
    const booleans: DataSet = new Map([...lengths(1, 1)].map(([name, array]) => [name, name === "x" ? array : { ...array, data: Int32Array.of(1, 1), isBoolean: true }]));
    expect(refused(booleans, [timed])).toBe('SQ0523 lengths "x_length" are booleans, and a length is a whole number of steps');
    expect(refused(lengths(1, 2.5), [timed])).toBe('SQ0526 lengths "x_length" are floats: x_length[1] is 2.5, and a length is a whole number of steps');
    expect(refused(lengths(NaN, 2), [timed])).toBe('SQ0526 lengths "x_length" are floats: x_length[0] is NaN, and a length is a whole number of steps');
  });
  it("knows each sequence's last step, and refuses data that disagree on it", () => {
    const [x, z] = [input("x", { timed: true, length: "x_length" }), input("z", { timed: true, length: "z_length" })];
    const c = input("c", { timed: true, dtype: "int", classes: 3, length: "c_length" });
    const three = Float64Array.of(1, 2, 3, 4, 5, 6);
    const from = (data: DataSet, name: string, first: number): DataSet =>
      new Map([...data].map(([key, array]) => [key, key === name ? { ...array, from: first } : array]));
    const both = set({ x: [[2, 3], three], z: [[2, 2], three.slice(0, 4)] });
    expect(refused(both, [x, z])).toBe('SQ0528 sample 0 ends with step 3 by "x", and with step 2 by "z"');
    // z begins a step later, and so ends with x.
    expect(right(bind(from(both, "z", 2), [x, z], NOWHERE, f64)).last).toEqual(Int32Array.of(3, 3));
    const one = set({ x: [[2, 3], three], z: [[2, 3], three], x_length: [[2], Int32Array.of(3, 1)] });
    expect(right(bind(one, [x, z], NOWHERE, f64)).last).toEqual(Int32Array.of(3, 1));
    const two = set({ x: [[2, 3], three], z: [[2, 3], three], x_length: [[2], Int32Array.of(3, 1)], z_length: [[2], Int32Array.of(3, 2)] });
    expect(refused(two, [x, z])).toBe('SQ0528 sample 1 ends with step 1 by "x_length", and with step 2 by "z_length"');
    const short = set({ x: [[2, 3], three], z: [[2, 2], three.slice(0, 4)], x_length: [[2], Int32Array.of(2, 3)] });
    expect(refused(short, [x, z])).toBe('SQ0526 sample 1 ends with step 3 by "x_length", and the data "z" with step 2');
    expect(refused(set({ x: [[2, 0], new Float64Array(0)] }), [x])).toBe('SQ0526 data "x" have no step');
    expect(refused(set({ x: [[2, 3], three], x_length: [[2], Int32Array.of(0, 3)] }), [x])).toBe('SQ0526 x_length[0] is 0, and "x" has 3 steps');
    expect(refused(set({ x: [[6], three] }), [x])).toBe('SQ0522 data "x" have the shape [6], and the input wants [samples, time]');
    expect(refused(from(set({ x: [[2, 3], three] }), "x", -1), [x])).toMatch(/^SQ0512 data "x" begin with step -1/);
    // Padding may be no class, and make floats of classes.
    const classes = set({ c: [[2, 2], Float64Array.of(0, 2, 1, NaN)], c_length: [[2], Int32Array.of(2, 1)] });
    expect(right(bind(classes, [c], NOWHERE, f64)).inputs[0]?.data).toEqual(Int32Array.of(0, 2, 1, 0));
    const far = set({ c: [[2, 2], Int32Array.of(0, 2, 1, 9)], c_length: [[2], Int32Array.of(2, 1)] });
    expect(right(bind(far, [c], NOWHERE, f64)).inputs[0]?.data).toEqual(Int32Array.of(0, 2, 1, 0));
  });
  it("describes undeclared arrays", () => {
    expect(describeArray(dataArray("y", [3], Int32Array.of(0, 9, 2)))).toEqual({
      shape: [],
      dtype: "int",
      classes: 10,
    });
    expect(describeArray(dataArray("z", [2], Int32Array.of(-1, 1)))).toEqual({
      shape: [],
      dtype: "int",
      classes: null,
    });
    expect(describeArray(dataArray("x", [2, 5], new Float64Array(10)))).toEqual({
      shape: [5],
      dtype: "float",
      classes: null,
    });
  });
});

describe("near names", () => {
  const near = [
    ["lables", "labels"],
    ["IMAGES", "images"],
    ["x", "X"],
    ["targets", "target"],
  ] as const;
  it.each(near)("%s: %s", (name, found) => {
    const data = set({ q: [[1], new Float64Array(1)], [found]: [[1], new Float64Array(1)] });
    expect(refused(data, [input(name)])).toBe(`SQ0520 no data for the input "${name}"; did you mean "${found}"?`);
  });
});

const labelled = (labels: readonly number[], more: readonly InputSignature[] = []) =>
  right(
    bind(
      set({ y: [[labels.length], Int32Array.from(labels)], z: [[labels.length], Int32Array.from(labels)] }),
      [y, ...more],
      NOWHERE,
      f64,
    ),
  );

describe("splitting", () => {
  it("is a partition, stratified by the one class input", () => {
    const labels = fc.array(fc.nat(2), { minLength: 12, maxLength: 200 });
    fc.assert(
      fc.property(labels, fc.double({ min: 0.1, max: 0.5, noNaN: true }), fc.nat(), (classes, test, seed) => {
        const result = splitSamples(labelled(classes), test, seed, NOWHERE);
        fc.pre(E.isRight(result));
        const parts = right(result);
        expect([...parts.train, ...parts.test].sort((a, b) => a - b)).toEqual(classes.map((_, i) => i));
        for (const c of [0, 1, 2]) {
          const all = classes.filter((k) => k === c).length;
          const kept = [...parts.test].filter((i) => classes[i] === c).length;
          expect(Math.abs(kept - test * all)).toBeLessThanOrEqual(0.5 + 1e-9);
        }
      }),
    );
  });
  it("does not choose among several class inputs", () => {
    const labels = Array.from({ length: 90 }, (_, i) => i % 3);
    const parts = right(splitSamples(labelled(labels, [{ ...y, name: "z" }]), 0.2, 1, NOWHERE));
    expect(parts.test.length).toBe(18);
    const counts = [0, 1, 2].map((c) => [...parts.test].filter((i) => labels[i] === c).length);
    expect(counts).not.toEqual([6, 6, 6]);
  });
  it("depends on the seed, and on nothing else", () => {
    const bound = labelled(Array.from({ length: 100 }, (_, i) => i % 3));
    const parts = (seed: number) => [...right(splitSamples(bound, 0.2, seed, NOWHERE)).test];
    expect(parts(0)).toEqual(parts(0));
    expect(parts(0)).not.toEqual(parts(1));
  });
  it.each([
    [1, 10],
    [-0.1, 10],
    [NaN, 10],
    [0.01, 3],
    [0.9, 1],
  ])("refuses test=%d of %d samples", (test, n) => {
    expect(describeLeft(splitSamples(labelled(Array.from({ length: n }, () => 0)), test, 0, NOWHERE))).toMatch(
      /^SQ0530/,
    );
  });
});

describe("batches", () => {
  it("default to 64 or what fits", () => {
    expect([1, 2, 3, 63, 64, 1000].map((n) => right(chooseBatch(null, n)))).toEqual([1, 2, 2, 32, 64, 64]);
    expect(right(chooseBatch({ rows: 128, at: NOWHERE }, 128))).toBe(128);
  });
  it.each([
    [100, 1000, "SQ0531", "128"],
    [80, 1000, "SQ0531", "64"],
    [100, 70, "SQ0531", "64"],
    [0, 10, "SQ0531", "8"],
    [64, 50, "SQ0532", "32"],
  ])("a batch of %d of %d: %s, fix %s", (rows, samples, code, better) => {
    const at = { file: "main.seq", from: 7, to: 10 };
    const result = chooseBatch({ rows, at }, samples);
    expect(E.isLeft(result) ? [result.left[0].code, result.left[0].fixes[0]?.edits] : []).toEqual([
      code,
      [{ at, text: better }],
    ]);
    expect(right(chooseBatch({ rows: Number(better), at }, samples))).toBe(Number(better));
  });
  it("shuffle every epoch anew and lose no sample", () => {
    const train = Int32Array.of(5, 8, 2, 11, 7, 30, 31, 32);
    const orders = [0, 1, 2].map((epoch) => [...epochOrder(7, epoch, train)]);
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual([...train].sort((a, b) => a - b));
    expect(new Set(orders.map(String)).size).toBe(3);
  });
});
