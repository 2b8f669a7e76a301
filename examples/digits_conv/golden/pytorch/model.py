"""digits_conv, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from philox import Noise


class States(NamedTuple):
    """What the losses and metrics read."""

    m_2: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.K_1 = nn.Conv2d(1, 16, 3, padding=1)
        self.K_2 = nn.Conv2d(16, 32, 3, padding=1)
        self.M_1 = nn.Linear(512, 64)
        self.M_2 = nn.Linear(64, 10)

    def forward(self, X: Tensor, noise: Noise) -> States:
        # reshape(X / 16, shape=[1, 8, 8]) --[K_1|relu|K_2|relu|max_pool(2)]-> h_1
        relu = F.relu(self.K_2(F.relu(self.K_1((X / 16).reshape(-1, 1, 8, 8)))))
        h_1 = F.max_pool2d(relu, 2)
        # flatten(h_1) --[M_1|relu|dropout(0.25)]-> h_2 --[M_2|softmax]-> p => one_hot(y)
        h_2 = noise.dropout(F.relu(self.M_1(h_1.flatten(1))), "dropout#1", 0.25, self.training)
        return States(self.M_2(h_2))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.m_2, y.long()),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # flatten(h_1) --[M_1|relu|dropout(0.25)]-> h_2 --[M_2|softmax]-> p => one_hot(y)
    p = states.m_2.softmax(-1)
    return {
        "accuracy": (p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
