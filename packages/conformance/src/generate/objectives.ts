/** Training statements: each loss of the registry, weighted or not, the matching loss behind each activation, and both ascents. */
import type { Loss } from "@sequent/ir";
import { classOf, declareInput, declareLayer, define, float, flow, fresh, number, project, want } from "./draft.js";
import type { Draft } from "./draft.js";
import { vectorOf } from "./features.js";
import type { Feature } from "./features.js";

/** What a prediction is made by so that it lies where the loss takes it. */
const MADE_BY: Readonly<Record<string, string>> = { ce: "softmax", bce: "sigmoid", poisson: "exp" };

const weightOf = (draft: Draft): string => {
  switch (draft.choices.below(3)) {
    case 0:
      return "";
    case 1:
      return `${number(0.25 + draft.choices.below(3))}*`;
    default:
      return `${want(draft, float())}*`;
  }
};

const withLoss = (loss: Loss): Feature => ({
  name: `loss ${loss.name}`,
  add: (draft) => {
    const x = vectorOf(draft);
    const size = 1 + draft.choices.below(4);
    const maker = MADE_BY[loss.name] ?? draft.choices.pick(["tanh", "sigmoid", "sin"]);
    const p = flow(draft, project(draft, x, float(size)), maker, float(size));
    // Mostly straight from what made it, so that the loss is computed from the pre-activation; sometimes not.
    const from = draft.choices.chance(0.3) ? define(draft, `0.1 + 0.8 * ${p}`, float(size)) : p;
    // A known scalar may be the target of every element.
    const type = loss.name !== "ce" && draft.choices.chance(0.15) ? float() : float(size);
    const target = define(draft, `sigmoid(${want(draft, type)})`, type);
    const given = loss.attributes.list.length > 0 && draft.choices.chance(0.5) ? `${loss.name}(0.25)` : loss.name;
    draft.body.push(`${from} =[${weightOf(draft)}${given}]=> ${target}`);
    draft.tags.add(`op core.${maker}`).add("op core.sigmoid");
  },
});

const matching = (activation: string): Feature => ({
  name: `match after ${activation}`,
  add: (draft) => {
    const x = vectorOf(draft);
    const size = 1 + draft.choices.below(4);
    const layer = declareLayer(draft, size);
    const p = flow(draft, x.name, activation === "identity" ? layer : `${layer}|${activation}`, float(size));
    const byClass = activation === "softmax" && draft.choices.chance(0.6);
    draft.body.push(`${p} => ${byClass ? `one_hot(${declareInput(draft, classOf(size))})` : `sigmoid(${want(draft, float(size))})`}`);
  },
});

const ascend: Feature = {
  name: "ascend",
  add: (draft) => {
    const x = vectorOf(draft);
    const from = flow(draft, project(draft, x, float(2)), "tanh", float(2));
    const scale = flow(draft, from, declareLayer(draft, 1), float(1));
    draft.body.push(`${from} $ sum(${scale}) - 0.5 * sum(${from} ^ 2)`);
  },
};

const ascendTuple: Feature = {
  name: "ascend of a tuple",
  add: (draft) => {
    const a = project(draft, vectorOf(draft), float(2));
    const b = project(draft, vectorOf(draft), float(2));
    const shared = flow(draft, define(draft, `${a} * ${b}`, float(2)), declareLayer(draft, 2), float(2));
    draft.body.push(`${a}, ${b} $ sum(tanh(${shared}))`);
  },
};

/** At the start of a line `$` would continue the chain above; a blank line keeps it apart. */
const bare = (objective: string): readonly string[] => ["", `$ ${objective}`];

const bareAscend: Feature = {
  name: "bare ascend",
  add: (draft) => {
    const x = vectorOf(draft);
    draft.body.push(...bare(`-0.5 * sum(${project(draft, x, float(2))} ^ 2)`));
  },
};

export const objectives = (losses: readonly Loss[]): readonly Feature[] => [
  ...losses.filter((loss) => loss.of === "prediction").map(withLoss),
  ...["identity", "softmax", "sigmoid", "exp", "tanh"].map(matching),
  ascend, ascendTuple, bareAscend,
];

/** A metric, and one more bare ascent, of all that nothing else reads: every value has a reader and mostly a gradient. */
export const readTheRest = (draft: Draft, rest: readonly { readonly name: string; readonly type: Draft["values"][number]["type"] }[]): void => {
  const terms = rest.map(({ name, type }) => {
    // Not the plain square: its slope is 0 at 0, where kinks and ties are.
    const floats = type.classes === null ? name : `one_hot(${name})`;
    return type.classes === null && type.shape.length === 0 ? `(${name} - 1) ^ 2` : `sum((flatten(${floats}) - 1) ^ 2)`;
  });
  if (terms.length === 0) return;
  const weighed = fresh(draft, "v");
  const anchor = project(draft, vectorOf(draft), float(2));
  draft.body.push(`sum(${anchor}) + ${terms.join(" + ")} -> ${weighed}`, ...bare(`-0.1 * ${weighed}`));
};
