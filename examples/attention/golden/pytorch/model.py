"""attention, as PyTorch."""

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


class Cell(nn.Module):
    """Cell: h_{t-1}, x_t"""

    def __init__(self) -> None:
        super().__init__()
        self.Z = nn.Linear(36, 32)
        self.C = nn.Linear(36, 32)

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        # h_{t-1}|x_t --[Z|sigmoid]-> z_t
        concat = torch.cat([h, x], -1)
        z = self.Z(concat).sigmoid()
        # h_{t-1}|x_t --[C|tanh]-> c_t
        c = self.C(concat).tanh()
        return (1 - z) * h + z * c


class States(NamedTuple):
    """What the losses and metrics read."""

    out: Tensor


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.Cell_1 = Cell()
        self.Cell_2 = Cell()
        self.K = nn.Linear(64, 16)
        self.V = nn.Linear(64, 16)
        self.Q = nn.Linear(64, 16)
        self.H = nn.Linear(80, 32)
        self.Out = nn.Linear(32, 2)

    def step_f(self, e_t: Tensor, valid_t: Tensor, f_before: Tensor) -> Tensor:
        """One step of f."""
        # f_{t-1}, e_t --[Cell_1]-> f_t
        f_t = self.Cell_1(f_before, e_t)
        return torch.where(valid_t[..., None], f_t, f_before)

    def step_b(self, e_t: Tensor, valid_t: Tensor, b_before: Tensor) -> Tensor:
        """One step of b."""
        # b_{t+1}, e_t --[Cell_2]-> b_t
        b_t = self.Cell_2(b_before, e_t)
        return torch.where(valid_t[..., None], b_t, b_before)

    def forward(self, x: Tensor, lengths: Tensor) -> States:
        x = repeat_last(x, lengths)
        # one_hot(x_t) -> e_t
        e = F.one_hot(x.long(), 4).to(torch.get_default_dtype())
        valid = valid_steps(len(x), lengths)
        # 0 -> f_0 ; 0 -> b_{T+1}
        f_t = torch.zeros(x.shape[1], 32, device=x.device)
        f_before = f_t
        f_steps = [f_t]
        for e_t, valid_t in zip(e, valid, strict=True):
            f_t = self.step_f(e_t, valid_t, f_before)
            f_steps.append(f_t)
            f_before = f_t
        f = torch.stack(f_steps)
        # 0 -> f_0 ; 0 -> b_{T+1}
        b_t = torch.zeros(x.shape[1], 32, device=x.device)
        b_before = b_t
        b_steps = [b_t]
        for e_t, valid_t in zip(e.flip(0), valid.flip(0), strict=True):
            b_t = self.step_b(e_t, valid_t, b_before)
            b_steps.append(b_t)
            b_before = b_t
        b = torch.stack(b_steps[::-1])
        # f_t|b_t --[K]-> k_t
        concat = torch.cat([f[1:], b[:-1]], -1)
        k = self.K(concat)
        # f_t|b_t --[V]-> v_t
        v = self.V(concat)
        # f_t|b_t --[Q]-> q_t
        q = self.Q(concat)
        # softmax(matmul(k_{1..T}, q_t) / 4) -> w_t
        div = torch.einsum("bij,tbj->tbi", k.movedim(0, 1), q) / 4
        w = torch.where(valid.t()[:, :], div, -torch.inf).softmax(-1)
        # matmul(w_t, v_{1..T}) -> m_t
        m = torch.einsum("tbi,bij->tbj", w, v.movedim(0, 1))
        # f_t|b_t|m_t --[H|relu|Out|softmax]-> p_t => one_hot(most_t)
        out = self.Out(F.relu(self.H(torch.cat([f[1:], b[:-1], m], -1))))
        return States(out)


def losses(states: States, most: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """The mean of each training statement over the batch."""
    most = repeat_last(most, lengths)
    valid = valid_steps(len(most), lengths)
    return {
        "p_t => one_hot(most_t)": F.cross_entropy(states.out[valid], most[valid].long()),
    }


def metrics(states: States, most: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """The mean of each metric over the batch."""
    most = repeat_last(most, lengths)
    # f_t|b_t|m_t --[H|relu|Out|softmax]-> p_t => one_hot(most_t)
    p = states.out.softmax(-1)
    valid = valid_steps(len(most), lengths)
    return {
        "accuracy": (p.argmax(-1) == most).to(torch.get_default_dtype())[valid].mean(),
    }


def optimizer(model: Model) -> torch.optim.Optimizer:
    """What updates the parameters."""
    return torch.optim.Adam(model.parameters(), lr=0.003)
