"""mlp_mse, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class States(NamedTuple):
    """What the losses and metrics read."""

    p: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.M_1 = nn.Linear(64, 64)
        self.M_2 = nn.Linear(64, 10)

    def forward(self, X: Tensor) -> States:
        # X / 16 --[M_1|relu]-> h_1 --[M_2]-> p => one_hot(y)
        h_1 = F.relu(self.M_1(X / 16))
        p = self.M_2(h_1)
        return States(p)


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    # X / 16 --[M_1|relu]-> h_1 --[M_2]-> p => one_hot(y)
    one_hot = F.one_hot(y.long(), 10).to(torch.get_default_dtype())
    half_square = 0.5 * (states.p - one_hot).square().sum(-1)
    return {
        "p => one_hot(y)": half_square.mean(),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    return {
        "accuracy": (states.p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
