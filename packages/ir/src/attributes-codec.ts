/** Attributes of records as data: each states its name, its default and the codec that checks it. */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts/lib/index.js";
import type { Attribute, Attributes } from "./op.js";
import type { Attrs, AttrValue } from "./program.js";

/** One attribute with its codec. `kind` names it in messages: "a number", "a positive integer". */
export interface AttributeSpec<A> {
  readonly codec: t.Decoder<unknown, A>;
  readonly kind: string;
  readonly doc: string;
  readonly default?: AttrValue;
}
type Specs = Readonly<Record<string, AttributeSpec<unknown>>>;
type Decoded<S extends Specs> = { readonly [K in keyof S]: S[K] extends AttributeSpec<infer A> ? A : never };

const spec = <A>(codec: t.Decoder<unknown, A>, kind: string) => (doc: string, fallback?: AttrValue): AttributeSpec<A> =>
  fallback === undefined ? { codec, kind, doc } : { codec, kind, doc, default: fallback };

const refine = (name: string, holds: (x: number) => boolean): t.Type<number, unknown> =>
  new t.Type<number, unknown>(
    name,
    (u): u is number => typeof u === "number" && holds(u),
    (u, c) => (typeof u === "number" && holds(u) ? t.success(u) : t.failure(u, c)),
    (a) => a,
  );

export const number = spec(refine("number", () => true), "a number");
export const integer = spec(refine("integer", Number.isInteger), "an integer");
export const positive = spec(refine("positive", (x) => x > 0), "a positive number");
export const natural = spec(refine("natural", (x) => Number.isInteger(x) && x > 0), "a positive integer");
export const size = spec(refine("size", (x) => Number.isInteger(x) && x >= 0), "an integer of at least 0");
export const probability = spec(refine("probability", (x) => x >= 0 && x <= 1), "a number between 0 and 1");
export const text = spec<string>(t.string, "a word");
export const flag = spec<boolean>(t.boolean, "true or false");
export const numbers = spec<readonly number[]>(t.readonlyArray(t.number), "a list of numbers");
export const optional = <A>(inner: (doc: string) => AttributeSpec<A>) => (doc: string): AttributeSpec<A | null> => {
  const { codec, kind } = inner(doc);
  return { codec: orNull(codec), kind: `${kind}, or nothing`, doc, default: null };
};
const orNull = <A>(codec: t.Decoder<unknown, A>): t.Decoder<unknown, A | null> => ({
  name: `${codec.name} or null`,
  validate: (u, c) => (u === null ? t.success(null) : codec.validate(u, c)),
  decode: (u) => (u === null ? t.success(null) : codec.decode(u)),
});
/** A codec of one's own: a word or a list, say. */
export const custom = spec;

/** The attributes of a record from their specifications; positional arguments fill them in this order. */
export const attributes = <S extends Specs>(specs: S): Attributes<Decoded<S>> => {
  const names = Object.keys(specs);
  const list = names.map((name): Attribute => {
    const one = specs[name];
    const base = { name, doc: one?.doc ?? "" };
    return one?.default === undefined ? base : { ...base, default: one.default };
  });
  // Most uses give none, and what they come to is decoded once.
  const none = decodeAttrs<S>(specs, names, {});
  return { list, decode: (attrs) => (Object.keys(attrs).length === 0 ? none : decodeAttrs<S>(specs, names, attrs)) };
};

const decodeAttrs = <S extends Specs>(specs: S, names: readonly string[], attrs: Attrs): E.Either<string, Decoded<S>> => {
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(attrs)) {
    if (!names.includes(name)) return E.left(`there is no attribute ${name}; there is ${names.join(", ") || "none"}`);
  }
  for (const name of names) {
    const one = specs[name];
    if (one === undefined) continue;
    const given = attrs[name] ?? one.default;
    if (given === undefined) return E.left(`${name} is missing: ${one.kind} (${one.doc})`);
    const decoded = one.codec.decode(given);
    if (E.isLeft(decoded)) return E.left(`${name} must be ${one.kind}, found ${JSON.stringify(given)}`);
    out[name] = decoded.right;
  }
  return E.right(forget<Decoded<S>>(out));
};

/** The one cast of this codec: each field has just been decoded by the codec that its type is read from. */
const forget = <A>(decoded: Readonly<Record<string, unknown>>): A => decoded as A;

export const NO_ATTRIBUTES: Attributes<Readonly<Record<string, never>>> = attributes({});
