"""transformer, as PyTorch."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def repeat_last(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row's last value in place of what stands behind its end."""
    steps = torch.arange(len(x), device=x.device)[:, None]
    return x[torch.minimum(steps, lengths - 1), torch.arange(x.shape[1], device=x.device)]


def valid_steps(count: int, lengths: Tensor) -> Tensor:
    """Which of so many steps each row has, as [time, batch]."""
    return torch.arange(count, device=lengths.device)[:, None] < lengths


class Attend(nn.Module):
    """The parameters of Attend, which is computed where it is applied."""

    def __init__(self) -> None:
        super().__init__()
        self.Q = nn.Linear(32, 32)
        self.K = nn.Linear(32, 32)
        self.V = nn.Linear(32, 32)


class States(NamedTuple):
    """What the losses and metrics read."""

    out: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.E = nn.Embedding(4, 32)
        self.layer_norm_1 = nn.LayerNorm(32)
        self.Attend = Attend()
        self.layer_norm_2 = nn.LayerNorm(32)
        self.F_1 = nn.Linear(32, 32)
        self.F_2 = nn.Linear(32, 32)
        self.Out = nn.Linear(32, 2)

    def forward(self, x: Tensor, lengths: Tensor) -> States:
        x = repeat_last(x, lengths)
        # x_t --[E]-> e_t
        e = self.E(x.long())
        # e_t + Attend(layer_norm_1(e_t)) -> a_t
        layer_norm_1 = self.layer_norm_1(e)
        # x_t --[Q]-> q_t
        q = self.Attend.Q(layer_norm_1)
        # x_t --[K]-> k_t
        k = self.Attend.K(layer_norm_1)
        # x_t --[V]-> v_t
        v = self.Attend.V(layer_norm_1)
        # softmax(matmul(k_{0..t}, q_t) / sqrt(32)) -> w_t
        div = torch.einsum("bij,tbj->tbi", k.movedim(0, 1), q) / torch.tensor(32).sqrt()
        seen = torch.ones(len(x), len(x), dtype=torch.bool, device=x.device).tril()
        w = torch.where(seen[:, None], div, -torch.inf).softmax(-1)
        # e_t + Attend(layer_norm_1(e_t)) -> a_t
        a = e + torch.einsum("tbi,bij->tbj", w, v.movedim(0, 1))
        # layer_norm_2(a_t) --[F_1|gelu|F_2]-> f_t
        f = self.F_2(F.gelu(self.F_1(self.layer_norm_2(a))))
        # a_t + f_t -> b_t --[Out|softmax]-> p_t => one_hot(y_t)
        b = a + f
        return States(self.Out(b))


def losses(states: States, most: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    most = repeat_last(most, lengths)
    valid = valid_steps(len(most), lengths)
    return {
        "p_t => one_hot(y_t)": F.cross_entropy(states.out[valid], most[valid].long()),
    }


def metrics(states: States, most: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    most = repeat_last(most, lengths)
    # a_t + f_t -> b_t --[Out|softmax]-> p_t => one_hot(y_t)
    p = states.out.softmax(-1)
    valid = valid_steps(len(most), lengths)
    return {
        "accuracy": (p.argmax(-1) == most).to(torch.get_default_dtype())[valid].mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.001)
