"""residual, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from philox import Noise


class Block(nn.Module):
    """Block: x"""

    def __init__(self, stream: str) -> None:
        super().__init__()
        self.stream = stream
        self.layer_norm = nn.LayerNorm(64)
        self.W_1 = nn.Linear(64, 64)
        self.W_2 = nn.Linear(64, 64)

    def forward(self, x: Tensor, noise: Noise) -> Tensor:
        # x --[layer_norm|W_1|relu|dropout(0.1)|W_2]-> u
        relu = F.relu(self.W_1(self.layer_norm(x)))
        dropout = noise.dropout(relu, f"{self.stream}.dropout#1", 0.1, self.training)
        u = self.W_2(dropout)
        return x + u


class States(NamedTuple):
    """What the losses and metrics read."""

    m_2: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.M_1 = nn.Linear(64, 64)
        self.Block_1 = Block("Block_1")
        self.Block_2 = Block("Block_2")
        self.layer_norm = nn.LayerNorm(64)
        self.M_2 = nn.Linear(64, 10)

    def forward(self, X: Tensor, noise: Noise) -> States:
        # X / 16 --[M_1]-> h_1 --[Block_1]-> h_2 --[Block_2]-> h_3 --[layer_norm|M_2|softmax]-> p => one_hot(y)
        h_1 = self.M_1(X / 16)
        h_2 = self.Block_1(h_1, noise)
        h_3 = self.Block_2(h_2, noise)
        return States(self.M_2(self.layer_norm(h_3)))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.m_2, y.long()),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # X / 16 --[M_1]-> h_1 --[Block_1]-> h_2 --[Block_2]-> h_3 --[layer_norm|M_2|softmax]-> p => one_hot(y)
    p = states.m_2.softmax(-1)
    return {
        "accuracy": (p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.AdamW(model.parameters(), lr=0.001)
