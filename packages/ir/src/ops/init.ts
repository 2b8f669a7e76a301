/** How a function's parameters start: an initialiser's name, or its name with attributes (`init=orthogonal(1.41)`). */
import * as t from "io-ts/lib/index.js";
import { custom } from "../attributes-codec.js";
import type { Attrs, AttrValue } from "../program.js";

export interface Init {
  readonly name: string;
  readonly attrs: Attrs;
}

const isRecord = (u: unknown): u is { readonly [key: string]: AttrValue } => typeof u === "object" && u !== null && !Array.isArray(u);

/** From a word, or from `{ name, attrs }`. */
const codec = new t.Type<Init, unknown>(
  "Init",
  (u): u is Init => isRecord(u) && typeof u["name"] === "string" && isRecord(u["attrs"]),
  (u, c) => {
    if (typeof u === "string") return t.success({ name: u, attrs: {} });
    if (!isRecord(u)) return t.failure(u, c);
    const { name, attrs } = u;
    return typeof name === "string" && (attrs === undefined || isRecord(attrs)) ? t.success({ name, attrs: attrs ?? {} }) : t.failure(u, c);
  },
  (a) => a,
);

export const init = (fallback: string, doc = "how the weights start") => custom(codec, "an initialiser")(doc, fallback);
export const UNIFORM_FAN_IN = "uniform_fan_in";
