/** Elementwise ops. */
import { add, at, call, code, compare, divide, LEVEL, method, multiply, negate, power, subtract } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { OpName } from "@sequent/ir";
import type { Lowering, Use } from "./lowering.js";
import { asFunction, input, keyword, lower, numberOf, wide, widened } from "./support.js";

const pair = (op: OpName, print: (a: Code, b: Code) => Code): Lowering => lower(op, (use) => print(wide(use, 0), wide(use, 1)));
/** A comparison gives 0 or 1 as a float. */
const test = (op: OpName, symbol: string): Lowering => pair(op, (a, b) => {
  const compared = compare(symbol)(a, b);
  return call(`(${compared.text}).to`, "torch.get_default_dtype()");
});

const isNumber = (x: Code): boolean => /^-?[0-9.]+(e-?[0-9]+)?$/.test(x.text);
/** Two-argument extremes: a number is a bound. */
const extreme = (op: OpName, name: string, bound: string): Lowering => pair(op, (a, b) => {
  if (isNumber(b) && !isNumber(a)) return method(a, "clamp", `${bound}=${b.text}`);
  return call(`torch.${name}`, tensor(a), tensor(b));
});
const tensor = (x: Code): Code => (isNumber(x) ? call("torch.tensor", x) : x);

export const ARITHMETIC: readonly Lowering[] = [
  pair("core.add", add),
  pair("core.sub", subtract),
  pair("core.mul", multiply),
  pair("core.div", divide),
  pair("core.pow", (a, b) => (isNumber(b) && b.text === "2" ? method(a, "square") : power(a, b))),
  lower("core.neg", (use) => negate(input(use))),
  lower("core.exp", (use) => (isNumber(input(use)) ? call("torch.exp", tensor(input(use))) : method(input(use), "exp"))),
  ...(["log", "sqrt", "abs", "sin", "cos", "erf", "tanh", "sigmoid"] as const).map((name) =>
    lower(`core.${name}`, (use) => method(tensor(input(use)), name))),
  // PyTorch gives zeros for its gradient where we give none, and an optimizer with weight decay tells them apart.
  lower("core.sign", (use) => method(use.live[0] === true ? method(input(use), "detach") : input(use), "sign"), { stops: true }),
  asFunction("core.relu", "F.relu"),
  asFunction("core.leaky_relu", "F.leaky_relu", (use) => keyword("negative_slope", numberOf(use.attrs["slope"], 0.01), 0.01)),
  asFunction("core.elu", "F.elu", (use) => keyword("alpha", numberOf(use.attrs["alpha"], 1), 1)),
  asFunction("core.gelu", "F.gelu", (use) => (use.attrs["approximate"] === "tanh" ? ['approximate="tanh"'] : [])),
  asFunction("core.silu", "F.silu"),
  // PyTorch's softplus turns linear above its threshold; ours is exact.
  lower("core.softplus", (use) => call("torch.logaddexp", input(use), call("torch.zeros_like", input(use)))),
  extreme("core.maximum", "maximum", "min"),
  extreme("core.minimum", "minimum", "max"),
  lower("core.clip", (use) => method(input(use, 0), "clamp", wide(use, 1), wide(use, 2))),
  lower("core.where", (use) => call("torch.where", truth(use), wide(use, 1), wide(use, 2))),
  test("core.eq", "=="),
  test("core.ne", "!="),
  test("core.lt", "<"),
  test("core.le", "<="),
  test("core.gt", ">"),
  test("core.ge", ">="),
];

const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ["core.eq", "=="], ["core.ne", "!="], ["core.lt", "<"], ["core.le", "<="], ["core.gt", ">"], ["core.ge", ">="],
]);
/** A condition: of a comparison the comparison itself, of a number whether it is not 0. */
const truth = (use: Use): Code => {
  const condition = wide(use, 0);
  const source = use.source(0);
  const symbol = source === null ? undefined : SYMBOLS.get(source.op);
  if (source !== null && symbol !== undefined && condition.text.startsWith("(") && source.use.ins().length === 2) {
    return widened(use, 0, compare(symbol)(wide(source.use, 0), wide(source.use, 1)));
  }
  return condition.boolean === true ? condition : code(`${at(condition, LEVEL.or)} != 0`, LEVEL.compare);
};
