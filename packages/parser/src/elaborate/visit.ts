/** Finds the names in an expression, knowing where a value stands and where a function does. Recursion follows one expression only. */
import { ungroup } from "../syntax/tree.js";
import type { Adjoint, Argument, Call, Expr, Name } from "../syntax/tree.js";

export interface Visitor {
  readonly data: (name: Name) => void;
  readonly called: (name: Name) => void;
  readonly adjoint: (adjoint: Adjoint) => void;
  /** Does the name mean a transform, so that its first argument is a function? */
  readonly isTransform: (name: Name) => boolean;
}

export const visitValue = (e: Expr, v: Visitor): void => {
  switch (e.tag) {
    case "name":
      { v.data(e); return; }
    case "adjoint":
      { v.adjoint(e); return; }
    case "call":
      if (e.callee.tag === "name") v.called(e.callee);
      else visitFunction(e.callee, v);
      { visitArguments(e.args, v); return; }
    case "index":
      visitValue(e.of, v);
      for (const at of e.at) {
        if (at.tag !== "slice") visitValue(at, v);
        else for (const end of [at.from, at.to]) if (end !== null) visitValue(end, v);
      }
      return;
    case "power":
      visitValue(e.base, v);
      { visitValue(e.exponent, v); return; }
    case "negate":
    case "group":
      { visitValue(e.of, v); return; }
    case "infix":
      visitValue(e.first, v);
      for (const { right } of e.rest) visitValue(right, v);
      return;
    case "bar":
      for (const part of e.parts) visitValue(part, v);
      return;
    case "list":
      for (const item of e.items) visitValue(item, v);
      return;
    case "number":
    case "string":
    case "qualified":
      return;
  }
};

const visitArguments = (args: readonly Argument[], v: Visitor): void => {
  for (const arg of args) visitValue(arg.value, v);
};

export const visitFunction = (e: Expr, v: Visitor): void => {
  const f = ungroup(e);
  if (f.tag === "name") v.called(f);
  else if (f.tag === "bar") for (const part of f.parts) visitFunction(part, v);
  else if (f.tag === "call") visitCalled(f, v);
};

const visitCalled = (f: Call, v: Visitor): void => {
  if (f.callee.tag === "name") {
    v.called(f.callee);
    const [first, ...rest] = f.args;
    if (first !== undefined && first.name === null && v.isTransform(f.callee)) {
      visitFunction(first.value, v);
      visitArguments(rest, v); return;
    }
  } else visitFunction(f.callee, v);
  visitArguments(f.args, v);
};
