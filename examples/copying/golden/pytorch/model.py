"""copying, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class States(NamedTuple):
    """What the losses and metrics read."""

    out: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Out = nn.Linear(128, 10)
        self.F = nn.Linear(138, 128)
        self.I = nn.Linear(138, 128)
        self.C = nn.Linear(138, 128)
        self.O = nn.Linear(138, 128)

    def forward(self, x: Tensor) -> States:
        # one_hot(x_t) -> e_t
        e = F.one_hot(x.long(), 10).to(torch.get_default_dtype())
        # 0 -> c_0 ; 0 -> h_0
        h_start = torch.zeros(x.shape[1], 128, device=x.device)
        c_start = torch.zeros(x.shape[1], 128, device=x.device)
        # tanh(c_t)*o_t -> h_t
        weight = torch.cat([self.I.weight, self.F.weight, self.C.weight, self.O.weight])
        bias = torch.cat([self.I.bias, self.F.bias, self.C.bias, self.O.bias])
        h, _, _ = torch.lstm(
            e,
            (h_start[None], c_start[None]),
            [weight[:, 128:138], weight[:, :128], bias, torch.zeros_like(bias)],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        return States(self.Out(h))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    # h_t --[Out|softmax]-> p_t => one_hot(y_t)
    average = F.cross_entropy(states.out.flatten(0, 1), y.long().flatten(0, 1))
    return {
        "p_t => one_hot(y_t)": average,
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # h_t --[Out|softmax]-> p_t => one_hot(y_t)
    p = states.out.softmax(-1)
    # @metric copied = 1 - 7*(argmax(p_t) != y_t)*(y_t > 0)
    mul = 7 * (p.argmax(-1) != y).to(torch.get_default_dtype())
    mul_2 = mul * (y > 0).to(torch.get_default_dtype())
    return {
        "copied": (1 - mul_2).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.002)


def before_step(model: Model, optimizers: list[torch.optim.Optimizer], update: int) -> None:
    """What happens to gradients and rates before the parameters move."""
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    for group in optimizers[0].param_groups:
        group["lr"] = 0.002 + -0.002 * min(update / 8000, 1.0)
