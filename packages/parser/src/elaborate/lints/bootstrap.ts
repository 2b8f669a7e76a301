/**
 * Values that are trained toward a reward and a value of another step: `V_t => r_{t+1} + gamma*(1-d_{t+1})*V_{t+1}`. What goes wrong is always
 * an index or the mask: the step before for the step after, a reward that was earned earlier, no end of the episode.
 */
import type { DiagnosticRecord, Edit, Span } from "@sequent/ir";
import { ungroup } from "../../syntax/tree.js";
import type { Expr, Name } from "../../syntax/tree.js";
import { earlyMask, rewardBeforeAction, targetUsesPast, unmaskedBootstrap } from "../diagnostics.js";
import { isTransform } from "../functions.js";
import { printName } from "../names.js";
import type { Goal } from "../plan.js";
import { before, unsafe } from "../report.js";
import { isConstant, rolesOf } from "./roles.js";
import type { Roles } from "./roles.js";
import { arrowOf, inContextOf, makerOf, offsetOf, parametrised, rewriteGoal, sameMaker, shifted, stateAt, textOf } from "./scene.js";
import type { Lint, Scene } from "./scene.js";
import { argumentOf, complement, factorsOf, isSum, namesIn, subtracts, termsOf, within } from "./sums.js";
import type { Term } from "./sums.js";

/** A sum of rewards and a value of another step, times known numbers and perhaps a mask. */
interface Backup {
  readonly sum: Expr;
  /** All of the target or equation that the sum is in. */
  readonly whole: Expr;
  /** What it is the value of: `V_t` of a target, or of `… - V_t`. */
  readonly self: Name;
  /** `V_{t+1}`, or `max(q')` with `q'` as the name. */
  readonly value: Expr;
  readonly of: Name;
  readonly coefficients: readonly Expr[];
  readonly masked: boolean;
  /** Other terms that are added. */
  readonly added: readonly Term[];
  readonly subtracted: readonly Term[];
  /** Where the sum is all of a target. */
  readonly goal: Extract<Goal, { tag: "match" }> | null;
}

export const lintBootstrap: Lint = (scene) => {
  const roles = rolesOf(scene);
  for (const goal of scene.plan.goals) {
    if (goal.tag !== "match" || goal.from.length !== 1 || goal.wanted.length !== 1) continue;
    const [from] = goal.from, [wanted] = goal.wanted;
    const self = from === undefined ? null : valueName(from);
    if (self === null || wanted === undefined) continue;
    lintMasks(scene, roles, wanted);
    const whole = targetOf(scene, wanted);
    for (const sum of within(whole)) {
      const backup = isShortSum(sum) ? backupOf(scene, roles, sum, termsOf(sum), self) : null;
      if (backup !== null) lintBackup(scene, roles, { ...backup, whole, goal: sum === ungroup(wanted) ? goal : null });
    }
  }
  for (const link of scene.plan.links) {
    for (const input of link.inputs) {
      lintMasks(scene, roles, input);
      for (const sum of within(input)) if (isShortSum(sum) && subtracts(sum)) lintDifference(scene, roles, sum, input);
    }
  }
};

/** A longer sum is no backup, and each term is compared with each. */
const MOST_TERMS = 32;
const isShortSum = (e: Expr): boolean => isSum(e) && e.rest.length < MOST_TERMS;

/** What a target is, where it only has a name: `r_{t+1} + … -> g_t`, `V_t => g_t`. */
const targetOf = (scene: Scene, wanted: Expr): Expr => {
  const name = ungroup(wanted);
  const link = name.tag === "name" ? makerOf(scene, name) : null;
  const [target] = link?.targets ?? [], [input] = link?.inputs ?? [];
  const same = name.tag === "name" && target?.tag === "name" && printName(target) === printName(name);
  return same && link?.through === null && link.targets.length === 1 && input !== undefined ? input : wanted;
};

/** `… - V_t`: the error of a value. */
const lintDifference = (scene: Scene, roles: Roles, sum: Expr, whole: Expr): void => {
  const terms = termsOf(sum);
  for (const term of terms) {
    const [only] = term.factors;
    const self = term.sign === 1 || only === undefined || term.factors.length > 1 ? null : valueName(only.of);
    const backup = self === null ? null : backupOf(scene, roles, sum, terms.filter((one) => one !== term), self);
    if (backup === null) continue;
    lintBackup(scene, roles, { ...backup, whole, subtracted: [...backup.subtracted, term] });
    return;
  }
};

/** The name of a value: `V_t`, `q[a]`, `max(q)`. */
const valueName = (e: Expr): Name | null => {
  const value = ungroup(e);
  if (value.tag === "name") return value;
  if (value.tag === "index") return valueName(value.of);
  const inner = argumentOf(value, "max");
  return inner === null ? null : valueName(inner);
};

const reads = (scene: Scene, e: Expr, label: string | null): boolean =>
  label !== null && namesIn(e, isTransform(scene.s)).some((name) => name.base === label && name.primes === 0);

const isLater = (scene: Scene, self: Name, value: Name): boolean => {
  const own = stateAt(scene, self), other = stateAt(scene, value);
  if (own === null || other === null) return false;
  if (own === other) return offsetOf(self) !== null && offsetOf(value) !== null && offsetOf(self) !== offsetOf(value);
  return offsetOf(self) === offsetOf(value) && sameMaker(scene, self, value);
};

const backupOf = (scene: Scene, roles: Roles, sum: Expr, terms: readonly Term[], self: Name): Backup | null => {
  for (const term of terms) {
    if (term.sign === -1) continue;
    for (const factor of term.factors) {
      const of = factor.op === "*" ? valueName(factor.of) : null;
      if (of === null || !isLater(scene, self, of)) continue;
      const others = term.factors.filter((one) => one !== factor);
      const masks = others.filter((one) => !isConstant(scene, one.of));
      const rest = terms.filter((one) => one !== term);
      const added = rest.filter((one) => one.sign === 1);
      const rewarded = added.some((one) => reads(scene, one.of, roles.reward));
      if (added.length === 0 || others.some((one) => one.op === "/") || (others.length === 0 && !rewarded)) continue;
      return {
        sum, whole: sum, goal: null, self, value: factor.of, of, added, coefficients: others.map((one) => one.of),
        masked: masks.length > 0, subtracted: rest.filter((one) => one.sign === -1),
      };
    }
  }
  return null;
};

/** The sum as it is usually written, rewards first: `r_{t+1} + gamma*(1-d_{t+1})*V_{t+1} - V_t`. */
const written = (scene: Scene, roles: Roles, backup: Backup, reward: (term: Term) => string, value: string, at: Name): string => {
  const mask = backup.masked || roles.terminal === null ? [] : [`(1-${inContextOf(at, roles.terminal)})`];
  const product = [...backup.coefficients.map((one) => textOf(scene, one)), ...mask, value].join("*");
  return [...backup.added.map(reward), product].join(" + ") + backup.subtracted.map((one) => ` - ${textOf(scene, one.of)}`).join("");
};

const lintBackup = (scene: Scene, roles: Roles, backup: Backup): void => {
  const { self, of } = backup;
  const now = offsetOf(self), other = offsetOf(of);
  if (now !== null && other !== null && other < now) lintPast(scene, roles, backup);
  else if (now !== null && other === now + 1 && roles.step !== null && earned(scene, roles, backup, now).length > 0) lintReward(scene, roles, backup, now);
  else lintMask(scene, roles, backup);
};

const say = ({ s }: Scene, record: DiagnosticRecord, message: string, at: Span, label: string, help: string, title: string, edit: Edit): void =>
  s.report.problem(record, message, at, label, { help, fixes: [unsafe(title, edit)] });

/** `V_t => V_{t-1}*gamma + r_t`: a value is trained toward what comes after it, so the sides are exchanged. */
const lintPast = (scene: Scene, roles: Roles, backup: Backup): void => {
  const { goal, self, of, value } = backup;
  if (goal === null || ungroup(value).tag !== "name" || goal.from[0] === undefined || ungroup(goal.from[0]).tag !== "name") return;
  const text = `${printName(of)} ${arrowOf(scene, goal)} ${written(scene, roles, backup, (term) => textOf(scene, term.of), printName(self), self)}`;
  say(scene, targetUsesPast, `the target of \`${printName(self)}\` uses its past, \`${printName(of)}\``, value.span, "an earlier value",
    "The value of a step is the reward that follows it, and the value of the step after.", `write \`${text}\``, rewriteGoal(scene, goal, text));
};

/** Names of rewards that were earned before the step that the value is of. */
const earned = (scene: Scene, roles: Roles, backup: Backup, now: number): readonly Name[] =>
  backup.added.flatMap((term) => namesIn(term.of, isTransform(scene.s))).filter((name) => name.base === roles.reward && name.primes === 0 && offsetOf(name) === now);

const lintReward = (scene: Scene, roles: Roles, backup: Backup, now: number): void => {
  const early = earned(scene, roles, backup, now);
  const [first] = early;
  if (first === undefined) return;
  const moved = (term: Term): string => {
    let text = textOf(scene, term.of);
    for (const name of early.filter((one) => one.span.from >= term.of.span.from && one.span.to <= term.of.span.to).reverse()) {
      const from = name.span.from - term.of.span.from;
      text = text.slice(0, from) + shifted(name, 1) + text.slice(from + name.span.to - name.span.from);
    }
    return text;
  };
  const text = written(scene, roles, backup, moved, textOf(scene, backup.value), backup.of);
  const reward = printName(first);
  say(scene, rewardBeforeAction, `\`${reward}\` precedes the action that \`${printName(backup.self)}\` is followed by`, first.span, "earned one step earlier",
    `\`step\` makes \`${reward}\` out of the action before; what follows \`${printName(backup.self)}\` is \`${shifted(first, 1)}\`.`,
    `write \`${text}\``, { at: backup.sum.span, text });
};

/** The value after the last step counts for nothing: `(1-d)` says so. */
const lintMask = (scene: Scene, roles: Roles, backup: Backup): void => {
  const { of, value } = backup;
  const link = makerOf(scene, of);
  if (roles.terminal === null || backup.masked || link === null || parametrised(scene, link).length === 0 || reads(scene, backup.whole, roles.terminal)) return;
  const mask = `(1-${inContextOf(of, roles.terminal)})`;
  say(scene, unmaskedBootstrap, `\`${textOf(scene, value)}\` is counted after the episode's end, too`, value.span, `not masked with \`${mask}\``,
    `\`${roles.terminal}\` is 1 where the episode has ended; there is no value after that.`, `write \`${mask}*\` before it`, { at: before(value.span), text: `${mask}*` });
};

/** `A_{t+1}*(1-d_t)`: d_t says that the episode ended at t, and what is masked is of t+1. */
const lintMasks = (scene: Scene, roles: Roles, input: Expr): void => {
  if (roles.step === null || roles.terminal === null || !reads(scene, input, roles.terminal)) return;
  for (const product of within(input)) {
    const factors = product.tag === "infix" && product.rest.some(({ op }) => op === "*") ? factorsOf(product).map((one) => one.of) : [];
    for (const factor of factors) {
      const flag = complement(factor);
      const at = flag === null || flag.base !== roles.terminal || flag.primes > 0 ? null : offsetOf(flag);
      if (flag === null || at === null) continue;
      const offsets = factors.filter((one) => one !== factor && !isConstant(scene, one)).map((one) => {
        const name = valueName(one);
        return name === null ? null : offsetOf(name);
      });
      if (offsets.length === 0 || offsets.some((one) => one !== at + 1)) continue;
      const mended = shifted(flag, 1);
      say(scene, earlyMask, `\`${printName(flag)}\` masks what is of the step after`, flag.span, "one step early",
        `What is of a step is masked with that step's own \`${roles.terminal}\`.`, `write \`${mended}\``, { at: flag.span, text: mended });
    }
  }
};
