"""mlp_softmax, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class States(NamedTuple):
    """What the losses and metrics read."""

    m_2: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.M_1 = nn.Linear(64, 64)
        self.M_2 = nn.Linear(64, 10)

    def forward(self, X: Tensor) -> States:
        # X / 16 --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)
        h_1 = F.relu(self.M_1(X / 16))
        return States(self.M_2(h_1))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.m_2, y.long()),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # X / 16 --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)
    p = states.m_2.softmax(-1)
    return {
        "accuracy": (p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
