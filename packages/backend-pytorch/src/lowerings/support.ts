/** What lowerings share: operands with their batch axis in front, axes counted for PyTorch, sums over features. */
import { invariant } from "@sequent/ir";
import type { AttrValue, OpName, TensorType } from "@sequent/ir";
import { at, atom, call, isLiteral, LEVEL, literal, method, tuple } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lead, Lowering, Use } from "./lowering.js";

export const input = (use: Use, k = 0): Code => {
  const found = use.ins()[k];
  invariant(found !== undefined, "an op was printed with too few inputs");
  return found;
};
export const typeOf = (use: Use, k = 0): TensorType => {
  const found = use.types[k];
  invariant(found !== undefined, "an op was printed with too few types");
  return found;
};
export const rankOf = (type: TensorType): number => type.shape.length;
export const sizesOf = (type: TensorType): readonly number[] => type.shape.map(Number);

/** The input ready for elementwise use with the result: a scalar per row gets trailing axes. */
export const wide = (use: Use, k: number): Code => widened(use, k, input(use, k));
/** As `wide`, of an expression that stands for the input. */
export const widened = (use: Use, k: number, x: Code): Code => {
  const missing = rankOf(use.type) - rankOf(typeOf(use, k));
  if (missing <= 0 || use.batched[k] !== true) return x;
  return unsqueezed(x, missing);
};

/** With `n` axes of size 1 behind. */
export const unsqueezed = (x: Code, n: number): Code =>
  n === 0 ? x : n === 1 ? method(x, "unsqueeze", "-1") : atom(`${at(x, LEVEL.atom)}[${["...", ...Array<string>(n).fill("None")].join(", ")}]`);

/** The axes in front, of a list of operands the most. */
export const leadOf = (use: Use): Lead => use.leads.reduce<Lead>((most, lead) => (lead > most ? lead : most), 0);
/** Letters of the axes in front for an einsum. */
export const LEADING: Readonly<Record<Lead, string>> = { 0: "", 1: "b", 2: "tb" };
/** `-1` for the batch, or the sizes of time and batch of `like`: what stands first in a shape. */
export const leadingSizes = (lead: Lead, like: Code): readonly string[] => (lead === 0 ? [] : lead === 1 ? ["-1"] : [`*${at(like, LEVEL.atom)}.shape[:2]`]);

export const numberOf = (value: AttrValue | undefined, fallback = 0): number => (typeof value === "number" ? value : fallback);

/** An attribute that is a list of numbers. */
export const numbersOf = (value: AttrValue | undefined): readonly number[] =>
  typeof value === "object" && value !== null && isList(value) ? value.map((one) => numberOf(one)) : [];
const isList = (value: object): value is readonly AttrValue[] => Array.isArray(value);

/** An axis of the user's (without batch), as PyTorch counts it: from the end, so that batch and time in front don't matter. */
export const axisOf = (axis: AttrValue | undefined, type: TensorType): number => {
  const at = numberOf(axis, -1);
  return at < 0 ? at : at - rankOf(type);
};

/** The sum over all features of an expression of this type. */
export const sumFeatures = (x: Code, type: TensorType): Code => {
  const rank = rankOf(type);
  if (rank === 0) return x;
  if (rank === 1) return method(x, "sum", "-1");
  return method(x, "sum", tuple(Array.from({ length: rank }, (_, k) => k - rank)));
};

/** The operand with the shape of another: constants need it where PyTorch does not broadcast. */
export const filled = (use: Use, k: number, like: Code): Code => {
  if (rankOf(typeOf(use, k)) > 0 && use.batched[k] === true && use.leads[k] === leadOf(use)) return input(use, k);
  const value = input(use, k);
  if (isLiteral(value)) return call("torch.full_like", like, value);
  return method(wide(use, k), "expand_as", like);
};

export const lower = (op: OpName, print: Lowering["print"], more: Partial<Lowering> = {}): Lowering => ({ op, print, ...more });
export const asFunction = (op: OpName, name: string, keywords: (use: Use) => readonly string[] = () => []): Lowering =>
  lower(op, (use) => {
    use.needs("F");
    return call(name, input(use), ...keywords(use));
  });
export const keyword = (name: string, value: number, standard: number): readonly string[] => (value === standard ? [] : [`${name}=${literal(value).text}`]);
