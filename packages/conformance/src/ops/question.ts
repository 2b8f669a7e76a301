/** One op on one of its samples, as a program: what a backend is asked, and what its answer is held to. */
import * as E from "fp-ts/lib/Either.js";
import { createBuilder, EMPTY, float, invariant, NOWHERE, read, sizeOf } from "@sequent/ir";
import type { AnyOp, Attrs, Env, NodeId, Operand, OpName, Program, Sample, SampleInput, TableBuilder, Tensor, TensorType } from "@sequent/ir";
import type { Batch } from "@sequent/interpreter";
import { numbersFrom } from "../generate/choices.js";

/**
 * `y` is the op's result. If it is a float, the program ascends Σ y·s for an input `s`, averaged over the batch, so that `^x_1` (or
 * `^F.weight`, of a parameter) is minus the gradient over the number of rows.
 */
export interface Question {
  readonly op: AnyOp;
  /** Which of the op's samples. */
  readonly sample: number;
  /** Typed, with its losses chosen. */
  readonly program: Program;
  readonly batch: Batch;
  /** Values of parameters by name. */
  readonly params: ReadonlyMap<string, Tensor>;
  /** Names whose gradients are wanted, each an input (`x_1`) or a parameter (`w_2`); empty where the op has none. */
  readonly moved: readonly string[];
}

const DATA = { space: { tag: "data" }, time: false } as const;
const LABEL = ["x", "w"] as const;

/** Inputs `x_1`; the function's own parameters `F.weight`; other values that all instances share `w_2`. */
const namesOf = (op: AnyOp, { ins, attrs }: Sample): readonly string[] => {
  const decoded = op.attributes.decode(attrs);
  const own = E.isRight(decoded) ? op.params(decoded.right) : [];
  const first = ins.length - own.length;
  return ins.map((input, k) => {
    const param = own[k - first];
    return param === undefined ? `${input.batched === false ? LABEL[1] : LABEL[0]}_${String(k + 1)}` : `F.${param.name}`;
  });
};

/** Random numbers in the sample's range; classes below their number. */
const valueOf = (input: SampleInput, rows: number, next: () => number): Tensor => {
  const shape = input.type.shape.map(Number);
  const batched = input.batched !== false;
  const length = sizeOf(shape) * (batched ? rows : 1);
  const { classes } = input.type;
  if (input.type.dtype === "int") return { shape, rows: batched ? rows : 1, batched, data: Int32Array.from({ length }, () => Math.floor(next() * (classes ?? 1))) };
  const [low, high] = input.range ?? [-2, 2];
  return { shape, rows: batched ? rows : 1, batched, data: Float64Array.from({ length }, () => low + (high - low) * next()) };
};

const given = (b: TableBuilder, name: string, type: TensorType): Operand => {
  const id = b.reserve(type, DATA);
  b.define(id, { tag: "input", name });
  b.name(read(id), name, null);
  return read(id);
};
const parameter = (b: TableBuilder, name: string, type: TensorType): Operand => {
  const init = { name: "zeros", attrs: {}, fanOf: null };
  const id = b.param({ name, role: "weight", of: null, init, renewedBy: null, type, span: NOWHERE });
  return b.readParam(id);
};

/** A builder that writes the expansion of whatever has no reference of its own. */
const expanding = (b: TableBuilder, env: Env): TableBuilder => {
  const op = (name: OpName, ins: readonly Operand[], attrs: Attrs = {}): Operand => {
    const record = env.ops.get(name);
    if (record?.forward.tag !== "expand") return b.op(name, ins, attrs);
    const decoded = record.attributes.decode(attrs);
    invariant(E.isRight(decoded), `${name} does not take the attributes of its sample`);
    const out = record.forward.build(self, { attrs: decoded.right, ins, outs: [], gradient: [] })[0] ?? null;
    invariant(out !== null, `${name} expands to nothing`);
    return out;
  };
  const self: TableBuilder = { ...b, op };
  return self;
};

/** The program of a sample; with `expand`, in ops that have references, for the interpreter. */
export const questionOf = (op: AnyOp, sample: number, env: Env, expand = false): Question => {
  const one: Sample | undefined = op.samples[sample];
  invariant(one !== undefined, `${op.name} has no sample ${String(sample)}`);
  const rows = one.rows ?? 3;
  const next = numbersFrom(17 + sample);
  const names = namesOf(op, one);
  const nameAt = (k: number): string => names[k] ?? "";
  const values = one.ins.map((input) => valueOf(input, rows, next));
  const plain = createBuilder({ ...EMPTY, types: [], varies: [] }, env);
  const b = expand ? expanding(plain, env) : plain;
  const operands = one.ins.map((input, k) => (input.batched === false ? parameter(b, nameAt(k), input.type) : given(b, nameAt(k), input.type)));
  const y = b.op(op.name, op.collective ? operands.map(b.all) : operands, one.attrs);
  b.name(y, "y", null);
  const type = b.typeOf(y);
  const inputs = new Map<string, Tensor>();
  const params = new Map<string, Tensor>();
  one.ins.forEach((input, k) => {
    const value = values[k];
    if (value !== undefined) (input.batched === false ? params : inputs).set(nameAt(k), value);
  });
  const smooth = op.autodiff.tag !== "none" && type.dtype === "float";
  const program = smooth ? ascending(b, y, inputs, rows, next) : b.finish();
  const moved = smooth ? one.ins.flatMap((input, k) => (input.type.dtype === "float" ? [nameAt(k)] : [])) : [];
  const batch = { inputs, rows, samples: Int32Array.from({ length: rows }, (_, r) => r) };
  return { op, sample, program, batch, params, moved };
};

const ascending = (b: TableBuilder, y: Operand, inputs: Map<string, Tensor>, rows: number, next: () => number): Program => {
  const shape = b.typeOf(y).shape.map(Number);
  const seed = given(b, "s", float(...shape));
  inputs.set("s", valueOf({ type: float(...shape) }, rows, next));
  const product = b.op("core.mul", [y, seed]);
  const value = shape.length === 0 ? product : b.op("core.sum_to_scalar", [product]);
  const mean = b.op("core.average", [b.all(value)]);
  const node = (x: Operand): NodeId => x.node;
  return b.finish({ objectives: [{ tag: "ascend", from: [], objective: value, text: "$ sum(y * s)", value: node(value), mean: node(mean), span: NOWHERE }] });
};
