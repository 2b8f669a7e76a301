/** The parts of `train.py` that are the same for every program, in the order in which they stand there. */

/** Where the data are a text. */
export const TEXTS = String.raw`
def read_text(path: Path) -> np.ndarray:
    """The numbers of a text's characters in sequences of LENGTH; the rest is dropped."""
    text = path.read_bytes().decode("utf-8-sig")
    unknown = set(text) - set(VOCABULARY)
    if unknown:
        stop(f"{path} has characters that the model does not know: {sorted(unknown)}")
    code = {character: number for number, character in enumerate(VOCABULARY)}
    if len(text) < LENGTH:
        stop(f"{path} has {len(text)} characters, and a sequence {LENGTH}")
    codes = [code[character] for character in text[: len(text) // LENGTH * LENGTH]]
    return np.array(codes).reshape(-1, LENGTH)
`;

export const READING = String.raw`
def stop(message: str) -> NoReturn:
    sys.exit(f"train.py: {message}")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz, .safetensors or .csv file by name; columns X_0, X_1, ... are one array."""
    if not path.is_file():
        stop(f"there is no file {path}")
    if path.suffix == ".npz":
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    if path.suffix == ".safetensors":
        return load_arrays(path)
    if path.suffix != ".csv":
        stop(f"{path} is neither .npz nor .csv nor .safetensors")
    with path.open(newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    table = np.array(rows, dtype=np.float64)
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


def read_inputs(path: Path) -> dict[str, Tensor]:
    """The inputs of the program, checked; floating-point ones in the precision of the run."""
    arrays = read_arrays(path)
    data: dict[str, Tensor] = {}
    for name, (shape, classes) in INPUTS.items():
        if name not in arrays:
            stop(f"{path} has no array {name}; it has {', '.join(arrays)}")
        array = arrays[name]
        if array.shape[1:] != shape or array.ndim == 0:
            stop(f"{name} is {array.shape} in {path}, not (samples, {str(shape)[1:]}")
        if not np.isfinite(array).all():
            stop(f"{name} in {path} holds NaN or infinity")
        integer = classes is not None
        if integer and (array != np.floor(array)).any():
            stop(f"{name} in {path} holds numbers that are no integers")
        if classes and (array.min(initial=0) < 0 or array.max(initial=0) >= classes):
            stop(f"{name} in {path} holds classes beyond 0..{classes - 1}")
        dtype = torch.int64 if integer else torch.get_default_dtype()
        data[name] = torch.from_numpy(np.ascontiguousarray(array)).to(dtype)
    if len({len(values) for values in data.values()}) != 1:
        stop(f"the arrays of {path} differ in their number of samples")
    return data
`;

/** Where samples have sequences of their own lengths. */
export const LENGTHS = String.raw`
def read_lengths(path: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """The number of steps of each sample; all arrays that say it agree."""
    found = [arrays[f"{name}_length"] for name in SEQUENCES if f"{name}_length" in arrays]
    steps = max(arrays[name].shape[1] for name in SEQUENCES if name in arrays)
    if not found:
        return np.full(len(next(iter(arrays.values()))), steps)
    lengths = found[0].astype(np.int64)
    if any((other != lengths).any() for other in found):
        stop(f"the lengths of the sequences in {path} differ")
    if lengths.min() < 1 or lengths.max() > steps:
        stop(f"{path} has lengths beyond 1..{steps}")
    return lengths


def without_padding(array: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What stands behind the end of a sequence is never read: zeros."""
    valid = np.arange(array.shape[1]) < lengths[:, None]
    return np.where(valid.reshape(valid.shape + (1,) * (array.ndim - 2)), array, 0)
`;
export const TAKE = String.raw`
def take(data: dict[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
    """The batch of these samples; of sequences the steps are the first axis."""
    return {
        name: values[rows].transpose(0, 1) if name in SEQUENCES else values[rows]
        for name, values in data.items()
    }
`;

export const MEANS = String.raw`
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
`;

/** As the class in MEANS, where a statement may have no instance in a window. */
export const WEIGHED_MEANS = String.raw`
class Means:
    """Sums and how often each was added to, for each training statement."""

    def __init__(self, values: list[float | None] | None = None) -> None:
        count, *rest = values or [0.0]
        gap = rest.index(None) if None in rest else len(rest)
        self.count = count or 0.0
        self.sums = [value or 0.0 for value in rest[:gap]] or [0.0] * len(STATEMENTS)
        self.weights = [value or 0.0 for value in rest[gap + 1 :]] or [self.count] * len(STATEMENTS)

    def add(self, values: list[float]) -> None:
        """Values, and behind them whether each counts."""
        self.count += 1
        for k, value in enumerate(values[: len(STATEMENTS)]):
            if values[len(STATEMENTS) + k]:
                self.sums[k] += value
                self.weights[k] += 1

    def as_list(self) -> list[float | None]:
        even = all(weight == self.count for weight in self.weights)
        return [self.count, *self.sums, *([] if even else [None, *self.weights])]

    def by_label(self) -> dict[str, float]:
        """The means; none of nothing."""
        if not self.count:
            return {}
        pairs = zip(STATEMENTS, self.sums, self.weights, strict=True)
        return {label: total / weight if weight else math.nan for label, total, weight in pairs}
`;

export const CHECKPOINTS = String.raw`
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
    with safe_open(path, "pt") as file:
        about = file.metadata() or {}
        names = file.keys()
        saved = {name: file.get_tensor(name) for name in names}
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
`;

/** As CHECKPOINTS, where the equations' slots have our names already. */
export const CHECKPOINTS_OF_SLOTS = String.raw`
def state_of(model: nn.Module, slots: Slots) -> dict[str, Tensor]:
    """Parameters, running statistics and what the optimizers keep, by name."""
    state = model.state_dict()
    tensors = {name: state[name] for name in state if not name.endswith("num_batches_tracked")}
    tensors |= slots
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def save(path: Path, model: nn.Module, slots: Slots, about: dict[str, object]) -> None:
    """Writes a checkpoint as a whole or not at all."""
    tensors = state_of(model, slots)
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            stop(f"{name} is not finite at step {about['update']}; the last checkpoint is kept")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    save_file(tensors, temporary, {key: str(value) for key, value in about.items()})
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path, model: nn.Module, slots: Slots) -> dict[str, str]:
    """Reads a checkpoint into the model and the optimizers; gives what it says about the run."""
    if not path.is_file():
        stop(f"there is no checkpoint {path} to resume from")
    with safe_open(path, "pt") as file:
        about = file.metadata() or {}
        names = file.keys()
        saved = {name: file.get_tensor(name) for name in names}
    if about.get("format") != FORMAT:
        stop(f"{path} is no checkpoint of a training run")
    for name, own in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name not in saved or saved[name].shape != own.shape or saved[name].dtype != own.dtype:
            stop(f"{path} is of another program or precision: it has no {name} like the model's")
        own.copy_(saved[name])
    for name, own in slots.items():
        if name not in saved or saved[name].shape != own.shape or saved[name].dtype != own.dtype:
            stop(f"{path} is of another program or precision: it has no {name} like this one's")
        own.copy_(saved[name])
    return about
`;

export const PROGRESS = String.raw`
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
`;

/** The step of one process, and what several do together. */
export const STEP = String.raw`
def share(rows: Tensor, rank: int, world: int) -> Tensor:
    """The part of a batch that is this process's."""
    return rows[len(rows) * rank // world : len(rows) * (rank + 1) // world]


def sum_over_processes(model: nn.Module, values: Tensor) -> Tensor:
    """Adds gradients and values over all processes, in one message."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    message = torch.cat([*(gradient.flatten() for gradient in gradients), values])
    dist.all_reduce(message)
    parts = message.split([gradient.numel() for gradient in gradients] + [len(values)])
    for gradient, part in zip(gradients, parts[:-1], strict=True):
        gradient.copy_(part.view_as(gradient))
    return parts[-1]
`;
