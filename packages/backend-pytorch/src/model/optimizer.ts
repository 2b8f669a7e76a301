/** `optimizer`, `before_step` and `after_step`: what becomes of gradients and parameters at an Update. */
import { operandsOf } from "@sequent/ir";
import type { AttrValue, Env, NodeId, ParamId, Program, Treatment } from "@sequent/ir";
import type { TransformLowering, TransformLowerings } from "../lowerings/transform.js";
import { numbersOf } from "../lowerings/support.js";
import { literal } from "./code.js";
import { defineFunction } from "./definition.js";
import type { FunctionText } from "./definition.js";

type Optimizer = NonNullable<TransformLowering["optimizer"]>;

/** Parameters as an expression: all of the model's, or a list. */
const parametersOf = (program: Program, treatment: Treatment): string => {
  const treated = new Set(treatment.params);
  if (program.params.every((param, id) => param.role !== "weight" || treated.has(id))) return "model.parameters()";
  return `[${treatment.params.map((id) => `model.${program.params[id]?.name ?? ""}`).join(", ")}]`;
};

const construction = (program: Program, env: Env, treatment: Treatment, optimizer: Optimizer): string => {
  const { construct, keywords } = optimizer(treatment.attrs);
  const { value } = rateOf(treatment, env);
  return `${construct}(${[parametersOf(program, treatment), `lr=${value}`, ...keywords.map(([name, text]) => `${name}=${text}`)].join(", ")})`;
};

interface RateText {
  /** The rate at the first Update. */
  readonly value: string;
  /** The rate at Update `update`, if it changes. */
  readonly schedule: string | null;
}
/** Where the program says nothing, the rate is what the transform's own record takes. */
const rateOf = ({ transform, attrs }: Treatment, env: Env): RateText => {
  const standard = env.transforms.get(transform)?.attributes.list.find((one) => one.name === "lr")?.default;
  const rate: AttrValue = attrs["lr"] ?? standard ?? 1e-3;
  if (typeof rate === "number") return { value: literal(rate).text, schedule: null };
  if (typeof rate !== "object" || !("call" in rate)) return { value: "0.001", schedule: null };
  const [from = 0, to = 0, over = 1] = numbersOf(rate["args"]);
  const done = `min(update / ${literal(over).text}, 1.0)`;
  const way = rate["call"] === "cosine" ? `0.5 * (1 - math.cos(math.pi * ${done}))` : done;
  return { value: literal(from).text, schedule: `${literal(from).text} + ${literal(to - from).text} * ${way}` };
};

/** Parameters that a gradient can reach: PyTorch refuses to clip the gradients of others. */
const reachable = (program: Program, env: Env): ReadonlySet<ParamId> => {
  const seen = new Set<NodeId>();
  const found = new Set<ParamId>();
  const stack = program.objectives.flatMap((objective) => (objective.mean === null ? [] : [objective.mean]));
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const node = program.nodes[id];
    if (node === undefined || seen.has(id)) continue;
    seen.add(id);
    if (node.tag === "param") found.add(node.param);
    const stops = node.tag === "op" && env.ops.get(node.op)?.autodiff.tag === "none";
    if (!stops || (program.callOf[id] ?? null) !== null) for (const operand of operandsOf(node)) stack.push(operand.node);
  }
  return found;
};

export interface Optimizers {
  readonly functions: readonly FunctionText[];
  /** `optimizer` gives a list of them. */
  readonly several: boolean;
}

/** One is given as it is, several as a list. */
const constructor = (made: readonly string[]): FunctionText => {
  const [one = "", ...rest] = made, several = rest.length > 0;
  return defineFunction({
    name: "optimizer", arguments: [["model", "Model"]], returns: several ? "list[torch.optim.Optimizer]" : "torch.optim.Optimizer",
    doc: several ? "What updates the parameters, group by group." : "What updates the parameters.",
    lines: several ? ["return [", ...made.map((each) => `    ${each},`), "]"] : [`return ${one}`],
  });
};

/** Weights that autograd may have no gradient of get zeros, so that they decay and go on as others do. */
const zeros = (params: readonly string[]): readonly string[] => (params.length === 0 ? [] : [
  "# What no step of a batch reaches has a gradient of zeros.", `for parameter in [${params.join(", ")}]:`,
  "    if parameter.grad is None:", "        parameter.grad = torch.zeros_like(parameter)",
]);

/** Weights that a gradient of zeros moves. */
export const restless = (program: Program, transforms: TransformLowerings): ReadonlySet<ParamId> =>
  new Set(program.treatments.flatMap(({ transform, attrs, params }) => {
    const optimizer = transforms.get(transform)?.optimizer?.(attrs);
    return optimizer === undefined || optimizer.rests === true ? [] : params;
  }));

export const printOptimizer = (program: Program, transforms: TransformLowerings, env: Env, lacking: ReadonlySet<ParamId>): Optimizers => {
  const treatments = program.treatments.filter((treatment) => treatment.params.length > 0);
  const optimizers = treatments.flatMap((treatment) => {
    const optimizer = transforms.get(treatment.transform)?.optimizer;
    return optimizer === undefined ? [] : [{ treatment, optimizer }];
  });
  const clipping = treatments.filter((one) => transforms.get(one.transform)?.clip !== undefined);
  const reached = clipping.length === 0 ? new Set<ParamId>() : reachable(program, env);
  const clips = clipping.filter((one) => one.params.some((id) => reached.has(id))).flatMap((treatment) => transforms.get(treatment.transform)?.clip?.(treatment.attrs, parametersOf(program, treatment)) ?? []);
  const schedules = optimizers.flatMap(({ treatment }, k) => {
    const { schedule } = rateOf(treatment, env);
    return schedule === null ? [] : [`for group in optimizers[${String(k)}].param_groups:`, `    group["lr"] = ${schedule}`];
  });
  const filled = zeros(program.params.flatMap(({ name }, id) => (lacking.has(id) ? [`model.${name}`] : [])));
  const before = defineFunction({
    name: "before_step", returns: "None", doc: "What happens to gradients and rates before the parameters move.", lines: [...filled, ...clips, ...schedules],
    arguments: [filled.length + clips.length > 0 ? ["model", "Model"] : null, ...(schedules.length > 0 ? [["optimizers", "list[torch.optim.Optimizer]"], ["update", "int"]] as const : [])],
  });
  const made = optimizers.map(({ treatment, optimizer }) => construction(program, env, treatment, optimizer));
  return {
    functions: [...(made.length > 0 ? [constructor(made)] : []), ...(filled.length + clips.length + schedules.length > 0 ? [before] : [])],
    several: made.length > 1,
  };
};
