/** Ops that count Updates. */
import { attributes, natural } from "../attributes-codec.js";
import type { AnyOp } from "../op.js";
import { one } from "./internal.js";
import { sample } from "./samples.js";
import { none, primitive, scalar, withAttributes } from "./support.js";

export const CLOCKS: readonly AnyOp[] = [
  withAttributes(attributes({ period: natural("Updates from one to the next") }))({
    name: "core.every",
    doc: "1 at each `period`-th Update (this one counted), else 0.",
    notation: { tag: "internal" },
    inputs: [],
    type: scalar,
    effect: "clock",
    forward: primitive((_, attrs, run) => one((run.update + 1) % attrs.period === 0 ? 1 : 0, run.precision)),
    autodiff: none("it depends on nothing"),
    samples: [sample([], { period: 1 }), sample([], { period: 2 })],
  }),
];
