/** The inputs of a typed program: what data are bound to, and what the compiler prints. */
import { NOWHERE, printType } from "@sequent/ir";
import type { Program, Span } from "@sequent/ir";
import { seedsOf } from "./facts.js";

/** One input: its type without batch and time; `length` names the array that holds ragged lengths, if the data have it. */
export interface Input {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float" | "int";
  readonly classes: number | null;
  readonly timed: boolean;
  readonly length?: string;
  readonly places: readonly Span[];
}

/** The array that holds how long the sequences of an input over time are. */
export const lengthsOf = (input: string): string => `${input}_length`;

/** The inputs in the order of the program; empty before inference. */
export const signature = (program: Program): readonly Input[] => {
  const seeds = seedsOf(program);
  const inputs: Input[] = [];
  program.nodes.forEach((node, id) => {
    const type = program.types?.[id]?.[0];
    if (node.tag !== "input" || type === undefined || seeds.has(id)) return;
    const timed = node.time === true;
    const dtype = type.dtype === "int" ? "int" : "float";
    const shape = type.shape.filter((d) => typeof d === "number");
    const base = { name: node.name, shape, dtype, classes: type.classes, timed, places: [program.spans[id] ?? NOWHERE] } as const;
    inputs.push(timed ? { ...base, length: lengthsOf(node.name) } : base);
  });
  return inputs;
};

/** One line per input: `X : [784]`, `x_t : class[27]`. */
export const printSignature = (inputs: readonly Input[]): string =>
  inputs.map((input) => `${input.name}${input.timed ? "_t" : ""} : ${printType(input)}\n`).join("");
