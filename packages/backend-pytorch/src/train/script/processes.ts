/** What each process does of an Update, and what several do together. */
import type { Facts } from "./facts.js";
import { definitions, python } from "./template.js";
import type { Piece } from "./template.js";

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

/** Windows count their instances themselves; of whole sequences the lengths tell how many there are. */
const partOfMeans = ({ windows, weighs }: Facts): string => {
  const isWhole = windows === null, part = "counts / whole.clamp(min=1)";
  return python`
def part_of_means(${isWhole ? "lengths" : "counts"}: Tensor, world: int) -> Tensor:
    """Of the instances that each statement is the mean of, the part that this process has${isWhole && weighs ? "; twice, for whether it has any stands behind" : ""}."""
    ${isWhole && ['found = instances(lengths)["losses"]', "counts = torch.stack([found[label] for label in STATEMENTS])"]}
    whole = counts.clone()
    if world > 1:
        dist.all_reduce(whole)
    return ${isWhole && weighs ? `(${part}).repeat(2)` : part}
`;
};

/** A process of so many weighs what it has of a mean by its part of the instances. */
export const partOf = ({ byInstances }: Facts): string => (byInstances ? 'part_of_means(batch["lengths"], world)' : "(len(rows) / size)");

/** How many instances a window has of what is at each of its steps; of rows of one length as many times more. */
export const instancesOfWindow = ({ ragged, windows, sequence }: Facts): string => {
  const moved = windows?.moved ?? 0;
  return !ragged ? `batch[${sequence}].shape[1]` : moved === 0 ? 'batch["lengths"].sum()' : `(batch["lengths"] - ${String(moved)}).sum()`;
};

/** Of how many instances each mean of a window is; by our own equations, which add up over processes themselves, whether there is any. */
export const countsOfWindow = (facts: Facts): readonly string[] => {
  const list = `[${facts.equations ? "found.get(label, 1)" : `found[label] if label in found else ${instancesOfWindow(facts)}`} for label in STATEMENTS]`;
  return facts.equations ? [`whole = values.new_tensor(${list})`, "if dist.is_initialized():", "    dist.all_reduce(whole)", "here = whole.sign().tolist()"] : [`here = ${list}`];
};

/** What a process has of the means of a window: perhaps no instance of a statement. */
export const shareOfWindow = (facts: Facts): Piece => {
  const { weighs, ragged } = facts;
  if (!weighs && !ragged) return `values = values * ${partOf(facts)}`;
  return [
    weighs && "lost, present = values.chunk(2)", `ours = part_of_means(${weighs ? "present.detach()" : instancesOfWindow(facts)}, world)`,
    "# A process may have no instance of a statement, or of none of them.",
    weighs ? "values = torch.cat([torch.where(ours > 0, lost, 0) * ours, ours])" : "values = torch.where(ours > 0, values, 0) * ours",
  ];
};

const GATHERED = python`
def gathered(tensors: dict[str, Tensor], world: int) -> dict[str, Tensor]:
    """What all processes have, row after row."""
    parts: list[dict[str, Tensor]] = [{}] * world
    dist.all_gather_object(parts, {name: value.cpu() for name, value in tensors.items()})
    return {name: torch.cat([part[name] for part in parts]) for name in tensors}
`;

const DECIDED = python`
def decided(answer: bool, device: torch.device) -> bool:
    """The first process's answer."""
    flag = torch.tensor(float(answer), device=device)
    dist.broadcast(flag, 0)
    return flag.item() > 0
`;

/** Our own equations add up over processes themselves. */
export const processes = (facts: Facts): string => {
  const { equations, byInstances, windows, weighs, ragged, savesCarry } = facts;
  const weighsParts = byInstances || (windows !== null && (weighs || ragged));
  return definitions(SHARE, !equations && weighsParts && partOfMeans(facts), !equations && SUM, savesCarry && GATHERED, savesCarry && DECIDED);
};
