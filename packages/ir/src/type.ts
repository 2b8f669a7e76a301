import type { Id } from "./time.js";

export type ResourceId = Id<"resource">;

/** The length of a range that depends on `t` or `T`, as it is written: `0..t`. */
export type Extent = `${string}..${string}`;
export type Dim = number | Extent;

/** Without batch and time. `float` is the precision of the run; opaque is an environment's own state. */
export type Dtype = "float" | "int" | { readonly opaque: ResourceId };

/** Without batch and time. `classes` is n for `class[n]`, whose values are integers in 0..n-1. */
export interface TensorType {
  readonly shape: readonly Dim[];
  readonly dtype: Dtype;
  readonly classes: number | null;
}

export const float = (...shape: readonly Dim[]): TensorType => ({ shape, dtype: "float", classes: null });
export const classOf = (classes: number): TensorType => ({ shape: [], dtype: "int", classes });
/** Equal keys mean equal types. */
export const typeKey = ({ shape, dtype, classes }: TensorType): string =>
  `[${shape.join(",")}]${typeof dtype === "string" ? dtype : String(dtype.opaque)}${String(classes)}`;

/** `[784]`, `class[10]`, `int[3]`, `[]`: a type as a declaration writes it. */
export const printType = (type: TensorType): string => {
  const shape = `[${type.shape.join(", ")}]`;
  if (type.classes !== null) return type.shape.length === 0 ? `class[${String(type.classes)}]` : `class[${String(type.classes)}]${shape}`;
  if (type.dtype === "int") return `int${shape}`;
  return type.dtype === "float" ? shape : "opaque";
};
