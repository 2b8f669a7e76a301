"""Initial values of the model's parameters."""

import math

from torch import Tensor, nn

from philox import uniforms

State = dict[str, Tensor]


def symmetric(state: State, seed: int, name: str, bound: float) -> None:
    """Uniform between -bound and bound."""
    draw = 2 * uniforms(seed, name, state[name].numel()) - 1
    state[name].copy_((draw * bound).view_as(state[name]))


def uniform_fan_in(state: State, seed: int, name: str, fan_in: int) -> None:
    """PyTorch's default for linear and convolutional layers: U(-1/√fan_in, 1/√fan_in)."""
    symmetric(state, seed, name, 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0)


def chrono(state: State, seed: int, name: str, steps: float, sign: float = 1.0) -> None:
    """±log U(1, steps - 1): a gate's bias, to remember for so many steps (Tallec and Ollivier 2018)."""
    draw = uniforms(seed, name, state[name].numel())
    state[name].copy_((sign * (1 + (max(steps, 2) - 2) * draw).log()).view_as(state[name]))


def initialize(model: nn.Module, seed: int) -> None:
    """Gives each parameter its initial values, drawn from the stream of its own name."""
    state = model.state_dict()
    uniform_fan_in(state, seed, "F.weight", 138)
    chrono(state, seed, "F.bias", steps=70)
    uniform_fan_in(state, seed, "I.weight", 138)
    chrono(state, seed, "I.bias", steps=70, sign=-1)
    uniform_fan_in(state, seed, "C.weight", 138)
    uniform_fan_in(state, seed, "C.bias", 138)
    uniform_fan_in(state, seed, "O.weight", 138)
    uniform_fan_in(state, seed, "O.bias", 138)
    uniform_fan_in(state, seed, "Out.weight", 128)
    uniform_fan_in(state, seed, "Out.bias", 128)
