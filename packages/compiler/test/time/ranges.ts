/** Programs with `x $ J` whose ways pass ranges and fixed steps, and the same in plain numbers. */
import { FORWARD, forward, over } from "./instants.js";
import type { Case, Model } from "./instants.js";

type At = Parameters<Model>[0];

const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** The values from one step to another, where they lie outside of what there is the first or the last again; null where there is none. */
const stacked = (at: At, last: number, name: string, from: number, to: number): readonly number[] | null => {
  const steps = Array.from({ length: last + 3 }, (_, k) => k - 1).filter((s) => at(name, s) !== null);
  const first = steps[0] ?? Infinity, end = steps.at(-1) ?? -Infinity;
  if (Math.max(from, first) > Math.min(to, end)) return null;
  return Array.from({ length: to - from + 1 }, (_, k) => at(name, Math.min(Math.max(from + k, first), end)) ?? NaN);
};
/** Of a range with a fixed end, which stops there. */
const whole = (at: At, last: number, name: string, from: number, to: number): readonly number[] | null => {
  const found = Array.from({ length: to - from + 1 }, (_, k) => at(name, from + k)).filter((x) => x !== null);
  return found.length === 0 || to > last + 1 ? null : found;
};
const of = (xs: readonly number[] | null, f: (xs: readonly number[]) => number): number | null => (xs === null ? null : f(xs));

const V = "tanh(u_t) -> v_t\n";
const v = (at: At) => ({ v: (t: number) => over(Math.tanh, at("u", t)) });
const within = (last: number, t: number): boolean => t >= 0 && t <= last;

export const RANGES: Readonly<Record<string, Case>> = {
  "a short range": {
    source: `${V}u_t $ sum(exp(mean(v_{t-2..t}, axis=0)))\n`, members: [["u", 0]],
    model: (at, last) => ({ ...v(at), J: (t) => (within(last, t) ? of(stacked(at, last, "v", t - 2, t), (xs) => Math.exp(mean(xs))) : null) }),
  },
  "a short range, from its middle": {
    source: `${V}u_{t-1} $ sum(sum(exp(v_{t-2..t}*v_{t-2..t}), axis=0)*v_t)\n`, members: [["u", -1]],
    model: (at, last) => ({ ...v(at), J: (t) => over((s, x) => s * x, of(stacked(at, last, "v", t - 2, t), (xs) => xs.reduce((sum, x) => sum + Math.exp(x * x), 0)), at("v", t)) }),
  },
  "a range around the step": {
    source: `${V}u_{t+1} $ sum(exp(mean(v_{t-1..t+2}, axis=0)))\n`, members: [["u", 1]],
    model: (at, last) => ({ ...v(at), J: (t) => (within(last, t) ? of(stacked(at, last, "v", t - 1, t + 2), (xs) => Math.exp(mean(xs))) : null) }),
  },
  "a range that has ended before the step": {
    source: `${V}u_{t-2} $ sum(exp(mean(v_{t-3..t-1}, axis=0))*w_t)\n`, members: [["u", -2]],
    model: (at, last) => ({ ...v(at), J: (t) => over((s, w) => s * w, of(stacked(at, last, "v", t - 3, t - 1), (xs) => Math.exp(mean(xs))), at("w", t)) }),
  },
  "a range of the member itself": {
    source: "u_t $ sum(exp(mean(u_{t-2..t}, axis=0)))\n", members: [["u", 0]],
    model: (at, last) => ({ J: (t) => (within(last, t) ? of(stacked(at, last, "u", t - 2, t), (xs) => Math.exp(mean(xs))) : null) }),
  },
  "two of its steps as members": {
    source: `${V}u_t, u_{t-1} $ sum(exp(mean(v_{t-2..t}, axis=0)))\n`, members: [["u", 0], ["u", -1]],
    model: (at, last) => ({ ...v(at), J: (t) => (within(last, t) ? of(stacked(at, last, "v", t - 2, t), (xs) => Math.exp(mean(xs))) : null) }),
  },
  "a range with a value before all": {
    source: `${FORWARD}0.4 -> v_{-1}\ntanh(g_t) -> v_t\nu_{t-1} $ sum(exp(mean(v_{t-2..t}, axis=0)))\n`, members: [["u", -1]],
    model: (at, last) => ({
      ...forward(at, last), v: (t) => (t === -1 ? 0.4 : over(Math.tanh, at("g", t))),
      J: (t) => (within(last, t) ? of(stacked(at, last, "v", t - 2, t), (xs) => Math.exp(mean(xs))) : null),
    }),
  },
  "a range with a value behind all": {
    source: `${V}0.4 -> v_{T+1}\nu_{t+1} $ sum(exp(mean(v_{t..t+3}, axis=0)))\n`, members: [["u", 1]],
    model: (at, last) => ({
      v: (t) => (t === last + 1 ? 0.4 : over(Math.tanh, at("u", t))),
      J: (t) => (within(last, t) ? of(stacked(at, last, "v", t, t + 3), (xs) => Math.exp(mean(xs))) : null),
    }),
  },
  "ranges of ranges": {
    source: `${V}mean(v_{t-1..t}, axis=0) -> m_t\nu_t $ sum(exp(mean(m_{t-1..t+1}, axis=0)))\n`, members: [["u", 0]],
    model: (at, last) => ({
      ...v(at), m: (t) => (within(last, t) ? of(stacked(at, last, "v", t - 1, t), mean) : null),
      J: (t) => (within(last, t) ? of(stacked(at, last, "m", t - 1, t + 1), (xs) => Math.exp(mean(xs))) : null),
    }),
  },
  "a recurrence that reads a range of itself": {
    source: "0 -> g_0\ntanh(mean(g_{t-3..t-1}, axis=0)) + u_t -> g_t\nu_{t-2} $ sum(g_t*g_t)\n", members: [["u", -2]],
    model: (at, last) => ({
      g: (t) => (t === 0 ? 0 : over((s, u) => s + u, of([3, 2, 1].map((k) => at("g", Math.max(0, t - k)) ?? NaN), (xs) => Math.tanh(mean(xs))), within(last, t) ? at("u", t) : null)),
      J: (t) => over((g) => g * g, at("g", t)),
    }),
  },
  "all that has been": {
    source: `${V}u_{t-1} $ sum(exp(mean(v_{0..t}, axis=0)))\n`, members: [["u", -1]],
    model: (at, last) => ({ ...v(at), J: (t) => (within(last, t) ? of(whole(at, last, "v", 0, t), (xs) => Math.exp(mean(xs))) : null) }),
  },
  "all that has been, of a recurrence": {
    source: `${FORWARD}u_{t-2} $ sum(exp(mean(g_{0..t}, axis=0)))\n`, members: [["u", -2]],
    model: (at, last) => ({ ...forward(at, last), J: (t) => (within(last, t) ? of(whole(at, last, "g", 0, t), (xs) => Math.exp(mean(xs))) : null) }),
  },
  "all that is to come": {
    source: `${V}u_{t+1} $ sum(sum(exp(v_{t..T}*v_{t..T}), axis=0)*w_t)\n`, members: [["u", 1]],
    model: (at, last) => ({ ...v(at), J: (t) => over((s, w) => s * w, of(whole(at, last, "v", t, last), (xs) => xs.reduce((sum, x) => sum + Math.exp(x * x), 0)), at("w", t)) }),
  },
  "the whole sequence": {
    source: `${V}u_t $ sum(exp(mean(v_{0..T}, axis=0))*w_t)\n`, members: [["u", 0]],
    model: (at, last) => ({ ...v(at), J: (t) => over((s, w) => s * w, of(whole(at, last, "v", 0, last), (xs) => Math.exp(mean(xs))), at("w", t)) }),
  },
  "the last step": {
    source: `${V}u_t $ sum(exp(v_T)*v_t)\n`, members: [["u", 0]],
    model: (at, last) => ({ ...v(at), J: (t) => over((a, b) => Math.exp(a) * b, at("v", last), at("v", t)) }),
  },
  "the first step, from the step before": {
    source: `${V}u_{t-1} $ sum(exp(v_1*w_t)*v_t)\n`, members: [["u", -1]],
    model: (at) => ({ ...v(at), J: (t) => over((a, w, b) => Math.exp(a * w) * b, at("v", 1), at("w", t), at("v", t)) }),
  },
  "the last step, shifted": {
    source: `${V}v_{t-1}*w_t -> z_t\nu_t $ sum(exp(z_T)*v_t)\n`, members: [["u", 0]],
    model: (at, last) => ({ ...v(at), z: (t) => over((a, w) => a * w, at("v", t - 1), at("w", t)), J: (t) => over((a, b) => Math.exp(a) * b, at("z", last), at("v", t)) }),
  },
  "a value without time": {
    source: `${V}exp(v_T) + v_1 -> q\nu_t $ sum(q*q*v_t)\n`, members: [["u", 0]],
    model: (at, last) => ({ ...v(at), J: (t) => over((a, b, c) => (Math.exp(a) + b) ** 2 * c, at("v", last), at("v", 1), at("v", t)) }),
  },
  "a value without time, of the whole sequence": {
    source: `${V}exp(mean(v_{0..T}, axis=0)) -> q\nu_{t-1} $ sum(q*q*v_t)\n`, members: [["u", -1]],
    model: (at, last) => ({ ...v(at), J: (t) => over((a, c) => a * a * c, of(whole(at, last, "v", 0, last), (xs) => Math.exp(mean(xs))), at("v", t)) }),
  },
  "a value without time, at a step of its own": {
    source: "tanh(u_T) -> q\nq*q -> h_T\n0.5*w_t*u_t -> h_t\nu_t $ sum(exp(h_t))\n", members: [["u", 0]],
    model: (at, last) => ({
      h: (t) => (t === last ? over((u) => Math.tanh(u) ** 2, at("u", last)) : over((w, u) => 0.5 * w * u, at("w", t), at("u", t))),
      J: (t) => over(Math.exp, at("h", t)),
    }),
  },
};
