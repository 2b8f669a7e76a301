/** `save` and `load`: what a run goes on from. Beside the model stands what PyTorch's optimizers keep, or the slots of our own equations. */
import type { Facts } from "./facts.js";
import { definitions, python } from "./template.js";
import type { Piece } from "./template.js";

/** What holds the state beside the model. */
interface Keeper {
  readonly name: string;
  readonly type: string;
  /** Adds to `tensors` what it keeps. */
  readonly saved: string;
  /** Takes it from what was `saved`. */
  readonly loaded: string;
}

const SLOTS: Keeper = {
  name: "slots", type: "Slots",
  saved: "tensors |= slots",
  loaded: python`
for name, own in slots.items():
    if name not in saved or saved[name].shape != own.shape or saved[name].dtype != own.dtype:
        stop(f"{path} is of another program or precision: it has no {name} like this one's")
    own.copy_(saved[name])
`,
};

const OPTIMIZERS: Keeper = {
  name: "optimizers", type: "Optimizers",
  saved: python`
names: dict[Tensor, str] = {value: name for name, value in model.named_parameters()}
for one in optimizers:
    for parameter, kept in one.state.items():
        for key, slot in SLOTS.items():
            if isinstance(kept.get(key), Tensor):
                tensors[f"{names[parameter]}.{slot}"] = kept[key]
`,
  loaded: python`
update = int(about["update"])
for name, parameter in model.named_parameters():
    slots = {key: saved.get(f"{name}.{slot}") for key, slot in SLOTS.items()}
    kept = {key: slot.to(parameter.device) for key, slot in slots.items() if slot is not None}
    if update == 0 or not kept:
        continue
    for one in optimizers:
        if any(parameter is own for group in one.param_groups for own in group["params"]):
            one.state[parameter] = {"step": torch.tensor(float(update)), **kept}
`,
};

const NAMES_OF_SLOTS = python`
# What torch.optim keeps for a parameter, and its name behind the parameter's in a checkpoint.
SLOTS = {
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "momentum_buffer": "momentum",
    "square_avg": "square",
    "grad_avg": "mean",
}
`;

/** Where copies have other names in Python, each name is translated on its way to a file. */
const modelTensors = (renamed: boolean): readonly string[] => (renamed
  ? ['kept_names = [name for name in state if not name.endswith("num_batches_tracked")]', "tensors = {NAMES.get(name, name): state[name] for name in kept_names}"]
  : ['tensors = {name: state[name] for name in state if not name.endswith("num_batches_tracked")}']);

const stateOf = (keeper: Keeper, renamed: boolean): string => python`
def state_of(model: nn.Module, ${keeper.name}: ${keeper.type}) -> dict[str, Tensor]:
    """Parameters, running statistics and what the optimizers keep, by name."""
    state = model.state_dict()
    ${modelTensors(renamed)}
    ${keeper.saved}
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
`;

const headOfSave = ({ name, type }: Keeper, carried: boolean): Piece => (carried
  ? ["def save(", "    path: Path,", "    model: nn.Module,", `    ${name}: ${type},`, "    carried: dict[str, Tensor],", "    about: dict[str, object],", ") -> None:"]
  : `def save(path: Path, model: nn.Module, ${name}: ${type}, about: dict[str, object]) -> None:`);

const save = (keeper: Keeper, carried: boolean): string => python`
${headOfSave(keeper, carried)}
    """Writes a checkpoint as a whole or not at all."""
    tensors = state_of(model, ${keeper.name})
    ${carried && "tensors |= {name: value.cpu().contiguous() for name, value in carried.items()}"}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            stop(f"{name} is not finite at step {about['update']}; the last checkpoint is kept")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    save_file(tensors, temporary, {key: str(value) for key, value in about.items()})
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
`;

const load = (keeper: Keeper, renamed: boolean, carried: boolean): string => python`
def load(path: Path, model: nn.Module, ${keeper.name}: ${keeper.type}) -> ${carried ? "tuple[dict[str, str], dict[str, Tensor]]" : "dict[str, str]"}:
    """Reads a checkpoint into the model and the optimizers; gives what it says about the run${carried ? ", and what was carried" : ""}."""
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
        ${renamed && "name = NAMES.get(name, name)"}
        if name not in saved or saved[name].shape != own.shape or saved[name].dtype != own.dtype:
            stop(f"{path} is of another program or precision: it has no {name} like the model's")
        own.copy_(saved[name])
    ${keeper.loaded}
    ${carried ? ['left = {name: value for name, value in saved.items() if name.startswith("carried/")}', "return about, left"] : "return about"}
`;

export const checkpoints = ({ equations, model, savesCarry }: Facts): string => {
  const keeper = equations ? SLOTS : OPTIMIZERS, renamed = model.renamed.size > 0;
  return definitions(!equations && NAMES_OF_SLOTS, stateOf(keeper, renamed), save(keeper, savesCarry), load(keeper, renamed, savesCarry));
};
