"""digits_rows, as PyTorch."""

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
        self.Out = nn.Linear(64, 10)
        self.R = nn.Linear(72, 64)
        self.Z = nn.Linear(72, 64)
        self.H = nn.Linear(72, 64)

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
        # (x_t/16)|(h_{t-1}*r_t) --[H|tanh]-> l_t
        l_t = (inputs_2_t + h_t * r_t @ weight_part).tanh()
        # c_t --[Z|sigmoid]-> z_t
        z_t = z_gate.sigmoid()
        # h_{t-1}*(1 - z_t) + z_t*l_t -> h_t
        return h_t * (1 - z_t) + z_t * l_t

    def forward(self, x: Tensor) -> States:
        # h_{t-1}|(x_t/16) -> c_t
        div = x / 16
        # c_t --[R|sigmoid]-> r_t
        weight = torch.cat([self.R.weight.t(), self.Z.weight.t()], -1)
        weight_h = weight[:64]
        inputs = div @ weight[64:72] + torch.cat([self.R.bias, self.Z.bias], -1)
        # (x_t/16)|(h_{t-1}*r_t) --[H|tanh]-> l_t
        weight_2 = self.H.weight.t()
        weight_part = weight_2[8:72]
        inputs_2 = div @ weight_2[:8] + self.H.bias
        # 0 -> h_0
        h_t = torch.zeros(x.shape[1], 64, device=x.device)
        h_steps = [h_t]
        for inputs_t, inputs_2_t in zip(inputs, inputs_2, strict=True):
            h_t = self.step_h(inputs_t, inputs_2_t, h_t, weight_h, weight_part)
            h_steps.append(h_t)
        h = torch.stack(h_steps)
        return States(self.Out(h[-1]))


def losses(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    return {
        "p => one_hot(y)": F.cross_entropy(states.out, y.long()),
    }


def metrics(states: States, y: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # h_T --[Out|softmax]-> p => one_hot(y)
    p = states.out.softmax(-1)
    return {
        "accuracy": (p.argmax(-1) == y).to(torch.get_default_dtype()).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.003)
