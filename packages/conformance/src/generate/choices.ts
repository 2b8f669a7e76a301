/**
 * Random decisions as a list of numbers. A generator that draws from such a list shrinks for free: fast-check shortens the list and
 * makes its numbers smaller, and 0 (also taken when the list has run out) always stands for the simplest decision.
 */
export interface Choices {
  /** An integer in 0..n-1. */
  readonly below: (n: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <A>(from: readonly [A, ...A[]]) => A;
}

const SCALE = 1 << 16;

export const choicesOf = (list: readonly number[]): Choices => {
  let at = 0;
  const next = (): number => {
    const value = list[at] ?? 0;
    at += 1;
    return (value & (SCALE - 1)) / SCALE;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    chance: (probability) => next() > 1 - probability,
    pick: (from) => from[below(from.length)] ?? from[0],
  };
};

/** A small generator for the numbers of inputs (mulberry32): any will do, for both sides of a comparison get the same arrays. */
export const numbersFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
};
