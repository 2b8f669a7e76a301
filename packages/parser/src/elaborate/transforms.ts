/** Function transforms: `nograd(F)`, `target(Q, every=500)`, `clip_grad(F, c=1)`. */
import type { Attrs, Operand, ParamId, Transform } from "@sequent/ir";
import { ungroup } from "../syntax/tree.js";
import type { Expr } from "../syntax/tree.js";
import { applyFunction } from "./apply.js";
import type { Application, Values } from "./apply.js";
import { fillAttributes } from "./attributes.js";
import { notAFunction } from "./diagnostics.js";
import { printName } from "./names.js";
import { treat } from "./parameters.js";
import type { Frame, Session } from "./session.js";

/** Applies a transformed function to what flows in. A transform may change rules, renew parameters and treat them, each if its record says so. */
export const applyTransform = (s: Session, frame: Frame, transform: Transform, a: Application): Values => {
  const [first, ...rest] = a.args;
  if (first?.name !== null) {
    s.report.problem(notAFunction, `\`${transform.name}\` takes a function`, a.span, "without one", {
      help: `Name it first: \`${transform.name}(F)\`.`,
    });
    return null;
  }
  const attrs = fillAttributes(s, frame.functions, transform.name, transform.attributes, rest, {}, a.span);
  if (attrs === null) return null;
  const { renewals, collectors } = s;
  const touched = new Set<ParamId>();
  if (transform.renew !== null) s.renewals = [...renewals, { transform, attrs }];
  if (transform.treat !== null) s.collectors = [...collectors, touched];
  const changesRules = transform.forward !== null || transform.autodiff !== null || transform.update !== null;
  const values = changesRules
    ? withRules(s, frame, transform, attrs, first.value, a)
    : applyFunction(s, frame, first.value, a.given, a.sources, a.span);
  s.renewals = renewals;
  s.collectors = collectors;
  if (transform.treat !== null) treat(s, transform, attrs, touched, a.span);
  return values;
};

const written = (e: Expr): string => {
  const f = ungroup(e);
  if (f.tag === "name") return printName(f);
  if (f.tag === "bar") return f.parts.map(written).join("|");
  return f.tag === "call" && f.callee.tag === "name" ? printName(f.callee) : "";
};

const withRules = (s: Session, frame: Frame, transform: Transform, attrs: Attrs, of: Expr, a: Application): Values => {
  const outer = s.call;
  const row = {
    instance: frame.prefix + written(of), of: transform.name, parent: outer, formals: formalsOf(a.given.length), ins: known(a.given), outs: [],
    override: { tag: "transform", transform: transform.name, attrs }, span: a.span,
  } as const;
  s.call = s.b.call(row);
  const id = s.call;
  const values = applyFunction(s, frame, of, a.given, a.sources, a.span);
  s.call = outer;
  s.b.setCall(id, { ...row, outs: known(values ?? []) });
  return values;
};

export const known = (values: readonly (Operand | null)[]): readonly Operand[] => values.flatMap((x) => (x === null ? [] : [x]));

/** Names of the formals of a function that has none of its own. */
export const formalsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => (i === 0 ? "x" : `x_${String(i + 1)}`));
