/** What is known of how PyTorch writes one op: one record in one table. */
import type { AnyOp, Attrs, Operand, OpName, Program, TensorType } from "@sequent/ir";
import type { Code } from "../model/code.js";
import type { Clock } from "../time/reading.js";

/** One use of an op, as its lowering sees it. */
export interface Use {
  readonly attrs: Attrs;
  /** Python expressions of the inputs, parameters included (as tensors: `self.M_1.weight`); printed when they are first asked for. */
  readonly ins: () => readonly Code[];
  readonly types: readonly TensorType[];
  readonly type: TensorType;
  /** Whether an input has a batch axis (in front). */
  readonly batched: readonly boolean[];
  /** How many axes an input has in front of its features: 2 for time and batch, 1 for the batch, 0 for neither. */
  readonly leads: readonly Lead[];
  /** Whether an input has an axis for the batch and one row alone, which stands for all. */
  readonly shared: readonly boolean[];
  /** The same of the result. */
  readonly lead: Lead;
  /** Which instances a collective reads of an input; null: its own alone. */
  readonly over: readonly ("time" | "batch" | "both" | null)[];
  /** Whether the instances that there are were picked out of time and batch, on one axis. */
  readonly selected: readonly boolean[];
  /** How much later than the user's the numbers of steps are. */
  readonly laterBy: number;
  /** Whether a collective may find no instance of an input: a short sequence has none. */
  readonly mayLack: readonly boolean[];
  /** Which elements of an input a step sees, as its lowering has put it in: `where(seen, x, neutral)`; null: all. */
  readonly seen: (input: number) => Code | null;
  /** Which instances there are, as booleans [time, batch]; null: all. */
  readonly valid: () => Code | null;
  /** Whether each value depends on all instances, so that they alone may be computed from. */
  readonly overBatch: boolean;
  /** What stands behind the end of a row replaced with its last value. */
  readonly repeated: (x: Code) => Code;
  /** What made the input: an op's name with its own use, to look through; null for inputs and parameters. */
  readonly source: (input: number) => { readonly op: OpName; readonly use: Use } | null;
  /** The mean over the batch of another op's use in one call, if its lowering has one. */
  readonly meanOf: (op: OpName, use: Use) => Code | null;
  /** Whether gradients may flow into an input, so that a detach does something. */
  readonly live: readonly boolean[];
  /** The function's module: `self.M_1`; null where the op has no parameters or its parameters are given as tensors. */
  readonly module: string | null;
  /** Random draws: our own (`noise`), or torch's. */
  readonly random: "philox" | "torch";
  readonly needs: (what: "F" | "math" | "torch" | "rows") => void;
  /** Expressions for the number of rows of the batch, and of steps of the result. */
  readonly rows: string;
  readonly steps: () => string;
  /** The step or steps of the result, which draws depend on; null without time. */
  readonly clock: () => Clock | null;
}

/** Axes in front of the features. */
export type Lead = 0 | 1 | 2;

export interface Lowering {
  readonly op: OpName;
  readonly print: (use: Use) => Code;
  /** Written where it is used, however often. */
  readonly inline?: true;
  /** Belongs into `forward` although it reads no parameter (draws, modes). */
  readonly forward?: true;
  /** PyTorch has it for one axis in front alone: time and batch are made one for it. */
  readonly flat?: true;
  /** Wants all operands that have axes in front to have the same. */
  readonly aligned?: true;
  /** What stands for elements that a step does not see, where it works along an axis of steps (attribute `axis`, or what it contracts). */
  readonly neutral?: number;
  /** Gives 0 at what a step does not see along its axis. */
  readonly hidesUnseen?: true;
  /** No gradient passes (detach). */
  readonly stops?: true;
  /** The average over the batch in one call, where PyTorch has one. */
  readonly mean?: (use: Use) => Code | null;
  /** Parameters of which the type of PyTorch's module says that it may be without them. */
  readonly optional?: readonly string[];
  /** `nn.Linear(64, 128)`: the module of a function with parameters, and how it is applied. */
  readonly module?: (use: Use) => { readonly construct: string; readonly apply: (module: string, use: Use) => Code };
}

export type Lowerings = ReadonlyMap<OpName, Lowering>;
export type { AnyOp, Operand, Program };
