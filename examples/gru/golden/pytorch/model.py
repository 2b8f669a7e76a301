"""gru, as PyTorch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class States(NamedTuple):
    """What the losses and metrics read."""

    p: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Gen = nn.Linear(32, 2)
        self.R = nn.Linear(35, 32)
        self.Z = nn.Linear(35, 32)
        self.H = nn.Linear(35, 32)

    def step_h(
        self,
        inputs_t: Tensor,
        inputs_2_t: Tensor,
        h_t: Tensor,
        weight_h: Tensor,
        weight_part: Tensor,
    ) -> Tensor:
        """One step of h."""
        # c_t --[R|sigmoid]-> r_t
        gates = inputs_t + h_t @ weight_h
        r_gate, z_gate = gates.chunk(2, -1)
        r_t = r_gate.sigmoid()
        # x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t
        l_t = (inputs_2_t + h_t * r_t @ weight_part).tanh()
        # c_t --[Z|sigmoid]-> z_t
        z_t = z_gate.sigmoid()
        # h_{t-1}*(1 - z_t) + z_t*l_t -> h_t
        return h_t * (1 - z_t) + z_t * l_t

    def forward(self, x: Tensor) -> States:
        # c_t --[R|sigmoid]-> r_t
        weight = torch.cat([self.R.weight.t(), self.Z.weight.t()], -1)
        weight_h = weight[:32]
        inputs = x @ weight[32:35] + torch.cat([self.R.bias, self.Z.bias], -1)
        # x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t
        weight_2 = self.H.weight.t()
        weight_part = weight_2[3:35]
        inputs_2 = x @ weight_2[:3] + self.H.bias
        # 0 -> h_0
        h_t = torch.zeros(x.shape[1], 32, device=x.device)
        h_steps = [h_t]
        for inputs_t, inputs_2_t in zip(inputs, inputs_2, strict=True):
            h_t = self.step_h(inputs_t, inputs_2_t, h_t, weight_h, weight_part)
            h_steps.append(h_t)
        h = torch.stack(h_steps)
        # h_t --[Gen]-> p_t => y_t
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
