"""Random numbers that depend on nothing but their seed, stream, sample and update."""

import math

import torch
from torch import Tensor


def philox(
    seed: int,
    stream: str,
    count: int,
    sample: Tensor | int = 0,
    update: Tensor | int = 0,
    t: Tensor | int = 0,
) -> Tensor:
    """`count` 32-bit words of a stream for each sample: Philox4x32-10 (Salmon et al. 2011)."""
    mask = 0xFFFFFFFF
    key = 0x811C9DC5
    for byte in stream.encode():  # the stream's name, hashed by FNV-1a
        key = ((key ^ byte) * 0x01000193) & mask
    b = torch.as_tensor(sample, dtype=torch.int64).reshape(-1, 1)
    # Blocks of four words. Without the mask torch.compile takes the first product for an index,
    # which it computes in 32 bits (PyTorch issue 183901).
    a = torch.arange((count + 3) // 4, device=b.device) & mask
    c = torch.as_tensor(update, dtype=torch.int64, device=b.device) & mask
    d = torch.as_tensor(t, dtype=torch.int64, device=b.device).reshape(-1, 1)
    k, m = seed & mask, key
    for _ in range(10):
        # By 0xD2511F53 and 0xCD9E8D57 less 2**32: a product that overflowed would mean nothing in C++.
        p, q = a * -0x2DAEE0AD, c * -0x326172A9
        high_p, high_q = (p >> 32) + a & mask, (q >> 32) + c & mask
        a, b, c, d = high_q ^ b ^ k, q & mask, high_p ^ d ^ m, p & mask
        k, m = (k + 0x9E3779B9) & mask, (m + 0xBB67AE85) & mask
    return torch.stack([a, b, c, d], -1).flatten(1)[:, :count]


def uniforms(
    seed: int,
    stream: str,
    count: int,
    sample: Tensor | int = 0,
    update: Tensor | int = 0,
    t: Tensor | int = 0,
) -> Tensor:
    """Uniform numbers in [0, 1), which single precision holds exactly."""
    return (philox(seed, stream, count, sample, update, t) >> 8).double() * 2.0**-24


def normals(
    seed: int,
    stream: str,
    count: int,
    sample: Tensor | int = 0,
    update: Tensor | int = 0,
    t: Tensor | int = 0,
) -> Tensor:
    """Standard normal numbers, in pairs by Box and Muller's method."""
    words = philox(seed, stream, count + count % 2, sample, update, t)
    u = (words.double() + 0.5) * 2.0**-32
    radius, angle = torch.sqrt(-2 * torch.log(u[:, 0::2])), 2 * math.pi * u[:, 1::2]
    pairs = torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], -1)
    return pairs.flatten(1)[:, :count]


def permutation(seed: int, epoch: int, count: int) -> Tensor:
    """The order of `count` samples in an epoch."""
    return philox(seed, "shuffle", count, update=epoch)[0].argsort(stable=True)


def split(seed: int, test: float, classes: Tensor) -> tuple[Tensor, Tensor]:
    """The samples of the training and of the test part, which has the share `test` of each class."""
    order = philox(seed, "split", len(classes))[0].argsort(stable=True)
    in_test = torch.zeros(len(classes), dtype=torch.bool)
    for label in classes.unique():
        members = order[classes[order] == label]
        in_test[members[: math.floor(test * len(members) + 0.5)]] = True
    return torch.nonzero(~in_test)[:, 0], torch.nonzero(in_test)[:, 0]
