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

const partOfMeans = (weighs: boolean): string => python`
def part_of_means(lengths: Tensor, world: int) -> Tensor:
    """Of the instances that each statement is the mean of, the part that this process has${weighs ? "; twice, for whether it has any stands behind" : ""}."""
    found = instances(lengths)["losses"]
    counts = torch.stack([found[label] for label in STATEMENTS])
    whole = counts.clone()
    if world > 1:
        dist.all_reduce(whole)
    return ${weighs ? "(counts / whole.clamp(min=1)).repeat(2)" : "counts / whole.clamp(min=1)"}
`;

/** A process of so many weighs what it has of a mean by its part of the instances. */
export const partOf = ({ byInstances }: Facts): string => (byInstances ? 'part_of_means(batch["lengths"], world)' : "(len(rows) / size)");

/** Our own equations add up over processes themselves. */
export const processes = (facts: Facts): string =>
  definitions(SHARE, !facts.equations && facts.byInstances && partOfMeans(facts.weighs), !facts.equations && SUM);
