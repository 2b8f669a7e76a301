/** What printed programs and their reader agree on: words, names, and which op a call means. */
import * as E from "fp-ts/lib/Either.js";
import type { AnyOp } from "../op.js";
import type { Env } from "../pass.js";
import type { Attrs, OpName } from "../program.js";

/** Calls of printed programs that are no op: an op of such a name is printed with its full name. */
export const FORMS: ReadonlySet<string> = new Set([
  "input", "param", "pick", "cases", "terms", "on", "old", "all", "fan", "op", "record", "nothing",
]);
/** The op whose equation is its number. */
export const LITERAL: OpName = "core.constant";

/** The directives of a stage's tables; others are the user's own. */
export const TABLES: ReadonlySet<string> = new Set([
  "stage", "param", "within", "varies", "domain", "type", "called", "also", "names", "call", "resource", "declared", "objective",
  "average", "treatment", "directive", "sink", "update", "loss", "schedule", "needed",
]);

const WORD = /^[A-Za-z][A-Za-z0-9]*(_[a-z]{2}[a-z0-9]*)*$/;
const RESERVED = new Set(["t", "T", "return"]);

/** May stand as a plain word: a key, the name of a call. */
export const isWord = (text: string): boolean => WORD.test(text) && !RESERVED.has(text);

const LAST = /^[A-Za-z][A-Za-z0-9]*(_[a-z]{2}[a-z0-9]*)*'*$/;
const LABELLED = /^(.*[A-Za-z0-9'])_(0|[1-9][0-9]{0,8})$/;
const INNER = /^[A-Za-z][A-Za-z0-9]*(_[a-z]{2}[a-z0-9]*)*'*(_((0|[1-9][0-9]{0,8})|[A-Z][A-Za-z0-9]*))?$/;
/** The names that equations without one of their own get. */
const GENERATED = /^n[0-9]+$/;

export interface Spelling {
  readonly text: string;
  /** Ends in a number that is a label (`h_1`): it takes no context. */
  readonly labelled: boolean;
}

/** How a name is written where a state stands, or null if the notation cannot. */
export const spell = (name: string): Spelling | null => {
  const adjoint = name.startsWith("^");
  const parts = (adjoint ? name.slice(1) : name).split(".");
  const last = parts.pop() ?? "";
  if (!parts.every((part) => INNER.test(part) && !RESERVED.has(part))) return null;
  if (parts.length === 0 && !adjoint && GENERATED.test(last)) return null;
  const label = LABELLED.exec(last);
  const stem = label?.[1] ?? last;
  return LAST.test(stem) && !RESERVED.has(stem) ? { text: name, labelled: label !== null } : null;
};

export const isGenerated = (ident: string): boolean => GENERATED.test(ident);
export const generated = (id: number): string => `n${String(id)}`;

/** The ops by how equations write them. */
export interface Vocabulary {
  readonly infix: (symbol: string) => AnyOp | null;
  readonly prefix: (symbol: string) => AnyOp | null;
  /** The op that a call of this name means, with so many operands (parameters included) and these attributes. */
  readonly call: (name: string, operands: number, attrs: Attrs) => AnyOp | null;
}

/** Whether an op takes so many operands. */
const takes = (op: AnyOp, operands: number, attrs: Attrs): boolean => {
  const decoded = op.attributes.decode(attrs);
  if (E.isLeft(decoded)) return false;
  const wanted = op.inputs.length + op.params(decoded.right).length;
  return op.variadic ? operands >= wanted : operands === wanted;
};

export const vocabularyOf = (env: Env): Vocabulary => {
  const infix = new Map<string, AnyOp>();
  const prefix = new Map<string, AnyOp>();
  const calls = new Map<string, AnyOp[]>();
  for (const op of env.ops.values()) {
    const { notation } = op;
    if (notation.tag === "infix" && !infix.has(notation.symbol)) infix.set(notation.symbol, op);
    if (notation.tag === "prefix" && !prefix.has(notation.symbol)) prefix.set(notation.symbol, op);
    if (notation.tag !== "call") continue;
    const list = calls.get(notation.name);
    if (list === undefined) calls.set(notation.name, [op]);
    else list.push(op);
  }
  return {
    infix: (symbol) => infix.get(symbol) ?? null,
    prefix: (symbol) => prefix.get(symbol) ?? null,
    call: (name, operands, attrs) => calls.get(name)?.find((op) => takes(op, operands, attrs)) ?? null,
  };
};
