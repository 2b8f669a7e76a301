/** A program: one flat table of equations, and the tables and columns that stages add to it. */
import type { Span } from "./span.js";
import type { Id, Interval, NodeId, Operand } from "./time.js";
import type { ResourceId, TensorType } from "./type.js";

export type ParamId = Id<"param">;
export type CallId = Id<"call">;
export type ObjectiveId = Id<"objective">;
/** One fact per row of another table: `column[id]`. */
export type Column<A> = readonly A[];

/** Open and namespaced: `core.mul`, `acme.fft`. */
export type OpName = `${string}.${string}`;

/** One term of a join: `value`, on the steps in `on` (null: wherever it exists). */
export interface Piece {
  readonly on: Interval | null;
  readonly value: Operand;
  /** The equation that gives it; what a pass makes has none. */
  readonly written?: Written;
}

/** An equation in the text: its left side (`h_0` of `0 -> h_0`), its statement, and what comes between that and a statement put before it. */
export interface Written {
  readonly target: Span;
  readonly statement: Span;
  readonly separator: string;
  /** What goes with the equation: its line, its statement, or the arrow that ends a chain; null where other equations need that too. */
  readonly own: Span | null;
}

/**
 * One equation, which is one value. Only these six forms are known to the drivers; everything else is an op.
 * An edge `at t` may not close a cycle; edges with a shift may: recurrence is in the graph.
 */
export type Node =
  /** `time`: the array has a step axis (the name occurs with `t`). */
  | { readonly tag: "input"; readonly name: string; readonly time?: true }
  | { readonly tag: "param"; readonly param: ParamId }
  /** `ins` are the data inputs, then the parameters, in the order of the op's record. */
  | { readonly tag: "op"; readonly op: OpName; readonly attrs: Attrs; readonly ins: readonly Operand[] }
  /** One result of an op with several. */
  | { readonly tag: "pick"; readonly of: NodeId; readonly result: number }
  /** A state with boundary equations: exactly one piece exists at each instance. */
  | { readonly tag: "cases"; readonly pieces: readonly Piece[] }
  /** An adjoint: the sum of the pieces that exist; none is zero. */
  | { readonly tag: "sum"; readonly pieces: readonly Piece[] };

/** Attributes as data: what a printed program holds, decoded by the op's own codec before a rule sees them. */
export type Attrs = Readonly<Record<string, AttrValue>>;
export type AttrValue = null | boolean | number | string | readonly AttrValue[] | { readonly [key: string]: AttrValue };

/**
 * What the user (or a pass) calls a node. `name` is unique in the program and qualified by its call (`Enc_1.c`);
 * labels are part of it (`h_1`), times are not (`h`). `adjointOf` holds for `^x`; an adjoint along the paths of one `$` is kept apart.
 */
export interface Name {
  readonly name: string;
  readonly node: NodeId;
  readonly adjointOf: { readonly node: NodeId; readonly along: ObjectiveId | null } | null;
  readonly span: Span;
}

/** Global and mutable. Slots, lagged copies and running statistics are parameters too, told apart by `role`; `of` is what they belong to. */
export interface Param {
  /** Qualified: `M_1.weight`, `Enc_1.R.weight`. */
  readonly name: string;
  readonly role: "weight" | "statistic" | "slot" | "copy";
  readonly of: ParamId | null;
  /** An initialiser record's name with its attributes; `fanOf` is the weight whose fan it uses (a bias has its weight's). */
  readonly init: { readonly name: string; readonly attrs: Attrs; readonly fanOf: ParamId | null };
  /** For a copy: the transform that renews it after the Update. */
  readonly renewedBy: { readonly transform: string; readonly attrs: Attrs } | null;
  /** Known from the fact `typed` on. */
  readonly type: TensorType | null;
  readonly span: Span;
}

/**
 * One application of a macro, a composed function or a transform of a function, inlined: its nodes have it in the column `callOf`.
 * Backends make modules of them; autodiff treats a call with `override` as one unit.
 */
export interface Call {
  /** The instance as qualified in parameter names: `Enc_1`, `Policy`, `Enc_1.Inner`. Equal instances share parameters. */
  readonly instance: string;
  /** What was applied: the macro or composed function (`Enc`), or the transform (`nograd`). */
  readonly of: string;
  readonly parent: CallId | null;
  /** The names of the formals, one per entry of `ins`, without contexts: `h`, `x`; `x`, `x_2`, … for a composed function's. */
  readonly formals: readonly string[];
  readonly ins: readonly Operand[];
  readonly outs: readonly Operand[];
  readonly override: Override | null;
  readonly span: Span;
}

export type Override =
  /** `nograd(F)`, `frozen(F)`: a transform record replaces Autodiff or Update of the calls inside. */
  | { readonly tag: "transform"; readonly transform: string; readonly attrs: Attrs }
  /**
   * `^y -> ^x` in a macro's body. `seeds`: input nodes that stand for ^Out, one per result; `ins`: what the body gives as ^In
   * (null: not overridden, ordinary differentiation); `params` likewise for `^y -> ^M`.
   */
  | {
      readonly tag: "custom";
      readonly seeds: readonly NodeId[];
      readonly ins: readonly (Operand | null)[];
      readonly params: readonly { readonly param: ParamId; readonly gradient: Operand }[];
    };

/** An environment, buffer or data set. `order` says which calls commute: of different samples, at different slots, or none. */
export interface Resource {
  readonly name: string;
  readonly tag: "env" | "buffer" | "data";
  readonly spec: string;
  readonly attrs: Attrs;
  readonly order: "sample" | "slot" | "total";
}

/** `text` is the statement as the user wrote it; `value` the scalar per instance (weight included), `mean` its average over valid instances. */
interface ObjectiveBase {
  readonly text: string;
  readonly value: NodeId | null;
  readonly mean: NodeId | null;
  readonly span: Span;
}
export type Objective =
  | (ObjectiveBase & {
      readonly tag: "match";
      readonly from: Operand;
      readonly target: Operand;
      /** A loss record's name (`match` until choose-losses has chosen) and its attributes. */
      readonly loss: { readonly name: string; readonly attrs: Attrs };
      readonly weight: Operand | null;
    })
  /** `from` is empty for a bare `$ J`. `objective` is J, a scalar. */
  | (ObjectiveBase & { readonly tag: "ascend"; readonly from: readonly Operand[]; readonly objective: Operand });

/** `@metric name = value`: the average of a scalar over all instances. */
export interface Metric {
  readonly name: string;
  readonly value: Operand;
  readonly mean: NodeId | null;
  readonly span: Span;
}

/** A transform that concerns parameters wherever they are used (`clip_grad(F)`, `adam_opt(F)`, `@optim`), applied in the order of the table. */
export interface Treatment {
  readonly transform: string;
  readonly attrs: Attrs;
  readonly params: readonly ParamId[];
  readonly span: Span;
}

/** `@name positional… key=value…`; decoded by the record registered under its name. */
export interface Directive {
  readonly name: string;
  readonly positional: readonly AttrValue[];
  readonly named: Attrs;
  readonly span: Span;
  /** Its arguments in the text, `length=9`, by what they give. */
  readonly written?: Readonly<Record<string, Span>>;
}

/** A parameter's next value, as a static equation; all are assigned together after the gradients are known. */
export interface Update {
  readonly param: ParamId;
  readonly next: Operand;
}

/** A declaration `x : type`, for inference. */
export interface Declared {
  readonly node: NodeId;
  readonly shape: readonly Dim0[] | null;
  readonly dtype: "float" | "int" | null;
  readonly classes: number | null;
  readonly span: Span;
  /** The type as it is written, if it is this name's alone. */
  readonly written?: Span;
}
type Dim0 = number;

/** What a value varies over: its instances. The interval of steps comes later, with the fact `timed`. */
export type Space =
  | { readonly tag: "static" }
  | { readonly tag: "data" }
  | { readonly tag: "rollout"; readonly env: ResourceId }
  | { readonly tag: "replay"; readonly buffer: ResourceId };
export interface Varies {
  readonly space: Space;
  readonly time: boolean;
}
/** Where a value exists: one instance per sample if `time` is null, else one per step of the interval. */
export interface Domain {
  readonly space: Space;
  readonly time: Interval | null;
}

/**
 * What is computed when, as data; it says nothing of what is saved. `line`: once, no time. `map`: all steps at once, in order. `collect`: over
 * all instances. `scan`: a recurrence, step after step; iteration s computes instance s + `skew` of each node, in this order, and reads back
 * up to `lag` iterations (null: as far as there are).
 */
export type ScheduleStep =
  | { readonly tag: "line" | "map" | "collect"; readonly nodes: readonly NodeId[] }
  | {
      readonly tag: "scan";
      readonly direction: "forward" | "backward";
      readonly nodes: readonly { readonly node: NodeId; readonly skew: number }[];
      readonly lag: number | null;
    };
export interface Schedule {
  /** After all that they read. */
  readonly steps: readonly ScheduleStep[];
  /** The steps at which each value is wanted; null: no time, or not wanted at all. */
  readonly needed: Column<Interval | null>;
}

/** The record that all passes map. Immutable; one `produce` per pass. */
export interface Program {
  readonly nodes: readonly Node[];
  /** The call whose body a node belongs to; null at top level. */
  readonly callOf: Column<CallId | null>;
  /** The text that a node comes from, for messages. */
  readonly spans: Column<Span>;
  readonly names: readonly Name[];
  readonly params: readonly Param[];
  readonly calls: readonly Call[];
  readonly resources: readonly Resource[];
  readonly declared: readonly Declared[];
  readonly objectives: readonly Objective[];
  readonly metrics: readonly Metric[];
  readonly treatments: readonly Treatment[];
  readonly directives: readonly Directive[];
  /** Effects wanted for themselves, in the order written. */
  readonly sinks: readonly NodeId[];
  /** Fact `typed`: one type per result of the node. */
  readonly types?: Column<readonly TensorType[]>;
  /** Fact `typed`: what each node varies over. */
  readonly varies?: Column<Varies>;
  /** Fact `timed`. */
  readonly domains?: Column<Domain>;
  /** Fact `differentiated`: the loss that is minimised (static), and each parameter's next value. */
  readonly loss?: Operand | null;
  readonly updates?: readonly Update[];
  /** Fact `scheduled`. */
  readonly schedule?: Schedule;
}

export const EMPTY: Program = {
  nodes: [],
  callOf: [],
  spans: [],
  names: [],
  params: [],
  calls: [],
  resources: [],
  declared: [],
  objectives: [],
  metrics: [],
  treatments: [],
  directives: [],
  sinks: [],
};

/**
 * Freezes the tables themselves, so that immer does not freeze them row by row: that walk over every object of every table took a
 * tenth of the compiler's time and memory. Rows are read-only by their types alone.
 */
export const frozen = (tables: Partial<Program>): Partial<Program> => {
  Object.values(tables).forEach(Object.freeze);
  return tables;
};

/** The operands of a node, in order; a pick reads its op now. */
export const operandsOf = (node: Node): readonly Operand[] => {
  switch (node.tag) {
    case "op":
      return node.ins;
    case "pick":
      return [{ node: node.of, at: { tag: "at", time: { from: "t", plus: 0 } }, old: false }];
    case "cases":
    case "sum":
      return node.pieces.map((piece) => piece.value);
    default:
      return [];
  }
};

/** What an objective is computed from, its weight last. */
export const operandsOfObjective = (objective: Objective): readonly Operand[] => {
  if (objective.tag === "ascend") return [...objective.from, objective.objective];
  return [objective.from, objective.target, ...(objective.weight === null ? [] : [objective.weight])];
};

/**
 * How many steps later than its reader an operand is read (negative: earlier); null where the context is no shift. A boundary equation
 * stands at one step, so `u_T` of `u_T -> s_T` is read at the reader's own.
 */
export const shiftRead = (reader: Node | null, x: Operand): number | null => {
  if (x.at.tag !== "at") return null;
  const { from, plus } = x.at.time;
  if (from === "t") return plus;
  const on = reader?.tag === "cases" || reader?.tag === "sum" ? reader.pieces.find((piece) => piece.value === x)?.on : undefined;
  const only = on !== null && on !== undefined && on.lower.from === on.upper.from && on.lower.plus === on.upper.plus ? on.lower : null;
  return only !== null && only.from === from ? plus - only.plus : null;
};
