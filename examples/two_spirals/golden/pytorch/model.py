"""two_spirals, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class States(NamedTuple):
    """What the losses and metrics read."""

    m_3: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.M_1 = nn.Linear(2, 64)
        self.M_2 = nn.Linear(64, 64)
        self.M_3 = nn.Linear(64, 2)

    def forward(self, X: Tensor) -> States:
        # X --[M_1|tanh]-> h_1 --[M_2|tanh]-> h_2 --[M_3|softmax]-> p => one_hot(y)
        h_1 = self.M_1(X).tanh()
        h_2 = self.M_2(h_1).tanh()
        return States(self.M_3(h_2))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.m_3, y.long()),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # X --[M_1|tanh]-> h_1 --[M_2|tanh]-> h_2 --[M_3|softmax]-> p => one_hot(y)
    p = states.m_3.softmax(-1)
    return {
        "accuracy": (p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.005)
