/**
 * What a function gives to its surroundings: not only what it returns, but every inner value that is read outside (a loss is computed from
 * the pre-activation inside of a macro). All uses of one function give the same values, so that they are uses of one module.
 */
import { demandOrder, operandsOf, read } from "@sequent/ir";
import type { CallId, NodeId, Program } from "@sequent/ir";
import { topological } from "./topological.js";

export const completeCalls = (program: Program, goals: readonly NodeId[]): Program => {
  if (program.calls.length === 0) return program;
  const chains = callChains(program);
  const outs = program.calls.map(() => new Set<NodeId>());
  const need = (node: NodeId, inside: readonly CallId[]): void => {
    for (const call of chains(program.callOf[node] ?? null)) if (!inside.includes(call)) outs[call]?.add(node);
  };
  const order = demandOrder(program.nodes, goals.map((node) => read(node)));
  for (const id of order) {
    const node = program.nodes[id];
    if (node === undefined) continue;
    const inside = chains(program.callOf[id] ?? null);
    for (const operand of operandsOf(node)) need(operand.node, inside);
  }
  for (const goal of goals) need(goal, []);
  program.calls.forEach((call, id) => {
    if (call.override?.tag === "custom") for (const out of call.outs) outs[id]?.add(out.node);
  });
  shareAmongUses(program, chains, outs);
  return {
    ...program,
    calls: program.calls.map((call, id) => {
      const wanted = [...(outs[id] ?? [])];
      const own = call.outs.map((operand) => operand.node);
      const rank = (node: NodeId): number => (own.includes(node) ? own.indexOf(node) - own.length : node);
      return { ...call, outs: wanted.sort((a, b) => rank(a) - rank(b)).map((node) => read(node)) };
    }),
  };
};

/** The calls around a call, itself first. */
const callChains = (program: Program): ((call: CallId | null) => readonly CallId[]) => {
  const known = new Map<CallId | null, readonly CallId[]>([[null, []]]);
  const chain = (call: CallId | null): readonly CallId[] => {
    const found = known.get(call);
    if (found !== undefined || call === null) return found ?? [];
    const made = [call, ...chain(program.calls[call]?.parent ?? null)];
    known.set(call, made);
    return made;
  };
  return chain;
};

/** Uses of one instance have bodies of equal structure: the k-th node of one is the k-th of another. */
const shareAmongUses = (program: Program, chains: (call: CallId | null) => readonly CallId[], outs: readonly Set<NodeId>[]): void => {
  const bodies: NodeId[][] = program.calls.map(() => []);
  program.nodes.forEach((_, id) => {
    for (const call of chains(program.callOf[id] ?? null)) bodies[call]?.push(id);
  });
  const ordered = bodies.map((body, id) => topological(program, new Set(body), [...(program.calls[id]?.outs ?? []).map((out) => out.node), ...body]));
  const uses = new Map<string, CallId[]>();
  program.calls.forEach((call, id) => {
    if (call.override?.tag === "transform" || outs[id]?.size === 0) return;
    const key = `${call.of} ${call.instance} ${String(bodies[id]?.length)}`;
    uses.set(key, [...(uses.get(key) ?? []), id]);
  });
  for (const calls of uses.values()) {
    if (calls.length < 2) continue;
    const places = new Set(calls.flatMap((call) => [...(outs[call] ?? [])].map((node) => ordered[call]?.indexOf(node) ?? -1)));
    for (const call of calls) {
      for (const place of places) {
        const node = ordered[call]?.[place];
        if (node !== undefined) outs[call]?.add(node);
      }
    }
  }
};
