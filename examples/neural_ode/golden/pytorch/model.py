"""neural_ode, as PyTorch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Field(nn.Module):
    """Field := [F_1|tanh|F_2]"""

    def __init__(self) -> None:
        super().__init__()
        self.F_1 = nn.Linear(2, 32)
        self.F_2 = nn.Linear(32, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.F_2(self.F_1(x).tanh())


class States(NamedTuple):
    """What the losses and metrics read."""

    z: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Field = Field()

    def step_z(self, z_t: Tensor) -> Tensor:
        """One step of z."""
        # z_{t-1} + dt*Field(z_{t-1}) -> z_t => y_t
        f_2_t = self.Field(z_t)
        return z_t + 0.2 * f_2_t

    def forward(self, z0: Tensor, y: Tensor) -> States:
        # z0 -> z_0
        z_t = z0
        z_steps = [z_t]
        for _ in range(len(y)):
            z_t = self.step_z(z_t)
            z_steps.append(z_t)
        z = torch.stack(z_steps)
        return States(z)


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "z_t => y_t": (0.5 * (states.z[1:] - y).square().sum(-1)).mean(),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    return {
        "error": (states.z[1:] - y).square().mean(-1).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.003)
