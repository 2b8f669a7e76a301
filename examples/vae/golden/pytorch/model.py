"""vae, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from philox import Noise


class States(NamedTuple):
    """What the losses and metrics read."""

    d_2: Tensor
    x: Tensor
    mu: Tensor
    log_var: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.E_1 = nn.Linear(64, 128)
        self.Mu = nn.Linear(128, 8)
        self.LogVar = nn.Linear(128, 8)
        self.D_1 = nn.Linear(8, 128)
        self.D_2 = nn.Linear(128, 64)

    def forward(self, X: Tensor, noise: Noise) -> States:
        # X / 16 -> x
        x = X / 16
        # x --[E_1|relu]-> h
        h = F.relu(self.E_1(x))
        # h --[Mu]-> mu
        mu = self.Mu(h)
        # h --[LogVar]-> log_var
        log_var = self.LogVar(h)
        # mu + exp(log_var / 2) * normal() -> z
        z = mu + (log_var / 2).exp() * noise.normal("normal#1", 8)
        return States(self.D_2(F.relu(self.D_1(z))), x, mu, log_var)


def losses(states: States) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    # z --[D_1|relu|D_2|sigmoid]-> x' =[bce]=> x
    average = (
        F.binary_cross_entropy_with_logits(states.d_2, states.x, reduction="none").sum(-1).mean()
    )
    # sum(mu ^ 2 + exp(log_var) - 1 - log_var) / 2 -> divergence
    sum_ = (states.mu.square() + states.log_var.exp() - 1 - states.log_var).sum(-1)
    divergence = sum_ / 2
    return {
        "x' =[bce]=> x": average,
        "$ -divergence": (-divergence).mean(),
    }


def metrics(states: States) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    # z --[D_1|relu|D_2|sigmoid]-> x' =[bce]=> x
    x_prime = states.d_2.sigmoid()
    # -sum(x * log(x') + (1 - x) * log(1 - x')) -> reconstruction
    sum_ = (states.x * x_prime.log() + (1 - states.x) * (1 - x_prime).log()).sum(-1)
    reconstruction = -sum_
    # sum(mu ^ 2 + exp(log_var) - 1 - log_var) / 2 -> divergence
    sum__2 = (states.mu.square() + states.log_var.exp() - 1 - states.log_var).sum(-1)
    divergence = sum__2 / 2
    return {
        "elbo": (-(reconstruction + divergence)).mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
