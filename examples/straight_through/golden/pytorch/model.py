"""straight_through, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class StepGradient(torch.autograd.Function):
    """The gradient that Step states for itself."""

    @staticmethod
    def forward(ctx, y, x, saved):
        ctx.save_for_backward(saved)
        return y.view_as(y)

    @staticmethod
    def backward(ctx, grad_y):
        (saved,) = ctx.saved_tensors
        return grad_y, grad_y * saved, None


def step_2(x: Tensor) -> Tensor:
    """Step: x"""
    # (x > 0) -> y
    y = (x.detach() > 0).to(torch.get_default_dtype())
    return StepGradient.apply(y, x, (x.detach().abs() <= 1).to(torch.get_default_dtype()))


class States(NamedTuple):
    """What the losses and metrics read."""

    m_2: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.M_1 = nn.Linear(64, 128)
        self.M_2 = nn.Linear(128, 10)

    def forward(self, X: Tensor) -> States:
        # X / 16 --[M_1|Step]-> h_1 --[M_2|softmax]-> p => one_hot(y)
        h_1 = step_2(self.M_1(X / 16))
        return States(self.M_2(h_1))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.m_2, y.long()),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # X / 16 --[M_1|Step]-> h_1 --[M_2|softmax]-> p => one_hot(y)
    p = states.m_2.softmax(-1)
    return {
        "accuracy": (p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
