"""lstm_macro, as PyTorch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Lstm(nn.Module):
    """Lstm: x_t"""

    def __init__(self) -> None:
        super().__init__()
        self.F = nn.Linear(35, 32)
        self.I = nn.Linear(35, 32)
        self.C = nn.Linear(35, 32)
        self.O = nn.Linear(35, 32)

    def forward(self, x: Tensor) -> Tensor:
        # 0 -> c_0 ; 0 -> h_0
        h_start = torch.zeros(x.shape[1], 32, device=x.device)
        c_start = torch.zeros(x.shape[1], 32, device=x.device)
        # tanh(c_t)*o_t -> h_t
        weight = torch.cat([self.I.weight, self.F.weight, self.C.weight, self.O.weight])
        bias = torch.cat([self.I.bias, self.F.bias, self.C.bias, self.O.bias])
        h, _, _ = torch.lstm(
            x,
            (h_start[None], c_start[None]),
            [weight[:, 32:35], weight[:, :32], bias, torch.zeros_like(bias)],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        return h


class Lstm_2(nn.Module):
    """Lstm: x_t"""

    def __init__(self) -> None:
        super().__init__()
        self.F = nn.Linear(64, 32)
        self.I = nn.Linear(64, 32)
        self.C = nn.Linear(64, 32)
        self.O = nn.Linear(64, 32)

    def forward(self, x: Tensor) -> Tensor:
        # 0 -> c_0 ; 0 -> h_0
        h_start = torch.zeros(x.shape[1], 32, device=x.device)
        c_start = torch.zeros(x.shape[1], 32, device=x.device)
        # tanh(c_t)*o_t -> h_t
        weight = torch.cat([self.I.weight, self.F.weight, self.C.weight, self.O.weight])
        bias = torch.cat([self.I.bias, self.F.bias, self.C.bias, self.O.bias])
        h, _, _ = torch.lstm(
            x,
            (h_start[None], c_start[None]),
            [weight[:, 32:64], weight[:, :32], bias, torch.zeros_like(bias)],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        return h


class States(NamedTuple):
    """What the losses and metrics read."""

    p: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Lstm_1 = Lstm()
        self.Lstm_2 = Lstm_2()
        self.Gen = nn.Linear(32, 2)

    def forward(self, x: Tensor) -> States:
        # x_t --[Lstm_1]-> a_t --[Lstm_2]-> b_t --[Gen]-> p_t => y_t
        a = self.Lstm_1(x)
        b = self.Lstm_2(a)
        p = self.Gen(b)
        return States(p)


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p_t => y_t": (0.5 * (states.p - y).square().sum(-1)).mean(),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    return {
        "error": (states.p - y).square().mean(-1).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
