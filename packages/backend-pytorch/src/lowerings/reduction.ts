/** Softmaxes and reductions. The user's axes leave out the batch, so they are counted from the end. */
import type { OpName } from "@sequent/ir";
import { call, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { axisOf, input, lower, rankOf, typeOf } from "./support.js";

const along = (use: Use): string => String(axisOf(use.attrs["axis"], typeOf(use)));
/** A reduction of a scalar is the scalar. */
const reduce = (op: OpName, print: (x: Code, axis: string) => Code): Lowering =>
  lower(op, (use) => (rankOf(typeOf(use)) === 0 ? input(use) : print(input(use), along(use))));
const position = (op: OpName, name: string): Lowering =>
  lower(op, (use) => (rankOf(typeOf(use)) === 0 ? call("torch.zeros_like", input(use), "dtype=torch.int64") : method(input(use), name, along(use))));

export const REDUCTIONS: readonly Lowering[] = [
  lower("core.softmax", (use) => method(input(use), "softmax", along(use))),
  lower("core.log_softmax", (use) => method(input(use), "log_softmax", along(use))),
  reduce("core.logsumexp", (x, axis) => method(x, "logsumexp", axis)),
  reduce("core.sum", (x, axis) => method(x, "sum", axis)),
  reduce("core.mean", (x, axis) => method(x, "mean", axis)),
  reduce("core.max", (x, axis) => method(x, "amax", axis)),
  reduce("core.min", (x, axis) => method(x, "amin", axis)),
  position("core.argmax", "argmax"),
  position("core.argmin", "argmin"),
];
