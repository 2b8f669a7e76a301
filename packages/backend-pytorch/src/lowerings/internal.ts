/** Ops that the compiler makes: constants, detached values, averages over the batch. */
import { at, atom, call, divide, isLiteral, LEVEL, literal, method, number } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { input, lower, numberOf, numbersOf, rankOf, sumFeatures, typeOf, unsqueezed, wide } from "./support.js";

/** One of two operands, as wide as the other. */
const spread = (use: Use, k: 0 | 1): Code => {
  const missing = rankOf(use.type) - rankOf(typeOf(use, k));
  return missing > 0 && use.batched[k] === true ? method(wide(use, k), "expand_as", input(use, k === 0 ? 1 : 0).text) : input(use, k);
};

/** The axes that a sum over instances takes away. */
export const summed = (use: Use, k = 0): string => {
  const over = use.over[k] ?? "both";
  return use.leads[k] !== 2 || over === "time" ? "0" : over === "batch" ? "1" : "(0, 1)";
};
/** A sum over no instance is 0, and so is their mean. */
export const atLeastOne = (use: Use, count: Code): Code => (use.mayLack[0] === true ? call("max", "1", count) : count);
const counted = (use: Use): Code => atLeastOne(use, countedBare(use));
const countedBare = (use: Use): Code => {
  const x = input(use);
  if (use.leads[0] !== 2) return call("len", x);
  const over = use.over[0] ?? "both";
  return over === "time" ? call("len", x) : over === "batch" ? atom(`${at(x, LEVEL.atom)}.shape[1]`) : call("math.prod", `${at(x, LEVEL.atom)}.shape[:2]`);
};

/** Whether each step has a value for what all steps read alike. */
export const isAlong = (use: Use): boolean => (use.leads[0] ?? 0) > (use.leads[1] ?? 0) && (use.leads[1] ?? 0) > 0;
export const expandedAlong = (use: Use, x: Code, like: Code): Code => {
  const rank = rankOf(typeOf(use, 1)), front = use.leads[0] ?? 0, own = use.leads[1] ?? 0;
  const axes = rankOf(typeOf(use, 0)) === 0 ? Array.from({ length: rank }, (_, axis) => axis) : [...numbersOf(use.attrs["axes"])].sort((a, b) => a - b);
  const wide = axes.reduce((made, axis) => method(made, "unsqueeze", String(axis + front)), x);
  const sizes = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? `${at(like, LEVEL.atom)}.shape[${String(axis + own)}]` : "-1"));
  return method(wide, "expand", ...Array<string>(front).fill("-1"), ...sizes);
};

export const INTERNALS: readonly Lowering[] = [
  lower("core.constant", (use) => literal(numberOf(use.attrs["value"])), { inline: true }),
  lower("core.detach", (use) => (use.live[0] === true ? method(input(use), "detach") : input(use)), { stops: true }),
  lower("core.here", (use) => input(use)),
  lower("core.time", (use) => {
    const { text: clock, byRow } = use.clock() ?? { text: "0", byRow: false };
    if (byRow) return method(atom(clock), "to", "torch.get_default_dtype()");
    const steps = method(use.lead === 2 ? atom(`${clock}[:, None]`) : /^[\d-]/.test(clock) || clock.startsWith("len") ? call("torch.tensor", clock) : atom(clock), "to", "torch.get_default_dtype()");
    return method(steps, "expand", ...(use.lead === 2 ? ["-1"] : []), use.rows);
  }),
  lower("core.sum_to_scalar", (use) => sumFeatures(input(use), typeOf(use)), { neutral: 0 }),
  lower("core.by_mode", (use) => atom(`(${spread(use, 0).text} if self.training else ${spread(use, 1).text})`), { forward: true }),
  lower("core.average", (use) => {
    const source = use.source(0);
    const whole = source === null || use.mayLack[0] === true ? null : use.meanOf(source.op, source.use);
    if (whole !== null) return whole;
    if (use.batched[0] !== true) return input(use);
    if (use.mayLack[0] === true && rankOf(typeOf(use)) === 0) return call("mean_of", input(use));
    if (use.mayLack[0] === true) return divide(method(input(use), "sum", summed(use)), counted(use));
    return rankOf(typeOf(use)) === 0 ? method(input(use), "mean") : method(input(use), "mean", use.leads[0] === 2 ? "(0, 1)" : "0");
  }),
  lower("core.total", (use) => (use.batched[0] === true ? method(input(use), "sum", summed(use)) : input(use))),
  lower("core.count", (use) => (use.batched[0] === true ? number(counted(use)) : literal(1))),
  lower("core.expand_as", (use) => {
    if (isAlong(use) && input(use, 0).number !== true && input(use, 1).number !== true) return expandedAlong(use, input(use, 0), input(use, 1));
    const axes = numbersOf(use.attrs["axes"]);
    const rank = rankOf(typeOf(use, 1));
    const scalar = rankOf(typeOf(use, 0)) === 0;
    const shaped = scalar
      ? (use.batched[0] === true && rank > 0 ? unsqueezed(input(use, 0), rank) : input(use, 0))
      : [...axes].sort((a, b) => a - b).reduce((x, axis) => method(x, "unsqueeze", String(axis + (use.leads[0] ?? 0))), input(use, 0));
    if (shaped.number === true && !isLiteral(shaped)) return call("torch.full_like", input(use, 1), shaped);
    const value = isLiteral(shaped) ? call("torch.tensor", shaped) : shaped;
    return method(value, "expand_as", input(use, 1));
  }),
];
