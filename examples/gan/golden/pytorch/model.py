"""gan, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from philox import Noise


class Gen(nn.Module):
    """Gen := [G_1|relu|G_2|relu|G_3]"""

    def __init__(self) -> None:
        super().__init__()
        self.G_1 = nn.Linear(8, 128)
        self.G_2 = nn.Linear(128, 128)
        self.G_3 = nn.Linear(128, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.G_3(F.relu(self.G_2(F.relu(self.G_1(x)))))


class Dis(nn.Module):
    """Dis := [D_1|leaky_relu(0.2)|D_2|leaky_relu(0.2)|D_3|sigmoid]"""

    def __init__(self) -> None:
        super().__init__()
        self.D_1 = nn.Linear(2, 128)
        self.D_2 = nn.Linear(128, 128)
        self.D_3 = nn.Linear(128, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        # Dis := [D_1|leaky_relu(0.2)|D_2|leaky_relu(0.2)|D_3|sigmoid]
        d_2 = self.D_2(F.leaky_relu(self.D_1(x), negative_slope=0.2))
        leaky_relu = F.leaky_relu(d_2, negative_slope=0.2)
        reshape = self.D_3(leaky_relu).squeeze(-1)
        return reshape.sigmoid(), reshape


class States(NamedTuple):
    """What the losses and metrics read."""

    reshape: Tensor
    reshape_2: Tensor
    sigmoid: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Gen = Gen()
        self.Dis = Dis()

    def forward(self, X: Tensor, noise: Noise) -> States:
        # normal(8) --[Gen]-> x'
        x_prime = self.Gen(noise.normal("normal#1", 8))
        # X --[Dis]-> p => 1
        _, reshape = self.Dis(X)
        # nograd(x') --[Dis]-> q => 0
        _, reshape_2 = self.Dis(x_prime.detach())
        # x' --[Dis]-> p'
        constants = {name: value.detach() for name, value in self.Dis.named_parameters()}
        sigmoid, _ = functional_call(self.Dis, constants, (x_prime,))
        return States(reshape, reshape_2, sigmoid)


def losses(states: States) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    # X --[Dis]-> p => 1
    average = F.binary_cross_entropy_with_logits(states.reshape, torch.full_like(states.reshape, 1))
    # nograd(x') --[Dis]-> q => 0
    average_2 = F.binary_cross_entropy_with_logits(
        states.reshape_2, torch.full_like(states.reshape_2, 0)
    )
    return {
        "p => 1": average,
        "q => 0": average_2,
        "x' $ log(p')": states.sigmoid.log().mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.0007, betas=(0.5, 0.999))


def before_step(optimizers: list[torch.optim.Optimizer], update: int) -> None:
    """What happens to gradients and rates before the parameters move."""
    for group in optimizers[0].param_groups:
        group["lr"] = 0.0007 + -0.0007 * min(update / 9000, 1.0)
