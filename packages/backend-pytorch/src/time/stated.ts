/**
 * A gradient that a macro states for itself, where the macro's body can be no function of one instance: it holds a recurrence, reads other steps,
 * or draws. The body then stands in the scope around it and reads detached what has a gradient of its own, and what is left of the call is an
 * `autograd.Function` of one instance behind it, of its results, of what the gradients go to, and of what they are computed from. Forward it
 * passes the results on; backward it gives the body their gradient, and to the rest what the macro says.
 */
import { createBuilder, demandOrder, dependentOn, intersectSteps, isEmptySteps, read, sameSteps, shiftMoment, shiftSteps, stepsOf } from "@sequent/ir";
import type { Call, CallId, Domain, Env, Interval, Node, NodeId, Operand, Override, Program, TableBuilder } from "@sequent/ir";
import { isInSteps } from "@sequent/transform-time";
import { keepFunctions, sameRead } from "./functions.js";
import { chainOf, isOverTime, planOf } from "./plan.js";
import { gradientCall } from "./stated-call.js";
import type { LeftOfCall } from "../model/emission.js";

export interface Stated {
  readonly program: Program;
  /** What is read, from outside of the body, in place of a result. */
  readonly passed: ReadonlyMap<NodeId, NodeId>;
  /** What new values are called that have no name of the user's. */
  readonly names: ReadonlyMap<NodeId, string>;
  /** Calls that are left as nothing but a gradient. */
  readonly gradients: ReadonlyMap<CallId, LeftOfCall>;
  /** Those of them that give something back even where nothing reaches their results. */
  readonly forced: ReadonlySet<CallId>;
}
type Custom = Extract<Override, { readonly tag: "custom" }>;

export const unparted = (program: Program): Stated => ({ program, passed: new Map(), names: new Map(), gradients: new Map(), forced: new Set() });

/** Calls with a gradient of their own that are not kept as functions. */
const dissolvedGradients = (program: Program, env: Env): ReadonlySet<CallId> => {
  if (!program.calls.some((call) => call.override?.tag === "custom")) return new Set();
  const kept = keepFunctions(program, env, wholePlan(program, env), { mayBeSequence: false }).program;
  const left = new Set(kept.callOf.flatMap((call) => chainOf(kept, call)));
  return new Set(program.callOf.flatMap((call) => chainOf(program, call).filter((id) => program.calls[id]?.override?.tag === "custom" && !left.has(id))));
};
const wholePlan = (program: Program, env: Env) => planOf(program, env, program.nodes.flatMap((node, id) => (node.tag === "param" || node.tag === "input" ? [] : [read(id)])));

/** `isWindow`: the program is of one window of sequences. */
export const partGradients = (program: Program, env: Env, isWindow: boolean): Stated => {
  const parted = [...dissolvedGradients(program, env)].reduce((made, id): Stated => {
    const { program: next, passed, names, gradients, forced } = partOne(made.program, env, id, isWindow);
    const all: Stated = {
      program: next, names: new Map([...made.names, ...names]), gradients: new Map([...made.gradients, ...gradients]), forced: new Set([...made.forced, ...forced]),
      passed: new Map([...passed, ...[...made.passed].map(([from, to]) => [from, passed.get(to) ?? to] as const)]),
    };
    return gradients.size > 0 && !isInSteps(tied(all), env) ? made : all;
  }, unparted(program));
  return { ...parted, program: tied(parted) };
};

/** What a call gives is there when it has all that it is given: a loop that makes some of that makes all of it. */
const tied = ({ program, gradients }: Stated): Program => {
  if (gradients.size === 0) return program;
  const given = argumentsOf(program, { gradients });
  return { ...program, nodes: program.nodes.map((node, id) => (node.tag === "op" && given.has(id) ? { ...node, ins: [...node.ins, ...(given.get(id) ?? []).filter((x) => !node.ins.some((one) => sameRead(one, x)))] } : node)) };
};

/**
 * Calls whose gradient autograd can't take, neither from a function nor from what is left of one: it is made of steps that autograd has not come to,
 * or goes to steps that no objective comes to. Our own equations give them (`withSurrogates` of transform-autodiff).
 */
export const beyondAutograd = (program: Program, env: Env, isWindow: boolean): ReadonlySet<CallId> => new Set(isOverTime(program) ? unstated(partGradients(program, env, isWindow), env) : []);

const unstated = ({ program, gradients, forced }: Stated, env: Env): readonly CallId[] => {
  const reached = forced.size === 0 ? null : planOf(program, env, program.objectives.flatMap((one) => (one.mean === null ? [] : [read(one.mean)])));
  const isReached = (id: CallId): boolean => (program.calls[id]?.outs ?? []).slice(0, -(gradients.get(id)?.carries ?? 0) || undefined).some(({ node }) => {
    const on = (program.domains ?? [])[node]?.time ?? null, steps = reached?.stepsOf(node) ?? null;
    return on !== null && steps !== null && sameSteps(intersectSteps(steps, on), on);
  });
  return [...dissolvedGradients(program, env), ...[...forced].filter((id) => !isReached(id))];
};

/** What the calls are given that are left, by what they give. */
export const argumentsOf = (program: Program, { gradients }: Pick<Stated, "gradients">): ReadonlyMap<NodeId, readonly Operand[]> =>
  new Map([...gradients.keys()].flatMap((id) => (program.calls[id]?.outs ?? []).map((x) => [x.node, program.calls[id]?.ins ?? []] as const)));

/** With these: the text computes them, too. */
export const withArguments = (program: Program, stated: Pick<Stated, "gradients">, reads: readonly Operand[]): readonly Operand[] => {
  const given = argumentsOf(program, stated), all = [...reads];
  for (let before = -1; given.size > 0 && before < all.length;) {
    before = all.length;
    for (const id of demandOrder(program.nodes, all)) for (const x of given.get(id) ?? []) if (!all.some((one) => one.node === x.node)) all.push(read(x.node));
  }
  return all;
};

const partOne = (program: Program, env: Env, id: CallId, isWindow: boolean): Stated => {
  const call = program.calls[id];
  if (call?.override?.tag !== "custom") return unparted(program);
  const { override } = call;
  const b = createBuilder(program, env);
  const isWithin = program.callOf.map((one) => chainOf(program, one).includes(id));
  const dependent = dependentOn(program.nodes, override.seeds);
  const outs = [...new Set(call.outs.map((x) => x.node))].filter((node) => isWithin[node] === true && !dependent.has(node));
  const on = stepsOfGradients(program, call, override, outs);
  const handed = on === null ? null : new Map(outs.map((node) => [node, handOn(b, program, call, id, node, on)]));
  const left = on === null || handed === null ? null : gradientCall(b, program, env, { id, on, handed: new Map([...handed].map(([node, { within }]) => [node, within])), isWithin, dependent, isWindow });
  if (on === null || handed === null || left === null) return unparted(program);
  const passed = new Map([...handed].map(([node, { result }]) => [node, result]));
  const names = new Map([...left.names, ...left.carries.map((one) => [one.node, "later"] as const), ...[...handed].map(([node, { within }]) => [within, `${program.names.find((one) => one.node === node)?.name.split(".").at(-1) ?? "y"}${left.carries.length > 0 ? "_out" : ""}`] as const)]);

  b.within(call.parent, call.span);
  const own = call.ins.flatMap((x, k) => ((override.ins[k] ?? null) === null ? [] : [{ x, formal: call.formals[k] ?? "x" }]));
  const params = new Set(override.params.map(({ param }) => paramNode(program, param)));
  const detached = (x: Operand): Operand => {
    const formal = own.find((one) => sameRead(one.x, x))?.formal;
    if (formal === undefined && !params.has(x.node)) return x;
    const made = b.op("core.detach", [x]);
    if (formal !== undefined) names.set(made.node, formal);
    return made;
  };
  /** What the body reads of what has a gradient of its own is a constant; a function of which one parameter has one is given all of them. */
  const inBody = (x: Operand, reader: Node): Operand => {
    const isBeside = reader.tag === "op" && program.nodes[x.node]?.tag === "param" && !params.has(x.node) && reader.ins.some((other) => params.has(other.node));
    return isBeside ? b.op("core.here", [x]) : detached(x);
  };
  const outside = (x: Operand): Operand => ({ ...x, node: passed.get(x.node) ?? x.node });
  const isOuter = (name: string): boolean => !name.startsWith(`${call.instance}.`);
  const named = new Set([...program.names.flatMap((name) => (isOuter(name.name) ? [name.node] : [])), ...program.calls.flatMap((one) => one.ins.map((x) => x.node))]);
  /** Who reads the gradient's own steps alone needs no others; what the user sees is one value, and so is an argument. */
  const readOutside = (x: Operand, steps: Interval | null): Operand => {
    const within = named.has(x.node) ? undefined : handed.get(x.node)?.within;
    const seen = steps === null || x.at.tag !== "at" || x.at.time.from !== "t" ? null : shiftSteps(steps, x.at.time.plus);
    return within !== undefined && seen !== null && sameSteps(intersectSteps(seen, on), seen) ? { ...x, node: within } : outside(x);
  };
  const nodes = program.nodes.map((node, at): Node =>
    left.own.has(at) ? node : isWithin[at] === true ? mapped(node, (x) => inBody(x, node)) : mapped(node, (x, holds) => readOutside(x, holds === undefined ? (program.domains?.[at]?.time ?? null) : holds)));
  const calls = program.calls.map((one, inner): Call => {
    if (inner === id) return left.call;
    if (!chainOf(program, inner).includes(id)) return { ...one, ins: one.ins.map(outside), outs: one.outs.map(outside) };
    return { ...one, parent: one.parent === id ? call.parent : one.parent, ins: one.ins.map(detached) };
  });
  const built = b.finish({});
  const within = new Set([...[...handed.values()], ...left.carries].map((one) => one.within));
  return {
    passed, names, gradients: new Map([[id, left.left]]), forced: new Set(left.isForced ? [id] : []),
    program: {
      ...built, calls,
      nodes: built.nodes.map((node, at) => nodes[at] ?? node),
      ...(built.domains === undefined ? {} : { domains: built.domains.map((one, at) => (within.has(at) ? { ...one, time: on } : one)) }),
      callOf: built.callOf.map((one, at) => (one === id && at < program.nodes.length && !left.own.has(at) ? call.parent : one)),
      names: built.names.map((name) => (!isOuter(name.name) ? name : { ...name, node: passed.get(name.node) ?? name.node })),
      objectives: program.objectives.map((one) => (one.tag === "match" ? { ...one, from: outside(one.from), target: outside(one.target) } : { ...one, from: one.from.map(outside), objective: outside(one.objective) })),
      metrics: program.metrics.map((one) => ({ ...one, value: outside(one.value) })),
    },
  };
};

const paramNode = (program: Program, param: number): NodeId => program.nodes.findIndex((node) => node.tag === "param" && node.param === param);

interface Handed {
  /** What the call gives, and what is read in place of the result: at steps that the gradients are not stated for, the result itself. */
  readonly within: NodeId;
  readonly result: NodeId;
}

const handOn = (b: TableBuilder, program: Program, call: Call, id: CallId, node: NodeId, on: Interval): Handed => {
  b.within(id, call.span);
  const within = b.op("core.here", [read(node)]).node;
  b.within(call.parent, call.span);
  const has = (program.domains ?? [])[node]?.time ?? null;
  if (has === null || sameSteps(intersectSteps(has, on), has)) return { within, result: within };
  const before = intersectSteps(has, { lower: has.lower, upper: shiftMoment(on.lower, -1) }), after = intersectSteps(has, { lower: shiftMoment(on.upper, 1), upper: has.upper });
  const pieces = [{ on: before, value: read(node) }, { on, value: read(within) }, { on: after, value: read(node) }].filter((piece) => !isEmptySteps(piece.on));
  return { within, result: b.node({ tag: "cases", pieces }) };
};

/** The steps of all gradients that a call states: where the results that they are of exist, what they go to, and what they are computed from; null: they differ. */
const stepsOfGradients = (program: Program, call: Call, override: Custom, outs: readonly NodeId[]): Interval | null => {
  const domainAt = (node: NodeId): Domain => program.domains?.[node] ?? { space: { tag: "static" }, time: null };
  const stepsWith = (ins: readonly Operand[]): Interval => stepsOf({ tag: "op", op: "core.here", attrs: {}, ins }, domainAt, 0);
  const results = (gradient: Operand): readonly Operand[] =>
    override.seeds.flatMap((seed, k) => { const of = call.outs[k]; return of !== undefined && outs.includes(of.node) && dependentOn(program.nodes, [seed]).has(gradient.node) ? [read(of.node)] : []; });
  const found = [
    ...override.ins.flatMap((gradient, k) => { const x = call.ins[k]; return gradient === null || x === undefined ? [] : [stepsWith([x, gradient, ...results(gradient)])]; }),
    ...override.params.map(({ gradient }) => stepsWith([gradient, ...results(gradient)])),
  ];
  const [first, ...rest] = found, whole = outs.map((node) => stepsWith([read(node)]));
  if (first === undefined || isEmptySteps(first) || rest.some((one) => !sameSteps(one, first)) || whole.some((one) => !sameSteps(intersectSteps(one, first), first))) return null;
  return first;
};

/** `moved` is told of the steps on which a piece holds. */
const mapped = (node: Node, moved: (x: Operand, holds?: Interval | null) => Operand): Node => {
  switch (node.tag) {
    case "op":
      return { ...node, ins: node.ins.map((x) => moved(x)) };
    case "pick":
      return { ...node, of: moved(read(node.of)).node };
    case "cases":
    case "sum":
      return { ...node, pieces: node.pieces.map((piece) => ({ ...piece, value: moved(piece.value, piece.on) })) };
    default:
      return node;
  }
};
