/** Losses per instance, and, where PyTorch has it, their mean over the batch in one call. */
import { at, atom, call, infix, LEVEL, literal, method, multiply, subtract } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { axisOf, filled, input, lower, rankOf, sumFeatures, typeOf, wide } from "./support.js";

const wider = (use: Use): number => (rankOf(typeOf(use, 0)) >= rankOf(typeOf(use, 1)) ? 0 : 1);
/** The target as PyTorch's loss functions want it: with the shape of the prediction. */
const target = (use: Use): Code => filled(use, 1, input(use, 0));

/** Prediction and target with one shape: a scalar per instance is repeated, for these functions of PyTorch do not broadcast. */
const pairOf = (use: Use): readonly Code[] => {
  const whole = wider(use), other = 1 - whole;
  if (rankOf(typeOf(use, 0)) === rankOf(typeOf(use, 1)) || use.batched[other] !== true) {
    return [(use.leads[0] ?? 0) < (use.leads[1] ?? 0) ? method(input(use, 0), "expand_as", input(use, 1)) : input(use, 0), target(use)];
  }
  const spread = method(wide({ ...use, type: typeOf(use, whole) }, other), "expand_as", input(use, whole).text);
  return other === 0 ? [spread, input(use, 1)] : [input(use, 0), spread];
};

/** A one-hot target is a class for PyTorch; a detach in between says nothing of an integer. */
const classOf = (use: Use): Code | null => {
  let source = use.source(1);
  while (source?.op === "core.detach") source = source.use.source(0);
  return source?.op === "core.one_hot" && rankOf(typeOf(use, 0)) === 1 ? method(input(source.use), "long") : null;
};
const crossEntropy = (use: Use, reduction: string): Code | null => {
  if (rankOf(typeOf(use, 0)) !== 1 || use.batched[0] !== true) return null;
  use.needs("F");
  const pair = [input(use, 0), classOf(use) ?? target(use)];
  if (use.leads[0] === 2) {
    // PyTorch wants the classes on the second axis.
    const flat = call("F.cross_entropy", ...pair.map((x) => method(x, "flatten", "0", "1")), ...(reduction === "" ? [] : [reduction]));
    return reduction === "" ? flat : method(flat, "unflatten", "0", `${at(input(use, 0), LEVEL.atom)}.shape[:2]`);
  }
  return call("F.cross_entropy", ...pair, ...(reduction === "" ? [] : [reduction]));
};
const NONE = 'reduction="none"';

/** Elements of the two operands broadcast, of the type of the one with more axes. */
const between = (use: Use): Code => {
  const [a, b] = [0, 1].map((k) => wide({ ...use, type: typeOf(use, wider(use)) }, k));
  return subtract(a ?? atom(""), b ?? atom(""));
};

const scalarMean = (name: string) => (use: Use): Code | null => {
  if (rankOf(typeOf(use, 0)) > 0 || rankOf(typeOf(use, 1)) > 0 || use.batched[0] !== true) return null;
  use.needs("F");
  return call(name, input(use, 0), target(use));
};

export const LOSSES: readonly Lowering[] = [
  lower("core.half_square", (use) => multiply(literal(0.5), sumFeatures(method(between(use), "square"), typeOf(use, wider(use))))),
  lower(
    "core.softmax_cross_entropy",
    (use) => {
      const direct = axisOf(use.attrs["axis"], typeOf(use)) === -1 ? crossEntropy(use, NONE) : null;
      if (direct !== null) return direct;
      const logs = method(input(use, 0), "log_softmax", String(axisOf(use.attrs["axis"], typeOf(use))));
      return infix("-", LEVEL.add)(literal(0), sumFeatures(multiply(target(use), logs), typeOf(use)));
    },
    { mean: (use) => (axisOf(use.attrs["axis"], typeOf(use)) === -1 ? crossEntropy(use, "") : null) },
  ),
  lower("core.sigmoid_cross_entropy", (use) => {
    use.needs("F");
    return sumFeatures(call("F.binary_cross_entropy_with_logits", ...pairOf(use), NONE), typeOf(use, wider(use)));
  }, { mean: scalarMean("F.binary_cross_entropy_with_logits") }),
  lower("core.poisson_cross_entropy", (use) => {
    use.needs("F");
    return sumFeatures(call("F.poisson_nll_loss", ...pairOf(use), NONE), typeOf(use, wider(use)));
  }, { mean: scalarMean("F.poisson_nll_loss") }),
  lower("core.binary_cross_entropy", (use) => {
    use.needs("F");
    return sumFeatures(call("F.binary_cross_entropy", ...pairOf(use), NONE), typeOf(use, wider(use)));
  }, { mean: scalarMean("F.binary_cross_entropy") }),
];
