/** Dense layers and products. */
import { at, call, code, LEVEL, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { input, LEADING, lower, numberOf, rankOf, typeOf } from "./support.js";

/** A dense layer whose output is a scalar has one feature, which is squeezed away. */
const squeezed = (use: Use, x: Code): Code => (rankOf(use.type) < rankOf(typeOf(use)) ? method(x, "squeeze", "-1") : x);

const LETTERS = "ijklmnopq";
/** a's last axes with b's first, batch axes in front where there are some. */
const contract = (use: Use): Code => {
  const axes = numberOf(use.attrs["axes"], 1);
  const [a, b] = [rankOf(typeOf(use, 0)), rankOf(typeOf(use, 1))];
  const [left, right] = [LEADING[use.leads[0] ?? 0], LEADING[use.leads[1] ?? 0]];
  if (axes === 1 && right === "" && b === 2) return code(`${at(input(use, 0), LEVEL.multiply)} @ ${at(input(use, 1), LEVEL.unary)}`, LEVEL.multiply);
  if (axes === 1 && left !== "" && right !== "" && a === 2 && b === 2) {
    return code(`${at(input(use, 0), LEVEL.multiply)} @ ${at(input(use, 1), LEVEL.unary)}`, LEVEL.multiply);
  }
  const letters = LETTERS.slice(0, a + b - axes);
  const rows = letters.slice(0, a);
  const columns = letters.slice(a - axes, a + b - axes);
  const out = `${left.length < right.length ? right : left}${letters.slice(0, a - axes)}${letters.slice(a)}`;
  return call("torch.einsum", `"${left}${rows},${right}${columns}->${out}"`, input(use, 0), input(use, 1));
};

export const LINEAR: readonly Lowering[] = [
  lower(
    "core.dense",
    (use) => {
      use.needs("F");
      return squeezed(use, call("F.linear", ...use.ins()));
    },
    {
      module: (use) => {
        const [features, width] = typeOf(use, 1).shape;
        const bias = use.ins().length > 2 ? "" : ", bias=False";
        return {
          construct: `nn.Linear(${String(width)}, ${String(features)}${bias})`,
          apply: (module) => squeezed(use, call(module, input(use))),
        };
      },
    },
  ),
  lower("core.matmul", contract, { neutral: 0 }),
  lower("core.dot", (use) => {
    const product = code(`${at(input(use, 0), LEVEL.multiply)} * ${at(input(use, 1), LEVEL.unary)}`, LEVEL.multiply);
    return method(product, "sum", "-1");
  }, { neutral: 0 }),
  lower("core.outer", (use) => {
    const column = method(input(use, 0), "unsqueeze", "-1");
    return code(`${column.text} * ${method(input(use, 1), "unsqueeze", "-2").text}`, LEVEL.multiply);
  }),
];
