/** Detaching what has no gradient anyway: nobody writes it, so what reads the detached value reads the value itself. */
import type { Env, NodeId, Operand, Program } from "@sequent/ir";
import { isNow } from "@sequent/ir";

/** The program whose equations and calls read through every `detach` of a value that is not live. */
export const dropIdleDetaches = (program: Program, env: Env, live: Uint8Array): Program => {
  const behind = new Map<NodeId, Operand>();
  program.nodes.forEach((node, id) => {
    const [x] = node.tag === "op" && env.ops.get(node.op)?.identity === true ? node.ins : [];
    if (x !== undefined && isNow(x.at) && live[x.node] !== 1) behind.set(id, x);
  });
  if (behind.size === 0) return program;
  const through = (x: Operand): Operand => {
    let at = x;
    for (let next = behind.get(at.node); next !== undefined; next = behind.get(at.node)) at = { ...at, node: next.node };
    return at;
  };
  const nodes = program.nodes.map((node) => (node.tag === "op" && node.ins.some((x) => behind.has(x.node)) ? { ...node, ins: node.ins.map(through) } : node));
  const calls = program.calls.map((call) => (call.ins.some((x) => behind.has(x.node)) ? { ...call, ins: call.ins.map(through) } : call));
  return { ...program, nodes, calls };
};
