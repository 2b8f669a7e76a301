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
        self.W = nn.Linear(10, 128)
        self.V = nn.Linear(128, 128, bias=False)
        self.H = nn.Linear(128, 128)
        self.Out = nn.Linear(128, 10)

    def step_h(self, w_t: Tensor, h_t: Tensor) -> Tensor:
        """One step of h."""
        # V(h_{t-1}) + W(one_hot(x_t)) -> h_t
        return self.V(h_t) + w_t

    def forward(self, x: Tensor) -> States:
        # V(h_{t-1}) + W(one_hot(x_t)) -> h_t
        w = self.W(F.one_hot(x.long(), 10).to(torch.get_default_dtype()))
        # 0 -> h_0
        h_t = torch.zeros(x.shape[1], 128, device=x.device)
        h_steps = [h_t]
        for w_t in w:
            h_t = self.step_h(w_t, h_t)
            h_steps.append(h_t)
        h = torch.stack(h_steps)
        return States(self.Out(F.relu(self.H(h[1:]))))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p_t => one_hot(y_t)": F.cross_entropy(states.out.flatten(0, 1), y.long().flatten(0, 1)),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # h_t --[H|relu|Out|softmax]-> p_t => one_hot(y_t)
    p = states.out.softmax(-1)
    # @metric copied = 1 - 7*(argmax(p_t) != y_t)*(y_t > 0)
    mul = 7 * (p.argmax(-1) != y).to(torch.get_default_dtype())
    mul_2 = mul * (y > 0).to(torch.get_default_dtype())
    return {
        "copied": (1 - mul_2).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.0005)


def before_step(model: Model, optimizers: list[torch.optim.Optimizer], update: int) -> None:
    """What happens to gradients and rates before the parameters move."""
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    for group in optimizers[0].param_groups:
        group["lr"] = 0.0005 + -0.0005 * min(update / 1000, 1.0)
