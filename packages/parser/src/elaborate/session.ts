/** What elaboration of one program keeps: the registries by notation, the table builder, and where it stands. */
import type { AnyOp, Attrs, CallId, Env, NodeId, Operand, ParamId, Span, TableBuilder, Transform, Treatment } from "@sequent/ir";
import type { Expr, Macro } from "../syntax/tree.js";
import type { Plan } from "./plan.js";
import type { Reporter } from "./report.js";

/** A macro or a composed function; `owner` is the scope that its own functions are looked up in. */
export type Definition = {
  readonly name: string;
  readonly span: Span;
  readonly owner: Functions;
  /** False after an error that forbids inlining it: recursion, or an explosion. */
  usable: boolean;
} & ({ readonly tag: "macro"; readonly macro: Macro; readonly plan: Plan } | { readonly tag: "composed"; readonly body: Expr });

/** A declared function: `M_1 : dense[128]`. */
export interface DeclaredFunction {
  readonly op: AnyOp;
  readonly attrs: Attrs;
  readonly span: Span;
}

/** The functions that a scope sees: its own, then those around it. */
export interface Functions {
  readonly parent: Functions | null;
  readonly defined: Map<string, Definition>;
  readonly declared: Map<string, DeclaredFunction>;
  /** States that are known numbers, for attributes. */
  readonly constants: Map<string, number>;
}

/** Ops by the way the notation writes them. */
export interface Lookup {
  readonly calls: ReadonlyMap<string, readonly AnyOp[]>;
  readonly infix: ReadonlyMap<string, AnyOp>;
  readonly prefix: ReadonlyMap<string, AnyOp>;
}

/** One scope at work: the program, or one call of a macro. A null operand stands for what an error has been reported of. */
export interface Frame {
  readonly plan: Plan;
  readonly functions: Functions;
  /** Before the names of its parameters and states: `Enc_1.`. */
  readonly prefix: string;
  readonly call: CallId | null;
  readonly formals: readonly (Operand | null)[];
  /** The values of each link. */
  readonly values: (readonly (Operand | null)[])[];
  readonly states: Map<string, NodeId | null>;
  readonly reserved: Map<string, NodeId>;
  /** What stands for `^y` in a macro with a custom gradient. */
  readonly seeds: ReadonlyMap<string, Operand>;
  /** A composed function's body: no states are in sight. */
  readonly closed: boolean;
  /** How many steps earlier everything is read: the shift of the link that is being computed. */
  readonly later: number;
}

/** Lagged copies that the parameters of a function are replaced by, the innermost last. */
export interface Renewal {
  readonly transform: Transform;
  readonly attrs: Attrs;
}

/** The parameters of one function, as they were first used. */
export interface Registered {
  readonly op: AnyOp;
  readonly attrs: string;
  readonly params: readonly ParamId[];
  readonly span: Span;
}

export interface Session {
  readonly env: Env;
  readonly text: string;
  readonly b: TableBuilder;
  readonly report: Reporter;
  readonly lookup: Lookup;
  readonly registered: Map<string, Registered>;
  readonly weights: ParamId[];
  readonly copies: Map<string, ParamId>;
  /** Copies by parameter and transform. */
  readonly copyCounts: Map<string, number>;
  readonly inputs: Map<string, { readonly node: NodeId; readonly time: boolean; readonly span: Span; readonly called: string }>;
  /** Draws made so far, by name. */
  readonly streams: Map<string, number>;
  readonly treatments: Treatment[];
  /** The treatment of a kind that a parameter is under. */
  readonly treated: Map<string, Treatment>;
  /** Moving parts. */
  call: CallId | null;
  renewals: readonly Renewal[];
  collectors: readonly Set<ParamId>[];
  depth: number;
  /** Whether what is elaborated holds at every step, so that draws in it are drawn at every step. */
  stepwise: boolean;
}

const add = (map: Map<string, AnyOp[]>, name: string, op: AnyOp): void => {
  const list = map.get(name);
  if (list === undefined) map.set(name, [op]);
  else list.push(op);
};

export const lookupOf = (env: Env): Lookup => {
  const calls = new Map<string, AnyOp[]>();
  const infix = new Map<string, AnyOp>();
  const prefix = new Map<string, AnyOp>();
  for (const op of env.ops.values()) {
    const { notation } = op;
    if (notation.tag === "call") add(calls, notation.name, op);
    if (notation.tag === "infix") infix.set(notation.symbol, op);
    if (notation.tag === "prefix") prefix.set(notation.symbol, op);
  }
  return { calls, infix, prefix };
};

/** The ops that the notation itself needs beside those with a notation of their own. `dense` is what a capitalised name calls. */
export const CORE = { time: "core.time", detach: "core.detach", index: "core.index", slice: "core.slice", dense: "dense" } as const;

/** Nodes made from here on belong to this text. */
export const here = (s: Session, span: Span): void => s.b.within(s.call, span);
