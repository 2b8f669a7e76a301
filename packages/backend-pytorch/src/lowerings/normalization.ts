/** Normalisation and entropy. */
import { add, call, code, divide, LEVEL, literal, method, multiply, negate, subtract } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { input, keyword, lower, numberOf, rankOf, typeOf } from "./support.js";

const channels = (use: Use): string => String(typeOf(use, 1).shape[0]);
const BATCH_NORMS = ["BatchNorm1d", "BatchNorm1d", "BatchNorm2d"] as const;

export const NORMALIZATION: readonly Lowering[] = [
  lower(
    "core.batch_norm",
    (use) => {
      use.needs("F");
      const [x, weight, bias, mean, variance] = use.ins().map((one) => one.text);
      const eps = keyword("eps", numberOf(use.attrs["eps"], 1e-5), 1e-5);
      return call("F.batch_norm", x ?? "", mean ?? "", variance ?? "", weight ?? "", bias ?? "", "self.training", ...eps);
    },
    {
      optional: ["running_mean", "running_var"],
      flat: true,
      module: (use) => {
        const name = BATCH_NORMS[rankOf(typeOf(use)) - 1] ?? "BatchNorm2d";
        const args = [channels(use), ...keyword("eps", numberOf(use.attrs["eps"], 1e-5), 1e-5), ...keyword("momentum", numberOf(use.attrs["momentum"], 0.1), 0.1)];
        return { construct: `nn.${name}(${args.join(", ")})`, apply: (module) => call(module, input(use)) };
      },
    },
  ),
  lower(
    "core.layer_norm",
    (use) => {
      use.needs("F");
      return call("F.layer_norm", input(use), `(${channels(use)},)`, ...use.ins().slice(1), ...keyword("eps", numberOf(use.attrs["eps"], 1e-5), 1e-5));
    },
    {
      module: (use) => ({
        construct: `nn.LayerNorm(${[channels(use), ...keyword("eps", numberOf(use.attrs["eps"], 1e-5), 1e-5)].join(", ")})`,
        apply: (module) => call(module, input(use)),
      }),
    },
  ),
  lower("core.normalize", (use) => {
    const x = input(use);
    const over = use.leads[0] === 2 ? "(0, 1)" : "0";
    const deviation = method(x, "std", over, "correction=0");
    return divide(code(`(${subtract(x, method(x, "mean", over)).text})`, LEVEL.atom), add(deviation, literal(numberOf(use.attrs["eps"], 1e-8))));
  }),
  // torch.special.entr is −p log p with 0 at 0; its gradient there is infinite, ours is 0. The logarithm of 1 stops both.
  lower("core.entropy", (use) => {
    const p = input(use);
    const safe = call("torch.where", code(`${p.text} > 0`, LEVEL.compare), p, "1.0");
    return negate(method(code(`(${multiply(p, method(safe, "log")).text})`, LEVEL.atom), "sum", "-1"));
  }),
];
