/** Programs without time: one instance of each value for the whole batch, computed in the order of need. */
import * as E from "fp-ts/lib/Either.js";
import { CompilerBug, demandOrder, invariant, isNow } from "@sequent/ir";
import type { AnyOp, Column, Env, Node, NodeId, Operand, OpName, Program, Run, Tensor } from "@sequent/ir";
import type { Batch, Mode, Options } from "./batch.js";
import { sumOf } from "./sum.js";

/** What runs a node, found once: its op with decoded attributes. */
export interface Step {
  readonly id: NodeId;
  readonly node: Node;
  readonly op: AnyOp | null;
  readonly attrs: unknown;
  readonly batched: boolean;
  readonly last: readonly NodeId[];
}

/** The values of what was planned for, in the order wanted; each is dropped after its last reader. */
export const compute = (steps: readonly Step[], wanted: readonly Operand[], frame: Frame): readonly Tensor[] => {
  const values: (Tensor | undefined)[] = new Array<Tensor | undefined>(frame.program.nodes.length);
  for (const step of steps) {
    values[step.id] = valueOf(step, values, frame);
    for (const id of step.last) values[id] = undefined;
  }
  return wanted.map((x) => present(values[x.node], x.node));
};

export const present = (value: Tensor | undefined, id: NodeId): Tensor => {
  if (value === undefined) throw new CompilerBug(`node ${String(id)} was read before it was computed`);
  return value;
};

/** The steps of what `wanted` needs. */
export const plan = (program: Program, env: Env, wanted: readonly Operand[]): readonly Step[] => {
  const order = demandOrder(program.nodes, wanted);
  const last = lastReads(program.nodes, order, new Set(wanted.map((x) => x.node)));
  const { varies } = program;
  invariant(varies !== undefined, "an untyped program reached the evaluator");
  return order.map((id, k) => {
    const node = program.nodes[id];
    invariant(node !== undefined, `there is no node ${String(id)}`);
    const op = node.tag === "op" ? opOf(env, node.op) : null;
    const attrs = op !== null && node.tag === "op" ? op.attributes.decode(node.attrs) : E.right(null);
    invariant(E.isRight(attrs), `node ${String(id)} has attributes that its op does not take`);
    return { id, node, op, attrs: attrs.right, batched: varies[id]?.space.tag === "data", last: last[k] ?? [] };
  });
};

const opOf = (env: Env, name: OpName): AnyOp => {
  const op = env.ops.get(name);
  invariant(op !== undefined, `no op is registered as ${name}`);
  return op;
};

/** For each place in the order, the values that nobody reads after it. */
const lastReads = (nodes: Column<Node>, order: readonly NodeId[], kept: ReadonlySet<NodeId>): readonly (readonly NodeId[])[] => {
  const seen = new Set<NodeId>();
  const last: NodeId[][] = order.map(() => []);
  for (let k = order.length - 1; k >= 0; k -= 1) {
    const node = nodes[order[k] ?? 0];
    if (node === undefined) continue;
    const reads = node.tag === "op" ? node.ins.map((x) => x.node) : node.tag === "pick" ? [node.of] : "pieces" in node ? node.pieces.map((p) => p.value.node) : [];
    for (const id of reads) {
      if (seen.has(id) || kept.has(id)) continue;
      seen.add(id);
      last[k]?.push(id);
    }
  }
  return last;
};

/** What one evaluation is of. */
export interface Frame {
  readonly program: Program;
  readonly params: readonly Tensor[];
  readonly batch: Batch;
  readonly mode: Mode;
  readonly options: Options;
  readonly updates: number;
}

const valueOf = (step: Step, values: readonly (Tensor | undefined)[], frame: Frame): Tensor => {
  const { node } = step;
  const get = (x: Operand): Tensor => present(values[x.node], x.node);
  switch (node.tag) {
    case "input": {
      const value = frame.batch.inputs.get(node.name);
      invariant(value !== undefined, `input ${node.name} is not bound`);
      return value;
    }
    case "param":
      return present(frame.params[node.param], step.id);
    case "op":
      return runOp(step, node.ins.map(get), frame);
    case "pick":
      throw new CompilerBug("ops with several results come with environments");
    case "cases":
      throw new CompilerBug("states over time are evaluated by the pass that schedules them");
    case "sum": {
      invariant(node.pieces.every((piece) => isNow(piece.value.at)), "a sum over time reached the evaluator");
      const shape = frame.program.types?.[step.id]?.[0]?.shape ?? [];
      return sumOf(node.pieces.map((piece) => get(piece.value)), shape.map(Number), frame.options.precision);
    }
  }
};

const runOp = (step: Step, ins: readonly Tensor[], frame: Frame): Tensor => {
  const { op } = step;
  invariant(op !== null && op.forward.tag === "primitive", `${op?.name ?? "?"} has no reference implementation; expand it first`);
  const run: Run = {
    precision: frame.options.precision,
    mode: frame.mode,
    types: frame.program.types?.[step.id] ?? [],
    rows: step.batched ? frame.batch.rows : 1,
    batched: step.batched,
    seed: frame.options.seed,
    update: frame.updates,
    t: 0,
    samples: frame.batch.samples,
  };
  return present(op.forward.reference(ins, step.attrs, run)[0], step.id);
};
