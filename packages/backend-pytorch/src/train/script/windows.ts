/** What train.py says where sequences are learnt from window by window: which window each Update is of, and what is carried between them. */
import { FIRST_STEP } from "@sequent/ir";
import { plusText } from "../../time/read.js";
import { maskName } from "../../time/window.js";
import { quoted } from "../../model/code.js";
import { modelsGiven } from "./facts.js";
import type { Facts, Part, ScriptWindows } from "./facts.js";
import { definitions, python } from "./template.js";
import type { Piece } from "./template.js";

type Field = ScriptWindows["fields"][number];

const AGENDA = python`
class Agenda:
    """What each Update learns from: of each batch of an epoch one window after the other."""

    def __init__(self, seed: int, train: Tensor, windows: Tensor, size: int) -> None:
        self.seed, self.train, self.windows, self.size = seed, train, windows, size
        self.even = bool((windows == windows[0]).all())
        self.firsts = [0]
        self.open(0)

    def open(self, epoch: int) -> None:
        """Batches have as many windows as their longest sequences."""
        order = self.train[permutation(self.seed, epoch, len(self.train))]
        self.epoch = epoch
        self.batches = order[: len(order) // self.size * self.size].view(-1, self.size)
        self.counts: list[int] = self.windows[self.batches].amax(1).tolist()

    def first(self, epoch: int) -> int:
        """How many Updates are before an epoch."""
        if self.even:
            return epoch * sum(self.counts)
        while len(self.firsts) <= epoch:
            self.open(len(self.firsts) - 1)
            self.firsts.append(self.firsts[-1] + sum(self.counts))
        return self.firsts[epoch]

    def find(self, update: int) -> tuple[int, int, int]:
        """The epoch of an Update, the batch in it, and the window of that."""
        epoch = update // sum(self.counts) if self.even else 0
        while self.first(epoch + 1) <= update:
            epoch += 1
        if self.epoch != epoch:
            self.open(epoch)
        window = update - self.first(epoch)
        for number, count in enumerate(self.counts):
            if window < count:
                return epoch, number, window
            window -= count
        raise IndexError(update)
`;

/** The mask of the steps that count, from such a first one on; before the first step of all only in the first window. */
const maskText = (from: number, sequence: string): Piece => {
  const places = from < FIRST_STEP ? "earlier" : "places";
  const more = from < FIRST_STEP ? ` & ((${places} >= 0) | (first == 0))` : from > FIRST_STEP ? ` & (${places} + first >= ${from - FIRST_STEP})` : "";
  return [
    `counts = ${more === "" ? `${places} < counting` : `(${places} < counting)${more}`}`,
    `part["${maskName(from)}"] = counts[:, None].expand(-1, batch[${sequence}].shape[1])`,
  ];
};

const cut = ({ ragged, masks, sequence, windows }: Facts): string => {
  const ends = masks.includes(null), steps = masks.flatMap((from) => from ?? []);
  const moved = windows?.moved ?? 0, counting = masks.length > 0;
  return python`
def cut(batch: dict[str, Tensor], first: int, steps: int${counting ? ", counting: int" : ""}) -> dict[str, Tensor]:
    """So many steps of sequences behind the first ones${counting ? "; statements count at some of them" : ""}."""
    part = {
        name: values[first : first + steps] if name in SEQUENCES else values
        for name, values in batch.items()
    }
    ${ragged && ['left = batch["lengths"] - first', `part["lengths"] = left.clamp(0, steps)${moved === 0 ? "" : ` + ${moved}`}`]}
    ${!ragged && ends && `left = torch.full((batch[${sequence}].shape[1],), len(batch[${sequence}]) - first, device=batch[${sequence}].device)`}
    ${steps.some((from) => from >= FIRST_STEP) && `places = torch.arange(len(part[${sequence}]), device=batch[${sequence}].device)`}
    ${steps.some((from) => from < FIRST_STEP) && ["# What counts before the first step counts in the first window.", `earlier = torch.arange(-1, len(part[${sequence}]), device=batch[${sequence}].device)`]}
    ${steps.map((from) => maskText(from, sequence))}
    ${ends && 'part["ends"] = (left > 0) & (left <= counting)'}
    return part
`;
};

/** The call of `cut` on a batch. */
export const cutCall = ({ masks }: Facts, { of, first, steps, counting }: { readonly of: string; readonly first: string; readonly steps: string; readonly counting: string }): string =>
  `cut(${of}, ${first}, ${steps}${masks.length > 0 ? `, ${counting}` : ""})`;

const stepName = (k: number): string => (k === 1 ? "lower" : `lower - ${String(k - 1)}`);

/** What checkpoints call a value that is carried. */
const namedField = ({ field, name, steps: { tag, first, last, isOne }, begins }: Field, by: number): string => {
  const called = (step: string): string => `${name}@{${plusText(step, -by)}}`;
  if (tag === "at" && isOne) return `${quoted(`${name}@${String(first - by)}`)}: carry.${field},`;
  if (tag === "at") return `**{f"${called("step")}": carry.${field}[step - ${String(first)}] for step in range(${String(first)}, min(${String(last)}, lower) + 1)},`;
  if (!isOne) return `**{f"${called("lower - k")}": carry.${field}[-1 - k] for k in range(${String(first)}) if lower - k >= ${String(begins)}},`;
  if (first === 1 && begins <= FIRST_STEP) return `f"${called("lower")}": carry.${field},`;
  const step = stepName(first);
  return `**({f"${called(step)}": carry.${field}} if ${step} >= ${String(begins)} else {}),`;
};

const endsOf = (fields: readonly Field[]): readonly string[] => [...new Set(fields.filter((one) => one.input === null && one.ends !== 0).map(({ name, ends }) => `${quoted(name)}: ${String(ends)}`))];

/** Where a sequence may have none of a value, although it has the steps that were kept. */
const leastsOf = (fields: readonly Field[]): readonly string[] => [...new Set(fields.filter((one) => one.input === null && one.least > Math.max(FIRST_STEP, one.begins - one.ends)).map(({ name, least }) => `${quoted(name)}: ${String(least)}`))];

const named = ({ fields, laterBy: by }: ScriptWindows): string => {
  const number = (step: string): string => plusText(`int(${step})`, by);
  const ends = endsOf(fields), leasts = leastsOf(fields);
  return python`
def named(carry: Carry, lower: int, lengths: Tensor) -> dict[str, Tensor]:
    """What is carried from step ${"`lower`"} on, as checkpoints name it, and which rows have it."""
    values = {
        ${fields.filter((one) => one.input === null).map((one) => namedField(one, by))}
    }
    ${ends.length > 0 && ["# How many steps behind its sequence a value ends.", `ends = {${ends.join(", ")}}`]}
    ${leasts.length > 0 && ["# Shorter sequences have none of a value.", `least = {${leasts.join(", ")}}`]}
    tensors: dict[str, Tensor] = {}
    for name, value in values.items():
        ${ends.length + leasts.length > 0 ? ['of, step = name.split("@")', `there = lengths${ends.length > 0 ? " + ends.get(of, 0)" : ""} >= ${number("step")}`] : `there = lengths >= ${number('name.split("@")[1]')}`}
        ${leasts.length > 0 && "there &= lengths >= least.get(of, 0)"}
        tensors[f"carried/{name}"] = torch.where(there.view(-1, *[1] * (value.ndim - 1)), value, 0)
        tensors[f"carried/{name}/there"] = there.to(torch.int32)
    return tensors
`;
};

/** `back`: a window may end before there is anything to carry on, which then nobody asks for. */
const resumedField = ({ field, name, steps: { tag, first, last, isOne }, input, begins }: Field, back: number, by: number): string => {
  const isLate = (tag === "at" ? first : begins) > back;
  if (!isOne) {
    const [from, to] = tag === "at" ? [String(first), `min(${String(last)}, lower)`] : [`max(${String(begins)}, ${stepName(first)})`, "lower"];
    if (input !== null) return `${field}=batch[${quoted(input)}][${from} - 1 : ${to}],`;
    return `${field}=torch.stack([left[f"carried/${name}@{${plusText("step", -by)}}"] for step in range(${from}, ${to} + 1)]${isLate ? " or [torch.empty(0)]" : ""}),`;
  }
  const step = tag === "at" ? String(first) : first === 1 ? "lower" : `max(${stepName(first)}, ${String(begins)})`;
  if (input !== null) return `${field}=batch[${quoted(input)}][${tag === "at" ? String(first - FIRST_STEP) : `${step} - 1`}],`;
  const key = tag === "at" ? quoted(`carried/${name}@${String(first - by)}`) : `f"carried/${name}@{${plusText(step, -by)}}"`;
  return `${field}=${isLate ? `left.get(${key}, torch.empty(0))` : `left[${key}]`},`;
};

const resumed = ({ fields, horizon, laterBy: by }: ScriptWindows): string => {
  const lines = fields.map((one) => resumedField(one, horizon.back, by));
  const carry: Piece = ["return Carry(", lines.map((line) => `    ${line}`), ")"];
  return python`
def resumed(left: dict[str, Tensor], batch: dict[str, Tensor], lower: int) -> Carry:
    """What a checkpoint in the midst of sequences has left."""
    ${lines.some((line) => line.includes("left[")) ? python`
try:
    ${carry}
except KeyError as error:
    stop(f"the checkpoint is in the midst of sequences of another program: no {error}")
` : carry}
`;
};

/** How `carried` is called on what gave its values. */
export const carriedOf = ({ model, call, inputs }: Pick<Part, "model" | "call"> & Pick<Facts, "inputs">, of: string, steps: string): string => {
  const names = (model.functions.get("carried") ?? []).filter((name) => !inputs.some((input) => input.argument === name));
  const values = Object.fromEntries(names.map((name) => [name, name === "steps" ? steps : name === "carry" ? "carry" : `${of}.${name}`]));
  return call("carried", { values }) ?? "";
};

/** More is computed again than one window has: what stands before the next window's burn-in is found in passing. */
export const looksFar = ({ horizon }: ScriptWindows): boolean => horizon.burnIn > horizon.back;

/** The steps that are computed of a window. */
export const windowSteps = ({ horizon }: ScriptWindows): string => (horizon.ahead === 0 ? "BACK" : "BACK + AHEAD");

const burnIn = (facts: Facts, windows: ScriptWindows): string => {
  const far = looksFar(windows);
  return python`
@torch.no_grad()
def burn_in(model: Model, whole: dict[str, Tensor], lower: int, first: int, carry: Carry${facts.noise ? ", noise: Noise" : ""}) -> ${far ? "tuple[Carry, Carry]" : "Carry"}:
    """What stands before a window, computed again from what stood before its burn-in."""
    batch = ${cutCall(facts, { of: "whole", first: "lower", steps: windows.causal ? "first - lower" : `first - lower + ${windowSteps(windows)}`, counting: "0" })}
    states = ${facts.call("forward", { values: { offset: "lower" } })}
    return ${carriedOf(facts, "states", "first - lower")}${far ? `, ${carriedOf(facts, "states", "max(0, first + BACK - BURN_IN - lower)")}` : ""}
`;
};

/** The parts of the script that only windows need. */
export const windowing = (facts: Facts): string => {
  const { windows, carries, savesCarry } = facts;
  if (windows === null) return "";
  return definitions(
    AGENDA, cut(facts), savesCarry && named(windows), carries && resumed(windows),
    carries && windows.horizon.burnIn > 0 && facts.parts.length === 0 && burnIn(facts, windows),
  );
};

/** What stands before the window: at the start of sequences, after a checkpoint, or left by the window before. */
const openCarry = (facts: Facts, windows: ScriptWindows): string => {
  const { call } = facts, far = looksFar(windows);
  if (facts.parts.length > 0) return openPart(facts, windows);
  if (windows.horizon.burnIn === 0) return python`
if window == 0:
    carry = ${call("start")}
elif carry is None:
    carry = resumed(left, whole, first)
left = {}
`;
  return python`
lower = max(0, first - BURN_IN)
if lower == 0:
    carry = ${call("start", { batch: "whole" })}
elif carry is None:
    carry = resumed(left, whole, lower)
left = {}
${far && "later = carry"}
if window > 0:
    carry${far ? ", later" : ""} = burn_in(model, whole, lower, first, carry${facts.noise ? ", noise" : ""})
`;
};

/** The same where the first window has a model of its own, which nothing is given to. */
const openPart = (facts: Facts, windows: ScriptWindows): string => {
  const far = looksFar(windows), again = windows.horizon.burnIn > 0, from = again ? "lower" : "first";
  return python`
${again && "lower = max(0, first - BURN_IN)"}
if ${from} > 0 and carry is None:
    carry = resumed(left, whole, ${from})
left = {}
goes_on = ${ANOTHER}${again ? BEYOND_BURN_IN : ""}
${far && "later = carry"}
${again && ["if window > 0:", `    carry${far ? ", later" : ""} = burn_in(model${modelsGiven(facts)}, whole, lower, first, carry${facts.noise ? ", noise" : ""})`]}
`;
};

/** The loop's lines that find a window, up to its losses. */
export const openWindow = (facts: Facts, windows: ScriptWindows): string => {
  const { savesCarry, carries, ragged, noise, sequence } = facts;
  const lengths = ragged ? 'whole["lengths"]' : `torch.full((len(rows),), len(whole[${sequence}]), device=device)`;
  return python`
epoch, number, window = agenda.find(update)
if (epoch, number) != of:
    rows, of = share(agenda.batches[number].to(device), rank, world), (epoch, number)
    whole = take(data, rows)
    ${savesCarry && `lengths = ${lengths}`}
first = window * BACK
batch = ${cutCall(facts, { of: "whole", first: "first", steps: windowSteps(windows), counting: "BACK" })}
${noise && "noise = Noise(args.seed, torch.tensor(update), rows)"}
${carries && openCarry(facts, windows)}
`;
};

/** Whether another window follows, and does not begin with the sequence. */
const ANOTHER = "window + 1 < agenda.counts[number]", BEYOND_BURN_IN = " and first + BACK > BURN_IN";

/** The lines behind an Update that keep what it leaves. */
export const closeWindow = (facts: Facts, windows: ScriptWindows): Piece => {
  if (!facts.carries) return null;
  const { horizon: { burnIn: again } } = windows;
  const isFar = looksFar(windows);
  if (facts.parts.length > 0) return isFar ? "carry = later if goes_on else None" : "carry = left_on";
  const next = isFar ? "later" : carriedOf(facts, facts.equations ? "done" : "states", again === 0 ? "BACK" : "BACK - BURN_IN");
  return again === 0 ? `carry = ${next} if ${ANOTHER} else None` : [`goes_on = ${ANOTHER}${BEYOND_BURN_IN}`, `carry = ${next} if goes_on else None`];
};
