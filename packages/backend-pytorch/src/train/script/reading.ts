/** How a training script reads its data. */
import { FIRST_STEP } from "@sequent/ir";
import { quoted } from "../../model/code.js";
import type { Facts } from "./facts.js";
import { definitions, python } from "./template.js";
import type { Piece } from "./template.js";

export const STOP = python`
def stop(message: str) -> NoReturn:
    sys.exit(f"train.py: {message}")
`;

const READ_UTF8 = python`
def read_utf8(path: Path) -> str:
    """The text of a file, without a byte order mark."""
    data = path.read_bytes()
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        stop(f"line {line} of {path} is not UTF-8 (byte {error.start}); save the file as UTF-8")
`;

/** Where the data are a text: of one sequence, or of several that are equally long. */
const readText = (length: number | null): string => python`
def read_text(path: Path) -> np.ndarray:
    """The numbers of a text's characters${length === null ? "" : " in sequences of LENGTH; the rest is dropped"}."""
    text = read_utf8(path)
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

const READ_TABLE = python`
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
`;

export const DAMAGED = python`
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
`;

/** `text`: the input that a text is; null: no data are. */
const readArrays = (text: string | null): string => python`
def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz, .safetensors${text === null ? " or .csv file by name" : ", .csv or .txt file"}."""
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
        ${text !== null && ['if path.suffix == ".txt":', `    return {${quoted(text)}: read_text(path)}`]}
    except DAMAGED as error:
        why = "it holds Python objects" if "allow_pickle" in str(error) else str(error)
        stop(f"can't read {path}: {' '.join(why.split())}")
    stop(f"{path} is neither .npz nor .csv nor .safetensors${text === null ? "" : " nor .txt"}")
`;

/** Of sequences the steps stand behind the samples. */
const checkShapes = ({ sequences }: Facts): string => {
  const timed = sequences.length > 0;
  return python`
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
        axes = ["samples"]${timed ? ' + ["steps"] * (name in SEQUENCES)' : ""}
        if array.shape[len(axes) :] != shape or array.ndim < len(axes):
            stop(f"{name} is {shape_of(*array.shape)} in {path}, not {shape_of(*axes, *shape)}")
    if len({len(arrays[name]) for name in INPUTS}) != 1:
        stop(f"the arrays of {path} differ in their number of samples")
    ${timed && ["if len({arrays[name].shape[1] for name in SEQUENCES}) != 1:", '    stop(f"the sequences in {path} differ in their number of steps")']}
`;
};

const checkLength = ({ ragged }: Facts, least: number, isCut: boolean): string => {
  // The shortest window of a sequence is its last.
  const last = (steps: string): string => (isCut ? `(${steps} - 1) % BACK + 1` : steps);
  return python`
if ${ragged ? (isCut ? `(${last("lengths")}).min(initial=${String(least)})` : `lengths.min(initial=${String(least)})`) : `min(${last("data[name].shape[1]")} for name in SEQUENCES)`} < ${String(least)}:
    stop(f"{path} ${isCut ? "leaves windows" : "has sequences"} of ${least === 1 ? "no" : `fewer than ${String(least)}`} steps, which this model can't do with")
`;
};

/** Where steps are counted from both ends, too short a sequence has none that are neither. */
const checkSteps = (facts: Facts): Piece => {
  const { leastSteps, ragged, windows, settings: { first } } = facts;
  // The model counts to the last step, which is as many where the first is 1.
  const leastSequence = Math.max(1, (windows?.leastSequence ?? leastSteps) + FIRST_STEP - first);
  return [
    (!ragged || leastSequence > 1) && checkLength(facts, leastSequence, false),
    windows !== null && leastSteps > 1 && checkLength(facts, leastSteps, true),
  ];
};

const readInputs = (facts: Facts): string => {
  const { sequences, ragged, settings: { first } } = facts, before = first - FIRST_STEP;
  return python`
def read_inputs(path: Path) -> dict[str, Tensor]:
    """The inputs of the program, checked; floating-point ones in the precision of the run."""
    arrays = read_arrays(path)
    check_shapes(path, arrays)
    data: dict[str, Tensor] = {}
    ${ragged && "lengths = read_lengths(path, arrays)"}
    for name, (_, classes) in INPUTS.items():
        array = arrays[name]
        ${ragged && ["if name in SEQUENCES:", "    array = without_padding(array, lengths)"]}
        if not np.isfinite(array).all():
            stop(f"{name} in {path} holds NaN or infinity")
        integer = classes is not None
        if integer and (array != np.floor(array)).any():
            stop(f"{name} in {path} holds numbers that are no integers")
        if classes and (array.min(initial=0) < 0 or array.max(initial=0) >= classes):
            stop(f"{name} in {path} holds classes beyond 0..{classes - 1}")
        dtype = torch.int64 if integer else torch.get_default_dtype()
        data[name] = torch.from_numpy(np.ascontiguousarray(array)).to(dtype)
    ${ragged && before !== 0 && `# Sequences begin with step ${first}: what the model is given is the last step of each.`}
    ${ragged && `data["lengths"] = torch.from_numpy(lengths)${before === 0 ? "" : ` ${before < 0 ? "-" : "+"} ${Math.abs(before)}`}`}
    ${sequences.length > 0 && checkSteps(facts)}
    return data
`;
};

/** Where samples have sequences of their own lengths. */
const LENGTHS = python`
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
const loadData = ({ inputs, settings, sequences }: Facts): string => {
  const labels = inputs.filter((input) => input.classes !== null && input.classes > 0 && input.timed !== true);
  const [label] = labels;
  const classes = labels.length === 1 && label?.shape.length === 0 ? `data[${quoted(label.name)}]` : null;
  const seed = settings.splitSeed === null ? "seed" : String(settings.splitSeed);
  const isShare = typeof settings.test === "number";
  const bySplit = [`train, test = split(${seed}, TEST, ${classes ?? "torch.zeros(count, dtype=torch.int64)"})`];
  const byFile = [
    "held = read_inputs(TEST)",
    sequences.length > 0 && ["if any(data[name].shape[1] != held[name].shape[1] for name in SEQUENCES):", '    stop(f"the sequences in {path} and {TEST} differ in their number of steps")'],
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
    READ_UTF8, text !== null && readText(text.length), READ_TABLE, readArrays(text?.input ?? null), checkShapes(facts), readInputs(facts),
    ragged && LENGTHS, sequences.length > 0 && TAKE,
    byTorch && ORDER_BY_TORCH, byTorch && typeof test === "number" && SPLIT_BY_TORCH,
    loadData(facts),
  );
};
