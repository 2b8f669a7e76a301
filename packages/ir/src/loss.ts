import type { Builder } from "./builder.js";
import type { Attributes } from "./op.js";
import type { Operand } from "./time.js";

/** What `=>` and `=[…]=>` may name. `of` says what it is computed from: the prediction, or the pre-activation of the op that made it. */
export interface Loss<A = unknown> {
  readonly name: string;
  readonly doc: string;
  readonly attributes: Attributes<A>;
  /** `pre-activation`: only where the prediction comes straight from an op whose record names this loss. */
  readonly of: "prediction" | "pre-activation";
  /** The pre-activation loss that equals this one, taken where the op that made the prediction names it: it is exact for extreme predictions. */
  readonly stable?: string;
  /** The scalar per instance, summed over features. */
  readonly build: (b: Builder, from: Operand, target: Operand, attrs: A) => Operand;
}
