/** Attributes, types, moments and spaces as the notation writes values. */
import { printMoment } from "../extent.js";
import type { Attrs, AttrValue, Domain, Space } from "../program.js";
import type { Interval } from "../time.js";
import type { TensorType } from "../type.js";
import { isWord } from "./words.js";

/** Exact: reading it back gives the same number. */
export const printNumber = (value: number): string => {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0";
  return String(value).replace("e+", "e");
};

/** Characters that have no escape in a string are given by their numbers. */
export const printString = (text: string): string => {
  const plain = !/[^\P{C}\n\t]/u.test(text);
  if (!plain) return `text(${[...Array(text.length).keys()].map((i) => String(text.charCodeAt(i))).join(", ")})`;
  return `"${text.replace(/[\\"\n\t]/g, (c) => (c === "\n" ? "\\n" : c === "\t" ? "\\t" : `\\${c}`))}"`;
};

const isList = (value: AttrValue): value is readonly AttrValue[] => Array.isArray(value);

export const printValue = (value: AttrValue): string => {
  if (value === null) return "none";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return printString(value);
  return isList(value) ? printList(value.map(printValue)) : printCall("record", [], value);
};

export const printList = (items: readonly string[]): string => `[${items.join(", ")}]`;

/** `name(a, b, key=value)`; keys that are no words make one argument `record("key", value, …)`. */
export const printCall = (name: string, operands: readonly string[], attrs: Attrs): string => {
  const entries = Object.entries(attrs);
  const plain = entries.every(([key]) => isWord(key));
  if (plain) return `${name}(${[...operands, ...entries.map(([key, value]) => `${key}=${printValue(value)}`)].join(", ")})`;
  const pairs = entries.map(([key, value]) => `${printString(key)}, ${printValue(value)}`).join(", ");
  return name === "record" ? `record(${pairs})` : `${name}(${[...operands, `record(${pairs})`].join(", ")})`;
};

const printDims = (type: TensorType): string => printList(type.shape.map((d) => (typeof d === "number" ? String(d) : printString(d))));

/** `[64]`, `class(10)`, `int([3])`, `class(10, [3])`, `opaque(0)`. */
export const printTypeValue = (type: TensorType): string => {
  const shape = printDims(type);
  const rest = type.shape.length === 0 ? "" : `, ${shape}`;
  if (typeof type.dtype === "object") return `opaque(${String(type.dtype.opaque)}${rest})`;
  if (type.dtype === "float") return shape;
  return type.classes === null ? `int(${shape})` : `class(${String(type.classes)}${rest})`;
};

export const printInterval = (on: Interval): string => `"${printMoment(on.lower)}..${printMoment(on.upper)}"`;

export const printSpace = (space: Space): string => {
  switch (space.tag) {
    case "rollout":
      return `rollout(${String(space.env)})`;
    case "replay":
      return `replay(${String(space.buffer)})`;
    default:
      return space.tag;
  }
};

/** The interval alone: what a value varies over stands in its own column. */
export const printDomain = (domain: Domain): string => (domain.time === null ? "" : printInterval(domain.time));
