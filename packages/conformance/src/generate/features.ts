/** What a program may contain beside ops: tied parameters, macros, custom gradients, transforms, indexing, objectives. */
import type { Transform } from "@sequent/ir";
import { declareInput, define, float, flow, fresh, number, project, shapeOf, want } from "./draft.js";
import type { Draft, Value } from "./draft.js";

export interface Feature {
  readonly name: string;
  readonly add: (draft: Draft) => void;
}

const vectorOf = (draft: Draft): Value => {
  const size = 1 + draft.choices.below(4);
  return { name: want(draft, float(size)), type: float(size) };
};

const tiedParameter: Feature = {
  name: "tied parameter",
  add: (draft) => {
    const type = float(1 + draft.choices.below(4));
    const layer = fresh(draft, "F");
    draft.declarations.push(`${layer} : dense[${String(shapeOf(type)[0])}]`);
    flow(draft, flow(draft, want(draft, type), layer, type), `tanh|${layer}`, type);
    draft.tags.add("tied parameter").add("op core.dense").add("op core.tanh");
  },
};

const composed: Feature = {
  name: "composed function",
  add: (draft) => {
    const x = vectorOf(draft);
    const size = 1 + draft.choices.below(4);
    const name = fresh(draft, "P");
    const [a, b] = [fresh(draft, "F"), fresh(draft, "F")];
    draft.declarations.push(`${a} : dense[3]`, `${b} : dense[${String(size)}]`);
    draft.definitions.push(`${name.replace("_", "q")} := [${a}|tanh|${b}]`);
    flow(draft, x.name, name.replace("_", "q"), float(size));
  },
};

const macro: Feature = {
  name: "macro",
  add: (draft) => {
    const x = vectorOf(draft);
    const name = `Macro${String((draft.count += 1))}`;
    draft.definitions.push(`${name}: a, b`, "    a * b --[R|sigmoid]-> c", "    (1 - c) * a + c * b -> u", "    return u", "");
    draft.declarations.push(...[]);
    const second = want(draft, x.type);
    const size = String(shapeOf(x.type)[0]);
    define(draft, `${name}_1(${x.name}, ${second}) + reshape(${name}_1(${second}, ${x.name}), shape=[${size}])`, x.type);
    draft.tags.add("tied parameter");
  },
};

const customGradient: Feature = {
  name: "custom gradient",
  add: (draft) => {
    const x = vectorOf(draft);
    const name = `Custom${String((draft.count += 1))}`;
    const factor = number(0.5 + draft.choices.below(4));
    draft.definitions.push(`${name}: a`, "    tanh(a) -> b", `    ^b * ${factor} * a -> ^a`, "    return b", "");
    flow(draft, x.name, name, x.type);
  },
};

const indexByClass: Feature = {
  name: "index",
  add: (draft) => {
    const x = vectorOf(draft);
    const size = shapeOf(x.type)[0] ?? 1;
    const at = draft.choices.chance(0.7) ? want(draft, { shape: [], dtype: "int", classes: size }) : String(draft.choices.below(size));
    define(draft, `${x.name}[${at}]`, float());
  },
};

const ofExpression: Feature = {
  name: "nograd of an expression",
  add: (draft) => {
    const x = vectorOf(draft);
    define(draft, `nograd(${x.name} * 2) + ${x.name}`, x.type);
  },
};

/** Arguments that a transform must be given, by name; one without is taken with its defaults. */
const needed = (transform: Transform): string => {
  const given = transform.attributes.list.filter((one) => one.default === undefined).map((one) => `${one.name}=0.5`);
  return given.length > 0 ? `, ${given.join(", ")}` : "";
};

/** A transform around a new layer: every transform of the registry is one feature. */
const transformed = (transform: Transform): Feature => ({
  name: `transform ${transform.name}`,
  add: (draft) => {
    const x = vectorOf(draft);
    const size = 1 + draft.choices.below(3);
    const layer = fresh(draft, "F");
    draft.declarations.push(`${layer} : dense[${String(size)}]`);
    const inner = draft.choices.chance(0.5) ? `${layer}|tanh` : layer;
    const made = flow(draft, x.name, `${transform.name}(${inner}${needed(transform)})`, float(size));
    const other = flow(draft, x.name, layer, float(size));
    define(draft, `${made} + ${other}`, float(size));
  },
});

export const features = (transforms: readonly Transform[]): readonly Feature[] => [
  tiedParameter, composed, macro, customGradient, indexByClass, ofExpression, ...transforms.map(transformed),
];

/** A training statement: each loss of the registry, weighted or not, the matching loss behind each activation, and both ascents. */
const LOSS_RANGE: Readonly<Record<string, string>> = { ce: "softmax", bce: "sigmoid", poisson: "exp", match: "tanh", mse: "tanh", huber: "tanh" };

export const objective = (losses: readonly string[]): readonly Feature[] => [
  ...losses.map((loss): Feature => ({
    name: `loss ${loss}`,
    add: (draft) => {
      const x = vectorOf(draft);
      const size = 1 + draft.choices.below(4);
      const activation = LOSS_RANGE[loss] ?? "sigmoid";
      const p = flow(draft, project(draft, x, float(size)), activation, float(size));
      const target = fresh(draft, "v");
      draft.body.push(`sigmoid(${want(draft, float(size))}) -> ${target}`);
      const weight = draft.choices.chance(0.5) ? `${number(0.25 + draft.choices.below(3))}*` : "";
      draft.body.push(`${p} =[${weight}${loss}]=> ${target}`);
      draft.tags.add(`op core.${activation}`).add("op core.sigmoid");
    },
  })),
  ...["", "|softmax", "|sigmoid", "|exp"].map((activation): Feature => ({
    name: `match after ${activation === "" ? "identity" : activation.slice(1)}`,
    add: (draft) => {
      const x = vectorOf(draft);
      const size = 1 + draft.choices.below(4);
      const layer = fresh(draft, "F");
      draft.declarations.push(`${layer} : dense[${String(size)}]`);
      const p = flow(draft, x.name, `${layer}${activation}`, float(size));
      const label = activation === "|softmax" ? `one_hot(${declareInput(draft, { shape: [], dtype: "int", classes: size })})` : `sigmoid(${want(draft, float(size))})`;
      draft.body.push(`${p} => ${label}`);
    },
  })),
  {
    name: "ascend",
    add: (draft) => {
      const x = vectorOf(draft);
      const from = flow(draft, project(draft, x, float(2)), "tanh", float(2));
      const layer = fresh(draft, "F");
      draft.declarations.push(`${layer} : dense[1]`);
      const scale = flow(draft, from, layer, float(1));
      draft.body.push(`${from} $ sum(${scale}) - 0.5 * sum(${from} ^ 2)`);
    },
  },
  {
    name: "bare ascend",
    add: (draft) => {
      const x = vectorOf(draft);
      draft.body.push(`$ -0.5 * sum(${project(draft, x, float(2))} ^ 2)`);
    },
  },
];
