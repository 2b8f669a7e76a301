/** The only way for rules to make equations: a builder keeps the tables' columns in step and infers types as it goes. */
import type { Attrs, CallId, OpName, ParamId, Piece } from "./program.js";
import type { Span } from "./span.js";
import type { Operand } from "./time.js";
import type { TensorType } from "./type.js";

export interface Builder {
  /** The first (mostly only) result of an op on these operands; equal equations of one call are one node, but states are their own. */
  readonly op: (op: OpName, ins: readonly Operand[], attrs?: Attrs) => Operand;
  readonly pick: (of: Operand, result: number) => Operand;
  /** The sum of what exists; of one operand, the operand itself. */
  readonly sum: (operands: readonly Operand[]) => Operand;
  readonly join: (pieces: readonly Piece[]) => Operand;
  readonly constant: (value: number) => Operand;
  /** Reads all instances, for a collective op. */
  readonly all: (x: Operand) => Operand;
  /** The type at a read, with the leading axis of a range. */
  readonly typeOf: (x: Operand) => TensorType;
  /** Whether all instances share the value. */
  readonly isStatic: (x: Operand) => boolean;
  /** A slot of an optimizer: a parameter of the same shape, zero at the start; `assign` gives its next value. */
  readonly slot: (of: ParamId, name: string) => Operand;
  readonly assign: (slot: Operand, next: Operand) => void;
  /** Text and call that the next nodes belong to. */
  readonly within: (call: CallId | null, span: Span) => void;
  readonly name: (x: Operand, name: string, adjointOf: Operand | null) => void;
}
