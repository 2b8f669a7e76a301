/** What is known of how PyTorch writes one op: one record in one table. */
import type { AnyOp, Attrs, Operand, OpName, Program, TensorType } from "@sequent/ir";
import type { Code } from "../model/code.js";

/** One use of an op, as its lowering sees it. */
export interface Use {
  readonly attrs: Attrs;
  /** Python expressions of the inputs, parameters included (as tensors: `self.M_1.weight`); printed when they are first asked for. */
  readonly ins: () => readonly Code[];
  readonly types: readonly TensorType[];
  readonly type: TensorType;
  /** Whether an input has a batch axis (in front). */
  readonly batched: readonly boolean[];
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
  /** An expression for the number of rows of the batch. */
  readonly rows: string;
}

export interface Lowering {
  readonly op: OpName;
  readonly print: (use: Use) => Code;
  /** Written where it is used, however often. */
  readonly inline?: true;
  /** Belongs into `forward` although it reads no parameter (draws, modes). */
  readonly forward?: true;
  /** Computes over the whole batch in train mode, so that processes can't share it out. */
  readonly overBatch?: true;
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
