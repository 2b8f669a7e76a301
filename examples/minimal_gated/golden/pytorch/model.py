"""minimal_gated, as PyTorch."""

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
        self.F = nn.Linear(35, 32)
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
        # h_{t-1}|x_t --[F|sigmoid]-> f_t
        f_t = (inputs_t + h_t @ weight_h).sigmoid()
        # (f_t*h_{t-1})|x_t --[H|tanh]-> l_t
        l_t = (inputs_2_t + f_t * h_t @ weight_part).tanh()
        # (1 - f_t)*h_{t-1} + f_t*l_t -> h_t
        return (1 - f_t) * h_t + f_t * l_t

    def forward(self, x: Tensor) -> States:
        # h_{t-1}|x_t --[F|sigmoid]-> f_t
        weight = self.F.weight.t()
        weight_h = weight[:32]
        inputs = x @ weight[32:35] + self.F.bias
        # (f_t*h_{t-1})|x_t --[H|tanh]-> l_t
        weight_2 = self.H.weight.t()
        weight_part = weight_2[:32]
        inputs_2 = x @ weight_2[32:35] + self.H.bias
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
