/** Inlines macros and composed functions. Each application is a call: a row of its own, parameters qualified by its instance. */
import type { Call, CallId, NodeId, Operand, Override, ParamId } from "@sequent/ir";
import { read } from "@sequent/ir";
import { stem, ungroup } from "../syntax/tree.js";
import type { Expr, Name } from "../syntax/tree.js";
import { applyFunction } from "./apply.js";
import type { Application, Values } from "./apply.js";
import { arity, badGradient, badAttribute, concatenatedArguments, crosswise } from "./diagnostics.js";
import { evaluate, evaluateAll } from "./evaluate.js";
import type { Value } from "./evaluate.js";
import { printName } from "./names.js";
import { safe, unsafe } from "./report.js";
import { runPlan, valuesOf } from "./run.js";
import type { Definition, Frame, Session } from "./session.js";
import { formalsOf, known } from "./transforms.js";

type MacroDefinition = Extract<Definition, { tag: "macro" }>;

export const applyDefined = (s: Session, frame: Frame, definition: Definition, instance: string, a: Application): Values => {
  if (!definition.usable) return null;
  const sources = [...a.sources];
  const args: Value[] = [...a.given];
  for (const arg of a.args) {
    if (arg.name !== null) {
      s.report.problem(badAttribute, `\`${definition.name}\` has no attributes`, arg.span, "here");
      return null;
    }
    args.push(evaluate(s, frame, arg.value));
    sources.push(arg.value);
  }
  if (definition.tag === "macro" && !fits(s, definition, args.length, sources, a)) return null;
  const outer = s.call;
  const qualified = frame.prefix + instance;
  const row: Call = {
    instance: qualified, of: definition.name, parent: outer, ins: known(args), outs: [], override: null, span: a.span,
    formals: definition.tag === "macro" ? definition.plan.formals.map(stem) : formalsOf(args.length),
  };
  const call = s.b.call(row);
  s.call = call;
  const inner = { prefix: `${qualified}.`, call, functions: definition.owner };
  const { outs, override } =
    definition.tag === "macro"
      ? inlineMacro(s, definition, args, inner)
      : { outs: applyFunction(s, { ...frame, ...inner, closed: true }, definition.body, args, [], a.span), override: null };
  s.call = outer;
  s.b.setCall(call, { ...row, outs: known(outs ?? []), override });
  return outs;
};

interface Inner {
  readonly prefix: string;
  readonly call: CallId;
  readonly functions: Frame["functions"];
}

interface Inlined {
  readonly outs: Values;
  readonly override: Override | null;
}

const inlineMacro = (s: Session, { plan }: MacroDefinition, args: readonly Value[], inner: Inner): Inlined => {
  const frame: Frame = {
    plan, ...inner, formals: args, values: plan.links.map(() => []), states: new Map(), reserved: new Map(), closed: false, later: 0,
    seeds: plan.gradients.length > 0 ? seedsOf(s, plan.results, inner) : new Map<string, Operand>(),
  };
  runPlan(s, frame);
  const outs = evaluateAll(s, frame, plan.results);
  return { outs, override: plan.gradients.length > 0 ? gradientsOf(s, frame) : null };
};

/** One input node for each result that is a name: it stands for the gradient that reaches it. */
const seedsOf = (s: Session, results: readonly Expr[], { prefix, call }: Inner): ReadonlyMap<string, Operand> => {
  const seeds = new Map<string, Operand>();
  results.forEach((e, i) => {
    const result = ungroup(e);
    const name = result.tag === "name" ? printName(result) : `result ${String(i + 1)}`;
    s.b.within(call, e.span);
    seeds.set(name, read(s.b.node({ tag: "input", name: `^${prefix}${name}#${String(call)}` })));
  });
  return seeds;
};

const gradientsOf = (s: Session, frame: Frame): Override => {
  const ins: (Operand | null)[] = frame.plan.formals.map(() => null);
  const params: { param: ParamId; gradient: Operand }[] = [];
  for (const link of frame.plan.gradients) {
    const values = valuesOf(s, frame, link);
    link.targets.forEach((target, i) => {
      const value = values[i] ?? null;
      if (target.tag !== "adjoint") {
        s.report.problem(badGradient, "a gradient and a state can't be defined together", target.span, "not a gradient");
      } else if (value !== null) {
        const written = target.of.tag === "name" ? printName(target.of) : target.of.parts.map(printName).join(".");
        const formal = frame.plan.formalAt.get(written);
        if (formal !== undefined) {
          ins[formal] = value;
          return;
        }
        const param = parameterOf(s, frame, written);
        if (param !== null) params.push({ param, gradient: value });
        else {
          s.report.problem(badGradient, `\`^${written}\` is the gradient of no formal and no parameter`, target.span, "neither", {
            help: `Formals are matched whole: ${frame.plan.formals.map((one) => `\`^${printName(one)}\``).join(", ")}. A parameter is \`^M.weight\`.`,
          });
        }
      }
    });
  }
  const seeds: NodeId[] = [...frame.seeds.values()].map((seed) => seed.node);
  return { tag: "custom", seeds, ins, params };
};

/** `M.weight`, or `M` if it has one parameter only. */
const parameterOf = (s: Session, frame: Frame, written: string): ParamId | null => {
  const whole = s.registered.get(frame.prefix + written)?.params ?? [];
  const [only] = whole;
  if (only !== undefined && whole.length === 1) return only;
  const dot = written.lastIndexOf(".");
  const owner = s.registered.get(frame.prefix + written.slice(0, Math.max(0, dot)))?.params ?? [];
  return owner.find((id) => s.b.paramAt(id).name === frame.prefix + written) ?? null;
};

/** The arguments fit the formals in number; they are linted where two of them stand crosswise. */
const fits = (s: Session, { name, plan }: MacroDefinition, given: number, sources: readonly Expr[], a: Application): boolean => {
  const wanted = plan.formals.map((one) => printName(one));
  if (given === wanted.length) {
    if (sources.length === given) lintCrosswise(s, name, plan.formals, sources);
    return true;
  }
  const takes = `${String(wanted.length)} argument${wanted.length === 1 ? "" : "s"} (${wanted.join(", ")})`;
  const message = `\`${name}\` takes ${takes}, given ${String(given)}`;
  const [only] = sources;
  const bar = only === undefined || sources.length > 1 ? null : ungroup(only);
  if (bar?.tag === "bar" && bar.parts.length === wanted.length && given === 1) {
    const edits = bar.parts.slice(1).map((part, i) => {
      const last = bar.parts[i]?.span ?? part.span;
      return { at: { ...part.span, from: last.to, to: part.span.from }, text: ", " };
    });
    s.report.problem(concatenatedArguments, message, bar.span, "`|` makes one value of these", { fixes: [safe("write `,` for `|`", ...edits)] });
  } else s.report.problem(arity, message, a.span, "here");
  return false;
};

/** Two arguments that are called as each other's formals: whole with their contexts, or, if both are, by their names alone. */
const lintCrosswise = (s: Session, macro: string, formals: readonly Name[], sources: readonly Expr[]): void => {
  const names = sources.map((e) => ungroup(e));
  const written = names.map((name) => (name.tag === "name" ? printName(name) : ""));
  const wanted = formals.map((one) => printName(one));
  const [bare, bareWanted] = [names.map((name) => (name.tag === "name" ? stem(name) : "")), formals.map(stem)];
  const isUnique = (list: readonly string[], i: number): boolean => list.indexOf(list[i] ?? "") === i && list.lastIndexOf(list[i] ?? "") === i;
  for (let i = 0; i < written.length; i += 1) {
    const whole = wanted.indexOf(written[i] ?? "");
    const byName = bareWanted.indexOf(bare[i] ?? "");
    const isPair = byName >= 0 && bare[byName] === bareWanted[i] && isUnique(bare, i) && isUnique(bare, byName) && isUnique(bareWanted, i) && isUnique(bareWanted, byName);
    const j = whole < 0 && isPair ? byName : whole;
    const here = sources[i], there = sources[j];
    if (j < 0 || j === i || written[i] === wanted[i] || written[j] === wanted[j] || here === undefined || there === undefined) continue;
    const edits = [{ at: here.span, text: textOf(s, there) }, { at: there.span, text: textOf(s, here) }];
    const say = `\`${written[i] ?? ""}\` is also its argument ${String(j + 1)}`;
    s.report.problem(crosswise, `arguments of \`${macro}\` stand crosswise`, here.span, say, {
      help: `\`${macro}\` takes ${wanted.join(", ")}.`,
      fixes: [unsafe("swap them", ...edits)],
    });
    return;
  }
};

const textOf = (s: Session, e: Expr): string => s.text.slice(e.span.from, e.span.to);
