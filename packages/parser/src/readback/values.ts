/** Expressions of printed stages as data: attributes, types, intervals. What is of another form is told, and read as something harmless. */
import { diagnose } from "@sequent/ir";
import type { Attrs, AttrValue, Diagnostic, Dim, Interval, Moment, Space, Span, TensorType } from "@sequent/ir";
import { printTarget } from "../syntax/print.js";
import type { Argument, Call, Expr } from "../syntax/tree.js";
import { ungroup } from "../syntax/tree.js";
import { unreadable } from "./diagnostics.js";

/** The mistakes found so far; the first few are enough. */
export interface Report {
  readonly found: Diagnostic[];
  readonly wrong: (at: Span, message: string) => void;
}

const MOST = 20;
export const createReport = (): Report => {
  const found: Diagnostic[] = [];
  return {
    found,
    wrong: (at, message) => {
      if (found.length < MOST) found.push(diagnose(unreadable, message, [{ at, text: "here" }], { help: "A printed stage is what `--dump` writes." }));
    },
  };
};

/** The name of a call: `tanh`, `core.reshape`. */
export const calleeOf = (call: Call): string => (call.callee.tag === "call" ? "" : printTarget(call.callee));

const isRecordCall = (e: Expr): e is Call => e.tag === "call" && calleeOf(e) === "record";

/** Positional arguments that are no operands, and keys; of keys that are no words, the one argument `record("key", value, …)`. */
export const attrsOf = (args: readonly Argument[], report: Report): Attrs => {
  const attrs: Record<string, AttrValue> = {};
  const set = (key: string, value: AttrValue): void => {
    Object.defineProperty(attrs, key, { value, enumerable: true, configurable: true, writable: true });
  };
  for (const arg of args) {
    if (arg.name !== null) set(arg.name, valueOf(arg.value, report));
    else if (isRecordCall(arg.value)) {
      const pairs = arg.value.args;
      for (let k = 0; k + 1 < pairs.length; k += 2) {
        const key = pairs[k], value = pairs[k + 1];
        if (key !== undefined && value !== undefined) set(stringOf(key.value, report), valueOf(value.value, report));
      }
    }
  }
  return attrs;
};

const recordOf = (call: Call, report: Report): Attrs =>
  call.args.some((arg) => arg.name !== null) ? attrsOf(call.args, report) : attrsOf([{ tag: "argument", name: null, value: call, span: call.span }], report);

const NUMBERS: ReadonlyMap<string, number> = new Map([["nan", NaN], ["inf", Infinity]]);
const WORDS: ReadonlyMap<string, AttrValue> = new Map<string, AttrValue>([["none", null], ["true", true], ["false", false], ...NUMBERS]);

export const valueOf = (e0: Expr, report: Report): AttrValue => {
  const e = ungroup(e0);
  switch (e.tag) {
    case "number":
      return e.value;
    case "string":
      return e.value;
    case "list":
      return e.items.map((item) => valueOf(item, report));
    case "negate": {
      const of = valueOf(e.of, report);
      if (typeof of === "number") return -of;
      break;
    }
    case "name": {
      const word = WORDS.get(printTarget(e));
      if (word !== undefined) return word;
      break;
    }
    case "call":
      if (isRecordCall(e)) return recordOf(e, report);
      if (calleeOf(e) === "text") return stringOf(e, report);
      break;
    default:
  }
  report.wrong(e.span, "expected a value: a number, a string, a word, a list or a record");
  return null;
};

export const numberOf = (e: Expr, report: Report): number => {
  const value = valueOf(e, report);
  if (typeof value === "number") return value;
  report.wrong(e.span, "expected a number");
  return 0;
};

export const stringOf = (e0: Expr, report: Report): string => {
  const e = ungroup(e0);
  if (e.tag === "string") return e.value;
  if (e.tag === "call" && calleeOf(e) === "text") return e.args.map((arg) => String.fromCharCode(numberOf(arg.value, report))).join("");
  report.wrong(e.span, "expected a string");
  return "";
};

/** A bare word, as `weight` in `@param "M.weight" weight`. */
export const wordOf = <A extends string>(e: Expr | undefined, words: readonly A[], at: Span, report: Report): A | null => {
  const text = e?.tag === "name" ? printTarget(e) : null;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  report.wrong(e?.span ?? at, `expected ${words.join(", ")}`);
  return null;
};

/** `init=orthogonal(gain=2)`: a record's name with its attributes. */
export const recordCall = (e: Expr, report: Report): { readonly name: string; readonly attrs: Attrs } => {
  if (e.tag !== "call") {
    report.wrong(e.span, "expected a name with its attributes, as in `adam(lr=0.001)`");
    return { name: "", attrs: {} };
  }
  const name = calleeOf(e);
  const [first, ...rest] = e.args;
  if (name === "op" && first !== undefined) return { name: stringOf(first.value, report), attrs: attrsOf(rest, report) };
  return { name, attrs: attrsOf(e.args, report) };
};

export const itemsOf = (e: Expr, report: Report): readonly Expr[] => {
  if (e.tag === "list") return e.items;
  report.wrong(e.span, "expected a list");
  return [];
};

// Types and times ------------------------------------------------------------------------------------------------------------------

const EXTENT = /^(.+)\.\.(.+)$/;
const dimOf = (e: Expr, report: Report): Dim => {
  if (e.tag === "number") return e.value;
  const text = stringOf(e, report);
  const [, from, to] = EXTENT.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return `${from}..${to}`;
  report.wrong(e.span, "expected a size, or a range of steps as in \"0..t\"");
  return 0;
};
const dimsOf = (e: Expr, report: Report): readonly Dim[] => itemsOf(e, report).map((item) => dimOf(item, report));

/** `[64]`, `int([3])`, `class(10, [3])`, `opaque(0)`. */
export const typeOf = (e: Expr, report: Report): TensorType => {
  if (e.tag === "list") return { shape: dimsOf(e, report), dtype: "float", classes: null };
  if (e.tag === "call") {
    const [first, second] = e.args;
    const shape = second === undefined ? [] : dimsOf(second.value, report);
    if (first !== undefined) {
      if (calleeOf(e) === "int") return { shape: dimsOf(first.value, report), dtype: "int", classes: null };
      if (calleeOf(e) === "class") return { shape, dtype: "int", classes: numberOf(first.value, report) };
      if (calleeOf(e) === "opaque") return { shape, dtype: { opaque: numberOf(first.value, report) }, classes: null };
    }
  }
  report.wrong(e.span, "expected a type, as in `[64]` or `class(10)`");
  return { shape: [], dtype: "float", classes: null };
};

const MOMENT = /^(?:([tT])([+-]\d+)?|(-?\d+))$/;
const momentOf = (text: string): Moment | null => {
  const m = MOMENT.exec(text);
  if (m === null) return null;
  const [, from, plus, absolute] = m;
  if (from === "t" || from === "T") return { from, plus: Number(plus ?? "0") };
  return { from: "0", plus: Number(absolute) };
};

/** `"0..T-1"`. */
export const intervalOf = (e: Expr, report: Report): Interval => {
  const [, a, b] = EXTENT.exec(stringOf(e, report)) ?? [];
  const lower = momentOf(a ?? ""), upper = momentOf(b ?? "");
  if (lower !== null && upper !== null) return { lower, upper };
  report.wrong(e.span, "expected an interval of steps, as in \"0..T\"");
  return { lower: { from: "0", plus: 0 }, upper: { from: "T", plus: 0 } };
};

/** `static`, `data`, `rollout(0)`, `replay(1)`. */
export const spaceOf = (e: Expr | undefined, at: Span, report: Report): Space => {
  if (e?.tag === "call") {
    const id = e.args[0] === undefined ? 0 : numberOf(e.args[0].value, report);
    if (calleeOf(e) === "rollout") return { tag: "rollout", env: id };
    if (calleeOf(e) === "replay") return { tag: "replay", buffer: id };
  }
  const word = wordOf(e, ["static", "data"], at, report);
  return { tag: word ?? "static" };
};
