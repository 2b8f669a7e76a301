/** A pass: what reads x·1 or x + 0 reads x instead. */
import * as E from "fp-ts/lib/Either.js";
import { isNow } from "@sequent/compiler";
import type { Node, NodeId, Operand, Pass, Program } from "@sequent/compiler";

const NEUTRAL: ReadonlyMap<string, number> = new Map([["core.mul", 1], ["core.add", 0]]);

const isConstant = (node: Node | undefined, value: number): boolean => node?.tag === "op" && node.op === "core.constant" && node.attrs["value"] === value;

/** The operand that a node only repeats, or null. Its type must be the node's: a scalar that is repeated to a vector is not dropped. */
const repeated = (program: Program, id: NodeId, node: Node): Operand | null => {
  const neutral = node.tag === "op" ? NEUTRAL.get(node.op) : undefined;
  if (node.tag !== "op" || neutral === undefined) return null;
  const [a, b] = node.ins;
  if (a === undefined || b === undefined) return null;
  for (const [kept, dropped] of [[a, b], [b, a]] as const) {
    const same = JSON.stringify([program.types?.[kept.node], program.varies?.[kept.node]]) === JSON.stringify([program.types?.[id], program.varies?.[id]]);
    if (same && isNow(kept.at) && !kept.old && isConstant(program.nodes[dropped.node], neutral)) return kept;
  }
  return null;
};

const simplify = (program: Program): Program => {
  const means = new Map<NodeId, NodeId>();
  program.nodes.forEach((node, id) => {
    const kept = repeated(program, id, node);
    if (kept !== null) means.set(id, kept.node);
  });
  const of = (x: Operand): Operand => {
    let node = x.node;
    for (let next = means.get(node); next !== undefined; next = means.get(node)) node = next;
    return node === x.node ? x : { ...x, node };
  };
  const nodes = program.nodes.map((node): Node => (node.tag === "op" ? { ...node, ins: node.ins.map(of) } : node));
  return { ...program, nodes };
};

export const dropIdentities: Pass = {
  name: "drop-identities",
  doc: "Reads x where x·1 or x + 0 is read.",
  requires: ["typed"],
  provides: [],
  breaks: [],
  run: (program) => () => E.right(simplify(program)),
};
