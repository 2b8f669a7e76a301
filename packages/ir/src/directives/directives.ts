/** The directives, each one record. Those with `later` are read and then answered with "not yet". */
import * as t from "io-ts/lib/index.js";
import { NO_ATTRIBUTES, attributes, custom, natural, optional, positive, size, text } from "../attributes-codec.js";
import type { DirectiveRecord } from "../directive.js";

const arguments0 = (record: Omit<DirectiveRecord, "form" | "repeats" | "later"> & Partial<DirectiveRecord>): DirectiveRecord => ({
  form: "arguments",
  repeats: false,
  later: null,
  ...record,
});

const powerOfTwo = custom(
  new t.Type<number, unknown>(
    "power of two",
    (u): u is number => typeof u === "number",
    (u, c) => (typeof u === "number" && u >= 1 && Number.isInteger(Math.log2(u)) ? t.success(u) : t.failure(u, c)),
    (a) => a,
  ),
  "a power of two",
);
const fractionOrFile = custom<number | string>(
  new t.Type<number | string, unknown>(
    "fraction or file",
    (u): u is number | string => typeof u === "string" || typeof u === "number",
    (u, c) => (typeof u === "string" || (typeof u === "number" && u >= 0 && u < 1) ? t.success(u) : t.failure(u, c)),
    (a) => a,
  ),
  "a fraction below 1, or a file",
);
const word = custom(t.unknown, "a word");

const ENVIRONMENTS = "environments and rollouts";
const BUFFERS = "replay buffers";

export const batch = arguments0({
  name: "batch",
  doc: "Samples in a training batch: `@batch 64`.",
  attributes: attributes({ size: natural("samples, a power of two") }),
});

export const data = arguments0({
  name: "data",
  doc: 'The file that inputs are bound from by name, and its split: `@data "digits.npz" test=0.2 seed=0`; a text is cut into sequences: `@data "corpus.txt" length=128`.',
  attributes: attributes({
    path: text("the file"),
    test: fractionOrFile("the fraction of samples held out, or a file of its own with the test part", 0),
    seed: optional(size)("of the shuffle before the split; without it the run's seed"),
    length: optional(natural)("characters of a sequence that a text is cut into; without it the whole text is one"),
  }),
});

export const train = arguments0({
  name: "train",
  doc: "How long training lasts: `@train epochs=40` or `@train steps=5000`.",
  attributes: attributes({
    epochs: optional(positive)("passes over the training data"),
    steps: optional(natural)("Updates"),
  }),
});

export const seed = arguments0({
  name: "seed",
  doc: "The seed of every draw and of the parameters: `@seed 1`.",
  attributes: attributes({ seed: size("an integer") }),
});

export const defaultWidth = arguments0({
  name: "default_width",
  doc: "The width of a hidden layer that nothing else decides: `@default_width 64`.",
  attributes: attributes({ width: natural("features") }),
});

export const optim = arguments0({
  name: "optim",
  doc: "Transforms of all weights that have none of their own: `@optim clip_grad(1) adamw(lr=1e-3)`. Without it, `adam(lr=1e-3)`.",
  attributes: NO_ATTRIBUTES,
  form: "transforms",
});

export const metric = arguments0({
  name: "metric",
  doc: "A scalar to report, averaged over all samples: `@metric accuracy = mean(argmax(p) == y)`.",
  attributes: NO_ATTRIBUTES,
  form: "definition",
  repeats: true,
});

export const env = arguments0({
  name: "env",
  doc: "The environment that `reset` and `step` act on: `@env cartpole`.",
  attributes: attributes({ name: word("the environment") }),
  later: ENVIRONMENTS,
});

export const buffer = arguments0({
  name: "buffer",
  doc: "A replay buffer: `@buffer B capacity=50000 batch=128`.",
  attributes: attributes({ name: word("the buffer"), capacity: natural("adds that it keeps", 100_000), batch: powerOfTwo("samples", 128) }),
  repeats: true,
  later: BUFFERS,
});

export const horizon = {
  name: "horizon",
  doc: "The window that one Update learns from: `@horizon back=32`, with `ahead=8` steps of lookahead and `burn_in=4` computed again before it. Without it, the whole sequence.",
  attributes: attributes({
    back: natural("steps whose objectives count", 32),
    ahead: size("steps that are computed beyond them", 0),
    burn_in: size("steps before them that are computed again, without gradient", 0),
  }),
  form: "arguments",
  repeats: false,
  later: null,
} as const satisfies DirectiveRecord;

export const learn = arguments0({
  name: "learn",
  doc: "How often to learn while acting: `@learn every=8 after=1000`.",
  attributes: attributes({ every: natural("environment steps", 1), after: size("environment steps", 0) }),
  later: ENVIRONMENTS,
});

export const epochs = arguments0({
  name: "epochs",
  doc: "How often a window is learnt from: `@epochs 4 minibatches 4`.",
  attributes: attributes({ epochs: natural("passes"), word: word("the word `minibatches`", null), minibatches: natural("parts", 1) }),
  later: ENVIRONMENTS,
});

export const directives: readonly DirectiveRecord[] = [
  batch, data, train, seed, defaultWidth, optim, metric, env, buffer, horizon, learn, epochs,
];
