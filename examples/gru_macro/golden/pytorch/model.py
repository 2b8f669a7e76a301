"""gru_macro, as PyTorch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Enc(nn.Module):
    """Enc: h_{t-1}, x_t"""

    def __init__(self) -> None:
        super().__init__()
        self.R = nn.Linear(35, 32)
        self.Z = nn.Linear(35, 32)
        self.H = nn.Linear(35, 32)

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        # h_{t-1}|x_t -> c_t
        c = torch.cat([h, x], -1)
        # c_t --[R|sigmoid]-> r_t
        r = self.R(c).sigmoid()
        # c_t --[Z|sigmoid]-> z_t
        z = self.Z(c).sigmoid()
        # x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t
        l_ = self.H(torch.cat([x, h * r], -1)).tanh()
        # h_{t-1}*(1 - z_t) + z_t*l_t -> h_t
        return h * (1 - z) + z * l_


class States(NamedTuple):
    """What the losses and metrics read."""

    p: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Enc = Enc()
        self.Gen = nn.Linear(32, 2)

    def forward(self, x: Tensor) -> States:
        # h_0 := 0
        h_t = torch.zeros(x.shape[1], 32, device=x.device)
        h_steps = [h_t]
        for x_t in x:
            # h_{t-1}, x_t --[Enc]-> h_t --[Gen]-> p_t => y_t
            h_t = self.Enc(h_t, x_t)
            h_steps.append(h_t)
        h = torch.stack(h_steps)
        p = self.Gen(h[1:])
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
