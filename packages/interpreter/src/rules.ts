/** What the evaluator must know of each equation, found once: its op with decoded attributes, its reads, and how often it will be read. */
import * as E from "fp-ts/lib/Either.js";
import { crossing, demandOrder, existenceOf, extentOf, FIRST_STEP, invariant, numberedBy, operandsOf, primalNodes } from "@sequent/ir";
import type { AnyOp, Env, Existence, Horizon, Interval, Node, NodeId, Operand, Program, Reference } from "@sequent/ir";

/** One instance for all; one per sample; one per sample and step. */
export const STATIC = 0, SAMPLE = 1, STEP = 2;
export type Kind = 0 | 1 | 2;

/** A range of steps of one value. What elements a reader finds is asked by the range's readers and, in gradients, by its transposes. */
export interface Range {
  readonly of: NodeId;
  readonly on: Interval;
  /** The number of elements if it is fixed; then elements beyond the ends repeat. */
  readonly fixed: boolean;
  /** What `@horizon back` leaves of a range without a fixed length. */
  readonly keep: number;
  readonly id: number;
}

export type Access = "now" | "shift" | "first" | "last" | "range" | "fan" | "over";

export interface Read {
  readonly access: Access;
  readonly node: NodeId;
  /** The offset of `shift`, `first` and `last`. */
  readonly plus: number;
  readonly range: Range | null;
  readonly axes: "time" | "batch" | "both";
  /** Whether this read is one of the instance's counted reads. */
  readonly counted: boolean;
}

export interface Rule {
  readonly id: NodeId;
  readonly node: Node;
  readonly kind: Kind;
  readonly forward: Reference<unknown> | null;
  readonly attrs: unknown;
  readonly collective: boolean;
  readonly reads: readonly Read[];
  /** The steps of each piece; null: wherever its value exists. */
  readonly on: readonly (Interval | null)[];
  /** False for gradients and what is made of them. */
  readonly primal: boolean;
  /** Whether its steps that are counted from the first are those of the window: a gradient that a macro states has no others. */
  readonly moves: boolean;
  /** The steps of the sequence that have it. */
  readonly steps: Interval | null;
  /** The steps at which it may exist, whatever its equations say beyond; null: they alone say it. */
  readonly within: Interval | null;
  /** The value whose steps it numbers, if it does nothing else. */
  readonly numbers: NodeId | null;
  readonly objective: boolean;
  /** The shape, if all of it is fixed. */
  readonly shape: readonly number[] | null;
  /** How often each instance is read; KEEP: it is kept to the end. */
  readonly uses: number;
}

export const KEEP = 255;

/** What must be recorded at the end of a window: values up to `lag` steps before the next, and those of fixed steps. */
export interface Recorded {
  readonly lag: number;
  readonly fixed: readonly number[];
}

export interface Plan {
  readonly rules: readonly (Rule | undefined)[];
  readonly ranges: readonly Range[];
  /** Instances that are read at fixed steps by what has no steps, and must not be dropped before. */
  readonly pinned: readonly Read[];
  readonly recorded: ReadonlyMap<NodeId, Recorded>;
  /** The last step of the shortest sequence that has all steps of every value's interval. */
  readonly regular: number;
  /** What shorter ones have. */
  readonly existence: () => Existence;
}

const opOf = (program: Program, env: Env, id: NodeId): { readonly op: AnyOp; readonly attrs: unknown } | null => {
  const node = program.nodes[id];
  if (node?.tag !== "op") return null;
  const op = env.ops.get(node.op);
  invariant(op !== undefined, `no op is registered as ${node.op}`);
  const attrs = op.attributes.decode(node.attrs);
  invariant(E.isRight(attrs), `node ${String(id)} has attributes that its op does not take`);
  return { op, attrs: attrs.right };
};

export const kindOf = (program: Program, id: NodeId): Kind => {
  const varies = program.varies?.[id];
  invariant(varies !== undefined, "an untyped program reached the evaluator");
  return varies.time ? STEP : varies.space.tag === "static" ? STATIC : SAMPLE;
};

interface Counting {
  readonly uses: Int32Array;
  readonly pinned: Read[];
  readonly lag: Map<NodeId, { lag: number; readonly fixed: Set<number> }>;
}

const length = ({ on }: Range): number => on.upper.plus - on.lower.plus + 1;

/** How often one instance is read through this read: an upper bound, or KEEP. */
const usesOf = (read: Read, reader: Kind, of: Kind): number => {
  switch (read.access) {
    case "now":
    case "shift":
      return reader === of ? 1 : KEEP;
    case "first":
    case "last":
      return reader === STEP ? KEEP : 0;
    case "range":
    case "fan":
      return read.range !== null && read.range.fixed && read.range.on.lower.from === "t" && of === STEP ? length(read.range) : KEEP;
    case "over":
      return of === STEP && (reader === STATIC || (reader === SAMPLE && read.axes === "time")) ? 1 : KEEP;
  }
};

/** How far before a window values are read, by a reader that may stand so many steps before it itself. */
const noteLag = (read: Read, early: number, horizon: Horizon, into: Counting["lag"]): void => {
  const note = (lag: number, fixed: readonly number[] = []): void => {
    const known = into.get(read.node) ?? { lag: 0, fixed: new Set<number>() };
    known.lag = Math.max(known.lag, lag);
    for (const step of fixed) known.fixed.add(step);
    into.set(read.node, known);
  };
  if ((read.access === "shift" || read.access === "now") && read.plus < early) note(early - read.plus);
  // A window at the end of a sequence may begin behind what is read of steps before the last.
  if (read.access === "last" && read.plus < 0) note(-read.plus);
  if (read.access === "first") note(0, [read.plus]);
  if (read.access === "range" && read.range !== null) {
    const { lower, upper } = read.range.on;
    if (lower.from !== "0" && lower.plus < 0) note(-lower.plus);
    else if (lower.from === "0" && upper.from === "0") note(0, Array.from({ length: upper.plus - lower.plus + 1 }, (_, k) => lower.plus + k));
    else if (lower.from === "0") note(horizon.back - 1 - Math.min(0, upper.plus));
  }
};

const readOf = (x: Operand, kinds: (id: NodeId) => Kind, reader: Kind, rangeOf: (of: NodeId, on: Interval) => Range): Read => {
  const base = { node: x.node, plus: 0, range: null, axes: "both", counted: false } as const;
  const { at } = x;
  const made = ((): Read => {
    if (at.tag === "over") return { ...base, access: "over", axes: at.axes };
    if (at.tag === "range") return { ...base, access: "range", range: rangeOf(x.node, at.on) };
    if (at.tag === "fan") return { ...base, access: "fan", range: rangeOf(at.of, at.range) };
    const { from, plus } = at.time;
    if (kinds(x.node) !== STEP || (from === "t" && plus === 0)) return { ...base, access: "now" };
    return { ...base, access: from === "t" ? "shift" : from === "0" ? "first" : "last", plus };
  })();
  const uses = usesOf(made, reader, kinds(x.node));
  return { ...made, counted: uses > 0 && uses < KEEP };
};

const asked = (node: NodeId): Operand => ({ node, at: { tag: "over", axes: "both" }, old: false });

/** What is needed, operands first. A transpose asks where the value that was read exists, and so needs it. */
const neededBy = (program: Program, wanted: readonly NodeId[]): readonly NodeId[] => {
  const roots = new Set(wanted);
  for (;;) {
    const order = demandOrder(program.nodes, [...roots].map(asked));
    const known = roots.size;
    const found = new Set(order);
    for (const id of order) {
      const node = program.nodes[id];
      for (const x of node === undefined ? [] : operandsOf(node)) if (x.at.tag === "fan" && !found.has(x.at.of)) roots.add(x.at.of);
    }
    if (roots.size === known) return order;
  }
};

/** The rules of what `wanted` needs, which is kept to the end itself. */
export const planOf = (program: Program, env: Env, wanted: readonly NodeId[], horizon: Horizon | null): Plan => {
  const order = neededBy(program, wanted);
  const kinds = (id: NodeId): Kind => kindOf(program, id);
  // Gradients exist inside a window alone.
  const primal = primalNodes(program);
  const objectives = new Set(program.objectives.flatMap((one) => one.value ?? []));
  const counting: Counting = { uses: new Int32Array(program.nodes.length), pinned: [], lag: new Map() };
  const ranges = new Map<string, Range>();
  const rangeOf = (of: NodeId, on: Interval): Range => {
    const key = JSON.stringify([of, on]);
    const made = ranges.get(key) ?? { of, on, fixed: typeof extentOf(on) === "number", keep: horizon?.back ?? Infinity, id: ranges.size };
    ranges.set(key, made);
    return made;
  };
  const drafts = order.map((id) => {
    const node = program.nodes[id];
    invariant(node !== undefined, `there is no node ${String(id)}`);
    const reads = operandsOf(node).map((x) => readOf(x, kinds, kinds(id), rangeOf));
    reads.forEach((read, k) => {
      // Of a gradient that a macro states, what stands before the window's first step is made in the window.
      const on = !primal(id) && node.tag === "cases" ? node.pieces[k]?.on : undefined;
      const early = on?.lower.from === "0" ? Math.max(0, FIRST_STEP - on.lower.plus) : 0;
      count(read, kinds, id, primal, program, horizon === null ? null : { ...horizon, early }, counting);
    });
    return { id, node, reads };
  });
  for (const id of wanted) counting.uses[id] = KEEP;
  const rules: (Rule | undefined)[] = new Array<Rule | undefined>(program.nodes.length);
  for (const { id, node, reads } of drafts) {
    const found = opOf(program, env, id);
    const shape = (program.types?.[id] ?? [])[0]?.shape ?? [];
    const uses = counting.uses[id] ?? 0, numbers = numberedBy(program, id), steps = (program.domains ?? [])[id]?.time ?? null;
    rules[id] = {
      id, node, reads, kind: kinds(id), attrs: found?.attrs ?? null, collective: found !== null && found.op.collective,
      forward: found !== null && found.op.forward.tag === "primitive" ? found.op.forward.reference : null,
      on: node.tag === "cases" || node.tag === "sum" ? node.pieces.map((piece) => piece.on) : [],
      primal: primal(id), moves: numbers === null && !primal(id) && node.tag === "cases", steps, within: (primal(id) && node.tag !== "input") || node.tag === "sum" || node.tag === "cases" ? steps : null, numbers, objective: objectives.has(id),
      shape: shape.every((dim) => typeof dim === "number") ? shape : null,
      uses: uses === 0 || uses >= KEEP ? KEEP : uses,
    };
  }
  const recorded = new Map([...counting.lag].map(([id, { lag, fixed }]): [NodeId, Recorded] => [id, { lag, fixed: [...fixed] }]));
  let existence: Existence | null = null;
  return {
    rules, ranges: [...ranges.values()], pinned: counting.pinned, recorded, regular: order.some((id) => kinds(id) === STEP) ? crossing(program).least : 0,
    existence: () => (existence ??= existenceOf(program, order.filter(primal))),
  };
};

const count = (
  read: Read, kinds: (id: NodeId) => Kind, reader: NodeId, primal: (id: NodeId) => boolean, program: Program, horizon: (Horizon & { readonly early: number }) | null, into: Counting,
): void => {
  const uses = usesOf(read, kinds(reader), kinds(read.node));
  into.uses[read.node] = Math.min(KEEP, (into.uses[read.node] ?? 0) + uses);
  if (read.access === "first" || read.access === "last") into.pinned.push(read);
  const ours = primal(read.node) && kinds(read.node) === STEP && program.nodes[read.node]?.tag !== "input";
  if (horizon !== null && ours) noteLag(read, horizon.early, horizon, into.lag);
};
