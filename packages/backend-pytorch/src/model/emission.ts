/** What the printing of one model shares: the program with its lookups, the tables, and what the printed text turned out to need. */
import { operandsOf, primalNodes } from "@sequent/ir";
import type { Attrs, Call, CallId, Env, NodeId, Operand, OpName, ParamId, Program } from "@sequent/ir";
import type { Lowerings } from "../lowerings/lowering.js";
import type { TransformLowerings } from "../lowerings/transform.js";
import type { Match } from "../time/cells.js";
import type { TimePlan } from "../time/plan.js";
import type { WindowPlan } from "../time/window.js";
import { isOfLengths } from "../time/short.js";
import { isGiven } from "../time/window.js";
import { identifier } from "./identifier.js";
import { sortScopes } from "./scope.js";
import type { Item, Scopes } from "./scope.js";

/** Where our equations compute gradients that autograd then goes on from. */
export interface Surrogates {
  /** What has the gradients of other values in their place. */
  readonly beside: ReadonlyMap<NodeId, NodeId>;
  /** The means of statements, by what has their values and gives their gradients. */
  readonly means: ReadonlyMap<NodeId, NodeId>;
  /** The functions whose stated gradients are computed so: over the whole batch. */
  readonly functions: readonly string[];
}
export const NO_SURROGATES: Surrogates = { beside: new Map(), means: new Map(), functions: [] };

export interface ModelOptions {
  readonly name: string;
  /** The user's text, for the comments. */
  readonly source: string;
  readonly random: "philox" | "torch";
  /** Whether rows have sequences of their own lengths. */
  readonly ragged: boolean;
  /** Names of states that the caller wants to see beside those that losses and metrics need. */
  readonly show: readonly string[];
  /** The steps of the shortest sequence, where the data are known. */
  readonly shortest: number | null;
  /** The last step that all rows are padded to, where some may be shorter than the text is written for; null: none is. */
  readonly padded: number | null;
  /** States and inputs whose gradients the caller takes from autograd. */
  readonly adjoints: readonly string[];
  /** What stands in the place of others where our equations compute gradients. */
  readonly surrogates: Surrogates;
  /** Where windows of sequences are learnt from; null: whole sequences. */
  readonly window: WindowPlan | null;
  /** How many elements `@horizon` leaves of a range without a fixed length; null: all. */
  readonly keep: number | null;
  /** The weights that each batch of later windows reaches, where these have programs of their own. */
  readonly reachedLater: readonly ReadonlySet<ParamId>[];
}

/** How many steps each sequence must have for the text to be right. */
export interface Least {
  steps: number;
}

export interface Emission {
  readonly env: Env;
  readonly program: Program;
  readonly options: ModelOptions;
  readonly lowerings: Lowerings;
  readonly transforms: TransformLowerings;
  readonly scopes: Scopes;
  readonly time: TimePlan;
  /** The kernel that PyTorch has for a loop; null: none. */
  readonly cellOf: (loop: number) => Match | null;
  /** Values that a kernel computes within, and nothing else reads. */
  readonly isAbsorbed: (id: NodeId) => boolean;
  /** The program as it was written, with all functions whole: what says how modules are made. */
  readonly written: Program;
  /** Whether gradients may flow into a node. */
  readonly live: Uint8Array;
  /** Calls that are nothing but a gradient. */
  readonly gradients: ReadonlyMap<CallId, LeftOfCall>;
  /** Nodes whose gradient is taken: each is a tensor of its own that records one, where nobody else would ask for it. */
  readonly kept: ReadonlySet<NodeId>;
  /** Whether a node is a gradient, or made of some. */
  readonly isGradient: (id: NodeId) => boolean;
  /** The user's names of each node. */
  readonly namesOf: ReadonlyMap<NodeId, readonly string[]>;
  /** An op's attributes where the program leaves them out. */
  readonly defaults: (op: OpName) => Attrs;
  /** What is told of an item in front of its line; "" for nothing. */
  readonly commentOf: (item: Item) => string;
  /** Longer expressions get a name of their own. */
  readonly fold: number;
  /** What a value without a name is called; null for after its function. */
  readonly temporary: (id: NodeId) => string | null;
  readonly least: Least;
  /** `F`, `math`, …: imports that the text needs. */
  readonly needs: Set<string>;
}

/** A call of which nothing but its gradient is left. */
export interface LeftOfCall {
  /** The places, among what it is given, of the values that its backward begins with. */
  readonly places: ReadonlyMap<NodeId, number>;
  /** How many of its results, the last ones, are carries: they pass on the first of what the gradients go to. */
  readonly carries: number;
}

const FOLD = 64;

export const createEmission = (
  program: Program, env: Env, options: ModelOptions, lowerings: Lowerings, transforms: TransformLowerings, wanted: readonly NodeId[], time: TimePlan,
  { live, kept }: Pick<Emission, "live" | "kept">,
): Emission => {
  const isPrimal = primalNodes(program);
  return {
    env,
    time,
    written: program,
    cellOf: () => null,
    isAbsorbed: () => false,
    gradients: new Map(),
    program,
    options,
    lowerings,
    transforms,
    scopes: sortScopes(program, lowerings, wanted, time, kept),
    live,
    kept,
    isGradient: (id) => !isPrimal(id),
    namesOf: collectNames(program),
    commentOf: ({ tag, id }) => statementAt(options.source, (tag === "call" ? callAt(program, id).span.from : program.spans[id]?.from) ?? 0),
    fold: FOLD,
    temporary: () => null,
    least: { steps: 1 },
    needs: new Set(),
    defaults: defaultsOf(env),
  };
};

const defaultsOf = (env: Env): ((op: OpName) => Attrs) => {
  const known = new Map<OpName, Attrs>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const list = env.ops.get(name)?.attributes.list ?? [];
    const attrs = Object.fromEntries(list.flatMap((one) => (one.default === undefined ? [] : [[one.name, one.default]])));
    known.set(name, attrs);
    return attrs;
  };
};

const collectNames = (program: Program): ReadonlyMap<NodeId, readonly string[]> => {
  const names = new Map<NodeId, string[]>();
  for (const name of program.names) {
    if (name.adjointOf !== null) continue;
    const known = names.get(name.node);
    if (known === undefined) names.set(name.node, [name.name]);
    else known.push(name.name);
  }
  return names;
};

/**
 * Gradients flow to weights and to what is kept, through everything but what stops them; from what is carried to what it begins with.
 * `stated` says what else gradients of a value go to, by what a macro says.
 * `order` has each node after its operands, but for recurrences.
 */
export const liveNodes = (program: Program, lowerings: Lowerings, order: readonly NodeId[], kept: ReadonlySet<NodeId>, starts: ReadonlyMap<NodeId, Operand>, stated: ReadonlyMap<NodeId, readonly Operand[]>): Uint8Array => {
  const live = new Uint8Array(program.nodes.length);
  for (let changed = true; changed;) {
    changed = false;
    for (const id of order) {
      const node = program.nodes[id];
      if (node === undefined || live[id] === 1 || (!kept.has(id) && node.tag === "op" && lowerings.get(node.op)?.stops === true)) continue;
      const isLive = kept.has(id) || stated.get(id)?.some((x) => live[x.node] === 1) === true || live[starts.get(id)?.node ?? -1] === 1 || (node.tag === "param" ? program.params[node.param]?.role === "weight" : operandsOf(node).some((operand) => live[operand.node] === 1));
      if (!isLive) continue;
      live[id] = 1;
      changed = true;
    }
  }
  return live;
};

export const callAt = (program: Program, id: CallId): Call => {
  const call = program.calls[id];
  if (call === undefined) throw new RangeError(`there is no call ${String(id)}`);
  return call;
};

/** The name a node has in a scope: at top level the shortest; in a function's body the last part of a qualified one. */
export const nameIn = (emission: Emission, scope: CallId | null, node: NodeId): string | null => {
  const names = emission.namesOf.get(node) ?? [];
  const chosen = scope === null ? (names.find((name) => !name.includes(".")) ?? names[0]) : names.find((name) => name.includes("."));
  return chosen === undefined ? null : unqualified(chosen);
};
/** `s` of `Rec_1.s` and of another value of that name, `Rec_1.s.2`. */
export const unqualified = (name: string): string => name.split(".").findLast((part) => !/^[0-9]+$/.test(part)) ?? name;

/** Whether a call's body draws, so that it must be handed its random numbers. */
export const drawsIn = (emission: Emission, id: CallId): boolean =>
  emission.options.random === "philox" &&
  emission.scopes.itemsOf(id).some((item) => (item.tag === "call" ? drawsIn(emission, item.id) : isDraw(emission, item.id)));
/** Whether they depend on the step too. */
export const timesDraws = (emission: Emission, id: CallId): boolean => drawsIn(emission, id) && emission.time.stepsOfCall(id) !== null;
const isDraw = (emission: Emission, id: NodeId): boolean => {
  const node = emission.program.nodes[id];
  return node?.tag === "op" && emission.lowerings.get(node.op)?.forward === true;
};

/** The lines of the user's text that a place is in, trimmed: what a comment says. */
export const statementAt = (source: string, from: number): string => {
  const start = source.lastIndexOf("\n", from - 1) + 1;
  const end = source.indexOf("\n", from);
  const line = source.slice(start, end < 0 ? source.length : end);
  const comment = line.indexOf("#");
  return (comment > 0 ? line.slice(0, comment) : line).trim();
};

/** An input as an argument of the model; null: it is none, or is given with what is carried. */
export const inputName = (emission: Emission, id: NodeId): string | null => {
  const node = emission.program.nodes[id];
  if (node?.tag !== "input" || isGiven(emission.options.window, id) || isOfLengths(emission.program, id)) return null;
  return emission.options.window?.masks.get(id) ?? identifier(node.name);
};
