/** What train.py says where sequences are learnt from window by window: which window each Update is of, and what is carried between them. */
import { FIRST_STEP } from "@sequent/ir";
import type { Horizon } from "@sequent/ir";
import { maskName } from "../time/window.js";
import type { CarriedField } from "../time/window.js";
import { quoted } from "../model/code.js";
import { argumentsOf, byEquations, callOf, isRagged, sequencesOf, usesNoise } from "./script-support.js";
import type { Script } from "./script-support.js";

export interface ScriptWindows {
  readonly horizon: Horizon;
  /** How much later than in the data steps are in the program of one window. */
  readonly moved: number;
  /** The first steps that masks of steps have; null: one of the ends of sequences. */
  readonly masks: readonly (number | null)[];
  readonly fields: readonly (Pick<CarriedField, "field" | "name" | "place"> & {
    /** The input that it is of; null: a state. */
    readonly input: string | null;
    /** The first step that has it. */
    readonly begins: number;
  })[];
}

const AGENDA = String.raw`
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

const windowsOf = (script: Script): ScriptWindows | null => script.windows ?? null;
const reads = (script: Script, name: string): boolean =>
  ["forward", "losses", "metrics", "counts", "start", "step"].some((one) => argumentsOf(script.model, one)?.includes(name) === true);
export const carries = (script: Script): boolean => (windowsOf(script)?.fields.length ?? 0) > 0;
export const weighs = (script: Script): boolean => windowsOf(script) !== null && argumentsOf(script.model, "counts") !== null;
const usesOffset = (script: Script): boolean => reads(script, "offset");
const firstSequence = (script: Script): string => quoted(sequencesOf(script)[0]?.name ?? "");

export const windowConstants = (script: Script): readonly string[] => {
  const windows = windowsOf(script);
  if (windows === null) return [];
  const { back, ahead, burnIn } = windows.horizon;
  return [
    "# Steps of a window at which statements count.", `BACK = ${String(back)}`,
    ...(ahead === 0 ? [] : ["# Steps that are computed beyond them.", `AHEAD = ${String(ahead)}`]),
    ...(burnIn === 0 ? [] : ["# Steps before them that are computed again, without gradient.", `BURN_IN = ${String(burnIn)}`]),
  ];
};

const masksOf = (script: Script): readonly (number | null)[] => (windowsOf(script)?.masks ?? []).filter((from) => reads(script, maskName(from)));

const cutText = (script: Script, { moved }: ScriptWindows): string => {
  const ragged = isRagged(script), masks = masksOf(script);
  const ends = masks.includes(null), steps = masks.flatMap((from) => from ?? []);
  const x = `batch[${firstSequence(script)}]`, part = `part[${firstSequence(script)}]`;
  const maskText = (from: number): readonly string[] => {
    const counts = from < FIRST_STEP ? "(places < counting) & ((places >= 0) | (first == 0))" : from > FIRST_STEP ? `(places < counting) & (places + first >= ${String(from - FIRST_STEP)})` : "places < counting";
    return [
      `    counts = ${counts.replaceAll("places", from < FIRST_STEP ? "earlier" : "places")}`,
      `    part["${maskName(from)}"] = counts[:, None].expand(-1, ${x}.shape[1])`,
    ];
  };
  return [
    `def cut(batch: dict[str, Tensor], first: int, steps: int${masks.length > 0 ? ", counting: int" : ""}) -> dict[str, Tensor]:`,
    masks.length === 0 ? '    """So many steps of sequences behind the first ones."""' : '    """So many steps of sequences behind the first ones; statements count at some of them."""',
    "    part = {",
    "        name: values[first : first + steps] if name in SEQUENCES else values",
    "        for name, values in batch.items()",
    "    }",
    ...(ragged ? ['    left = batch["lengths"] - first', `    part["lengths"] = left.clamp(0, steps)${moved === 0 ? "" : ` + ${String(moved)}`}`]
      : ends ? [`    left = torch.full((${x}.shape[1],), len(${x}) - first, device=${x}.device)`] : []),
    ...(steps.some((from) => from >= FIRST_STEP) ? [`    places = torch.arange(len(${part}), device=${x}.device)`] : []),
    ...(steps.some((from) => from < FIRST_STEP) ? ["    # What counts before the first step counts in the first window.", `    earlier = torch.arange(-1, len(${part}), device=${x}.device)`] : []),
    ...steps.flatMap(maskText),
    ...(ends ? ['    part["ends"] = (left > 0) & (left <= counting)'] : []),
    "    return part",
  ].join("\n");
};

/** `cut(batch, first, steps, counting)`. */
export const cutCall = (script: Script, first: string, steps: string, counting: string): string =>
  `cut(batch, ${first}, ${steps}${masksOf(script).length > 0 ? `, ${counting}` : ""})`;

const stepName = (k: number): string => (k === 1 ? "lower" : `lower - ${String(k - 1)}`);

const keptText = (script: Script, { fields }: ScriptWindows): string => {
  const states = fields.filter((one) => one.input === null);
  const named = states.flatMap(({ field, name, place, begins }): readonly string[] => {
    if (place.tag === "at") return [`        ${quoted(`${name}@${String(place.step)}`)}: carry.${field},`];
    return place.steps === 1 ? [`        f"${name}@{lower}": carry.${field},`]
      : [`        **({f"${name}@{${stepName(place.steps)}}": carry.${field}} if ${stepName(place.steps)} >= ${String(begins)} else {}),`];
  });
  const resumed = fields.map(({ field, name, place, input, begins }) => {
    if (place.tag === "at") return input === null ? `        ${field}=left[${quoted(`carried/${name}@${String(place.step)}`)}],` : `        ${field}=batch[${quoted(input)}][${String(place.step - FIRST_STEP)}],`;
    const step = place.steps === 1 ? "lower" : `max(${stepName(place.steps)}, ${String(begins)})`;
    if (input !== null) return `        ${field}=batch[${quoted(input)}][${step} - 1],`;
    return `        ${field}=left[f"carried/${name}@{${step}}"],`;
  });
  return [
    ...(states.length === 0 ? [] : [
      "def named(carry: Carry, lower: int, lengths: Tensor) -> dict[str, Tensor]:",
      '    """What is carried from step `lower` on, as checkpoints name it, and which rows have it."""',
      "    values = {", ...named, "    }",
      "    tensors: dict[str, Tensor] = {}",
      "    for name, value in values.items():",
      '        there = lengths >= int(name.split("@")[1])',
      '        tensors[f"carried/{name}"] = torch.where(there.view(-1, *[1] * (value.ndim - 1)), value, 0)',
      '        tensors[f"carried/{name}/there"] = there.to(torch.int32)',
      "    return tensors", "", "",
    ]),
    `def resumed(left: dict[str, Tensor], batch: dict[str, Tensor], lower: int) -> Carry:`,
    '    """What a checkpoint in the midst of sequences has left."""',
    "    return Carry(", ...resumed, "    )",
  ].join("\n");
};
export const savesCarry = (script: Script): boolean => windowsOf(script)?.fields.some((one) => one.input === null) === true;

/** How \`carried\` is called on what gave its values. */
export const carriedCall = (script: Script, of: string, steps: string): string => {
  const names = argumentsOf(script.model, "carried") ?? [];
  const values = Object.fromEntries(names.map((name) => [name, name === "steps" ? steps : name === "carry" ? "carry" : `${of}.${name}`]));
  return callOf(script, "carried", "carried", values) ?? "";
};
export const startCall = (script: Script, batch: string): string => (callOf(script, "start", "model.start", {}) ?? "").replaceAll("batch[", `${batch}[`);

const burnInText = (script: Script, { horizon }: ScriptWindows): string => {
  const noise = usesNoise(script);
  const forward = callOf(script, "forward", "model", { carry: "carry", offset: "lower", noise: "noise" }) ?? "";
  return [
    "@torch.no_grad()",
    `def burn_in(model: Model, whole: dict[str, Tensor], lower: int, first: int, carry: Carry${noise ? ", noise: Noise" : ""}) -> ${horizon.burnIn > horizon.back ? "tuple[Carry, Carry]" : "Carry"}:`,
    '    """What stands before a window, computed again from what stood before its burn-in."""',
    `    batch = ${cutCall(script, "lower", "first - lower", "0").replace("cut(batch", "cut(whole")}`,
    `    states = ${forward}`,
    horizon.burnIn > horizon.back
      ? `    return ${carriedCall(script, "states", "first - lower")}, ${carriedCall(script, "states", "max(0, first + BACK - BURN_IN - lower)")}`
      : `    return ${carriedCall(script, "states", "first - lower")}`,
  ].join("\n");
};

/** The parts of the script that only windows need. */
export const windowParts = (script: Script): readonly string[] => {
  const windows = windowsOf(script);
  if (windows === null) return [];
  return [
    AGENDA.trim(), cutText(script, windows),
    ...(carries(script) ? [keptText(script, windows)] : []),
    ...(carries(script) && windows.horizon.burnIn > 0 ? [burnInText(script, windows)] : []),
  ];
};

/** The loop's lines that find a window, up to its losses. */
export const openWindow = (script: Script): readonly string[] => {
  const windows = windowsOf(script);
  if (windows === null) return [];
  const { burnIn, back, ahead } = windows.horizon;
  const noise = usesNoise(script) ? ", noise" : "";
  return [
    "epoch, number, window = agenda.find(update)",
    "if (epoch, number) != of:",
    "    rows, of = agenda.batches[number].to(device), (epoch, number)",
    "    whole = take(data, rows)",
    ...(!savesCarry(script) ? [] : [`    lengths = ${isRagged(script) ? 'whole["lengths"]' : `torch.full((len(rows),), len(whole[${firstSequence(script)}]), device=device)`}`]),
    "first = window * BACK",
    `batch = ${cutCall(script, "first", ahead === 0 ? "BACK" : "BACK + AHEAD", "BACK").replace("cut(batch", "cut(whole")}`,
    ...(usesNoise(script) ? ["noise = Noise(args.seed, torch.tensor(update), rows)"] : []),
    ...(!carries(script) ? [] : burnIn === 0 ? [
      "if window == 0:", `    carry = ${startCall(script, "batch")}`,
      "elif carry is None:", "    carry = resumed(left, whole, first)", "left = {}",
    ] : [
      "lower = max(0, first - BURN_IN)",
      "if lower == 0:", `    carry = ${startCall(script, "whole")}`,
      "elif carry is None:", "    carry = resumed(left, whole, lower)", "left = {}",
      ...(burnIn > back ? ["later = carry"] : []),
      "if window > 0:", `    carry${burnIn > back ? ", later" : ""} = burn_in(model, whole, lower, first, carry${noise})`,
    ]),
  ];
};

/** The lines behind an Update that keep what it leaves. */
export const closeWindow = (script: Script): readonly string[] => {
  const windows = windowsOf(script);
  if (windows === null || !carries(script)) return [];
  const { burnIn, back } = windows.horizon;
  const of = byEquations(script) ? "done" : "states";
  const next = carriedCall(script, of, burnIn === 0 ? "BACK" : "BACK - BURN_IN");
  const more = burnIn === 0 ? "window + 1 < agenda.counts[number]" : "goes_on";
  const first = burnIn === 0 ? [] : ["goes_on = window + 1 < agenda.counts[number] and first + BACK > BURN_IN"];
  if (burnIn <= back) return [...first, `carry = ${next} if ${more} else None`];
  return [...first, `carry = later if ${more} else None`];
};
export { usesOffset };
