"""lstm_macro, as PyTorch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Lstm(nn.Module):
    """The parameters of Lstm, which is computed where it is applied."""

    def __init__(self) -> None:
        super().__init__()
        self.F = nn.Linear(35, 32)
        self.I = nn.Linear(35, 32)
        self.C = nn.Linear(35, 32)
        self.O = nn.Linear(35, 32)


class Lstm_2(nn.Module):
    """The parameters of Lstm, which is computed where it is applied."""

    def __init__(self) -> None:
        super().__init__()
        self.F = nn.Linear(64, 32)
        self.I = nn.Linear(64, 32)
        self.C = nn.Linear(64, 32)
        self.O = nn.Linear(64, 32)


class States(NamedTuple):
    """What the losses and metrics read."""

    p: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Gen = nn.Linear(32, 2)
        self.Lstm_1 = Lstm()
        self.Lstm_2 = Lstm_2()

    def forward(self, x: Tensor) -> States:
        # 0 -> c_0 ; 0 -> h_0
        a_start = torch.zeros(x.shape[1], 32, device=x.device)
        c_start = torch.zeros(x.shape[1], 32, device=x.device)
        # tanh(c_t)*o_t -> h_t
        weight = torch.cat(
            [self.Lstm_1.I.weight, self.Lstm_1.F.weight, self.Lstm_1.C.weight, self.Lstm_1.O.weight]
        )
        bias = torch.cat(
            [self.Lstm_1.I.bias, self.Lstm_1.F.bias, self.Lstm_1.C.bias, self.Lstm_1.O.bias]
        )
        a, _, _ = torch.lstm(
            x,
            (a_start[None], c_start[None]),
            [weight[:, 32:35], weight[:, :32], bias, torch.zeros_like(bias)],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        # 0 -> c_0 ; 0 -> h_0
        b_start = torch.zeros(x.shape[1], 32, device=x.device)
        c_start_2 = torch.zeros(x.shape[1], 32, device=x.device)
        # tanh(c_t)*o_t -> h_t
        weight_2 = torch.cat(
            [self.Lstm_2.I.weight, self.Lstm_2.F.weight, self.Lstm_2.C.weight, self.Lstm_2.O.weight]
        )
        bias_2 = torch.cat(
            [self.Lstm_2.I.bias, self.Lstm_2.F.bias, self.Lstm_2.C.bias, self.Lstm_2.O.bias]
        )
        b, _, _ = torch.lstm(
            a,
            (b_start[None], c_start_2[None]),
            [weight_2[:, 32:64], weight_2[:, :32], bias_2, torch.zeros_like(bias_2)],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        # x_t --[Lstm_1]-> a_t --[Lstm_2]-> b_t --[Gen]-> p_t => y_t
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
