/** Softmaxes and reductions. The user's axes leave out the batch, so they are counted from the end. */
import type { OpName } from "@sequent/ir";
import { call, divide, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { axisOf, input, lower, rankOf, typeOf } from "./support.js";

const along = (use: Use): string => String(axisOf(use.attrs["axis"], typeOf(use)));
/** A reduction of a scalar is the scalar. */
const reduce = (op: OpName, neutral: number, print: (x: Code, axis: string, use: Use) => Code): Lowering =>
  lower(op, (use) => (rankOf(typeOf(use)) === 0 ? input(use) : print(input(use), along(use), use)), { neutral });
const position = (op: OpName, neutral: number, name: string): Lowering =>
  lower(op, (use) => (rankOf(typeOf(use)) === 0 ? call("torch.zeros_like", input(use), "dtype=torch.int64") : method(input(use), name, along(use))), { neutral });
const mean = (x: Code, axis: string, use: Use): Code => {
  const seen = use.seen(0);
  return seen === null ? method(x, "mean", axis) : divide(method(x, "sum", axis), method(seen, "sum", axis));
};

export const REDUCTIONS: readonly Lowering[] = [
  lower("core.softmax", (use) => method(input(use), "softmax", along(use)), { neutral: -Infinity, hidesUnseen: true }),
  lower("core.log_softmax", (use) => method(input(use), "log_softmax", along(use)), { neutral: -Infinity }),
  reduce("core.logsumexp", -Infinity, (x, axis) => method(x, "logsumexp", axis)),
  reduce("core.sum", 0, (x, axis) => method(x, "sum", axis)),
  reduce("core.mean", 0, mean),
  reduce("core.max", -Infinity, (x, axis) => method(x, "amax", axis)),
  reduce("core.min", Infinity, (x, axis) => method(x, "amin", axis)),
  position("core.argmax", -Infinity, "argmax"),
  position("core.argmin", Infinity, "argmin"),
];
