/** The program that is differentiated, as the driver asks of it. */
import * as E from "fp-ts/lib/Either.js";
import { invariant, operandsOf, readersOf } from "@sequent/ir";
import type { AnyOp, Domain, Env, Node, NodeId, Operand, OpName, Program, Readers, TensorType, Varies } from "@sequent/ir";
import { findRegions } from "./regions.js";
import type { Regions } from "./regions.js";

export interface Primal {
  readonly program: Program;
  readonly env: Env;
  readonly regions: Regions;
  readonly nodeAt: (id: NodeId) => Node;
  readonly variesAt: (id: NodeId) => Varies;
  readonly domainAt: (id: NodeId) => Domain | undefined;
  readonly typeAt: (id: NodeId) => TensorType;
  readonly opNamed: (name: OpName) => AnyOp;
  /** Whether a gradient may pass from the node to what it reads. */
  readonly passes: (id: NodeId) => boolean;
  /** The operands that a gradient may pass to. */
  readonly sourcesOf: (id: NodeId) => readonly Operand[];
}

const STATIC: Varies = { space: { tag: "static" }, time: false };

export const createPrimal = (program: Program, env: Env): Primal => {
  const regions = findRegions(program);
  const nodeAt = (id: NodeId): Node => {
    const node = program.nodes[id];
    invariant(node !== undefined, `there is no node ${String(id)}`);
    return node;
  };
  const typeAt = (id: NodeId): TensorType => {
    const [type] = program.types?.[id] ?? [];
    invariant(type !== undefined, `node ${String(id)} has no type`);
    return type;
  };
  const opNamed = (name: OpName): AnyOp => {
    const op = env.ops.get(name);
    invariant(op !== undefined, `no op is registered as ${name}`);
    return op;
  };
  // A rule written by hand may cross what has no derivative of its own: that is what it is for.
  const passes = (id: NodeId): boolean => {
    const node = nodeAt(id);
    if (node.tag === "input" || node.tag === "param") return false;
    return node.tag !== "op" || opNamed(node.op).autodiff.tag !== "none" || regions.isCustom(id);
  };
  const sourcesOf = (id: NodeId): readonly Operand[] => (passes(id) ? withoutOld(operandsOf(nodeAt(id))) : []);
  return { program, env, regions, nodeAt, variesAt: (id) => program.varies?.[id] ?? STATIC, domainAt: (id) => program.domains?.[id], typeAt, opNamed, passes, sourcesOf };
};

const withoutOld = (operands: readonly Operand[]): readonly Operand[] => (operands.some((x) => x.old) ? operands.filter((x) => !x.old) : operands);

export const isFloat = (type: TensorType): boolean => type.dtype === "float";

/** Attributes of an op's node as its rules take them. */
export const decoded = (op: AnyOp, attrs: Parameters<AnyOp["attributes"]["decode"]>[0]): unknown => {
  const result = op.attributes.decode(attrs);
  invariant(E.isRight(result), `${op.name}: ${E.isLeft(result) ? result.left : ""}`);
  return result.right;
};

/** The parameters that training moves. */
export const weightsOf = (program: Program): readonly NodeId[] => {
  const found: NodeId[] = [];
  program.nodes.forEach((node, id) => {
    if (node.tag === "param" && program.params[node.param]?.role === "weight") found.push(id);
  });
  return found;
};

/** Nodes that depend on `sources` along ways that a gradient takes. */
export const reachedFrom = (primal: Primal, sources: Iterable<NodeId>): Uint8Array => {
  const size = primal.program.nodes.length;
  return spread(size, sources, readersOf(size, primal.sourcesOf));
};

/** Nodes that `sinks` depend on along ways that a gradient takes. */
export const reaching = (primal: Primal, sinks: Iterable<NodeId>): Uint8Array =>
  spread(primal.program.nodes.length, sinks, (id, add) => { for (const x of primal.sourcesOf(id)) add(x.node); });

const spread = (size: number, from: Iterable<NodeId>, next: Readers): Uint8Array => {
  const found = new Uint8Array(size);
  const queue: NodeId[] = [];
  const add = (id: NodeId): void => {
    if (found[id] === 1) return;
    found[id] = 1;
    queue.push(id);
  };
  for (const id of from) add(id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) next(id, add);
  return found;
};
