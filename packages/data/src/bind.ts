import * as E from "fp-ts/lib/Either.js";
import { allocate, FIRST_STEP, nearest } from "@sequent/ir";
import type { Diagnostic, Diagnostics, Fix, Precision, Span, Values } from "@sequent/ir";
import {
  badLength,
  classOutOfRange,
  differentCounts,
  differentEnds,
  malformedInputs,
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
  /** The step that the time axis begins with. */
  readonly from: number;
}

export interface BoundData {
  readonly samples: number;
  readonly inputs: readonly BoundInput[];
  /** The last step of each sample's sequence; null without inputs over time. */
  readonly last: Int32Array | null;
  /** Whether the data say how long each sequence is. */
  readonly ragged: boolean;
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

/** Elements of each sample from `valid` on are padding, which may be anything. */
type Valid = (sample: number) => number;

const checkClasses = (array: DataArray, data: Values, classes: number, valid: Valid): void => {
  eachValid(array, data, valid, (value, i) => {
    if (value >= 0 && value < classes) return;
    const place = `${array.name}${printIndex(array.shape, i)}`;
    throw new Fault(
      classOutOfRange,
      `${place} is ${String(value)}, and ${quote(array.name)} is class[${String(classes)}], 0..${String(classes - 1)}`,
    );
  });
};

const eachValid = (array: DataArray, data: Values, valid: Valid, look: (value: number, i: number) => void): void => {
  const [samples = 0] = array.shape;
  const perSample = samples === 0 ? 0 : data.length / samples;
  for (let sample = 0; sample < samples; sample++) {
    const start = sample * perSample;
    for (let i = start; i < start + valid(sample); i++) look(data[i] ?? 0, i);
  }
};

/** Padding becomes 0, so that no NaN is ever near a sum. */
const clearPadding = (array: DataArray, data: Values, valid: Valid): void => {
  const [samples = 0] = array.shape;
  const perSample = samples === 0 ? 0 : data.length / samples;
  for (let sample = 0; sample < samples; sample++) data.fill(0, sample * perSample + valid(sample), (sample + 1) * perSample);
};

const checkFinite = (array: DataArray, values: Values, valid: Valid): void => {
  const perSample = values.length / (array.shape[0] ?? 1);
  eachValid(array, values, valid, (value, i) => {
    if (Number.isFinite(value)) return;
    const original = array.data[i] ?? 0;
    const what = Number.isFinite(original) ? `${String(original)}, too large for f32` : String(original);
    const sample = Math.floor(i / perSample);
    const element = printIndex(array.shape.slice(1), i - sample * perSample);
    throw new Fault(
      notFinite,
      `data ${quote(array.name)} are not finite: sample ${String(sample)}${element === "" ? "" : `, element ${element}`} is ${what}`,
    );
  });
};

/** `length`: the array that says where sequences end, if none does; nulls alone say nothing. */
const checkNulls = (array: DataArray, valid: Valid, length: string | null): void => {
  const { nulls } = array;
  if (nulls === undefined) return;
  eachValid(array, Int32Array.from(nulls), valid, (missing, i) => {
    if (missing === 0) return;
    const place = `${array.name}${printIndex(array.shape, i)}`;
    const ends = length === null ? "" : `; where sequences end is said by an array ${quote(length)}`;
    throw new Fault(malformedInputs, `${place} ([batch][time]) is null, not a number, and lies within its sequence${ends}`);
  });
};

const readLengths = (data: DataSet, input: InputSignature, array: DataArray): Int32Array | null => {
  const lengths = input.timed && input.length !== undefined ? data.get(input.length) : undefined;
  if (lengths === undefined) return null;
  const [samples = 0, time = 0] = array.shape;
  if (lengths.isBoolean === true) throw new Fault(wrongDtype, `lengths ${quote(lengths.name)} are booleans, and a length is a whole number of steps`);
  if (!(lengths.data instanceof Int32Array)) {
    // A conversion to integers is advised only where it changes no value.
    const broken = lengths.data.findIndex((length) => !Number.isInteger(length));
    const place = `${lengths.name}${printIndex(lengths.shape, broken)}`;
    throw new Fault(
      badLength,
      broken >= 0
        ? `lengths ${quote(lengths.name)} are floats: ${place} is ${String(lengths.data[broken])}, and a length is a whole number of steps`
        : `lengths ${quote(lengths.name)} are floats, all of them whole: store them as integers (\`${lengths.name}.astype(numpy.int64)\`)`,
    );
  }
  if (lengths.shape.length !== 1)
    throw new Fault(
      badLength,
      `lengths ${quote(lengths.name)} have the shape ${printShape(lengths.shape)}, not [samples]`,
    );
  if (lengths.data.length !== samples) {
    throw new Fault(
      badLength,
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

/** An input with its array, and how long each of its sequences is said to be. */
interface Candidate {
  readonly input: InputSignature;
  readonly array: DataArray;
  readonly lengths: Int32Array | null;
}

const candidateOf = (data: DataSet, input: InputSignature): Candidate => {
  const array = find(data, input);
  checkShape(array, input);
  if (input.timed && (array.shape[1] ?? 0) === 0) throw new Fault(badLength, `data ${quote(array.name)} have no step`);
  if ((array.from ?? 1) < 0) {
    throw new Fault(malformedInputs, `data ${quote(array.name)} begin with step ${String(array.from)}, and sequences begin with step 0 or later`);
  }
  return { input, array, lengths: readLengths(data, input, array) };
};

const firstOf = ({ array }: Candidate): number => array.from ?? FIRST_STEP;
const endOf = (one: Candidate, sample: number): number => firstOf(one) + (one.lengths?.[sample] ?? one.array.shape[1] ?? 0) - 1;
const nameOf = ({ input, lengths }: Candidate): string => quote(lengths === null ? input.name : (input.length ?? input.name));

/** The last step of each sequence, on which all that says it must agree: lengths if there are any, else the arrays. Faults SQ0526, SQ0528. */
const lastSteps = (candidates: readonly Candidate[]): Int32Array | null => {
  const timed = candidates.filter((one) => one.input.timed);
  const stated = timed.filter((one) => one.lengths !== null);
  const [leading] = stated.length > 0 ? stated : timed;
  if (leading === undefined) return null;
  const last = Int32Array.from({ length: leading.array.shape[0] ?? 0 }, (_, sample) => endOf(leading, sample));
  for (const one of timed) {
    const exact = one.lengths !== null || stated.length === 0;
    last.forEach((step, sample) => {
      const own = endOf(one, sample);
      if (exact ? own === step : own >= step) return;
      const where = `sample ${String(sample)} ends with step ${String(step)} by ${nameOf(leading)}`;
      if (exact) throw new Fault(differentEnds, `${where}, and with step ${String(own)} by ${nameOf(one)}`);
      throw new Fault(badLength, `${where}, and the data ${nameOf(one)} with step ${String(own)}`);
    });
  }
  return last;
};

const bindOne = ({ input, array }: Candidate, last: Int32Array | null, ragged: boolean, options: BindOptions): BoundInput => {
  const from = array.from ?? FIRST_STEP;
  const [, time = 1] = array.shape;
  const perSample = array.shape[0] === 0 ? 0 : array.data.length / (array.shape[0] ?? 1);
  const perStep = time === 0 ? 0 : perSample / time;
  const valid: Valid = (sample) => (input.timed && last !== null ? Math.max(0, Math.min(time, (last[sample] ?? 0) - from + 1)) * perStep : perSample);
  const shared = { name: input.name, shape: array.shape.slice(1), classes: input.classes, timed: input.timed, from };
  checkNulls(array, valid, ragged ? null : (input.length ?? null));
  if (input.dtype === "int") {
    const values = integersOf(array, valid);
    const wanted = input.classes === null ? "integers" : `class[${String(input.classes)}]`;
    if (values === null)
      throw new Fault(wrongDtype, `data ${quote(array.name)} are floats, and the input is ${wanted}`);
    if (input.classes !== null) checkClasses(array, values, input.classes, valid);
    if (input.timed) clearPadding(array, values, valid);
    return { ...shared, data: values };
  }
  const values = allocate(options.precision, array.data.length);
  values.set(array.data);
  if (options.allowNonFinite !== true) checkFinite(array, values, valid);
  if (input.timed) clearPadding(array, values, valid);
  return { ...shared, data: values };
};

/** Integers; floats only where padding alone has made them so, else null. */
const integersOf = (array: DataArray, valid: Valid): Int32Array | null => {
  const samples = array.shape[0] ?? 0;
  const padded = Array.from({ length: samples }, (_, sample) => sample).some((sample) => valid(sample) < array.data.length / samples);
  if (array.data instanceof Int32Array) return padded ? array.data.slice() : array.data;
  const floats = new Set<number>();
  eachValid(array, array.data, valid, (value) => { if ((value | 0) !== value) floats.add(value); });
  return padded && floats.size === 0 ? Int32Array.from(array.data) : null;
};

/**
 * Binds arrays to a program's inputs by name, floats in the precision of the run; arrays that no input names are left
 * alone. Left: SQ0520…SQ0528, one for each input that does not fit, at `at` (the `@data` directive).
 */
export const bind = (
  data: DataSet,
  signature: readonly InputSignature[],
  at: Span,
  options: BindOptions,
): E.Either<Diagnostics, BoundData> => {
  const problems: Diagnostic[] = [];
  const collect = <A>(body: () => A): readonly A[] => {
    const result = attempt(at, body);
    if (E.isRight(result)) return [result.right];
    problems.push(...result.left);
    return [];
  };
  const candidates = signature.flatMap((input) => collect(() => candidateOf(data, input)));
  if (problems.length === 0) collect(() => { checkCounts(candidates); });
  const last = problems.length > 0 ? [] : collect(() => lastSteps(candidates));
  // Where it is not known where sequences end, nothing more can be said of them.
  const bindable = last.length > 0 ? candidates : candidates.filter(({ input }) => !input.timed);
  const ragged = candidates.some((one) => one.lengths !== null);
  const inputs = bindable.flatMap((one) => collect(() => bindOne(one, last[0] ?? null, ragged, options)));
  const [first, ...rest] = problems;
  if (first !== undefined) return E.left([first, ...rest]);
  const samples = candidates[0]?.array.shape[0] ?? 0;
  return E.right({ samples, inputs, last: last[0] ?? null, ragged });
};

const checkCounts = (candidates: readonly Candidate[]): void => {
  const counted = candidates.map(({ input, array }) => ({ name: input.name, samples: array.shape[0] ?? 0 }));
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
