/** What stands behind a prediction: through renaming and the pieces of states, the equations that give it at the steps where it counts. */
import { FIRST_STEP, isBefore, isNow, moment, read, shiftSteps, stepsOf } from "@sequent/ir";
import type { Context, Domain, Interval, Moment, NodeId, Operand, Piece, TableBuilder } from "@sequent/ir";
import type { Primal } from "./primal.js";

/** A value, with the equation behind it at each of the steps at which it is read. */
export interface Origins {
  /** The nodes of those equations, each once; a state that is made of itself alone is its own. */
  readonly nodes: readonly NodeId[];
  /** What the reader of the value would read if each of these nodes were another one of the same steps. */
  readonly replaced: (b: TableBuilder, image: (node: NodeId) => Operand) => Operand;
}

/** Renaming that goes deeper than this is not followed. */
const DEEPEST = 500;

/** Behind what `x` reads at those steps at which all of `operands` exist. */
export const originsOf = (primal: Primal, x: Operand, operands: readonly Operand[]): Origins => {
  const steps = primal.program.domains === undefined ? null : stepsAt(x.at, stepsOf({ tag: "op", op: "core.sub", attrs: {}, ins: operands }, domainsOf(primal), 0));
  const { tree, nodes } = treeOf(primal, x.node, steps);
  // What is handed on from step to step comes from wherever the state began.
  const isHandedOn = [...nodes].some((id) => primal.nodeAt(id).tag === "cases");
  return { nodes: [...(isHandedOn ? treeOf(primal, x.node, null).nodes : nodes)], replaced: (b, image) => through(b, x, replacer(b, image)(tree)) };
};

const treeOf = (primal: Primal, root: NodeId, steps: Interval | null): { readonly tree: Tree; readonly nodes: ReadonlySet<NodeId> } => {
  const first = firstEnd(primal);
  const nodes = new Set<NodeId>();
  const known = new Map<string, Tree>(), open = new Set<NodeId>();
  const behind = (id: NodeId, read: Interval | null): Tree => {
    const node = primal.nodeAt(id), key = `${String(id)} ${JSON.stringify(read)}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    if (node.tag !== "cases" || open.has(id) || open.size > DEEPEST) {
      nodes.add(id);
      return { tag: "leaf", node: id };
    }
    open.add(id);
    const met = node.pieces.filter(({ on }) => on === null || read === null || mayMeet(on, read, first));
    const tree: Tree = {
      tag: "pieces", isOne: met.length === 1 && met.every(({ on }) => on === null || (read !== null && covers(on, read))),
      pieces: met.map(({ on, value }) => ({ on, value, of: behind(value.node, stepsAt(value.at, read === null || on === null ? (read ?? on) : overlap(on, read))) })),
    };
    open.delete(id);
    known.set(key, tree);
    return tree;
  };
  return { tree: behind(root, steps), nodes };
};

type Tree =
  | { readonly tag: "leaf"; readonly node: NodeId }
  /** `isOne`: a single piece, which holds wherever it is read. */
  | { readonly tag: "pieces"; readonly isOne: boolean; readonly pieces: readonly (Omit<Piece, "written"> & { readonly of: Tree })[] };

const replacer = (b: TableBuilder, image: (node: NodeId) => Operand): ((tree: Tree) => Operand) => {
  const made = new Map<Tree, Operand>();
  const replace = (tree: Tree): Operand => {
    if (tree.tag === "leaf") return image(tree.node);
    const pieces = tree.pieces.map(({ on, value, of }): Piece => ({ on, value: through(b, value, replaced(of)) }));
    const [only] = pieces;
    return tree.isOne && only !== undefined ? only.value : read(b.node({ tag: "cases", pieces }));
  };
  const replaced = (tree: Tree): Operand => {
    const found = made.get(tree) ?? replace(tree);
    made.set(tree, found);
    return found;
  };
  return replaced;
};

/** The value that `inner` is for the one who reads `outer`. */
const through = (b: TableBuilder, outer: Operand, inner: Operand): Operand => {
  if (isNow(outer.at)) return inner;
  if (isNow(inner.at)) return { node: inner.node, at: outer.at, old: inner.old };
  if (outer.at.tag === "at" && inner.at.tag === "at" && outer.at.time.from === "t" && inner.at.time.from === "t") {
    return { ...inner, at: { tag: "at", time: moment("t", outer.at.time.plus + inner.at.time.plus) } };
  }
  return { node: b.node({ tag: "cases", pieces: [{ on: null, value: inner }] }), at: outer.at, old: false };
};

const domainsOf = (primal: Primal) => (id: NodeId): Domain => primal.domainAt(id) ?? { space: { tag: "static" }, time: null };

/** T is no less than this: every sequence has a step. */
const firstEnd = ({ program }: Primal): number => {
  const starts = program.nodes.flatMap((node, id) => {
    const lower = node.tag === "input" ? program.domains?.[id]?.time?.lower : undefined;
    return lower?.from === "0" ? [lower.plus] : [];
  });
  return starts.length === 0 ? FIRST_STEP : Math.max(...starts);
};

/** The steps of what is read, for readers at some steps; null: not known. */
const stepsAt = (at: Context, steps: Interval | null): Interval | null => {
  if (steps === null || at.tag !== "at") return null;
  return at.time.from === "t" ? shiftSteps(steps, at.time.plus) : { lower: at.time, upper: at.time };
};

/** Whether one moment is before another in every sequence, whose T is no less than `first`. */
const isSurelyBefore = (a: Moment, b: Moment, first: number): boolean =>
  a.from === b.from ? a.plus < b.plus : a.from === "0" && b.from === "T" && a.plus < first + b.plus;

const mayMeet = (a: Interval, b: Interval, first: number): boolean => !isSurelyBefore(a.upper, b.lower, first) && !isSurelyBefore(b.upper, a.lower, first);
const covers = (a: Interval, b: Interval): boolean => !isBefore(b.lower, a.lower) && !isBefore(a.upper, b.upper);
/** The steps of two intervals, as far as one end surely says more. */
const overlap = (a: Interval, b: Interval): Interval => ({
  lower: isBefore(a.lower, b.lower) ? b.lower : a.lower,
  upper: isBefore(a.upper, b.upper) ? a.upper : b.upper,
});
