import * as E from "fp-ts/lib/Either.js";
import { allocate, nearest } from "@sequent/ir";
import type { Diagnostic, Diagnostics, Fix, Precision, Span, Values } from "@sequent/ir";
import {
  badLength,
  classOutOfRange,
  differentCounts,
  missingArray,
  noSamples,
  notFinite,
  shapeMismatch,
  wrongDtype,
} from "./diagnostics.js";
import { Fault, attempt } from "./fault.js";
import { printIndex, printShape, quote } from "./array.js";
import type { DataArray, DataSet } from "./array.js";

/** An input of a program: what its signature says of one name. `shape` is without batch and time. */
export interface InputSignature {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float" | "int";
  /** n for `class[n]`. */
  readonly classes: number | null;
  /** The name occurs with `t`, so that its array has a time axis behind the samples. */
  readonly timed: boolean;
  /** The array that holds the lengths of ragged sequences (`x_length`), used if the data have it. */
  readonly length?: string;
  /** Where the name stands in the program, without its context; a fix renames it there. */
  readonly places?: readonly Span[];
}

/** An array that fits its input. `shape` is of one sample, time first if `timed`. */
export interface BoundInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Values;
  readonly classes: number | null;
  readonly timed: boolean;
  /** Valid steps of each sample; null if all have the whole time axis. */
  readonly lengths: Int32Array | null;
}

export interface BoundData {
  readonly samples: number;
  readonly inputs: readonly BoundInput[];
}

export interface BindOptions {
  readonly precision: Precision;
  /** `eval` takes NaN and infinities as they come; training does not. */
  readonly allowNonFinite?: boolean;
}

/** One-letter names are all one edit apart, so that only their case may differ. */
const meant = (name: string, known: readonly string[]): string | null =>
  known.find((other) => other.toLowerCase() === name.toLowerCase()) ?? (name.length > 1 ? nearest(name, known) : null);

const find = (data: DataSet, input: InputSignature): DataArray => {
  const array = data.get(input.name);
  if (array !== undefined) return array;
  const near = meant(input.name, [...data.keys()]);
  const names = [...data.keys()].slice(0, 12).map(quote).join(", ");
  const hint =
    near !== null
      ? `did you mean ${quote(near)}?`
      : data.size === 0
        ? "the data hold no array"
        : `the data hold ${names}`;
  const places = input.places ?? [];
  const fixes: readonly Fix[] =
    near === null || places.length === 0 || !/^[A-Za-z][A-Za-z0-9]*$/.test(near)
      ? []
      : [{ title: `rename ${input.name} to ${near}`, edits: places.map((at) => ({ at, text: near })), unsafe: false }];
  throw new Fault(missingArray, `no data for the input ${quote(input.name)}; ${hint}`, fixes);
};

const checkShape = (array: DataArray, input: InputSignature): void => {
  const leading = input.timed ? 2 : 1;
  const own = array.shape.slice(leading);
  if (
    array.shape.length >= leading &&
    own.length === input.shape.length &&
    own.every((dim, i) => dim === input.shape[i])
  )
    return;
  const axes = input.timed ? "samples, time" : "samples";
  const wanted = `[${[axes, ...input.shape].join(", ")}]`;
  throw new Fault(
    shapeMismatch,
    `data ${quote(array.name)} have the shape ${printShape(array.shape)}, and the input wants ${wanted}`,
  );
};

const checkClasses = (array: DataArray, classes: number): void => {
  const { data } = array;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    if (value >= 0 && value < classes) continue;
    const place = `${array.name}${printIndex(array.shape, i)}`;
    throw new Fault(
      classOutOfRange,
      `${place} is ${String(value)}, and ${quote(array.name)} is class[${String(classes)}], 0..${String(classes - 1)}`,
    );
  }
};

/**
 * Values behind a sample's length are padding and may be anything; they become 0, so that no NaN is ever near a sum.
 */
const checkFinite = (array: DataArray, values: Values, lengths: Int32Array | null, clear: boolean): void => {
  const [samples = 0, time = 1] = array.shape;
  const perSample = samples === 0 ? 0 : values.length / samples;
  const perStep = time === 0 ? 0 : perSample / time;
  for (let sample = 0; sample < samples; sample++) {
    const valid = lengths === null ? perSample : (lengths[sample] ?? 0) * perStep;
    const start = sample * perSample;
    for (let i = start; i < start + valid; i++) {
      const value = values[i] ?? 0;
      if (Number.isFinite(value)) continue;
      const original = array.data[i] ?? 0;
      const what = Number.isFinite(original) ? `${String(original)}, too large for f32` : String(original);
      const element = printIndex(array.shape.slice(1), i - start);
      throw new Fault(
        notFinite,
        `data ${quote(array.name)} are not finite: sample ${String(sample)}${element === "" ? "" : `, element ${element}`} is ${what}`,
      );
    }
    if (clear && valid < perSample) values.fill(0, start + valid, start + perSample);
  }
};

const readLengths = (data: DataSet, input: InputSignature, array: DataArray): Int32Array | null => {
  const lengths = input.timed && input.length !== undefined ? data.get(input.length) : undefined;
  if (lengths === undefined) return null;
  const [samples = 0, time = 0] = array.shape;
  if (!(lengths.data instanceof Int32Array))
    throw new Fault(wrongDtype, `data ${quote(lengths.name)} are floats, and lengths are integers`);
  if (lengths.shape.length !== 1)
    throw new Fault(
      shapeMismatch,
      `lengths ${quote(lengths.name)} have the shape ${printShape(lengths.shape)}, not [samples]`,
    );
  if (lengths.data.length !== samples) {
    throw new Fault(
      differentCounts,
      `${quote(lengths.name)} has ${String(lengths.data.length)} samples and ${quote(array.name)} ${String(samples)}`,
    );
  }
  const bad = lengths.data.findIndex((length) => length < 1 || length > time);
  if (bad >= 0) {
    throw new Fault(
      badLength,
      `${lengths.name}[${String(bad)}] is ${String(lengths.data[bad])}, and ${quote(array.name)} has ${String(time)} steps`,
    );
  }
  return lengths.data;
};

const bindInput = (data: DataSet, input: InputSignature, options: BindOptions): BoundInput => {
  const array = find(data, input);
  checkShape(array, input);
  const lengths = readLengths(data, input, array);
  const shared = { name: input.name, shape: array.shape.slice(1), classes: input.classes, timed: input.timed, lengths };
  if (input.dtype === "int") {
    const wanted = input.classes === null ? "integers" : `class[${String(input.classes)}]`;
    if (!(array.data instanceof Int32Array))
      throw new Fault(wrongDtype, `data ${quote(array.name)} are floats, and the input is ${wanted}`);
    if (input.classes !== null) checkClasses(array, input.classes);
    return { ...shared, data: array.data };
  }
  const values = allocate(options.precision, array.data.length);
  values.set(array.data);
  if (options.allowNonFinite !== true) checkFinite(array, values, lengths, true);
  return { ...shared, data: values };
};

/**
 * Binds arrays to a program's inputs by name, floats in the precision of the run; arrays that no input names are left
 * alone. Left: SQ0520…SQ0527, one for each input that does not fit, at `at` (the `@data` directive).
 */
export const bind = (
  data: DataSet,
  signature: readonly InputSignature[],
  at: Span,
  options: BindOptions,
): E.Either<Diagnostics, BoundData> => {
  const bound: BoundInput[] = [];
  const problems: Diagnostic[] = [];
  for (const input of signature) {
    const result = attempt(at, () => bindInput(data, input, options));
    if (E.isLeft(result)) problems.push(...result.left);
    else bound.push(result.right);
  }
  const [first, ...rest] = problems;
  if (first !== undefined) return E.left([first, ...rest]);
  return attempt(at, () => {
    const counted = signature.map((input) => ({ name: input.name, samples: data.get(input.name)?.shape[0] ?? 0 }));
    const [leading] = counted;
    if (leading === undefined) throw new Fault(noSamples, "the program has no input that the data could bind to");
    const other = counted.find(({ samples }) => samples !== leading.samples);
    if (other !== undefined) {
      const { name, samples } = leading;
      throw new Fault(
        differentCounts,
        `${quote(name)} has ${String(samples)} samples and ${quote(other.name)} ${String(other.samples)}`,
      );
    }
    if (leading.samples === 0) throw new Fault(noSamples, "the data hold no sample");
    return { samples: leading.samples, inputs: bound };
  });
};

/** What an array says of an input that is not declared: its shape, and for integers from 0 up the number of classes. */
export const describeArray = (array: DataArray): Pick<InputSignature, "shape" | "dtype" | "classes"> => {
  let low = 0;
  let high = -1;
  if (array.dtype === "int") {
    for (const value of array.data) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const classes = array.vocabulary?.length ?? (low < 0 || high < 0 ? null : high + 1);
  return { shape: array.shape.slice(1), dtype: array.dtype, classes };
};
