/** Policies under `$`, and draws from them. */
import type { AnyOp, Fix } from "@sequent/ir";
import { noPath } from "@sequent/ir";
import { stem, ungroup } from "../../syntax/tree.js";
import type { Expr, Name } from "../../syntax/tree.js";
import { unnormalisedPolicy, wholePolicy } from "../diagnostics.js";
import { printName } from "../names.js";
import type { Goal, Link, State } from "../plan.js";
import { after, before, safe } from "../report.js";
import { resolve } from "../resolve.js";
import { actionOf, rolesOf } from "./roles.js";
import type { Roles } from "./roles.js";
import { goalLink, inContextOf, lastFunction, lastOfValue, makerOf, rewriteGoal, sameMaker, stateAt, textOf } from "./scene.js";
import type { Lint, Scene } from "./scene.js";
import { argumentOf, isSum, partsOf, termsOf, within } from "./sums.js";

type Ascent = Extract<Goal, { tag: "ascend" }>;

const SAMPLE = "sample";
/** What makes probabilities. */
const NORMALISED = ["softmax", "sigmoid"] as const;

export const lintPolicies: Lint = (scene) => {
  const roles = rolesOf(scene);
  for (const link of scene.plan.links) lintDraw(scene, link);
  for (const goal of scene.plan.goals) {
    if (goal.tag !== "ascend") continue;
    lintLogarithms(scene, goal);
    lintWhole(scene, roles, goal);
    lintPath(scene, roles, goal);
  }
};

const isCalled = (ops: readonly AnyOp[], names: readonly string[]): boolean => ops.some(({ notation }) => notation.tag === "call" && names.includes(notation.name));
const named = (e: Expr | undefined): Name | null => {
  const name = e === undefined ? null : ungroup(e);
  return name?.tag === "name" ? name : null;
};

/** `pi --[sample]-> a`, where pi is made by a function that gives no probabilities. */
const lintDraw = (scene: Scene, link: Link): void => {
  const through = link.through === null ? null : ungroup(link.through);
  const chain = through?.tag === "bar" ? through.parts : through === null ? [] : [through];
  chain.forEach((part, i) => {
    if (!isSample(scene, part)) return;
    const previous = chain[i - 1];
    const [only] = link.inputs;
    if (previous !== undefined) report(scene, lastFunction(scene, previous), previous, previous, "drawn from");
    else if (only !== undefined && link.inputs.length === 1) lintProbabilities(scene, only, "drawn from");
  });
  for (const input of link.inputs) {
    for (const e of within(input)) {
      const drawn = argumentOf(e, SAMPLE);
      if (drawn !== null && e.tag === "call" && isSample(scene, e.callee)) lintProbabilities(scene, drawn, "drawn from");
    }
  }
};

const isSample = (scene: Scene, e: Expr): boolean => {
  const f = ungroup(e);
  const name = f.tag === "call" ? f.callee : f;
  return name.tag === "name" && stem(name) === SAMPLE && resolve(scene.s, scene.functions, name).tag === "op";
};

type Use = "drawn from" | "taken the logarithm of";

/** A value that has to be probabilities. */
const lintProbabilities = (scene: Scene, value: Expr, use: Use): void => {
  const name = named(value);
  report(scene, lastOfValue(scene, value), value, name === null ? null : makerOf(scene, name), use);
};

/** `maker`: the function that makes the value, or the arrow that names it. */
const report = (scene: Scene, ops: readonly AnyOp[] | null, value: Expr, maker: Expr | Link | null, use: Use): void => {
  if (ops === null || isCalled(ops, NORMALISED)) return;
  const made = maker !== null && "through" in maker ? (maker.through ?? maker) : maker;
  const main = made ?? value;
  scene.s.report.problem(unnormalisedPolicy, `\`${textOf(scene, value)}\` is ${use}, and is no distribution`, main.span, "ends in no softmax", {
    labels: main === value ? [] : [{ at: value.span, text: `${use} here` }],
    help: "Probabilities are made by `softmax`, or by `sigmoid` where each is for itself.",
    fixes: [normalise(scene, value, made)],
  });
};

/** `softmax` behind the function that makes a value; for a value without one, round it. */
const normalise = (scene: Scene, value: Expr, made: Expr | Link | null): Fix => {
  if (made !== null && !("through" in made)) return safe("add `|softmax`", { at: after(made.span), text: "|softmax" });
  const arrow = made === null ? null : { ...made.span, to: made.span.from + 2 };
  if (arrow !== null && made?.targets.length === 1 && textOf(scene, { span: arrow }) === "->") return safe("write `--[softmax]->`", { at: arrow, text: "--[softmax]->" });
  return safe("put `softmax` round it", { at: before(value.span), text: "softmax(" }, { at: after(value.span), text: ")" });
};

/** `log(p)` and `log(p[a])` under `$`, where p is what a function with parameters gives and nothing more: it may be negative. */
const lintLogarithms = (scene: Scene, goal: Ascent): void => {
  for (const e of within(goal.objective)) {
    const inner = argumentOf(e, "log");
    const value = inner === null ? null : ungroup(inner);
    const of = value?.tag === "index" ? value.of : value;
    if (of === null) continue;
    const ops = lastOfValue(scene, of);
    if (ops !== null && ops.every((op) => op.notation.tag === "call" && isAffine(op))) lintProbabilities(scene, of, "taken the logarithm of");
  }
};

/** Has weights of its own, and gives any number. */
const isAffine = (op: AnyOp): boolean => op.attributes.list.some((one) => one.name === "features") && op.attributes.list.some((one) => one.name === "bias");

/** `A * log(p)`: one number for each action, where the one of the action that was taken is meant. */
const lintWhole = (scene: Scene, roles: Roles, goal: Ascent): void => {
  const visit = (e: Expr): void => {
    const inner = argumentOf(e, "log");
    const policy = named(inner ?? undefined);
    if (policy !== null && isCalled(lastOfValue(scene, policy) ?? [], ["softmax"])) {
      const action = actionOf(roles, policy);
      if (action === null) return;
      const text = `log(${printName(policy)}[${action}])`;
      scene.s.report.problem(wholePolicy, `the objective is no scalar: \`${textOf(scene, e)}\` has one number for each action`, e.span, "a vector", {
        help: "What is ascended is the one of the action that was taken.",
        fixes: [safe(`write \`${text}\``, { at: after(policy.span), text: `[${action}]` })],
      });
      return;
    }
    if (e.tag === "infix" || e.tag === "group" || e.tag === "negate") for (const part of partsOf(e)) visit(part);
  };
  visit(goal.objective);
};

/** Whatever has a derivative and is read by an expression. */
const differentiable = (scene: Scene, e: Expr, found: Name[] = []): readonly Name[] => {
  if (e.tag === "name") found.push(e);
  else if (e.tag === "call") {
    const name = e.callee.tag === "name" ? e.callee : null;
    const f = name === null ? null : resolve(scene.s, scene.functions, name);
    const constant = f?.tag === "old" || f?.tag === "later" || (f?.tag === "op" && f.ops.every((op) => op.autodiff.tag === "none")) ||
      (f?.tag === "transform" && f.transform.name === "nograd");
    if (!constant) for (const part of partsOf(e)) differentiable(scene, part, found);
  } else if (e.tag === "index") differentiable(scene, e.of, found);
  else for (const part of partsOf(e)) differentiable(scene, part, found);
  return found;
};

/** Do functions in brackets surely let no derivative through? */
const stops = (scene: Scene, through: Expr | null): boolean => {
  if (through === null) return false;
  const f = ungroup(through);
  if (f.tag === "bar") return f.parts.some((part) => stops(scene, part));
  const name = f.tag === "call" ? f.callee : f;
  if (name.tag !== "name") return false;
  const found = resolve(scene.s, scene.functions, name);
  return found.tag === "later" || (found.tag === "op" && found.ops.every((op) => op.autodiff.tag === "none"));
};

/** States that the objective depends on, wherever there is a derivative; contexts are left out, so it may be more than there are. */
const reached = (scene: Scene, objective: Expr): ReadonlySet<State> => {
  const seen = new Set<State>();
  const queue = [...differentiable(scene, objective)];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const state = stateAt(scene, name);
    if (state === null || seen.has(state)) continue;
    seen.add(state);
    for (const { link: row } of state.equations) {
      const link = scene.plan.links[row];
      if (link !== undefined && !stops(scene, link.through)) for (const input of link.inputs) for (const one of differentiable(scene, input)) queue.push(one);
    }
  }
  return seen;
};

/** `x $ J` where nothing leads from x to J, whatever the step. */
const lintPath = (scene: Scene, roles: Roles, goal: Ascent): void => {
  const members = goal.from.map(named);
  const link = goalLink(goal.statement);
  if (link === undefined || members.length === 0) return;
  const states = reached(scene, goal.objective);
  for (const member of members) {
    const state = member === null ? null : stateAt(scene, member);
    if (member === null || state === null || states.has(state)) continue;
    const target = goal.from.length > 1 ? null : greedyTarget(scene, roles, member, goal);
    const at = { ...link.span, to: link.span.from + 1 };
    scene.s.report.problem(noPath, `the objective does not depend on \`${printName(member)}\`, or only where there is no derivative`, goal.objective.span, "ascended here", {
      help: target === null ? "Did you mean `=>`?" : `Did you mean \`${target}\`?`,
      fixes: [target === null ? safe("train toward the value: =>", { at, text: "=>" }) : safe(`write \`${target}\``, rewriteGoal(scene, goal, target))],
    });
    return;
  }
};

/** `q $ r + one_hot(argmax(q'))`: what is meant is the value of the action taken, toward the reward and the value of the best action after it. */
const greedyTarget = (scene: Scene, roles: Roles, member: Name, goal: Ascent): string | null => {
  const greedy = within(goal.objective).flatMap((e) => named(argumentOf(e, "argmax") ?? undefined) ?? []).find((name) => sameMaker(scene, member, name));
  const action = actionOf(roles, member);
  if (greedy === undefined || action === null) return null;
  const isGreedy = (e: Expr): boolean => within(e).some((one) => argumentOf(one, "argmax") !== null);
  const rewards = isSum(ungroup(goal.objective)) ? termsOf(goal.objective).filter((term) => term.sign === 1 && !isGreedy(term.of)) : [];
  const mask = roles.terminal === null ? [] : [`(1-${inContextOf(greedy, roles.terminal)})`];
  const product = [...(roles.discount === null ? [] : [roles.discount]), ...mask, `max(${printName(greedy)})`].join("*");
  return `${printName(member)}[${action}] => ${[...rewards.map((term) => textOf(scene, term.of)), product].join(" + ")}`;
};
