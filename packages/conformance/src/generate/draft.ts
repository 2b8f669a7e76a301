/** A program while it is being generated: what is declared, what is defined, and what each value's type is. */
import { sizeOf } from "@sequent/ir";
import type { TensorType } from "@sequent/ir";
import type { Choices } from "./choices.js";

/** A name in the program with its type. Floats lie in `range` if that is known. */
export interface Value {
  readonly name: string;
  readonly type: TensorType;
}
export interface Input extends Value {
  readonly range: readonly [number, number];
}
/** A function with parameters, already declared or used, that a later use may tie. */
export interface Tie {
  readonly name: string;
  readonly op: string;
  readonly input: string;
  readonly output: TensorType;
}

export interface Draft {
  readonly choices: Choices;
  readonly directives: string[];
  readonly declarations: string[];
  readonly definitions: string[];
  readonly body: string[];
  readonly inputs: Input[];
  readonly values: Value[];
  readonly ties: Tie[];
  /** What the program contains, for the coverage table. */
  readonly tags: Set<string>;
  count: number;
}

export const emptyDraft = (choices: Choices): Draft => ({
  choices, directives: [], declarations: [], definitions: [], body: [], inputs: [], values: [], ties: [], tags: new Set(), count: 0,
});

/** Two letters and a number read well and never meet a name of the language; the number is a label. */
export const fresh = (draft: Draft, prefix: string): string => {
  draft.count += 1;
  return `${prefix}_${String(draft.count)}`;
};

export const float = (...shape: number[]): TensorType => ({ shape, dtype: "float", classes: null });
export const shapeOf = (type: TensorType): number[] => type.shape.map(Number);
export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.dtype === b.dtype && a.classes === b.classes && a.shape.length === b.shape.length && a.shape.every((dim, k) => dim === b.shape[k]);

const written = (type: TensorType): string => {
  if (type.classes !== null) return `class[${String(type.classes)}]`;
  return `[${type.shape.join(", ")}]`;
};

export const declareInput = (draft: Draft, type: TensorType, range: readonly [number, number] = [-2, 2]): string => {
  const name = fresh(draft, "x");
  draft.declarations.push(`${name} : ${written(type)}`);
  draft.inputs.push({ name, type, range });
  draft.values.push({ name, type });
  if (type.shape.some((dim) => dim === 1)) draft.tags.add("size-1 axis");
  return name;
};

/** Defines a new state by an expression. */
export const define = (draft: Draft, expression: string, type: TensorType): string => {
  const name = fresh(draft, "v");
  draft.body.push(`${expression} -> ${name}`);
  draft.values.push({ name, type });
  if (type.shape.some((dim) => dim === 1)) draft.tags.add("size-1 axis");
  return name;
};

/** Applies a bracketed function to a value. */
export const flow = (draft: Draft, from: string, through: string, type: TensorType): string => {
  const name = fresh(draft, "v");
  draft.body.push(`${from} --[${through}]-> ${name}`);
  draft.values.push({ name, type });
  return name;
};

export const matching = (draft: Draft, type: TensorType): Value[] => draft.values.filter((value) => sameType(value.type, type));

/** A value of this type: mostly one that exists, else a new input, or one made from another value by a parametrised function. */
export const want = (draft: Draft, type: TensorType): string => {
  const { choices } = draft;
  const [first, ...rest] = matching(draft, type);
  if (first !== undefined && !choices.chance(0.3)) return choices.pick([first, ...rest]).name;
  const vectors = draft.values.filter((value) => value.type.dtype === "float" && value.type.shape.length === 1);
  const [vector, ...others] = vectors;
  if (type.dtype !== "float" || vector === undefined || !choices.chance(0.6)) return declareInput(draft, type);
  const from = choices.pick([vector, ...others]);
  return project(draft, from, type);
};

/** A dense layer to `size` features, reshaped if the type wants more axes. */
export const project = (draft: Draft, from: Value, type: TensorType): string => {
  const size = sizeOf(shapeOf(type));
  const layer = fresh(draft, "F");
  draft.declarations.push(`${layer} : dense[${String(size)}]`);
  draft.tags.add("op core.dense");
  const made = flow(draft, from.name, layer, float(size));
  draft.ties.push({ name: layer, op: "core.dense", input: JSON.stringify(from.type), output: float(size) });
  if (type.shape.length === 1) return made;
  draft.tags.add("op core.reshape");
  return define(draft, `reshape(${made}, shape=[${type.shape.join(", ")}])`, type);
};

/** The value squashed into an interval, so that ops with a restricted domain (log, sqrt) get what they take. */
export const within = (draft: Draft, name: string, type: TensorType, range: readonly [number, number] | undefined): string => {
  if (range === undefined || type.dtype !== "float") return name;
  const [low, high] = range;
  return define(draft, `${number(low)} + ${number(high - low)} * sigmoid(${name})`, type);
};

/** A number as the notation writes it: `(-1.5)` in parentheses, no digits beyond a double's. */
export const number = (value: number): string => (value < 0 ? `(-${number(-value)})` : String(value));
