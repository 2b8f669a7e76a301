/** What train.py computes of a window where the windows behind the first have models of their own, which share its weights. */
import { modelArguments } from "./facts.js";
import type { Facts, Part, ScriptWindows } from "./facts.js";
import { countsOfWindow } from "./processes.js";
import { definitions, python } from "./template.js";
import type { Piece } from "./template.js";
import { carriedOf, cutCall, looksFar, windowSteps } from "./windows.js";

const SHARE = python`
def share_weights(part: nn.Module, model: nn.Module) -> None:
    """Gives the model of some windows the weights and statistics of another."""
    for name, _ in [*part.named_parameters(), *part.named_buffers()]:
        path, _, leaf = name.rpartition(".")
        setattr(part.get_submodule(path), leaf, getattr(model.get_submodule(path), leaf))
`;

/** Lines for each kind of window, by the row at which it begins. */
const byRow = ({ parts }: Facts, variable: string, lines: (part: Part) => Piece): Piece => parts.map((part, k) => [
  k === 0 ? `if ${variable} == 0:` : k + 1 < parts.length ? `elif ${variable} == ${String(part.row)}:` : "else:",
  indented(lines(part)),
]);
const indented = (piece: Piece): Piece => (typeof piece === "string" ? piece.split("\n").map((line) => `    ${line}`) : piece === false || piece === null ? null : piece.map(indented));

const needsCarry = (part: Part): Piece => part.row > 0 && part.takesCarry && "assert carry is not None";

const values = { offset: "first" };

/** Losses, whether they have instances, and what is left, of one part. */
const computed = (facts: Facts, windows: ScriptWindows, part: Part): Piece => {
  const { weighs, equations, carries } = facts;
  // Each part has types of its own.
  const of = equations ? `done${part.module === null ? "" : `_${part.module}`}` : "states";
  return [
    needsCarry(part),
    equations && part.model.functions.get("counts")?.includes("states") === true && `states = ${part.call("forward", { values }) ?? `${part.instance}()`}`,
    equations ? `${of} = ${part.call("step", { values: { ...values, rows: "size", model: part.instance } }) ?? ""}` : `states = ${part.call("forward", { values }) ?? `${part.instance}()`}`,
    `lost = ${equations ? `${of}.losses` : (part.call("losses", { values }) ?? "{}")}`,
    weighs && `found = ${part.call("counts", { values }) ?? "{}"}`,
    carries && !looksFar(windows) && ["if goes_on:", `    left = ${carriedOf({ ...facts, ...part }, of, windows.horizon.burnIn === 0 ? "BACK" : "BACK - BURN_IN")}`],
  ];
};

const compute = (facts: Facts, windows: ScriptWindows): string => {
  const { weighs, equations, carries, noise } = facts;
  const leaves = carries && !looksFar(windows), type = leaves ? "tuple[Tensor, Carry | None]" : "Tensor";
  const models = `model: Model${modelArguments(facts)}`, more = `${carries ? ", carry: Carry | None" : ""}, first: int${leaves ? ", goes_on: bool" : ""}${noise ? ", noise: Noise" : ""}`;
  const list = "[value.reshape(()) for value in lost.values()]";
  return python`
def compute(${models}${equations ? ", slots: Slots" : ""}, batch: dict[str, Tensor]${equations ? ", size: int, update: int" : ""}${more}) -> ${type}:
    """${equations ? "One Update; gives the" : "The"} loss of each training statement${weighs ? `, and behind them ${equations ? "whether it has an instance" : "how many instances it is of"}` : ""}${leaves ? "; and what the window leaves, if another follows" : ""}."""
    ${leaves && "left: Carry | None = None"}
    ${byRow(facts, "first", (part) => computed(facts, windows, part))}
    values = torch.stack(${list})
    ${weighs && [...countsOfWindow(facts), "values = torch.cat([values, values.new_tensor(here)])"]}
    return values${leaves ? ", left" : ""}
`;
};

const burnIn = (facts: Facts, windows: ScriptWindows): string => {
  const far = looksFar(windows), beyond = windowSteps(windows);
  const steps = windows.causal ? "first - lower" : `first - lower + ${beyond}`;
  return python`
@torch.no_grad()
def burn_in(model: Model${modelArguments(facts)}, whole: dict[str, Tensor], lower: int, first: int, carry: Carry | None${facts.noise ? ", noise: Noise" : ""}) -> ${far ? "tuple[Carry, Carry]" : "Carry"}:
    """What stands before a window, computed again from what stood before its burn-in."""
    batch = ${cutCall(facts, { of: "whole", first: "lower", steps, counting: "0" })}
    ${byRow(facts, "lower", (part) => [
      needsCarry(part), `states = ${part.call("forward", { values: { offset: "lower" } }) ?? `${part.instance}()`}`,
      `left = ${carriedOf({ ...facts, ...part }, "states", "first - lower")}`, far && `next_left = ${carriedOf({ ...facts, ...part }, "states", "max(0, first + BACK - BURN_IN - lower)")}`,
    ])}
    return left${far ? ", next_left" : ""}
`;
};

/** Only of programs in parts. */
export const computingInParts = (facts: Facts, windows: ScriptWindows): string =>
  definitions(SHARE, facts.carries && windows.horizon.burnIn > 0 && burnIn(facts, windows), compute(facts, windows));

/** Makes the models of the later windows. */
export const makeParts = ({ parts }: Facts): Piece => parts.map(({ instance, module }) => module !== null && [`${instance} = ${module}.Model().to(device)`, `share_weights(${instance}, model)`]);
