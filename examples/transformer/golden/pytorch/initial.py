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


def zeros(state: State, seed: int, name: str) -> None:
    """0 everywhere."""
    state[name].fill_(0.0)


def ones(state: State, seed: int, name: str) -> None:
    """1 everywhere."""
    state[name].fill_(1.0)


def initialize(model: nn.Module, seed: int) -> None:
    """Gives each parameter its initial values, drawn from the stream of its own name."""
    state = model.state_dict()
    normal(state, seed, "E.weight")
    ones(state, seed, "layer_norm_1.weight")
    zeros(state, seed, "layer_norm_1.bias")
    uniform_fan_in(state, seed, "Attend.Q.weight", 32)
    uniform_fan_in(state, seed, "Attend.Q.bias", 32)
    uniform_fan_in(state, seed, "Attend.K.weight", 32)
    uniform_fan_in(state, seed, "Attend.K.bias", 32)
    uniform_fan_in(state, seed, "Attend.V.weight", 32)
    uniform_fan_in(state, seed, "Attend.V.bias", 32)
    ones(state, seed, "layer_norm_2.weight")
    zeros(state, seed, "layer_norm_2.bias")
    uniform_fan_in(state, seed, "F_1.weight", 32)
    uniform_fan_in(state, seed, "F_1.bias", 32)
    uniform_fan_in(state, seed, "F_2.weight", 32)
    uniform_fan_in(state, seed, "F_2.bias", 32)
    uniform_fan_in(state, seed, "Out.weight", 32)
    uniform_fan_in(state, seed, "Out.bias", 32)
