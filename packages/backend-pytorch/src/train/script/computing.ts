/** What a training script computes of a batch: `compute`, the losses that it learns from, and `score`, losses and metrics in eval mode. */
import { WIDTH } from "../../model/layout.js";
import { quoted } from "../../model/code.js";
import type { Mean } from "../../model/model.js";
import type { Facts } from "./facts.js";
import { countsOfWindow } from "./processes.js";
import { definitions, python } from "./template.js";
import type { Piece } from "./template.js";
import { computingInParts } from "./parts.js";
import { cutCall } from "./windows.js";

const readsStates = ({ takes }: Facts, ...names: readonly string[]): boolean => names.some((name) => takes(name, "states"));
const forward = ({ call }: Facts): string => `states = ${call("forward") ?? "model()"}`;
const losses = ({ call }: Facts): string => call("losses") ?? "{}";

/** The arguments that windows and our random numbers add. */
const more = ({ carries, offset, noise }: Facts): string => `${carries ? ", carry: Carry" : ""}${offset ? ", offset: int" : ""}${noise ? ", noise: Noise" : ""}`;

/** Losses as one tensor; where some have no instance, behind them which have; where something is carried, beside what gives it. */
const given = (facts: Facts, lost: string): Piece => {
  const { carries, weighs, equations } = facts;
  const list = (of: string): string => `[value.reshape(()) for value in ${of}.values()]`;
  const isNamed = !equations && (carries || weighs || `        ${list(lost)}`.length > WIDTH);
  const beside = carries ? `, ${equations ? "done" : "states"}` : "";
  const values = `torch.stack(${list(isNamed ? "lost" : lost)})`;
  return [
    isNamed && `lost = ${lost}`,
    weighs ? [
      `values = ${values}`, ...foundHere(facts), `return torch.cat([values, values.new_tensor(here)])${beside}`,
    ] : `return ${values}${beside}`,
  ];
};

/** Of windows the model says how many instances statements have; of whole sequences their lengths do, and each process has some. */
const foundHere = (facts: Facts): readonly string[] => {
  const { windows, equations, call } = facts;
  if (windows !== null) return [`found = ${call("counts") ?? ""}`, ...countsOfWindow(facts)];
  const counts = 'torch.stack([found[label] for label in STATEMENTS])';
  return [
    'found = instances(batch["lengths"])["losses"]',
    ...(equations ? [`counts = ${counts}`, "if dist.is_initialized():", "    dist.all_reduce(counts)", "here = counts.sign().tolist()"] : ["here = [found[label].sign() for label in STATEMENTS]"]),
  ];
};

const compute = (facts: Facts): string => {
  const { carries, weighs, equations, call } = facts;
  const result = carries ? `tuple[Tensor, ${equations ? "Step" : "States"}]` : "Tensor";
  const counting = weighs ? `, and behind them ${facts.windows !== null && !equations ? "how many instances it is of" : "whether it has an instance"}` : "";
  if (equations) return python`
def compute(model: Model, slots: Slots, batch: dict[str, Tensor], size: int, update: int${more(facts)}) -> ${result}:
    """One Update; gives the loss of each training statement before it${counting}."""
    ${readsStates(facts, "counts") && forward(facts)}
    done = ${call("step", { values: { rows: "size" } })}
    ${given(facts, "done.losses")}
`;
  return python`
def compute(model: nn.Module, batch: dict[str, Tensor]${more(facts)}) -> ${result}:
    """The loss of each training statement${counting}."""
    ${(carries || readsStates(facts, "losses")) && forward(facts)}
    ${given(facts, losses(facts))}
`;
};

/** Whole sequences as one window from their start. */
const asOneWindow = (facts: Facts): Piece => [
  `steps = len(batch[${facts.sequence}])`, `batch = ${cutCall(facts, { of: "batch", first: "0", steps: "steps", counting: "steps" })}`,
  facts.carries && facts.parts.length === 0 && `carry = ${facts.call("start") ?? ""}`, facts.offset && ["forward", "losses", "metrics"].some((name) => facts.call(name)?.includes("offset") === true) && "offset = 0",
];

/** The numbers of a dictionary of tensors, laid out as ruff does. */
const numbers = (key: string, call: string): Piece => {
  const value = "label: value.item()", loop = `for label, value in ${call}.items()`;
  const isShort = `        "${key}": {${value} ${loop}},`.length <= WIDTH, fits = `            ${value} ${loop}`.length <= WIDTH;
  return isShort ? `"${key}": {${value} ${loop}},` : [`"${key}": {`, ...(fits ? [`    ${value} ${loop}`] : [`    ${value}`, `    ${loop}`]), "},"];
};

const score = (facts: Facts): string => {
  const { carries, noise, windows, call } = facts;
  const lost = losses(facts), measured = call("metrics"), isNamed = windows !== null;
  return python`
@torch.no_grad()
def score(model: ${carries ? "Model" : "nn.Module"}, batch: dict[str, Tensor]${noise ? ", noise: Noise" : ""}) -> dict[str, dict[str, float]]:
    """Losses and metrics in eval mode."""
    ${isNamed && asOneWindow(facts)}
    ${readsStates(facts, "losses", "metrics") && forward(facts)}
    ${isNamed && [`lost = ${lost}`, measured !== null && `measured = ${measured}`]}
    return {
        ${numbers("losses", isNamed ? "lost" : lost)}
        ${measured === null ? '"metrics": {},' : numbers("metrics", isNamed ? "measured" : measured)}
    }
`;
};

/** How many instances rows of these lengths have of what is averaged. */
const countOf = ({ beyondLength: beyond, least }: Mean): string => {
  // Shorter rows have none.
  if (least > 1 && beyond === null) return `(lengths >= ${String(least)}).sum()`;
  if (least > 1) return `lengths[lengths >= ${String(least)}]${beyond === 0 ? "" : `.${beyond !== null && beyond < 0 ? "sub" : "add"}(${String(Math.abs(beyond ?? 0))}).clamp(min=0)`}.sum()`;
  if (beyond === null) return "torch.tensor(len(lengths), device=lengths.device)";
  if (beyond === 0) return "lengths.sum()";
  return beyond > 0 ? `(lengths + ${String(beyond)}).sum()` : `(lengths - ${String(-beyond)}).clamp(min=0).sum()`;
};
const entriesOf = (kind: string, means: readonly Mean[]): Piece =>
  means.length === 0 ? `"${kind}": {},` : [`"${kind}": {`, ...means.map((mean) => `    ${quoted(mean.label)}: ${countOf(mean)},`), "},"];

const instances = ({ model }: Facts): string => python`
def instances(lengths: Tensor) -> dict[str, dict[str, Tensor]]:
    """Of how many instances the mean of each statement and metric is."""
    return {
        ${entriesOf("losses", model.statements)}
        ${entriesOf("metrics", model.metrics)}
    }
`;

export const computing = (facts: Facts): string => definitions(facts.parts.length > 0 && facts.windows !== null ? computingInParts(facts, facts.windows) : compute(facts), score(facts), facts.byInstances && instances(facts));
