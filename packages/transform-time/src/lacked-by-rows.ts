/** Functions of the whole batch, of which some sequences do not have the operand. */
import { crossing, demandOrder, diagnose, existenceOf, horizonOf, read } from "@sequent/ir";
import type { Diagnostic, Env, Program } from "@sequent/ir";
import * as D from "./diagnostics.js";
import { leastOfBatch } from "./short-rows.js";
import { firstOfData } from "./short-windows.js";
import type { Speech } from "./speech.js";

/** Of a program with domains; `shortest` is the last step of the shortest sequence in the data. */
export const lackedByRows = (program: Program, env: Env, shortest: number, speech: Speech): readonly Diagnostic[] => {
  const horizon = horizonOf(program), start = firstOfData(program), end = horizon === null ? shortest : Math.min(shortest, start - 1 + horizon.back + horizon.ahead);
  if (end >= crossing(program).least) return [];
  const nodes = demandOrder(program.nodes, program.nodes.map((_, id) => read(id)));
  const { at, least } = leastOfBatch(program, env, nodes, existenceOf(program, nodes, { from: end }).least);
  if (at === null || least <= end) return [];
  const node = program.nodes[at], name = node?.tag === "op" ? `\`${node.op.slice(node.op.indexOf(".") + 1)}\`` : "the whole batch";
  const what = horizon === null || shortest <= end ? "the shortest sequence" : "the first window";
  return [diagnose(D.lackedByRows, `${name} needs what every sequence has from step ${String(least)} on, and ${what} ends at step ${String(end)}`, [{ at: speech.spanOf(at), text: "computed of the whole batch" }], {
    help: what === "the first window" ? `\`@horizon back=${String(least + 1 - start)}\` has it in each first window.` : "Leave such sequences out of the data.",
  })];
};
