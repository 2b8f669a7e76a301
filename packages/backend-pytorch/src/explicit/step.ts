/** `step`: one Update without autograd. The differentiated program, flat: values, adjoints, and all next values at once. */
import { demandOrder, operandsOf, read, sameSteps } from "@sequent/ir";
import type { Env, Interval, NodeId, Operand, ParamId, Program } from "@sequent/ir";
import type { TransformLowerings } from "../lowerings/transform.js";
import type { Lowerings } from "../lowerings/lowering.js";
import { printBody } from "../model/body.js";
import type { Surroundings } from "../model/body.js";
import { atom, quoted } from "../model/code.js";
import type { Code } from "../model/code.js";
import { CARRY, givenByWindow, isGiven, isLater, rowsCarried, takesCarry } from "../time/window.js";
import type { WindowPlan } from "../time/window.js";
import { nameForPython } from "../model/copies.js";
import { createEmission, statementAt } from "../model/emission.js";
import { defineFunction, typed } from "../model/definition.js";
import type { FunctionText } from "../model/definition.js";
import type { Emission, Least, ModelOptions } from "../model/emission.js";
import { identifier } from "../model/identifier.js";
import { order } from "../model/scope.js";
import type { Item } from "../model/scope.js";
import { ROWS } from "../lowerings/adjoint.js";
import { countEverywhere, everywhere, overProcesses } from "./lowerings.js";
import { raggedLines, withLength } from "../model/forward.js";
import { givenByLengths, isOfLengths } from "../time/short.js";
import { mentions } from "../model/mentions.js";
import type { StepMethods } from "../time/extract-step.js";
import { isOverTime, NO_TIME, planOf } from "../time/plan.js";
import { paddingOf } from "../time/read.js";
import { rankAt } from "../time/reading.js";
import { tellingOf } from "./order.js";
import type { Stage, Telling } from "./order.js";

export interface StepRequest {
  /** Differentiated, and expanded to what `lowerings` has. */
  readonly program: Program;
  readonly lowerings: Lowerings;
}

/** A name in Python's dictionary, and the values whose sum it stands for. */
interface Entry {
  readonly name: string;
  readonly nodes: readonly NodeId[];
}

/** Labels of the training statements, in order. */
type Labels = readonly string[];

/** The gradient at a node: what flows to it in the ordinary way, and what it gets along the paths of a `$` (but at their start). */
const gradientOf = (program: Program, node: NodeId): readonly NodeId[] =>
  program.names.flatMap((one): readonly NodeId[] => {
    if (one.adjointOf?.node !== node) return [];
    const objective = one.adjointOf.along === null ? null : program.objectives[one.adjointOf.along];
    const counts = objective === null || (objective?.tag === "ascend" && !objective.from.some((x) => x.node === node));
    return counts ? [one.node] : [];
  });

const gradientsOf = (program: Program, adjoints: readonly string[]): readonly Entry[] => {
  const weights = program.nodes.flatMap((node, id): readonly (readonly [string, NodeId])[] => {
    const param = node.tag === "param" ? program.params[node.param] : undefined;
    return param?.role === "weight" ? [[param.name, id]] : [];
  });
  const states = program.names.flatMap((one): readonly (readonly [string, NodeId])[] =>
    one.adjointOf === null && adjoints.includes(one.name) ? [[one.name, one.node]] : []);
  const entries = [...weights, ...states].map(([name, node]) => ({ name, nodes: [...new Set(gradientOf(program, node))] }));
  return [...new Map(entries.filter((one) => one.nodes.length > 0).map((one) => [one.name, one])).values()];
};

/** Names in one scope: the user's, `grad_h` for ^h, `next_M_1_weight` for a next value. */
const namesIn = (program: Program): ReadonlyMap<NodeId, readonly string[]> => {
  const names = new Map<NodeId, readonly string[]>();
  const put = (node: NodeId, name: string): void => {
    if (!names.has(node)) names.set(node, [name.replaceAll(".", "_")]);
  };
  const shortFirst = [...program.names].sort((a, b) => Number(a.name.includes(".")) - Number(b.name.includes(".")));
  for (const one of shortFirst) if (one.adjointOf === null) put(one.node, one.name);
  for (const one of program.names) if (one.adjointOf !== null) put(one.node, `grad_${one.name.slice(1)}`);
  for (const { param, next } of program.updates ?? []) put(next.node, `next_${program.params[param]?.name ?? ""}`);
  return names;
};

/** What is told in front of a line: the statement; `^x` for an adjoint; the parameter that moves. */
const commentsIn = (program: Program, source: string, telling: Telling) => {
  const adjoints = new Map(program.names.flatMap((one): readonly (readonly [NodeId, string])[] => (one.adjointOf === null ? [] : [[one.node, one.name]])));
  return (item: Item): string => {
    if (item.tag === "call") return "";
    const { id } = item;
    switch (telling.stageOf(id)) {
      case "value":
        return statementAt(source, program.spans[id]?.from ?? 0);
      case "adjoint":
        return adjoints.get(id) ?? "";
      case "update": {
        const param = telling.updates(id);
        return param === null ? "" : `${program.params[param]?.name ?? ""} moves`;
      }
    }
  };
};

const slotsFunction = (program: Program, model: string, place: (param: ParamId) => string): FunctionText => {
  const entries = program.params.flatMap((param) =>
    param.role === "slot" && param.of !== null ? [`    ${quoted(param.name)}: torch.zeros_like(${place(param.of)}),`] : []);
  return defineFunction({
    name: "make_slots", arguments: [["model", model]], returns: "dict[str, Tensor]", doc: "What the optimizers keep, at the start.",
    lines: entries.length === 0 ? ["return {}"] : ["return {", ...entries, "}"],
  });
};

const stepText = (fields: readonly string[]): string => [
  "class Step(NamedTuple):", `    """What an Update tells: the loss of each statement, and gradients by name${fields.length > 0 ? "; states that are carried on" : ""}."""`, "",
  "    losses: dict[str, Tensor]", "    gradients: dict[str, Tensor]", ...fields.map((name) => `    ${name}: Tensor`),
].join("\n");

const entriesOf = (name: string, entries: readonly (readonly [string, string])[]): readonly string[] =>
  entries.length === 0 ? [`${name} = {}`] : [`${name} = {`, ...entries.map(([key, value]) => `    ${quoted(key)}: ${value},`), "}"];

/** What `step` must know of the model: whether there is one, and of which parameters PyTorch's types hold that a module may be without them. */
export interface ModelFacts {
  readonly exists: boolean;
  readonly mayLack: (param: string) => boolean;
  readonly least: Least;
  /** The steps that a state is told to have, by its name. */
  readonly stepsOfState: (name: string) => Interval | null;
  /** Names of the states that are carried on. */
  readonly fields: ReadonlyMap<NodeId, string>;
  readonly methods: StepMethods;
}

export interface PrintedStep {
  readonly classes: readonly string[];
  readonly functions: readonly FunctionText[];
}

/** `step`, and what stands beside it. */
export const printStep = (
  request: StepRequest, labels: Labels, env: Env, options: ModelOptions, transforms: TransformLowerings, { exists, mayLack, least, stepsOfState, fields, methods }: ModelFacts,
): PrintedStep => {
  const model = exists ? "Model" : "None";
  const { program } = nameForPython(request.program, transforms);
  const flat: Program = { ...program, calls: [], callOf: program.callOf.map(() => null) };
  const goals = flat.objectives.flatMap((objective) => (objective.mean === null ? [] : [objective.mean]));
  const gradients = gradientsOf(request.program, options.adjoints);
  const updates = flat.updates ?? [];
  const adjoints = gradients.flatMap((entry) => entry.nodes);
  const { window } = options;
  const carried = window === null ? [] : rowsCarried(window).filter((node) => fields.has(node));
  const asked = [...[...goals, ...adjoints, ...carried].map((node) => read(node)), ...updates.map((update) => update.next)];
  const wanted = demandOrder(flat.nodes, asked);
  const time = isOverTime(flat) ? planOf(flat, env, asked, { isWhole: options.padded !== null }) : NO_TIME;
  const telling = tellingOf(flat, goals, adjoints);
  const emission: Emission = {
    ...createEmission(flat, env, options, overProcesses(request.lowerings, env), transforms, wanted, time, { live: new Uint8Array(flat.nodes.length), kept: new Set() }),
    namesOf: namesIn(flat),
    fold: FOLD,
    least,
    temporary: temporaryIn(flat, telling),
    commentOf: commentsIn(flat, options.source, telling),
  };
  const inputs = withLength(emission, inputsOf(flat, wanted, window));
  const place = (param: ParamId): string => {
    const own = request.program.params[param];
    if (own?.role === "slot") return `slots[${quoted(own.name)}]`;
    const name = flat.params[param]?.name ?? "";
    const at = name.lastIndexOf(".");
    // A module that can do without it says so in its type.
    const kind = own?.role === "statistic" ? "buffer" : "parameter";
    return mayLack(name) ? `model.${name.slice(0, at)}.get_${kind}(${quoted(name.slice(at + 1))})` : `model.${name}`;
  };
  const [first] = inputs.values();
  const rows = first === undefined ? "len(noise.samples)" : isOverTime(flat) ? undefined : `len(${first})`;
  const around: Surroundings = {
    scope: null, given: new Map([...[...inputs].map(([node, name]): [NodeId, Code] => [node, atom(name)]), ...givenByWindow(window), ...givenByLengths(flat)]), owner: "model.", instance: "", callee: () => ({ path: "", beside: [] }),
    reserved: ["model", "slots", "noise", "lengths", "update", "losses", "gradients", "step", "metrics", "optimizer", ROWS, everywhere.name, countEverywhere.name, CARRY, "offset", ...inputs.values()],
    parameter: place, ...(exists ? { steps: methods } : {}), ...(rows === undefined ? {} : { rows }),
  };
  const results: readonly Operand[] = [...goals, ...adjoints, ...carried].map((node) => read(node)).concat(updates.map((update) => update.next));
  const items = order(flat, null, emission.scopes.itemsOf(null), emission.scopes.giver, telling.placeOf, (item) => emission.scopes.loopOf(null, item));
  const body = printBody(emission, around, items, results);
  /** A gradient on the steps of its state: 0 where nothing comes to it. */
  const alignedTo = (steps: Interval | null, node: NodeId): string => {
    const { text } = body.valueOf(read(node)), on = time.stepsOf(node);
    if (steps === null || on === null || sameSteps(on, steps)) return text;
    emission.needs.add("F");
    const inner = Array<string>(2 * (rankAt(emission, node) + 1)).fill("0");
    return `F.pad(${text}, (${[...inner, ...paddingOf(on, steps, body.reading.horizon)].join(", ")}))`;
  };
  const sumOf = ({ name, nodes }: Entry): string => nodes.map((node) => alignedTo(stepsOfState(name), node)).join(" + ");
  const losses = entriesOf("losses", goals.map((goal, k) => [labels[k] ?? "", body.valueWithin(read(goal), ROOM).text]));
  const found = entriesOf("gradients", gradients.map((entry) => [entry.name, sumOf(entry)]));
  const moves = updates.map(({ param, next }) => `${place(param)}.copy_(${body.valueOf(next).text})`);
  const { lengths, lines: ends } = raggedLines(emission, inputs, body.lines);
  const lines = [...ends, ...body.lines, ...losses, ...found, "# All move together.", ...moves, `return Step(${["losses", "gradients", ...carried.map((node) => body.valueOf(read(node)).text)].join(", ")})`];
  const uses = (name: string): boolean => mentions(lines, name);
  const own = defineFunction({
    name: "step", decorator: "@torch.no_grad()", returns: "Step", doc: "One Update by the equations: values, then `grad_x` for ^x, then the next values.", lines,
    arguments: [
      ["model", model], ["slots", "dict[str, Tensor]"], ...typed(inputs.values()), ...typed(lengths ? ["lengths"] : []),
      ...typed(takesCarry(window) ? [CARRY] : [], "Carry"), ...typed(uses("offset") && window !== null ? ["offset"] : [], "int"),
      ...typed([ROWS, "update"].filter(uses), "int"), ...typed(uses("noise") ? ["noise"] : [], "Noise"),
    ],
  });
  return {
    classes: [stepText(carried.map((node) => fields.get(node) ?? ""))],
    functions: [...(isLater(window) ? [] : [slotsFunction(request.program, model, place)]), ...[everywhere, countEverywhere].filter((one) => uses(one.name)), own],
  };
};
const ROOM = 60;
const FOLD = 84;
const temporaryIn = ({ types = [] }: Program, telling: Telling) => (id: NodeId): string | null => {
  const stage = telling.stageOf(id);
  return stage === "update" && types[id]?.[0]?.shape.length === 0 ? "factor" : TEMPORARY[stage];
};
/** What unnamed values of each stage are called; a value of the program itself after its function. */
const TEMPORARY: Readonly<Record<Stage, string | null>> = { value: null, adjoint: "grad", update: "change" };

const inputsOf = (program: Program, wanted: readonly NodeId[], window: WindowPlan | null): ReadonlyMap<NodeId, string> => {
  const found = new Map<NodeId, string>();
  const look = (id: NodeId): void => {
    const node = program.nodes[id];
    if (node?.tag === "input" && !isGiven(window, id) && !isOfLengths(program, id)) found.set(id, window?.masks.get(id) ?? identifier(node.name));
  };
  for (const id of wanted) {
    look(id);
    const node = program.nodes[id];
    if (node !== undefined) for (const operand of operandsOf(node)) look(operand.node);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
};
