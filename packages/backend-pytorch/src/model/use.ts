/** Ops where they stand: what a lowering is told of a use, and the expression that it makes of it. */
import { invariant, isNow, read, readType, sameSteps } from "@sequent/ir";
import type { Attrs, CallId, NodeId, Operand, ParamId, Program, TensorType } from "@sequent/ir";
import { laterBy } from "@sequent/transform-time";
import { axisOf } from "../lowerings/support.js";
import type { Lead, Lowering, Use } from "../lowerings/lowering.js";
import { add, call, literal, method } from "./code.js";
import type { Code } from "./code.js";
import { fitted } from "../time/fit.js";
import { chainOf } from "../time/plan.js";
import { subscript } from "../time/read.js";
import type { Reading, Surroundings } from "./body.js";
import { callAt } from "./emission.js";
import type { Emission } from "./emission.js";
import type { Item } from "./scope.js";

/** What the transforms around an item do to its use. */
export const usesOf = (emission: Emission, item: Item, scope: CallId | null): readonly (string | null)[] =>
  emission.scopes.wrappers(item, scope).map((id) => {
    const override = callAt(emission.program, id).override;
    return override?.tag === "transform" ? (emission.transforms.get(override.transform)?.use ?? null) : null;
  });

/** An operand as an item reads it: what a transform around the item takes from outside may have to be detached. */
export const readFrom = (emission: Emission, around: Surroundings, item: Item, operand: Operand, reading: Reading): Code => {
  const value = reading.value(operand, item);
  const node = emission.program.nodes[operand.node];
  if (emission.live[operand.node] !== 1) return value;
  if (hasOwnGradient(emission, item, operand.node)) return method(value, "detach");
  const detached = emission.scopes.wrappers(item, around.scope).some((id) => {
    const call = callAt(emission.program, id);
    const use = call.override?.tag === "transform" ? emission.transforms.get(call.override.transform)?.use : null;
    if (use === "detach inputs") return call.ins.some((given) => given.node === operand.node);
    return use === "detach parameters" && node?.tag === "param";
  });
  return detached ? method(value, "detach") : value;
};

/** Whether a macro around an item states the gradient of a parameter by itself: the body gives it none. */
const hasOwnGradient = (emission: Emission, item: Item, id: NodeId): boolean => {
  const node = emission.program.nodes[id];
  if (node?.tag !== "param" || item.tag === "call") return false;
  return chainOf(emission.program, emission.program.callOf[item.id] ?? null).some((call) => {
    const { override } = callAt(emission.program, call);
    return override?.tag === "custom" && override.params.some(({ param }) => param === node.param);
  });
};

/** The instance of the function whose parameters a node reads: `Enc_1.R`; null if it reads none. */
export const ownerOf = (emission: Emission, id: NodeId): string | null => {
  return ownerIn(emission.program, id);
};

export const ownerIn = (program: Program, id: NodeId): string | null => {
  const node = program.nodes[id];
  if (node?.tag !== "op") return null;
  for (const operand of node.ins) {
    const read = program.nodes[operand.node];
    const param = read?.tag === "param" ? program.params[read.param] : undefined;
    if (param !== undefined) return param.name.slice(0, param.name.lastIndexOf("."));
  }
  return null;
};

/** `self.R.weight` within `Enc_1` for `Enc_1.R.weight`. */
export const parameterPath = (emission: Emission, around: Surroundings, param: ParamId): string => {
  const name = emission.program.params[param]?.name ?? "";
  if (around.parameter !== undefined) return around.parameter(param);
  return `${around.owner}${relative(around.instance, name)}`;
};
export const relative = (instance: string, name: string): string => (instance !== "" && name.startsWith(`${instance}.`) ? name.slice(instance.length + 1) : name);

export const printNode = (emission: Emission, around: Surroundings, item: Item & { readonly tag: "node" }, reading: Reading): Code => {
  const node = emission.program.nodes[item.id];
  if (node?.tag !== "sum" && node?.tag !== "cases") return printOp(emission, around, item, reading);
  const joined = reading.join(item.id, node, (operand, of) => readFrom(emission, around, of, operand, reading));
  if (joined !== null) return joined;
  const [first] = node.pieces;
  if (first === undefined) return call("torch.zeros", ...sizesAt(emission, around, item.id));
  return node.pieces.map((piece) => readFrom(emission, around, item, piece.value, reading)).reduce(add);
};

const typeAt = (emission: Emission, operand: Operand): TensorType => {
  const type = emission.program.types?.[operand.node]?.[0];
  invariant(type !== undefined, `node ${String(operand.node)} has no type`);
  return type;
};

/** The sizes of a value, its rows in front if it has some. */
const sizesAt = (emission: Emission, around: Surroundings, id: NodeId): readonly string[] => {
  const { shape } = typeAt(emission, read(id));
  const { varies = [] } = emission.program;
  const sizes = [...(varies[id]?.space.tag === "data" ? [around.rows ?? "rows"] : []), ...shape.map(String)];
  return sizes.length === 0 ? ["()"] : sizes;
};

export const printOp = (emission: Emission, around: Surroundings, item: Item & { readonly tag: "node" }, reading: Reading): Code => {
  const node = emission.program.nodes[item.id];
  invariant(node?.tag === "op", `node ${String(item.id)} is no op`);
  const lowering = emission.lowerings.get(node.op);
  invariant(lowering !== undefined, `${node.op} has no lowering`);
  const use = useOf(emission, around, item, reading);
  const frozen = usesOf(emission, item, around.scope).includes("detach parameters") || node.ins.some((x) => hasOwnGradient(emission, item, x.node));
  const { module } = lowering;
  if (use.module === null || frozen || module === undefined) return fitted(lowering, use, lowering.print);
  const name = use.module;
  return fitted(lowering, use, (one) => module(one).apply(name, one));
};

/** An op's use as its lowering sees it. */
export const useOf = (emission: Emission, around: Surroundings, item: Item & { readonly tag: "node" }, reading: Reading): Use => {
  const { program } = emission;
  const node = program.nodes[item.id];
  invariant(node?.tag === "op", `node ${String(item.id)} is no op`);
  const owner = ownerOf(emission, item.id);
  let ins: readonly Code[] | null = null;
  const sourceOf = (input: number): ReturnType<Use["source"]> => {
    const operand = node.ins[input];
    const made = operand === undefined ? undefined : program.nodes[operand.node];
    if (operand === undefined || made?.tag !== "op" || operand.at.tag === "range" || operand.at.tag === "fan") return null;
    if (operand.at.tag === "at" && !isNow(operand.at)) return null;
    // A value that is given need not come with those that it was made of.
    if (around.given.has(operand.node) && !made.ins.every((x) => around.given.has(x.node))) return null;
    // What it was made of stands at its own steps, of which this may read some alone.
    const [own, its] = [emission.time.stepsOf(item.id), emission.time.stepsOf(operand.node)];
    if (own !== null && its !== null && !sameSteps(own, its)) return null;
    return { op: made.op, use: useOf(emission, around, { tag: "node", id: operand.node }, reading) };
  };
  const lowering = emission.lowerings.get(node.op);
  const types = node.ins.map((operand) => readType(typeAt(emission, operand), operand.at));
  const attrs = Object.keys(node.attrs).length === 0 ? emission.defaults(node.op) : { ...emission.defaults(node.op), ...node.attrs };
  const masks = masksOf(emission, item.id, types, lowering, attrs, (k, axis) => {
    const operand = node.ins[k];
    return operand === undefined ? null : reading.seen(operand, item, axis, types[k]?.shape.length ?? 0);
  });
  // A mask is that of the rows alone where all steps see the same of an axis.
  const leads = node.ins.map((operand, k): Lead => {
    const lead = reading.lead(operand, item);
    if (!masks.has(k)) return lead;
    const on = emission.time.axisOf(operand)?.on;
    return on !== undefined && on.lower.from !== "t" && on.upper.from !== "t" ? (lead === 2 ? 2 : 1) : reading.ownLead(item.id);
  });
  return {
    seen: (k) => masks.get(k) ?? null,
    attrs,
    ins: () => (ins ??= node.ins.map((operand, k) => {
      const value = readFrom(emission, around, item, operand, reading), mask = masks.get(k);
      if (mask === undefined) return value;
      const neutral = lowering?.neutral ?? 0;
      return call("torch.where", mask, value, Number.isFinite(neutral) ? literal(neutral) : neutral > 0 ? "torch.inf" : "-torch.inf");
    })),
    types,
    type: typeAt(emission, read(item.id)),
    batched: leads.map((lead) => lead > 0),
    leads,
    shared: node.ins.map((operand, k) => (leads[k] ?? 0) > 0 && program.varies?.[operand.node]?.space.tag === "static"),
    lead: reading.ownLead(item.id),
    over: node.ins.map((operand) => (operand.at.tag === "over" ? operand.at.axes : null)),
    selected: node.ins.map((operand, k) => operand.at.tag === "over" && emission.time.isTimed(operand.node) && leads[k] === 1),
    mayLack: node.ins.map((operand) => reading.mayLack(operand, item)),
    laterBy: emission.options.window === null ? 0 : laterBy(emission.options.window.from),
    source: sourceOf,
    meanOf: (op, use) => {
      const one = picked(use);
      return one === null ? null : (emission.lowerings.get(op)?.mean?.(one) ?? null);
    },
    valid: () => reading.valid(item.id),
    overBatch: emission.env.ops.get(node.op)?.overBatch === true,
    repeated: (x) => reading.repeated(item.id, x),
    live: node.ins.map((operand) => emission.live[operand.node] === 1),
    module: owner === null ? null : `${around.owner}${relative(around.instance, owner)}`,
    random: emission.options.random,
    needs: (what) => emission.needs.add(what),
    rows: reading.rows,
    steps: () => reading.steps(item.id),
    clock: () => reading.clock(item.id),
  };
};

/** The same use of the instances that there are alone, where rows end early; null: it has no words for that. */
const picked = (use: Use): Use | null => {
  const valid = use.lead === 2 ? use.valid() : null;
  if (valid === null) return use;
  if (use.leads.includes(1)) return null;
  return {
    ...use, lead: 1, leads: use.leads.map((lead) => (lead === 2 ? 1 : lead)),
    ins: () => use.ins().map((x, k) => (use.leads[k] === 2 ? subscript(x, valid.text) : x)),
    source: (k) => {
      const found = use.source(k), inner = found === null ? null : picked(found.use);
      return found === null || inner === null ? null : { ...found, use: inner };
    },
  };
};

/** The masks of operands along an axis of steps, of which a step sees a part: of a contraction's operands one is enough. */
const masksOf = (
  emission: Emission, id: NodeId, types: readonly TensorType[], lowering: Lowering | undefined, attrs: Attrs, seen: (k: number, axis: number) => Code | null,
): ReadonlyMap<number, Code> => {
  const masks = new Map<number, Code>();
  const node = emission.program.nodes[id], type = (emission.program.types ?? [])[id]?.[0];
  if (lowering?.neutral === undefined || node?.tag !== "op" || type === undefined) return masks;
  const extents = (one: TensorType): number => one.shape.filter((size) => typeof size === "string").length;
  for (const [k, own] of types.entries()) {
    const axis = own.shape.findIndex((size) => typeof size === "string");
    if (axis < 0 || masks.size > 0) continue;
    const works = extents(type) < extents(own) || axisOf(attrs["axis"], own) === axis - own.shape.length;
    if (lowering.neutral === 0 && hidesUnseen(emission, node.ins[k], own, axis)) return masks;
    const mask = works ? seen(k, axis) : null;
    if (mask !== null) masks.set(k, mask);
  }
  return masks;
};

/** Whether what a step does not see along an axis is 0 already: a softmax along that axis has made it so. */
const hidesUnseen = (emission: Emission, operand: Operand | undefined, own: TensorType, axis: number): boolean => {
  const source = emission.program.nodes[operand?.node ?? -1];
  if (source?.tag !== "op" || emission.lowerings.get(source.op)?.hidesUnseen !== true) return false;
  return axisOf({ ...emission.defaults(source.op), ...source.attrs }["axis"], own) === axis - own.shape.length;
};
