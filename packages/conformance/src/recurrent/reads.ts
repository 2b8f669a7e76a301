/** What is not recurrent: neighbours, fixed steps, ranges and attention over them, bidirectional joins. */
import { moment } from "@sequent/ir";
import type { Interval } from "@sequent/ir";
import { anyConstant, anySignal, define, isSomewhere, layered, layerOf, readAt, supportOf, termOf, widthOf, push, fresh, beside, inputOverTime } from "./draft.js";
import type { Read, Signal, TimeDraft } from "./draft.js";
import { now, partsOf } from "./equation.js";
import { fixedRead, scan } from "./scans.js";
import type { Feature } from "./scans.js";

/** Some reads that exist together somewhere. */
const together = (draft: TimeDraft, reads: readonly Read[]): readonly Read[] => (isSomewhere(supportOf(reads)) ? reads : reads.slice(0, 1));

const neighbours: Feature = {
  name: "neighbouring steps",
  add: (draft) => {
    const { choices } = draft;
    const reads = [readAt(anySignal(draft), choices.pick([0, 1, -1, 2, -2])), readAt(anySignal(draft), choices.pick([0, 0, 1, -1]))];
    layered(draft, together(draft, reads), widthOf(draft), choices.pick(["tanh", "sigmoid", "relu"]));
  },
};

const elementwise: Feature = {
  name: "elementwise over time",
  add: (draft) => {
    const { choices } = draft;
    const a = readAt(anySignal(draft), choices.pick([0, 0, -1]));
    const same = draft.signals.filter((one) => one.size === a.of.size);
    const [first, ...rest] = same.reverse();
    const b = first === undefined ? a : readAt(choices.pick([first, ...rest]), choices.pick([0, 0, 1, -1]));
    const reads = together(draft, [a, b]);
    const [x, y = a] = reads;
    if (x === undefined) return;
    define(draft, reads, x.of.size, (v) => (choices.chance(0.5) ? partsOf`sin(${termOf(x)}) * ${termOf(y)} -> ${v}` : partsOf`tanh(${termOf(x)} - 0.5 * ${termOf(y)}) -> ${v}`));
  },
};

const theStep: Feature = {
  name: "the step as a number",
  add: (draft) => {
    const x = readAt(anySignal(draft));
    define(draft, [x], x.of.size, (v) => partsOf`tanh(${termOf(x)}) * (0.1 * ${{ step: 0 }}) -> ${v}`);
  },
};

const held: Feature = {
  name: "nograd over time",
  add: (draft) => {
    const x = readAt(anySignal(draft), draft.choices.pick([0, -1]));
    define(draft, [x], x.of.size, (v) => partsOf`nograd(tanh(${termOf(x)})) * ${termOf(x)} -> ${v}`);
  },
};

/** A state that is not recurrent and is given beyond an end, where its neighbours read it. */
const beyond: Feature = {
  name: "boundary of a map",
  add: (draft) => {
    const x = draft.choices.chance(0.5) ? inputOverTime(draft, widthOf(draft)) : anySignal(draft, (one) => one.last >= 0);
    const name = fresh(draft, "v"), size = widthOf(draft), layer = layerOf(draft, size);
    push(draft, partsOf`${termOf(readAt(x))} --[${layer}|tanh]-> ${{ name, at: now() }}`);
    const given = draft.choices.chance(0.5) ? partsOf`0.5` : partsOf`${termOf(readAt(anyConstant(draft)))} --[${layerOf(draft, size)}|tanh]`;
    const early = draft.start === 0 && x.first <= 0 && draft.choices.chance(0.5);
    push(draft, partsOf`${given} -> ${{ name, at: early ? moment("0", -1) : moment("T", 1) }}`, false);
    draft.tags.add("boundary outside the sequence");
    const state: Signal = { name, size, timed: true, first: early ? -1 : Math.max(0, x.first), last: early ? Math.min(0, x.last) : 1, reach: early ? x.reach : Infinity, scans: x.scans };
    draft.signals.push(state);
    const width = widthOf(draft);
    if (draft.choices.chance(0.5)) layered(draft, [readAt(state, early ? -1 : 1), readAt(state)], width, "tanh");
    else reduced(draft, { of: state, at: early ? { lower: now(-2), upper: now() } : { lower: now(), upper: now(2) } }, "mean");
  },
};

/** What is done to each element of a range before they are reduced; a softmax is one over its features. */
const EACH: readonly ["softmax", "tanh", ...null[]] = ["softmax", "tanh", null, null];
type Reduction = "mean" | "sum" | "max" | "min";
const reduced = (draft: TimeDraft, read: Read, by: Reduction): Signal => {
  draft.tags.add("range").add(`range by ${by}`);
  const each = draft.choices.pick(EACH);
  if (each !== null) draft.tags.add(`${each} of each in a range`);
  const steps = each === null ? partsOf`${termOf(read)}` : partsOf`${each}(${termOf(read)})`;
  // A sum over a sequence is kept small.
  return define(draft, [read], read.of.size, (v) => (by === "sum" ? partsOf`sum(0.25 * ${steps}, axis=0) -> ${v}` : partsOf`${by}(${steps}, axis=0) -> ${v}`));
};

const REDUCTIONS: readonly [Reduction, ...Reduction[]] = ["mean", "sum", "max", "min"];

/** A few steps on either side of the reader's own. */
const fewSteps = (draft: TimeDraft): Interval => {
  const { choices } = draft;
  const from = choices.pick([-1, -2, 0, -3, 1]);
  return { lower: now(from), upper: now(from + choices.pick([1, 2, 3])) };
};

const fixedRange: Feature = {
  name: "range of a fixed length",
  add: (draft) => {
    const of = anySignal(draft);
    const read: Read = { of, at: fewSteps(draft) };
    if (draft.choices.chance(0.5)) {
      reduced(draft, read, draft.choices.pick(REDUCTIONS));
      return;
    }
    draft.tags.add("range").add("order of a range");
    const size = widthOf(draft), layer = layerOf(draft, size);
    define(draft, [read], size, (v) => partsOf`flatten(${termOf(read)}) --[${layer}|tanh]-> ${v}`);
  },
};

const LONG: readonly [readonly [string, Interval], ...(readonly [string, Interval])[]] = [
  ["range of the past", { lower: moment("0"), upper: now() }],
  ["range of the past", { lower: moment("0"), upper: now(-1) }],
  ["range of the future", { lower: now(), upper: moment("T") }],
  ["range of the future", { lower: now(1), upper: moment("T") }],
  ["range of all steps", { lower: moment("0"), upper: moment("T") }],
  ["range of all steps", { lower: moment("0", 1), upper: moment("T") }],
];

const longRange: Feature = {
  name: "range of a varying length",
  add: (draft) => {
    const [tag, at] = draft.choices.pick(LONG);
    draft.tags.add(tag);
    if (at.upper.from === "T") draft.tags.add("_T");
    reduced(draft, { of: anySignal(draft, (one) => one.first <= 1 && one.last >= 0), at }, draft.choices.pick(REDUCTIONS));
  },
};

/** A query looks for keys in a range. */
const attention: Feature = {
  name: "attention over a range",
  add: (draft) => {
    const { choices } = draft;
    const few = choices.chance(0.25);
    const [tag, at] = few ? (["range of a fixed length", fewSteps(draft)] as const) : choices.pick(LONG);
    draft.tags.add("range").add(tag);
    // Scores stand in the order of what they are of.
    if (few) draft.tags.add("order of a range");
    if (at.upper.from === "T") draft.tags.add("_T");
    const memory = anySignal(draft, (one) => one.first <= 1 && one.last >= 0);
    const width = widthOf(draft);
    const keys = layered(draft, [readAt(memory)], width, null), values = choices.chance(0.5) ? layered(draft, [readAt(memory)], widthOf(draft), "tanh") : memory;
    const query = choices.chance(0.25) ? layered(draft, [readAt(anyConstant(draft))], width, null) : layered(draft, [readAt(anySignal(draft))], width, null);
    const k: Read = { of: keys, at }, v: Read = { of: { ...values, first: keys.first, last: keys.last }, at };
    const scores = define(draft, [k, readAt(query)], 1, (a) => partsOf`softmax(matmul(${termOf(k)}, ${termOf(readAt(query))})) -> ${a}`);
    // Only a contraction may read it.
    draft.signals.splice(draft.signals.indexOf(scores), 1);
    define(draft, [{ of: scores, at: scores.timed ? now() : null }, v], values.size, (o) => partsOf`matmul(${{ name: scores.name, at: scores.timed ? now() : null }}, ${termOf(v)}) -> ${o}`);
  },
};

const fixedStep: Feature = {
  name: "fixed step",
  add: (draft) => {
    const fixed = fixedRead(draft), other = fixedRead(draft);
    if (draft.choices.chance(0.5)) layered(draft, [fixed, other], widthOf(draft), "tanh");
    else layered(draft, [readAt(anySignal(draft)), fixed], widthOf(draft), "tanh");
  },
};

const constantRead: Feature = {
  name: "input without time at every step",
  add: (draft) => { layered(draft, [readAt(anySignal(draft)), readAt(anyConstant(draft))], widthOf(draft), "tanh"); },
};

/** Both ways, joined. */
const bidirectional: Feature = {
  name: "mixed directions",
  add: (draft) => {
    const known = draft.signals.length;
    scan("forward").add(draft);
    scan("backward").add(draft);
    const made = draft.signals.slice(known);
    const there = made.findLast((one) => one.scans.has("forward")), back = made.findLast((one) => one.scans.has("backward"));
    if (there === undefined || back === undefined) return;
    const join = together(draft, [readAt(there), readAt(back)]);
    define(draft, join, join.reduce((sum, { of }) => sum + of.size, 0), (v) => (join.length === 1 ? partsOf`tanh(${beside(join.map(termOf))}) -> ${v}` : partsOf`${beside(join.map(termOf))} -> ${v}`));
  },
};

export const readings: readonly Feature[] = [neighbours, elementwise, fixedRange, longRange, attention, fixedStep, bidirectional, constantRead, theStep, held, beyond];
