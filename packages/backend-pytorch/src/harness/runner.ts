/**
 * The Python that runs emitted models for `eval` and for differential tests. It reads `jobs.jsonl` in its folder from the line given on,
 * and appends one line a job to `results.jsonl`, flushed, so that what was done is known if the process dies. Numbers travel as base64 of
 * little-endian doubles: exact, NaN and -0 included. Functions of a model get their arguments by name.
 */
export const RUNNER = String.raw`"""Runs emitted models: python runner.py FOLDER FIRST SECONDS_PER_JOB."""

import base64
import inspect
import json
import signal
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import numpy as np
    import torch
    from torch import Tensor
except ImportError as error:
    print(f"missing {error.name}", flush=True)
    sys.exit(66)

Values = dict[str, Any]


class Mistake(Exception):
    """What is wrong with a job, as the reader is told it."""


def decode(stored: Values, dtype: torch.dtype) -> Tensor:
    flat = np.frombuffer(base64.b64decode(stored["f64"]), dtype="<f8").copy()
    values = torch.from_numpy(flat).reshape(stored["shape"])
    return values.long() if stored.get("int") else values.to(dtype)


def encode(value: Tensor) -> Values:
    flat = value.detach().double().contiguous().cpu().numpy().astype("<f8")
    return {"shape": list(value.shape), "f64": base64.b64encode(flat.tobytes()).decode()}


def call(function: Callable[..., Any], given: Values) -> Any:
    """Calls a function with the arguments that it names."""
    code = inspect.unwrap(function).__code__
    names = [name for name in code.co_varnames[: code.co_argcount] if name != "self"]
    missing = [name for name in names if name not in given]
    if missing:
        raise Mistake(f"{function.__name__} wants {', '.join(missing)}, and the job has none")
    return function(**{name: given[name] for name in names})


COMPILED: dict[str, Any] = {}


def load_modules(files: dict[str, str]) -> dict[str, types.ModuleType]:
    """The emitted files as modules that see each other; model.py last."""
    modules: dict[str, types.ModuleType] = {}
    order = sorted(files, key=lambda path: (path == "model.py", path == "initial.py", path))
    try:
        for path in order:
            name = path.removesuffix(".py")
            module = types.ModuleType(name)
            sys.modules[name] = modules[name] = module
            text = files[path]
            code = COMPILED.get(text)
            if code is None:
                code = compile(text, path, "exec")
                if path != "model.py":
                    COMPILED[text] = code
            exec(code, module.__dict__)
    finally:
        for name in modules:
            sys.modules.pop(name, None)
    return modules


# torch.optim's names of what an optimizer keeps, and ours.
SLOTS = {
    torch.optim.Adam: {"exp_avg": "m", "exp_avg_sq": "v"},
    torch.optim.AdamW: {"exp_avg": "m", "exp_avg_sq": "v"},
    torch.optim.SGD: {"momentum_buffer": "momentum"},
    torch.optim.RMSprop: {"square_avg": "square", "grad_avg": "mean", "momentum_buffer": "momentum"},
}


class Session:
    """One emitted program with its state."""

    def __init__(self, job: Values) -> None:
        self.job = job
        self.dtype = torch.float64 if job["dtype"] == "f64" else torch.float32
        torch.set_default_dtype(self.dtype)
        # torch.manual_seed would also keep a trace of this place for devices that are not used.
        torch.default_generator.manual_seed(job["seed"])
        modules = load_modules(job["files"])
        self.module = modules["model"]
        self.philox = modules.get("philox")
        self.inputs = {name: decode(value, self.dtype) for name, value in job["inputs"].items()}
        timed = job["timed"]
        rows = {value.shape[int(name in timed)] for name, value in self.inputs.items()}
        self.samples = torch.arange(rows.pop() if rows else job["rows"])
        make = getattr(self.module, "Model", None)
        self.model: torch.nn.Module | None = None if make is None else make()
        slots = self.start(modules)
        make_optimizer = getattr(self.module, "optimizer", None)
        made = [] if make_optimizer is None else call(make_optimizer, {"model": self.model})
        self.made = made
        self.optimizers = list(made) if isinstance(made, (list, tuple)) else [made]
        make_slots = getattr(self.module, "make_slots", None)
        self.slots_made = {} if make_slots is None else make_slots(self.model)
        self.start_slots(slots)
        self.update: int = job["done"]
        # Parameters, buffers and what the optimizers keep, as show() finds them.
        self.kept: dict[str, Tensor] = {}

    def start(self, modules: dict[str, types.ModuleType]) -> dict[str, Tensor]:
        """Initial values, then the job's own; gives those that are the optimizers'."""
        if self.model is None:
            return {}
        slots: dict[str, Tensor] = {}
        self.model.to(self.dtype)
        if "initial" in modules:
            modules["initial"].initialize(self.model, self.job["seed"])
        state = self.model.state_dict()
        for ours, value in self.job["parameters"].items():
            name = self.job["shown"].get(ours, ours)
            if name not in state and name.rpartition(".")[0] in state:
                slots[name] = decode(value, self.dtype)
                continue
            if name not in state:
                raise Mistake(f"the model has no {name}; it has {', '.join(state)}")
            if list(state[name].shape) != value["shape"]:
                raise Mistake(f"{name} is {list(state[name].shape)}, and the job's {value['shape']}")
            state[name].copy_(decode(value, self.dtype))
        return slots

    def start_slots(self, given: dict[str, Tensor]) -> None:
        """What the optimizers keep, where the job says it; the others of the same parameter are zeros."""
        if self.slots_made:
            for name, value in given.items():
                self.slots_made[name].copy_(value)
            return
        for optimizer, parameter, name in self.optimized():
            kept = SLOTS.get(type(optimizer), {})
            if not any(f"{name}.{ours}" in given for ours in kept.values()):
                continue
            zeros = torch.zeros_like(parameter)
            slots = {theirs: given.get(f"{name}.{ours}", zeros.clone()) for theirs, ours in kept.items()}
            optimizer.state[parameter] = {"step": torch.tensor(0.0), **slots}

    def optimized(self) -> list[tuple[torch.optim.Optimizer, Tensor, str]]:
        """Each optimizer with each of its parameters and the parameter's name."""
        if self.model is None:
            return []
        names = {parameter: name for name, parameter in self.model.named_parameters()}
        return [
            (optimizer, parameter, names[parameter])
            for optimizer in self.optimizers
            for group in optimizer.param_groups
            for parameter in group["params"]
        ]

    def given(self, inputs: dict[str, Tensor]) -> Values:
        """What the functions of a model may ask for."""
        given: Values = {**inputs, "model": self.model, "update": self.update}
        given.update(optimizer=self.made, optimizers=self.optimizers, samples=self.samples)
        given.update(rows=len(self.samples), slots=self.slots_made)
        if self.philox is not None and hasattr(self.philox, "Noise"):
            given["noise"] = self.philox.Noise(self.job["seed"], self.update, self.samples)
        return given

    def losses(self, given: Values) -> tuple[dict[str, Tensor], Tensor | None]:
        """The loss of each statement, and the total that is minimised; null if nothing is trained."""
        if self.model is not None:
            names = self.model.forward.__func__.__code__  # type: ignore[attr-defined]
            wanted = names.co_varnames[1 : names.co_argcount]
            missing = [name for name in wanted if name not in given]
            if missing:
                raise Mistake(f"forward wants {', '.join(missing)}, and the job has none")
            given["states"] = self.model(**{name: given[name] for name in wanted})
        function = getattr(self.module, "losses", None)
        losses = {} if function is None else call(function, given)
        signs = self.job["signs"]
        terms = [signs.get(label, 1) * value for label, value in losses.items()]
        return losses, sum(terms[1:], terms[0]) if terms else None

    def step(self) -> None:
        if self.model is None:
            self.update += 1
            return
        self.model.train()
        if hasattr(self.module, "step"):
            call(self.module.step, self.given(self.inputs))
            self.update += 1
            return
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        given = self.given(self.inputs)
        _, total = self.losses(given)
        if total is not None and total.requires_grad:
            total.backward()
        if hasattr(self.module, "before_step"):
            call(self.module.before_step, given)
        for optimizer, parameter, _ in self.optimized() if self.update == 0 else []:
            # A damped direction starts as the first gradient, whatever it was.
            if optimizer.defaults.get("dampening", 0) != 0:
                optimizer.state.pop(parameter, None)
        for optimizer in self.optimizers:
            optimizer.step()
        if hasattr(self.module, "after_step"):
            call(self.module.after_step, given)
        self.update += 1

    def show(self) -> Values:
        """The values asked for, at the state now; changes nothing."""
        inputs = dict(self.inputs)
        wanted = [name[1:] for name in self.job["show"] if name.startswith("^")]
        for field in [field for name in wanted for field in self.sources(name)]:
            if field in inputs and inputs[field].is_floating_point():
                inputs[field] = inputs[field].clone().requires_grad_()
        before = {}
        if self.model is not None:
            self.model.train(self.job["mode"] == "train")
            before = {name: value.clone() for name, value in self.model.named_buffers()}
        given = self.given(inputs)
        losses, total = self.losses(given)
        metrics = getattr(self.module, "metrics", None)
        self.kept = {} if self.model is None else {**self.model.state_dict(), **self.slots()}
        values = {name: self.value(name, given, total) for name in self.job["show"] if name[0] != "^"}
        gradients = self.equations if hasattr(self.module, "step") else self.gradients
        values |= gradients(wanted, given, total)
        scores = {} if metrics is None else call(metrics, given)
        for name, buffer in before.items():
            assert self.model is not None
            self.model.get_buffer(name).copy_(buffer)
        return {
            "values": {name: encode(value) for name, value in values.items()},
            "losses": {label: encode(value) for label, value in losses.items()},
            "metrics": {label: encode(value) for label, value in scores.items()},
        }

    def value(self, name: str, given: Values, total: Tensor | None) -> Tensor:
        if name == "loss" and name not in self.job["shown"]:
            return torch.zeros(()) if total is None else total
        field = self.job["shown"].get(name, name)
        states = given.get("states")
        if states is not None and hasattr(states, field):
            return getattr(states, field)
        if field in self.inputs:
            return given[field]
        for key in (field, name):
            if key in self.kept:
                return self.kept[key]
        raise Mistake(f"there is no value {name}")

    def slots(self) -> dict[str, Tensor]:
        """What the optimizers keep, by our names."""
        if self.slots_made:
            return self.slots_made
        slots: dict[str, Tensor] = {}
        for optimizer, parameter, name in self.optimized():
            for theirs, ours in SLOTS.get(type(optimizer), {}).items():
                kept = optimizer.state.get(parameter, {}).get(theirs)
                slots[f"{name}.{ours}"] = torch.zeros_like(parameter) if kept is None else kept
        return slots

    def equations(self, names: list[str], given: Values, total: Tensor | None) -> dict[str, Tensor]:
        """The gradients that the program's own equations give; the Update that they come with is undone."""
        if not names:
            return {}
        state = {} if self.model is None else self.model.state_dict()
        kept = {**state, **self.slots_made}
        before = {name: value.clone() for name, value in kept.items()}
        found = call(self.module.step, given).gradients
        found = {name: gradient.clone() for name, gradient in found.items()}
        for name, value in kept.items():
            value.copy_(before[name])
        parameters = {} if self.model is None else dict(self.model.named_parameters())
        gradients: dict[str, Tensor] = {}
        for name in names:
            if name in found:
                gradients[f"^{name}"] = found[name]
                continue
            like = parameters.get(self.job["shown"].get(name, name))
            like = self.value(name, given, total) if like is None else like
            gradients[f"^{name}"] = torch.zeros_like(like)
        return gradients

    def sources(self, name: str) -> list[str]:
        """The values whose gradients, added up, are that of this state."""
        return self.job["adjoints"].get(name, [self.job["shown"].get(name, name)])

    def gradients(self, names: list[str], given: Values, total: Tensor | None) -> dict[str, Tensor]:
        parameters = {} if self.model is None else dict(self.model.named_parameters())
        targets: list[tuple[str, Tensor]] = []
        for name in names:
            for field in self.sources(name):
                known = parameters.get(field)
                target = self.value(field, given, total) if known is None else known
                targets.append((f"^{name}", target))
        live = [(name, target) for name, target in targets if target.requires_grad]
        found: tuple[Tensor | None, ...] = (None,) * len(live)
        if total is not None and total.requires_grad and live:
            found = torch.autograd.grad(
                total, [target for _, target in live], retain_graph=True, allow_unused=True
            )
        gradients = {name: torch.zeros_like(target) for name, target in targets}
        for (name, _), gradient in zip(live, found, strict=True):
            if gradient is not None:
                gradients[name] = gradients[name] + gradient
        return gradients


def run(job: Values) -> Values:
    session = Session(job)
    snapshots = []
    for steps in job["steps"]:
        while session.update < steps:
            session.step()
        snapshots.append(session.show())
    return {"snapshots": snapshots}


def late(*_: object) -> None:
    raise TimeoutError


def guarded(job: Values, seconds: float) -> Values:
    """The result of a job, or what went wrong in it."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return run(job)
    except TimeoutError:
        return {"error": "time", "message": f"not done after {seconds:g} seconds"}
    except Mistake as mistake:
        return {"error": "job", "message": str(mistake)}
    except Exception as error:  # an emitted program's own
        place = error.__traceback__
        line = 0
        while place is not None:
            if place.tb_frame.f_code.co_filename == "model.py":
                line = place.tb_lineno
            place = place.tb_next
        where = f" at line {line} of model.py" if line else ""
        return {"error": "program", "message": f"{type(error).__name__}{where}: {error}"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(folder: Path, first: int, seconds: float) -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, late)
    with (folder / "jobs.jsonl").open() as jobs, (folder / "results.jsonl").open("a") as results:
        for k, line in enumerate(jobs):
            if k < first:
                continue
            results.write(json.dumps(guarded(json.loads(line), seconds)) + "\n")
            results.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
`;
