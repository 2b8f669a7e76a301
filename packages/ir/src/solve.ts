/** Types at one use of an op, on the same store as whole-program inference. */
import * as E from "fp-ts/lib/Either.js";
import type { AnyOp } from "./op.js";
import type { TypeVar } from "./solver.js";
import { createStore } from "./solve/store.js";
import type { Clash, Store } from "./solve/store.js";
import type { Context } from "./time.js";
import type { Dim, TensorType } from "./type.js";
import { extentOf } from "./extent.js";

export * from "./solve/store.js";
export * from "./solve/join.js";

/** The type of what a context reads of a value of this type: a range stacks a leading axis, its transpose takes it away. */
export const readType = (type: TensorType, at: Context): TensorType => {
  if (at.tag === "range") return { ...type, shape: [extentOf(at.on), ...type.shape] };
  if (at.tag === "fan") return { ...type, shape: type.shape.slice(1) };
  return type;
};

const clashText = (clash: Clash): string =>
  clash.tag === "rule" ? clash.texts.join("") : `${clash.texts.join(" and ")} differ${clash.tag === "classes" ? " in classes" : ""}`;

/** Runs one rule on a store of its own until it has nothing more to say. */
const runRule = (s: Store, op: AnyOp, ins: readonly TypeVar[], outs: readonly TypeVar[], attrs: unknown): string | null => {
  if (!op.type(s, ins, outs, attrs)) {
    // Its own statements may have told it more: a second turn; then neighbours decide.
    s.setLast(true);
    op.type(s, ins, outs, attrs);
  }
  const clash = s.clashes[0];
  return clash === undefined ? null : clashText(clash);
};

/** The type that a variable has come to, or null while a size of it is unknown; an unknown dtype is float. */
export const solvedType = (s: Store, v: TypeVar): TensorType | null => {
  const dims = s.dims(v);
  if (dims === null) return null;
  const shape: Dim[] = [];
  for (const d of dims) {
    const value = s.valueOf(d);
    if (value === null) return null;
    shape.push(value);
  }
  const dtype = s.dtype(v) ?? "float";
  const classes = dtype === "int" ? s.valueOf(s.classes(v)) : null;
  return { shape, dtype, classes: typeof classes === "number" ? classes : null };
};

/**
 * The types of an op's results from those of all its inputs, parameters included; attributes are decoded.
 * Left: what does not fit, or that the inputs do not determine the result.
 */
export const typesOf = (op: AnyOp, ins: readonly TensorType[], attrs: unknown): E.Either<string, readonly TensorType[]> => {
  const s = createStore();
  const outs = Array.from({ length: op.results }, () => s.fresh());
  const wrong = runRule(s, op, ins.map(s.known), outs, attrs);
  if (wrong !== null) return E.left(wrong);
  const types: TensorType[] = [];
  for (const out of outs) {
    const type = solvedType(s, out);
    if (type === null) return E.left(`its operands do not determine its shape ${s.textOf(out)}`);
    types.push(type);
  }
  return E.right(types);
};

/** What is wrong with these types at one use of an op; null if they fit. */
export const misfit = (op: AnyOp, ins: readonly TensorType[], outs: readonly TensorType[], attrs: unknown): string | null => {
  const s = createStore();
  return runRule(s, op, ins.map(s.known), outs.map(s.known), attrs);
};
