/** Statements and metrics of sequences that are too short for some values: means leave out the rows that have none. */
import { demandOrder, existenceOf, FIRST_STEP, read } from "@sequent/ir";
import type { Env, Metric, NodeId, Objective, OpName, Operand, Program } from "@sequent/ir";
import { countInWindow } from "./window-means.js";

export interface ShortRows {
  /** The steps of the shortest row. */
  readonly from: number;
  /** The steps from which on rows have all. */
  readonly to: number;
  /** The last step of a row of no steps. */
  readonly moved?: number;
  /** Whether they are windows behind the first. */
  readonly isBehind?: boolean;
}

export interface Lacking {
  /** The steps of the shortest row that can be computed: what is of the whole batch needs its operands of each row. */
  readonly from: number;
  /** The values of statements and metrics that shorter rows have none of, each with the last step of the shortest that has them. */
  readonly lacking: ReadonlyMap<NodeId, number>;
}

/** Whether an op computes of an operand in all rows at once. */
export const isOfBatch = (env: Env, op: OpName, x: Operand): boolean => x.at.tag === "over" || env.ops.get(op)?.overBatch === true;

/** The last step that each row must have for what is computed of the whole batch, and the node that asks for most. */
export const leastOfBatch = (program: Program, env: Env, nodes: readonly NodeId[], least: (id: NodeId) => number): { readonly at: NodeId | null; readonly least: number } => {
  const means = new Set([...program.objectives, ...program.metrics].flatMap((one) => one.mean ?? []));
  const isOfData = (id: NodeId): boolean => (program.varies ?? [])[id]?.space.tag === "data";
  const isOverBatch = (op: OpName): boolean => env.ops.get(op)?.overBatch === true;
  return nodes.reduce<{ readonly at: NodeId | null; readonly least: number }>((most, id) => {
    const node = program.nodes[id];
    if (node?.tag !== "op" || means.has(id)) return most;
    const of = isOverBatch(node.op) ? [id] : node.ins.flatMap((x) => (x.at.tag === "over" && isOfData(x.node) ? [x.node] : []));
    return of.reduce((all, one) => (least(one) > all.least ? { at: id, least: least(one) } : all), most);
  }, { at: null, least: 0 });
};

const valuesOf = (program: Program): readonly NodeId[] =>
  [...program.objectives.flatMap(({ mean, value }) => (mean === null || value === null ? [] : [value])), ...program.metrics.flatMap(({ mean, value }) => (mean === null ? [] : [value.node]))];
const neededBy = (program: Program, values: readonly NodeId[]): readonly NodeId[] => {
  const goals = [...program.objectives, ...program.metrics].flatMap((one) => one.mean ?? []);
  return demandOrder(program.nodes, [...goals, ...values].map((node) => read(node)));
};

/** The last step of the shortest sequence that has a value, of those that statements and metrics need. */
export const leastLast = (program: Program): ((id: NodeId) => number) => existenceOf(program, neededBy(program, valuesOf(program))).least;

/** The last step of the shortest sequence that has an instance of every statement and metric. */
export const leastOfStatements = (program: Program): number => { const least = leastLast(program); return Math.max(0, ...valuesOf(program).map(least)); };

/** What is lacking in rows of `from` steps or more; null: rows of fewer than `to` can't be computed. `whole`: what `leastLast` says of whole sequences, where the program is of windows behind the first. */
export const lackingFrom = (program: Program, env: Env, { from, to, moved = 0, isBehind = moved > 0 }: ShortRows, whole: (id: NodeId) => number = () => 0): Lacking | null => {
  const values = valuesOf(program), nodes = neededBy(program, values);
  const inWindow = existenceOf(program, nodes, { from: moved + from, isBehind }), own = Math.max(from, leastOfBatch(program, env, nodes, inWindow.least).least - moved);
  const least = (id: NodeId): number => Math.max(inWindow.least(id), whole(id));
  return own >= to ? null : { from: own, lacking: new Map(values.flatMap((value): [NodeId, number][] => (least(value) > moved + own ? [[value, least(value)]] : []))) };
};

/**
 * The statement or metric whose value sequences may be too short for although the windows of a program have all that they make it of; null: none.
 * `ends`: the least last step of those windows, `by`: by how much later steps are in the program.
 */
export const missedByWindows = (program: Program, least: (id: NodeId) => number, { lacking }: Lacking, { ends, by }: { readonly ends: number; readonly by: number }): Objective | Metric | null => {
  const isMissed = (value: NodeId | null): boolean => value !== null && least(value) > ends && least(value) + by > (lacking.get(value) ?? 0);
  return program.objectives.find(({ mean, value }) => mean !== null && isMissed(value)) ?? program.metrics.find(({ mean, value }) => mean !== null && isMissed(value.node)) ?? null;
};

/** The same program, whose means leave out what short rows lack; null: none of them can be computed as longer ones are. */
export const withShortRows = (program: Program, env: Env, rows: ShortRows): { readonly program: Program; readonly from: number } | null => {
  const found = lackingFrom(program, env, rows);
  if (found === null) return null;
  const counted = countInWindow(program, program, env, { horizon: null, first: FIRST_STEP, hasBeginning: true, lacking: found.lacking });
  return "message" in counted ? null : { program: counted.program, from: found.from };
};
