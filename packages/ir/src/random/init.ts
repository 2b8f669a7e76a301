/**
 * Initialisers of parameters. A parameter's stream is its qualified name (`M_1.weight`), the draw is sample 0, update 0, t 0; values are
 * computed in double and rounded to the run's precision at the end. u is a uniform in [0, 1), z a standard normal (philox.ts).
 */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts/lib/index.js";
import { attributes, custom, NO_ATTRIBUTES, number } from "../attributes-codec.js";
import type { Attributes } from "../op.js";
import type { Attrs } from "../program.js";
import type { Precision } from "../tensor.js";
import { allocate, sizeOf } from "../tensor.js";
import { orthonormalise } from "./orthogonal.js";
import type { Key } from "./philox.js";
import { fillNormal, fillUniform, FIRST_DRAW, streamKey } from "./philox.js";

/** What an initialiser may know of a parameter. The fans are those of the weight that it belongs to. */
export interface InitSite {
  readonly key: Key;
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}

/** One way to start a parameter: `dense[128, init=orthogonal(1.41)]`. */
export interface Initialiser {
  readonly name: string;
  readonly doc: string;
  readonly attributes: Attributes<unknown>;
  /** The values, or what is wrong with the attributes. */
  readonly fill: (attrs: Attrs, site: InitSite) => E.Either<string, Float64Array>;
}

const define = <A>(
  name: string, doc: string, of: Attributes<A>, values: (attrs: A, site: InitSite) => Float64Array,
): Initialiser => ({
  name, doc, attributes: of,
  fill: (attrs, site) => E.map((decoded: A) => values(decoded, site))(of.decode(attrs)),
});

const constant = (value: number, site: InitSite): Float64Array => new Float64Array(sizeOf(site.shape)).fill(value);
const uniforms = (site: InitSite): Float64Array => {
  const out = new Float64Array(sizeOf(site.shape));
  fillUniform(site.key, FIRST_DRAW, out);
  return out;
};
const normals = (site: InitSite): Float64Array => {
  const out = new Float64Array(sizeOf(site.shape));
  fillNormal(site.key, FIRST_DRAW, out);
  return out;
};
/** (2u − 1)·bound. */
const symmetric = (bound: number, site: InitSite): Float64Array => uniforms(site).map((u) => (2 * u - 1) * bound);
const scaled = (std: number, site: InitSite): Float64Array => normals(site).map((z) => std * z);

/** Of [rows, rest…] as a matrix rows×columns: normals rounded to f32 (so that they are the same on every target), made orthonormal. */
const orthogonal = (gain: number, site: InitSite): Float64Array => {
  const rows = site.shape[0] ?? 1, columns = sizeOf(site.shape) / rows;
  const matrix = normals(site).map(Math.fround);
  if (rows <= columns) { // the rows are the vectors
    orthonormalise(matrix, columns, rows);
    return matrix.map((q) => gain * q);
  }
  const vectors = transpose(matrix, rows, columns);
  orthonormalise(vectors, rows, columns);
  return transpose(vectors, columns, rows).map((q) => gain * q);
};

const transpose = (x: Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(x.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j] ?? 0;
  return out;
};

const gain = { gain: number("factor of the result", 1) };
const kaiming = attributes({
  a: number("slope of the leaky_relu that follows; 0: relu", 0),
  mode: custom(t.keyof({ fan_in: null, fan_out: null }), "fan_in or fan_out")("which fan keeps its variance", "fan_in"),
});
const kaimingStd = (attrs: { readonly a: number; readonly mode: "fan_in" | "fan_out" }, site: InitSite): number =>
  Math.sqrt(2 / (1 + attrs.a * attrs.a)) / Math.sqrt(attrs.mode === "fan_in" ? site.fanIn : site.fanOut);
const xavierStd = (factor: number, site: InitSite): number => factor * Math.sqrt(2 / (site.fanIn + site.fanOut));

export const INITIALISERS: readonly Initialiser[] = [
  define("uniform_fan_in", "U(−1/√fan_in, 1/√fan_in), as PyTorch's Linear and Conv: (2u − 1)/√fan_in; the default.", NO_ATTRIBUTES,
    (_, site) => symmetric(site.fanIn > 0 ? 1 / Math.sqrt(site.fanIn) : 0, site)),
  define("uniform", "U(a, b): a + (b − a)u.", attributes({ a: number("lower end", 0), b: number("upper end", 1) }),
    ({ a, b }, site) => uniforms(site).map((u) => a + (b - a) * u)),
  define("normal", "Normal: mean + std·z.", attributes({ mean: number("mean", 0), std: number("standard deviation", 1) }),
    ({ mean, std }, site) => normals(site).map((z) => mean + std * z)),
  define("orthogonal", "A random matrix [rows, rest…] with orthonormal rows or columns, times gain.", attributes(gain),
    (attrs, site) => orthogonal(attrs.gain, site)),
  define("xavier_uniform", "U(±gain·√(6/(fan_in + fan_out))).", attributes(gain),
    (attrs, site) => symmetric(Math.sqrt(3) * xavierStd(attrs.gain, site), site)),
  define("xavier_normal", "Normal of deviation gain·√(2/(fan_in + fan_out)).", attributes(gain),
    (attrs, site) => scaled(xavierStd(attrs.gain, site), site)),
  define("kaiming_uniform", "U(±√3·s), s = √(2/(1 + a²))/√fan.", kaiming,
    (attrs, site) => symmetric(Math.sqrt(3) * kaimingStd(attrs, site), site)),
  define("kaiming_normal", "Normal of deviation √(2/(1 + a²))/√fan.", kaiming, (attrs, site) => scaled(kaimingStd(attrs, site), site)),
  define("chrono", "±log U(1, steps − 1): the bias of a gate that is to remember for up to so many steps; `sign=-1` for the gate that lets in (Tallec and Ollivier 2018).",
    attributes({ steps: number("the longest time to remember"), sign: number("1 for the gate that keeps, −1 for the one that lets in", 1) }),
    ({ steps, sign }, site) => uniforms(site).map((u) => sign * Math.log(1 + (Math.max(steps, 2) - 2) * u))),
  define("zeros", "0 everywhere.", NO_ATTRIBUTES, (_, site) => constant(0, site)),
  define("ones", "1 everywhere.", NO_ATTRIBUTES, (_, site) => constant(1, site)),
  define("constant", "One number everywhere.", attributes({ c: number("the number") }), ({ c }, site) => constant(c, site)),
];

/** The fans of a weight [out, in, kernel…]; a vector's are both its length. */
export const fansOf = (shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } => {
  const [out = 1, inputs = out, ...kernel] = shape;
  const field = sizeOf(kernel);
  return { fanIn: inputs * field, fanOut: out * field };
};

/** The start of a parameter: `fanShape` is the shape of the weight whose fans it uses (its own where it is none's bias). */
export const initialise = (
  init: Initialiser, attrs: Attrs, seed: number, name: string,
  shape: readonly number[], fanShape: readonly number[], precision: Precision,
): E.Either<string, Float32Array | Float64Array> =>
  E.map((values: Float64Array) => {
    const out = allocate(precision, values.length);
    out.set(values);
    return out;
  })(init.fill(attrs, { key: streamKey(seed, name), shape, ...fansOf(fanShape) }));
