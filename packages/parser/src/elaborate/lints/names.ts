/** Names: liftings, inputs that were meant to be something else, states that nothing reads. */
import type { Edit, Span } from "@sequent/ir";
import { nearest } from "@sequent/ir";
import { stem } from "../../syntax/tree.js";
import type { Name } from "../../syntax/tree.js";
import { ambiguousLift, caseTwins, lifted, nearMiss, timelessInput, unusedState } from "../diagnostics.js";
import { printName, referenceOf, stateOf, timedKey } from "../names.js";
import { removable } from "../plan.js";
import type { Plan, State } from "../plan.js";
import { after, removal, safe, unsafe } from "../report.js";
import type { Session } from "../session.js";
import type { Lint } from "./scene.js";

export const lintLiftings: Lint = ({ s, plan }) => {
  for (const key of plan.lifted) lintLifted(s, plan, key);
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

/** Of the program: inputs, and states that nothing reads. `declared` are the names that a declaration says are meant. */
export const lintNames = (s: Session, plan: Plan, declared: ReadonlySet<string>, trains: boolean): void => {
  lintInputs(s, plan, declared);
  if (trains) lintUnused(s, plan);
};

const rename = (plan: Plan, from: string, to: string): readonly Edit[] =>
  (plan.occurrences.get(from) ?? []).map((name) => ({ at: { ...name.span, to: name.span.from + from.length }, text: to }));

const lintInputs = (s: Session, plan: Plan, declared: ReadonlySet<string>): void => {
  const states = new Set([...plan.states.values()].flatMap((state) => state.equations.map((one) => stem(one.target))));
  const bound = s.inputs.size === 0 ? NOTHING : neighbours(new Set([...states, ...declared]));
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
    if (!states.has(base)) lintNearMiss(s, plan, base, span, bound);
  }
};

const reportTimeless = (s: Session, plan: Plan, name: string, at: Span, other: Span): void => {
  const edits = (plan.occurrences.get(name) ?? []).filter((one) => one.subscript === null).map((one): Edit => ({ at: after(one.span), text: "_t" }));
  s.report.problem(timelessInput, `the input \`${name}\` is read with time and without`, at, "without time", {
    labels: [{ at: other, text: "with time" }],
    fixes: [safe(`write \`${name}_t\``, ...edits)],
  });
};

/** Short names are often a letter apart on purpose, or differ by a number; names longer than this are not typed letter by letter. */
const NEAR = { shortest: 4, longest: 40 } as const;
const isNear = (name: string): boolean => name.length >= NEAR.shortest && name.length <= NEAR.longest;
const isNumbered = (a: string, b: string): boolean => a.replace(/\d/g, "") === b.replace(/\d/g, "");

/** The word itself and all words that one deletion makes of it: two words one slip apart have one of these in common. */
const deletions = (word: string): readonly string[] => [word, ...Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1))];

/** Names that mean something, by their deletions and by their letters whatever the case, so that each input is looked up and not compared with all. */
interface Bound {
  readonly near: ReadonlyMap<string, string>;
  readonly folded: ReadonlyMap<string, string>;
}
const NOTHING: Bound = { near: new Map(), folded: new Map() };

const neighbours = (names: ReadonlySet<string>): Bound => {
  const near = new Map<string, string>(), folded = new Map<string, string>();
  for (const name of names) {
    if (!folded.has(name.toLowerCase())) folded.set(name.toLowerCase(), name);
    if (isNear(name)) for (const word of deletions(name)) if (!near.has(word)) near.set(word, name);
  }
  return { near, folded };
};

const lintNearMiss = (s: Session, plan: Plan, base: string, span: Span, bound: Bound): void => {
  const candidates = isNear(base) ? deletions(base).flatMap((word) => bound.near.get(word) ?? []).filter((name) => !isNumbered(name, base)) : [];
  const twin = bound.folded.get(base.toLowerCase()) ?? null;
  const near = twin !== null && (isNear(base) || isMeant(s, plan, base, twin)) ? twin : nearest(base, candidates);
  if (near === null || near === base) return;
  s.report.problem(nearMiss, `nothing defines \`${base}\`, so it is an input; did you mean \`${near}\`?`, span, "an input", {
    help: "If it is one, declare it.",
    fixes: [unsafe(`write \`${near}\``, ...rename(plan, base, near))],
  });
};

/**
 * `a` and `A` are often two things. They are one where the state's own equation reads the other, or where nothing reads the name that is
 * defined or declared.
 */
const isMeant = (s: Session, plan: Plan, base: string, twin: string): boolean => {
  const makes = plan.links.filter((link) => link.targets.some((target) => target.tag === "name" && stem(target) === twin));
  if (makes.some((link) => link.reads.some(({ name }) => stem(name) === base))) return true;
  return !plan.reads.some(({ name }) => stem(name) === twin) && ![...s.inputs.values()].some(({ called }) => called === twin);
};

/** States whose values go nowhere but to themselves: a macro's results and what training and metrics look at are read elsewhere. */
export const lintUnused = (s: Session, plan: Plan): void => {
  const read = new Set<State>();
  const own = new Map<Name, string>();
  for (const link of plan.links) {
    const [target] = link.targets;
    const key = target?.tag === "name" && link.targets.length === 1 ? referenceOf(target, plan.timed)?.key : undefined;
    if (key !== undefined) for (const one of link.reads) own.set(one.name, key);
  }
  for (const { name, ref } of plan.reads) {
    const state = stateOf(plan.states, ref);
    if (state !== null && own.get(name) !== state.key) read.add(state);
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
      // Of a chain the arrow that ends it goes.
      return link === undefined ? [] : [removal(s.text, removable(link))];
    });
    s.report.problem(unusedState, `nothing reads \`${printName(target)}\``, target.span, "unused", { fixes: [unsafe("remove it", ...edits)] });
  }
};
