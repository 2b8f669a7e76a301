/** One record per op holds all that is known of it; drivers (inference, autodiff, evaluation, backends' walkers) know no op by name. */
import type { Either } from "fp-ts/lib/Either.js";
import type { Builder } from "./builder.js";
import type { Attrs, AttrValue, OpName } from "./program.js";
import type { DimVar, TypeRule } from "./solver.js";
import type { Precision, Tensor } from "./tensor.js";
import type { Operand } from "./time.js";
import type { TensorType } from "./type.js";

/** One attribute: the order of the list is the order of positional arguments; without a default it must be given. */
export interface Attribute {
  readonly name: string;
  readonly doc: string;
  readonly default?: AttrValue;
}

/** The attributes of a record: how they are called, and the codec that checks and decodes them. */
export interface Attributes<A> {
  readonly list: readonly Attribute[];
  readonly decode: (attrs: Attrs) => Either<string, A>;
}

/** A parameter that a function has of its own: `weight`, `bias`. */
export interface ParamSpec {
  readonly name: string;
  readonly role: "weight" | "statistic";
  readonly init: { readonly name: string; readonly attrs: Attrs };
  /** The sibling whose fan the initialiser uses; null: its own. */
  readonly fanOf: string | null;
}

/** One use of a function, as its rules see it; `gradient` has one entry per result, null where none arrives. */
export interface Site<A> {
  readonly attrs: A;
  readonly ins: readonly Operand[];
  readonly outs: readonly Operand[];
  readonly gradient: readonly (Operand | null)[];
}
/** Builds equations, one operand per result (forward) or per input (autodiff, update); null is a zero. */
export type Build<A = unknown> = (b: Builder, site: Site<A>) => readonly (Operand | null)[];

/** What a reference implementation may know beside its inputs. */
export interface Run {
  readonly precision: Precision;
  readonly mode: "train" | "eval";
  /** The types of the results, solved. */
  readonly types: readonly TensorType[];
  /** Instances of the result: rows of the batch, 1 if static. */
  readonly rows: number;
  readonly batched: boolean;
  /** The run's seed, the number of Updates done, the step t, and which sample each row is: what draws are keyed by. */
  readonly seed: number;
  readonly update: number;
  readonly t: number;
  readonly samples: Int32Array;
}
export type Reference<A> = (ins: readonly Tensor[], attrs: A, run: Run) => readonly Tensor[];

export type Forward<A> =
  | { readonly tag: "primitive"; readonly reference: Reference<A> }
  /** Into other ops; done wherever a backend or the interpreter has no lowering of its own, and before differentiation. */
  | { readonly tag: "expand"; readonly build: Build<A> };

export type Autodiff<A> =
  | { readonly tag: "none"; readonly why: string }
  | { readonly tag: "expand" }
  /**
   * `instance`: ^In per instance, for every input, parameters included. `total`: for inputs that all instances share (parameters),
   * the sum over all instances at once where that is cheaper (entries null: the driver sums what `instance` gives).
   */
  | { readonly tag: "rule"; readonly instance: Build<A>; readonly total?: Build<A> };

/** An input of a sample: values are drawn from `range` (default −2…2), kept `apart` so far from kinks; integers are classes. */
export interface SampleInput {
  readonly type: TensorType;
  readonly range?: readonly [number, number];
  readonly batched?: boolean;
}
export interface Sample {
  readonly ins: readonly SampleInput[];
  readonly attrs: Attrs;
  readonly rows?: number;
}

export interface OpDef<A = unknown> {
  readonly name: OpName;
  /** One sentence for the language reference. */
  readonly doc: string;
  /** How the notation writes it: a call `max(a, b)`, an infix or prefix operator, or not at all (made by passes and the elaborator alone). */
  readonly notation:
    | { readonly tag: "call"; readonly name: string }
    | { readonly tag: "infix"; readonly symbol: string }
    | { readonly tag: "prefix"; readonly symbol: string }
    | { readonly tag: "internal" };
  /** Names of the data inputs; two ops may share a call's name if they differ in their number. `variadic`: the last may repeat. */
  readonly inputs: readonly string[];
  readonly variadic: boolean;
  readonly attributes: Attributes<A>;
  /** A function with parameters of its own (dense, conv): these follow the data inputs in `ins`. */
  readonly params: (attrs: A) => readonly ParamSpec[];
  readonly results: number;
  /** Reads all instances of its inputs (contexts `over`) and gives one value. */
  readonly collective: boolean;
  readonly type: TypeRule<A>;
  readonly forward: Forward<A>;
  readonly autodiff: Autodiff<A>;
  /** New values of its statistics, by parameter name, after each Update in train mode (batch_norm's running mean). */
  readonly statistics?: (b: Builder, site: Site<A>) => Readonly<Record<string, Operand>>;
  /** Samples that train mode wants at least, by the types of the inputs; 1 if it is left out. Fewer are refused, as PyTorch refuses them. */
  readonly leastRows?: (ins: readonly TensorType[]) => number;
  /** Each of its values depends on all instances of its input, over the batch and over time, in train mode at least; it expands to collectives. */
  readonly overBatch?: true;
  /** `draw`: pure given its stream (attribute `stream`), and with the attribute `time` one at every step; `step`: pure given t; only these and pure may be replayed. */
  readonly effect: "pure" | "draw" | "step" | "clock" | "reads" | "writes";
  /** Gives its one input as it is: what it is for is what gradients do. */
  readonly identity?: true;
  /** Whether it is 0, whatever the rest, given which of its inputs are; left out: that is not known. */
  readonly vanishes?: (zero: readonly boolean[], attrs: A) => boolean;
  /** Its value at a step, where nothing else is in it. */
  readonly atStep?: (t: number) => number;
  /** The elements of its one input along an axis that it gives, from the first to the one behind the last (null: to the end). */
  readonly part?: (attrs: A) => { readonly axis: number; readonly from: number; readonly to: number | null };
  /** Scalar by scalar: may be fused. */
  readonly elementwise: boolean;
  /** The name of the loss record that `=>` takes when it finds this op behind p; null: ½‖p−y‖² through the Jacobian. */
  readonly loss: string | null;
  readonly cost: (ins: readonly TensorType[], outs: readonly TensorType[], attrs: A) => { readonly flops: number; readonly bytes: number };
  readonly samples: readonly Sample[];
}

/** Forgets A for the registry: sound, because attributes are decoded with the op's own codec before any rule sees them. */
export type AnyOp = OpDef;
export type { DimVar };
