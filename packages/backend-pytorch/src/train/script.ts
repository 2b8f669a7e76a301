/** `train.py`: trains the model beside it, as our trainer does: same data order, records and checkpoints. */
import { literal, quoted } from "../model/code.js";
import { layOut, WIDTH } from "../model/layout.js";
import { importLines } from "./python-file.js";
import type { Import } from "./python-file.js";
import { printMain } from "./script-main.js";
import { carries, cutCall, savesCarry, startCall, usesOffset, weighs, windowConstants, windowParts } from "./windows.js";
import { argumentsOf, byEquations, callOf, isRagged, sequencesOf, usesNoise } from "./script-support.js";
import type { Script } from "./script-support.js";
import { CHECKPOINTS, CHECKPOINTS_OF_SLOTS, LENGTHS, MEANS, PROGRESS, READING, STEP, TAKE, TEXTS, WEIGHED_MEANS } from "./script-text.js";

const python = (value: number | string | null): string =>
  value === null ? "None" : typeof value === "number" ? literal(value).text : quoted(value);
const shapeOf = (shape: readonly number[]): string => (shape.length === 1 ? `(${String(shape[0])},)` : `(${shape.join(", ")})`);

const textConstants = ({ text }: Script["settings"]): readonly string[] => {
  if (text === undefined || text === null) return [];
  const { vocabulary, length } = text;
  return [
    "# The characters of the text in the order of their numbers, and how many a sequence has.",
    ...layOut(`VOCABULARY = ${quoted(vocabulary)}`), ...(length === null ? [] : [`LENGTH = ${String(length)}`]),
  ];
};

const constants = (script: Script): string => {
  const { inputs, statements, settings } = script;
  const renamed = [...(script.renamed ?? [])];
  const sequences = sequencesOf(script).map((input) => quoted(input.name));
  const table = [
    "# Inputs: the shape of one sample, and the number of classes (0: any integer, None: numbers).",
    "INPUTS: dict[str, tuple[tuple[int, ...], int | None]] = {",
    ...inputs.map((input) => `    ${quoted(input.name)}: (${shapeOf(input.shape)}, ${python(input.classes)}),`),
    "}",
  ];
  return [
    ...(settings.data === null ? [] : table),
    ...(settings.data === null || sequences.length === 0 ? [] : ["# Inputs that have these for each step of a sequence.", `SEQUENCES = {${sequences.join(", ")}}`]),
    ...textConstants(settings),
    "# Training statements, and the sign that each is minimised with.",
    "STATEMENTS = {",
    ...statements.map(({ label, sign }) => `    ${quoted(label)}: ${String(sign)},`),
    "}",
    ...(settings.data === null ? [] : [`TEST: float | str = ${python(settings.test)}`]),
    ...(renamed.length === 0 ? [] : [
      "# The names of lagged copies in checkpoints.",
      "NAMES = {", ...renamed.map(([ours, theirs]) => `    ${quoted(theirs)}: ${quoted(ours)},`), "}",
    ]),
    ...windowConstants(script),
    'FORMAT = "sequent-checkpoint-1"',
    `PROGRAM = ${quoted(settings.program)}`,
    "",
    byEquations(script) ? "Slots = dict[str, Tensor]" : "Optimizers = list[torch.optim.Optimizer]",
  ].join("\n");
};

const hasNothingToCompile = ({ compiled }: Script): boolean => compiled !== null && compiled.methods.length + compiled.modules.length === 0;

const argumentsText = (script: Script): string => {
  const { settings } = script;
  const length = `    parser.add_argument("--${settings.length.unit}", type=int, default=${python(settings.length.count)})`;
  const other = settings.length.unit === "epochs" ? "steps" : "epochs";
  return [
    "def parse_arguments() -> argparse.Namespace:",
    "    parser = argparse.ArgumentParser(description=__doc__)",
    ...(settings.data === null ? [] : [`    parser.add_argument("--data", type=Path, default=${quoted(settings.data)})`]),
    length,
    ...(settings.data === null && other === "epochs" ? [] : [`    parser.add_argument("--${other}", type=int, help="instead of --${settings.length.unit}")`]),
    `    parser.add_argument("--batch", type=int, default=${python(settings.batch ?? (settings.data === null ? 64 : null))})`,
    `    parser.add_argument("--seed", type=int, default=${python(settings.seed)})`,
    '    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")',
    '    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")',
    `    parser.add_argument("--compile", action="store_true", help=${hasNothingToCompile(script) ? '"no effect: no loop here has a step to compile"' : '"with torch.compile"'})`,
    `    parser.add_argument("--out", type=Path, default=${quoted(`runs/${script.name}`)})`,
    '    parser.add_argument("--resume", action="store_true", help="continue the run in --out")',
    "    return parser.parse_args()",
  ].flatMap(layOut).join("\n");
};

const SPLIT_BY_TORCH = String.raw`
def split(seed: int, test: float, classes: Tensor) -> tuple[Tensor, Tensor]:
    """The samples of the training and of the test part, which has the share ${"`test`"} of each class."""
    order = permutation(seed, -1, len(classes))
    in_test = torch.zeros(len(classes), dtype=torch.bool)
    for label in classes.unique():
        members = order[classes[order] == label]
        in_test[members[: math.floor(test * len(members) + 0.5)]] = True
    return torch.nonzero(~in_test)[:, 0], torch.nonzero(in_test)[:, 0]
`;
const ORDER_BY_TORCH = String.raw`
def permutation(seed: int, epoch: int, count: int) -> Tensor:
    """The order of ${"`count`"} samples in an epoch."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return torch.randperm(count, generator=generator)
`;

/** The functions that read files; one more where the data are a text. */
const fileReading = ({ settings: { text } }: Script): string => {
  if (text === undefined || text === null) return READING.trim();
  const reading = text.length === null ? TEXTS.replace(/ in sequences of LENGTH; the rest is dropped/, "").replace(/ {4}if len\(text\) < LENGTH[\s\S]*/, "    return np.array([[code[character] for character in text]])\n") : TEXTS;
  const [first = "", ...rest] = READING.trim().split(/\n\n\n(?=def read_arrays)/);
  return [first, reading.trim(), ...rest].join("\n\n\n")
    .replace("The arrays of a .npz, .safetensors or .csv file by name;", "The arrays of a .npz, .safetensors, .csv or .txt file;")
    .replace('    if path.suffix != ".csv":', `    if path.suffix == ".txt":\n        return {${quoted(text.input)}: read_text(path)}\n    if path.suffix != ".csv":`)
    .replace("neither .npz nor .csv nor .safetensors", "neither .npz nor .csv nor .safetensors nor .txt");
};

/** How data are read: of sequences the steps stand behind the samples, and their lengths may differ. */
const readingOf = (script: Script): string => {
  const sequences = sequencesOf(script);
  if (sequences.length === 0) return fileReading(script);
  const ragged = isRagged(script);
  const checked = fileReading(script)
    .replace("        if array.shape[1:] != shape or array.ndim == 0:\n            stop(f\"{name} is {array.shape} in {path}, not (samples, {str(shape)[1:]}\")",
      "        first = 2 if name in SEQUENCES else 1\n        if array.shape[first:] != shape or array.ndim < first:\n            axes = \"samples, steps, \" if first == 2 else \"samples, \"\n            stop(f\"{name} is {array.shape} in {path}, not ({axes}{str(shape)[1:]}\")"
      + (ragged ? "\n        if first == 2:\n            array = without_padding(array, lengths)" : ""))
    .replace("    data: dict[str, Tensor] = {}\n", "    data: dict[str, Tensor] = {}\n" + (ragged ? "    lengths = read_lengths(path, arrays)\n" : ""))
    .replace("    return data\n", "").replace(/ {4}return data$/, (ragged ? "    data[\"lengths\"] = torch.from_numpy(lengths)\n" : "") + stepsCheck(script, ragged) + "    return data");
  return [...(ragged ? [LENGTHS.trim()] : []), TAKE.trim()].reduce((text, part) => `${text}\n\n\n${part}`, checked);
};

/** Where steps are counted from both ends, too short a sequence has none that are neither. */
const stepsCheck = ({ leastSteps = 1, windows }: Script, ragged: boolean): string => {
  if (leastSteps < 2) return "";
  // The shortest window of a sequence is its last.
  const last = (steps: string): string => (windows === undefined ? steps : `(${steps} - 1) % BACK + 1`);
  const shortest = !ragged ? `min(${last("data[name].shape[1]")} for name in SEQUENCES)` : windows === undefined ? "lengths.min()" : `(${last("lengths")}).min()`;
  const said = `        stop(f"{path} ${windows === undefined ? "has sequences" : "leaves windows"} of fewer than ${String(leastSteps)} steps, which this model can't do with")`;
  return `    if ${shortest} < ${String(leastSteps)}:\n${said}\n`;
};

const loading = (script: Script): string => {
  const { settings } = script;
  const labels = script.inputs.filter((input) => input.classes !== null && input.classes > 0 && input.timed !== true);
  const [label] = labels;
  const classes = labels.length === 1 && label?.shape.length === 0 ? `data[${quoted(label.name)}]` : "torch.zeros(count, dtype=torch.int64)";
  const seed = settings.splitSeed === null ? "seed" : String(settings.splitSeed);
  return [
    "def load_data(path: Path, seed: int) -> tuple[dict[str, Tensor], Tensor, Tensor]:",
    '    """The inputs, and the samples of the training and of the test part."""',
    "    data = read_inputs(path)",
    ...(typeof settings.test === "number" && !classes.includes("count") ? [] : ["    count = len(next(iter(data.values())))"]),
    ...(typeof settings.test === "number"
      ? [`    train, test = split(${seed}, TEST, ${classes})`]
      : [
          "    held = read_inputs(Path(TEST))",
          "    data = {name: torch.cat([data[name], held[name]]) for name in data}",
          "    train, test = torch.arange(len(next(iter(data.values())))).tensor_split([count])",
        ]),
    "    return data, train, test",
  ].join("\n").replace("TEST,", "float(TEST),").replace("Path(TEST)", "Path(str(TEST))");
};

/** The names of what model.py offers. */
const modelNames = (script: Script): readonly string[] =>
  ["Carry", "Model", "States", "Step", "after_step", "before_step", "carried", "counts", "losses", "make_slots", "metrics", "optimizer", "step"].filter(
    (name) => name === "Model" || (carries(script) && (name === "Carry" || name === (byEquations(script) ? "Step" : "States"))) || argumentsOf(script.model, name) !== null,
  );

const computing = (script: Script): string => {
  const windows = script.windows !== undefined;
  const noise = { ...(usesNoise(script) ? { noise: "noise" } : {}), ...(windows ? { carry: "carry", offset: "offset" } : {}) };
  const more = [...(carries(script) ? [", carry: Carry"] : []), ...(windows && usesOffset(script) ? [", offset: int"] : [])].join("");
  const drawing = usesNoise(script) ? ", noise: Noise" : "", parameter = `${more}${drawing}`;
  const forward = callOf(script, "forward", "model", noise) ?? "model()";
  const readsStates = (name: string): boolean => argumentsOf(script.model, name)?.includes("states") === true;
  const states = (name: string): readonly string[] => (readsStates(name) ? [`    states = ${forward}`] : []);
  const lost = callOf(script, "losses", "losses", { states: "states", model: "model", carry: "carry", offset: "offset" }) ?? "{}";
  const measured = callOf(script, "metrics", "metrics", { states: "states", model: "model", carry: "carry", offset: "offset" });
  const value = (call: string): string => `torch.stack([value.reshape(()) for value in ${call}.values()])`;
  const updated = callOf(script, "step", "step", { model: "model", slots: "slots", rows: "size", update: "update", noise: "noise", carry: "carry", offset: "offset" });
  const kept = carries(script);
  const result = kept ? (updated !== null ? "tuple[Tensor, Step]" : "tuple[Tensor, States]") : "Tensor";
  const weights = weighs(script) ? callOf(script, "counts", "counts", { states: "states", carry: "carry", offset: "offset" }) : null;
  const weighted = (of: string): readonly string[] => {
    const given = kept ? `, ${updated !== null ? "done" : "states"}` : "";
    const [, called = "", rest = ""] = /^torch\.stack\(\[value\.reshape\(\(\)\) for value in (.*)\.values\(\)\]\)$/.exec(of) ?? [];
    const fits = `        [value.reshape(()) for value in ${called}${rest}.values()]`.length <= WIDTH;
    const parts = !kept && weights === null && fits ? [] : called === "done.losses" || called === "" ? [] : [`    lost = ${called}${rest}`];
    const stacked = parts.length === 0 ? of : of.replace(called, "lost");
    if (weights === null) return [...parts, `    return ${stacked}${given}`];
    return [
      ...parts, `    values = ${stacked}`, `    found = ${weights}`,
      "    here = [found[label].sign() if label in found else 1 for label in STATEMENTS]",
      `    return torch.cat([values, values.new_tensor(here)])${given}`,
    ];
  };
  const counting = weights === null ? "" : ", and behind them whether it has an instance";
  const compute = updated !== null ? [
    `def compute(model: Model, slots: Slots, batch: dict[str, Tensor], size: int, update: int${parameter}) -> ${result}:`,
    `    """One Update; gives the loss of each training statement before it${counting}."""`,
    `    done = ${updated}`,
    ...weighted("torch.stack([value.reshape(()) for value in done.losses.values()])"),
  ] : [
    `def compute(model: nn.Module, batch: dict[str, Tensor]${parameter}) -> ${result}:`,
    `    """The loss of each training statement${counting}."""`,
    ...(kept ? [`    states = ${forward}`] : states("losses")),
    ...weighted(value(lost)),
  ];
  return [
    ...compute.flatMap(layOut),
    "",
    "",
    "@torch.no_grad()",
    `def score(model: ${kept ? "Model" : "nn.Module"}, batch: dict[str, Tensor]${drawing}) -> dict[str, dict[str, float]]:`,
    '    """Losses and metrics in eval mode."""',
    ...(windows ? [`    steps = len(batch[${quoted(sequencesOf(script)[0]?.name ?? "")}])`, `    batch = ${cutCall(script, "0", "steps", "steps")}`] : []),
    ...(kept ? [`    carry = ${startCall(script, "batch")}`] : []), ...(windows && usesOffset(script) ? ["    offset = 0"] : []),
    ...(readsStates("losses") || readsStates("metrics") ? [`    states = ${forward}`] : []),
    ...(windows ? [`    lost = ${lost}`, ...(measured === null ? [] : [`    measured = ${measured}`])].flatMap(layOut) : []),
    "    return {",
    ...scored("losses", windows ? "lost" : lost),
    ...(measured === null ? ['        "metrics": {},'] : scored("metrics", windows ? "measured" : measured)),
    "    }",
  ].join("\n");
};

/** The numbers of a dictionary of tensors, laid out as ruff does. */
const scored = (key: string, call: string): readonly string[] => {
  const value = "label: value.item()", loop = `for label, value in ${call}.items()`;
  const line = `        "${key}": {${value} ${loop}},`;
  if (line.length <= WIDTH) return [line];
  const inner = `            ${value} ${loop}`;
  return [`        "${key}": {`, ...(inner.length <= WIDTH ? [inner] : [`            ${value}`, `            ${loop}`]), "        },"];
};

/** Statements that not every window has are means of their own windows alone. */
const means = (script: Script): string => (weighs(script) ? WEIGHED_MEANS.trim() + MEANS.trim().slice(MEANS.trim().indexOf("\n\n\nclass Log")) : MEANS.trim());

/** Where copies have other names in Python, each name is translated on its way to a file and back. */
const checkpoints = (script: Script): string => {
  const text = withCarried(script, (byEquations(script) ? CHECKPOINTS_OF_SLOTS : CHECKPOINTS).trim());
  if (script.renamed === undefined || script.renamed.size === 0) return text;
  return text
    .replace("tensors = {name: state[name] for name in state if not name.endswith(\"num_batches_tracked\")}",
      "kept_names = [name for name in state if not name.endswith(\"num_batches_tracked\")]\n    tensors = {NAMES.get(name, name): state[name] for name in kept_names}")
    .replace("            continue\n        if name not in saved", "            continue\n        name = NAMES.get(name, name)\n        if name not in saved");
};

/** What is carried between windows stands beside the state. */
const withCarried = (script: Script, text: string): string => {
  if (!savesCarry(script)) return text;
  const state = byEquations(script) ? "slots: Slots" : "optimizers: Optimizers", name = byEquations(script) ? "slots" : "optimizers";
  return text
    .replace(`def save(path: Path, model: nn.Module, ${state}, about: dict[str, object]) -> None:`,
      `def save(\n    path: Path,\n    model: nn.Module,\n    ${state},\n    carried: dict[str, Tensor],\n    about: dict[str, object],\n) -> None:`)
    .replace(`    tensors = state_of(model, ${name})\n`, `    tensors = state_of(model, ${name})\n    tensors |= {name: value.cpu().contiguous() for name, value in carried.items()}\n`)
    .replace(`-> dict[str, str]:\n    """Reads a checkpoint into the model and the optimizers; gives what it says about the run."""`,
      `-> tuple[dict[str, str], dict[str, Tensor]]:\n    """Reads a checkpoint into the model and the optimizers; gives what it says about the run, and what was carried."""`)
    .replace(`def load(path: Path, model: nn.Module, ${state}) -> tuple[dict[str, str], dict[str, Tensor]]:`, (line) => (line.length <= WIDTH ? line
      : `def load(\n    path: Path, model: nn.Module, ${state}\n) -> tuple[dict[str, str], dict[str, Tensor]]:`))
    .replace(/ {4}return about$/, '    left = {name: value for name, value in saved.items() if name.startswith("carried/")}\n    return about, left');
};

const importsOf = (script: Script): readonly Import[] => {
  const philox: readonly Import[] = script.random === "philox" ? [[/\b(Noise|permutation|split)\(/, "from philox import Noise, permutation, split"]] : [];
  return [
    [/\bargparse\./, "import argparse"], [/\bcsv\./, "import csv"], [/\bjson\./, "import json"], [/\bmath\./, "import math"],
    [/\bos\./, "import os"], [/\bre\./, "import re"], [/\bsignal\./, "import signal"], [/\bsys\./, "import sys"], [/\btime\./, "import time"],
    [/\bPath\b/, "from pathlib import Path"], [/\bNoReturn\b/, "from typing import Any, NoReturn"],
    [/\bnp\./, "import numpy as np"], [/\btorch\./, "import torch"], [/\bdist\./, "import torch.distributed as dist"],
    [/\binitialize\(/, "from initial import initialize"],
    [/\bModel\b/, `from model import ${modelNames(script).join(", ")}`],
    ...philox,
    [/\bsafe_open\b/, "from safetensors import safe_open"], [/\bload_arrays\b/, "from safetensors.numpy import load_file as load_arrays"],
    [/\bsave_file\b/, "from safetensors.torch import save_file"], [/\bTensor\b/, "from torch import Tensor, nn"],
  ];
};

/** Parts of philox.py that the script imports. */
export const drawsOfScript = (script: Pick<Script, "random" | "settings" | "model">): readonly string[] => {
  if (script.random === "torch") return [];
  const { data, test } = script.settings;
  const noise = argumentsOf(script.model, "forward")?.includes("noise") === true;
  return [...(noise ? ["Noise"] : []), ...(data === null ? [] : ["permutation"]), ...(data === null || typeof test === "string" ? [] : ["split"])];
};

export const printScript = (script: Script): string => {
  const hasData = script.settings.data !== null;
  const byTorch = hasData && script.random === "torch";
  const parts = [
    constants(script), argumentsText(script),
    hasData ? readingOf(script) : READING.trim().split("\n\n\n")[0] ?? "",
    ...(byTorch ? [ORDER_BY_TORCH.trim()] : []),
    ...(byTorch && typeof script.settings.test === "number" ? [SPLIT_BY_TORCH.trim()] : []),
    ...(hasData ? [loading(script)] : []),
    ...windowParts(script).flatMap((part) => part.split("\n\n\n")).map((part) => part.split("\n").flatMap(layOut).join("\n")),
    computing(script), (byEquations(script) ? STEP.trim().split("\n\n\n")[0] ?? "" : STEP.trim()), means(script), checkpoints(script), PROGRESS.trim(), printMain(script),
    'if __name__ == "__main__":\n    sys.exit(main())',
  ];
  const body = parts.join("\n\n\n");
  const doc = `"""Trains model.py: python train.py, or torchrun --nproc_per_node 2 train.py for two processes."""`;
  const philox = drawsOfScript(script).join(", ");
  const imports = importLines(body, importsOf(script)).map((group) => group.replace("Noise, permutation, split", philox).split("\n").filter((line) => !line.endsWith("import ")).join("\n"));
  return `${doc}\n\n${imports.join("\n\n")}\n\n${body}\n`;
};
