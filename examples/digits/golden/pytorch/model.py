"""digits, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from philox import Noise


class States(NamedTuple):
    """What the losses and metrics read."""

    m_3: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.M_1 = nn.Linear(64, 256)
        self.M_2 = nn.Linear(256, 128)
        self.M_3 = nn.Linear(128, 10)

    def forward(self, X: Tensor, noise: Noise) -> States:
        # X / 16 --[dropout(0.1)|M_1|relu|dropout(0.3)]-> h_1 --[M_2|relu|dropout(0.3)]-> h_2 --[M_3|softmax]-> p => one_hot(y)
        relu = F.relu(self.M_1(noise.dropout(X / 16, "dropout#1", 0.1, self.training)))
        h_1 = noise.dropout(relu, "dropout#2", 0.3, self.training)
        h_2 = noise.dropout(F.relu(self.M_2(h_1)), "dropout#3", 0.3, self.training)
        return States(self.M_3(h_2))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.m_3, y.long()),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # X / 16 --[dropout(0.1)|M_1|relu|dropout(0.3)]-> h_1 --[M_2|relu|dropout(0.3)]-> h_2 --[M_3|softmax]-> p => one_hot(y)
    p = states.m_3.softmax(-1)
    return {
        "accuracy": (p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.003)


def before_step(optimizers: list[torch.optim.Optimizer], update: int) -> None:
    """What happens to gradients and rates before the parameters move."""
    for group in optimizers[0].param_groups:
        group["lr"] = 0.003 + -0.003 * min(update / 1320, 1.0)
