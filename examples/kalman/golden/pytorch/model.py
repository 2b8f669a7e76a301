"""kalman, as PyTorch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class States(NamedTuple):
    """What the losses and metrics read."""

    z: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.A = nn.Linear(2, 2)
        self.Gain = nn.Linear(2, 2)

    def step_z(self, x_t: Tensor, z_t: Tensor) -> Tensor:
        """One step of z."""
        # z_{t-1} --[A]-> m_t
        m_t = self.A(z_t)
        # x_t - m_t --[Gain]-> k_t
        k_t = self.Gain(x_t - m_t)
        # m_t + k_t -> z_t => y_t
        return m_t + k_t

    def forward(self, x: Tensor) -> States:
        # 0 -> z_0
        z_t = torch.zeros(x.shape[1], 2, device=x.device)
        z_steps = [z_t]
        for x_t in x:
            z_t = self.step_z(x_t, z_t)
            z_steps.append(z_t)
        z = torch.stack(z_steps)
        return States(z)


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "z_t => y_t": (0.5 * (states.z[1:] - y).square().sum(-1)).mean(),
    }


def metrics(states: States, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    return {
        "error": (states.z[1:] - y).square().mean(-1).mean(),
        "seen": (x - y).square().mean(-1).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.01)
