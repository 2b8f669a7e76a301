"""Trains model.py: python train.py, or torchrun --nproc_per_node 2 train.py for two processes."""

import argparse
import csv
import io
import json
import math
import os
import re
import signal
import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
import torch.distributed as dist
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import save_file
from torch import Tensor, nn

from initial import initialize
from model import Model, losses, metrics, optimizer
from philox import permutation, split

# Inputs: the shape of one sample, and the number of classes (0: any integer, None: numbers).
INPUTS: dict[str, tuple[tuple[int, ...], int | None]] = {
    "x": ((), 4),
    "most": ((), 2),
}
# Inputs that have these for each step of a sequence.
SEQUENCES = {"x", "most"}
# Training statements, and the sign that each is minimised with.
STATEMENTS = {
    "p_t => one_hot(most_t)": 1,
}
TEST = 0.2
# What NumPy, csv and safetensors say of a damaged file.
DAMAGED = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    EOFError,
    csv.Error,
    zipfile.BadZipFile,
    zlib.error,
    SafetensorError,
)
# The windows of a run, as its checkpoints have them.
HORIZON = "none"
FORMAT = "sequent-checkpoint-1"
PROGRAM = "6822ccb9a85258ba71830dfd46d2e820c609ed221a1f847d22f2aa21c0171022"

Optimizers = list[torch.optim.Optimizer]


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than 0")
    return number


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent / "../../../data/words.npz"
    )
    parser.add_argument("--epochs", type=positive, default=30)
    parser.add_argument("--steps", type=positive, help="instead of --epochs")
    parser.add_argument("--batch", type=positive, default=None)
    parser.add_argument("--seed", type=natural, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--compile", action="store_true", help="with torch.compile")
    parser.add_argument("--out", type=Path, default="runs/attention")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    return parser.parse_args()


def stop(message: str) -> NoReturn:
    sys.exit(f"train.py: {message}")


def read_utf8(path: Path) -> str:
    """The text of a file, without a byte order mark."""
    data = path.read_bytes()
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        stop(f"line {line} of {path} is not UTF-8 (byte {error.start}); save the file as UTF-8")


def read_table(path: Path) -> dict[str, np.ndarray]:
    """The columns of a .csv file by name; X_0, X_1, ... are one array."""
    lines = csv.reader(io.StringIO(read_utf8(path).rstrip(), newline=""))
    header = [name.strip() for name in next(lines, [])]
    rows: list[list[float]] = []
    for row in lines:
        if len(row) != len(header):
            stop(f"line {lines.line_num} of {path} has {len(row)} fields, the header {len(header)}")
        try:
            rows.append([float(field) for field in row])
        except ValueError:
            stop(f"line {lines.line_num} of {path} has a field that is no number: {','.join(row)}")
    table = np.array(rows).reshape(len(rows), len(header))
    arrays: dict[str, np.ndarray] = {}
    columns: dict[str, dict[int, int]] = {}
    for column, name in enumerate(header):
        match = re.fullmatch(r"(.+)_(\d+)|(.+)\[(\d+)\]", name)
        group = (match[1] or match[3]) if match else name
        if match and (match[3] or f"{group}_0" in header):
            columns.setdefault(group, {})[int(match[2] or match[4])] = column
        else:
            arrays[name] = table[:, column]
    for name, numbered in columns.items():
        arrays[name] = table[:, [column for _, column in sorted(numbered.items())]]
    return arrays


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz, .safetensors or .csv file by name."""
    if not path.is_file():
        stop(f"there is no file {path}; --data names another")
    try:
        if path.suffix == ".npz":
            zipfile.ZipFile(path).close()  # NumPy takes anything else for a pickle.
            with np.load(path) as file:
                return {name: file[name] for name in file.files}
        if path.suffix == ".safetensors":
            return load_arrays(path)
        if path.suffix == ".csv":
            return read_table(path)
    except DAMAGED as error:
        why = "it holds Python objects" if "allow_pickle" in str(error) else str(error)
        stop(f"can't read {path}: {' '.join(why.split())}")
    stop(f"{path} is neither .npz nor .csv nor .safetensors")


def shape_of(*axes: int | str) -> str:
    """How a message says it."""
    return f"({', '.join(map(str, axes))})"


def check_shapes(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """All inputs are there, as numbers, and the samples of each have the shape that the model wants."""
    for name, (shape, _) in INPUTS.items():
        if name not in arrays:
            stop(f"{path} has no array {name}; it has {', '.join(arrays)}")
        array = arrays[name]
        if array.dtype.kind not in "biuf":
            stop(f"{name} in {path} holds {array.dtype}, not numbers")
        axes = ["samples"] + ["steps"] * (name in SEQUENCES)
        if array.shape[len(axes) :] != shape or array.ndim < len(axes):
            stop(f"{name} is {shape_of(*array.shape)} in {path}, not {shape_of(*axes, *shape)}")
    if len({len(arrays[name]) for name in INPUTS}) != 1:
        stop(f"the arrays of {path} differ in their number of samples")
    if len({arrays[name].shape[1] for name in SEQUENCES}) != 1:
        stop(f"the sequences in {path} differ in their number of steps")


def read_inputs(path: Path) -> dict[str, Tensor]:
    """The inputs of the program, checked; floating-point ones in the precision of the run."""
    arrays = read_arrays(path)
    check_shapes(path, arrays)
    data: dict[str, Tensor] = {}
    lengths = read_lengths(path, arrays)
    for name, (_, classes) in INPUTS.items():
        array = arrays[name]
        if name in SEQUENCES:
            array = without_padding(array, lengths)
        if not np.isfinite(array).all():
            stop(f"{name} in {path} holds NaN or infinity")
        integer = classes is not None
        if integer and (array != np.floor(array)).any():
            stop(f"{name} in {path} holds numbers that are no integers")
        if classes and (array.min(initial=0) < 0 or array.max(initial=0) >= classes):
            stop(f"{name} in {path} holds classes beyond 0..{classes - 1}")
        dtype = torch.int64 if integer else torch.get_default_dtype()
        data[name] = torch.from_numpy(np.ascontiguousarray(array)).to(dtype)
    data["lengths"] = torch.from_numpy(lengths)
    return data


def read_lengths(path: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """The number of steps of each sample; all arrays that say it agree."""
    found = [arrays[f"{name}_length"] for name in SEQUENCES if f"{name}_length" in arrays]
    samples, steps = next(arrays[name].shape[:2] for name in SEQUENCES)
    if not found:
        return np.full(samples, steps)
    if any(one.shape != (samples,) or one.dtype.kind not in "iuf" for one in found):
        stop(f"the lengths in {path} are not one number for each of {samples} samples")
    lengths = found[0].astype(np.int64)
    if any((other != lengths).any() for other in found):
        stop(f"the lengths of the sequences in {path} differ, or are no integers")
    if lengths.min(initial=1) < 1 or lengths.max(initial=1) > steps:
        stop(f"{path} has lengths beyond 1..{steps}")
    return lengths


def without_padding(array: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What stands behind the end of a sequence is never read: zeros."""
    valid = np.arange(array.shape[1]) < lengths[:, None]
    return np.where(valid.reshape(valid.shape + (1,) * (array.ndim - 2)), array, 0)


def take(data: dict[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
    """The batch of these samples; of sequences the steps are the first axis."""
    return {
        name: values[rows].transpose(0, 1) if name in SEQUENCES else values[rows]
        for name, values in data.items()
    }


def load_data(path: Path, seed: int) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """The inputs, and the samples of the training and of the test part."""
    data = read_inputs(path)
    count = len(next(iter(data.values())))
    train, test = split(0, TEST, torch.zeros(count, dtype=torch.int64))
    return data, train, test


def compute(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """The loss of each training statement."""
    states = model(batch["x"], batch["lengths"])
    return torch.stack(
        [value.reshape(()) for value in losses(states, batch["most"], batch["lengths"]).values()]
    )


@torch.no_grad()
def score(model: nn.Module, batch: dict[str, Tensor]) -> dict[str, dict[str, float]]:
    """Losses and metrics in eval mode."""
    states = model(batch["x"], batch["lengths"])
    return {
        "losses": {
            label: value.item()
            for label, value in losses(states, batch["most"], batch["lengths"]).items()
        },
        "metrics": {
            label: value.item()
            for label, value in metrics(states, batch["most"], batch["lengths"]).items()
        },
    }


def instances(lengths: Tensor) -> dict[str, dict[str, Tensor]]:
    """Of how many instances the mean of each statement and metric is."""
    return {
        "losses": {
            "p_t => one_hot(most_t)": lengths.sum(),
        },
        "metrics": {
            "accuracy": lengths.sum(),
        },
    }


def share(rows: Tensor, rank: int, world: int) -> Tensor:
    """The part of a batch that is this process's."""
    return rows[len(rows) * rank // world : len(rows) * (rank + 1) // world]


def part_of_means(lengths: Tensor, world: int) -> Tensor:
    """Of the instances that each statement is the mean of, the part that this process has."""
    found = instances(lengths)["losses"]
    counts = torch.stack([found[label] for label in STATEMENTS])
    whole = counts.clone()
    if world > 1:
        dist.all_reduce(whole)
    return counts / whole.clamp(min=1)


def sum_over_processes(model: nn.Module, values: Tensor) -> Tensor:
    """Adds gradients and values over all processes, in one message."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    message = torch.cat([*(gradient.flatten() for gradient in gradients), values])
    dist.all_reduce(message)
    parts = message.split([gradient.numel() for gradient in gradients] + [len(values)])
    for gradient, part in zip(gradients, parts[:-1], strict=True):
        gradient.copy_(part.view_as(gradient))
    return parts[-1]


class Means:
    """Sums and their count, one sum for each training statement."""

    def __init__(self, values: list[float] | None = None) -> None:
        self.count: float = values[0] if values else 0
        self.sums: list[float] = values[1:] if values else [0.0] * len(STATEMENTS)

    def add(self, values: list[float], weight: int = 1) -> None:
        self.count += weight
        self.sums = [total + value * weight for total, value in zip(self.sums, values, strict=True)]

    def by_label(self) -> dict[str, float]:
        """The means; none of nothing."""
        count = self.count
        pairs = zip(STATEMENTS, self.sums, strict=True)
        return {label: total / count for label, total in pairs} if count else {}


class Log:
    """metrics.jsonl, one JSON object a line; lines wait in memory until flushed."""

    def __init__(self, path: Path, update: int) -> None:
        self.path, self.waiting = path, ""
        lines = path.read_text().splitlines() if update > 0 and path.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= update]
        kept = [line for line in kept if json.loads(line)["kind"] != "final"]
        path.write_text("".join(f"{line}\n" for line in kept))
        steps = [line for line in map(json.loads, kept) if line["kind"] == "step"]
        self.latest: dict[str, float] = steps[-1]["losses"] if steps else {}

    def add(self, **fields: object) -> None:
        self.waiting += json.dumps(printable(fields), ensure_ascii=False) + "\n"

    def flush(self) -> None:
        with self.path.open("a") as file:
            file.write(self.waiting)
        self.waiting = ""


def printable(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become strings."""
    if isinstance(value, dict):
        return {key: printable(one) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


# What torch.optim keeps for a parameter, and its name behind the parameter's in a checkpoint.
SLOTS = {
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "momentum_buffer": "momentum",
    "square_avg": "square",
    "grad_avg": "mean",
}


def state_of(model: nn.Module, optimizers: Optimizers) -> dict[str, Tensor]:
    """Parameters, running statistics and what the optimizers keep, by name."""
    state = model.state_dict()
    tensors = {name: state[name] for name in state if not name.endswith("num_batches_tracked")}
    names: dict[Tensor, str] = {value: name for name, value in model.named_parameters()}
    for one in optimizers:
        for parameter, kept in one.state.items():
            for key, slot in SLOTS.items():
                if isinstance(kept.get(key), Tensor):
                    tensors[f"{names[parameter]}.{slot}"] = kept[key]
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def save(path: Path, model: nn.Module, optimizers: Optimizers, about: dict[str, object]) -> None:
    """Writes a checkpoint as a whole or not at all."""
    tensors = state_of(model, optimizers)
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            stop(f"{name} is not finite at step {about['update']}; the last checkpoint is kept")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    save_file(tensors, temporary, {key: str(value) for key, value in about.items()})
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path, model: nn.Module, optimizers: Optimizers) -> dict[str, str]:
    """Reads a checkpoint into the model and the optimizers; gives what it says about the run."""
    if not path.is_file():
        stop(f"there is no checkpoint {path} to resume from")
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            names = file.keys()
            saved = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        stop(f"can't read {path}: {' '.join(str(error).split())}")
    if about.get("format") != FORMAT:
        stop(f"{path} is no checkpoint of a training run")
    for name, own in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name not in saved or saved[name].shape != own.shape or saved[name].dtype != own.dtype:
            stop(f"{path} is of another program or precision: it has no {name} like the model's")
        own.copy_(saved[name])
    update = int(about["update"])
    for name, parameter in model.named_parameters():
        slots = {key: saved.get(f"{name}.{slot}") for key, slot in SLOTS.items()}
        kept = {key: slot.to(parameter.device) for key, slot in slots.items() if slot is not None}
        if update == 0 or not kept:
            continue
        for one in optimizers:
            if any(parameter is own for group in one.param_groups for own in group["params"]):
                one.state[parameter] = {"step": torch.tensor(float(update)), **kept}
    return about


class Progress:
    """A line on stderr that is rewritten; plain lines every few seconds where stderr is no terminal."""

    def __init__(self, first: int, steps: int) -> None:
        self.live, self.first, self.steps = sys.stderr.isatty(), first, steps
        self.began = self.shown = time.monotonic()

    def show(self, update: int, losses: dict[str, float]) -> None:
        now = time.monotonic()
        if now - self.shown < (0.1 if self.live else 5):
            return
        self.shown = now
        rate = (update - self.first) / (now - self.began)
        left = round((self.steps - update) / rate)
        values = "  ".join(f"{label} {value:.4g}" for label, value in losses.items())
        line = f"step {update}/{self.steps}  {values}  {rate:.4g} steps/s  {left} s left"
        text = f"\r\x1b[2K{line[:120]}" if self.live else f"{line}\n"
        print(text, end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.live:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def main() -> int:
    args = parse_arguments()
    torch.set_default_dtype(getattr(torch, args.dtype))
    rank, world = int(os.getenv("RANK", "0")), int(os.getenv("WORLD_SIZE", "1"))
    try:
        device = torch.empty(0, device=args.device).device
    except (RuntimeError, AssertionError):
        stop(f"there is no device {args.device} here")
    if world > 1:
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(device)
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    data, train, test = load_data(args.data, args.seed)
    data = {name: values.to(device) for name, values in data.items()}
    samples = len(train)
    size = args.batch or min(64, 2 ** int(math.log2(max(1, samples))))
    if not world <= size <= samples:
        stop(f"a batch of {size} wants from {world} (processes) to {samples} (training samples)")
    per_epoch: int | None = samples // size
    steps = args.steps if args.steps is not None else args.epochs * per_epoch

    model = Model()
    initialize(model, args.seed)
    model = model.to(device)
    optimizers: Optimizers = [optimizer(model)]
    update, before = 0, 0.0
    recent, of_epoch = Means(), Means()
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"{args.out} can't be made: {error.strerror}")
    checkpoint = args.out / "checkpoint.safetensors"
    identity = {"seed": args.seed, "batch": size, "samples": samples, "horizon": HORIZON}
    if args.resume:
        about = load(checkpoint, model, optimizers)
        for key, value in identity.items():
            if (there := about.get(key, "none")) != str(value):
                stop(f"{checkpoint} has {key} {there}, and this run has {value}")
        update, before = int(about["update"]), float(about["seconds"])
        recent, of_epoch = Means(json.loads(about["recent"])), Means(json.loads(about["of_epoch"]))
    log = Log(args.out / "metrics.jsonl", update) if rank == 0 else None
    latest = {} if log is None else log.latest
    if args.resume and update >= steps and rank == 0:
        print(f"nothing to do: the run is at step {update}, and ends at {steps}", file=sys.stderr)
    progress = Progress(update, steps)
    began = saved = flushed = time.monotonic()
    signs = torch.tensor(list(STATEMENTS.values()), dtype=torch.get_default_dtype(), device=device)
    if args.compile:
        # The step, never the loop over steps, which would be unrolled.
        for name in ("step_f", "step_b"):
            setattr(model, name, torch.compile(getattr(model, name)))
    step = compute

    def line(kind: str, losses: dict[str, float], **scores: object) -> None:
        seconds = round(before + time.monotonic() - began, 3)
        epoch = None if per_epoch is None else update // per_epoch
        present = {part: score for part, score in scores.items() if score is not None}
        if log is not None:
            log.add(kind=kind, step=update, epoch=epoch, seconds=seconds, losses=losses, **present)

    def keep() -> None:
        if log is None:
            return
        log.flush()
        epoch, position = divmod(update, per_epoch) if per_epoch else (0, update)
        about = {"format": FORMAT, "program": PROGRAM, "update": update, "epoch": epoch}
        about |= {"position": position, **identity, "seconds": before + time.monotonic() - began}
        about |= {"recent": json.dumps([recent.count, *recent.sums])}
        about |= {"of_epoch": json.dumps([of_epoch.count, *of_epoch.sums])}
        save(checkpoint, model, optimizers, about)

    def evaluate(part: Tensor) -> dict[str, dict[str, float]] | None:
        """Means over a part of the data, 256 samples at a time."""
        if rank > 0 or len(part) == 0:
            return None
        model.eval()
        totals: dict[str, dict[str, float]] = {}
        counts: dict[str, dict[str, float]] = {}
        for rows in part.to(device).split(256):
            batch = take(data, rows)
            found = instances(batch["lengths"])
            for kind, scores in score(model, batch).items():
                sums = totals.setdefault(kind, {})
                sizes = counts.setdefault(kind, {})
                for label, value in scores.items():
                    count = found[kind][label].item()
                    sums[label] = sums.get(label, 0.0) + value * count
                    sizes[label] = sizes.get(label, 0.0) + count
        model.train()
        return {
            kind: {
                label: value / counts[kind][label] if counts[kind][label] else math.nan
                for label, value in sums.items()
            }
            for kind, sums in totals.items()
        }

    interrupted = False

    def interrupt(number: int, _: object) -> None:
        nonlocal interrupted
        interrupted = True
        signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    model.train()
    keep()
    stopping = False
    waiting: list[Tensor] = []
    order, of = train, -1
    while update < steps and not stopping:
        assert per_epoch is not None
        epoch, position = divmod(update, per_epoch)
        if epoch != of:
            order, of = train[permutation(args.seed, epoch, samples)].to(device), epoch
        rows = share(order[position * size : (position + 1) * size], rank, world)
        batch = take(data, rows)
        for one in optimizers:
            one.zero_grad(set_to_none=True)
        values = step(model, batch) * part_of_means(batch["lengths"], world)
        (values * signs).sum().backward()
        values = values.detach()
        stopping = interrupted
        if world > 1:
            flag = values.new_tensor([interrupted])
            values = sum_over_processes(model, torch.cat([values, flag]))
            values, stopping = values[:-1], values[-1].item() > 0
        for one in optimizers:
            one.step()
        update += 1
        waiting.append(values)

        ends_epoch = per_epoch is not None and update % per_epoch == 0
        if update % 10 != 0 and not ends_epoch and not stopping and update < steps:
            continue
        for losses_now in torch.stack(waiting).tolist():
            recent.add(losses_now)
            of_epoch.add(losses_now)
        waiting.clear()
        for label, total in zip(STATEMENTS, recent.sums, strict=True):
            if not math.isfinite(total):
                progress.clear()
                stop(f"the loss of {label} is not finite by step {update}; the checkpoint is kept")
        if update % 10 == 0:
            line("step", recent.by_label())
            progress.show(update, recent.by_label()) if rank == 0 else None
            latest, recent = recent.by_label(), Means()
        if ends_epoch:
            line("epoch", of_epoch.by_label(), test=evaluate(test))
            of_epoch = Means()
        now = time.monotonic()
        if log is not None and now - flushed > 1:
            log.flush()
            flushed = now
        if now - saved > 30:
            keep()
            saved = now

    keep()
    progress.clear()
    if rank == 0 and stopping:
        print(f"interrupted at step {update}; --resume continues", file=sys.stderr)
    elif rank == 0:
        train_scores, test_scores = evaluate(train), evaluate(test)
        line("final", recent.by_label() or latest, train=train_scores, test=test_scores)
        for part, scores in (("train", train_scores), ("test", test_scores)):
            if scores is not None:
                pairs = {**scores["metrics"], **scores["losses"]}.items()
                print(f"{part:6}", "  ".join(f"{label} {value:.4g}" for label, value in pairs))
        assert log is not None
        log.flush()
    if world > 1:
        dist.destroy_process_group()
    return 130 if stopping else 0


if __name__ == "__main__":
    sys.exit(main())
