/** Applies functions: a call `f(x, …)` and an arrow `--[f(…)]->` are one mechanism; the arrow's values come before the arguments. */
import * as E from "fp-ts/lib/Either.js";
import type { AnyOp, Attrs, Operand, Span } from "@sequent/ir";
import { invariant, nearest } from "@sequent/ir";
import { ungroup } from "../syntax/tree.js";
import type { Argument, Call, Expr, Name } from "../syntax/tree.js";
import { fillAttributes, givenAttributes } from "./attributes.js";
import {
  arity, attributeConflict, laterFeature, laterParameter, misspeltFunction, notAFunction, notCallable, unknownFunction,
} from "./diagnostics.js";
import { evaluate, operate } from "./evaluate.js";
import type { Value } from "./evaluate.js";
import { applyDefined } from "./inline.js";
import { isCapitalised, printName, referenceOf, stateOf } from "./names.js";
import { useParameters } from "./parameters.js";
import { after, safe } from "./report.js";
import { callable, resolve } from "./resolve.js";
import type { Resolved } from "./resolve.js";
import { CORE, here } from "./session.js";
import type { Frame, Session } from "./session.js";
import { applyTransform } from "./transforms.js";

/** One application by name: values that flow in, what they were written as, then arguments. `value`: it stands in an expression. */
export interface Application {
  readonly name: Name;
  readonly given: readonly Value[];
  readonly sources: readonly Expr[];
  readonly args: readonly Argument[];
  readonly span: Span;
  readonly value: boolean;
}
export type Values = readonly Value[] | null;

export const applyFunction = (s: Session, frame: Frame, e: Expr, given: readonly Value[], sources: readonly Expr[], span: Span): Values => {
  const f = ungroup(e);
  switch (f.tag) {
    case "name":
      return applyNamed(s, frame, { name: f, given, sources, args: [], span: f.span, value: false });
    case "bar": {
      let values: Values = given;
      let written = sources;
      for (const part of f.parts) {
        values = values === null ? null : applyFunction(s, frame, part, values, written, span);
        written = [];
      }
      return values;
    }
    case "call":
      return applyCall(s, frame, f, given, sources);
    case "qualified":
      s.report.problem(laterParameter, "a function within another can't be applied from outside yet", f.span, "qualified");
      return null;
    default:
      s.report.problem(notAFunction, "this is no function", f.span, "a value", { help: "Brackets hold functions; `|` in them composes." });
      return null;
  }
};

const applyCall = (s: Session, frame: Frame, f: Call, given: readonly Value[], sources: readonly Expr[]): Values => {
  if (f.callee.tag === "name") return applyNamed(s, frame, { name: f.callee, given, sources, args: f.args, span: f.span, value: false });
  const more = f.args.map((arg) => evaluate(s, frame, arg.value));
  return applyFunction(s, frame, f.callee, [...given, ...more], sources, f.span);
};

export const applyNamed = (s: Session, frame: Frame, a: Application): Values => {
  const found = resolve(s, frame.functions, a.name);
  switch (found.tag) {
    case "defined":
      return applyDefined(s, frame, found.definition, found.instance, a);
    case "op":
      return isNumber(frame, found, a) ? reportUnknown(s, frame, a) : applyOp(s, frame, found, a);
    case "transform":
      return a.value ? transformValue(s, frame, found, a) : applyTransform(s, frame, found.transform, a);
    case "old":
      return readOld(s, frame, a);
    case "later":
      s.report.problem(laterFeature, `\`${printName(a.name)}\`: ${found.what} come with a later version`, a.name.span, "not yet");
      return null;
    case "unknown":
      return reportUnknown(s, frame, a);
  }
};

/** Is it a number that is called, `G(1 - d)`, where another capitalised name would be `dense`? */
const isNumber = (frame: Frame, found: Extract<Resolved, { tag: "op" }>, a: Application): boolean =>
  a.value && found.declared === null && isCapitalised(a.name) && frame.functions.constants.has(printName(a.name));

const readOld = (s: Session, frame: Frame, a: Application): Values => {
  const [only] = a.args;
  if (only?.name !== null || a.args.length > 1 || a.given.length > 0) {
    s.report.problem(arity, "`old` takes one value, in an expression: `old(A_t)`", a.span, "here");
    return null;
  }
  const value = evaluate(s, frame, only.value);
  return value === null ? null : [{ ...value, old: true }];
};

/** `nograd(e)` of a value is a constant; no other transform takes a value. */
const transformValue = (s: Session, frame: Frame, { transform }: Extract<Resolved, { tag: "transform" }>, a: Application): Values => {
  const [first, ...rest] = a.args;
  const arg = first === undefined ? null : ungroup(first.value);
  const isFunction = arg?.tag === "name" && frame.plan.called.some((name) => printName(name) === printName(arg));
  if (transform.name !== "nograd" || first === undefined || rest.length > 0 || isFunction) {
    s.report.problem(notAFunction, `\`${transform.name}\` takes a function and gives one`, a.span, "not a value", {
      help: `Apply the result: \`${transform.name}(F)(x)\`, or \`x --[${transform.name}(F)]-> y\`.`,
    });
    return null;
  }
  return [operate(s, s.env.ops.get(CORE.detach), [evaluate(s, frame, first.value)], a.span)];
};

const reportUnknown = (s: Session, frame: Frame, { name, args }: Application): null => {
  const written = printName(name);
  const ref = referenceOf(name, frame.plan.timed);
  const [only] = args;
  const isState = ref !== null && (stateOf(frame.plan.states, ref) !== null || frame.plan.reads.some((one) => one.ref.key === ref.key));
  const near = nearest(written, callable(s, frame.functions));
  if (args.length === 1 && only?.name === null && (isState || (near === null && written.length === 1))) {
    s.report.problem(notCallable, `\`${written}\` is no function`, name.span, "called here", {
      help: "A product is written with `*`.",
      fixes: [safe(`write \`${written}*(…)\``, { at: after(name.span), text: "*" })],
    });
  } else if (near === null) {
    s.report.problem(unknownFunction, `there is no function \`${written}\``, name.span, "unknown", {
      help: "A function with parameters of its own has a capital: it is then `dense`, unless declared otherwise.",
    });
  } else {
    s.report.problem(misspeltFunction, `there is no function \`${written}\``, name.span, `did you mean \`${near}\`?`, {
      fixes: [safe(`write \`${near}\``, { at: name.span, text: near })],
    });
  }
  return null;
};

/** The op whose number of inputs fits best: exactly, or with the rest as attributes. */
const choose = (ops: readonly AnyOp[], flowing: number, positional: number): AnyOp | null => {
  const n = flowing + positional;
  let best: AnyOp | null = null;
  for (const op of ops) {
    const inputs = op.inputs.length;
    if (inputs === n || (op.variadic && n >= inputs)) return op;
    const fits = inputs < n && flowing <= inputs && n - inputs <= givenAttributes(op.attributes).length;
    if (fits && (best === null || inputs > best.inputs.length)) best = op;
  }
  return best;
};

const applyOp = (s: Session, frame: Frame, found: Extract<Resolved, { tag: "op" }>, a: Application): Values => {
  const positional = a.args.filter((arg) => arg.name === null);
  const op = choose(found.ops, a.given.length, positional.length);
  const written = printName(a.name);
  if (op === null) {
    const wants = found.ops.map((one) => (one.inputs.length === 0 ? "no value" : `(${one.inputs.join(", ")})`)).join(" or ");
    const n = a.given.length + positional.length;
    s.report.problem(arity, `\`${written}\` takes ${wants}, given ${String(n)} value${n === 1 ? "" : "s"}`, a.span, "here");
    return null;
  }
  const fromArguments = op.variadic ? positional.length : op.inputs.length - a.given.length;
  const data = positional.slice(0, fromArguments);
  const ins = [...a.given, ...data.map((arg) => evaluate(s, frame, arg.value))];
  const rest = a.args.filter((arg) => !data.includes(arg));
  const attrs = fillAttributes(s, frame.functions, written, op.attributes, rest, found.declared?.attrs ?? {}, a.span);
  if (attrs === null) return null;
  const declared = Object.entries(found.declared?.attrs ?? {});
  const differs = declared.some(([key, value]) => JSON.stringify(attrs[key]) !== JSON.stringify(value));
  if (found.declared !== null && differs) {
    s.report.problem(attributeConflict, `\`${written}\` is declared with other attributes`, a.span, "differs here", {
      labels: [{ at: found.declared.span, text: "declared here" }],
    });
    return null;
  }
  return makeOp(s, frame, op, attrs, ins, found.instance, a.span);
};

const makeOp = (s: Session, frame: Frame, op: AnyOp, attrs: Attrs, ins: readonly Value[], instance: string, span: Span): Values => {
  const draws = op.attributes.list.some((one) => one.name === "stream");
  const each = draws && s.stepwise && op.attributes.list.some((one) => one.name === "time") ? { time: true } : {};
  const full = draws ? { ...attrs, ...each, stream: streamOf(s, frame.prefix + instance) } : attrs;
  const decoded = op.attributes.decode(full);
  invariant(E.isRight(decoded), `${op.name}: attributes were decoded before`);
  here(s, span);
  const params = useParameters(s, op, attrs, op.params(decoded.right), frame.prefix + instance, span);
  const operands: Operand[] = [];
  for (const x of ins) if (x !== null) operands.push(x);
  if (params === null || operands.length < ins.length) return null;
  here(s, span);
  const first = s.b.op(op.name, [...operands, ...params], full);
  return Array.from({ length: op.results }, (_, i) => (i === 0 ? first : s.b.pick(first, i)));
};


/** A stream per use of a draw: equal draws at different places differ, and draws elsewhere do not change it. */
const streamOf = (s: Session, name: string): string => {
  const count = (s.streams.get(name) ?? 0) + 1;
  s.streams.set(name, count);
  return `${name}#${String(count)}`;
};
