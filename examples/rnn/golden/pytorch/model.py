"""rnn, as PyTorch."""

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
        self.Enc = nn.Linear(35, 32)

    def forward(self, x: Tensor) -> States:
        # 0 -> h_0
        h_start = torch.zeros(x.shape[1], 32, device=x.device)
        # x_t|h_{t-1} --[Enc|tanh]-> h_t --[Gen]-> p_t => y_t
        h, _ = torch.rnn_tanh(
            x,
            h_start[None],
            [
                self.Enc.weight[:, :3],
                self.Enc.weight[:, 3:35],
                self.Enc.bias,
                torch.zeros_like(self.Enc.bias),
            ],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        p = self.Gen(h)
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
