/** How a training script reads its data. */
import { quoted } from "../../model/code.js";
import type { Facts } from "./facts.js";
import { definitions, python } from "./template.js";

export const STOP = python`
def stop(message: str) -> NoReturn:
    sys.exit(f"train.py: {message}")
`;

/** Where the data are a text: of one sequence, or of several that are equally long. */
const readText = (length: number | null): string => python`
def read_text(path: Path) -> np.ndarray:
    """The numbers of a text's characters${length === null ? "" : " in sequences of LENGTH; the rest is dropped"}."""
    text = path.read_bytes().decode("utf-8-sig")
    unknown = set(text) - set(VOCABULARY)
    if unknown:
        stop(f"{path} has characters that the model does not know: {sorted(unknown)}")
    code = {character: number for number, character in enumerate(VOCABULARY)}
    ${length === null ? "return np.array([[code[character] for character in text]])" : CUT_TEXT}
`;
const CUT_TEXT = python`
if len(text) < LENGTH:
    stop(f"{path} has {len(text)} characters, and a sequence {LENGTH}")
codes = [code[character] for character in text[: len(text) // LENGTH * LENGTH]]
return np.array(codes).reshape(-1, LENGTH)
`;

/** \`text\`: the input that a text is; null: no data are. */
const readArrays = (text: string | null): string => python`
def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz, .safetensors${text === null ? " or .csv file by name" : ", .csv or .txt file"}; columns X_0, X_1, ... are one array."""
    if not path.is_file():
        stop(f"there is no file {path}")
    if path.suffix == ".npz":
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    if path.suffix == ".safetensors":
        return load_arrays(path)
    ${text !== null && ['if path.suffix == ".txt":', `    return {${quoted(text)}: read_text(path)}`]}
    if path.suffix != ".csv":
        stop(f"{path} is neither .npz nor .csv nor .safetensors${text === null ? "" : " nor .txt"}")
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
`;

const CHECK_SHAPE = python`
if array.shape[1:] != shape or array.ndim == 0:
    stop(f"{name} is {array.shape} in {path}, not (samples, {str(shape)[1:]}")
`;
/** Of sequences the steps stand behind the samples. */
const CHECK_SHAPE_OVER_TIME = python`
first = 2 if name in SEQUENCES else 1
if array.shape[first:] != shape or array.ndim < first:
    axes = "samples, steps, " if first == 2 else "samples, "
    stop(f"{name} is {array.shape} in {path}, not ({axes}{str(shape)[1:]}")
`;

/** Where steps are counted from both ends, too short a sequence has none that are neither. */
const checkSteps = ({ leastSteps, ragged }: Facts): string => python`
if ${ragged ? "lengths.min()" : "min(data[name].shape[1] for name in SEQUENCES)"} < ${String(leastSteps)}:
    stop(f"{path} has sequences of fewer than ${String(leastSteps)} steps, which this model can't do with")
`;

const readInputs = (facts: Facts): string => {
  const { sequences, ragged, leastSteps } = facts;
  return python`
def read_inputs(path: Path) -> dict[str, Tensor]:
    """The inputs of the program, checked; floating-point ones in the precision of the run."""
    arrays = read_arrays(path)
    data: dict[str, Tensor] = {}
    ${ragged && "lengths = read_lengths(path, arrays)"}
    for name, (shape, classes) in INPUTS.items():
        if name not in arrays:
            stop(f"{path} has no array {name}; it has {', '.join(arrays)}")
        array = arrays[name]
        ${sequences.length > 0 ? CHECK_SHAPE_OVER_TIME : CHECK_SHAPE}
        ${ragged && ["if first == 2:", "    array = without_padding(array, lengths)"]}
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
    ${ragged && 'data["lengths"] = torch.from_numpy(lengths)'}
    ${leastSteps > 1 && checkSteps(facts)}
    return data
`;
};

/** Where samples have sequences of their own lengths. */
const LENGTHS = python`
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

const TAKE = python`
def take(data: dict[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
    """The batch of these samples; of sequences the steps are the first axis."""
    return {
        name: values[rows].transpose(0, 1) if name in SEQUENCES else values[rows]
        for name, values in data.items()
    }
`;

const ORDER_BY_TORCH = python`
def permutation(seed: int, epoch: int, count: int) -> Tensor:
    """The order of ${"`count`"} samples in an epoch."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return torch.randperm(count, generator=generator)
`;

const SPLIT_BY_TORCH = python`
def split(seed: int, test: float, classes: Tensor) -> tuple[Tensor, Tensor]:
    """The samples of the training and of the test part, which has the share ${"`test`"} of each class."""
    order = permutation(seed, -1, len(classes))
    in_test = torch.zeros(len(classes), dtype=torch.bool)
    for label in classes.unique():
        members = order[classes[order] == label]
        in_test[members[: math.floor(test * len(members) + 0.5)]] = True
    return torch.nonzero(~in_test)[:, 0], torch.nonzero(in_test)[:, 0]
`;

/** The test part is a share of each class, where one input is a label, or a file. */
const loadData = ({ inputs, settings }: Facts): string => {
  const labels = inputs.filter((input) => input.classes !== null && input.classes > 0 && input.timed !== true);
  const [label] = labels;
  const classes = labels.length === 1 && label?.shape.length === 0 ? `data[${quoted(label.name)}]` : null;
  const seed = settings.splitSeed === null ? "seed" : String(settings.splitSeed);
  const isShare = typeof settings.test === "number";
  const bySplit = [`train, test = split(${seed}, float(TEST), ${classes ?? "torch.zeros(count, dtype=torch.int64)"})`];
  const byFile = [
    "held = read_inputs(Path(str(TEST)))",
    "data = {name: torch.cat([data[name], held[name]]) for name in data}",
    "train, test = torch.arange(len(next(iter(data.values())))).tensor_split([count])",
  ];
  return python`
def load_data(path: Path, seed: int) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """The inputs, and the samples of the training and of the test part."""
    data = read_inputs(path)
    ${(!isShare || classes === null) && "count = len(next(iter(data.values())))"}
    ${isShare ? bySplit : byFile}
    return data, train, test
`;
};

/** From a file to the inputs, the samples that are trained on and those that are held out. */
export const reading = (facts: Facts): string => {
  const { random, settings: { test, text }, sequences, ragged } = facts;
  const byTorch = random === "torch";
  return definitions(
    text !== null && readText(text.length), readArrays(text?.input ?? null), readInputs(facts),
    ragged && LENGTHS, sequences.length > 0 && TAKE,
    byTorch && ORDER_BY_TORCH, byTorch && typeof test === "number" && SPLIT_BY_TORCH,
    loadData(facts),
  );
};
