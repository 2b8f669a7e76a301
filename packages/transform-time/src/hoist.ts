/**
 * Takes out of recurrences what does not depend on them. A dense layer of `h_{t-1} | x_t` is `W_h h_{t-1} + (W_x x_t + b)`: the second product
 * needs no loop and is done for all steps at once. Layers that read the same carried values share one product, and one sum.
 */
import { createBuilder, NOWHERE } from "@sequent/ir";
import type { CallId, Env, NodeId, Operand, Program, TableBuilder } from "@sequent/ir";
import { componentsOf, isRecurrence } from "./reads.js";

/** A part of what a dense layer reads, and the columns of the weight that belong to it. */
interface Part {
  readonly value: Operand;
  readonly from: number;
  readonly to: number;
}
/** A dense layer in a recurrence. */
interface Layer {
  readonly id: NodeId;
  readonly weight: Operand;
  readonly bias: Operand | null;
  readonly features: number;
  readonly carried: readonly Part[];
  readonly outside: readonly Part[];
}

/** Told what a new value is, and what it is of. */
export type Hint = (node: NodeId, name: string, of: NodeId | null) => void;

const keyOf = (parts: readonly Part[]): string => JSON.stringify(parts.map(({ value, from, to }) => [value.node, value.at, from, to]));

const sizeAt = (program: Program, id: NodeId): number | null => {
  const shape = (program.types ?? [])[id]?.[0]?.shape;
  const [size] = shape?.length === 1 ? shape : [null];
  return typeof size === "number" ? size : null;
};

/** The layer at a node, if it is a dense layer of vectors that reads a concatenation or a carried value; null: it stays as it is. */
const layerAt = (program: Program, id: NodeId, inside: ReadonlySet<NodeId>, isWhole: (call: CallId | null) => boolean): Layer | null => {
  const node = program.nodes[id];
  if (node?.tag !== "op" || node.op !== "core.dense" || !isWhole(program.callOf[id] ?? null)) return null;
  const [x, weight, bias] = node.ins;
  const features = sizeAt(program, id), width = x === undefined ? null : sizeAt(program, x.node);
  if (x === undefined || weight === undefined || features === null || width === null || x.at.tag !== "at") return null;
  const source = program.nodes[x.node];
  const isNow = x.at.time.from === "t" && x.at.time.plus === 0;
  const isConcat = source?.tag === "op" && source.op === "core.concat" && isNow && inside.has(x.node);
  const parts: Part[] = [];
  let from = 0;
  for (const value of isConcat ? source.ins : [x]) {
    const size = sizeAt(program, value.node);
    if (size === null || value.at.tag !== "at") return null;
    parts.push({ value, from, to: from + size });
    from += size;
  }
  if (from !== width) return null;
  const carried = parts.filter((part) => inside.has(part.value.node)), outside = parts.filter((part) => !inside.has(part.value.node));
  return carried.length === 0 ? null : { id, weight, bias: bias ?? null, features, carried, outside };
};

const joined = (b: TableBuilder, parts: readonly Operand[]): Operand => {
  const [only, ...more] = parts;
  return only !== undefined && more.length === 0 ? only : b.op("core.concat", parts);
};
/** Runs of parts whose columns stand side by side. */
const runsOf = (parts: readonly Part[]): readonly (readonly Part[])[] => {
  const runs: Part[][] = [];
  for (const part of parts) {
    const last = runs.at(-1);
    if (last?.at(-1)?.to === part.from) last.push(part);
    else runs.push([part]);
  }
  return runs;
};

/** Products of some parts for several layers at once, `weights` being [columns, features of all]; null of none. */
const product = (b: TableBuilder, weights: Operand, parts: readonly Part[], call: Hint): Operand | null => {
  const products = runsOf(parts).map((run) => {
    const rows = b.op("core.slice", [weights], { axis: 0, from: run[0]?.from ?? 0, to: run.at(-1)?.to ?? 0 });
    call(rows.node, "weight", run[0]?.value.node ?? null);
    return b.op("core.matmul", [joined(b, run.map((part) => part.value)), rows]);
  });
  const [first, ...rest] = products;
  return first === undefined ? null : rest.reduce((sum, one) => b.op("core.add", [sum, one]), first);
};

const rewrite = (b: TableBuilder, layers: readonly Layer[], call: Hint): void => {
  const weights = joined(b, layers.map((layer) => b.op("core.permute", [layer.weight], { axes: [1, 0] })));
  call(weights.node, "weight", null);
  const carried = product(b, weights, layers[0]?.carried ?? [], call);
  const outside = product(b, weights, layers[0]?.outside ?? [], call);
  const biases = layers.flatMap((layer) => layer.bias ?? []);
  const shift = biases.length === layers.length ? joined(b, biases) : null;
  const still = outside === null || shift === null ? (outside ?? shift) : b.op("core.add", [outside, shift]);
  if (carried === null) return;
  if (still !== null && outside !== null) call(still.node, "inputs", null);
  if (shift !== null && layers.length > 1) call(shift.node, "bias", null);
  const total = still === null ? carried : b.op("core.add", [still, carried]);
  if (layers.length > 1) call(total.node, "gates", null);
  let from = 0;
  for (const { id, features } of layers) {
    const value = layers.length === 1 ? total : b.op("core.slice", [total], { from, to: from + features });
    b.define(id, b.nodeAt(value.node));
    from += features;
  }
};

/**
 * Rewrites the dense layers of all recurrences, but of those that are left to others, where they stand at the top level or in a function that
 * has its recurrences whole. Equations stay equations; requires `timed`.
 */
export const hoistFromLoops = (
  program: Program, env: Env, hint: Hint = () => undefined, isLeft: (nodes: readonly NodeId[]) => boolean = () => false, isWhole: (call: CallId | null) => boolean = (call) => call === null,
): Program => {
  const groups: (readonly Layer[])[] = [];
  for (const component of componentsOf(program)) {
    if (!isRecurrence(component) || isLeft(component.nodes)) continue;
    const inside = new Set(component.nodes);
    const byReads = new Map<string, Layer[]>();
    for (const id of component.nodes) {
      const layer = layerAt(program, id, inside, isWhole);
      if (layer === null) continue;
      // Layers share a product if they read the same in the loop and out of it, and all or none have a bias.
      const key = `${keyOf(layer.carried)} ${keyOf(layer.outside)} ${String(layer.bias === null)} ${String(program.callOf[id] ?? null)}`;
      byReads.set(key, [...(byReads.get(key) ?? []), layer]);
    }
    for (const layers of byReads.values()) if (layers.length > 1 || layers.some((layer) => layer.outside.length > 0)) groups.push(layers);
  }
  if (groups.length === 0) return program;
  const b = createBuilder(program, env);
  for (const layers of groups) {
    b.within(program.callOf[layers[0]?.id ?? 0] ?? null, program.spans[layers[0]?.id ?? 0] ?? NOWHERE);
    rewrite(b, layers, hint);
  }
  return b.finish();
};
