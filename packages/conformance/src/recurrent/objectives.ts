/** Training statements over time: targets at this step, the next, and the last alone; losses of all kinds; what is ascended. */
import { moment } from "@sequent/ir";
import type { Loss } from "@sequent/ir";
import { anySignal, classTarget, layered, layerOf, noteSpan, push, readAt, supportOf, target, termOf, unread, widthOf } from "./draft.js";
import type { Read, Signal, TimeDraft } from "./draft.js";
import { now, partsOf } from "./equation.js";
import type { Part, Term } from "./equation.js";
import type { Feature } from "./scans.js";

const statement = (draft: TimeDraft, parts: readonly Part[]): void => { push(draft, parts, false); };
/** At the start of a line `$` would continue the chain above; a blank line keeps it apart. */
const bare = (draft: TimeDraft, parts: readonly Part[]): void => {
  statement(draft, [""]);
  statement(draft, partsOf`$ ${parts}`);
};

/** A statement holds where both its sides exist. */
const noteStatement = (draft: TimeDraft, of: Signal, ahead: number): void => {
  noteSpan(draft, { first: Math.max(of.first, draft.start - ahead, 0), last: Math.min(of.last, -ahead) });
};

/** A target for what a signal predicts at t: a number of this step or of the next. */
const targetNear = (draft: TimeDraft, of: Signal): Term => {
  const made = target(draft, of.size, true);
  noteStatement(draft, of, 0);
  if (!draft.choices.chance(0.3)) return made;
  noteStatement(draft, of, 1);
  draft.tags.add("target of the next step");
  return { ...made, at: now(1) };
};

const MADE_BY: Readonly<Record<string, string>> = { ce: "softmax", bce: "sigmoid", poisson: "exp" };

const matching: Feature = {
  name: "match over time",
  add: (draft) => {
    const p = layered(draft, [readAt(anySignal(draft))], widthOf(draft), draft.choices.pick([null, null, "sigmoid", "tanh"]));
    const y = targetNear(draft, p);
    statement(draft, partsOf`${termOf(readAt(p))} => ${draft.choices.chance(0.5) ? partsOf`sigmoid(${y})` : y}`);
  },
};

const ofClass: Feature = {
  name: "class over time",
  add: (draft) => {
    const p = layered(draft, [readAt(anySignal(draft))], 3, "softmax");
    const y = classTarget(draft, 3, true);
    const next = draft.choices.chance(0.3);
    noteStatement(draft, p, next ? 1 : 0);
    if (next) draft.tags.add("target of the next step");
    statement(draft, partsOf`${termOf(readAt(p))} => one_hot(${next ? { ...y, at: now(1) } : y})`);
  },
};

const withLoss = (loss: Loss): Feature => ({
  name: `loss ${loss.name} over time`,
  add: (draft) => {
    const { choices } = draft;
    const p = layered(draft, [readAt(anySignal(draft))], widthOf(draft), MADE_BY[loss.name] ?? "tanh");
    const weight = choices.pick(["", "0.5*", "w"]);
    if (weight === "w") draft.tags.add("weight over time");
    if (weight === "w") noteSpan(draft, { first: Math.max(p.first, draft.start), last: Math.min(p.last, -1) });
    const weighed: readonly Part[] = weight === "w" ? partsOf`sum(sigmoid(${target(draft, 2, true)}))*` : [weight];
    statement(draft, partsOf`${termOf(readAt(p))} =[${weighed}${loss.name}]=> sigmoid(${targetNear(draft, p)})`);
  },
});

const atTheEnd: Feature = {
  name: "target at the last step alone",
  add: (draft) => {
    const { choices } = draft;
    const h = anySignal(draft, (one) => one.last >= 0 && one.first <= 1);
    draft.tags.add("_T").add("fixed step");
    const overTime = choices.chance(0.3);
    if (overTime) draft.tags.add("target over time at the last step");
    const p = layered(draft, [{ of: h, at: moment("T") }], widthOf(draft), null);
    if (overTime) statement(draft, partsOf`${termOf(readAt(p))} => ${{ ...target(draft, p.size, true), at: moment("T") }}`);
    else statement(draft, partsOf`${termOf(readAt(p))} => ${target(draft, p.size, false)}`);
  },
};

const ascent: Feature = {
  name: "ascend over time",
  add: (draft) => {
    const from = layered(draft, [readAt(anySignal(draft))], 2, "tanh");
    const plus = draft.choices.pick([0, 0, -1]);
    if (plus !== 0) draft.tags.add("ascend from the step before");
    const seen: readonly Read[] = [readAt(from, plus), readAt(anySignal(draft))];
    const reads = supportOf(seen).first <= 1 + supportOf(seen).last ? seen : seen.slice(0, 1);
    const made = layered(draft, reads, 1, null);
    const x = termOf(readAt(from, plus));
    statement(draft, partsOf`${x} $ sum(${termOf(readAt(made))}) - 0.5 * sum(${x} ^ 2)`);
  },
};

const bareAscent: Feature = {
  name: "bare ascend over time",
  add: (draft) => {
    const h = anySignal(draft);
    noteSpan(draft, supportOf([readAt(h), readAt(h, -1)]));
    bare(draft, draft.choices.chance(0.5) ? partsOf`-0.5 * sum(${termOf(readAt(h))} * ${termOf(readAt(h, -1))})` : partsOf`-0.5 * sum(${termOf(readAt(h))} ^ 2)`);
  },
};

export const objectives = (losses: readonly Loss[]): readonly Feature[] => [
  matching, atTheEnd, ofClass, bareAscent, ascent, ...losses.filter((loss) => loss.of === "prediction").map(withLoss),
];

/** One more bare ascent of each value that nothing else reads: every value has a reader, and mostly a gradient. */
export const readTheRest = (draft: TimeDraft): void => {
  const term = (one: Signal): readonly Part[] => partsOf`sum((${termOf(readAt(one))} - 1) ^ 2)`;
  // From the last on, for what they read is read then, too.
  for (const one of [...draft.signals].reverse()) {
    if (!unread(draft).has(one.name)) continue;
    bare(draft, draft.choices.chance(0.5) ? partsOf`-0.1 * ${term(one)}` : partsOf`-0.1 * sum(tanh(${layerOf(draft, 2)}(${termOf(readAt(one))})))`);
  }
};
