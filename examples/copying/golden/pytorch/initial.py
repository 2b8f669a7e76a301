"""Initial values of the model's parameters."""

import math

from torch import Tensor, nn

from philox import normals, uniforms

State = dict[str, Tensor]


def symmetric(state: State, seed: int, name: str, bound: float) -> None:
    """Uniform between -bound and bound."""
    draw = 2 * uniforms(seed, name, state[name].numel()) - 1
    state[name].copy_((draw * bound).view_as(state[name]))


def uniform_fan_in(state: State, seed: int, name: str, fan_in: int) -> None:
    """PyTorch's default for linear and convolutional layers: U(-1/√fan_in, 1/√fan_in)."""
    symmetric(state, seed, name, 1 / math.sqrt(fan_in) if fan_in > 0 else 0.0)


def orthogonal(state: State, seed: int, name: str, gain: float = 1.0) -> None:
    """A random matrix with orthonormal rows or columns, by Gram and Schmidt's method."""
    rows = state[name].shape[0]
    matrix = normals(seed, name, state[name].numel()).float().double().reshape(rows, -1)
    wide = rows <= matrix.shape[1]
    a = matrix.T.clone() if wide else matrix.clone()
    for j in range(a.shape[1]):
        v = a[:, j]
        for _ in range(2 if j > 0 else 0):  # twice is enough
            c = (a[:, :j] * v[:, None]).cumsum(0)[-1]
            v = v - (a[:, :j] * c).cumsum(1)[:, -1]
        a[:, j] = v / (v * v).cumsum(0)[-1].sqrt()
    state[name].copy_((gain * (a.T if wide else a)).reshape(state[name].shape))


def initialize(model: nn.Module, seed: int) -> None:
    """Gives each parameter its initial values, drawn from the stream of its own name."""
    state = model.state_dict()
    orthogonal(state, seed, "V.weight")
    uniform_fan_in(state, seed, "W.weight", 10)
    uniform_fan_in(state, seed, "W.bias", 10)
    uniform_fan_in(state, seed, "H.weight", 128)
    uniform_fan_in(state, seed, "H.bias", 128)
    uniform_fan_in(state, seed, "Out.weight", 128)
    uniform_fan_in(state, seed, "Out.bias", 128)
