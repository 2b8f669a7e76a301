/** Names that are meant as inputs and have an equation for single steps, which makes states of them that have no other. */
import { diagnose, NOWHERE, operandsOf, operandsOfObjective, printMoment, sameSteps } from "@sequent/ir";
import type { Context, Diagnostic, Moment, NodeId, Operand, Piece, Program } from "@sequent/ir";
import * as D from "./diagnostics.js";
import type { DataTypes } from "./unknowns.js";

const onlyStep = ({ on }: Piece): Moment | null => (on !== null && sameSteps(on, { lower: on.lower, upper: on.lower }) ? on.lower : null);

/** Whether a read is of a step that depends on where it is read, or on the sequence's length. */
const isOverTime = (at: Context): boolean => (at.tag === "at" ? at.time.from === "t" : at.tag !== "range" || [at.on.lower, at.on.upper].some((m) => m.from !== "0"));

const readsOf = (program: Program): readonly Operand[] => [
  ...program.nodes.flatMap((node) => (node.tag === "cases" ? [] : operandsOf(node))),
  ...program.objectives.flatMap(operandsOfObjective),
  ...program.metrics.map((one) => one.value),
];

/** One for each name that is declared, or that an array is called by, is given at single steps alone, and is read at others. */
export const halfInputs = (program: Program, data: DataTypes): readonly Diagnostic[] => {
  const declared = new Map(program.declared.map((one) => [one.node, one]));
  const names = new Map<NodeId, string>();
  for (const { name, node, adjointOf } of program.names) if (adjointOf === null && !names.has(node)) names.set(node, name);
  const reads = readsOf(program);
  return program.nodes.flatMap((node, id): readonly Diagnostic[] => {
    const name = names.get(id), own = declared.get(id);
    if (node.tag !== "cases" || name === undefined || (own === undefined && !data.has(name))) return [];
    const steps = node.pieces.map(onlyStep), read = reads.find((x) => x.node === id && isOverTime(x.at));
    if (read === undefined || steps.includes(null)) return [];
    const given = steps.flatMap((m) => (m === null ? [] : [printMoment(m)])).join(", ");
    return [diagnose(D.halfInput, `\`${name}\` is no input, for it has an equation, and that gives step ${given} alone`, [
      { at: node.pieces[0]?.written?.target ?? program.spans[id] ?? NOWHERE, text: "given here" },
      ...(own === undefined ? [] : [{ at: own.span, text: "declared here" }]),
      ...(read.span === undefined ? [] : [{ at: read.span, text: "read at other steps" }]),
    ], { help: `The data give an input all of its steps. A state has one more, or another value at one: write \`${name}_t -> u_t\`, give \`u\` this step, and read \`u\`.` })];
  });
};
