/** Elaborates expressions that are values. Null stands for what an error has been reported of. */
import type { AnyOp, Context, Moment, Operand, Span } from "@sequent/ir";
import { invariant, moment, nearest, NOW, read } from "@sequent/ir";
import { stem, ungroup } from "../syntax/tree.js";
import type { Adjoint, Call, Expr, Index, Infix, Name, Slice } from "../syntax/tree.js";
import { applyFunction, applyNamed } from "./apply.js";
import { numberOf } from "./attributes.js";
import { badGradient, laterAdjoint, laterParameter, notAFunction, tooLarge, unboundInMacro } from "./diagnostics.js";
import { isStep, printName, referenceOf, stateOf, timedKey } from "./names.js";
import type { Place, Reference } from "./names.js";
import type { State } from "./plan.js";
import { safe } from "./report.js";
import { CORE, here } from "./session.js";
import type { Frame, Session } from "./session.js";

export type Value = Operand | null;

/** Expressions within expressions, through all macros on the way, at one time. */
const MAX_NESTING = 1200;

export const evaluate = (s: Session, frame: Frame, e: Expr): Value => {
  if (s.depth >= MAX_NESTING) {
    s.report.problem(tooLarge, "expressions and macros are nested too deeply", e.span, "here");
    return null;
  }
  s.depth += 1;
  const value = evaluateExpr(s, frame, e);
  s.depth -= 1;
  return value;
};

/** A list of values; one call alone gives all its results. */
export const evaluateAll = (s: Session, frame: Frame, list: readonly Expr[]): readonly Value[] => {
  const [only] = list;
  if (list.length === 1 && only !== undefined) {
    const call = ungroup(only);
    if (call.tag === "call") return evaluateCall(s, frame, call) ?? [];
  }
  return list.map((e) => evaluate(s, frame, e));
};

const evaluateExpr = (s: Session, frame: Frame, e: Expr): Value => {
  switch (e.tag) {
    case "number":
      here(s, e.span);
      return s.b.constant(e.value);
    case "string":
      s.report.problem(notAFunction, "a text is no value", e.span, "only directives take texts");
      return null;
    case "name":
      return readName(s, frame, e);
    case "qualified":
      s.report.problem(laterParameter, `\`${e.parts.map(printName).join(".")}\`: parameters can't be read as values yet`, e.span, "a parameter");
      return null;
    case "adjoint":
      return readAdjoint(s, frame, e);
    case "call":
      return evaluateCall(s, frame, e)?.[0] ?? null;
    case "index":
      return evaluateIndex(s, frame, e);
    case "power":
      return operate(s, s.lookup.infix.get("^"), [evaluate(s, frame, e.base), evaluate(s, frame, e.exponent)], e.span);
    case "negate":
      return negate(s, frame, e.of, e.span);
    case "infix":
      return evaluateInfix(s, frame, e);
    case "bar":
      return operate(s, s.lookup.infix.get("|"), e.parts.map((part) => evaluate(s, frame, part)), e.span);
    case "list":
      return operate(s, s.lookup.infix.get("|"), e.items.map((item) => evaluate(s, frame, item)), e.span);
    case "group":
      return evaluate(s, frame, e.of);
  }
};

/** An op of the notation itself, on operands that may be missing. */
export const operate = (s: Session, op: AnyOp | undefined, ins: readonly Value[], span: Span, attrs = {}): Value => {
  invariant(op !== undefined, "the ops lack one that the notation needs");
  const operands: Operand[] = [];
  for (const x of ins) {
    if (x === null) return null;
    operands.push(x);
  }
  here(s, span);
  return s.b.op(op.name, operands, attrs);
};

const negate = (s: Session, frame: Frame, of: Expr, span: Span): Value => {
  const inner = ungroup(of);
  if (inner.tag !== "number") return operate(s, s.lookup.prefix.get("-"), [evaluate(s, frame, of)], span);
  here(s, span);
  return s.b.constant(-inner.value);
};

const evaluateInfix = (s: Session, frame: Frame, e: Infix): Value => {
  let value = evaluate(s, frame, e.first);
  for (const { op, right } of e.rest) {
    const next = evaluate(s, frame, right);
    const span = right.span.to === e.span.to ? e.span : { ...e.span, to: right.span.to };
    value = operate(s, s.lookup.infix.get(op), [value, next], span);
  }
  return value;
};

const evaluateCall = (s: Session, frame: Frame, call: Call): readonly Value[] | null => {
  const { callee, args, span } = call;
  if (callee.tag === "name") return applyNamed(s, frame, { name: callee, given: [], sources: [], args, span, value: true });
  const written = args.map((arg) => arg.value);
  return applyFunction(s, frame, callee, written.map((e) => evaluate(s, frame, e)), written, span);
};

/** Indices stand for the last axes; they are taken from the right, so that those to the left keep their count from the end. */
const evaluateIndex = (s: Session, frame: Frame, e: Index): Value => {
  let value = evaluate(s, frame, e.of);
  let axis = -1;
  for (const at of [...e.at].reverse()) {
    if (at.tag === "slice") {
      value = sliceOf(s, frame, value, at, axis, e.span);
      axis -= 1;
    } else {
      const attrs = axis === -1 ? {} : { axis };
      const number = numberOf(at, frame.functions);
      // From the end: the first element of what starts there.
      const behind = number !== null && Number.isInteger(number) && number < 0;
      if (behind) value = operate(s, s.env.ops.get(CORE.slice), [value], e.span, { from: number, ...attrs });
      const index = behind ? s.b.constant(0) : number === null ? evaluate(s, frame, at) : s.b.constant(number);
      value = operate(s, s.env.ops.get(CORE.index), [value, index], e.span, attrs);
    }
  }
  return value;
};

const sliceOf = (s: Session, frame: Frame, value: Value, slice: Slice, axis: number, span: Span): Value => {
  if (slice.from === null && slice.to === null) return value;
  const end = (e: Expr | null): number | null | undefined => {
    if (e === null) return null;
    const number = numberOf(e, frame.functions);
    if (number !== null && Number.isInteger(number)) return number;
    s.report.problem(notAFunction, "a slice has known ends", e.span, "not a known integer");
    return undefined;
  };
  const from = end(slice.from), to = end(slice.to);
  if (from === undefined || to === undefined) return null;
  const attrs = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }), ...(axis === -1 ? {} : { axis }) };
  return operate(s, s.env.ops.get(CORE.slice), [value], span, attrs);
};

const readName = (s: Session, frame: Frame, name: Name): Value => {
  here(s, name.span);
  if (isStep(name)) return stepNumber(s, frame, name);
  if (frame.closed) return readConstant(s, frame, name);
  const formal = frame.plan.formals.length === 0 ? undefined : frame.plan.formalAt.get(printName(name));
  if (formal !== undefined) return earlierOrNull(frame.formals[formal] ?? null, frame.later);
  const ref = referenceOf(name, frame.plan.timed);
  if (ref === null) return null; // reported by the plan
  const state = stateOf(frame.plan.states, ref);
  if (state !== null) return readState(s, frame, state, ref.place, name.span);
  if (frame.prefix === "") return earlierOrNull(readInput(s, ref, name), ref.key === timedKey(ref.label) ? frame.later : 0);
  const formals = frame.plan.formals.map((one) => `\`${printName(one)}\``).join(", ");
  // Names of one letter are all one edit apart.
  const known = stem(name).length > 1 ? [...frame.plan.formals.map(printName), ...[...frame.plan.states.values()].flatMap((one) => one.equations.map(({ target }) => printName(target)))] : [];
  const near = nearest(printName(name), known);
  s.report.problem(unboundInMacro, `\`${printName(name)}\` is not known in this macro`, name.span, near === null ? "neither a formal nor defined here" : `did you mean \`${near}\`?`, {
    fixes: near === null ? [] : [safe(`write \`${near}\``, { at: name.span, text: near })],
    help: `A macro sees its formals, whole with their contexts (${formals || "it has none"}), and what it defines. Pass what else it needs.`,
  });
  return null;
};

/** A value read some steps before. */
export const earlier = (x: Operand, by: number): Operand => {
  if (by === 0) return x;
  const back = (m: Moment): Moment => (m.from === "t" ? moment("t", m.plus - by) : m);
  if (x.at.tag === "at") return { ...x, at: { tag: "at", time: back(x.at.time) } };
  if (x.at.tag === "range") return { ...x, at: { tag: "range", on: { lower: back(x.at.on.lower), upper: back(x.at.on.upper) } } };
  return x;
};
const earlierOrNull = (x: Value, by: number): Value => (x === null ? null : earlier(x, by));

/** `t`; in an equation for a later step, counted from there. */
const stepNumber = (s: Session, frame: Frame, name: Name): Value => {
  const t = s.b.op(CORE.time, []);
  return frame.later === 0 ? t : operate(s, s.lookup.infix.get("-"), [t, s.b.constant(frame.later)], name.span);
};

/** A composed function reads no states, but knows constants. */
const readConstant = (s: Session, frame: Frame, name: Name): Value => {
  const value = numberOf(name, frame.functions);
  if (value !== null) return s.b.constant(value);
  s.report.problem(unboundInMacro, `\`${printName(name)}\` is not known in a composed function`, name.span, "a state", {
    help: "A composed function reads what flows through it, and known numbers. Write a macro, and pass the rest.",
  });
  return null;
};

const PLAIN: Place = { tag: "plain" };

const contextOf = (place: Place): Context => (place.tag === "plain" ? NOW : place);

/** A read, with its place in the text. */
const readAt = (node: number, place: Place, span: Span): Operand => ({ node, at: contextOf(place), old: false, span });

const readState = (s: Session, frame: Frame, state: State, place: Place, span: Span): Value => {
  const varies = state.equations[0]?.holds.tag !== "plain" || frame.plan.lifted.has(state.key);
  const row = rowOf(s, frame, state);
  return row === null ? null : varies ? earlier(readAt(row, place, span), frame.later) : readAt(row, PLAIN, span);
};

/** The row of a state, reserved if it is not computed yet. */
export const rowOf = (s: Session, frame: Frame, state: State): number | null => {
  const made = frame.states.get(state.key);
  if (made !== undefined) return made;
  const row = frame.reserved.get(state.key) ?? s.b.reserve();
  frame.reserved.set(state.key, row);
  return row;
};

const readInput = (s: Session, ref: Reference, name: Name): Value => {
  const time = ref.key === timedKey(ref.label);
  const known = s.inputs.get(ref.key);
  const node = known?.node ?? s.b.node(time ? { tag: "input", name: ref.label, time } : { tag: "input", name: ref.label });
  if (known === undefined) {
    s.inputs.set(ref.key, { node, time, span: name.span, called: ref.label });
    s.b.name(read(node), ref.label, null);
  }
  return readAt(node, ref.place, name.span);
};

const readAdjoint = (s: Session, frame: Frame, e: Adjoint): Value => {
  const of = e.of.tag === "name" ? printName(e.of) : e.of.parts.map(printName).join(".");
  const seed = frame.seeds.get(of);
  if (seed !== undefined) return seed;
  if (frame.plan.gradients.length > 0 && frame.prefix !== "") {
    s.report.problem(badGradient, `\`^${of}\` is no gradient that a custom gradient can read`, e.span, "not a result of this macro");
  } else s.report.problem(laterAdjoint, `\`^${of}\` can't be read as a value yet`, e.span, "a gradient");
  return null;
};

