/** The data of a program: which files, bound to its inputs, and split. */
import { attempt, bind, cutText, describeArray, Fault, lengthWithoutText, readData, shortText, splitSamples, withOneVocabulary } from "@sequent/data";
import type { BoundData, BoundInput, DataArray, DataSet } from "@sequent/data";
import type { DataTypes, Input } from "@sequent/infer";
import { diagnose } from "@sequent/ir";
import type { Diagnostics, Precision, Span, Split, Values } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import path from "node:path";
import { differentParts } from "./diagnostics.js";
import type { DataSetting } from "./settings.js";

/** The arrays of a program's file, and of its test file if it has one. */
export interface Loaded {
  readonly train: DataSet;
  readonly test: DataSet | null;
  readonly setting: DataSetting;
}

export interface Parts {
  readonly data: BoundData;
  readonly split: Split;
}

/** Reads the files; those that a program names are relative to the program. */
export const loadData = (setting: DataSetting, folder: string): E.Either<Diagnostics, Loaded> => {
  const train = readData(path.resolve(folder, setting.path), setting.at);
  if (E.isLeft(train)) return train;
  if (typeof setting.test === "number") return E.map(([only = train.right]: readonly DataSet[]): Loaded => ({ train: only, test: null, setting }))(cutTexts([train.right], setting));
  const test = readData(path.resolve(folder, setting.test), setting.at);
  if (E.isLeft(test)) return test;
  return E.map(([first = train.right, second = test.right]: readonly DataSet[]): Loaded => ({ train: first, test: second, setting }))(cutTexts([train.right, test.right], setting));
};

/** The one text of a file, or null. */
const textOf = (data: DataSet): DataArray | null => {
  const [only] = [...data.values()];
  return data.size === 1 && only?.vocabulary !== undefined ? only : null;
};

/** Texts get one vocabulary, and are cut into sequences of the length asked for. */
const cutTexts = (files: readonly DataSet[], { length, lengthAt, at }: DataSetting): E.Either<Diagnostics, readonly DataSet[]> =>
  attempt(at, () => {
    const texts = files.flatMap((data) => textOf(data) ?? []);
    if (texts.length < files.length) {
      const edits = lengthAt === null ? [] : [{ at: { ...lengthAt, from: lengthAt.from - 1 }, text: "" }];
      const fixes = edits.length === 0 ? [] : [{ title: "leave `length=` out", edits, unsafe: false }];
      if (length !== null) throw new Fault(lengthWithoutText, `length=${String(length)}, and the data are no text`, fixes);
      return files;
    }
    const shared = texts.length > 1 ? withOneVocabulary(texts) : texts;
    const shortest = Math.min(...shared.map((text) => text.data.length));
    if (length !== null && length > shortest) {
      const fixes = lengthAt === null ? [] : [{ title: `write \`length=${String(shortest)}\``, edits: [{ at: lengthAt, text: `length=${String(shortest)}` }], unsafe: false }];
      const short = shared.find((text) => text.data.length === shortest);
      throw new Fault(shortText, `the text "${short?.name ?? ""}" has ${String(shortest)} characters, and a sequence ${String(length)}`, fixes);
    }
    return shared.map((text) => new Map([[text.name, length === null ? text : cutText(text, length)]]));
  });

/**
 * What inference may take from the arrays. Whole numbers may stand for floats, so classes come from a vocabulary alone; with `classes`
 * also from an array of one whole number a sample.
 */
export const typesOfData = (arrays: DataSet, others: DataSet | null, classes: boolean): DataTypes =>
  new Map([...arrays].map(([name, array]) => {
    const own = describeArray(array);
    const other = others?.get(name);
    const most = Math.max(own.classes ?? 0, other === undefined ? 0 : (describeArray(other).classes ?? 0));
    const counts = array.vocabulary !== undefined || (classes && array.shape.length === 1);
    return [name, { shape: array.shape, dtype: own.dtype, classes: counts && own.classes !== null ? most : null }];
  }));

const joined = (a: Values, b: Values): Values => {
  const length = a.length + b.length;
  const both = a instanceof Int32Array ? new Int32Array(length) : a instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

const append = (first: BoundData, second: BoundData, at: Span): E.Either<Diagnostics, BoundData> => {
  const inputs: BoundInput[] = [];
  for (const [k, input] of first.inputs.entries()) {
    const other = second.inputs[k];
    if (other === undefined) continue;
    if (input.shape.join() !== other.shape.join()) {
      const message = `"${input.name}" is [${input.shape.join(", ")}] a sample, and in the test file [${other.shape.join(", ")}]`;
      return E.left([diagnose(differentParts, message, [{ at, text: "these files" }])]);
    }
    inputs.push({ ...input, data: joined(input.data, other.data) });
  }
  const last = first.last === null || second.last === null ? null : Int32Array.from([...first.last, ...second.last]);
  return E.right({ samples: first.samples + second.samples, inputs, last, ragged: first.ragged || second.ragged });
};

const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, k) => from + k);

/** Binds the arrays to the inputs and splits them; the samples of a test file follow those of the first. */
export const partsOf = (loaded: Loaded, inputs: readonly Input[], precision: Precision, seed: number): E.Either<Diagnostics, Parts> => {
  const { setting } = loaded;
  const first = bind(loaded.train, inputs, setting.at, { precision });
  if (E.isLeft(first)) return first;
  if (typeof setting.test === "number") {
    const split = splitSamples(first.right, setting.test, setting.seed ?? seed, setting.at);
    return E.map((parts: Split): Parts => ({ data: first.right, split: parts }))(split);
  }
  const second = bind(loaded.test ?? new Map<string, DataArray>(), inputs, setting.at, { precision });
  if (E.isLeft(second)) return second;
  const both = append(first.right, second.right, setting.at);
  const split: Split = { train: range(0, first.right.samples), test: range(first.right.samples, first.right.samples + second.right.samples) };
  return E.map((data: BoundData): Parts => ({ data, split }))(both);
};

