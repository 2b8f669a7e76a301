/** Notes and lints that need neither types nor time. */
import type { Edit, Span } from "@sequent/ir";
import { nearest } from "@sequent/ir";
import { contextOf, stem, ungroup } from "../syntax/tree.js";
import type { Expr, Name } from "../syntax/tree.js";
import { ambiguousLift, caseTwins, gate, lifted, nearMiss, timelessInput, unusedState } from "./diagnostics.js";
import { printName, referenceOf, stateOf, timedKey } from "./names.js";
import type { Link, Plan, State } from "./plan.js";
import { after, before, safe, unsafe } from "./report.js";
import type { Session } from "./session.js";

/** Of every scope: liftings and gates. */
export const lintScope = (s: Session, plan: Plan): void => {
  for (const key of plan.lifted) lintLifted(s, plan, key);
  for (const link of plan.links) lintGate(s, plan, link);
};

const lintLifted = (s: Session, plan: Plan, key: string): void => {
  const state = plan.states.get(key);
  const [equation] = state?.equations ?? [];
  if (equation === undefined || state === undefined) return;
  const { target } = equation;
  const timed = plan.states.get(timedKey(key));
  if (timed !== undefined) {
    s.report.problem(ambiguousLift, `\`${key}\` changes with t, and \`${key}_t\` is another state`, target.span, "its equation reads `t`", {
      labels: timed.equations.map((one) => ({ at: one.target.span, text: `\`${printName(one.target)}\` is defined here` })),
    });
    return;
  }
  if (target.subscript !== null) return; // a label can't take a context as well
  const bare = plan.occurrences.get(stem(target))?.filter((name) => name.subscript === null) ?? [];
  const edits = bare.map((name): Edit => ({ at: after(name.span), text: "_t" }));
  s.report.problem(lifted, `\`${key}\` is lifted to \`${key}_t\``, target.span, "its equation reads `t`", {
    fixes: [safe(`write \`${key}_t\``, ...edits)],
  });
};

const isSame = (e: Expr, text: string): boolean => {
  const name = ungroup(e);
  return name.tag === "name" && printName(name) === text;
};

/** `z` of `1 - z`. */
const complement = (e: Expr): Name | null => {
  const difference = ungroup(e);
  if (difference.tag !== "infix" || difference.rest.length !== 1) return null;
  const first = ungroup(difference.first);
  const [second] = difference.rest;
  const of = second?.op === "-" ? ungroup(second.right) : null;
  return first.tag === "number" && first.value === 1 && of?.tag === "name" ? of : null;
};

const endsInGate = (e: Expr | null): boolean => {
  if (e === null) return false;
  const f = ungroup(e);
  const last = f.tag === "bar" ? f.parts.at(-1) : f;
  return last !== undefined && isSame(last, "sigmoid");
};

/** `h_{t-1}*(1-z) + l -> h_t`, where z is a sigmoid and l is not weighted with it. */
const lintGate = (s: Session, plan: Plan, link: Link): void => {
  const [target] = link.targets, [input] = link.inputs;
  if (target?.tag !== "name" || input === undefined || link.through !== null) return;
  const sum = ungroup(input);
  const at = contextOf(target);
  if (sum.tag !== "infix" || sum.rest.length !== 1 || at?.tag !== "at" || at.time.origin !== "t") return;
  const past = printName({ ...target, subscript: { tag: "at", time: { ...at.time, offset: at.time.offset - 1 } } });
  const [other] = sum.rest;
  if (other?.op !== "+") return;
  for (const [kept, mixed] of [[sum.first, other.right], [other.right, sum.first]] as const) {
    const product = ungroup(kept);
    if (product.tag !== "infix" || product.rest.length !== 1 || product.rest[0]?.op !== "*") continue;
    const factors = [product.first, product.rest[0].right];
    const z = factors.map(complement).find((one) => one !== null) ?? null;
    if (z === null || !factors.some((one) => isSame(one, past))) continue;
    const ref = referenceOf(z, plan.timed);
    const state = ref === null ? null : stateOf(plan.states, ref);
    const isGate = state?.equations.some((one) => endsInGate(plan.links[one.link]?.through ?? null)) === true;
    const added = ungroup(mixed);
    if (!isGate || (added.tag === "infix" && added.rest.every(({ op }) => op === "*"))) continue;
    const text = `${printName(z)}*`;
    const message = `\`${printName(target)}\` is no mixture: ${printName(z)} weights only what is kept`;
    s.report.problem(gate, message, mixed.span, `not weighted with \`${printName(z)}\``, {
      fixes: [unsafe(`write \`${text}\` before it`, { at: before(mixed.span), text })],
    });
  }
};

/** Of the program: inputs, and states that nothing reads. `declared` are the names that a declaration says are meant. */
export const lintProgram = (s: Session, plan: Plan, declared: ReadonlySet<string>, trains: boolean): void => {
  lintInputs(s, plan, declared);
  if (trains) lintUnused(s, plan);
};

const rename = (plan: Plan, from: string, to: string): readonly Edit[] =>
  (plan.occurrences.get(from) ?? []).map((name) => ({ at: { ...name.span, to: name.span.from + from.length }, text: to }));

const lintInputs = (s: Session, plan: Plan, declared: ReadonlySet<string>): void => {
  const states = new Set([...plan.states.values()].flatMap((state) => state.equations.map((one) => stem(one.target))));
  const nearby = s.inputs.size === 0 ? new Map<string, string>() : neighbours(states);
  const folded = new Map<string, { readonly called: string; readonly span: Span }>();
  for (const { called, span, time } of s.inputs.values()) {
    const timed = s.inputs.get(timedKey(called));
    if (!time && timed !== undefined) reportTimeless(s, plan, called, span, timed.span);
    const base = called.replace(/_-?\d+$/, "");
    if (declared.has(base)) continue;
    const twin = folded.get(called.toLowerCase());
    folded.set(called.toLowerCase(), { called, span });
    if (twin !== undefined && twin.called !== called) {
      s.report.problem(caseTwins, `the inputs \`${twin.called}\` and \`${called}\` differ by case alone`, span, `this one is \`${called}\``, {
        labels: [{ at: twin.span, text: `and this one \`${twin.called}\`` }],
        help: "If both are meant, declare both.",
        fixes: [unsafe(`write \`${twin.called}\` for both`, ...rename(plan, called, twin.called))],
      });
      continue;
    }
    if (!states.has(base)) lintNearMiss(s, plan, base, span, nearby);
  }
};

const reportTimeless = (s: Session, plan: Plan, name: string, at: Span, other: Span): void => {
  const edits = (plan.occurrences.get(name) ?? []).filter((one) => one.subscript === null).map((one): Edit => ({ at: after(one.span), text: "_t" }));
  s.report.problem(timelessInput, `the input \`${name}\` is read with time and without`, at, "without time", {
    labels: [{ at: other, text: "with time" }],
    fixes: [safe(`write \`${name}_t\``, ...edits)],
  });
};

/** Short names are often a letter apart on purpose; names longer than this are not typed letter by letter. */
const NEAR = { shortest: 4, longest: 40 } as const;
const isNear = (name: string): boolean => name.length >= NEAR.shortest && name.length <= NEAR.longest;

/** The word itself and all words that one deletion makes of it: two words one slip apart have one of these in common. */
const deletions = (word: string): readonly string[] => [word, ...Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1))];

/** Names of states by their deletions, so that each input is looked up and not compared with all. */
const neighbours = (states: ReadonlySet<string>): ReadonlyMap<string, string> => {
  const map = new Map<string, string>();
  for (const name of states) if (isNear(name)) for (const word of deletions(name)) if (!map.has(word)) map.set(word, name);
  return map;
};

const lintNearMiss = (s: Session, plan: Plan, base: string, span: Span, nearby: ReadonlyMap<string, string>): void => {
  if (!isNear(base)) return;
  const near = nearest(base, deletions(base).flatMap((word) => nearby.get(word) ?? []));
  if (near === null) return;
  s.report.problem(nearMiss, `nothing defines \`${base}\`, so it is an input; did you mean \`${near}\`?`, span, "an input", {
    help: "If it is one, declare it.",
    fixes: [unsafe(`write \`${near}\``, ...rename(plan, base, near))],
  });
};

const lintUnused = (s: Session, plan: Plan): void => {
  const read = new Set<State>();
  for (const { ref } of plan.reads) {
    const state = stateOf(plan.states, ref);
    if (state !== null) read.add(state);
  }
  const goals = new Set(plan.goals.flatMap((goal) => goal.from));
  for (const state of plan.states.values()) {
    if (read.has(state)) continue;
    const targets = state.equations.map((one) => one.target);
    const [target] = targets;
    const positional = state.equations.some((one) => (plan.links[one.link]?.targets.length ?? 0) > 1);
    if (target === undefined || positional || targets.some((one) => goals.has(one))) continue;
    const edits = state.equations.flatMap((one): readonly Edit[] => {
      const link = plan.links[one.link];
      return link === undefined ? [] : [{ at: removable(link), text: "" }];
    });
    s.report.problem(unusedState, `nothing reads \`${printName(target)}\``, target.span, "unused", { fixes: [unsafe("remove it", ...edits)] });
  }
};

/** The whole statement if the link is all of it; else the arrow, which ends a chain whose values nothing reads. */
const removable = (link: Link): Span =>
  link.statement.tag === "flow" && link.statement.links.length > 1 ? link.span : link.statement.span;
