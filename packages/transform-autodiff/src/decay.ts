import * as t from "io-ts/lib/index.js";
import { custom } from "@sequent/ir";

/** A number of at least 0: a weight decay, or what keeps a denominator from zero. */
export const decay = custom(
  new t.Type<number, unknown>(
    "nonnegative",
    (u): u is number => typeof u === "number" && u >= 0,
    (u, c) => (typeof u === "number" && u >= 0 ? t.success(u) : t.failure(u, c)),
    (a) => a,
  ),
  "a number of at least 0",
);
