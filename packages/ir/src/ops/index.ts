/** The core ops. Someone outside adds theirs by concatenating lists. */
import type { AnyOp } from "../op.js";
import { ACTIVATIONS, SOFTMAXES } from "./activation.js";
import { ARITHMETIC } from "./arithmetic.js";
import { CLOCKS } from "./clock.js";
import { COLLECTIVES } from "./collective.js";
import { COMPARISONS } from "./comparison.js";
import { CONVOLUTIONS } from "./convolution.js";
import { DRAWS } from "./draw.js";
import { INDEXING } from "./indexing.js";
import { INTERNALS } from "./internal.js";
import { LINEAR } from "./linear.js";
import { LOSS_OPS } from "./loss.js";
import { NORMALIZATION } from "./normalization.js";
import { POOLING } from "./pooling.js";
import { REDUCTIONS } from "./reduction.js";
import { SHAPES } from "./shape.js";

export { detach } from "./internal.js";

export const ops: readonly AnyOp[] = [
  ...ARITHMETIC,
  ...COMPARISONS,
  ...ACTIVATIONS,
  ...SOFTMAXES,
  ...REDUCTIONS,
  ...LINEAR,
  ...CONVOLUTIONS,
  ...POOLING,
  ...INDEXING,
  ...SHAPES,
  ...NORMALIZATION,
  ...DRAWS,
  ...LOSS_OPS,
  ...COLLECTIVES,
  ...INTERNALS,
  ...CLOCKS,
];
