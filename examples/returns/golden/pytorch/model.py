"""returns, as PyTorch."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


def repeat_last(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row's last value in place of what stands behind its end."""
    steps = torch.arange(len(x), device=x.device)[:, None]
    return x[torch.minimum(steps, lengths - 1), torch.arange(x.shape[1], device=x.device)]


def valid_steps(count: int, lengths: Tensor) -> Tensor:
    """Which of so many steps each row has, as [time, batch]."""
    return torch.arange(count, device=lengths.device)[:, None] < lengths


class States(NamedTuple):
    """What the losses and metrics read."""

    L: Tensor
    V: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Value = nn.Linear(5, 1)

    def forward(self, O_: Tensor, r: Tensor, lengths: Tensor) -> States:
        O_ = repeat_last(O_, lengths)
        r = repeat_last(r, lengths)
        # O_t --[Value]-> V_t => L_t
        V = self.Value(O_).squeeze(-1)
        # r_t + (1 - lam)*V_{t+1} + lam*L_{t+1} -> L_t
        add = r[:-1] + (1 - 0.95) * V[1:]
        rows_ = torch.arange(r.shape[1], device=O_.device)
        end = r[lengths - 1, rows_]
        valid = valid_steps(len(O_) - 1, lengths - 1)
        L_t = end
        L_steps = [L_t]
        for add_t, valid_t in zip(add.flip(0), valid.flip(0), strict=True):
            L_t = torch.where(valid_t, add_t + 0.95 * L_t, L_t)
            L_steps.append(L_t)
        L = torch.stack(L_steps[::-1])
        return States(L, V)


def losses(states: States, lengths: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    valid = valid_steps(len(states.L), lengths)
    return {
        "V_t => L_t": (0.5 * (states.V - states.L.detach()).square())[valid].mean(),
    }


def metrics(states: States, r: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    r = repeat_last(r, lengths)
    valid = valid_steps(len(r), lengths)
    # 0 -> G_{T+1}
    G_t = torch.zeros(r.shape[1], device=r.device)
    G_steps = [G_t]
    for r_t, valid_t in zip(r.flip(0), valid.flip(0), strict=True):
        # r_t + G_{t+1} -> G_t
        G_t = torch.where(valid_t, r_t + G_t, G_t)
        G_steps.append(G_t)
    G = torch.stack(G_steps[::-1])
    return {
        "error": (states.V - G[:-1]).square()[valid].mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.01)
