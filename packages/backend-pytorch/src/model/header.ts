/** What stands in front of the model: imports, and helpers where the text calls them. */
/** What PyTorch has no function for: means of nothing, and rows with lengths of their own. */
export const HELPERS: readonly (readonly [RegExp, string])[] = [
  [/\bmean_of\(/, `def mean_of(x: Tensor) -> Tensor:
    """The mean of all elements; 0 where there are none."""
    return x.sum() / max(1, x.numel())`],
  [/\brepeat_last\(/, `def repeat_last(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row's last value in place of what stands behind its end."""
    steps = torch.arange(len(x), device=x.device)[:, None]
    return x[torch.minimum(steps, lengths - 1), torch.arange(x.shape[1], device=x.device)]`],
  [/\brepeat_beyond\(/, `def repeat_beyond(x: Tensor, more: Tensor) -> Tensor:
    """Of each row's stack, the first step and so many more, and the last of these in place of what stands behind."""
    steps = torch.arange(x.shape[1], device=x.device)
    rows = torch.arange(len(x), device=x.device)[:, None]
    return x[rows, torch.minimum(steps, more.clamp(min=0)[:, None])]`],
  [/\brepeat_last_to\(/, `def repeat_last_to(least: int, x: Tensor, lengths: Tensor) -> Tensor:
    """Each row's last value in place of what stands behind its end, for as many steps at least."""
    steps = torch.arange(max(least, len(x)), device=x.device)[:, None]
    return x[torch.minimum(steps, lengths - 1), torch.arange(x.shape[1], device=x.device)]`],
  [/\breverse_rows\(/, `def reverse_rows(x: Tensor, counts: Tensor) -> Tensor:
    """The first steps of each row, as many as it has, the other way round."""
    steps = torch.arange(len(x), device=x.device)[:, None]
    places = torch.where(steps < counts, counts - 1 - steps, steps)
    return x[places, torch.arange(x.shape[1], device=x.device)]`],
  [/\bsome_of\(/, `def some_of(seen: Tensor) -> Tensor:
    """What is seen on the last axis, or all of it where that is nothing, of which there is no mean."""
    return seen | ~seen.any(-1, keepdim=True)`],
  [/\bvalid_steps\(/, `def valid_steps(count: int, lengths: Tensor) -> Tensor:
    """Which of so many steps each row has, as [time, batch]."""
    return torch.arange(count, device=lengths.device)[:, None] < lengths`],
];

/** The imports that the text needs, in ruff's order. `isLater`: it is of windows behind the first, which model.py has. */
export const header = (name: string, text: string, isLater: boolean): string => {
  const code = text.replace(/^ *#.*$/gm, "");
  /** Not an attribute or a key of that name: `self.F.weight`, `"F.weight.m"`. */
  const uses = (module: string): boolean => new RegExp(String.raw`(?<![.\w"])${module}\.`).test(code);
  const torch = ["Tensor", ...(uses("nn") ? ["nn"] : [])];
  const standard = [...(uses("math") ? ["import math"] : []), ...(/\bNamedTuple\b/.test(text) ? ["from typing import NamedTuple"] : [])];
  const gradients = [...new Set([...code.matchAll(/(?<![.\w])conv[12]d_(?:input|weight)(?=\()/g)].map(([name]) => name))].sort();
  const others = [
    "import torch",
    ...(uses("dist") ? ["import torch.distributed as dist"] : []),
    ...(uses("F") ? ["import torch.nn.functional as F"] : []),
    `from torch import ${torch.join(", ")}`,
    ...(/\bfunctional_call\(/.test(text) ? ["from torch.func import functional_call"] : []),
    ...(gradients.length > 0 ? [`from torch.nn.grad import ${gradients.join(", ")}`] : []),
  ].filter((line) => line !== "import torch" || uses("torch"));
  const found = [...(isLater && /\bCarry\b/.test(text) ? ["from model import Carry"] : []), ...(/\bNoise\b/.test(text) ? ["from philox import Noise"] : [])];
  const local = found.length > 0 ? ["", ...found] : [];
  return [`"""${name}, as PyTorch${isLater ? ": the windows behind the first" : ""}."""`, ...(standard.length > 0 ? ["", ...standard] : []), "", ...others, ...local].join("\n");
};
