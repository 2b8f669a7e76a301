/** The core ops. Someone outside adds theirs by concatenating lists. */
import type { AnyOp } from "../op.js";
import { ACTIVATIONS, SOFTMAXES } from "./activation.js";
import { ARITHMETIC } from "./arithmetic.js";
import { COLLECTIVES } from "./collective.js";
import { COMPARISONS } from "./comparison.js";
import { INDEXING } from "./indexing.js";
import { INTERNALS } from "./internal.js";
import { LINEAR } from "./linear.js";
import { LOSS_OPS } from "./loss.js";
import { REDUCTIONS } from "./reduction.js";

export const ops: readonly AnyOp[] = [
  ...ARITHMETIC,
  ...COMPARISONS,
  ...ACTIVATIONS,
  ...SOFTMAXES,
  ...REDUCTIONS,
  ...LINEAR,
  ...INDEXING,
  ...LOSS_OPS,
  ...COLLECTIVES,
  ...INTERNALS,
];
