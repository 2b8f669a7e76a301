/** `train.py`: trains the model beside it, as our trainer does: same data order, records and checkpoints. */
import { invariant } from "@sequent/ir";
import { literal, quoted } from "../model/code.js";
import { importLines } from "./python-file.js";
import type { Import } from "./python-file.js";
import { CHECKPOINTS, MEANS, PROGRESS, READING, STEP } from "./script-text.js";

/** An input, by its names in the data and in Python. `classes`: null for floats, 0 for integers without a bound. */
export interface ScriptInput {
  readonly name: string;
  readonly argument: string;
  /** Without the batch axis. */
  readonly shape: readonly number[];
  readonly classes: number | null;
}

/** What the program's directives say; \`null\` is what they leave to the data or to the run. */
export interface ScriptSettings {
  readonly data: string | null;
  /** A share of the samples, or a file. */
  readonly test: number | string;
  readonly splitSeed: number | null;
  readonly batch: number | null;
  readonly length: { readonly unit: "epochs" | "steps"; readonly count: number };
  readonly seed: number;
  /** A hash of the program, kept in checkpoints. */
  readonly program: string;
}

export interface Script {
  readonly name: string;
  /** The text of model.py; its functions get the arguments that they name. */
  readonly model: string;
  readonly inputs: readonly ScriptInput[];
  readonly statements: readonly { readonly label: string; readonly sign: 1 | -1 }[];
  readonly random: "philox" | "torch";
  readonly hasInitial: boolean;
  readonly settings: ScriptSettings;
  /** Functions that compute over the whole batch in train mode (\`batch_norm\`), which processes can't share out. */
  readonly overBatch: readonly string[];
  /** Python's names of parameters by the program's, where they differ (lagged copies); checkpoints have the program's. */
  readonly renamed?: ReadonlyMap<string, string>;
}

/** The arguments that a function of a Python text names, without self; of several the last (Model stands last); null if there is none. */
export const argumentsOf = (text: string, name: string): readonly string[] | null => {
  const match = [...text.matchAll(new RegExp(String.raw`^ *def ${name}\(([\s\S]*?)\)(?: ->[^\n]*)?:$`, "gm"))].at(-1);
  if (match === undefined) return null;
  return [...(match[1] ?? "").matchAll(/(\w+)\s*:/g)].map((found) => found[1] ?? "");
};

/** \`f(model, update)\`, each argument as the script has it; null without that function. */
const callOf = (script: Script, name: string, as: string, values: Readonly<Record<string, string>>): string | null => {
  const names = argumentsOf(script.model, name);
  if (names === null) return null;
  const args = names.map((argument) => {
    const input = script.inputs.find((one) => one.argument === argument);
    const value = values[argument] ?? (input === undefined ? undefined : `batch[${quoted(input.name)}]`);
    invariant(value !== undefined, `${name} wants ${argument}, which the training script has not`);
    return value;
  });
  return `${as}(${args.join(", ")})`;
};

/** Whether model.py has several optimizers, in a list or tuple. */
const hasSeveral = (model: string): boolean => /^def optimizer\([\s\S]*?\) -> (list|tuple)\b/m.test(model);

const python = (value: number | string | null): string =>
  value === null ? "None" : typeof value === "number" ? literal(value).text : quoted(value);
const shapeOf = (shape: readonly number[]): string => (shape.length === 1 ? `(${String(shape[0])},)` : `(${shape.join(", ")})`);

const constants = (script: Script): string => {
  const { inputs, statements, settings } = script;
  const renamed = [...(script.renamed ?? [])];
  const table = [
    "# Inputs: the shape of one sample, and the number of classes (0: any integer, None: numbers).",
    "INPUTS: dict[str, tuple[tuple[int, ...], int | None]] = {",
    ...inputs.map((input) => `    ${quoted(input.name)}: (${shapeOf(input.shape)}, ${python(input.classes)}),`),
    "}",
  ];
  return [
    ...(settings.data === null ? [] : table),
    "# Training statements, and the sign that each is minimised with.",
    "STATEMENTS = {",
    ...statements.map(({ label, sign }) => `    ${quoted(label)}: ${String(sign)},`),
    "}",
    ...(settings.data === null ? [] : [`TEST: float | str = ${python(settings.test)}`]),
    ...(renamed.length === 0 ? [] : [
      "# The names of lagged copies in checkpoints.",
      "NAMES = {", ...renamed.map(([ours, theirs]) => `    ${quoted(theirs)}: ${quoted(ours)},`), "}",
    ]),
    `FORMAT, PROGRAM = "sequent-checkpoint-1", ${quoted(settings.program)}`,
    "",
    "Optimizers = list[torch.optim.Optimizer]",
  ].join("\n");
};

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
    '    parser.add_argument("--compile", action="store_true", help="with torch.compile")',
    `    parser.add_argument("--out", type=Path, default=${quoted(`runs/${script.name}`)})`,
    '    parser.add_argument("--resume", action="store_true", help="continue the run in --out")',
    "    return parser.parse_args()",
  ].join("\n");
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

const loading = (script: Script): string => {
  const { settings } = script;
  const labels = script.inputs.filter((input) => input.classes !== null && input.classes > 0);
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
  ["Model", "after_step", "before_step", "losses", "metrics", "optimizer"].filter(
    (name) => name === "Model" || argumentsOf(script.model, name) !== null,
  );

const usesNoise = (script: Script): boolean => argumentsOf(script.model, "forward")?.includes("noise") === true;
const drawsByTorch = (script: Script): boolean => script.random === "torch" && /\b(nn\.Dropout|F\.dropout|torch\.(rand|randn|randint|bernoulli|multinomial)\()/.test(script.model);

const computing = (script: Script): string => {
  const noise = usesNoise(script) ? { noise: "noise" } : {};
  const parameter = usesNoise(script) ? ", noise: Noise" : "";
  const forward = callOf(script, "forward", "model", noise) ?? "model()";
  const readsStates = (name: string): boolean => argumentsOf(script.model, name)?.includes("states") === true;
  const states = (name: string): readonly string[] => (readsStates(name) ? [`    states = ${forward}`] : []);
  const lost = callOf(script, "losses", "losses", { states: "states", model: "model" }) ?? "{}";
  const measured = callOf(script, "metrics", "metrics", { states: "states", model: "model" });
  const value = (call: string): string => `torch.stack([value.reshape(()) for value in ${call}.values()])`;
  return [
    `def compute(model: nn.Module, batch: dict[str, Tensor]${parameter}) -> Tensor:`,
    '    """The loss of each training statement."""',
    ...states("losses"),
    `    return ${value(lost)}`,
    "",
    "",
    "@torch.no_grad()",
    `def score(model: nn.Module, batch: dict[str, Tensor]${parameter}) -> dict[str, dict[str, float]]:`,
    '    """Losses and metrics in eval mode."""',
    ...(readsStates("losses") || readsStates("metrics") ? [`    states = ${forward}`] : []),
    "    return {",
    `        "losses": {label: value.item() for label, value in ${lost}.items()},`,
    measured === null
      ? '        "metrics": {},'
      : `        "metrics": {label: value.item() for label, value in ${measured}.items()},`,
    "    }",
  ].join("\n");
};

/** Where copies have other names in Python, each name is translated on its way to a file and back. */
const checkpoints = (script: Script): string => {
  const text = CHECKPOINTS.trim();
  if (script.renamed === undefined || script.renamed.size === 0) return text;
  return text
    .replace("tensors = {name: state[name] for name in state if not name.endswith(\"num_batches_tracked\")}",
      "kept_names = [name for name in state if not name.endswith(\"num_batches_tracked\")]\n    tensors = {NAMES.get(name, name): state[name] for name in kept_names}")
    .replace("            continue\n        if name not in saved", "            continue\n        name = NAMES.get(name, name)\n        if name not in saved");
};

const indented = (lines: readonly (string | null)[], by: number): string =>
  lines.flatMap((line) => (line === null ? [] : [line === "" ? "" : " ".repeat(by) + line])).join("\n");

/** The body of \`main\`: everything in order. */
const main = (script: Script): string => {
  const hasData = script.settings.data !== null;
  const noise = usesNoise(script);
  const optimizers = hasSeveral(script.model) ? "list(optimizer(model))" : "[optimizer(model)]";
  const values = { model: "model", optimizers: "optimizers", optimizer: hasSeveral(script.model) ? "optimizers" : "optimizers[0]", update: "update" };
  const before = callOf(script, "before_step", "before_step", values);
  const after = callOf(script, "after_step", "after_step", values);
  const byTorch = drawsByTorch(script);
  const made = argumentsOf(script.model, "optimizer") === null ? "[]" : optimizers;
  const given = noise ? ", noise" : "";
  const noiseLine = noise ? "noise = Noise(args.seed, torch.tensor(update), rows)" : null;
  const overBatch = script.overBatch.length === 0 ? null : [
    "if world > 1:",
    `    stop("${script.overBatch.join(", ")} computes over the whole batch, which processes can't share")`,
  ];
  return [
    "def main() -> int:",
    indented([
      "args = parse_arguments()",
      "torch.set_default_dtype(getattr(torch, args.dtype))",
      "rank, world = int(os.getenv(\"RANK\", \"0\")), int(os.getenv(\"WORLD_SIZE\", \"1\"))",
      ...(overBatch ?? []),
      "device = torch.device(args.device)",
      "if world > 1:",
      "    if device.type == \"cuda\":",
      "        device = torch.device(\"cuda\", int(os.environ[\"LOCAL_RANK\"]))",
      "        torch.cuda.set_device(device)",
      "    dist.init_process_group(\"nccl\" if device.type == \"cuda\" else \"gloo\")",
      ...(hasData
        ? [
            "data, train, test = load_data(args.data, args.seed)",
            "data = {name: values.to(device) for name, values in data.items()}",
            "samples = len(train)",
            "size = args.batch or min(64, 2 ** int(math.log2(max(1, samples))))",
            "if not world <= size <= samples:",
            "    stop(f\"a batch of {size} wants from {world} (processes) to {samples} (training samples)\")",
            "per_epoch: int | None = samples // size",
          ]
        : ["samples, size = 0, args.batch", "per_epoch: int | None = None"]),
      script.settings.length.unit === "epochs"
        ? "steps = args.steps if args.steps is not None else args.epochs * per_epoch"
        : hasData
          ? "steps = args.steps if args.epochs is None else args.epochs * per_epoch"
          : "steps = args.steps",
      "",
      script.hasInitial ? null : "torch.manual_seed(args.seed)",
      "model = Model()",
      script.hasInitial ? "initialize(model, args.seed)" : null,
      "model = model.to(device)",
      `optimizers: Optimizers = ${made}`,
      "update, before = 0, 0.0",
      "recent, of_epoch = Means(), Means()",
      "latest: dict[str, float] = {}",
      "args.out.mkdir(parents=True, exist_ok=True)",
      "checkpoint = args.out / \"checkpoint.safetensors\"",
      "identity = {\"seed\": args.seed, \"batch\": size, \"samples\": samples}",
      "if args.resume:",
      "    about = load(checkpoint, model, optimizers)",
      "    for key, value in identity.items():",
      "        if about[key] != str(value):",
      "            stop(f\"{checkpoint} has {key} {about[key]}, and this run has {value}\")",
      "    update, before = int(about[\"update\"]), float(about[\"seconds\"])",
      "    recent, of_epoch = Means(json.loads(about[\"recent\"])), Means(json.loads(about[\"of_epoch\"]))",
      "log = Log(args.out / \"metrics.jsonl\", update) if rank == 0 else None",
      "progress = Progress(update, steps)",
      "began = saved = flushed = time.monotonic()",
      "signs = torch.tensor(list(STATEMENTS.values()), dtype=torch.get_default_dtype(), device=device)",
      "step = torch.compile(compute) if args.compile else compute",
      "",
      "def line(kind: str, losses: dict[str, float], **scores: object) -> None:",
      "    seconds = round(before + time.monotonic() - began, 3)",
      "    epoch = None if per_epoch is None else update // per_epoch",
      "    present = {part: score for part, score in scores.items() if score is not None}",
      "    if log is not None:",
      "        log.add(kind=kind, step=update, epoch=epoch, seconds=seconds, losses=losses, **present)",
      "",
      "def keep() -> None:",
      "    if log is None:",
      "        return",
      "    log.flush()",
      "    epoch, position = divmod(update, per_epoch) if per_epoch else (0, update)",
      "    about = {\"format\": FORMAT, \"program\": PROGRAM, \"update\": update, \"epoch\": epoch}",
      "    about |= {\"position\": position, **identity, \"seconds\": before + time.monotonic() - began}",
      "    about |= {\"recent\": json.dumps([recent.count, *recent.sums])}",
      "    about |= {\"of_epoch\": json.dumps([of_epoch.count, *of_epoch.sums])}",
      "    save(checkpoint, model, optimizers, about)",
      "",
      ...(hasData
        ? [
            "def evaluate(part: Tensor) -> dict[str, dict[str, float]] | None:",
            "    \"\"\"Means over a part of the data, 256 samples at a time.\"\"\"",
            "    if rank > 0 or len(part) == 0:",
            "        return None",
            "    model.eval()",
            "    totals: dict[str, dict[str, float]] = {}",
            "    for rows in part.to(device).split(256):",
            "        batch = {name: values[rows] for name, values in data.items()}",
            noiseLine === null ? null : `        ${noiseLine}`,
            `        for kind, scores in score(model, batch${given}).items():`,
            "            sums = totals.setdefault(kind, {})",
            "            for label, value in scores.items():",
            "                sums[label] = sums.get(label, 0.0) + value * len(rows)",
            "    model.train()",
            "    return {k: {label: v / len(part) for label, v in s.items()} for k, s in totals.items()}",
            "",
          ]
        : []),
      "interrupted = False",
      "",
      "def interrupt(number: int, _: object) -> None:",
      "    nonlocal interrupted",
      "    interrupted = True",
      "    signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once",
      "",
      "signal.signal(signal.SIGINT, interrupt)",
      "signal.signal(signal.SIGTERM, interrupt)",
      "model.train()",
      "keep()",
      "stopping = False",
      "waiting: list[Tensor] = []",
      hasData ? "order, of = train, -1" : null,
      "while update < steps and not stopping:",
      ...(hasData
        ? [
            "    assert per_epoch is not None",
            "    epoch, position = divmod(update, per_epoch)",
            "    if epoch != of:",
            "        order, of = train[permutation(args.seed, epoch, samples)].to(device), epoch",
            "    rows = share(order[position * size : (position + 1) * size], rank, world)",
            "    batch = {name: values[rows] for name, values in data.items()}",
          ]
        : [
            "    rows = share(torch.arange(size, device=device), rank, world)",
            "    batch: dict[str, Tensor] = {}",
          ]),
      byTorch ? "    torch.manual_seed((args.seed * 1_000_003 + update) * world + rank)" : null,
      "    for one in optimizers:",
      "        one.zero_grad(set_to_none=True)",
      noiseLine === null ? null : `    ${noiseLine}`,
      `    values = step(model, batch${given}) * (len(rows) / size)`,
      "    (values * signs).sum().backward()",
      "    values = values.detach()",
      "    stopping = interrupted",
      "    if world > 1:",
      "        flag = values.new_tensor([interrupted])",
      "        values = sum_over_processes(model, torch.cat([values, flag]))",
      "        values, stopping = values[:-1], values[-1].item() > 0",
      before === null ? null : `    ${before}`,
      "    for one in optimizers:",
      "        one.step()",
      after === null ? null : `    ${after}`,
      "    update += 1",
      "    waiting.append(values)",
      "",
      "    ends_epoch = per_epoch is not None and update % per_epoch == 0",
      "    if update % 10 != 0 and not ends_epoch and not stopping and update < steps:",
      "        continue",
      "    for losses_now in torch.stack(waiting).tolist():",
      "        recent.add(losses_now)",
      "        of_epoch.add(losses_now)",
      "    waiting.clear()",
      "    for label, total in zip(STATEMENTS, recent.sums, strict=True):",
      "        if not math.isfinite(total):",
      "            progress.clear()",
      "            stop(f\"the loss of {label} is not finite by step {update}; the checkpoint is kept\")",
      "    if update % 10 == 0:",
      "        line(\"step\", recent.by_label())",
      "        progress.show(update, recent.by_label()) if rank == 0 else None",
      "        latest, recent = recent.by_label(), Means()",
      "    if ends_epoch:",
      hasData
        ? `        line("epoch", of_epoch.by_label(), test=${script.settings.length.unit === "epochs" ? "evaluate(test)" : "None"})`
        : "        line(\"epoch\", of_epoch.by_label())",
      "        of_epoch = Means()",
      "    now = time.monotonic()",
      "    if log is not None and now - flushed > 1:",
      "        log.flush()",
      "        flushed = now",
      "    if now - saved > 30:",
      "        keep()",
      "        saved = now",
      "",
      "keep()",
      "progress.clear()",
      "if rank == 0 and stopping:",
      "    print(f\"interrupted at step {update}; --resume continues\", file=sys.stderr)",
      "elif rank == 0:",
      ...(hasData
        ? [
            "    train_scores, test_scores = evaluate(train), evaluate(test)",
            "    line(\"final\", recent.by_label() or latest, train=train_scores, test=test_scores)",
            "    for part, scores in ((\"train\", train_scores), (\"test\", test_scores)):",
            "        if scores is not None:",
            "            pairs = {**scores[\"metrics\"], **scores[\"losses\"]}.items()",
            "            print(f\"{part:6}\", \"  \".join(f\"{label} {value:.4g}\" for label, value in pairs))",
          ]
        : ["    line(\"final\", recent.by_label() or latest)"]),
      "    assert log is not None",
      "    log.flush()",
      "if world > 1:",
      "    dist.destroy_process_group()",
      "return 130 if stopping else 0",
    ], 4),
  ].join("\n");
};

const IMPORTS = (script: Script): readonly Import[] => {
  const philox = ["Noise", "permutation", "split"];
  return [
    [/\bargparse\./, "import argparse"], [/\bcsv\./, "import csv"], [/\bjson\./, "import json"], [/\bmath\./, "import math"],
    [/\bos\./, "import os"], [/\bre\./, "import re"], [/\bsignal\./, "import signal"], [/\bsys\./, "import sys"], [/\btime\./, "import time"],
    [/\bPath\b/, "from pathlib import Path"], [/\bNoReturn\b/, "from typing import Any, NoReturn"],
    [/\bnp\./, "import numpy as np"], [/\btorch\./, "import torch"], [/\bdist\./, "import torch.distributed as dist"],
    [/\binitialize\(/, "from initial import initialize"],
    [/\bModel\b/, `from model import ${modelNames(script).join(", ")}`],
    ...(script.random === "philox"
      ? [[/\b(Noise|permutation|split)\(/, `from philox import {philox}`] satisfies Import] : []),
    [/\bsafe_open\b/, "from safetensors import safe_open"], [/\bload_arrays\b/, "from safetensors.numpy import load_file as load_arrays"],
    [/\bsave_file\b/, "from safetensors.torch import save_file"], [/\bTensor\b/, "from torch import Tensor, nn"],
  ].map(([pattern, line]): Import => [pattern as RegExp, String(line).replace("{philox}", philox.join(", "))]);
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
    hasData ? READING.trim() : READING.trim().split("\n\n\n")[0] ?? "",
    ...(byTorch ? [ORDER_BY_TORCH.trim()] : []),
    ...(byTorch && typeof script.settings.test === "number" ? [SPLIT_BY_TORCH.trim()] : []),
    ...(hasData ? [loading(script)] : []),
    computing(script), STEP.trim(), MEANS.trim(), checkpoints(script), PROGRESS.trim(), main(script),
    'if __name__ == "__main__":\n    sys.exit(main())',
  ];
  const body = parts.join("\n\n\n");
  const doc = `"""Trains model.py: python train.py, or torchrun --nproc_per_node 2 train.py for two processes."""`;
  const philox = drawsOfScript(script).join(", ");
  const imports = importLines(body, IMPORTS(script)).map((group) => group.replace("Noise, permutation, split", philox).split("\n").filter((line) => !line.endsWith("import ")).join("\n"));
  return `${doc}\n\n${imports.join("\n\n")}\n\n${body}\n`;
};
