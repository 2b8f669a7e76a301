/** The statements of one scope: assignments in order, single-use temporaries folded into the expression that reads them. */
import * as E from "fp-ts/lib/Either.js";
import { CompilerBug, EPISODE, invariant, operandsOf, read } from "@sequent/ir";
import type { Call, CallId, Interval, Node, NodeId, Operand, ParamId, Program } from "@sequent/ir";
import type { Lead } from "../lowerings/lowering.js";
import { atom, call, isLiteral, method } from "./code.js";
import type { Code } from "./code.js";
import { printLoop } from "../time/loop.js";
import type { StepMethods } from "../time/extract-step.js";
import type { Horizon } from "../time/read.js";
import { stepsGiven } from "../time/functions.js";
import { chainOf } from "../time/plan.js";
import { cut } from "../time/read.js";
import { clockOf, keptOf, timedReading } from "../time/reading.js";
import type { Clock } from "../time/reading.js";
import { callAt, drawsIn, nameIn, timesDraws } from "./emission.js";
import type { Emission } from "./emission.js";
import { createNames } from "./identifier.js";
import type { Names } from "./identifier.js";
import { ownerOf, parameterPath, printNode, printOp, readFrom, usesOf } from "./use.js";
import { keyOf, readsOf } from "./scope.js";
import { WIDTH } from "./layout.js";
import type { Item } from "./scope.js";

export interface Callee {
  readonly path: string;
  readonly beside: readonly string[];
}

/** How a scope reaches what is outside: parameters' modules and the values it is given. */
export interface Surroundings {
  readonly scope: CallId | null;
  /** Values by node: formals, inputs, fields of `states`. */
  readonly given: ReadonlyMap<NodeId, Code>;
  /** `self.` or `model.`, before the attribute of a function's module. */
  readonly owner: string;
  /** The instance whose functions are attributes of `owner`: "" at top level, else `Enc_1`. */
  readonly instance: string;
  /** How a nested function is called, `self.Enc` or `step_function`, and what it is given beside its arguments. */
  readonly callee: (call: Call, id: CallId) => Callee;
  readonly reserved: readonly string[];
  /** Where a parameter is read, if not from its module. */
  readonly parameter?: (param: ParamId) => string;
  /** The number of rows of the batch, as an expression; a variable of that name if it is left out. */
  readonly rows?: string;
  /** Where the steps of loops become methods of the model. */
  readonly steps?: StepMethods;
}

export interface Body {
  readonly lines: readonly string[];
  readonly valueOf: (operand: Operand) => Code;
  /** The value, as a variable if it is longer than `room`. */
  readonly valueWithin: (operand: Operand, room: number) => Code;
  readonly reading: Reading;
}

/** How the items of a scope read values. */
export interface Reading {
  /** As an item reads it, or without an item as it is kept. */
  readonly value: (operand: Operand, item?: Item) => Code;
  /** Axes in front of the features of what an item reads, and of a node's own value. */
  readonly lead: (operand: Operand, item: Item) => Lead;
  readonly ownLead: (id: NodeId) => Lead;
  readonly rows: string;
  readonly horizon: Horizon;
  /** The number of steps of a node's value. */
  readonly steps: (id: NodeId) => string;
  /** The step or steps of a node, for what depends on them; null without time. */
  readonly clock: (id: NodeId) => Clock | null;
  /** Which rows have which of a node's steps; null: all. */
  readonly valid: (id: NodeId) => Code | null;
  /** A node's value with each row's last one in place of what stands behind its end. */
  readonly repeated: (id: NodeId, x: Code) => Code;
  /** Whether a collective finds nothing of an operand where sequences have one step. */
  readonly mayLack: (operand: Operand, item: Item) => boolean;
  /** Which steps of a stacked axis, the k-th of so many of an operand's, an item sees; null: all. */
  readonly seen: (operand: Operand, item: Item, axis: number, rank: number) => Code | null;
  /** What prints joins over time; null: there is no time where the item stands. */
  readonly join: (id: NodeId, node: Join, terms: (operand: Operand, item: Item) => Code) => Code | null;
}
export type Join = Extract<Node, { readonly tag: "cases" | "sum" }>;

/** What printing items and printing a loop around them share. */
export interface Scribe {
  readonly emission: Emission;
  readonly around: Surroundings;
  names: Names;
  /** Values as they are kept in variables, or folded expressions. */
  readonly values: Map<NodeId, Code>;
  /** Prints items one after the other; a loop as one. */
  readonly print: (items: readonly Item[]) => void;
  readonly tell: (item: Item | null, text: string) => void;
  /** The lines that something prints, which are not printed yet. */
  readonly aside: (prints: () => void) => readonly string[];
  readonly reading: Reading;
  /** The loop that is being printed. */
  inside: Inside | null;
  /** How often a node is read from outside of some items. */
  readonly readOutside: (id: NodeId, items: readonly Item[]) => boolean;
}

/** A scope within one iteration of a loop. */
export interface Inside {
  /** Whether an item is part of the loop; others may be written in it, where they were folded. */
  readonly holds: (item: Item) => boolean;
  /** What an item reads; null: as outside of any loop. */
  readonly value: (operand: Operand, item: Item) => Code | null;
  /** The variable that a node must have, and for others the name that is wanted. */
  readonly target: (id: NodeId) => string | null;
  readonly wanted: (name: string) => string;
  /** Whether a node is nothing but the value of a state at this step. */
  readonly isAlias: (id: NodeId) => boolean;
  /** The item whose statement is told in front of a node's line. */
  readonly told: (id: NodeId) => Item;
  readonly clock: () => string;
  /** The same rows of a tensor of the loop's steps, step by step. */
  /** Which elements of a range of the loop's own values each row has, [batch, axis]; null: all. */
  readonly seen: (operand: Operand, item: Item) => Code | null;
  readonly row: (key: string, name: string, skew: NodeId, whole: (on: Interval, horizon: Horizon) => string) => Code;
  readonly join: (id: NodeId, node: Join, terms: (operand: Operand, item: Item) => Code) => Code;
}

/** `rooms`: how long a result may be where it stands; others that are longer than usual get a variable. */
export const printBody = (
  emission: Emission, around: Surroundings, items: readonly Item[], results: readonly Operand[], rooms: ReadonlyMap<NodeId, number> = new Map(),
): Body => {
  const { program } = emission;
  const values = new Map<NodeId, Code>(around.given);
  const uses = countUses(emission, around.scope, items, results);
  let lines: string[] = [];
  const root = lines, names = createNames(around.reserved), shared = new Map<string, string>();
  /** Nodes written into what reads them. */
  const folded = new Set<NodeId>();
  let told = "";
  /** Pieces of a value that have been cut together. */
  const chunks = new Set<NodeId>();

  const kept = (operand: Operand): Code => {
    const known = values.get(operand.node);
    if (known !== undefined) return known;
    const node = program.nodes[operand.node];
    invariant(node !== undefined, `there is no node ${String(operand.node)}`);
    if (node.tag === "param") return atom(parameterPath(emission, around, node.param));
    if (node.tag === "op") {
      const code = printOp(emission, around, { tag: "node", id: operand.node }, reading);
      // A constant is read often, and stays what it is.
      if (node.ins.length === 0) values.set(operand.node, code);
      return code;
    }
    throw new CompilerBug(`node ${String(operand.node)} has no value where it is read`);
  };
  const tell = (item: Item | null, text: string): void => {
    const statement = item === null ? told : emission.commentOf(item);
    if (statement !== "" && statement !== told) lines.push(`# ${statement}`);
    told = statement;
    lines.push(...text.split("\n"));
  };
  const reading: Reading = timedReading(emission, around, kept, () => scribe.inside, (base, text) => {
    const known = shared.get(text);
    if (known !== undefined) return known;
    const name = names.take(base);
    // In front of the loop that is being printed.
    root.push(`${name} = ${text}`);
    shared.set(text, name);
    return name;
  });
  /** Gives a node, as it is printed, a variable; what is folded into it and makes the line too long gets one first, the longest first. */
  const print = (id: NodeId): Code => printNode(emission, around, { tag: "node", id }, reading);
  const assign = (id: NodeId, wanted: string | null, printed: Code): void => {
    const item = { tag: "node", id } as const;
    const target = scribe.inside?.target(id) ?? null;
    const room = WIDTH - 11 - (target ?? wanted ?? "value").length;
    let code = printed;
    // Items in brackets are told one a line.
    while (code.text.length > room && !code.text.startsWith("torch.cat([")) {
      const { text } = code;
      const open = partsOf(emission, id).filter((part) => folded.has(part) && text.includes(values.get(part)?.text ?? ""));
      const [longest] = open.sort((a, b) => (values.get(b)?.text.length ?? 0) - (values.get(a)?.text.length ?? 0));
      if (longest === undefined) break;
      folded.delete(longest);
      assign(longest, null, print(longest));
      code = print(id);
    }
    code = keeping(emission, id, code);
    folded.delete(id);
    if (target !== null && code.text === target) {
      values.set(id, atom(target));
      return;
    }
    const variable = target ?? scribe.names.take(scribe.inside === null || wanted === null ? (wanted ?? temporary(emission, id)) : scribe.inside.wanted(wanted));
    tell(scribe.inside?.told(id) ?? item, `${variable} = ${code.text}`);
    values.set(id, emission.kept.has(id) ? atom(variable) : { ...code, ...atom(variable) });
    const { inside } = scribe;
    const parts = inside === null ? [] : chunksOf(emission, items, id);
    if (parts.length === 0 || parts.some((part) => inside?.target(part) !== null)) return;
    // The gradient of pieces that are cut one by one would be padded one by one.
    const cut = parts.map((part) => scribe.names.take(`${nameOfReader(emission, around.scope, items, part) ?? "part"}_gate`));
    tell(null, `${cut.join(", ")} = ${variable}.chunk(${String(parts.length)}, -1)`);
    parts.forEach((part, k) => {
      values.set(part, atom(cut[k] ?? ""));
      chunks.add(part);
    });
  };
  const printItem = (item: Item): void => {
    if (item.tag === "call") {
      tell(item, printCall(scribe, item.id, uses));
      return;
    }
    if ((scribe.inside !== null && chunks.has(item.id)) || emission.isAbsorbed(item.id)) return;
    const code = print(item.id);
    const { inside } = scribe;
    const alias = inside?.isAlias(item.id) === true;
    const name = alias ? null : nameIn(emission, around.scope, item.id);
    if (emission.kept.has(item.id) || (inside !== null && inside.target(item.id) !== null)) assign(item.id, name, code);
    else if (name === null && code.number === true && isLiteral(code)) values.set(item.id, code);
    else if (name === null && (uses.get(item.id) ?? 0) < 2 && (alias || code.text.length <= (rooms.get(item.id) ?? emission.fold) || isAbsorbed(emission, item.id)) && emission.time.mayFold(item.id, inside !== null || !emission.time.isWhole(around.scope))) {
      values.set(item.id, code);
      folded.add(item.id);
    } else assign(item.id, name, code);
  };
  const scribe: Scribe = {
    emission, around, names, values, tell, reading, inside: null,
    print: (list) => {
      for (let k = 0; k < list.length; k += 1) {
        const item = list[k];
        if (item === undefined) break;
        const loop = scribe.inside === null ? emission.scopes.loopOf(around.scope, item) : null;
        if (loop === null) {
          printItem(item);
          continue;
        }
        let end = k + 1;
        for (let next = list[end]; next !== undefined && emission.scopes.loopOf(around.scope, next) === loop; next = list[end]) end += 1;
        printLoop(scribe, loop, list.slice(k, end));
        k = end - 1;
      }
    },
    aside: (prints) => {
      const outer = lines;
      const own: string[] = [];
      lines = own;
      prints();
      lines = outer;
      return own;
    },
    readOutside: (id, among) => {
      const within = new Set(among.map((item) => keyOf(item)));
      return results.some((x) => x.node === id) || items.some((item) => !within.has(keyOf(item)) && readsOf(program, item).some((x) => x.node === id));
    },
  };
  scribe.print(items);
  const valueOf = (operand: Operand): Code => reading.value(operand);
  const valueWithin = (operand: Operand, room: number): Code => {
    if (valueOf(operand).text.length > room && items.some((item) => item.tag === "node" && item.id === operand.node)) assign(operand.node, null, print(operand.node));
    return valueOf(operand);
  };
  return { lines, valueOf, valueWithin, reading };
};

/** What is kept is no alias of another value, and records a gradient even where there is no weight behind it. */
const keeping = (emission: Emission, id: NodeId, value: Code): Code => {
  if (!emission.kept.has(id)) return value;
  return method(value.number === true ? call("torch.tensor", value) : method(value, "clone"), "requires_grad_");
};

const readersIn = (emission: Emission, items: readonly Item[], id: NodeId): readonly NodeId[] =>
  items.flatMap((item) => (readsOf(emission.program, item).some((x) => x.node === id) ? [item.tag === "node" ? item.id : -1] : []));
/** What a node cuts out of its input, if that is what it does. */
const partOf = ({ program, env }: Emission, id: NodeId) => {
  const node = program.nodes[id], op = node?.tag === "op" ? env.ops.get(node.op) : undefined;
  const attrs = node?.tag === "op" ? op?.attributes.decode(node.attrs) : undefined;
  return op?.part === undefined || attrs === undefined || E.isLeft(attrs) ? null : op.part(attrs.right);
};
/** The equal pieces that a value is cut into, if all that reads it is one of them, in their order; else none. */
const chunksOf = (emission: Emission, items: readonly Item[], id: NodeId): readonly NodeId[] => {
  const { program } = emission;
  const width = (program.types ?? [])[id]?.[0]?.shape.at(-1);
  const pieces = readersIn(emission, items, id).map((reader) => {
    const part = partOf(emission, reader);
    return part === null || part.to === null || part.axis !== -1 || nameIn(emission, null, reader) !== null ? null : { reader, from: part.from, to: part.to };
  });
  const found = pieces.flatMap((piece) => piece ?? []).sort((a, b) => a.from - b.from);
  const size = found[0]?.to ?? 0;
  const isWhole = found.length === pieces.length && found.length > 1 && found.every((piece, k) => piece.from === k * size && piece.to === (k + 1) * size);
  return isWhole && width === size * found.length ? found.map((piece) => piece.reader) : [];
};
const nameOfReader = (emission: Emission, scope: CallId | null, items: readonly Item[], id: NodeId): string | null => {
  const [reader] = readersIn(emission, items, id);
  return reader === undefined || reader < 0 ? null : nameIn(emission, scope, reader);
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

/** What a function of sequences is given: what it reads, each once. */
export const wholeInputs = (program: Program, id: CallId): readonly Operand[] => {
  const given = new Set(callAt(program, id).ins.map((x) => x.node));
  const wanted = new Set(program.nodes.flatMap((node, reader) => (chainOf(program, program.callOf[reader] ?? null).includes(id) ? operandsOf(node).flatMap((x) => (given.has(x.node) ? [x.node] : [])) : [])));
  return [...given].filter((node) => wanted.has(node)).map((node) => read(node));
};

const printCall = (scribe: Scribe, id: CallId, uses: ReadonlyMap<NodeId, number>): string => {
  const { emission, around, names, values, reading, inside } = scribe;
  const { program } = emission;
  const called = callAt(program, id);
  const item = { tag: "call", id } as const;
  // A function of sequences is given all the steps that it reads.
  const isSequence = emission.time.isWhole(id);
  const whole = (operand: Operand): Code => {
    const value = reading.value(operand), has = emission.time.stepsOf(operand.node), wants = stepsGiven(emission, id, operand.node);
    return has === null || wants === null ? value : cut(keptOf(emission, operand.node, value, has), wants, reading.horizon);
  };
  const args = (isSequence ? wholeInputs(program, id).map(whole) : called.ins.map((operand) => readFrom(emission, around, item, operand, reading))).map((code) => code.text);
  if (drawsIn(emission, id)) args.push("noise", ...(timesDraws(emission, id) ? [inside?.clock() ?? clockOf(emission.time.stepsOfCall(id) ?? EPISODE, reading.horizon).text] : []));
  const outs = outsOf(called);
  const targets = outs.map((node) => {
    if (!uses.has(node)) return "_";
    const fixed = inside?.target(node) ?? null;
    if (fixed !== null) return fixed;
    const name = nameIn(emission, around.scope, node) ?? temporary(emission, node);
    return names.take(inside === null ? name : inside.wanted(name));
  });
  outs.forEach((node, k) => values.set(node, atom(targets[k] ?? "_")));
  const frozen = usesOf(emission, item, around.scope).includes("detach parameters");
  const { path: callee, beside } = around.callee(called, id);
  args.push(...beside);
  const hasModule = callee.startsWith(around.owner);
  if (!frozen || !hasModule) return `${targets.join(", ")} = ${callee}(${args.join(", ")})`;
  const constants = names.take("constants");
  return [
    `${constants} = {name: value.detach() for name, value in ${callee}.named_parameters()}`,
    `${targets.join(", ")} = functional_call(${callee}, ${constants}, (${args.join(", ")}${args.length === 1 ? "," : ""}))`,
  ].join("\n");
};
