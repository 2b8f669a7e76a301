/** `model.py`: the model, its losses and its metrics. */
import { demandOrder, operandsOf, read } from "@sequent/ir";
import { hoistFromLoops } from "@sequent/transform-time";
import type { CallId, Env, Interval, NodeId, Operand, ParamId, Program } from "@sequent/ir";
import type { Lowerings } from "../lowerings/lowering.js";
import type { TransformLowerings } from "../lowerings/transform.js";
import { printBody, temporary } from "./body.js";
import type { Body, Surroundings } from "./body.js";
import { atom, quoted } from "./code.js";
import type { Code } from "./code.js";
import { printStep } from "../explicit/step.js";
import type { StepRequest } from "../explicit/step.js";
import { createEmission, liveNodes, nameIn, unqualified, weightsBeyond } from "./emission.js";
import type { Emission, Least, ModelOptions } from "./emission.js";
import { attributesOf, calleeOf, defineFunctions, initLines, noDefinitions } from "./function.js";
import type { Definitions } from "./function.js";
import { createNames, identifier } from "./identifier.js";
import { nameForPython, printRenewals } from "./copies.js";
import { dropIdleDetaches } from "./idle.js";
import { completeCalls } from "./interface.js";
import { printOptimizer } from "./optimizer.js";
import { absorbedIn, cellsIn, withoutStarts } from "../time/choose-kernels.js";
import { rowPlace } from "../time/read.js";
import { CARRY, carriedText, carryText, givenByWindow, rowsCarried, startCode } from "../time/window.js";
import type { Match } from "../time/cells.js";
import { noStepMethods } from "../time/extract-step.js";
import type { StepMethods } from "../time/extract-step.js";
import type { WindowPlan } from "../time/window.js";
import { keepFunctions } from "../time/functions.js";
import { isOverTime, NO_TIME, planOf } from "../time/plan.js";
import { header, HELPERS } from "./header.js";
import { layOutText, WIDTH } from "./layout.js";
import { isolateAscents } from "./isolate.js";
import { keyOf, readsOf } from "./scope.js";
import type { Item } from "./scope.js";

/** A method by the path of its module in the model; "" is the model. */
export interface Method {
  readonly module: string;
  readonly name: string;
}

/** The printed model, and what a training script must know of it. */
export interface EmittedModel {
  readonly text: string;
  /** Inputs that `forward`, `losses` and `metrics` take, in order. */
  readonly forward: readonly string[];
  readonly losses: readonly string[];
  readonly metrics: readonly string[];
  /** Labels of the training statements with the sign they are minimised with, and names of the metrics. */
  readonly statements: readonly { readonly label: string; readonly sign: 1 | -1 }[];
  readonly metricNames: readonly string[];
  /** Fields of `States` by the user's name, for what was asked to be shown. */
  readonly shown: ReadonlyMap<string, string>;
  /** Fields of `States` and inputs whose gradients, added up, are that of a state or an input, for those asked for. */
  readonly adjoints: ReadonlyMap<string, readonly string[]>;
  /** The steps of shown states over time and of inputs over time, by the user's name: those that the first axis stands for. */
  readonly steps: ReadonlyMap<string, Interval>;
  /** Python's names of lagged copies, by their qualified names. */
  readonly renamed: ReadonlyMap<string, string>;
  /** How many steps each sequence must have. */
  readonly least: Readonly<Least>;
  /** Weights that no statement has a gradient of, whatever the data are. */
  readonly beyond: readonly string[];
  readonly draws: boolean;
  readonly hasModel: boolean;
  /** What `--compile` compiles one by one, by its name in the model: methods and modules; null: all as one, where there is neither a loop nor a kernel of one (Inductor fails on `torch.lstm`). */
  readonly compiled: { readonly methods: readonly Method[]; readonly modules: readonly string[] } | null;
}

interface Goal {
  readonly label: string;
  readonly mean: NodeId;
  readonly sign: 1 | -1;
  readonly text: string;
}

const goalsOf = (program: Program): readonly Goal[] => {
  const labels = createLabels();
  return program.objectives.flatMap((objective) =>
    objective.mean === null ? [] : [{ label: labels(objective.text), mean: objective.mean, sign: objective.tag === "match" ? 1 : -1, text: objective.text }]);
};
const metricsOf = (program: Program): readonly Goal[] =>
  program.metrics.flatMap((metric) => (metric.mean === null ? [] : [{ label: metric.name, mean: metric.mean, sign: 1, text: metric.name }]));

/** Equal statements are told apart by a number, as in the trainer's log. */
const createLabels = () => {
  const used = new Map<string, number>();
  return (text: string): string => {
    const count = (used.get(text) ?? 0) + 1;
    used.set(text, count);
    return count === 1 ? text : `${text} (${String(count)})`;
  };
};

/** Prints a typed program whose losses are chosen; ops without a lowering must have been expanded. */
export const emitModel = (
  given: Program, env: Env, options: ModelOptions, lowerings: Lowerings, transforms: TransformLowerings, explicit?: StepRequest,
): EmittedModel => {
  const named = nameForPython(given, transforms);
  // Without autograd a statement's value is all that `losses` gives.
  const { program: isolated, copies } = explicit === undefined ? isolateAscents(named.program, env) : { program: withoutGradients(named.program), copies: [] };
  const wanted = explicit === undefined ? isolated.names.filter((name) => name.adjointOf === null && options.adjoints.includes(name.name)) : [];
  const partsOf = (node: NodeId): readonly NodeId[] => [node, ...copies.flatMap((one) => one.get(node) ?? [])];
  const goals = goalsOf(isolated);
  const metrics = metricsOf(isolated);
  const shown = isolated.names.filter((name) => name.adjointOf === null && options.show.includes(name.name));
  const asked = [...goals, ...metrics].map((goal) => goal.mean).concat(shown.map((name) => name.node), wanted.flatMap((name) => partsOf(name.node)));
  const { window } = options;
  const carried = window === null ? [] : rowsCarried(window), counting = window === null ? [] : window.counts.flatMap((one) => one ?? []);
  const starting = window === null ? [] : window.fields.flatMap(({ start }) => start ?? []);
  const starts = new Map(window === null ? [] : window.fields.flatMap(({ input, start }): [NodeId, NodeId][] => (start === null ? [] : [[input, start.node]])));
  const inWindow = [...asked, ...carried];
  const targets = [...inWindow, ...counting, ...idleResults(isolated, inWindow)];
  const kept = keptNodes(isolated, wanted.flatMap((name) => partsOf(name.node)), targets);
  let known: { readonly nodes: Program["nodes"]; readonly live: Uint8Array } | null = null;
  // Asked twice of the same nodes where nothing is detached for nothing and there is no time.
  const liveIn = (of: Program): Uint8Array => {
    if (explicit !== undefined) return new Uint8Array(of.nodes.length);
    if (known?.nodes !== of.nodes) known = { nodes: of.nodes, live: liveNodes(of, lowerings, demandOrder(of.nodes, of.nodes.map((_, id) => read(id))), kept, starts) };
    return known.live;
  };
  const idle = dropIdleDetaches(isolated, liveIn(isolated));
  const reads = [...targets.map((node) => read(node)), ...starting];
  const timed = isOverTime(idle);
  const hints = new Map<NodeId, string>();
  const { program: dissolved, sequences } = timed ? keepFunctions(idle, env, planOf(idle, env, reads), window === null) : { program: idle, sequences: new Set<CallId>() };
  const rewrites = timed && explicit === undefined;
  const cells = rewrites ? cellsIn(dissolved, planOf(dissolved, env, reads, sequences), options, targets) : new Map<NodeId, Match>();
  const hint = (node: NodeId, name: string, of: NodeId | null): void => { hints.set(node, of === null ? name : `${name}_${nameOf(idle, of)}`); };
  const hoisted = rewrites ? hoistFromLoops(dissolved, env, hint, (nodes) => nodes.some((id) => cells.has(id)), (call) => call === null || sequences.has(call)) : dissolved;
  const program = completeCalls(hoisted, [...targets, ...starting.map((x) => x.node)]);
  const reached = new Set(demandOrder(program.nodes, reads));
  const passed = program.calls.flatMap((call) => call.outs.filter(() => call.outs.some((out) => reached.has(out.node))));
  const order = demandOrder(program.nodes, [...reads, ...passed]);
  const planned = timed ? planOf(program, env, [...reads, ...passed], sequences) : NO_TIME;
  const time = withoutStarts(program, planned, cells, targets);
  const created = createEmission(program, env, options, lowerings, transforms, order, time, { live: liveIn(program), kept });
  const emission: Emission = explicit !== undefined ? created : {
    ...created, written: timed ? idle : program, temporary: (id) => hints.get(id) ?? null,
    cellOf: (loop) => cells.get(time.loops[loop]?.order[0] ?? -1) ?? null,
    isAbsorbed: absorbedIn(program, order, cells, targets),
  };
  const definitions = noDefinitions();
  defineFunctions(emission, definitions, null);
  const beside = new Set([...goals, ...metrics].map((goal) => goal.mean).concat(counting));
  const parts = divide(emission, goals, metrics, targets.filter((node, k) => k >= goals.length + metrics.length && !beside.has(node)), starting);
  const stepMethods = noStepMethods();
  const forward = printForward(emission, definitions, parts, stepMethods);
  const afterwards = (kind: readonly Goal[], items: readonly Item[]): Printed => printAfter(emission, definitions, forward, kind, items);
  const losses = afterwards(goals, parts.losses);
  const counted = goals.flatMap((goal, k): readonly Goal[] => { const mean = window?.counts[k] ?? null; return mean === null ? [] : [{ ...goal, mean }]; });
  const counts = counted.length === 0 ? null : printAfter(emission, definitions, forward, counted, parts.countsOf(counted.map((goal) => goal.mean)));
  const measured = afterwards(metrics, parts.metrics);
  const steps = new Map(program.names.flatMap((name): [string, Interval][] => {
    const own = time.stepsOf(name.node);
    return own === null || name.adjointOf !== null ? [] : [[name.name, own]];
  }));
  const exists = forward !== NOTHING;
  const equations = explicit === undefined ? [] : [printStep(explicit, goals.map((goal) => goal.label), env, options, transforms, {
    exists, mayLack: mayLack(emission), least: emission.least, stepsOfState: (name) => steps.get(name) ?? null, fields: forward.fields, methods: stepMethods,
  })];
  const text = [
    ...definitions.list.map((definition) => definition.text),
    ...forward.text(stepMethods),
    functionText("losses", "The mean of each training statement over the batch.", losses, forward.fields.size > 0),
    ...(counts === null ? [] : [functionText("counts", "Of how many instances each mean is that not every window has.", counts, readsStates(counts))]),
    ...(window === null || window.fields.length === 0 ? [] : [carriedText(emission, window, forward.fields)]),
    ...(metrics.length > 0 ? [functionText("metrics", "The mean of each metric over the batch.", measured, forward.fields.size > 0)] : []),
    ...(explicit !== undefined ? equations : exists ? [...printOptimizer(program, transforms, env), ...printRenewals(program, transforms)] : []),
  ].join("\n\n\n");
  const helpers = HELPERS.flatMap(([needed, code]) => (needed.test(text) ? [code] : []));
  const whole = [...helpers, text].join("\n\n\n");
  return {
    text: layOutText(`${header(options.name, whole)}\n\n\n${whole}\n`),
    forward: forward.inputs,
    losses: losses.inputs,
    metrics: measured.inputs,
    statements: goals.map(({ label, sign }) => ({ label, sign })),
    metricNames: metrics.map((goal) => goal.label),
    shown: new Map(shown.flatMap((name) => {
      const field = forward.fields.get(name.node) ?? inputName(emission, name.node);
      return field === null ? [] : [[name.name, field]];
    })),
    adjoints: new Map(wanted.map((name) => [name.name, partsOf(name.node).flatMap((node) => forward.fields.get(node) ?? inputName(emission, node) ?? [])])),
    steps,
    renamed: named.renamed,
    least: emission.least,
    beyond: weightsBeyond(isolated, lowerings, transforms, goals.map((goal) => goal.mean), starts),
    draws: order.some((id) => isDraw(emission, env, id)),
    hasModel: exists,
    compiled: time.loops.length > 0 ? compiledIn(stepMethods, forward.modules, definitions) : null,
  };
};

/**
 * What is kept for its gradient: the nodes asked for, and, if one of them is in a function, whatever functions give, so that all uses of
 * one have the same text.
 */
const keptNodes = (program: Program, wanted: readonly NodeId[], targets: readonly NodeId[]): ReadonlySet<NodeId> => {
  const isFloat = (node: NodeId): boolean => {
    const [type] = program.types?.[node] ?? [];
    return type?.dtype === "float" && program.nodes[node]?.tag !== "param";
  };
  const within = wanted.some((node) => (program.callOf[node] ?? null) !== null);
  const given = within ? completeCalls(program, targets).calls.flatMap((call) => call.outs.map((out) => out.node)) : [];
  return new Set([...wanted, ...given].filter(isFloat));
};

const nameOf = (program: Program, id: NodeId): string => {
  const node = program.nodes[id];
  const name = program.names.find((one) => one.node === id && one.adjointOf === null)?.name;
  return name !== undefined ? unqualified(name) : node?.tag === "input" ? node.name : "part";
};

/** States that nothing asks for and that alone apply some function: a model has all of its functions, as every target's checkpoint does. */
const idleResults = (program: Program, asked: readonly NodeId[]): readonly NodeId[] => {
  const seen = new Uint8Array(program.nodes.length);
  const owned = new Set<ParamId>();
  /** Whether what a node needs has parameters that nothing before it has. */
  const walk = (from: NodeId): boolean => {
    const before = owned.size;
    const stack = [from];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const node = program.nodes[id];
      if (node === undefined || seen[id] === 1) continue;
      seen[id] = 1;
      if (node.tag === "param") owned.add(node.param);
      for (const operand of operandsOf(node)) stack.push(operand.node);
    }
    return owned.size > before;
  };
  asked.forEach(walk);
  // The last first: a state's readers come after it. What a window drops of a state, an unread boundary, has no name.
  const states = program.names.toReversed().flatMap((name) => (name.adjointOf === null && walk(name.node) ? [name.node] : [])).toReversed();
  const others = program.nodes.flatMap((_, k) => { const id = program.nodes.length - 1 - k; return walk(id) && program.nodes[id]?.tag !== "param" ? [id] : []; });
  return [...states, ...others];
};

/** Functions with gradients of their own are like any other. */
const withoutGradients = (program: Program): Program => ({
  ...program, calls: program.calls.map((call) => (call.override?.tag === "custom" ? { ...call, override: null } : call)),
});

/** Whether PyTorch's type of the module that holds a parameter, by its name in Python, allows for none. */
const mayLack = ({ program, lowerings }: Emission): ((param: string) => boolean) => {
  const names = new Set(program.nodes.flatMap((node) => {
    const optional = node.tag === "op" ? (lowerings.get(node.op)?.optional ?? []) : [];
    if (node.tag !== "op" || optional.length === 0) return [];
    const params = node.ins.flatMap(({ node: id }) => {
      const read = program.nodes[id];
      return read?.tag === "param" ? [program.params[read.param]?.name ?? ""] : [];
    });
    return params.filter((name) => optional.includes(name.slice(name.lastIndexOf(".") + 1)));
  }));
  return (param) => names.has(param);
};

const isDraw = (emission: Emission, env: Env, id: NodeId): boolean => {
  const node = emission.program.nodes[id];
  return node?.tag === "op" && env.ops.get(node.op)?.effect === "draw";
};
const inputName = (emission: Emission, id: NodeId): string | null => {
  const node = emission.program.nodes[id];
  if (node?.tag !== "input" || emission.options.window?.fields.some(({ input }) => input === id) === true) return null;
  return emission.options.window?.masks.get(id) ?? identifier(node.name);
};

interface Parts {
  readonly forward: readonly Item[];
  readonly losses: readonly Item[];
  readonly metrics: readonly Item[];
  /** What the values before the first window are made of. */
  readonly start: readonly Item[];
  /** What counts of instances are made of. */
  readonly countsOf: (counts: readonly NodeId[]) => readonly Item[];
  /** Values of the forward part that other parts read, or that are shown. */
  readonly crossing: readonly NodeId[];
}

/** `forward` has whatever parameters or functions are needed for; what follows from its values alone goes where it is needed. */
const divide = (emission: Emission, goals: readonly Goal[], metrics: readonly Goal[], shown: readonly NodeId[], starting: readonly Operand[]): Parts => {
  const { program, scopes } = emission;
  const items = scopes.itemsOf(null);
  /** What the items need, up to what is known to be needed elsewhere with all that it needs. */
  const closure = (start: Iterable<Item>, elsewhere?: ReadonlySet<number>): ReadonlySet<number> => {
    const found = new Set<number>();
    const stack = [...start];
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const key = keyOf(item);
      if (found.has(key) || elsewhere?.has(key) === true) continue;
      found.add(key);
      for (const operand of readsOf(program, item)) {
        const giver = scopes.giver(null, operand.node);
        if (giver !== null) stack.push(giver);
      }
    }
    return found;
  };
  const isHeavy = (item: Item): boolean => {
    if (item.tag === "call") return true;
    const node = program.nodes[item.id];
    if (node?.tag !== "op") return false;
    if (emission.lowerings.get(node.op)?.forward === true) return true;
    // A recurrence that parameters have a part in, wherever they are read.
    if (emission.time.loopOf(item.id) !== null && emission.live[item.id] === 1) return true;
    return operandsOf(node).some((operand) => program.nodes[operand.node]?.tag === "param");
  };
  const itemOf = (node: NodeId): readonly Item[] => [scopes.giver(null, node)].flatMap((item) => item ?? []);
  const inStart = closure(starting.flatMap((x) => itemOf(x.node)));
  const elsewhere = inStart.size === 0 ? null : closure([...[...goals, ...metrics].flatMap((goal) => itemOf(goal.mean)), ...shown.flatMap(itemOf)]);
  const inForward = closure([...items.filter((item) => isHeavy(item) && (elsewhere?.has(keyOf(item)) ?? true)), ...shown.flatMap(itemOf)]);
  const outside = (kind: readonly Goal[]): readonly Item[] => {
    const needed = closure(kind.flatMap((goal) => itemOf(goal.mean)), inForward);
    return items.filter((item) => needed.has(keyOf(item)));
  };
  const [losses, measured] = [outside(goals), outside(metrics)];
  const crossing = new Set<NodeId>(shown.filter((node) => itemOf(node).length > 0));
  const cross = (node: NodeId): void => {
    if (itemOf(node).some((item) => inForward.has(keyOf(item)))) crossing.add(node);
  };
  for (const item of [...losses, ...measured]) for (const operand of readsOf(program, item)) cross(operand.node);
  for (const goal of [...goals, ...metrics]) cross(goal.mean);
  const start = items.filter((item) => inStart.has(keyOf(item)));
  const countsOf = (counts: readonly NodeId[]): readonly Item[] => { const needed = closure(counts.flatMap(itemOf)); return items.filter((item) => needed.has(keyOf(item))); };
  return { forward: items.filter((item) => inForward.has(keyOf(item))), losses, metrics: measured, start, countsOf, crossing: [...crossing] };
};

/** The steps of loops, wherever they are, and the modules that no step calls and that have no loops. */
const compiledIn = (steps: StepMethods, attributes: ReadonlyMap<string, string>, definitions: Definitions): EmittedModel["compiled"] => {
  const methods: Method[] = [], modules: string[] = [];
  const look = (module: string, steps: StepMethods, within: ReadonlyMap<string, string>): void => {
    const text = steps.texts().flat().join("\n");
    methods.push(...steps.names().map((name) => ({ module, name })));
    for (const [attribute, construct] of within) {
      const definition = definitions.list.find((one) => one.isModule && construct.startsWith(`${one.name}(`));
      const place = module === "" ? attribute : `${module}.${attribute}`;
      if (definition === undefined) continue;
      if (definition.steps !== null) look(place, definition.steps, definition.attributes);
      else if (!text.includes(`self.${attribute}(`)) modules.push(place);
    }
  };
  look("", steps, attributes);
  return { methods, modules };
};

interface Forward {
  /** With the steps of its loops as methods. */
  readonly text: (steps: StepMethods) => readonly string[];
  /** Attributes that are modules of the text's own classes, and how they are made. */
  readonly modules: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
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
const withLength = (emission: Emission, inputs: ReadonlyMap<NodeId, string>): ReadonlyMap<NodeId, string> => {
  const { program, time } = emission;
  const isOpen = time.loops.length > 0 && ![...inputs.keys()].some(time.isTimed);
  const long = isOpen ? program.nodes.findIndex((node) => node.tag === "input" && node.time === true) : -1;
  const name = long < 0 ? null : inputName(emission, long);
  return name === null ? inputs : new Map([...inputs, [long, name] as const].sort(([a], [b]) => a - b));
};

const codes = (names: ReadonlyMap<NodeId, string>, prefix = ""): Map<NodeId, Code> => new Map([...names].map(([node, name]) => [node, atom(prefix + name)]));
const indent = (lines: readonly string[], by: number): string[] => lines.map((line) => " ".repeat(by) + line);

const NOTHING: Forward = { text: () => [], modules: new Map(), inputs: [], fields: new Map() };

const printForward = (emission: Emission, definitions: Definitions, parts: Parts, methods: StepMethods): Forward => {
  if (parts.forward.length === 0) return NOTHING;
  const { window } = emission.options;
  const inputs = withLength(emission, inputsRead(emission, parts.forward, parts.crossing));
  const around = { ...surroundings(emission, definitions, codes(inputs), [...inputs.values()]), steps: methods };
  const results = parts.crossing.map((node) => read(node));
  const body = printBody(emission, around, parts.forward, results);
  const names = createNames();
  const fields = new Map(parts.crossing.map((node) => [node, names.take(nameIn(emission, null, node) ?? temporary(emission, node))]));
  const { lengths, lines: first } = raggedLines(emission, inputs, body.lines);
  const carries = window !== null && window.fields.length > 0;
  const lines = returned(body, results);
  const start = carries ? printStart(emission, definitions, parts, window) : null;
  const attributes = new Map([...(start?.attributes ?? []), ...attributesOf(emission, definitions, around, parts.forward, body.reading)]);
  const text = (steps: StepMethods): readonly string[] => [
    ...(carries ? [carryText(window), ""] : []), ...(carries ? [""] : []),
    "class States(NamedTuple):", '    """What the losses and metrics read."""', "",
    ...[...fields.values()].map((field) => `    ${field}: Tensor`), "", "",
    "class Model(nn.Module):",
    ...indent(initLines(attributes), 4), "",
    ...(start === null ? [] : [...indent(start.lines, 4), ""]),
    ...steps.texts().flatMap((lines) => [...indent(lines, 4), ""]),
    `    def forward(self${argumentsText(inputs, lengths, lines, carries)}) -> States:`,
    ...indent([...first, ...lines], 8),
  ];
  return {
    text: (steps) => [text(steps).join("\n")], inputs: [...inputs.values(), ...(lengths ? ["lengths"] : [])], fields,
    modules: new Map([...attributes].filter(([, construct]) => !construct.startsWith("nn."))),
  };
};

/** Inputs, then what the lines turn out to read beside them. */
const argumentsText = (inputs: ReadonlyMap<NodeId, string>, lengths: boolean, lines: readonly string[], carries: boolean): string => {
  const reads = (name: string): boolean => lines.some((line) => new RegExp(String.raw`\b${name}\b`).test(line.replace(/^ *#.*/, "")));
  return [
    ...[...inputs.values()].map((name) => `, ${name}: Tensor`), ...(lengths ? [", lengths: Tensor"] : []),
    ...(carries ? [`, ${CARRY}: Carry`] : []), ...(reads("offset") ? [", offset: int"] : []), ...(reads("noise") ? [", noise: Noise"] : []),
  ].join("");
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
    lines: [`def start(self${argumentsText(inputs, false, lines, false)}) -> Carry:`, ...indent(['"""What stands before the first window."""', ...lines], 4)],
  };
};
/** The lines of the body, which grow when a result is too long to stand in `return`. */
const returned = (body: Body, results: readonly Operand[]): readonly string[] => {
  const fields = results.map((result) => body.valueWithin(result, FIELD).text);
  return [...body.lines, `return States(${fields.join(", ")})`];
};
const FIELD = 48;

const surroundings = (emission: Emission, definitions: Definitions, given: Map<NodeId, Code>, reserved: readonly string[]): Surroundings => ({
  scope: null, given: new Map([...given, ...givenByWindow(emission.options.window)]), owner: "self.", instance: "",
  reserved: ["self", "states", "noise", "lengths", ...(emission.options.window === null ? [] : [CARRY, "offset", "counted", "ends"]), ...reserved],
  callee: (call, id) => calleeOf(definitions, "self.", "", call.instance, id),
});

interface Printed {
  readonly inputs: readonly string[];
  readonly lines: readonly string[];
  readonly windowed: boolean;
}
const readsStates = ({ lines }: Printed): boolean => lines.some((line) => /\bstates\./.test(line));

const printAfter = (emission: Emission, definitions: Definitions, forward: Forward, goals: readonly Goal[], items: readonly Item[]): Printed => {
  const inputs = inputsRead(emission, items, goals.map((goal) => goal.mean));
  const given = new Map([...codes(inputs), ...codes(forward.fields, "states.")]);
  const means: readonly Operand[] = goals.map((goal) => read(goal.mean));
  const body = printBody(emission, surroundings(emission, definitions, given, [...inputs.values()]), items, means);
  const entries = goals.map((goal, k) => {
    const mean = means[k];
    const room = WIDTH - 11 - quoted(goal.label).length;
    return `    ${quoted(goal.label)}: ${mean === undefined ? "" : body.valueWithin(mean, room).text},`;
  });
  const lines = [...body.lines, "return {", ...entries, "}"];
  const { lengths, lines: first } = raggedLines(emission, inputs, lines);
  return { inputs: [...inputs.values(), ...(lengths ? ["lengths"] : [])], lines: [...first, ...lines], windowed: emission.options.window !== null };
};

const functionText = (name: string, doc: string, printed: Printed, hasStates: boolean): string => {
  const reads = (word: string): boolean => printed.lines.some((line) => new RegExp(String.raw`\b${word}\b`).test(line.replace(/^ *#.*/, "")));
  const args = [
    ...(hasStates ? ["states: States"] : []), ...printed.inputs.map((input) => `${input}: Tensor`),
    ...(printed.windowed && reads(`${CARRY}\\.\\w+`) ? [`${CARRY}: Carry`] : []), ...(printed.windowed && reads("offset") ? ["offset: int"] : []),
  ].join(", ");
  return [`def ${name}(${args}) -> dict[str, Tensor]:`, ...indent([`"""${doc}"""`, ...printed.lines], 4)].join("\n");
};

/** Whether a function needs the lengths of the rows; then what stands behind the end of a row is no longer read. */
export const raggedLines = (emission: Emission, inputs: ReadonlyMap<NodeId, string>, body: readonly string[]): { readonly lengths: boolean; readonly lines: readonly string[] } => {
  if (!emission.options.ragged) return { lengths: false, lines: [] };
  const lines = [...inputs].flatMap(([id, name]) => {
    const steps = emission.time.stepsOf(id);
    return steps === null ? [] : [`${name} = repeat_last(${name}, ${rowPlace("lengths", 1 - steps.lower.plus)})`];
  });
  return { lengths: lines.length > 0 || body.some((line) => /\blengths\b/.test(line)), lines };
};
