/** Names: liftings, inputs that were meant to be something else, states that nothing reads. */
import type { Edit, Span } from "@sequent/ir";
import { nearest } from "@sequent/ir";
import { stem } from "../../syntax/tree.js";
import { ambiguousLift, caseTwins, lifted, nearMiss, timelessInput, unusedState } from "../diagnostics.js";
import { printName, stateOf, timedKey } from "../names.js";
import type { Link, Plan, State } from "../plan.js";
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
      return link === undefined ? [] : [removal(s.text, removable(link))];
    });
    s.report.problem(unusedState, `nothing reads \`${printName(target)}\``, target.span, "unused", { fixes: [unsafe("remove it", ...edits)] });
  }
};

/** The whole statement if the link is all of it; else the arrow, which ends a chain whose values nothing reads. */
const removable = (link: Link): Span =>
  link.statement.tag === "flow" && link.statement.links.length > 1 ? link.span : link.statement.span;
