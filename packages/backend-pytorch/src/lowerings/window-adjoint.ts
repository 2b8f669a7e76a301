/** Gradients of convolution and pooling, by PyTorch's own functions of gradients. */
import type { AttrValue } from "@sequent/ir";
import { atom, at, call, LEVEL, literal, method, tuple } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { input, lower, rankOf, sizesOf, typeOf } from "./support.js";

const listOf = (value: AttrValue | undefined, n: number): readonly number[] =>
  Array.isArray(value) ? value.map(Number) : Array.from({ length: n }, () => Number(value ?? 1));
const short = (sizes: readonly number[]): string => (sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : tuple(sizes));

interface Window {
  readonly spatial: number;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Zeros in front of and behind each axis. */
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

const windowOf = (use: Use, image: number): Window => {
  const spatial = rankOf(typeOf(use, image)) - 1;
  const { kernel: size, stride: step, pad } = use.attrs;
  const kernel = listOf(size, spatial);
  const stride = step === null || step === undefined ? kernel : listOf(step, spatial);
  const around = pad === "same" ? kernel.map((k) => (k - 1) / 2) : listOf(pad === "valid" ? 0 : (pad ?? 0), spatial);
  return { spatial, kernel, stride, before: around.map(Math.floor), behind: around.map(Math.ceil) };
};
const isEven = (w: Window): boolean => w.before.every((n, k) => n === w.behind[k]);
/** Padding as `F.pad` takes it: the last axis first. */
const sidesOf = (w: Window): readonly number[] => w.before.flatMap((_, k) => [w.before[w.spatial - 1 - k] ?? 0, w.behind[w.spatial - 1 - k] ?? 0]);
/** `stride=2, padding=1`; of uneven padding the image has it already. */
const keywords = (w: Window): readonly string[] => [
  ...(w.stride.every((n) => n === 1) ? [] : [`stride=${short(w.stride)}`]),
  ...(isEven(w) && w.before.some((n) => n > 0) ? [`padding=${short(w.before)}`] : []),
];

/** The operand with a batch axis in front. */
const rows = (use: Use, k: number, whole: boolean): Code => {
  if (use.batched[k] === true) return input(use, k);
  const one = method(input(use, k), "unsqueeze", "0");
  return whole ? method(one, "expand", use.rows, ...sizesOf(typeOf(use, k)).map(() => "-1")) : one;
};
const single = (use: Use, x: Code): Code => (use.batched.includes(true) ? x : method(x, "squeeze", "0"));

/** ^x of a convolution or a mean over windows with these weights, at the size of the image. */
const toImage = (use: Use, image: number, gradient: number, weight: Code, groups: readonly string[]): Code => {
  const w = windowOf(use, image);
  const [channels = 1, ...extents] = sizesOf(typeOf(use, image));
  const count = use.batched[gradient] === true || use.batched[image] === true ? use.rows : "1";
  const padded = extents.map((n, k) => (isEven(w) ? n : n + (w.before[k] ?? 0) + (w.behind[k] ?? 0)));
  const whole = use.batched[image] === true && isEven(w) ? `${at(input(use, image), LEVEL.atom)}.shape` : tuple([count, channels, ...padded]);
  const g = rows(use, gradient, use.batched.includes(true));
  const found = call(`conv${String(w.spatial)}d_input`, whole, weight, g, ...keywords(w), ...groups);
  if (isEven(w)) return single(use, found);
  use.needs("F");
  return single(use, call("F.pad", found, tuple(sidesOf(w).map((n) => 0 - n))));
};

const toWeight = (use: Use, x: Code, g: Code): Code => {
  const w = windowOf(use, 1);
  if (!isEven(w)) use.needs("F");
  const image = isEven(w) ? x : call("F.pad", x, tuple(sidesOf(w)));
  return call(`conv${String(w.spatial)}d_weight`, image, tuple(sizesOf(use.type)), g, ...keywords(w));
};

const pooled = (use: Use): Code => {
  use.needs("F");
  const w = windowOf(use, 0);
  const [x, g] = [rows(use, 0, use.batched.includes(true)), rows(use, 1, use.batched.includes(true))];
  const step = w.stride.every((n, k) => n === w.kernel[k]) ? [] : [`stride=${short(w.stride)}`];
  const maxima = call(`F.max_pool${String(w.spatial)}d`, x, short(w.kernel), ...step, "return_indices=True");
  const places = method(atom(`${maxima.text}[1]`), "flatten", "2");
  const flat = method(call("torch.zeros_like", x), "flatten", "2");
  const placed = call("torch.scatter_add", flat, "-1", places, method(g, "flatten", "2"));
  return single(use, call("torch.reshape", placed, `${at(x, LEVEL.atom)}.shape`));
};

const FLAT = { flat: true } as const;
export const backThroughConv: readonly Lowering[] = [
  lower("core.conv_back", (use) => toImage(use, 2, 0, input(use, 1), []), FLAT),
  lower("core.max_pool_back", pooled, FLAT),
  lower("core.avg_pool_back", (use) => {
    const { kernel } = windowOf(use, 0);
    const channels = sizesOf(typeOf(use))[0] ?? 1;
    const share = literal(1 / kernel.reduce((a, b) => a * b, 1));
    const weight = method(input(use, 1), "new_full", tuple([channels, 1, ...kernel]), share);
    return toImage(use, 0, 1, weight, [`groups=${String(channels)}`]);
  }, FLAT),
];
export const weightOfConv: readonly Lowering[] = [
  lower("core.conv_weight_total", (use) => toWeight(use, rows(use, 1, use.batched.includes(true)), rows(use, 0, use.batched.includes(true))), FLAT),
  lower("core.conv_weight", (use) => {
    const whole = use.batched.includes(true);
    const each = toWeight(use, atom("image[None]"), atom("part[None]"));
    const pairs = call("zip", rows(use, 1, whole), rows(use, 0, whole), "strict=True");
    return single(use, call("torch.stack", `[${each.text} for image, part in ${pairs.text}]`));
  }, FLAT),
];
