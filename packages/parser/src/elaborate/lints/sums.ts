/** Sums and products as a lint sees them: flat, with signs, and with the text that they were written as. */
import { ungroup } from "../../syntax/tree.js";
import type { Argument, Expr, Infix, Name } from "../../syntax/tree.js";
import { visitValue } from "../visit.js";

export interface Factor {
  readonly op: "*" | "/";
  /** With the parentheses around it. */
  readonly of: Expr;
}

/** ± a product. */
export interface Term {
  readonly sign: 1 | -1;
  readonly of: Expr;
  readonly factors: readonly Factor[];
}

const isInfix = (e: Expr, ops: string): e is Infix => e.tag === "infix" && e.rest.every(({ op }) => ops.includes(op));
export const isSum = (e: Expr): e is Infix => isInfix(e, "+-");

/** The factors of a product from left to right; of anything else, itself. */
export const factorsOf = (e: Expr): readonly Factor[] => {
  const product = ungroup(e);
  if (!isInfix(product, "*/")) return [{ op: "*", of: e }];
  const rest = product.rest.flatMap(({ op, right }): readonly Factor[] => (op === "*" ? factorsOf(right) : [{ op: "/", of: right }]));
  return [...factorsOf(product.first), ...rest];
};

/** The terms of a sum from left to right; of anything else, itself. */
export const termsOf = (e: Expr, sign: 1 | -1 = 1): readonly Term[] => {
  const sum = ungroup(e);
  const opposite = sign === 1 ? -1 : 1;
  if (sum.tag === "negate") return termsOf(sum.of, opposite);
  if (!isSum(sum)) return [{ sign, of: e, factors: factorsOf(e) }];
  return [...termsOf(sum.first, sign), ...sum.rest.flatMap(({ op, right }) => termsOf(right, op === "-" ? opposite : sign))];
};

/** Whether one of the terms of a sum is taken away: asked before its terms are listed. */
export const subtracts = (e: Expr): boolean => {
  const sum = ungroup(e);
  return sum.tag === "negate" || (isSum(sum) && (subtracts(sum.first) || sum.rest.some(({ op, right }) => op === "-" || subtracts(right))));
};

const values = (args: readonly Argument[]): readonly Expr[] => args.map((arg) => arg.value);
/** What an expression consists of, next to it: for walks that look at everything. */
export const partsOf = (e: Expr): readonly Expr[] => {
  switch (e.tag) {
    case "infix":
      return [e.first, ...e.rest.map(({ right }) => right)];
    case "group":
    case "negate":
      return [e.of];
    case "power":
      return [e.base, e.exponent];
    case "bar":
      return e.parts;
    case "list":
      return e.items;
    case "call":
      return values(e.args);
    case "index":
      return [e.of, ...e.at.flatMap((at) => (at.tag === "slice" ? [at.from, at.to].filter((end) => end !== null) : [at]))];
    default:
      return [];
  }
};

/** Every expression within one, itself first. */
export const within = (e: Expr): readonly Expr[] => {
  const found: Expr[] = [];
  addWithin(e, found);
  return found;
};
/** Into one list, for several lints ask it of every equation. */
const addWithin = (e: Expr, found: Expr[]): void => {
  found.push(e);
  if (e.tag !== "name" && e.tag !== "number") for (const part of partsOf(e)) addWithin(part, found);
};

/** Names that are read as data. */
export const namesIn = (e: Expr, isTransform: (name: Name) => boolean): readonly Name[] => {
  const names: Name[] = [];
  visitValue(e, { data: (name) => names.push(name), called: () => undefined, adjoint: () => undefined, isTransform });
  return names;
};

/** `z` of `1 - z`. */
export const complement = (e: Expr): Name | null => {
  const difference = ungroup(e);
  if (difference.tag !== "infix" || difference.rest.length !== 1) return null;
  const first = ungroup(difference.first);
  const [second] = difference.rest;
  const of = second?.op === "-" ? ungroup(second.right) : null;
  return first.tag === "number" && first.value === 1 && of?.tag === "name" ? of : null;
};

/** The only argument of a call by name. */
export const argumentOf = (e: Expr, name: string): Expr | null => {
  const call = ungroup(e);
  if (call.tag !== "call" || call.callee.tag !== "name" || call.callee.base !== name || call.callee.subscript !== null) return null;
  const [only] = call.args;
  return call.args.length === 1 && only?.name === null ? only.value : null;
};
