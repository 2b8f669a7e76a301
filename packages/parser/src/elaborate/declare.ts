/** Declarations of data: `X : [784]`, `y : class[10]`, `z : class[10][28]`. */
import type { Declared, NodeId, Span } from "@sequent/ir";
import { nearest } from "@sequent/ir";
import type { Declaration, Expr, Name, Type } from "../syntax/tree.js";
import { numberOf } from "./attributes.js";
import { badType, misspeltType } from "./diagnostics.js";
import { safe } from "./report.js";
import type { Functions, Session } from "./session.js";

type DataType = Pick<Declared, "shape" | "dtype" | "classes">;

/** The type that a declaration states; null after an error. */
export const dataType = (s: Session, functions: Functions, type: Type): DataType | null => {
  if (type.tag === "shape") return shaped(s, functions, type.sizes, "float");
  const args = type.args?.map((arg) => arg.value) ?? null;
  if (type.shape !== null && (type.name === "float" || type.name === "int")) {
    s.report.problem(badType, `\`${type.name}\` has its shape in one pair of brackets`, type.shape.span, "a second shape");
    return null;
  }
  switch (type.name) {
    case "class": {
      const sizes = sizesOf(s, functions, args ?? []);
      const [classes] = sizes ?? [];
      const shape = type.shape === null ? [] : sizesOf(s, functions, type.shape.sizes);
      if (shape === null) return null;
      if (classes !== undefined && sizes?.length === 1) return { shape, dtype: "int", classes };
      if (sizes !== null) s.report.problem(badType, "`class` has one size, the number of classes", type.span, "here");
      return null;
    }
    case "float":
    case "int":
      return args === null ? { shape: null, dtype: type.name, classes: null } : shaped(s, functions, args, type.name);
    default:
      return reportUnknown(s, type.name, type.span);
  }
};

const shaped = (s: Session, functions: Functions, args: readonly Expr[], dtype: "float" | "int"): DataType | null => {
  const shape = sizesOf(s, functions, args);
  return shape === null ? null : { shape, dtype, classes: null };
};

const sizesOf = (s: Session, functions: Functions, args: readonly Expr[]): readonly number[] | null => {
  const sizes: number[] = [];
  for (const arg of args) {
    const size = numberOf(arg, functions);
    if (size === null || !Number.isInteger(size) || size < 1) {
      s.report.problem(badType, "a size is a positive integer", arg.span, "not one");
      return null;
    }
    sizes.push(size);
  }
  return sizes;
};

const reportUnknown = (s: Session, name: string, span: Span): null => {
  const known = ["class", "float", "int", ...s.lookup.calls.keys()];
  const near = nearest(name, known);
  const at = { ...span, to: span.from + name.length };
  if (near === null) s.report.problem(badType, `there is no type or function \`${name}\``, at, "unknown");
  else {
    s.report.problem(misspeltType, `there is no type or function \`${name}\``, at, `did you mean \`${near}\`?`, {
      fixes: [safe(`write \`${near}\``, { at, text: near })],
    });
  }
  return null;
};

/** A row for each state of the name, with time and without: all contexts have one type. */
export const declare = (
  s: Session, functions: Functions, declarations: readonly Declaration[], nodesOf: (name: Name) => readonly NodeId[],
): readonly Declared[] => {
  const rows: Declared[] = [];
  for (const { names, type } of declarations) {
    const data = dataType(s, functions, type);
    if (data === null) continue;
    const own = names.length === 1 ? { written: type.span } : {};
    for (const name of names) for (const node of nodesOf(name)) rows.push({ node, ...data, span: name.span, ...own });
  }
  return rows;
};

