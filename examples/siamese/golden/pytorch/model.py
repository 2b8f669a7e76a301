"""siamese, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Embed(nn.Module):
    """Embed := [E_1|relu|E_2]"""

    def __init__(self) -> None:
        super().__init__()
        self.E_1 = nn.Linear(64, 128)
        self.E_2 = nn.Linear(128, 32)

    def forward(self, x: Tensor) -> Tensor:
        return self.E_2(F.relu(self.E_1(x)))


class States(NamedTuple):
    """What the losses and metrics read."""

    a: Tensor
    p: Tensor
    n: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Embed = Embed()

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> States:
        # anchor / 16 --[Embed]-> a
        a = self.Embed(anchor / 16)
        # positive / 16 --[Embed]-> p
        p = self.Embed(positive / 16)
        # negative / 16 --[Embed]-> n
        n = self.Embed(negative / 16)
        return States(a, p, n)


def losses(states: States) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    # sum((a - p) ^ 2) -> near
    near = (states.a - states.p).square().sum(-1)
    # sum((a - n) ^ 2) -> far
    far = (states.a - states.n).square().sum(-1)
    return {
        "$ -relu(near - far + 1)": (-F.relu(near - far + 1)).mean(),
    }


def metrics(states: States) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # sum((a - p) ^ 2) -> near
    near = (states.a - states.p).square().sum(-1)
    # sum((a - n) ^ 2) -> far
    far = (states.a - states.n).square().sum(-1)
    return {
        "ordered": (near < far).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
