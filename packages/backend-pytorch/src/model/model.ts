/** `model.py`: the model, its losses and its metrics. */
import { demandOrder, intersectSteps, operandsOf, read } from "@sequent/ir";
import { hoistFromLoops } from "@sequent/transform-time";
import type { CallId, Env, Interval, NodeId, Operand, ParamId, Program } from "@sequent/ir";
import type { Lowerings } from "../lowerings/lowering.js";
import type { TransformLowerings } from "../lowerings/transform.js";
import { printStep } from "../explicit/step.js";
import type { StepRequest } from "../explicit/step.js";
import { createEmission, inputName, liveNodes, unqualified } from "./emission.js";
import type { Emission, Least, ModelOptions } from "./emission.js";
import { functionOf, NOTHING, printAfter, printForward, readsStates } from "./forward.js";
import { defineFunctions, noDefinitions } from "./function.js";
import { nameForPython, printRenewals } from "./copies.js";
import { dropIdleDetaches } from "./idle.js";
import { completeCalls } from "./interface.js";
import { printOptimizer, restless } from "./optimizer.js";
import { lackingWeights, NOTHING_LACKING } from "./reached.js";
import { stepsWanted } from "../time/limits.js";
import { absorbedIn, cellsIn, withoutStarts } from "../time/choose-kernels.js";
import { longRowsOf } from "../time/short.js";
import { isLater, printCarried, rowsCarried } from "../time/window.js";
import type { Match } from "../time/cells.js";
import { noStepMethods } from "../time/extract-step.js";
import type { WindowPlan } from "../time/window.js";
import { keepFunctions } from "../time/functions.js";
import { isOverTime, NO_TIME, planOf } from "../time/plan.js";
import { argumentsOf, partGradients, unparted, withArguments } from "../time/stated.js";
import { header, HELPERS } from "./header.js";
import { layOutText } from "./layout.js";
import { isolateAscents } from "./isolate.js";
import { compiledIn } from "./compiled.js";
import type { Compiled } from "./compiled.js";
import { divide } from "./divide.js";
import type { Parts } from "./divide.js";

export interface Mean {
  readonly label: string;
  /** How many more instances a row has of what is averaged than it has steps; null: each row has as many as any other. */
  readonly beyondLength: number | null;
  /** The steps of the shortest row that has any. */
  readonly least: number;
}

/** The printed model, and what a training script must know of it. */
export interface EmittedModel {
  readonly text: string;
  /** The functions of the text, those of the model itself too, by their names, with the names of their arguments. */
  readonly functions: ReadonlyMap<string, readonly string[]>;
  /** Means over the batch: those of the training statements with the sign they are minimised with, and metrics. */
  readonly statements: readonly (Mean & { readonly sign: 1 | -1 })[];
  readonly metrics: readonly Mean[];
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
  readonly draws: boolean;
  /** What `--compile` compiles one by one, by its name in the model: methods and modules; null: all as one, where there is neither a loop nor a kernel of one (Inductor fails on `torch.lstm`). */
  readonly compiled: Compiled | null;
  /** Some batch may reach no weight, so that its loss has no gradient. */
  readonly mayLackGradients: boolean;
  /** Weights that each batch reaches. */
  readonly reached: ReadonlySet<ParamId>;
  /** `optimizer` gives a list of them. */
  readonly severalOptimizers: boolean;
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

/** Of what stands at the steps from 1 to T a row has as many instances as it has steps. */
const instancesOf = ({ program, time, options }: Emission, of: NodeId): Omit<Mean, "label"> => {
  const mean = options.surrogates.means.get(of) ?? of;
  const beyond = ({ lower, upper }: Interval): number | null => (lower.from === "0" && upper.from === "T" ? upper.plus - lower.plus + 1 : null);
  const long = longRowsOf(program, mean), node = program.nodes[mean];
  if (long !== null) return { beyondLength: long.on === null ? null : beyond(long.on), least: long.least };
  const read = node?.tag === "op" ? node.ins.flatMap((x) => (x.at.tag === "over" && time.isTimed(x.node) ? (time.stepsOf(x.node) ?? []) : [])) : [];
  return { beyondLength: read.length === 0 ? null : beyond(read.reduce(intersectSteps)), least: 1 };
};

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
  const named = nameForPython(given, transforms), timed = isOverTime(given), isWhole = options.padded !== null;
  // Without autograd a statement's value is all that `losses` gives.
  const apart = explicit === undefined ? isolateAscents(named.program, env) : { program: withoutGradients(named.program), copies: [] };
  const stated = timed && explicit === undefined ? partGradients(apart.program, env, options.window !== null) : unparted(apart.program);
  const { program: isolated } = stated, copies = [...apart.copies, options.surrogates.beside].map((one) => new Map([...one].map(([of, copy]) => [stated.passed.get(of) ?? of, stated.passed.get(copy) ?? copy])));
  const wanted = explicit === undefined ? isolated.names.filter((name) => name.adjointOf === null && options.adjoints.includes(name.name)) : [];
  const partsOf = (node: NodeId): readonly NodeId[] => [node, ...copies.flatMap((one) => one.get(node) ?? [])];
  const goals = goalsOf(isolated);
  const metrics = metricsOf(isolated);
  const shown = isolated.names.filter((name) => name.adjointOf === null && options.show.includes(name.name));
  const asked = [...goals, ...metrics].map((goal) => goal.mean).concat(shown.map((name) => name.node), wanted.flatMap((name) => partsOf(name.node)));
  const { window } = options;
  const carried = window === null ? [] : rowsCarried(window), counting = window === null ? [] : window.counts.flatMap((one) => one ?? []);
  const starting = window === null ? [] : window.fields.flatMap(({ start }) => start ?? []);
  const starts = startsOf(window);
  const inWindow = [...asked, ...carried];
  // All functions stand in the model of whole sequences; our own equations ask each for them.
  const targets = [...inWindow, ...counting, ...(isLater(window) && explicit === undefined ? [] : idleResults(isolated, inWindow))];
  const kept = keptNodes(isolated, wanted.flatMap((name) => partsOf(name.node)), targets);
  let known: { readonly nodes: Program["nodes"]; readonly live: Uint8Array } | null = null;
  // Asked twice of the same nodes where nothing is detached for nothing and there is no time.
  const liveIn = (of: Program): Uint8Array => {
    if (explicit !== undefined) return new Uint8Array(of.nodes.length);
    if (known?.nodes !== of.nodes) known = { nodes: of.nodes, live: liveNodes(of, lowerings, demandOrder(of.nodes, of.nodes.map((_, id) => read(id))), kept, starts, argumentsOf(of, stated)) };
    return known.live;
  };
  const idle = dropIdleDetaches(isolated, env, liveIn(isolated));
  const reads = withArguments(idle, stated, [...targets.map((node) => read(node)), ...starting]);
  const gradientNames = isolated.names.flatMap(({ name, node, adjointOf }) => (adjointOf === null ? [] : [[node, `grad_${unqualified(name.slice(1))}`] as const]));
  const hints = new Map([...gradientNames, ...stated.names]);
  const { program: dissolved, sequences } = timed ? keepFunctions(idle, env, planOf(idle, env, reads, { isWhole }), { mayBeSequence: window === null, gradients: explicit === undefined ? stated.gradients : null }) : { program: idle, sequences: new Set<CallId>() };
  const rewrites = timed && explicit === undefined;
  const cells = rewrites ? cellsIn(dissolved, planOf(dissolved, env, reads, { sequences, isWhole }), options, targets) : new Map<NodeId, Match>();
  const hint = (node: NodeId, name: string, of: NodeId | null): void => { hints.set(node, of === null ? name : `${name}_${nameOf(idle, of)}`); };
  const hoisted = rewrites ? hoistFromLoops(dissolved, env, hint, (nodes) => nodes.some((id) => cells.has(id)), (call) => call === null || sequences.has(call)) : dissolved;
  const program = completeCalls(hoisted, [...targets, ...starting.map((x) => x.node)]);
  const reached = new Set(demandOrder(program.nodes, reads));
  const passed = program.calls.flatMap((call) => call.outs.filter(() => call.outs.some((out) => reached.has(out.node))));
  const order = demandOrder(program.nodes, [...reads, ...passed]);
  const planned = timed ? planOf(program, env, [...reads, ...passed], { sequences, isWhole }) : NO_TIME;
  const time = withoutStarts(program, planned, cells, targets);
  const created = createEmission(program, env, options, lowerings, transforms, order, time, { live: liveIn(program), kept });
  const emission: Emission = explicit !== undefined ? created : {
    ...created, gradients: stated.gradients, written: timed ? apart.program : program, temporary: (id) => hints.get(id) ?? null,
    cellOf: (loop) => cells.get(time.loops[loop]?.order[0] ?? -1) ?? null,
    isAbsorbed: absorbedIn(program, order, cells, targets),
  };
  const definitions = noDefinitions();
  defineFunctions(emission, definitions, null);
  const beside = new Set([...goals, ...metrics].map((goal) => goal.mean).concat(counting));
  const parts = divide(emission, goals, metrics, targets.filter((node, k) => k >= goals.length + metrics.length && !beside.has(node)), starting);
  const stepMethods = noStepMethods();
  const forward = printForward(emission, definitions, parts, stepMethods);
  const afterwards = (kind: readonly Goal[], items: Parts["losses"]) => printAfter(emission, definitions, forward, kind, items);
  const losses = afterwards(goals, parts.losses);
  const counted = goals.flatMap((goal, k): readonly Goal[] => { const mean = window?.counts[k] ?? null; return mean === null ? [] : [{ ...goal, mean }]; });
  const counts = counted.length === 0 ? null : printAfter(emission, definitions, forward, counted, parts.countsOf(counted.map((goal) => goal.mean)));
  const measured = afterwards(metrics, parts.metrics);
  const steps = new Map(program.names.flatMap((name): [string, Interval][] => {
    const own = time.stepsOf(name.node);
    return own === null || name.adjointOf !== null ? [] : [[name.name, own]];
  }));
  const exists = forward !== NOTHING;
  const carriedOn = window === null || window.fields.length === 0 ? null : printCarried(emission, window, forward.fields);
  const equations = explicit === undefined ? null : printStep(explicit, goals.map((goal) => goal.label), env, options, transforms, {
    exists, mayLack: mayLack(emission), least: emission.least, stepsOfState: (name) => steps.get(name) ?? null, fields: forward.fields, methods: stepMethods,
  });
  const lacking = equations === null && timed ? lackingWeights(emission, goals.map((goal) => goal.mean), leastSteps(emission), starts) : NOTHING_LACKING;
  const moving = restless(program, transforms);
  const optimizers = equations === null && exists && !isLater(window) ? printOptimizer(program, transforms, env, new Set([...lacking.weights, ...[...lacking.ever].filter((param) => options.reachedLater.some((reached) => !reached.has(param)))].filter((param) => moving.has(param)))) : null;
  const computing = [
    functionOf("losses", "The mean of each training statement over the batch.", losses, forward.fields.size > 0),
    ...(counts === null ? [] : [functionOf("counts", "Of how many instances each mean is that not every window has.", counts, readsStates(counts))]),
    ...(carriedOn === null ? [] : [carriedOn]),
    ...(metrics.length > 0 ? [functionOf("metrics", "The mean of each metric over the batch.", measured, forward.fields.size > 0)] : []),
  ];
  const updating = equations?.functions ?? [...(optimizers?.functions ?? []), ...(optimizers === null ? [] : printRenewals(program, transforms))];
  const text = [
    ...definitions.list.map((definition) => definition.text), ...forward.text(stepMethods), ...computing.map((one) => one.text), ...(equations?.classes ?? []), ...updating.map((one) => one.text),
  ].join("\n\n\n");
  const helpers = HELPERS.flatMap(([needed, code]) => (needed.test(text) ? [code] : []));
  const whole = [...helpers, text].join("\n\n\n");
  return {
    functions: new Map([...forward.functions, ...computing, ...updating].map((one) => [one.name, one.arguments])),
    text: layOutText(`${header(options.name, whole, isLater(window))}\n\n\n${whole}\n`),
    statements: goals.map(({ label, sign, mean }) => ({ label, sign, ...instancesOf(emission, mean) })),
    metrics: metrics.map(({ label, mean }) => ({ label, ...instancesOf(emission, mean) })),
    shown: new Map(shown.flatMap((name) => {
      const field = forward.fields.get(name.node) ?? inputName(emission, name.node);
      return field === null ? [] : [[name.name, field]];
    })),
    adjoints: new Map(wanted.map((name) => [name.name, partsOf(name.node).flatMap((node) => forward.fields.get(node) ?? inputName(emission, node) ?? [])])),
    steps,
    renamed: named.renamed,
    least: emission.least,
    draws: order.some((id) => isDraw(emission, env, id)),
    compiled: time.loops.length > 0 ? compiledIn(stepMethods, forward.modules, definitions) : null,
    // Windows behind the first may reach none of its weights, whatever they are.
    mayLackGradients: lacking.all || (isLater(options.window) && lacking.always.size === 0),
    reached: lacking.always,
    severalOptimizers: optimizers?.several === true,
  };
};

/** The last step of the shortest batch: of windows one step, of sequences as many as the text wants. */
const leastSteps = ({ program, options: { window, shortest, padded }, least }: Emission): number =>
  padded !== null ? padded : window === null ? Math.max(least.steps, stepsWanted(program), shortest ?? 1) : window.first;
const startsOf = (window: WindowPlan | null): ReadonlyMap<NodeId, Operand> =>
  new Map(window?.fields.flatMap(({ input, start }) => (start === null || input === null ? [] : [[input, start] as const])) ?? []);

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
