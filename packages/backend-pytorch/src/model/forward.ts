/** `forward` as a class, what is computed of its states afterwards, and which arguments each needs. */
import { read } from "@sequent/ir";
import type { NodeId, Operand } from "@sequent/ir";
import type { StepMethods } from "../time/extract-step.js";
import { rowPlace } from "../time/read.js";
import { givenByLengths } from "../time/short.js";
import { CARRY, carryText, givenByWindow, startCode, takesCarry } from "../time/window.js";
import type { WindowPlan } from "../time/window.js";
import { printBody, temporary } from "./body.js";
import type { Body, Surroundings } from "./body.js";
import { atom, quoted } from "./code.js";
import type { Code } from "./code.js";
import { defineFunction, typed } from "./definition.js";
import type { FunctionText } from "./definition.js";
import type { Parts } from "./divide.js";
import { inputName, nameIn } from "./emission.js";
import type { Emission } from "./emission.js";
import { attributesOf, calleeOf, initLines } from "./function.js";
import type { Definitions } from "./function.js";
import { createNames } from "./identifier.js";
import { WIDTH } from "./layout.js";
import { mentions } from "./mentions.js";
import { readsOf } from "./scope.js";
import type { Item } from "./scope.js";

/** A mean over the batch, by its label. */
export interface Labelled {
  readonly label: string;
  readonly mean: NodeId;
}

/** The class of the model, and what a caller must know of it. */
export interface Forward {
  /** With the steps of its loops as methods. */
  readonly text: (steps: StepMethods) => readonly string[];
  /** Attributes that are modules of the text's own classes, and how they are made. */
  readonly modules: ReadonlyMap<string, string>;
  readonly functions: readonly FunctionText[];
  readonly fields: ReadonlyMap<NodeId, string>;
}

const inputsRead = (emission: Emission, items: readonly Item[], more: readonly NodeId[] = []): ReadonlyMap<NodeId, string> => {
  const inputs = new Map<NodeId, string>();
  const look = (id: NodeId): void => {
    const name = inputName(emission, id);
    if (name !== null) inputs.set(id, name);
  };
  for (const item of items) for (const operand of readsOf(emission.program, item)) look(operand.node);
  more.forEach(look);
  return new Map([...inputs].sort(([a], [b]) => a - b));
};

/** A recurrence that reads nothing over time runs as long as some input over time says, which is given beside what is read. */
export const withLength = (emission: Emission, inputs: ReadonlyMap<NodeId, string>): ReadonlyMap<NodeId, string> => {
  const { program, time } = emission;
  const isOpen = time.loops.length > 0 && ![...inputs.keys()].some(time.isTimed);
  const long = isOpen ? program.nodes.findIndex((node) => node.tag === "input" && node.time === true) : -1;
  const name = long < 0 ? null : inputName(emission, long);
  return name === null ? inputs : new Map([...inputs, [long, name] as const].sort(([a], [b]) => a - b));
};

const codes = (names: ReadonlyMap<NodeId, string>, prefix = ""): Map<NodeId, Code> => new Map([...names].map(([node, name]) => [node, atom(prefix + name)]));
const indent = (lines: readonly string[], by: number): string[] => lines.map((line) => " ".repeat(by) + line);

export const NOTHING: Forward = { text: () => [], modules: new Map(), functions: [], fields: new Map() };

export const printForward = (emission: Emission, definitions: Definitions, parts: Parts, methods: StepMethods): Forward => {
  if (parts.forward.length === 0) return NOTHING;
  const { window } = emission.options;
  const inputs = withLength(emission, inputsRead(emission, parts.forward, parts.crossing));
  const around = { ...surroundings(emission, definitions, codes(inputs), [...inputs.values()]), steps: methods };
  const results = parts.crossing.map((node) => read(node));
  const body = printBody(emission, around, parts.forward, results);
  const names = createNames();
  const fields = new Map(parts.crossing.map((node) => [node, names.take(nameIn(emission, null, node) ?? temporary(emission, node))]));
  const { lengths, lines: first } = raggedLines(emission, inputs, body.lines);
  const carries = takesCarry(window), defines = window !== null && window.fields.length > 0 && (window.row ?? 0) === 0;
  const lines = returned(body, results);
  const start = carries && window?.row === null ? printStart(emission, definitions, parts, window) : null;
  const own = defineFunction({
    name: "forward", arguments: argumentsOf(inputs, lengths, lines, carries), returns: "States", lines: [...first, ...lines], method: true,
  });
  const attributes = new Map([...(start?.attributes ?? []), ...attributesOf(emission, definitions, around, parts.forward, body.reading)]);
  const text = (steps: StepMethods): readonly string[] => [
    ...(defines ? [carryText(window), "", ""] : []),
    "class States(NamedTuple):", '    """What the losses and metrics read."""', "",
    ...[...fields.values()].map((field) => `    ${field}: Tensor`), "", "",
    "class Model(nn.Module):",
    ...indent(initLines(attributes), 4), "",
    ...(start === null ? [] : [start.function.text, ""]),
    ...steps.texts().flatMap((lines) => [...indent(lines, 4), ""]), own.text,
  ];
  return {
    text: (steps) => [text(steps).join("\n")], functions: [...(start === null ? [] : [start.function]), own], fields,
    modules: new Map([...attributes].filter(([, construct]) => !construct.startsWith("nn."))),
  };
};

/** Inputs, then what the lines turn out to read beside them. */
const argumentsOf = (inputs: ReadonlyMap<NodeId, string>, lengths: boolean, lines: readonly string[], carries: boolean) => {
  const reads = (name: string): boolean => mentions(lines, name);
  return [
    ...typed(inputs.values()), ...typed(lengths ? ["lengths"] : []), ...typed(carries ? [CARRY] : [], "Carry"),
    ...typed(reads("offset") ? ["offset"] : [], "int"), ...typed(reads("noise") ? ["noise"] : [], "Noise"),
  ];
};

/** What stands before the first window, from the inputs of that window. */
const printStart = (emission: Emission, definitions: Definitions, parts: Parts, window: WindowPlan) => {
  const { program } = emission;
  const operands = window.fields.flatMap(({ start }) => start ?? []);
  const found = inputsRead(emission, parts.start, operands.map((x) => x.node));
  // The number of rows is that of some input.
  const some = program.nodes.findIndex((node) => node.tag === "input" && node.time === true && inputName(emission, program.nodes.indexOf(node)) !== null && !window.masks.has(program.nodes.indexOf(node)));
  const inputs = [...found.keys()].some(emission.time.isTimed) || some < 0 ? found : new Map([...found, [some, inputName(emission, some) ?? ""] as const].sort(([a], [b]) => a - b));
  const around = surroundings(emission, definitions, codes(inputs), [...inputs.values()]);
  const body = printBody(emission, around, parts.start, operands);
  const values = window.fields.map((field) => `${field.field}=${startCode(emission, body, field).text}`);
  const lines = [...body.lines, `return Carry(${values.join(", ")})`];
  return {
    attributes: attributesOf(emission, definitions, around, parts.start, body.reading),
    function: defineFunction({
      name: "start", arguments: argumentsOf(inputs, false, lines, false), returns: "Carry", doc: "What stands before the first window.", lines, method: true,
    }),
  };
};
/** The lines of the body, which grow when a result is too long to stand in `return`. */
const returned = (body: Body, results: readonly Operand[]): readonly string[] => {
  const fields = results.map((result) => body.valueWithin(result, FIELD).text);
  return [...body.lines, `return States(${fields.join(", ")})`];
};
const FIELD = 48;

const surroundings = (emission: Emission, definitions: Definitions, given: Map<NodeId, Code>, reserved: readonly string[]): Surroundings => ({
  scope: null, given: new Map([...given, ...givenByWindow(emission.options.window), ...givenByLengths(emission.program)]), owner: "self.", instance: "",
  reserved: ["self", "states", "noise", "lengths", ...(emission.options.window === null ? [] : [CARRY, "offset", "counted", "ends"]), ...reserved],
  callee: (call, id) => calleeOf(definitions, "self.", "", call.instance, id),
});

interface Printed {
  readonly inputs: readonly string[];
  readonly lines: readonly string[];
  readonly windowed: boolean;
}
export const readsStates = ({ lines }: Printed): boolean => lines.some((line) => /\bstates\./.test(line));

export const printAfter = (emission: Emission, definitions: Definitions, forward: Forward, goals: readonly Labelled[], items: readonly Item[]): Printed => {
  const inputs = inputsRead(emission, items, goals.map((goal) => goal.mean));
  const given = new Map([...codes(inputs), ...codes(forward.fields, "states.")]);
  const means: readonly Operand[] = goals.map((goal) => read(goal.mean));
  const roomOf = ({ label }: Labelled): number => WIDTH - 11 - quoted(label).length;
  const body = printBody(
    emission, surroundings(emission, definitions, given, [...inputs.values()]), items, means, new Map(goals.map((goal) => [goal.mean, roomOf(goal)])),
  );
  const entries = goals.map((goal, k) => {
    const mean = means[k];
    return `    ${quoted(goal.label)}: ${mean === undefined ? "" : body.valueWithin(mean, roomOf(goal)).text},`;
  });
  const lines = [...body.lines, "return {", ...entries, "}"];
  const { lengths, lines: first } = raggedLines(emission, inputs, lines);
  return { inputs: [...inputs.values(), ...(lengths ? ["lengths"] : [])], lines: [...first, ...lines], windowed: emission.options.window !== null };
};

export const functionOf = (name: string, doc: string, printed: Printed, hasStates: boolean): FunctionText => {
  const carries = printed.windowed && mentions(printed.lines, `${CARRY}.`), offset = printed.windowed && mentions(printed.lines, "offset");
  return defineFunction({
    name, returns: "dict[str, Tensor]", doc, lines: printed.lines,
    arguments: [...typed(hasStates ? ["states"] : [], "States"), ...typed(printed.inputs), ...typed(carries ? [CARRY] : [], "Carry"), ...typed(offset ? ["offset"] : [], "int")],
  });
};

/** Whether a function needs the lengths of the rows; then what stands behind the end of a row is no longer read. */
export const raggedLines = (emission: Emission, inputs: ReadonlyMap<NodeId, string>, body: readonly string[]): { readonly lengths: boolean; readonly lines: readonly string[] } => {
  if (!emission.options.ragged) return { lengths: false, lines: [] };
  const lines = [...inputs].flatMap(([id, name]) => {
    const steps = emission.time.stepsOf(id);
    if (steps === null) return [];
    const lengths = rowPlace("lengths", 1 - steps.lower.plus), { padded } = emission.options;
    return [`${name} = ${padded === null ? `repeat_last(${name}, ${lengths})` : `repeat_last_to(${String(padded + 1 - steps.lower.plus)}, ${name}, ${lengths})`}`];
  });
  return { lengths: lines.length > 0 || mentions(body, "lengths"), lines };
};
