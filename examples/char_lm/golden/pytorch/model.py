"""char_lm, as PyTorch."""

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
        self.E = nn.Embedding(85, 32)
        self.Out = nn.Linear(192, 85)
        self.F = nn.Linear(224, 192)
        self.I = nn.Linear(224, 192)
        self.C = nn.Linear(224, 192)
        self.O = nn.Linear(224, 192)

    def forward(self, docstrings: Tensor) -> States:
        # docstrings_t --[E]-> e_t
        e = self.E(docstrings[:-1].long())
        # 0 -> c_0 ; 0 -> h_0
        h_start = torch.zeros(docstrings.shape[1], 192, device=docstrings.device)
        c_start = torch.zeros(docstrings.shape[1], 192, device=docstrings.device)
        # tanh(c_t)*o_t -> h_t
        weight = torch.cat([self.I.weight, self.F.weight, self.C.weight, self.O.weight])
        bias = torch.cat([self.I.bias, self.F.bias, self.C.bias, self.O.bias])
        h, _, _ = torch.lstm(
            e,
            (h_start[None], c_start[None]),
            [weight[:, 192:224], weight[:, :192], bias, torch.zeros_like(bias)],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        h = torch.cat([h_start[None], h])
        return States(self.Out(h))


def losses(states: States, docstrings: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    # h_t --[Out|softmax]-> p_t => one_hot(docstrings_{t+1})
    average = F.cross_entropy(states.out.flatten(0, 1), docstrings.long().flatten(0, 1))
    return {
        "p_t => one_hot(docstrings_{t+1})": average,
    }


def metrics(states: States, docstrings: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # h_t --[Out|softmax]-> p_t => one_hot(docstrings_{t+1})
    p = states.out.softmax(-1)
    # @metric bits = -log(p_t[docstrings_{t+1}]) / log(2)
    neg = -p.gather(-1, docstrings.long().unsqueeze(-1)).squeeze(-1).log()
    div = neg / torch.tensor(2).log()
    return {
        "bits": div.mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.004)


def before_step(model: Model, optimizers: list[torch.optim.Optimizer], update: int) -> None:
    """What happens to gradients and rates before the parameters move."""
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    for group in optimizers[0].param_groups:
        group["lr"] = 0.004 + -0.004 * min(update / 3000, 1.0)
