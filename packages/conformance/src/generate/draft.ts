/** A program while it is being generated: what is declared, what is defined, and what each value's type is. */
import { printType, sizeOf } from "@sequent/ir";
import type { TensorType } from "@sequent/ir";
import type { Choices } from "./choices.js";

export type Range = readonly [number, number];

/** A name in the program with its type. */
export interface Value {
  readonly name: string;
  readonly type: TensorType;
}
/** An input; floats lie in `range`. On a `grid` they are multiples of ½, so that ties and kinks are met. */
export interface Input extends Value {
  readonly range: Range;
  readonly grid: boolean;
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
  readonly rows: number;
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

export const emptyDraft = (choices: Choices, rows: number): Draft => ({
  choices, rows, directives: [], declarations: [], definitions: [], body: [], inputs: [], values: [], ties: [], tags: new Set(), count: 0,
});

/** Two letters and a number read well and never meet a name of the language; the number is a label. */
export const fresh = (draft: Draft, prefix: string): string => {
  draft.count += 1;
  return `${prefix}_${String(draft.count)}`;
};

export const float = (...shape: number[]): TensorType => ({ shape, dtype: "float", classes: null });
export const classOf = (classes: number): TensorType => ({ shape: [], dtype: "int", classes });
export const shapeOf = (type: TensorType): number[] => type.shape.map(Number);
export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.dtype === b.dtype && a.classes === b.classes && a.shape.length === b.shape.length && a.shape.every((dim, k) => dim === b.shape[k]);

/** A capitalised word that is no instance of another: the name of a macro. */
export const word = (draft: Draft, stem: string): string => {
  draft.count += 1;
  return `${stem}${String(draft.count)}`;
};

const note = (draft: Draft, value: Value): string => {
  draft.values.push(value);
  if (value.type.shape.some((dim) => dim === 1)) draft.tags.add("size-1 axis");
  return value.name;
};

export const declareInput = (draft: Draft, type: TensorType, range: Range = [-2, 2]): string => {
  const name = fresh(draft, "x");
  draft.declarations.push(`${name} : ${printType(type)}`);
  draft.inputs.push({ name, type, range, grid: draft.choices.chance(0.35) });
  return note(draft, { name, type });
};

/** Defines a new state by an expression. */
export const define = (draft: Draft, expression: string, type: TensorType): string => {
  const name = fresh(draft, "v");
  draft.body.push(`${expression} -> ${name}`);
  return note(draft, { name, type });
};

/** Applies a bracketed function to a value. */
export const flow = (draft: Draft, from: string, through: string, type: TensorType): string => {
  const name = fresh(draft, "v");
  draft.body.push(`${from} --[${through}]-> ${name}`);
  return note(draft, { name, type });
};

/** A dense layer of its own name, declared with its width. */
export const declareLayer = (draft: Draft, size: number): string => {
  const layer = fresh(draft, "F");
  draft.declarations.push(`${layer} : dense[${String(size)}]`);
  draft.tags.add("op core.dense");
  return layer;
};

export const matching = (draft: Draft, type: TensorType): Value[] => draft.values.filter((value) => sameType(value.type, type));

/** A value of this type: mostly one that exists, else a new input, or one made from another value by a parametrised function. */
export const want = (draft: Draft, type: TensorType): string => {
  const { choices } = draft;
  const [first, ...rest] = matching(draft, type);
  if (first !== undefined && !choices.chance(0.3)) return choices.pick([first, ...rest]).name;
  const vectors = draft.values.filter((value) => value.type.dtype === "float" && value.type.shape.length === 1);
  const [vector, ...others] = vectors;
  if (type.classes !== null && type.shape.length > 0) return argmaxOf(draft, type, type.classes);
  if (type.dtype !== "float" || vector === undefined || !choices.chance(0.6)) return declareInput(draft, type);
  return project(draft, choices.pick([vector, ...others]), type);
};

/** Declarations know single classes only; several are the places of maxima. */
const argmaxOf = (draft: Draft, type: TensorType, classes: number): string => {
  draft.tags.add("op core.argmax");
  return define(draft, `argmax(${want(draft, float(...shapeOf(type), classes))})`, type);
};

/** A dense layer to `size` features, reshaped if the type wants other axes. */
export const project = (draft: Draft, from: Value, type: TensorType): string => {
  const size = sizeOf(shapeOf(type));
  const layer = declareLayer(draft, size);
  const made = flow(draft, from.name, layer, float(size));
  if (type.shape.length === 1) return made;
  draft.tags.add("op core.reshape");
  return define(draft, `reshape(${made}, shape=${printType(type)})`, type);
};

/** The value squashed into an interval, so that ops with a restricted domain (log, sqrt) get what they take. */
export const within = (draft: Draft, name: string, type: TensorType, range: Range | undefined): string => {
  if (range === undefined || type.dtype !== "float") return name;
  const [low, high] = range;
  draft.tags.add("op core.sigmoid");
  return define(draft, `${number(low)} + ${number(high - low)} * sigmoid(${name})`, type);
};

/** A number as the notation writes it: `(-1.5)` in parentheses, no digits beyond a double's. */
export const number = (value: number): string => (value < 0 ? `(-${number(-value)})` : String(value));

/** Values and inputs that nothing reads. */
export const unread = (draft: Draft): readonly Value[] => {
  const read = new Map<string, number>();
  for (const line of [...draft.definitions, ...draft.body, ...draft.directives]) {
    for (const name of line.match(/\b[vx]_\d+\b/g) ?? []) read.set(name, (read.get(name) ?? 0) + 1);
  }
  // A state occurs once where it is defined; an input is only declared, and declarations are not counted.
  return draft.values.filter((value) => (read.get(value.name) ?? 0) <= (value.name.startsWith("v") ? 1 : 0));
};
