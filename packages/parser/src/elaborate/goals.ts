/** Training statements and metrics. */
import type { Attrs, Metric, Objective, Operand } from "@sequent/ir";
import { nearest } from "@sequent/ir";
import { ungroup } from "../syntax/tree.js";
import type { Argument, Directive, Expr } from "../syntax/tree.js";
import { fillAttributes } from "./attributes.js";
import { badDirective, badLoss, misspeltLoss, results } from "./diagnostics.js";
import { evaluate, evaluateAll, operate } from "./evaluate.js";
import type { Value } from "./evaluate.js";
import { printName } from "./names.js";
import type { Goal } from "./plan.js";
import { safe } from "./report.js";
import { here } from "./session.js";
import type { Frame, Session } from "./session.js";

const MATCH = "match";

export const objectivesOf = (s: Session, frame: Frame, goals: readonly Goal[]): readonly Objective[] =>
  goals.flatMap((goal): readonly Objective[] => {
    const { span } = goal.statement;
    const base = { text: labelOf(s, goal), value: null, mean: null, span };
    s.stepwise = goal.readsTime;
    const from = goal.from.length === 0 ? [] : evaluateAll(s, frame, goal.from);
    if (goal.tag === "ascend") {
      const objective = evaluate(s, frame, goal.objective);
      const starts = from.flatMap((x) => (x === null ? [] : [x]));
      return objective === null || starts.length < from.length ? [] : [{ ...base, tag: "ascend", from: starts, objective }];
    }
    return matches(s, frame, goal, from).map((one) => ({ ...base, tag: "match", ...one }));
  });


/** What a training statement is called in reports: from the value that is trained on, `p => one_hot(y)`, in one line. */
const labelOf = (s: Session, goal: Goal): string => {
  const { span } = goal.statement;
  const from = goal.from[0]?.span.from ?? span.from;
  return s.text.slice(from, span.to).replace(/#[^\n]*/g, "").replace(/\s+/g, " ").trim();
};

interface Pair {
  readonly from: Operand;
  readonly target: Operand;
  readonly loss: { readonly name: string; readonly attrs: Attrs };
  readonly weight: Operand | null;
}

const matches = (s: Session, frame: Frame, goal: Extract<Goal, { tag: "match" }>, from: readonly Value[]): readonly Pair[] => {
  const targets = evaluateAll(s, frame, goal.wanted);
  const chosen = goal.loss === null ? { loss: { name: MATCH, attrs: {} }, weight: null } : lossOf(s, frame, goal.loss);
  if (from.length !== targets.length && from.length > 0 && targets.length > 0) {
    const message = `${String(from.length)} values toward ${String(targets.length)} targets`;
    s.report.problem(results, message, goal.statement.span, "in this statement");
    return [];
  }
  return from.flatMap((value, i) => {
    const target = targets[i] ?? null;
    return value === null || target === null || chosen === null ? [] : [{ from: value, target, ...chosen }];
  });
};

interface Factor {
  readonly op: "*" | "/";
  readonly of: Expr;
}

/** The factors of a product; null for anything else. */
const factorsOf = (e: Expr): readonly Factor[] | null => {
  const product = ungroup(e);
  if (product.tag !== "infix") return [{ op: "*", of: product }];
  const factors: Factor[] = [...(factorsOf(product.first) ?? [])];
  for (const { op, right } of product.rest) {
    if (op !== "*" && op !== "/") return null;
    const inner = factorsOf(right);
    if (op === "*" && inner !== null) factors.push(...inner);
    else factors.push({ op, of: right });
  }
  return factors;
};

const lossName = (e: Expr): { readonly name: string; readonly args: readonly Argument[] } | null => {
  const loss = ungroup(e);
  if (loss.tag === "name") return { name: printName(loss), args: [] };
  return loss.tag === "call" && loss.callee.tag === "name" ? { name: printName(loss.callee), args: loss.args } : null;
};

/** Exactly one loss, times an optional weight. */
const lossOf = (s: Session, frame: Frame, e: Expr): Pick<Pair, "loss" | "weight"> | null => {
  const factors = factorsOf(e);
  const isLoss = (factor: Factor): boolean => factor.op === "*" && isKnown(s, lossName(factor.of)?.name ?? "");
  const losses = factors?.filter(isLoss) ?? [];
  const [one] = losses;
  const called = one === undefined ? null : lossName(one.of);
  if (factors === null || one === undefined || called === null || losses.length > 1) {
    reportLoss(s, e, factors ?? [], losses.length);
    return null;
  }
  const record = s.env.losses.get(called.name);
  const attrs = record === undefined ? {} : fillAttributes(s, frame.functions, called.name, record.attributes, called.args, {}, e.span);
  let weight: Value = null;
  for (const factor of factors) {
    if (factor === one) continue;
    const value = evaluate(s, frame, factor.of);
    here(s, e.span);
    if (weight === null && factor.op === "*") weight = value;
    else weight = operate(s, s.lookup.infix.get(factor.op), [weight ?? s.b.constant(1), value], e.span);
    if (weight === null) return null;
  }
  return attrs === null ? null : { loss: { name: called.name, attrs }, weight };
};

const isKnown = (s: Session, name: string): boolean => name === MATCH || s.env.losses.has(name);

const reportLoss = (s: Session, e: Expr, factors: readonly Factor[], found: number): void => {
  const known = [MATCH, ...s.env.losses.keys()];
  if (found === 0) {
    for (const { of } of factors) {
      const called = lossName(of);
      const near = called === null ? null : nearest(called.name, known);
      if (called === null || near === null) continue;
      const at = { ...ungroup(of).span, to: ungroup(of).span.from + called.name.length };
      s.report.problem(misspeltLoss, `there is no loss \`${called.name}\``, at, `did you mean \`${near}\`?`, {
        fixes: [safe(`write \`${near}\``, { at, text: near })],
      });
      return;
    }
  }
  const message = found > 1 ? "more than one loss" : factors.length === 0 ? "not a loss times a weight" : "no loss is named here";
  s.report.problem(badLoss, message, e.span, "here", { help: `The losses: ${known.join(", ")}.` });
};

/** `@metric name = value`. */
export const metricOf = (s: Session, frame: Frame, directive: Directive): readonly Metric[] => {
  const [arg] = directive.args;
  if (arg === undefined || arg.name === null || directive.args.length > 1) {
    s.report.problem(badDirective, "a metric is a name and a value", directive.span, "here", { help: "`@metric accuracy = mean(argmax(p) == y)`" });
    return [];
  }
  const value = evaluate(s, frame, arg.value);
  return value === null ? [] : [{ name: arg.name, value, mean: null, span: directive.span }];
};
