import { allocate } from "@sequent/ir";
import type { Precision, Tensor } from "@sequent/ir";

/** The sum of terms of one shape; a term that all instances share is added to each. */
export const sumOf = (terms: readonly Tensor[], shape: readonly number[], precision: Precision): Tensor => {
  const batched = terms.some((term) => term.batched);
  const rows = terms.find((term) => term.batched)?.rows ?? 1;
  let size = 1;
  for (const dim of shape) size *= dim;
  const data = allocate(precision, rows * size);
  for (const term of terms) {
    if (term.data.length === data.length) for (let i = 0; i < data.length; i += 1) data[i] = (data[i] ?? 0) + (term.data[i] ?? 0);
    else for (let i = 0; i < data.length; i += 1) data[i] = (data[i] ?? 0) + (term.data[i % size] ?? 0);
  }
  return { shape, rows, batched, data };
};
