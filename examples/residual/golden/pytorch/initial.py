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


def zeros(state: State, seed: int, name: str) -> None:
    """0 everywhere."""
    state[name].fill_(0.0)


def ones(state: State, seed: int, name: str) -> None:
    """1 everywhere."""
    state[name].fill_(1.0)


def initialize(model: nn.Module, seed: int) -> None:
    """Gives each parameter its initial values, drawn from the stream of its own name."""
    state = model.state_dict()
    uniform_fan_in(state, seed, "M_1.weight", 64)
    uniform_fan_in(state, seed, "M_1.bias", 64)
    ones(state, seed, "Block_1.layer_norm.weight")
    zeros(state, seed, "Block_1.layer_norm.bias")
    uniform_fan_in(state, seed, "Block_1.W_1.weight", 64)
    uniform_fan_in(state, seed, "Block_1.W_1.bias", 64)
    uniform_fan_in(state, seed, "Block_1.W_2.weight", 64)
    uniform_fan_in(state, seed, "Block_1.W_2.bias", 64)
    ones(state, seed, "Block_2.layer_norm.weight")
    zeros(state, seed, "Block_2.layer_norm.bias")
    uniform_fan_in(state, seed, "Block_2.W_1.weight", 64)
    uniform_fan_in(state, seed, "Block_2.W_1.bias", 64)
    uniform_fan_in(state, seed, "Block_2.W_2.weight", 64)
    uniform_fan_in(state, seed, "Block_2.W_2.bias", 64)
    ones(state, seed, "layer_norm.weight")
    zeros(state, seed, "layer_norm.bias")
    uniform_fan_in(state, seed, "M_2.weight", 64)
    uniform_fan_in(state, seed, "M_2.bias", 64)
