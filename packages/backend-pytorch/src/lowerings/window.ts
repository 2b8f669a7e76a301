/** Convolution and pooling. */
import type { AttrValue } from "@sequent/ir";
import { call, tuple } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { input, lower, rankOf, typeOf } from "./support.js";

const spatialOf = (use: Use): number => rankOf(typeOf(use)) - 1;
const sizes = (value: AttrValue | undefined): string =>
  Array.isArray(value) ? tuple(value.map(String)) : String(typeof value === "number" ? value : 1);
const asList = (value: AttrValue | undefined, n: number): readonly number[] =>
  Array.isArray(value) ? value.map(Number) : Array.from({ length: n }, () => Number(value ?? 1));

/** Zeros on each side, as PyTorch takes them; `same` of an even kernel is uneven and needs stride 1, which PyTorch's own word has too. */
const padding = (use: Use): string | null => {
  const pad = use.attrs["pad"];
  if (pad === "valid" || pad === undefined || pad === 0) return null;
  if (pad !== "same") return sizes(pad);
  const kernel = asList(use.attrs["kernel"], spatialOf(use));
  const halves = kernel.map((k) => (k - 1) / 2);
  if (!halves.every(Number.isInteger)) return '"same"';
  return halves.every((half) => half === halves[0]) ? String(halves[0]) : tuple(halves.map(String));
};
const isOne = (value: AttrValue | undefined): boolean => value === undefined || value === null || value === 1;
const convKeywords = (use: Use): string[] => {
  const pad = padding(use);
  return [...(isOne(use.attrs["stride"]) ? [] : [`stride=${sizes(use.attrs["stride"])}`]), ...(pad === null ? [] : [`padding=${pad}`])];
};

/** PyTorch's images have the batch in front; a static image is a batch of itself without it, which these functions also take. */
const pool = (op: "core.max_pool" | "core.avg_pool", name: string): Lowering =>
  lower(op, (use) => {
    use.needs("F");
    const { kernel, stride } = use.attrs;
    const step = stride === undefined || stride === null ? [] : [`stride=${sizes(stride)}`];
    return call(`F.${name}${String(spatialOf(use))}d`, input(use), sizes(kernel ?? 2), ...step);
  }, { flat: true });

export const WINDOWS: readonly Lowering[] = [
  lower(
    "core.conv",
    (use): Code => {
      use.needs("F");
      return call(`F.conv${String(spatialOf(use))}d`, ...use.ins(), ...convKeywords(use));
    },
    {
      optional: ["bias"],
      flat: true,
      module: (use) => {
        const [channels, inputs] = typeOf(use, 1).shape;
        const bias = use.ins().length > 2 ? [] : ["bias=False"];
        const args = [String(inputs), String(channels), sizes(use.attrs["kernel"]), ...convKeywords(use), ...bias];
        return { construct: `nn.Conv${String(spatialOf(use))}d(${args.join(", ")})`, apply: (module) => call(module, input(use)) };
      },
    },
  ),
  pool("core.max_pool", "max_pool"),
  pool("core.avg_pool", "avg_pool"),
];
