import type { Builder } from "./builder.js";
import type { Attributes, Build } from "./op.js";
import type { ParamId } from "./program.js";
import type { Operand } from "./time.js";

/** The source's three operations on a function; `update` gives the summed ^Params. */
export interface Rules {
  readonly forward: Build;
  readonly autodiff: Build;
  readonly update: Build;
}

/** Parameters that one treatment concerns together, with their gradients, and, once an optimizer has spoken, their next values. */
export interface ParameterGroup {
  readonly params: readonly ParamId[];
  readonly values: readonly Operand[];
  readonly gradients: readonly Operand[];
  readonly next: readonly Operand[] | null;
}

/**
 * A function of functions. The first three replace a rule at one use of the function (a missing one is the identity); `treat` concerns
 * its parameters wherever they are used; `renew` gives the use lagged copies of the parameters, and their next value after each Update.
 */
export interface Transform<A = unknown> {
  /** As the notation writes it; `aliases` too (`adam_opt` is `adam`). */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string;
  readonly attributes: Attributes<A>;
  readonly forward: ((of: Rules, attrs: A) => Build) | null;
  readonly autodiff: ((of: Rules, attrs: A) => Build) | null;
  readonly update: ((of: Rules, attrs: A) => Build) | null;
  /** `gradient`: changes gradients, before any `optimizer`, which gives next values; of optimizers a parameter has exactly one. */
  readonly treat: { readonly order: "gradient" | "optimizer"; readonly build: (b: Builder, group: ParameterGroup, attrs: A) => ParameterGroup } | null;
  readonly renew: ((b: Builder, live: Operand, copy: Operand, attrs: A) => Operand) | null;
}
