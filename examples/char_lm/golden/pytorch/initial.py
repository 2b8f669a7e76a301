"""Initial values of the model's parameters."""

import math

from torch import Tensor, nn

from philox import normals, uniforms

State = dict[str, Tensor]


def symmetric(state: State, seed: int, name: str, bound: float) -> None:
    """Uniform between -bound and bound."""
    draw = 2 * uniforms(seed, name, state[name].numel()) - 1
    state[name].copy_((draw * bound).view_as(state[name]))


def scaled(state: State, seed: int, name: str, std: float, mean: float = 0.0) -> None:
    """Normal."""
    draw = normals(seed, name, state[name].numel())
    state[name].copy_((mean + std * draw).view_as(state[name]))


def uniform_fan_in(state: State, seed: int, name: str, fan_in: int) -> None:
    """PyTorch's default for linear and convolutional layers: U(-1/√fan_in, 1/√fan_in)."""
    symmetric(state, seed, name, 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0)


def normal(state: State, seed: int, name: str, mean: float = 0.0, std: float = 1.0) -> None:
    """Normal."""
    scaled(state, seed, name, std, mean)


def initialize(model: nn.Module, seed: int) -> None:
    """Gives each parameter its initial values, drawn from the stream of its own name."""
    state = model.state_dict()
    normal(state, seed, "E.weight")
    uniform_fan_in(state, seed, "F.weight", 224)
    uniform_fan_in(state, seed, "F.bias", 224)
    uniform_fan_in(state, seed, "I.weight", 224)
    uniform_fan_in(state, seed, "I.bias", 224)
    uniform_fan_in(state, seed, "C.weight", 224)
    uniform_fan_in(state, seed, "C.bias", 224)
    uniform_fan_in(state, seed, "O.weight", 224)
    uniform_fan_in(state, seed, "O.bias", 224)
    uniform_fan_in(state, seed, "Out.weight", 192)
    uniform_fan_in(state, seed, "Out.bias", 192)
