/** Attributes: known constants, given by place or by name. */
import * as E from "fp-ts/lib/Either.js";
import type { Attribute, Attributes, Attrs, AttrValue, Span } from "@sequent/ir";
import { nearest } from "@sequent/ir";
import { ungroup } from "../syntax/tree.js";
import type { Argument, Call, Expr } from "../syntax/tree.js";
import { badAttribute } from "./diagnostics.js";
import { printName } from "./names.js";
import type { Functions, Session } from "./session.js";

const WORDS: ReadonlyMap<string, AttrValue> = new Map<string, AttrValue>([["true", true], ["false", false], ["none", null]]);

const compute = (op: string, a: number, b: number): number | null => {
  if (op === "+") return a + b;
  if (op === "-") return a - b;
  if (op === "*") return a * b;
  return op === "/" ? a / b : null;
};

const constantOf = (functions: Functions, key: string): number | undefined => {
  for (let scope: Functions | null = functions; scope !== null; scope = scope.parent) {
    const value = scope.constants.get(key);
    if (value !== undefined) return value;
  }
  return undefined;
};

/** A number that an expression is known to be, or null: literals, names of constants, and arithmetic on them. */
export const numberOf = (e: Expr, functions: Functions): number | null => {
  switch (e.tag) {
    case "number":
      return e.value;
    case "group":
      return numberOf(e.of, functions);
    case "name":
      return constantOf(functions, printName(e)) ?? null;
    case "negate": {
      const value = numberOf(e.of, functions);
      return value === null ? null : -value;
    }
    case "power": {
      const base = numberOf(e.base, functions), exponent = numberOf(e.exponent, functions);
      return base === null || exponent === null ? null : base ** exponent;
    }
    case "infix": {
      let value = numberOf(e.first, functions);
      for (const { op, right } of e.rest) {
        const next = numberOf(right, functions);
        value = value === null || next === null ? null : compute(op, value, next);
      }
      return value;
    }
    default:
      return null;
  }
};

/** What an expression says as an attribute: a number, a word, a text, a list, `name(args)` of an initialiser or of a schedule; undefined after an error. */
export const attributeValue = (s: Session, functions: Functions, e: Expr, attribute: string): AttrValue | undefined => {
  const value = ungroup(e);
  const number = numberOf(value, functions);
  if (number !== null) return number;
  switch (value.tag) {
    case "string":
      return value.value;
    case "name": {
      const word = printName(value);
      if (isInit(attribute)) return initialiser(s, functions, word, [], value.span);
      const known = WORDS.get(word);
      return known === undefined ? word : known;
    }
    case "list": {
      const items: AttrValue[] = [];
      for (const item of value.items) {
        const one = attributeValue(s, functions, item, attribute);
        if (one === undefined) return undefined;
        items.push(one);
      }
      return items;
    }
    case "call":
      return called(s, functions, value, attribute);
    default:
      s.report.problem(badAttribute, `${attribute} must be known when the program is compiled`, value.span, "this is computed");
      return undefined;
  }
};

const isInit = (attribute: string): boolean => attribute === "init" || attribute.endsWith("_init");

const called = (s: Session, functions: Functions, call: Call, attribute: string): AttrValue | undefined => {
  if (call.callee.tag === "name") {
    if (isInit(attribute)) return initialiser(s, functions, printName(call.callee), call.args, call.span);
    const args = call.args.map((arg) => (arg.name === null ? numberOf(arg.value, functions) : null));
    if (!args.includes(null)) return { call: printName(call.callee), args };
  }
  s.report.problem(badAttribute, `${attribute} must be known when the program is compiled`, call.span, "this is a call");
  return undefined;
};

const initialiser = (s: Session, functions: Functions, name: string, args: readonly Argument[], span: Span): AttrValue | undefined => {
  const record = s.env.initialisers.get(name);
  if (record === undefined) {
    const near = nearest(name, s.env.initialisers.keys());
    const help = near === null ? `There is ${[...s.env.initialisers.keys()].join(", ")}.` : `Did you mean \`${near}\`?`;
    s.report.problem(badAttribute, `there is no initialiser \`${name}\``, span, "not an initialiser", { help });
    return undefined;
  }
  const attrs = fillAttributes(s, functions, name, record.attributes, args, {}, span);
  return attrs === null ? undefined : { name, attrs };
};

/** What the place of a draw says of it, and its arguments don't. */
const IMPLIED: ReadonlySet<string> = new Set(["stream", "time"]);

/** The attributes that can be given by place: not a draw's stream, nor whether it is drawn at every step. */
export const givenAttributes = (attributes: Attributes<unknown>): readonly Attribute[] =>
  attributes.list.some((one) => one.name === "stream") ? attributes.list.filter((one) => !IMPLIED.has(one.name)) : attributes.list;

/** Reads arguments as attributes and checks them with the record's own codec; null after an error. Defaults are left out. */
export const fillAttributes = (
  s: Session, functions: Functions, of: string, attributes: Attributes<unknown>, args: readonly Argument[], known: Attrs, span: Span,
): Attrs | null => {
  const list = givenAttributes(attributes);
  const attrs: Record<string, AttrValue> = { ...known };
  const given = new Set<string>();
  let place = 0;
  let bad = false;
  for (const arg of args) {
    const name = arg.name ?? list[place++]?.name;
    const attribute = list.find((one) => one.name === name);
    if (name === undefined || attribute === undefined || given.has(name)) {
      const near = name === undefined ? null : nearest(name, list.map((one) => one.name));
      const all = list.map((one) => `\`${one.name}\``).join(", ") || "none";
      const message =
        name === undefined ? `\`${of}\` takes fewer attributes`
        : given.has(name) ? `${name} is given twice`
        : `\`${of}\` has no attribute \`${name}\``;
      const help = near === null ? `Its attributes: ${all}.` : `Did you mean \`${near}\`?`;
      s.report.problem(badAttribute, message, arg.span, "here", { help });
      bad = true;
      continue;
    }
    given.add(name);
    const value = attributeValue(s, functions, arg.value, name);
    if (value === undefined) bad = true;
    else if (JSON.stringify(value) === JSON.stringify(attribute.default)) Reflect.deleteProperty(attrs, name);
    else attrs[name] = value;
  }
  if (bad) return null;
  const decoded = attributes.decode(attributes.list.length > list.length ? { ...attrs, stream: "" } : attrs);
  if (E.isRight(decoded)) return attrs;
  s.report.problem(badAttribute, `\`${of}\`: ${decoded.left}`, span, "here");
  return null;
};
