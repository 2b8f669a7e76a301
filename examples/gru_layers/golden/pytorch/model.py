"""gru_layers, as PyTorch."""

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


class Enc_2(nn.Module):
    """Enc: h_{t-1}, x_t"""

    def __init__(self) -> None:
        super().__init__()
        self.R = nn.Linear(64, 32)
        self.Z = nn.Linear(64, 32)
        self.H = nn.Linear(64, 32)

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
        self.Enc_1 = Enc()
        self.Enc_2 = Enc_2()
        self.Gen = nn.Linear(32, 2)

    def forward(self, x: Tensor) -> States:
        # 0 -> f_0 ; 0 -> g_0
        f_t = torch.zeros(x.shape[1], 32, device=x.device)
        f_steps = [f_t]
        for x_t in x:
            # f_{t-1}, x_t --[Enc_1]-> f_t
            f_t = self.Enc_1(f_t, x_t)
            f_steps.append(f_t)
        f = torch.stack(f_steps)
        # 0 -> f_0 ; 0 -> g_0
        g_t = torch.zeros(x.shape[1], 32, device=x.device)
        g_steps = [g_t]
        for f_t in f[1:]:
            # g_{t-1}, f_t --[Enc_2]-> g_t --[Gen]-> p_t => y_t
            g_t = self.Enc_2(g_t, f_t)
            g_steps.append(g_t)
        g = torch.stack(g_steps)
        p = self.Gen(g[1:])
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
