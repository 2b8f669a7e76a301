/** The transforms that PyTorch has words for. A backend without a record for one prints our own equations instead (`--grad explicit`). */
import type { Attrs } from "@sequent/ir";
import { literal } from "../model/code.js";
import { numberOf } from "./support.js";
import type { TransformLowering, TransformLowerings } from "./transform.js";

const text = (attrs: Attrs, name: string, fallback: number): string => literal(numberOf(attrs[name], fallback)).text;
type Keywords = readonly (readonly [string, string])[];
/** Keywords that differ from what PyTorch takes without them; the rate always. */
const unless = (attrs: Attrs, name: string, fallback: number, ours = name): Keywords => {
  const value = text(attrs, ours, fallback);
  return value === literal(fallback).text ? [] : [[name, value]];
};
const betas = (attrs: Attrs): Keywords => {
  const pair = `(${text(attrs, "beta1", 0.9)}, ${text(attrs, "beta2", 0.999)})`;
  return pair === "(0.9, 0.999)" ? [] : [["betas", pair]];
};
const flag = (attrs: Attrs, name: string): Keywords => (attrs[name] === true ? [[name, "True"]] : []);

export const TRANSFORMS: readonly TransformLowering[] = [
  { transform: "nograd", use: "detach inputs" },
  { transform: "frozen", use: "detach parameters" },
  {
    transform: "adam", use: null,
    optimizer: (attrs) => ({ construct: "torch.optim.Adam", keywords: [...betas(attrs), ...unless(attrs, "eps", 1e-8), ...unless(attrs, "weight_decay", 0)] }),
  },
  {
    transform: "adamw", use: null,
    optimizer: (attrs) => ({ construct: "torch.optim.AdamW", keywords: [...betas(attrs), ...unless(attrs, "eps", 1e-8), ...unless(attrs, "weight_decay", 0.01)] }),
  },
  {
    transform: "sgd", use: null,
    optimizer: (attrs) => ({
      construct: "torch.optim.SGD",
      keywords: [...unless(attrs, "momentum", 0), ...unless(attrs, "dampening", 0), ...unless(attrs, "weight_decay", 0), ...flag(attrs, "nesterov")],
      rests: numberOf(attrs["momentum"], 0) === 0 && numberOf(attrs["weight_decay"], 0) === 0,
    }),
  },
  {
    transform: "rmsprop", use: null,
    optimizer: (attrs) => ({
      construct: "torch.optim.RMSprop",
      keywords: [
        ...unless(attrs, "alpha", 0.99), ...unless(attrs, "eps", 1e-8), ...unless(attrs, "weight_decay", 0),
        ...unless(attrs, "momentum", 0), ...flag(attrs, "centered"),
      ],
    }),
  },
  { transform: "clip_grad", use: null, clip: (attrs, parameters) => `nn.utils.clip_grad_norm_(${parameters}, ${text(attrs, "c", 1)})` },
  { transform: "clip_value", use: null, clip: (attrs, parameters) => `nn.utils.clip_grad_value_(${parameters}, ${text(attrs, "c", 1)})` },
  {
    transform: "ema", use: "copies",
    renew: (attrs, copy, live) => [`${copy}.lerp_(${live}, ${text(attrs, "tau", 0.005)})`],
  },
  {
    transform: "target", use: "copies",
    renew: (attrs, copy, live) => [`if (update + 1) % ${text(attrs, "every", 500)} == 0:`, `    ${copy}.copy_(${live})`],
  },
];

export const transformTable = (records: readonly TransformLowering[]): TransformLowerings =>
  new Map(records.map((record) => [record.transform, record]));
