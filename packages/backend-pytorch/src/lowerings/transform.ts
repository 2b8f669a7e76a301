/** How PyTorch writes the transforms of one use of a function. */
import type { Attrs } from "@sequent/ir";

export interface TransformLowering {
  readonly transform: string;
  /** `detach inputs`: Autodiff gives zeros; `detach parameters`: Update gives zeros; `copies`: the use has lagged copies of the parameters. */
  readonly use: "detach inputs" | "detach parameters" | "copies" | null;
  /** For a treatment: an optimizer's constructor, or a change of gradients before its step. */
  readonly optimizer?: (attrs: Attrs) => {
    readonly construct: string;
    readonly keywords: readonly (readonly [string, string])[];
    /** A gradient of zeros moves nothing: nothing decays, and no earlier gradient is remembered. */
    readonly rests?: boolean;
  };
  readonly clip?: (attrs: Attrs, parameters: string) => string;
  /** The statement that renews a lagged copy after each Update. */
  readonly renew?: (attrs: Attrs, copy: string, live: string) => readonly string[];
}

export type TransformLowerings = ReadonlyMap<string, TransformLowering>;
