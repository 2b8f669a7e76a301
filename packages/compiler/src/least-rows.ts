/** Functions that want several samples at once in train mode: what is told where there are too few. */
import { diagnose } from "@sequent/ir";
import type { Diagnostics, Span, TensorType } from "@sequent/ir";
import type { Compiled } from "./compile.js";
import { batchTooSmall } from "./diagnostics.js";

/** Where the number of samples comes from, and whether that text can be replaced by another number. */
export interface RowsAt {
  readonly at: Span;
  readonly text: string;
  readonly mends: boolean;
}

/** The uses that want more samples in train mode than there are; null if none does. */
export const tooFewRows = (compiled: Compiled, rows: number, from: RowsAt): Diagnostics | null => {
  const { program, env } = compiled;
  const typeOf = (node: number): readonly TensorType[] => program.types?.[node]?.slice(0, 1) ?? [];
  const [first, ...rest] = program.nodes.flatMap((node, id) => {
    const op = node.tag === "op" ? env.ops.get(node.op) : undefined;
    const least = node.tag === "op" ? (op?.leastRows?.(node.ins.flatMap((x) => typeOf(x.node))) ?? 1) : 1;
    const at = program.spans[id];
    if (rows >= least || op === undefined || at === undefined) return [];
    const name = op.notation.tag === "call" ? op.notation.name : op.name;
    const fix = { title: `use a batch of ${String(least)}`, edits: [{ at: from.at, text: String(least) }], unsafe: false };
    return [diagnose(batchTooSmall, `${name} wants at least ${String(least)} samples in train mode, and there ${rows === 1 ? "is" : "are"} ${String(rows)}`,
      [{ at, text: "one value for each channel has no deviation" }, { at: from.at, text: from.text }], { help: batchTooSmall.explain, fixes: from.mends ? [fix] : [] })];
  });
  return first === undefined ? null : [first, ...rest];
};
