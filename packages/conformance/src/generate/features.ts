/** What a program may contain beside ops: tied parameters, macros, custom gradients, transforms, indexing. */
import type { Transform } from "@sequent/ir";
import { classOf, declareLayer, define, float, flow, number, project, shapeOf, want, word } from "./draft.js";
import type { Draft, Value } from "./draft.js";

export interface Feature {
  readonly name: string;
  readonly add: (draft: Draft) => void;
}

export const vectorOf = (draft: Draft): Value => {
  const size = 1 + draft.choices.below(4);
  return { name: want(draft, float(size)), type: float(size) };
};
const sizeOfVector = (x: Value): number => shapeOf(x.type)[0] ?? 1;

const tiedParameter: Feature = {
  name: "tied parameter",
  add: (draft) => {
    const x = vectorOf(draft);
    const layer = declareLayer(draft, sizeOfVector(x));
    flow(draft, flow(draft, x.name, layer, x.type), `tanh|${layer}`, x.type);
    draft.tags.add("op core.tanh");
  },
};

const composed: Feature = {
  name: "composed function",
  add: (draft) => {
    const x = vectorOf(draft);
    const size = 1 + draft.choices.below(4);
    const name = word(draft, "Pol");
    const [a, b] = [declareLayer(draft, 3), declareLayer(draft, size)];
    draft.definitions.push(`${name} := [${a}|tanh|${b}]`);
    const once = flow(draft, x.name, name, float(size));
    if (!draft.choices.chance(0.4)) return;
    draft.tags.add("tied parameter");
    define(draft, `${once} * ${name}(tanh(${x.name}))`, float(size));
  },
};

const macro: Feature = {
  name: "macro",
  add: (draft) => {
    const x = vectorOf(draft);
    const second = want(draft, x.type);
    const name = word(draft, "Mac");
    draft.definitions.push(`${name}: a, b`, "    a * b --[R|sigmoid]-> c", "    (1 - c) * a + c * b -> u", "    return u", "");
    const shared = draft.choices.chance(0.6);
    define(draft, `${name}_1(${x.name}, ${second}) + ${name}_${shared ? "1" : "2"}(${second}, ${x.name})`, x.type);
    if (shared) draft.tags.add("tied parameter");
    draft.tags.add("op core.dense").add("op core.sigmoid");
  },
};

const customGradient: Feature = {
  name: "custom gradient",
  add: (draft) => {
    const x = vectorOf(draft);
    const name = word(draft, "Cus");
    const factor = number(0.5 + draft.choices.below(4));
    draft.definitions.push(`${name}: a`, "    tanh(a) -> b", `    ^b * ${factor} * a -> ^a`, "    return b", "");
    flow(draft, x.name, name, x.type);
  },
};

const indexByClass: Feature = {
  name: "index",
  add: (draft) => {
    const x = vectorOf(draft);
    const size = sizeOfVector(x);
    const at = draft.choices.chance(0.7) ? want(draft, classOf(size)) : String(draft.choices.below(size));
    define(draft, `${x.name}[${at}]`, float());
  },
};

const slice: Feature = {
  name: "slice",
  add: (draft) => {
    const x = vectorOf(draft);
    const size = sizeOfVector(x);
    const from = draft.choices.below(size);
    const to = from + 1 + draft.choices.below(size - from);
    define(draft, `${x.name}[${String(from)}:${to === size ? "" : String(to)}]`, float(to - from));
  },
};

/** Functions where they have a kink, or arguments that tie: at the zeros that relu makes. */
const kink: Feature = {
  name: "kink",
  add: (draft) => {
    const size = 1 + draft.choices.below(3);
    const zeros = (): string => flow(draft, project(draft, vectorOf(draft), float(size)), "relu", float(size));
    const a = zeros();
    const op = draft.choices.pick(["relu", "abs", "leaky_relu", "elu", "max", "min", "clip"]);
    // Of a difference, so that the result is not its argument again.
    if (op === "max" || op === "min") define(draft, `${op}(${a}, ${zeros()})`, float(size));
    else {
      const u = define(draft, `${a} - ${zeros()}`, float(size));
      define(draft, op === "clip" ? `clip(${u}, 0, 0.5)` : `${op}(${u})`, float(size));
    }
    const tag = op === "max" ? "maximum" : op === "min" ? "minimum" : op;
    draft.tags.add("op core.relu").add(`op core.${tag}`);
  },
};

const ofExpression: Feature = {
  name: "nograd of an expression",
  add: (draft) => {
    const x = vectorOf(draft);
    define(draft, `nograd(${x.name} * 2) * ${x.name}`, x.type);
  },
};

/** Arguments that a transform is given: what it needs, and where it changes nothing at its defaults within two Updates, smaller ones. */
const ARGUMENTS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  clip_grad: ["c=0.1", "c=1"],
  clip_value: ["c=0.05", "c=1"],
  ema: ["tau=0.25", "tau=0.005"],
  target: ["every=2", "every=1", "every=500"],
};

/** A transform around a new layer: every transform of the registry is one feature. */
const transformed = (transform: Transform): Feature => ({
  name: `transform ${transform.name}`,
  add: (draft) => {
    const x = vectorOf(draft);
    const size = 1 + draft.choices.below(3);
    const layer = declareLayer(draft, size);
    const inner = draft.choices.chance(0.5) ? `${layer}|tanh` : layer;
    const given = ARGUMENTS[transform.name];
    const through = `${transform.name}(${inner}${given === undefined ? "" : `, ${draft.choices.pick(given)}`})`;
    const made = flow(draft, x.name, through, float(size));
    const other = flow(draft, x.name, layer, float(size));
    draft.tags.add("tied parameter");
    define(draft, `${made} + ${other}`, float(size));
  },
});

/** An optimizer of one function's own. */
const optimized = (optimizers: readonly Transform[]): Feature => ({
  name: "optimizer of a function",
  add: (draft) => {
    const chosen = optimizers[draft.choices.below(optimizers.length)];
    if (chosen === undefined) return;
    const x = vectorOf(draft);
    draft.tags.add(`transform ${chosen.name}`);
    flow(draft, x.name, `${chosen.name}(${declareLayer(draft, 2)}, ${optimizerArguments(draft, chosen)})|tanh`, float(2));
  },
});

/** Variants of optimizers, so that every term of their equations counts. */
const VARIANTS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  sgd: ["", "momentum=0.9", "momentum=0.9, nesterov=true", "momentum=0.5, dampening=0.25", "weight_decay=0.1"],
  adam: ["", "weight_decay=0.1", "beta1=0.8, beta2=0.9"],
  adamw: ["", "weight_decay=0.5"],
  rmsprop: ["", "momentum=0.5", "centered=true", "alpha=0.5, weight_decay=0.1"],
};
export const optimizerArguments = (draft: Draft, transform: Transform): string => {
  const given = draft.choices.pick(VARIANTS[transform.name] ?? [""]);
  const rate = draft.choices.pick(["lr=0.01", "lr=0.1", "lr=linear(0.1, 0, 4)"]);
  return given === "" ? rate : `${rate}, ${given}`;
};

export const isOptimizer = (transform: Transform): boolean => transform.treat?.order === "optimizer";

/** One expression under two names and once without: three values with gradients of their own. */
const equalEquations: Feature = {
  name: "equal equations",
  add: (draft) => {
    const x = vectorOf(draft);
    const expression = draft.choices.pick([`${x.name} * 2`, `${x.name} * ${x.name}`, `tanh(${x.name})`]);
    const once = define(draft, expression, x.type);
    const again = define(draft, expression, x.type);
    define(draft, `${once} * 2 + (${expression}) * ${again}`, x.type);
    const total = define(draft, `dot(${x.name}, ${x.name})`, float());
    define(draft, `sum(${total})`, float());
  },
};

export const features = (transforms: readonly Transform[]): readonly Feature[] => [
  tiedParameter, composed, macro, customGradient, indexByClass, slice, kink, ofExpression, equalEquations, optimized(transforms.filter(isOptimizer)),
  ...transforms.filter((one) => !isOptimizer(one)).map(transformed),
];
