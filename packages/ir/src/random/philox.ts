/**
 * Counter-based random numbers, the same on every target: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011). The whole project draws like this:
 *
 * - A stream is a name; its key is (seed mod 2^32, FNV-1a hash of the name's UTF-8 bytes).
 * - The counter is (block, sample, update or epoch, t), each mod 2^32. Element i of the draw for one sample is word i % 4 of block i >> 2.
 * - uniform   = (word >>> 8) · 2^-24, in [0, 1): the same bits in f32 and f64.
 * - bernoulli = uniform < p.
 * - normal: elements 2j and 2j+1 come from words 2j and 2j+1 by Box–Muller, in double: u1 = (w[2j] + 0.5) · 2^-32,
 *   u2 = (w[2j+1] + 0.5) · 2^-32, r = sqrt(-2 ln u1), z[2j] = r cos(2π u2), z[2j+1] = r sin(2π u2) (targets agree to 1e-14 relative).
 */

/** Two 32-bit words. */
export type Key = readonly [number, number];
/** Which draw of a stream: the counter's words behind `block`. */
export interface Draw {
  readonly sample: number;
  /** The number of Updates done, or of epochs. */
  readonly update: number;
  readonly t: number;
}
export const FIRST_DRAW: Draw = { sample: 0, update: 0, t: 0 };

/** FNV-1a, 32 bits, of the UTF-8 bytes of a well-formed string. */
export const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5;
  const eat = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  for (const char of text) {
    const c = char.codePointAt(0) ?? 0;
    if (c < 0x80) eat(c);
    else {
      if (c < 0x800) eat(0xc0 | (c >> 6));
      else {
        if (c < 0x10000) eat(0xe0 | (c >> 12));
        else {
          eat(0xf0 | (c >> 18));
          eat(0x80 | ((c >> 12) & 63));
        }
        eat(0x80 | ((c >> 6) & 63));
      }
      eat(0x80 | (c & 63));
    }
  }
  return hash >>> 0;
};

/** The key of a stream. */
export const streamKey = (seed: number, stream: string): Key => [seed >>> 0, fnv1a(stream)];

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high word of m·x: both are split at 16 bits, so that every product and sum is exact in a double. */
const mulHigh = (m: number, x: number): number =>
  ((m * (x >>> 16) + Math.floor((m * (x & 0xffff)) / 65536)) / 65536) >>> 0;

/** Writes the blocks of counters (c0, c1, c2, c3), (c0 + 1, c1, c2, c3), … for a key, four words each, until `out` is full. */
export const philox = (key: Key, counter: readonly [number, number, number, number], out: Uint32Array): void => {
  const [, c1, c2, c3] = counter;
  for (let i = 0, block = counter[0]; i < out.length; i += 4, block++) {
    let x0 = block >>> 0, x1 = c1 >>> 0, x2 = c2 >>> 0, x3 = c3 >>> 0;
    let k0 = key[0] | 0, k1 = key[1] | 0;
    for (let round = 0; round < 10; round++) {
      const high0 = mulHigh(M0, x0), low0 = Math.imul(M0, x0);
      const high1 = mulHigh(M1, x2), low1 = Math.imul(M1, x2);
      x0 = (high1 ^ x1 ^ k0) >>> 0;
      x1 = low1 >>> 0;
      x2 = (high0 ^ x3 ^ k1) >>> 0;
      x3 = low0 >>> 0;
      k0 = (k0 + W0) | 0;
      k1 = (k1 + W1) | 0;
    }
    out[i] = x0;
    if (i + 1 < out.length) out[i + 1] = x1;
    if (i + 2 < out.length) out[i + 2] = x2;
    if (i + 3 < out.length) out[i + 3] = x3;
  }
};

/** The first `count` words of one draw. */
export const philoxWords = (key: Key, draw: Draw, count: number): Uint32Array => {
  const out = new Uint32Array(count);
  philox(key, [0, draw.sample, draw.update, draw.t], out);
  return out;
};

type Floats = Float32Array | Float64Array;

/** Writes `count` uniforms in [0, 1) of one draw to `out` from `start`. */
export const fillUniform = (key: Key, draw: Draw, out: Floats, start = 0, count = out.length - start): void => {
  const bits = philoxWords(key, draw, count);
  for (let i = 0; i < count; i++) out[start + i] = ((bits[i] ?? 0) >>> 8) * 2 ** -24;
};

/** Writes `count` standard normal numbers of one draw to `out` from `start`; rounded to f32 at the end where `out` is f32. */
export const fillNormal = (key: Key, draw: Draw, out: Floats, start = 0, count = out.length - start): void => {
  const bits = philoxWords(key, draw, count + (count & 1));
  for (let i = 0; i < count; i += 2) {
    const u1 = ((bits[i] ?? 0) + 0.5) * 2 ** -32;
    const u2 = ((bits[i + 1] ?? 0) + 0.5) * 2 ** -32;
    const r = Math.sqrt(-2 * Math.log(u1));
    out[start + i] = r * Math.cos(2 * Math.PI * u2);
    if (i + 1 < count) out[start + i + 1] = r * Math.sin(2 * Math.PI * u2);
  }
};

/** Writes `count` draws of 1 with probability `p`, else 0, to `out` from `start`. */
export const fillBernoulli = (key: Key, draw: Draw, p: number, out: Floats, start = 0, count = out.length - start): void => {
  const bits = philoxWords(key, draw, count);
  for (let i = 0; i < count; i++) out[start + i] = ((bits[i] ?? 0) >>> 8) * 2 ** -24 < p ? 1 : 0;
};
