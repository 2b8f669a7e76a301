/** The order in which the equations of one Update are told: values, adjoints as the reverse sweep made them, then next values. */
import { demandOrder, read } from "@sequent/ir";
import type { NodeId, Operand, Program } from "@sequent/ir";
import type { Item } from "../model/scope.js";

export type Stage = "value" | "adjoint" | "update";

export interface Telling {
  readonly stageOf: (id: NodeId) => Stage;
  /** Smaller stands earlier. */
  readonly placeOf: (item: Item) => number;
  /** The parameter whose next value a node is first needed for; null for values and adjoints. */
  readonly updates: (id: NodeId) => number | null;
}

export const tellingOf = (program: Program, values: readonly NodeId[], adjoints: readonly NodeId[]): Telling => {
  const stages = new Map<NodeId, Stage>();
  const reach = (goals: readonly Operand[], stage: Stage): readonly NodeId[] => {
    const fresh = demandOrder(program.nodes, goals).filter((id) => !stages.has(id));
    for (const id of fresh) stages.set(id, stage);
    return fresh;
  };
  reach(values.map((node) => read(node)), "value");
  reach(adjoints.map((node) => read(node)), "adjoint");
  const owner = new Map<NodeId, number>();
  const updates = program.updates ?? [];
  const whole = demandOrder(program.nodes, updates.map((update) => update.next));
  const nexts = new Map(updates.map((update) => [update.next.node, update.param]));
  let own: NodeId[] = [];
  for (const id of whole) {
    if (stages.has(id)) continue;
    stages.set(id, "update");
    own.push(id);
    const param = nexts.get(id);
    if (param === undefined) continue;
    const { of, role } = program.params[param] ?? { of: null, role: "weight" };
    for (const one of own) owner.set(one, role === "slot" && of !== null ? of : param);
    own = [];
  }
  const count = program.nodes.length;
  const rank = { value: 0, adjoint: 1, update: 2 } as const;
  const stageOf = (id: NodeId): Stage => stages.get(id) ?? "update";
  const place = (id: NodeId): number => {
    const stage = stageOf(id);
    const within = stage === "update" ? (owner.get(id) ?? program.params.length) * count + id : id;
    return rank[stage] * count * (program.params.length + 2) + within;
  };
  return { stageOf, placeOf: (item) => (item.tag === "node" ? place(item.id) : 0), updates: (id) => (stageOf(id) === "update" ? (owner.get(id) ?? null) : null) };
};
