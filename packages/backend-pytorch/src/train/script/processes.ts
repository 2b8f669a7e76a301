/** What each process does of an Update, and what several do together. */
import type { Facts } from "./facts.js";
import { definitions, python } from "./template.js";

const SHARE = python`
def share(rows: Tensor, rank: int, world: int) -> Tensor:
    """The part of a batch that is this process's."""
    return rows[len(rows) * rank // world : len(rows) * (rank + 1) // world]
`;

const SUM = python`
def sum_over_processes(model: nn.Module, values: Tensor) -> Tensor:
    """Adds gradients and values over all processes, in one message."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    message = torch.cat([*(gradient.flatten() for gradient in gradients), values])
    dist.all_reduce(message)
    parts = message.split([gradient.numel() for gradient in gradients] + [len(values)])
    for gradient, part in zip(gradients, parts[:-1], strict=True):
        gradient.copy_(part.view_as(gradient))
    return parts[-1]
`;

/** Our own equations add up over processes themselves. */
export const processes = ({ equations }: Facts): string => definitions(SHARE, !equations && SUM);
