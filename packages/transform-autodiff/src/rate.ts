/** Learning rates that depend on the number of Updates done: a number, or a schedule written as a call. */
import * as t from "io-ts/lib/index.js";
import { custom } from "@sequent/ir";
import type { Builder, Operand } from "@sequent/ir";
import { add, cos, div, mul, scale, smaller, sub, updateCount } from "./vocabulary.js";

/** How far a schedule has gone, from 0 to 1, to the share of the way from its first to its last value. */
const SHAPES: Readonly<Record<string, (b: Builder, done: Operand) => Operand>> = {
  linear: (_, done) => done,
  cosine: (b, done) => scale(b, 0.5, sub(b, b.constant(1), cos(b, scale(b, Math.PI, done)))),
};

export interface Schedule {
  readonly shape: string;
  readonly from: number;
  readonly to: number;
  /** Updates from the first to the last value, which then stays. */
  readonly over: number;
}
export type Rate = number | Schedule;

const Call = t.type({ call: t.string, args: t.readonlyArray(t.number) });
const ARGUMENTS = ["from", "to", "over"] as const;

/** `1e-3`, or `linear(1e-3, 0.0, 10000)`: `{call: "linear", args: [1e-3, 0, 10000]}`. */
const decode = (u: unknown): Rate | null => {
  if (typeof u === "number") return u >= 0 ? u : null;
  if (!Call.is(u) || !(u.call in SHAPES) || u.args.length !== ARGUMENTS.length) return null;
  const [from = 0, to = 0, over = 0] = u.args;
  return from >= 0 && to >= 0 && over > 0 ? { shape: u.call, from, to, over } : null;
};

const codec: t.Decoder<unknown, Rate> = {
  name: "rate",
  decode: (u) => u === undefined || decode(u) === null ? t.failure(u, []) : t.success(decode(u) ?? 0),
  validate: (u, c) => {
    const rate = decode(u);
    return rate === null ? t.failure(u, c) : t.success(rate);
  },
};

export const rate = custom<Rate>(codec, "a number of at least 0, or linear(from, to, updates) or cosine(from, to, updates)");

/** The rate at this Update. */
export const rateNow = (b: Builder, value: Rate): Operand => {
  if (typeof value === "number") return b.constant(value);
  const share = SHAPES[value.shape];
  const done = smaller(b, div(b, updateCount(b), b.constant(value.over)), b.constant(1));
  const way = share === undefined ? done : share(b, done);
  return add(b, b.constant(value.from), mul(b, b.constant(value.to - value.from), way));
};
