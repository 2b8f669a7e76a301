/** What PyTorch has for an op that is added here, in one line; `mish` needs none, since it expands. */
import { lower } from "@sequent/compiler";
import type { Lowering } from "@sequent/compiler";

/** A call binds most tightly: it is never put into parentheses. */
const CALL = 11;

export const pytorch: readonly Lowering[] = [
  lower("acme.squareplus", ({ ins, attrs }) => {
    const [input] = ins();
    const x = input?.text ?? "", b = JSON.stringify(attrs["b"] ?? 4);
    return { text: `torch.add(${x}, torch.sqrt(torch.square(${x}) + ${b})).div(2)`, level: CALL };
  }),
];
