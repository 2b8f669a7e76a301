/** Comparisons: 1 where they hold, else 0 (NaN compares as false, and as different). */
import { defineOp } from "../define-codec.js";
import * as kernels from "../kernels/elementwise.js";
import type { Map2 } from "../kernels/elementwise.js";
import type { AnyOp } from "../op.js";
import type { OpName } from "../program.js";
import { label, onTwo, sample } from "./samples.js";
import { binary, elementwise, none } from "./support.js";

const comparison = (name: OpName, symbol: string, words: string, test: Map2): AnyOp =>
  defineOp({
    name,
    doc: `1 where a is ${words} b, else 0.`,
    notation: { tag: "infix", symbol },
    inputs: ["a", "b"],
    type: elementwise,
    elementwise: true,
    forward: binary(test),
    autodiff: none("constant wherever it is continuous: its gradient is 0"),
    samples: [...onTwo(), ...onTwo([1, 1]), sample([label(3), label(3)])],
  });

export const COMPARISONS: readonly AnyOp[] = [
  comparison("core.eq", "==", "equal to", kernels.map2((a, b) => (a === b ? 1 : 0))),
  comparison("core.ne", "!=", "different from", kernels.map2((a, b) => (a === b ? 0 : 1))),
  comparison("core.lt", "<", "less than", kernels.map2((a, b) => (a < b ? 1 : 0))),
  comparison("core.le", "<=", "at most", kernels.map2((a, b) => (a <= b ? 1 : 0))),
  comparison("core.gt", ">", "greater than", kernels.greater),
  comparison("core.ge", ">=", "at least", kernels.map2((a, b) => (a >= b ? 1 : 0))),
];
