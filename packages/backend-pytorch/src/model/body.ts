/** The statements of one scope: assignments in order, single-use temporaries folded into the expression that reads them. */
import { CompilerBug, invariant, read } from "@sequent/ir";
import type { Call, CallId, NodeId, Operand, ParamId, TensorType } from "@sequent/ir";
import type { Use } from "../lowerings/lowering.js";
import { add, atom, call, isLiteral, method } from "./code.js";
import type { Code } from "./code.js";
import { callAt, drawsIn, nameIn } from "./emission.js";
import type { Emission } from "./emission.js";
import { createNames } from "./identifier.js";
import type { Names } from "./identifier.js";
import { readsOf } from "./scope.js";
import { WIDTH } from "./layout.js";
import type { Item } from "./scope.js";

/** How a scope reaches what is outside: parameters' modules and the values it is given. */
export interface Surroundings {
  readonly scope: CallId | null;
  /** Values by node: formals, inputs, fields of `states`. */
  readonly given: ReadonlyMap<NodeId, Code>;
  /** `self.` or `model.`, before the attribute of a function's module. */
  readonly owner: string;
  /** The instance whose functions are attributes of `owner`: "" at top level, else `Enc_1`. */
  readonly instance: string;
  /** How a nested function is called: `self.Enc` or `step_function`. */
  readonly callee: (call: Call, id: CallId) => string;
  readonly reserved: readonly string[];
  /** Where a parameter is read, if not from its module. */
  readonly parameter?: (param: ParamId) => string;
  /** The number of rows of the batch, as an expression; a variable of that name if it is left out. */
  readonly rows?: string;
}

export interface Body {
  readonly lines: readonly string[];
  readonly valueOf: (operand: Operand) => Code;
  /** The value, as a variable if it is longer than `room`. */
  readonly valueWithin: (operand: Operand, room: number) => Code;
}

export const printBody = (emission: Emission, around: Surroundings, items: readonly Item[], results: readonly Operand[]): Body => {
  const { program } = emission;
  const names = createNames(around.reserved);
  const values = new Map<NodeId, Code>(around.given);
  const uses = countUses(emission, around.scope, items, results);
  const lines: string[] = [];
  /** Nodes written into what reads them. */
  const folded = new Set<NodeId>();
  let told = "";

  const valueOf = (operand: Operand): Code => {
    const known = values.get(operand.node);
    if (known !== undefined) return known;
    const node = program.nodes[operand.node];
    invariant(node !== undefined, `there is no node ${String(operand.node)}`);
    if (node.tag === "param") return atom(parameterPath(emission, around, node.param));
    if (node.tag === "op") {
      const code = printOp(emission, around, { tag: "node", id: operand.node }, valueOf);
      // A constant is read often, and stays what it is.
      if (node.ins.length === 0) values.set(operand.node, code);
      return code;
    }
    throw new CompilerBug(`node ${String(operand.node)} has no value where it is read`);
  };
  const tell = (item: Item, text: string): void => {
    const statement = emission.commentOf(item);
    if (statement !== "" && statement !== told) lines.push(`# ${statement}`);
    told = statement;
    lines.push(...text.split("\n"));
  };
  const print = (id: NodeId): Code => printNode(emission, around, { tag: "node", id }, valueOf);
  /** Gives a node, as it is printed, a variable; what is folded into it and makes the line too long gets one first, the longest first. */
  const assign = (id: NodeId, wanted: string | null, printed: Code): void => {
    const item = { tag: "node", id } as const;
    const room = WIDTH - 11 - (wanted ?? "value").length;
    let code = printed;
    while (code.text.length > room) {
      const open = partsOf(emission, id).filter((part) => folded.has(part));
      const [longest] = open.sort((a, b) => (values.get(b)?.text.length ?? 0) - (values.get(a)?.text.length ?? 0));
      if (longest === undefined) break;
      folded.delete(longest);
      assign(longest, null, print(longest));
      code = print(id);
    }
    code = keeping(emission, id, code);
    const variable = names.take(wanted ?? temporary(emission, id));
    folded.delete(id);
    tell(item, `${variable} = ${code.text}`);
    values.set(id, emission.kept.has(id) ? atom(variable) : { ...code, ...atom(variable) });
  };
  for (const item of items) {
    if (item.tag === "call") {
      tell(item, printCall(emission, around, item.id, valueOf, names, values, uses));
      continue;
    }
    const code = print(item.id);
    const name = nameIn(emission, around.scope, item.id);
    if (emission.kept.has(item.id)) assign(item.id, name, code);
    else if (name === null && code.number === true && isLiteral(code)) values.set(item.id, code);
    else if (name === null && (uses.get(item.id) ?? 0) < 2 && (code.text.length <= emission.fold || isAbsorbed(emission, item.id))) {
      values.set(item.id, code);
      folded.add(item.id);
    } else assign(item.id, name, code);
  }
  const valueWithin = (operand: Operand, room: number): Code => {
    if (valueOf(operand).text.length > room && items.some((item) => item.tag === "node" && item.id === operand.node)) assign(operand.node, null, print(operand.node));
    return valueOf(operand);
  };
  return { lines, valueOf, valueWithin };
};

/** What is kept is no alias of another value, and records a gradient even where there is no weight behind it. */
const keeping = (emission: Emission, id: NodeId, value: Code): Code => {
  if (!emission.kept.has(id)) return value;
  return method(value.number === true ? call("torch.tensor", value) : method(value, "clone"), "requires_grad_");
};

/** What an item reads that could be given a variable; an absorbed loss stands for what it reads itself. */
const partsOf = (emission: Emission, id: NodeId): readonly NodeId[] =>
  readsOf(emission.program, { tag: "node", id }).flatMap(({ node }) => (isAbsorbed(emission, node) ? partsOf(emission, node) : [node]));

/** Whether the op may become part of what reads it: a loss whose mean PyTorch computes in one call. */
const isAbsorbed = (emission: Emission, id: NodeId): boolean => {
  const node = emission.program.nodes[id];
  return node?.tag === "op" && emission.lowerings.get(node.op)?.mean !== undefined;
};

/** A name for what the user did not name: after the function that makes it. */
export const temporary = (emission: Emission, id: NodeId): string => {
  const node = emission.program.nodes[id];
  const given = emission.temporary(id);
  if (given !== null) return given;
  if (node?.tag !== "op") return "total";
  const owner = ownerOf(emission, id);
  return owner === null ? (node.op.split(".").at(-1) ?? "value") : owner.split(".").at(-1)?.toLowerCase() ?? "value";
};

const countUses = (emission: Emission, scope: CallId | null, items: readonly Item[], results: readonly Operand[]): ReadonlyMap<NodeId, number> => {
  const uses = new Map<NodeId, number>();
  const count = (operand: Operand): void => {
    uses.set(operand.node, (uses.get(operand.node) ?? 0) + 1);
  };
  for (const item of items) for (const operand of readsOf(emission.program, item)) count(operand);
  for (const operand of results) count(operand);
  return uses;
};

/** What a call gives that it was not given. */
export const outsOf = (call: Call): readonly NodeId[] =>
  [...new Set(call.outs.map((operand) => operand.node))].filter((node) => !call.ins.some((operand) => operand.node === node));

const printCall = (
  emission: Emission, around: Surroundings, id: CallId, valueOf: (operand: Operand) => Code, names: Names, values: Map<NodeId, Code>,
  uses: ReadonlyMap<NodeId, number>,
): string => {
  const { program } = emission;
  const called = callAt(program, id);
  const args = called.ins.map((operand) => readFrom(emission, around, { tag: "call", id }, operand, valueOf).text);
  if (drawsIn(emission, id)) args.push("noise");
  const outs = outsOf(called);
  const targets = outs.map((node) => (uses.has(node) ? names.take(nameIn(emission, around.scope, node) ?? temporary(emission, node)) : "_"));
  outs.forEach((node, k) => values.set(node, atom(targets[k] ?? "_")));
  const frozen = usesOf(emission, { tag: "call", id }, around.scope).includes("detach parameters");
  const callee = around.callee(called, id);
  const hasModule = callee.startsWith(around.owner);
  if (!frozen || !hasModule) return `${targets.join(", ")} = ${callee}(${args.join(", ")})`;
  const constants = names.take("constants");
  return [
    `${constants} = {name: value.detach() for name, value in ${callee}.named_parameters()}`,
    `${targets.join(", ")} = functional_call(${callee}, ${constants}, (${args.join(", ")}${args.length === 1 ? "," : ""}))`,
  ].join("\n");
};

/** What the transforms around an item do to its use. */
export const usesOf = (emission: Emission, item: Item, scope: CallId | null): readonly (string | null)[] =>
  emission.scopes.wrappers(item, scope).map((id) => {
    const override = callAt(emission.program, id).override;
    return override?.tag === "transform" ? (emission.transforms.get(override.transform)?.use ?? null) : null;
  });

/** An operand as an item reads it: what a transform around the item takes from outside may have to be detached. */
const readFrom = (emission: Emission, around: Surroundings, item: Item, operand: Operand, valueOf: (operand: Operand) => Code): Code => {
  const value = valueOf(operand);
  const node = emission.program.nodes[operand.node];
  if (emission.live[operand.node] !== 1) return value;
  const detached = emission.scopes.wrappers(item, around.scope).some((id) => {
    const call = callAt(emission.program, id);
    const use = call.override?.tag === "transform" ? emission.transforms.get(call.override.transform)?.use : null;
    if (use === "detach inputs") return call.ins.some((given) => given.node === operand.node);
    return use === "detach parameters" && node?.tag === "param";
  });
  return detached ? method(value, "detach") : value;
};

/** The instance of the function whose parameters a node reads: `Enc_1.R`; null if it reads none. */
export const ownerOf = (emission: Emission, id: NodeId): string | null => {
  const node = emission.program.nodes[id];
  if (node?.tag !== "op") return null;
  for (const operand of node.ins) {
    const read = emission.program.nodes[operand.node];
    const param = read?.tag === "param" ? emission.program.params[read.param] : undefined;
    if (param !== undefined) return param.name.slice(0, param.name.lastIndexOf("."));
  }
  return null;
};

/** `self.R.weight` within `Enc_1` for `Enc_1.R.weight`. */
const parameterPath = (emission: Emission, around: Surroundings, param: ParamId): string => {
  const name = emission.program.params[param]?.name ?? "";
  if (around.parameter !== undefined) return around.parameter(param);
  return `${around.owner}${relative(around.instance, name)}`;
};
export const relative = (instance: string, name: string): string => (instance !== "" && name.startsWith(`${instance}.`) ? name.slice(instance.length + 1) : name);

const printNode = (emission: Emission, around: Surroundings, item: Item & { readonly tag: "node" }, valueOf: (operand: Operand) => Code): Code => {
  const node = emission.program.nodes[item.id];
  if (node?.tag === "sum") {
    const [first] = node.pieces;
    if (first === undefined) return call("torch.zeros", ...sizesAt(emission, around, item.id));
    return node.pieces.map((piece) => readFrom(emission, around, item, piece.value, valueOf)).reduce(add);
  }
  return printOp(emission, around, item, valueOf);
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

const printOp = (emission: Emission, around: Surroundings, item: Item & { readonly tag: "node" }, valueOf: (operand: Operand) => Code): Code => {
  const node = emission.program.nodes[item.id];
  invariant(node?.tag === "op", `node ${String(item.id)} is no op`);
  const lowering = emission.lowerings.get(node.op);
  invariant(lowering !== undefined, `${node.op} has no lowering`);
  const use = useOf(emission, around, item, valueOf);
  const frozen = usesOf(emission, item, around.scope).includes("detach parameters");
  if (use.module === null || frozen || lowering.module === undefined) return lowering.print(use);
  return lowering.module(use).apply(use.module, use);
};

/** An op's use as its lowering sees it. */
export const useOf = (emission: Emission, around: Surroundings, item: Item & { readonly tag: "node" }, valueOf: (operand: Operand) => Code): Use => {
  const { program } = emission;
  const node = program.nodes[item.id];
  invariant(node?.tag === "op", `node ${String(item.id)} is no op`);
  const owner = ownerOf(emission, item.id);
  let ins: readonly Code[] | null = null;
  const sourceOf = (input: number): ReturnType<Use["source"]> => {
    const operand = node.ins[input];
    const made = operand === undefined ? undefined : program.nodes[operand.node];
    if (operand === undefined || made?.tag !== "op") return null;
    return { op: made.op, use: useOf(emission, around, { tag: "node", id: operand.node }, valueOf) };
  };
  return {
    attrs: Object.keys(node.attrs).length === 0 ? emission.defaults(node.op) : { ...emission.defaults(node.op), ...node.attrs },
    ins: () => (ins ??= node.ins.map((operand) => readFrom(emission, around, item, operand, valueOf))),
    types: node.ins.map((operand) => typeAt(emission, operand)),
    type: typeAt(emission, read(item.id)),
    batched: node.ins.map((operand) => program.varies?.[operand.node]?.space.tag === "data"),
    source: sourceOf,
    meanOf: (op, use) => emission.lowerings.get(op)?.mean?.(use) ?? null,
    live: node.ins.map((operand) => emission.live[operand.node] === 1),
    module: owner === null ? null : `${around.owner}${relative(around.instance, owner)}`,
    random: emission.options.random,
    needs: (what) => emission.needs.add(what),
    rows: around.rows ?? "rows",
  };
};
