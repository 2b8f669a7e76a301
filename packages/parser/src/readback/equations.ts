/** The lines that are equations: names and contexts to reads, calls to ops. */
import { FORMS, LITERAL, NOW } from "@sequent/ir";
import type { AttrValue, Context, Env, Interval, Node, NodeId, Operand, OpName, Piece, Span, Vocabulary } from "@sequent/ir";
import { printTarget } from "../syntax/print.js";
import type { Argument, Call, Expr, Name, Target, Time } from "../syntax/tree.js";
import { ungroup } from "../syntax/tree.js";
import type { Report } from "./values.js";
import { attrsOf, calleeOf, intervalOf, numberOf, stringOf, valueOf } from "./values.js";

/** What equations and tables are looked up in. */
export interface Scope {
  readonly env: Env;
  readonly words: Vocabulary;
  readonly report: Report;
  readonly nodes: ReadonlyMap<string, NodeId>;
  readonly params: ReadonlyMap<string, number>;
}

interface Reference {
  readonly ident: string;
  readonly context: Context;
}

const momentOf = ({ origin, offset }: Time): Interval["lower"] => ({ from: origin, plus: offset });

/** The last name of a target with its context apart; the rest as it is written. */
const split = (t: Target): Reference => {
  const inner = t.tag === "adjoint" ? t.of : t;
  const last = inner.tag === "qualified" ? inner.parts.at(-1) : inner;
  const sub = last?.subscript ?? null;
  if (last === undefined || sub === null || sub.tag === "instance") return { ident: printTarget(t), context: NOW };
  const bare: Name = { ...last, subscript: null };
  const stripped = inner.tag === "qualified" ? { ...inner, parts: [...inner.parts.slice(0, -1), bare] } : bare;
  const ident = printTarget(t.tag === "adjoint" ? { ...t, of: stripped } : stripped);
  if (sub.tag === "range") return { ident, context: { tag: "range", on: { lower: momentOf(sub.from), upper: momentOf(sub.to) } } };
  return { ident, context: { tag: "at", time: momentOf(sub.time) } };
};

/** The name that a target defines: whole if it ends in a label (`h_1`), without `_t` else. */
export const identOf = (t: Target): string => {
  const { ident, context } = split(t);
  return context.tag === "at" && context.time.from === "t" ? ident : printTarget(t);
};

const isTarget = (e: Expr): e is Target => e.tag === "name" || e.tag === "qualified" || e.tag === "adjoint";

const READ: Operand = { node: 0, at: NOW, old: false };

/** `h_{t-1}`, `old(x)`, `all(x)`, `fan(g_t, x_{t-2..t})`. */
export const operandOf = (e0: Expr, scope: Scope): Operand => {
  const e = ungroup(e0);
  if (isTarget(e)) {
    const whole = scope.nodes.get(printTarget(e));
    if (whole !== undefined) return { node: whole, at: NOW, old: false };
    const { ident, context } = split(e);
    const node = scope.nodes.get(ident);
    if (node !== undefined) return { node, at: context, old: false };
    scope.report.wrong(e.span, `nothing defines ${ident}`);
    return READ;
  }
  const [first] = e.tag === "call" ? e.args : [];
  if (e.tag !== "call" || first === undefined) {
    scope.report.wrong(e.span, "expected a state");
    return READ;
  }
  return wrapped(e, operandOf(first.value, scope), scope);
};

const wrapped = (e: Call, of: Operand, scope: Scope): Operand => {
  switch (calleeOf(e)) {
    case "old":
      return { ...of, old: true };
    case "fan":
      {
        const source = e.args[1] === undefined ? null : operandOf(e.args[1].value, scope);
        if (source?.at.tag === "range") return { ...of, at: { tag: "fan", of: source.node, range: source.at.on } };
      }
      break;
    case "all": {
      const over = e.args[1];
      const axes = over === undefined ? "both" : stringOf(over.value, scope.report);
      if (axes === "both" || axes === "time" || axes === "batch") return { ...of, at: { tag: "over", axes } };
      break;
    }
    default:
  }
  scope.report.wrong(e.span, `${calleeOf(e)} is no way of reading a state`);
  return READ;
};

/** A row by its name alone. */
export const nodeOf = (e: Expr, scope: Scope): NodeId => operandOf(e, scope).node;

const isOpName = (name: string): name is OpName => name.includes(".");

/** Arguments that are operands: all but keys and the record of keys that are no words. */
const operandsIn = (args: readonly Argument[], scope: Scope): readonly Operand[] =>
  args.flatMap(({ name, value }) => (name !== null || (value.tag === "call" && calleeOf(value) === "record") ? [] : [operandOf(value, scope)]));

const opNode = (op: OpName, args: readonly Argument[], scope: Scope): Node =>
  ({ tag: "op", op, attrs: attrsOf(args, scope.report), ins: operandsIn(args, scope) });

const NOTHING: Node = { tag: "sum", pieces: [] };

const pieceOf = (e: Expr, scope: Scope): Piece => {
  const [on, value] = e.tag === "call" && calleeOf(e) === "on" ? e.args : [];
  if (on === undefined || value === undefined) return { on: null, value: operandOf(e, scope) };
  return { on: intervalOf(on.value, scope.report), value: operandOf(value.value, scope) };
};

const formOf = (name: string, call: Call, scope: Scope): Node => {
  const [first, second] = call.args;
  const { report } = scope;
  if (name === "cases" || name === "terms") {
    return { tag: name === "cases" ? "cases" : "sum", pieces: call.args.map((arg) => pieceOf(arg.value, scope)) };
  }
  if (first !== undefined) {
    if (name === "input") {
      const input = stringOf(first.value, report);
      return second === undefined ? { tag: "input", name: input } : { tag: "input", name: input, time: true };
    }
    if (name === "param") return { tag: "param", param: paramOf(first.value, scope) };
    if (name === "pick" && second !== undefined) return { tag: "pick", of: nodeOf(first.value, scope), result: numberOf(second.value, report) };
    if (name === "op") {
      const op = stringOf(first.value, report);
      if (isOpName(op)) return opNode(op, call.args.slice(1), scope);
    }
  }
  report.wrong(call.span, `${name} is no equation of this form`);
  return NOTHING;
};

export const paramOf = (e: Expr, scope: Scope): number => {
  const name = stringOf(e, scope.report);
  const id = scope.params.get(name);
  if (id === undefined) scope.report.wrong(e.span, `there is no parameter ${name}`);
  return id ?? 0;
};

const callNode = (call: Call, scope: Scope): Node => {
  const name = calleeOf(call);
  if (FORMS.has(name)) return formOf(name, call, scope);
  if (isOpName(name)) return opNode(name, call.args, scope);
  const attrs = attrsOf(call.args, scope.report);
  const ins = operandsIn(call.args, scope);
  const op = scope.words.call(name, ins.length, attrs);
  if (op !== null) return { tag: "op", op: op.name, attrs, ins };
  scope.report.wrong(call.span, `no op is written ${name}(…) with ${String(ins.length)} operands and these attributes`);
  return NOTHING;
};

const infixNode = (symbol: string, operands: readonly Expr[], at: Span, scope: Scope): Node => {
  const op = operands.length === 1 ? scope.words.prefix(symbol) : scope.words.infix(symbol);
  if (op === null) scope.report.wrong(at, `no op is written ${symbol}`);
  return op === null ? NOTHING : { tag: "op", op: op.name, attrs: {}, ins: operands.map((e) => operandOf(e, scope)) };
};

/** The equation whose right side this is. */
export const nodeFrom = (e: Expr, scope: Scope): Node => {
  const literal = (value: AttrValue): Node => ({ tag: "op", op: LITERAL, attrs: { value }, ins: [] });
  switch (e.tag) {
    case "number":
      return literal(e.value);
    case "negate":
      return e.of.tag === "number" ? literal(valueOf(e, scope.report)) : infixNode("-", [e.of], e.span, scope);
    case "power":
      return infixNode("^", [e.base, e.exponent], e.span, scope);
    case "infix": {
      const [only] = e.rest;
      if (e.rest.length === 1 && only !== undefined) return infixNode(only.op, [e.first, only.right], e.span, scope);
      break;
    }
    case "call":
      return callNode(e, scope);
    case "bar":
      return infixNode("|", e.parts, e.span, scope);
    default:
  }
  scope.report.wrong(e.span, "expected one operation on states");
  return NOTHING;
};
